package report

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
	"alblens/partial"

	"github.com/google/go-cmp/cmp"
)

func renderHTML(t testing.TB, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

var (
	policy  = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy" content="([^"]*)">`)
	element = regexp.MustCompile(`(?s)<(style|script)>(.*?)</(?:style|script)>`)
	// unwanted are attributes that run, that the policy forbids, or that fetch.
	unwanted = regexp.MustCompile(`<[a-z][^<>]*\s(on[a-z]+|style|src|action|srcset)\s*=[^<>]*>`)
	link     = regexp.MustCompile(`<[a-z][^<>]*\shref="([^"]*)"`)
)

// The page's policy allows what is in it and nothing else, and nothing in it would need more.
func TestHTMLNeedsNothingElse(t *testing.T) {
	for _, x := range reports {
		t.Run(x.name, func(t *testing.T) {
			page := renderHTML(t, x.make(t))
			if len(page) >= MaxHTML {
				t.Errorf("%d bytes, not below %d", len(page), MaxHTML)
			}
			found := policy.FindStringSubmatch(page)
			if found == nil {
				t.Fatal("no policy")
			}
			allowed := html.UnescapeString(found[1])
			elements := element.FindAllStringSubmatch(page, -1)
			if len(elements) != 4 {
				t.Fatalf("%d elements of styles and scripts, not 4", len(elements))
			}
			for _, e := range elements {
				sum := sha256.Sum256([]byte(e[2]))
				directive := regexp.MustCompile(e[1] + `-src [^;]*'sha256-` + regexp.QuoteMeta(base64.StdEncoding.EncodeToString(sum[:])) + `'`)
				if !directive.MatchString(allowed) {
					t.Errorf("%s does not allow the %s that begins %.40q", allowed, e[1], e[2])
				}
			}
			if !strings.HasPrefix(allowed, "default-src 'none'; ") || strings.Contains(allowed, "unsafe") {
				t.Errorf("the policy is %s", allowed)
			}
			body := element.ReplaceAllString(page, "")
			if bad := unwanted.FindString(body); bad != "" {
				t.Errorf("%s", bad)
			}
			for _, l := range link.FindAllStringSubmatch(body, -1) {
				if !strings.HasPrefix(l[1], "#") && l[1] != "data:," {
					t.Errorf("a link to %s", l[1])
				}
			}
		})
	}
}

func TestHTMLShowsLogTextAsText(t *testing.T) {
	r := hostile(t)
	r.Diagnosis = &diagnose.Diagnosis{}
	for _, h := range hostiles {
		r.Diagnosis.Findings = append(r.Diagnosis.Findings, diagnose.Finding{
			ID: "idle-timeout", Title: h, Summary: h, Reasons: []string{h}, Caveats: []string{h}, Scope: diagnose.Scope{Paths: []string{h}, TargetGroups: []string{h}},
			Evidence: []diagnose.Line{{Source: h, TraceID: h, Text: h}}, Verify: []diagnose.Verification{{Why: h, Command: h}}, Fix: []diagnose.Change{{Why: h, Kind: h, Text: h}},
		})
	}
	page := renderHTML(t, r)
	for _, not := range []string{"<img", "\x1b", "\u202e", "\u2066", "\u009b", "\x00", "\x07", "\xff"} {
		if strings.Contains(page, not) {
			t.Errorf("the page holds %q", not)
		}
	}
	if n := strings.Count(page, "</script>"); n != 4 {
		t.Errorf("%d ends of scripts, not 4", n)
	}
	for _, want := range []string{"&lt;/script&gt;&lt;img src=x&gt;", `/\x1B[31mred\x1B[0m`, `/bidi\xE2\x80\xAEgpj.exe`, `/bad\xFF\xFEutf8`} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
}

// dataOf is what the page's scripts draw.
func dataOf(t *testing.T, page string) (d htmlData) {
	t.Helper()
	_, rest, _ := strings.Cut(page, `<script type="application/json" id="data">`)
	text, _, ok := strings.Cut(rest, "</script>")
	if !ok {
		t.Fatal("no data")
	}
	if strings.ContainsAny(text, "<>&\u2028\u2029") {
		t.Error("the data could end its element")
	}
	if err := json.Unmarshal([]byte(text), &d); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestHTMLChartsByStatus(t *testing.T) {
	d := dataOf(t, renderHTML(t, incident(t)))
	if d.Time.Start != start.Unix() || d.Time.Step != 60 || len(d.Time.Requests) != 60 || d.Time.Requests[1] != 1157 {
		t.Errorf("from %d by %d s, %d columns, the second with %d requests", d.Time.Start, d.Time.Step, len(d.Time.Requests), d.Time.Requests[1])
	}
	var got []string
	for _, f := range d.Time.Failures {
		got = append(got, fmt.Sprint(f.Name, " ", f.Total))
	}
	// 504s: 14 minutes of 25 and 29 more; the others: 12 times 0, 3, 1, 4, 2.
	if want := []string{"504 379", "502 120", "target-5xx 120"}; !slices.Equal(got, want) {
		t.Errorf("failures %q, want %q", got, want)
	}
	if f := d.Time.Failures[0]; f.At[0] != 8 || f.N[0] != 29 || f.At[len(f.At)-1] != 21 {
		t.Errorf("504s from column %d with %d, to %d", f.At[0], f.N[0], f.At[len(f.At)-1])
	}
	if want := []htmlKey{{Key: "10.0.32.4:8080", Requests: []uint64{7}, ELB: []uint64{6}, Target: []uint64{4}}, {Key: "(none)", First: 1, Requests: []uint64{1}, ELB: []uint64{0}, Target: []uint64{0}}}; len(d.Heat) != 1 || !cmp.Equal(d.Heat[0].Keys, want) {
		t.Errorf("heat map %+v, want keys %+v", d.Heat, want)
	}
}

func failure(row cause.Cause, end time.Time, lasted time.Duration) *evidence.Failure {
	return &evidence.Failure{Route: &evidence.Route{}, Resource: &evidence.Resource{}, Row: row, End: parser.Timestamp(end.UnixMicro()), Start: parser.Timestamp(end.Add(-lasted).UnixMicro())}
}

// Of ten idle timeouts two were kept, so each stands for five.
func TestHTMLChartsByCause(t *testing.T) {
	r := cleanDay(t)
	r.Result.Evidence = &evidence.Result{
		Causes: []evidence.CauseCount{{Cause: cause.IdleTimeout, Requests: 10}, {Cause: cause.FixedResponse, Requests: 1}},
		Failures: []*evidence.Failure{
			failure(cause.IdleTimeout, start.Add(90*time.Second), time.Minute), failure(cause.IdleTimeout, start.Add(10*time.Minute), time.Minute),
			failure(cause.FixedResponse, start.Add(10*time.Minute), 0), failure(cause.FixedResponse, start.Add(-time.Second), 0),
		},
	}
	r.Result.Evidence.Causes[1].Requests = 2
	want := []htmlFailure{
		{Name: "idle-timeout", Title: title(cause.IdleTimeout), Total: 10, At: []int{1, 10}, N: []uint64{5, 5}},
		{Name: "fixed-response", Title: title(cause.FixedResponse), Total: 1, Quiet: true, At: []int{10}, N: []uint64{1}},
	}
	for name, report := range map[string]*Report{"whole": r, "redacted": r.Redacted(redactor("all"))} {
		if got := dataOf(t, renderHTML(t, report)).Time.Failures; !cmp.Equal(got, want) {
			t.Errorf("%s: %s", name, cmp.Diff(want, got))
		}
	}
	r.Options.TimeField = "created"
	if got := dataOf(t, renderHTML(t, r)).Time.Failures[0].At; !slices.Equal(got, []int{0, 9}) {
		t.Errorf("by creation the timeouts are in columns %v", got)
	}
}

func TestHTMLColumnsAreJoined(t *testing.T) {
	r := cleanDay(t)
	rows := r.timeRows()
	rows[2].TargetTime.P99, rows[4].TargetTime = 7_000_000, aggregate.Quantiles{}
	rows[5].TargetTime = aggregate.Quantiles{}
	tl := r.htmlTimeline(&htmlRoom{columns: 30, rows: 1})
	if tl.Step != 120 || len(tl.Requests) != 30 || tl.Requests[0] != 1150+1157 {
		t.Errorf("columns of %d s, %d of them, the first of %d requests", tl.Step, len(tl.Requests), tl.Requests[0])
	}
	p99 := tl.Latency[2]
	if p99.Name != "target time p99" || *p99.Of[0] != 2608.3 || *p99.Of[1] != 7000 || p99.Of[2] != nil {
		t.Errorf("%s: %v, %v, %v", p99.Name, *p99.Of[0], *p99.Of[1], p99.Of[2])
	}
}

func TestHTMLTargetsComeAndGo(t *testing.T) {
	r := cleanDay(t) // of one hour
	at := func(minute int) parser.Timestamp {
		return parser.Timestamp(start.Add(time.Duration(minute) * time.Minute).UnixMicro())
	}
	r.Result.Evidence.Lives = []evidence.Life{
		{Target: "always", FirstSent: at(0), LastSent: at(59), Requests: 10_000},
		{Target: "new", TargetGroup: webARN, FirstSent: at(20), LastSent: at(59), Requests: 10_000},
		{Target: "old", FirstSent: at(1), LastSent: at(30), Requests: 10_000},
		{Target: "seldom", FirstSent: at(10), LastSent: at(50), Requests: 3},
	}
	want := []htmlComing{{at(20).Time().Unix(), false, "new", "web"}, {at(30).Time().Unix(), true, "old", ""}}
	if got := r.htmlComings(&htmlRooms[0]); !cmp.Equal(got, want) {
		t.Error(cmp.Diff(want, got))
	}
}

func TestHTMLFinding(t *testing.T) {
	r := incident(t)
	f := diagnose.Finding{
		ID: "keepalive-race", Severity: diagnose.High, Confidence: 0.876, Title: "t", Summary: "in a minute", Requests: 150, Of: 200,
		First: start.Add(6 * time.Minute), Last: start.Add(12 * time.Minute),
		Reasons:  []string{"for: the target answers others", "against: it is slow"},
		Episodes: []diagnose.Episode{{From: start.Add(6 * time.Minute), To: start.Add(12 * time.Minute)}, {From: start.Add(30 * time.Minute), To: start.Add(30 * time.Minute)}},
		Verify:   []diagnose.Verification{{Why: "w", Command: strings.Repeat("x", 300)}},
		Fix:      []diagnose.Change{{Kind: "nginx", Text: "a;\n\tb\x1b;"}, {Kind: "text", Text: "words"}},
		Scope:    diagnose.Scope{TargetGroups: []string{webARN}},
	}
	room := htmlRooms[0]
	h := r.htmlFinding(&page{day: "2026-11-20"}, &room, &f, 0)
	for _, c := range []struct{ what, got, want any }{
		{"summary", h.Summary, "In a minute."},
		{"share", h.Requests + " " + h.Of + " " + h.Share, "150 200 75.0 %"},
		{"confidence", fmt.Sprint(h.Confidence, " ", h.Sure), "88 % 88"},
		{"reasons", fmt.Sprint(h.For, h.Against), "[The target answers others.] [It is slow.]"},
		{"strip", fmt.Sprint(h.Strip), "[{100 100} {500 6}]"}, // of an hour
		{"zoom", h.To - h.From, int64(6*60 + 2*2*60)},
		{"command", h.Verify[0].Code, strings.Repeat("x", 300)},
		{"fix", fmt.Sprint(h.Fix), `[{ nginx a;` + "\n" + `\x09b\x1B; } {   words}]`},
		{"group", fmt.Sprint(h.Scope), "[{target group [{web " + webARN + "}]}]"},
		{"about", h.About.Slug, "keepalive-race"},
		{"open", h.Open, true},
	} {
		if c.got != c.want {
			t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
		}
	}
	// Half a command is worse than none.
	room.text = 29
	if b := r.htmlFinding(&page{}, &room, &f, 0).Verify[0]; b.Code != "" || b.Prose == "" {
		t.Errorf("a command there is no room for is shown as %+v", b)
	}
}

// Whatever the input, the page stays below its bound and says what it leaves out.
func TestHTMLFitsWhateverComes(t *testing.T) {
	r := incident(t)
	long := strings.Repeat("<\x1b'&", 1<<10)
	counts := r.Result.Counts
	for i := range counts.Tables {
		if counts.Tables[i].By.Is(aggregate.Time) {
			continue
		}
		for range 3000 {
			counts.Tables[i].Rows = append(counts.Tables[i].Rows, targetRow(stats(1000, 1, 2, 3), long))
		}
	}
	for range 3 {
		counts.Tables = append(counts.Tables, counts.Tables...)
	}
	list := slices.Repeat([]string{long}, 300)
	f := diagnose.Finding{ID: long, Title: long, Summary: long, Reasons: list, Caveats: list, First: start, Last: start,
		Scope: diagnose.Scope{Paths: list, Hosts: list, Targets: list, LoadBalancers: list, Nodes: list, TargetGroups: list},
		Fix:   slices.Repeat([]diagnose.Change{{Why: long, Kind: long, Text: strings.Repeat("<", 1000)}}, 50), Evidence: slices.Repeat([]diagnose.Line{{Source: long, TraceID: long, Text: long}}, 50)}
	r.Diagnosis = &diagnose.Diagnosis{Findings: slices.Repeat([]diagnose.Finding{f}, 500)}
	l := &r.Result.Ledger
	l.Problems = slices.Repeat([]partial.Problem{{Name: long, Kind: long, Error: long}}, 5000)
	l.Gaps = slices.Repeat([]partial.Gap{{LoadBalancer: long, Node: long}}, 5000)
	l.Duplicates = slices.Repeat([]partial.Duplicate{{Name: long, SameAs: long}}, 5000)
	l.MalformedSamples = slices.Repeat([]partial.MalformedSample{{Name: long, Error: long, Text: long}}, 100)
	r.Run.Args, r.Version = list, long
	page := renderHTML(t, r)
	if len(page) >= MaxHTML {
		t.Errorf("%d bytes, not below %d", len(page), MaxHTML)
	}
	for _, want := range []string{"488 more, of less harm", "4995 more are in the JSON summary", "keys not shown"} {
		if !strings.Contains(page, want) {
			t.Errorf("it does not say %q", want)
		}
	}
}

var property = regexp.MustCompile(`--([a-z0-9-]+): light-dark\(#([0-9a-f]{6}), #([0-9a-f]{6})\);`)

// Contrast as WCAG 2.2 defines it: 4.5 to 1 for text (1.4.3), 3 to 1 for what has to be told apart in a chart (1.4.11).
func TestHTMLColorsStandOut(t *testing.T) {
	text, err := htmlFiles.ReadFile("html/theme.css")
	if err != nil {
		t.Fatal(err)
	}
	colors := [2]map[string]string{{}, {}}
	for _, m := range property.FindAllStringSubmatch(string(text), -1) {
		colors[0][m[1]], colors[1][m[1]] = m[2], m[3]
	}
	if n := strings.Count(string(text), "\n  --"); n != len(colors[0]) {
		t.Fatalf("%d properties, %d of them colors for light and dark", n, len(colors[0]))
	}
	check := func(least float64, fore string, backs ...string) {
		for i, theme := range []string{"light", "dark"} {
			for _, back := range backs {
				if c := contrast(t, colors[i][fore], colors[i][back]); c < least {
					t.Errorf("%s: %s on %s has a contrast of %.2f, not %.1f", theme, fore, back, c, least)
				}
			}
		}
	}
	for _, fore := range []string{"fg", "muted", "accent", "good", "bad"} {
		check(4.5, fore, "bg", "panel", "raised")
	}
	for _, severity := range []string{"critical", "high", "medium", "low", "info"} {
		check(4.5, severity+"-fg", severity+"-bg")
	}
	check(4.5, "warn-fg", "warn-bg")
	check(3, "edge", "bg", "panel", "raised")
	check(3, "series-requests", "bg")
	for i := range 9 {
		check(3, fmt.Sprintf("series-%d", i+1), "bg")
	}
	check(3, "heat-high", "bg", "heat-none")
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	light, dark := luminance(t, a), luminance(t, b)
	return (max(light, dark) + 0.05) / (min(light, dark) + 0.05)
}

func luminance(t *testing.T, color string) float64 {
	t.Helper()
	var rgb [3]int
	if _, err := fmt.Sscanf(color, "%02x%02x%02x", &rgb[0], &rgb[1], &rgb[2]); err != nil {
		t.Fatalf("color %q: %v", color, err)
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		c := float64(rgb[i]) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// A contrast that WCAG gives as an example.
func TestContrast(t *testing.T) {
	if c := contrast(t, "767676", "ffffff"); math.Abs(c-4.54) > 0.005 {
		t.Errorf("%.3f, not 4.54", c)
	}
}

// Colors are in theme.css alone, where their contrast is checked.
func TestHTMLColorsAreInTheTheme(t *testing.T) {
	literal := regexp.MustCompile(`#[0-9a-fA-F]{3,8}\b[;, )]|\b(rgb|hsl)a?\(\d`)
	for _, name := range slices.Concat(htmlStyles[2:], htmlHead, htmlScripts) {
		text, err := htmlFiles.ReadFile("html/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if c := literal.Find(text); c != nil {
			t.Errorf("%s has the color %s", name, c)
		}
	}
}

// Of four columns the second has most, 6 of the load balancer and 2 of targets on top of these, and is as high as the
// box, 40; the third has the least that can be seen.
func TestHTMLOverview(t *testing.T) {
	if got, want := bars([]uint64{0, 6, 0, 0}, nil, 8), "M250.0 40.0v-30.0h250.0v30.0z"; got != want {
		t.Errorf("of the load balancer: %s, want %s", got, want)
	}
	if got, want := bars([]uint64{0, 2, 0, 0}, []uint64{0, 6, 0, 0}, 8), "M250.0 10.0v-10.0h250.0v10.0z"; got != want {
		t.Errorf("of targets: %s, want %s", got, want)
	}
	if got, want := bars([]uint64{0, 8000, 1, 0}, nil, 8000), "M250.0 40.0v-40.0h250.0v40.0zM500.0 40.0v-1.5h250.0v1.5z"; got != want {
		t.Errorf("few: %s, want %s", got, want)
	}
	r := incident(t) // an hour, with 504s from minute 8 to 21
	if o := r.htmlOverview(&page{day: "2026-11-20"}); o == nil || o.First != "14:00" || o.Last != "15:00" || o.Per != "1 min" || o.Columns != "60" || o.Total != "619" {
		t.Errorf("%+v", o)
	}
	if o := cleanDay(t).htmlOverview(&page{}); o != nil {
		t.Errorf("a day without a 5xx has %+v", o)
	}
}
