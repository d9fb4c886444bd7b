package browsercheck

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/partial"
	"alblens/report"

	"github.com/chromedp/chromedp"
)

// openAll shows all there is: every panel, all details, all rows.
const openAll = `document.querySelectorAll('details').forEach((d) => { d.open = true; });
document.querySelectorAll('.panel').forEach((p) => { p.hidden = false; });
document.querySelectorAll('button.all').forEach((b) => b.click());`

func TestNothingIsWiderThanAPhone(t *testing.T) {
	for name, r := range map[string]*report.Report{"demo": simulated(t, "demo"), "hostile": hostile(t), "month": month(t)} {
		t.Run(name, func(t *testing.T) {
			x := open(t, r, phone)
			x.run(chromedp.Evaluate(openAll, nil))
			if w := eval[int](x, `document.documentElement.scrollWidth`); w > int(phone.width) {
				wide := eval[[]string](x, `Array.from(document.querySelectorAll('body *')).filter((e) => e.getBoundingClientRect().right > innerWidth + 1 && !e.parentElement.closest('.scroll, nav, .tabs, pre, svg')).map((e) => e.tagName + '.' + e.className).slice(0, 5)`)
				t.Errorf("%d px wide on %d: %q", w, phone.width, wide)
			}
		})
	}
}

// Every text that shows has a contrast of 4.5 to 1 or more with what is behind it, as WCAG AA asks of small text.
func TestTextStandsOut(t *testing.T) {
	incomplete := hostile(t) // with every kind of box and table
	incomplete.Result.Ledger.Failed = 1
	for name, r := range map[string]*report.Report{"demo": simulated(t, "demo"), "incomplete": incomplete} {
		for _, dark := range []bool{false, true} {
			s := desk
			s.dark = dark
			x := open(t, r, s)
			x.run(chromedp.Evaluate(openAll, nil))
			checked := eval[int](x, contrast+`.checked`)
			if checked < 500 {
				t.Errorf("%s: only %d texts were looked at", name, checked)
			}
			for _, f := range eval[[]string](x, contrast+`.faint`) {
				t.Errorf("%s, dark %v: %s", name, dark, f)
			}
		}
	}
}

const contrast = `(() => {
  const rgb = (c) => { const m = c.match(/[\d.]+/g).map(Number); return { c: m.slice(0, 3), a: m.length > 3 ? m[3] : 1 }; };
  const channel = (v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; };
  const luminance = (c) => 0.2126 * channel(c[0]) + 0.7152 * channel(c[1]) + 0.0722 * channel(c[2]);
  const behind = (e) => { for (; e; e = e.parentElement) { const b = rgb(getComputedStyle(e).backgroundColor); if (b.a === 1) return b.c; } return [255, 255, 255]; };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const faint = new Set();
  let checked = 0;
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const e = node.parentElement;
    if (!node.data.trim() || !e.checkVisibility({ visibilityProperty: true })) continue;
    checked++;
    const style = getComputedStyle(e);
    const [a, b] = [luminance(rgb(e.namespaceURI.endsWith('svg') ? style.fill : style.color).c), luminance(behind(e))].sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) faint.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2) + ': ' + node.data.trim().slice(0, 40));
  }
  return { checked, faint: Array.from(faint) };
})()`

func TestHostileLogIsText(t *testing.T) {
	x := open(t, hostile(t), desk)
	x.run(chromedp.Evaluate(openAll, nil))
	for _, e := range eval[[]string](x, `Array.from(document.querySelectorAll('img, iframe, object, embed, form, base, body script:not(#data)'), (e) => e.outerHTML.slice(0, 80)).slice(2)`) {
		t.Errorf("an element came of the log: %s", e) // but for the two scripts
	}
	if on := eval[[]string](x, `Array.from(document.querySelectorAll('*')).flatMap((e) => e.getAttributeNames()).filter((n) => n.startsWith('on'))`); len(on) > 0 {
		t.Errorf("attributes that run: %q", on)
	}
	text := eval[string](x, `document.body.innerText`)
	for _, want := range []string{"/<script>alert(1)</script>", `onerror="alert(1)`, "{{.}}{{template}}${alert(1)}", `\x1B[31mred`, `\xE2\x80\xAEgpj.exe`, `/bad\xFF\xFE`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not show %s", want)
		}
	}
	for _, not := range []string{"\x1b", "\u202e", "\u2066", "\u2028", "\x00", "\ufffd"} {
		if strings.Contains(text, not) {
			t.Errorf("the page holds %q", not)
		}
	}
	// The same through what scripts make of it: every row of the heat maps, and a title of a mark.
	for i := range 2 {
		x.run(chromedp.Evaluate(fmt.Sprintf(`document.getElementById('heat-by').selectedIndex = %d; document.getElementById('heat-by').dispatchEvent(new Event('change'))`, i), nil))
	}
	x.nothingRan()
}

// Where there is little to show, nothing is in the way.
func TestLittleToShow(t *testing.T) {
	o := options(t)
	for name, c := range map[string]struct {
		r      *report.Report
		says   string
		charts int
	}{
		"no records": {reported(partial.Empty(&o).Freeze()), "No records: there was no object to read.", 0},
		"clean":      {simulated(t, "clean"), "the load balancer made none.", 3},
	} {
		t.Run(name, func(t *testing.T) {
			x := open(t, c.r, desk)
			if text := eval[string](x, `document.body.innerText`); !strings.Contains(text, c.says) {
				t.Errorf("it does not say %q", c.says)
			}
			if n := eval[int](x, `document.querySelectorAll('#charts canvas').length`); n != c.charts {
				t.Errorf("%d charts, not %d", n, c.charts)
			}
		})
	}
}

func TestMonthOpensSoon(t *testing.T) {
	r := month(t)
	var b bytes.Buffer
	began := time.Now()
	if err := report.HTML(&b, r); err != nil {
		t.Fatal(err)
	}
	written := time.Since(began)
	if b.Len() >= report.MaxHTML {
		t.Errorf("%d bytes, not below %d", b.Len(), report.MaxHTML)
	}
	chromium(t)
	began = time.Now()
	x := open(t, r, desk)
	if n := eval[int](x, `document.querySelectorAll('#charts canvas').length`); n != 3 {
		t.Errorf("%d charts, not 3", n)
	}
	opened := eval[float64](x, `performance.getEntriesByType('navigation')[0].loadEventEnd`)
	t.Logf("%d bytes, written in %v, loaded in %.0f ms, %v with a new tab", b.Len(), written, opened, time.Since(began))
	if opened > 2000 {
		t.Errorf("it took %.0f ms to open, not below 2 s", opened)
	}
}

var screenshots = flag.String("screenshots", "", "write the pictures of docs/reading.md to this folder")

// `make screenshots` makes the pictures of docs/reading.md.
func TestScreenshots(t *testing.T) {
	folder := *screenshots
	if folder == "" {
		folder = t.TempDir() // that they can be made is held to all the same
	}
	r := simulated(t, "demo")
	for _, s := range []struct {
		name string
		screen
		at string // selector of what is at the top
	}{
		{"report", screen{width: 1280, height: 860}, ""},
		{"report-dark", screen{width: 1280, height: 860, dark: true}, "#time"},
		{"finding", screen{width: 1280, height: 720}, "#finding-1"},
		{"heatmap", screen{width: 1280, height: 560}, "#heat"},
		{"report-phone", phone, ""},
		{"report-phone-dark", screen{width: 390, height: 844, dark: true}, "#findings"},
	} {
		t.Run(s.name, func(t *testing.T) {
			x := open(t, r, s.screen)
			if s.at != "" {
				x.run(chromedp.Evaluate(fmt.Sprintf(`document.querySelector('#finding-1 .part').open = true; document.querySelector(%q).scrollIntoView({ behavior: 'instant' })`, s.at), nil))
			}
			var picture []byte
			x.run(chromedp.CaptureScreenshot(&picture))
			picture = squeezed(t, picture)
			if len(picture) > 300_000 {
				t.Errorf("%d bytes: too many for a repository", len(picture))
			}
			if err := os.WriteFile(filepath.Join(folder, s.name+".png"), picture, 0o644); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// squeezed is the picture in its 256 most frequent colors, which look the same and take a third of the bytes.
func squeezed(t *testing.T, picture []byte) []byte {
	t.Helper()
	decoded, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	counts := map[color.Color]int{}
	bounds := decoded.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[decoded.At(x, y)]++
		}
	}
	frequent := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int { return counts[b] - counts[a] })
	few := image.NewPaletted(bounds, color.Palette(frequent[:min(len(frequent), 256)]))
	draw.Draw(few, bounds, decoded, bounds.Min, draw.Src)
	var b bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&b, few); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
