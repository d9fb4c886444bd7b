package browsercheck

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/diagnose"
	"alblens/parser"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

func TestTablesSortAndFilter(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	const first = `document.querySelector('#panel-0 tbody tr:not([hidden]) th').textContent`
	column := func(head string) string {
		return fmt.Sprintf(`Array.from(document.querySelectorAll('#panel-0 tbody tr:not([hidden])'), (r) => r.cells[Array.from(document.querySelectorAll('#panel-0 thead th')).findIndex((h) => h.textContent === %q)]?.textContent || '')`, head)
	}
	sortBy := func(head string) {
		x.run(chromedp.Evaluate(fmt.Sprintf(`Array.from(document.querySelectorAll('#panel-0 thead button')).find((b) => b.textContent === %q).click()`, head), nil))
	}
	if got := eval[string](x, first); got != "10.0.32.4:8080" { // the host that the demo's incident kills
		t.Errorf("first stands %q", got)
	}
	sortBy("requests")
	down := eval[[]string](x, column("requests"))
	sortBy("requests")
	up := eval[[]string](x, column("requests"))
	if len(down) < 5 || !descending(down) || !descending(reversed(up)) {
		t.Errorf("sorted by requests: %q, then %q", down, up)
	}
	sortBy("target")
	if names := eval[[]string](x, column("target")); names[0] != "(none)" || names[1] != "10.0.0.4:8080" {
		t.Errorf("sorted by target: %q", names)
	}
	sortBy("LB 5xx")
	if n := eval[[]string](x, column("LB 5xx")); n[0] != "434" || n[len(n)-1] != "" {
		t.Errorf("by failures the empty ones come last: %q", n)
	}
	x.run(click("#tab-1"), chromedp.SendKeys(`#panel-1 [type=search]`, "REPORTS", chromedp.ByQuery))
	if rows := eval[string](x, `Array.from(document.querySelectorAll('#panel-1 tbody tr:not([hidden]) th'), (h) => h.textContent).join()`); rows != "/api/reports/{int}" {
		t.Errorf("paths with reports: %q", rows)
	}
	if eval[bool](x, `document.querySelector('#panel-0').checkVisibility()`) {
		t.Error("the first panel shows beside the second")
	}
	x.run(chromedp.Evaluate(`document.querySelector('#panel-1 [type=search]').value = ''; document.querySelector('#panel-1 [type=checkbox]').click()`, nil))
	if n := eval[int](x, `document.querySelectorAll('#panel-1 tbody tr:not([hidden]):not(.bad):not(.failed)').length`); n != 0 {
		t.Errorf("%d rows without a 5xx are shown", n)
	}
	x.run(chromedp.Focus("#tab-1", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight))
	if got := eval[string](x, `document.activeElement.id + document.querySelector('[role=tabpanel]:not([hidden])').id`); got != "tab-2panel-2" {
		t.Errorf("the arrow key went to %s", got)
	}
	x.nothingRan()
}

// descending compares numbers by length, then as text: they have no zeros ahead.
func descending(numbers []string) bool {
	for i := 1; i < len(numbers); i++ {
		a, b := numbers[i-1], numbers[i]
		if len(a) < len(b) || len(a) == len(b) && a < b {
			return false
		}
	}
	return true
}

func reversed(list []string) []string {
	var out []string
	for _, s := range list {
		out = append([]string{s}, out...)
	}
	return out
}

func TestChartsZoom(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	if n := eval[int](x, `document.querySelectorAll('#charts canvas').length`); n != 3 {
		t.Fatalf("%d charts, not 3", n)
	}
	whole := eval[[]float64](x, `[view.from, view.to]`)
	if whole[1]-whole[0] != 30*60 {
		t.Errorf("the demo lasts half an hour, the charts show %v s", whole[1]-whole[0])
	}
	// Drag over the middle half of the plot.
	x.run(chromedp.Evaluate(`document.getElementById('chart-failures').scrollIntoView({ block: 'center', behavior: 'instant' })`, nil))
	box := eval[[]float64](x, `(() => { const r = document.querySelector('#chart-failures .u-over').getBoundingClientRect(); return [r.left, r.top, r.width, r.height]; })()`)
	y := box[1] + box[3]/2
	x.run(chromedp.MouseEvent(input.MouseMoved, box[0]+box[2]/4, y),
		chromedp.MouseEvent(input.MousePressed, box[0]+box[2]/4, y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.MouseMoved, box[0]+box[2]/2, y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.MouseMoved, box[0]+box[2]*3/4, y, chromedp.ButtonLeft),
		chromedp.MouseEvent(input.MouseReleased, box[0]+box[2]*3/4, y, chromedp.ButtonLeft))
	zoomed := eval[[]float64](x, `[view.from, view.to]`)
	if from, to := zoomed[0]-whole[0], zoomed[1]-whole[0]; from < 440 || from > 460 || to < 1340 || to > 1360 {
		t.Errorf("dragged from 450 to 1350 s, zoomed from %.0f to %.0f", from, to)
	}
	if got := eval[string](x, `document.getElementById('zoom-command').textContent`); got != "alblens analyze logs --since 2026-11-20T14:07Z --until 2026-11-20T14:23Z -o zoom.html" {
		t.Errorf("the command for it: %s", got)
	}
	x.run(chromedp.MouseClickXY(box[0]+box[2]/2, y, chromedp.ClickCount(2)))
	if again := eval[[]float64](x, `[view.from, view.to]`); again[0] != whole[0] || again[1] != whole[1] {
		t.Errorf("after a double click: %v, not %v", again, whole)
	}
	// The same with the keyboard.
	x.run(chromedp.Focus("#chart-requests", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight), chromedp.KeyEvent("+"))
	if half := eval[float64](x, `view.to - view.from`); half != 15*60 {
		t.Errorf("+ shows %v s, not half of it", half)
	}
	if told := eval[string](x, `document.getElementById('readout').textContent`); !strings.Contains(told, "UTC: ") || !strings.Contains(told, "requests") {
		t.Errorf("an arrow key tells %q", told)
	}
	x.run(chromedp.KeyEvent("0"))
	if all := eval[float64](x, `view.to - view.from`); all != 30*60 {
		t.Errorf("0 shows %v s, not all", all)
	}
	// From a finding.
	x.run(click("#finding-1 button.zoom"))
	if span := eval[[]float64](x, `[view.from, view.to]`); span[0] <= whole[0] || span[0] > whole[0]+19*60 || span[1] < whole[0]+22*60 {
		t.Errorf("the finding lasts from minute 19 to 22, shown is %v of %v", span, whole)
	}
	x.nothingRan()
}

// What a chart paints at a place is the color of what the log has there.
func TestFailuresAreDrawn(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	painted := func(name string, minute int) bool {
		return eval[bool](x, fmt.Sprintf(`(() => {
			const plot = failuresChart.plot, want = color('%s').match(/\d+/g).map(Number);
			const at = Math.round(plot.valToPos(data.time.start + %d * 60 + 30, 'x', true));
			const copy = Object.assign(document.createElement('canvas'), { width: 1, height: plot.ctx.canvas.height }).getContext('2d', { willReadFrequently: true });
			copy.drawImage(plot.ctx.canvas, -at, 0);
			const column = copy.getImageData(0, 0, 1, copy.canvas.height).data;
			for (let i = 0; i < column.length; i += 4) if (want.every((c, j) => Math.abs(c - column[i + j]) < 3)) return true;
			return false;
		})()`, name, minute))
	}
	// The first and the second cause: connect-timeout from minute 19 to 22, idle-timeout from 6.
	for _, c := range []struct {
		series string
		minute int
		want   bool
	}{{"series-1", 20, true}, {"series-1", 10, false}, {"series-2", 15, true}, {"series-2", 3, false}} {
		if painted(c.series, c.minute) != c.want {
			t.Errorf("%s in minute %d: painted is not %v", c.series, c.minute, c.want)
		}
	}
	x.run(chromedp.Evaluate(`document.querySelector('#legend-failures button').click()`, nil))
	if painted("series-1", 20) {
		t.Error("a cause that was hidden is still painted")
	}
	if got := eval[string](x, `document.querySelector('#legend-failures button').getAttribute('aria-pressed')`); got != "false" {
		t.Errorf("the button of a hidden cause says %s", got)
	}
}

func TestThemeChanges(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	const background = `getComputedStyle(document.body).backgroundColor`
	light := eval[string](x, background)
	x.run(click("#theme")) // light
	if got := eval[string](x, background); got != light {
		t.Errorf("light is %s, was %s", got, light)
	}
	x.run(click("#theme"))
	if got := eval[string](x, background); got == light {
		t.Errorf("dark is as light: %s", got)
	}
	dark := eval[string](x, background)
	x.run(chromedp.Reload())
	if got := eval[string](x, background+` + document.getElementById('theme').textContent`); got != dark+"Theme: dark" {
		t.Errorf("opened again it is %q, was %s", got, dark)
	}
	x.run(chromedp.Evaluate(`localStorage.clear()`, nil)) // other tests share it
	x.nothingRan()
}

// Ink on paper, whatever the theme of the screen.
func TestPaperIsLight(t *testing.T) {
	s := desk
	s.dark = true
	x := open(t, simulated(t, "demo"), s)
	const axis = `getComputedStyle(document.body).backgroundColor + color('muted')`
	dark := eval[string](x, axis)
	x.run(chromedp.Evaluate(`dispatchEvent(new Event('beforeprint'))`, nil))
	if paper := eval[string](x, axis); paper != "rgb(255, 255, 255)rgb(89, 99, 110)" {
		t.Errorf("on paper it is %s", paper)
	}
	if n := eval[int](x, `document.querySelectorAll('details:not([open])').length`); n != 0 {
		t.Errorf("%d details are closed on paper", n)
	}
	x.run(chromedp.Evaluate(`dispatchEvent(new Event('afterprint'))`, nil))
	if again := eval[string](x, axis); again != dark {
		t.Errorf("after printing it is %s, was %s", again, dark)
	}
	x.nothingRan()
}

func TestCopy(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	x.run(click("#open-all"), chromedp.Evaluate(`document.querySelectorAll('.part').forEach((d) => { d.open = true; })`, nil))
	want := eval[string](x, `document.querySelector('#finding-1 .part pre').textContent`)
	x.run(click("#finding-1 .part .copy"))
	if got := eval[string](x, `navigator.clipboard.readText()`); got != want || !strings.HasPrefix(got, "aws elbv2 describe-target-health ") {
		t.Errorf("copied %q, not %q", got, want)
	}
	x.run(click("#panel-0 .csv"))
	lines := strings.Split(eval[string](x, `navigator.clipboard.readText()`), "\r\n")
	for text, want := range map[string]string{"=1+1": `"'=1+1"`, "-2": `"-2"`, "-x": `"'-x"`, ` "＝1`: `"' ""＝1"`, "@x": `"'@x"`, "1,234": `"1234"`, `a"b`: `"a""b"`} {
		if got := eval[string](x, fmt.Sprintf("csvCell(%q)", text)); got != want {
			t.Errorf("the cell %s is copied as %s, not %s", text, got, want)
		}
	}
	if !strings.HasPrefix(lines[0], `"target","target group","requests",`) || !strings.HasPrefix(lines[1], `"10.0.32.4:8080","web",`) {
		t.Errorf("copied as CSV: %q", lines[:2])
	}
	x.nothingRan()
}

func TestDeploysAndTargetsAreMarked(t *testing.T) {
	r := simulated(t, "demo")
	minutes := func(n time.Duration) parser.Timestamp { return parser.Timestamp((n * time.Minute).Microseconds()) }
	lives := r.Result.Evidence.Lives
	lives[0].FirstSent += minutes(10)
	lives[1].FirstSent += minutes(10)
	lives[2].LastSent -= minutes(12)
	from := lives[0].FirstSent.Time()
	r.Diagnosis.Findings = append(r.Diagnosis.Findings, diagnose.Finding{ID: "deploy", Title: "Targets of web were replaced", Summary: "2 came", First: from, Last: from.Add(2 * time.Minute)})
	x := open(t, r, desk)
	titles := eval[[]string](x, `Array.from(document.querySelectorAll('#events title'), (e) => e.textContent)`)
	want := []string{"Targets of web were replaced: 2 came",
		fmt.Sprintf("first request of %s (web) 14:10\n%s (web) 14:10", lives[0].Target, lives[1].Target), fmt.Sprintf("last request of %s (web) 14:17", lives[2].Target)}
	clocks := regexp.MustCompile(`(14:1\d):\d\d`)
	for i := range titles {
		titles[i] = clocks.ReplaceAllString(titles[i], "$1")
	}
	if !slices.Equal(titles, want) {
		t.Errorf("marked are %q, not %q", titles, want)
	}
	x.nothingRan()
}

func TestHeatMapTells(t *testing.T) {
	x := open(t, simulated(t, "demo"), desk)
	x.run(chromedp.Focus("#heat-map canvas.cells", chromedp.ByQuery), chromedp.KeyEvent(kb.ArrowRight))
	if got := eval[string](x, `document.getElementById('heat-readout').textContent`); !strings.HasPrefix(got, "10.0.32.4:8080, 14:00 – 14:01 UTC: ") {
		t.Errorf("an arrow key tells %q", got)
	}
	// In minute 20 the host that was killed fails, and answers nothing itself.
	x.run(chromedp.Evaluate(`tellCell(0, 20)`, nil))
	tells := regexp.MustCompile(`^10\.0\.32\.4:8080, 14:20 – 14:21 UTC: (\d+) requests, (\d+) with a 5xx \(.*%\): (\d+) of the load balancer, 0 of targets$`)
	if m := tells.FindStringSubmatch(eval[string](x, `document.getElementById('heat-readout').textContent`)); m == nil || m[2] != m[3] || m[3] == "0" {
		t.Errorf("minute 20 is told as %q", m)
	}
	most := func(measure string) string {
		return eval[string](x, fmt.Sprintf(`(() => { const s = document.getElementById('heat-measure'); s.value = %q; s.dispatchEvent(new Event('change')); return document.querySelector('#heat-map .most').textContent; })()`, measure))
	}
	if elb, target, all := most("elb"), most("target"), most("failed"); elb == target || elb != all { // no target failed itself when most failed
		t.Errorf("at most %q of the load balancer, %q of targets, %q of both", elb, target, all)
	}
	x.run(chromedp.Evaluate(`document.getElementById('heat-by').selectedIndex = 1; document.getElementById('heat-by').dispatchEvent(new Event('change'))`, nil))
	if got := eval[string](x, `document.querySelector('#heat-map li').textContent`); got != "/products/{slug}" && !strings.HasPrefix(got, "/") {
		t.Errorf("the first path is %q", got)
	}
	x.nothingRan()
}

// Without scripts the findings and tables are there to read, and no control that would do nothing.
func TestReadsWithoutScripts(t *testing.T) {
	s := desk
	s.scriptless = true
	x := open(t, simulated(t, "demo"), s)
	var text string
	x.run(chromedp.Text("body", &text, chromedp.ByQuery))
	for _, want := range []string{"Targets of web cannot be connected to within 10 s", "10.0.32.4:8080", "/api/reports/{int}", "The charts need JavaScript"} {
		if !strings.Contains(text, want) {
			t.Errorf("it does not say %q", want)
		}
	}
	for _, not := range []string{"Theme:", "Copy", "Filter"} {
		if strings.Contains(text, not) {
			t.Errorf("it says %q, which does nothing", not)
		}
	}
}
