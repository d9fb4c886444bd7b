package compare

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"alblens/internal/redact"
)

var start = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)

// hour is a summary of 60 minutes of 1 000 requests, with 504s by minute, all for one path of two.
func hour(failed func(minute int) uint64) *Summary {
	s := &Summary{First: start, Last: start.Add(time.Hour), Span: time.Hour, Bucket: time.Minute, Complete: true, Attribution: map[string]uint64{}}
	for i := range 60 {
		s.Times = append(s.Times, Cell{Requests: 1000, ELB504: failed(i), ELB5xx: failed(i)})
		s.Totals.ELB504 += failed(i)
	}
	s.Totals.Requests, s.Totals.ELB5xx = 60_000, s.Totals.ELB504
	s.Tables = []Table{{By: "path", Rows: map[string]Row{}}}
	s.put("/a", Cell{Requests: 20_000, ELB504: s.Totals.ELB504})
	s.put("/b", Cell{Requests: 40_000})
	return s
}

func (s *Summary) put(path string, c Cell) {
	s.Tables[0].Rows[join([]string{path})] = Row{Key: []string{path}, Cell: c}
}

func evenly(n uint64) func(int) uint64 { return func(int) uint64 { return n } }

// found is the change of a key.
func found(t *testing.T, r *Result, dimension, key, metric string) *Change {
	t.Helper()
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Dimension == dimension && strings.Join(c.Key, " ") == key && c.Metric == metric {
			return c
		}
	}
	t.Fatalf("no %s %s %s in %+v", dimension, key, metric, r.Changes)
	return nil
}

func TestPathIsNamedBeforeTheWhole(t *testing.T) {
	r := Diff(hour(evenly(2)), hour(evenly(4)))
	first := r.Changes[0]
	if first.Dimension != "path" || first.Key[0] != "/a" || first.Metric != "elb_504" || first.Noise {
		t.Errorf("first is %+v", first)
	}
	if first.Harm != 120 { // (240 - 120) of 20 000 in an hour
		t.Errorf("harm %v, want 120", first.Harm)
	}
	if c := found(t, r, Total, "", "elb_504"); c.Noise || c.Dispersion != 1 {
		t.Errorf("the whole is %+v", c)
	}
}

// As many failures in a burst of three minutes are one event, and one more of these is no change.
func TestBurstIsOneEvent(t *testing.T) {
	bursts := func(begin ...int) func(int) uint64 {
		return func(minute int) uint64 {
			for _, b := range begin {
				if minute >= b && minute < b+3 {
					return 100
				}
			}
			return 0
		}
	}
	r := Diff(hour(bursts(10)), hour(bursts(10, 40)))
	for _, c := range r.Changes {
		if !c.Noise {
			t.Errorf("%+v", c)
		}
	}
}

// A cause that was high and is not there before is named, and what it explains is not called noise beside it.
func TestNewCauseIsAFact(t *testing.T) {
	outage := func(minute int) uint64 {
		if minute < 3 {
			return 300
		}
		return 1
	}
	after := hour(outage)
	after.Findings = []Finding{{ID: "connect-timeout", Key: "connect-timeout/web", Severity: "critical", Requests: 900}}
	after.Attribution = map[string]uint64{"connect-timeout": 900, "idle-timeout": 57}
	before := hour(evenly(1))
	before.Attribution = map[string]uint64{"idle-timeout": 60}
	before.Findings = []Finding{{ID: "idle-timeout", Key: "idle-timeout/web", Severity: "low", Requests: 60}}
	const target, path = "one-bad-target/10.0.0.1:80", "one-bad-path//slow"
	after.Findings = append(after.Findings, before.Findings[0],
		Finding{ID: "one-bad-target", Key: target, PartOf: "connect-timeout/web", Severity: "medium", Requests: 900},
		Finding{ID: "one-bad-path", Key: path, PartOf: "idle-timeout/web", Severity: "low", Requests: 60})
	r := Diff(before, after)
	// What says more of the outage is as new as that; that the idle timeouts gather on a path hangs on a threshold.
	noise := map[string]bool{"connect-timeout/web": false, target: false, path: true, "idle-timeout/web": true}
	for _, f := range r.Findings {
		if f.Noise != noise[f.Key[0]] {
			t.Errorf("%s %s: noise is %v", f.Presence, f.Key, f.Noise)
		}
	}
	if len(r.Findings) != len(noise) {
		t.Errorf("%d findings", len(r.Findings))
	}
	if f := r.Changes[0]; f.Dimension != AFinding || f.Key[0] != "connect-timeout/web" || f.Noise || f.Q <= falseShare {
		t.Errorf("first is %+v", f)
	}
	for _, c := range []*Change{found(t, r, Cause, "connect-timeout", "requests"), found(t, r, Total, "", "elb_504"), found(t, r, Total, "", "elb_5xx")} {
		if c.Noise {
			t.Errorf("%+v", c)
		}
	}
	if c := found(t, r, Cause, "idle-timeout", "requests"); !c.Noise {
		t.Errorf("%+v", c)
	}
}

// Where a side lost keys, one that only the other side has is compared if the lost ones hardly failed.
func TestKeyOfACutTable(t *testing.T) {
	for _, c := range []struct {
		lost    uint64 // 504s before that no row has
		skipped int
	}{{0, 0}, {4, 0}, {5, 1}} {
		before, after := hour(evenly(1)), hour(evenly(1))
		before.put("/a", Cell{Requests: 20_000, ELB504: before.Totals.ELB504 - c.lost})
		after.put("/new", Cell{Requests: 500, ELB504: 50})
		r := Diff(before, after)
		if r.Skipped != c.skipped {
			t.Errorf("%d lost: %d skipped, want %d", c.lost, r.Skipped, c.skipped)
		}
		if c.skipped > 0 {
			continue
		}
		if x := found(t, r, "path", "/new", "elb_504"); x.Presence != New || x.Noise || x.Before != (Count{60, 60_000}) {
			t.Errorf("%d lost: %+v", c.lost, x)
		}
	}
}

// Quantiles of the requests that have a target time say nothing where many more have none.
func TestQuantilesOfOtherRequests(t *testing.T) {
	timed := func(missing uint64) *Summary {
		s := hour(evenly(0))
		for i := range s.Times {
			s.Times[i].TargetTime = &Quantiles{Count: 1000, P50: 10, P90: 20, P99: 30}
		}
		s.Totals.TargetTime = &Quantiles{Count: 60_000 - missing, P50: 10, P90: 20, P99: 30}
		return s
	}
	for _, c := range []struct {
		missing uint64 // of 60 000
		want    string
	}{{0, "p50 p90 p99"}, {150, "p50 p90 p99"}, {151, "p50 p90"}, {1499, "p50 p90"}, {1501, "p50"}, {7501, ""}} {
		r := Diff(timed(0), timed(c.missing))
		var names []string
		for _, x := range r.Times {
			names = append(names, x.Quantile)
		}
		if got := strings.Join(names, " "); got != c.want || (c.want != "p50 p90 p99") != (len(r.Notes) == 1) {
			t.Errorf("%d missing: %q, want %q; notes %q", c.missing, got, c.want, r.Notes)
		}
	}
}

func TestNotes(t *testing.T) {
	at := func(first time.Time, span time.Duration, change func(*Summary)) *Summary {
		s := hour(evenly(0))
		s.First, s.Last, s.Span = first, first.Add(span), span
		change(s)
		return s
	}
	same := func(*Summary) {}
	base := at(start, time.Hour, same)
	for _, c := range []struct {
		after *Summary
		want  string // "" for none
	}{
		{at(start.Add(3*time.Hour), time.Hour, same), ""},
		{at(start.Add(27*time.Hour), time.Hour, same), ""},
		{at(start.Add(4*time.Hour), time.Hour, same), "other hours"},
		{at(start.Add(20*time.Hour), time.Hour, same), "other hours"},
		{at(start, 2*time.Hour, same), "length"},
		{at(start, time.Hour, func(s *Summary) { s.Complete = false }), "After is incomplete"},
		{at(start, time.Hour, func(s *Summary) { s.RawPaths = true }), "templates"},
		{at(start, time.Hour, func(s *Summary) { s.Tables = append(s.Tables, Table{By: "host"}) }), "Only after has the dimension host"},
		{at(start, time.Hour, func(s *Summary) { s.Tables = append(s.Tables, Table{By: "status+host"}) }), ""},
	} {
		notes := strings.Join(Diff(base, c.after).Notes, "\n")
		if (notes == "") != (c.want == "") || !strings.Contains(notes, c.want) {
			t.Errorf("notes %q, want one with %q", notes, c.want)
		}
	}
}

// Fisher's test against counts by hand: hypergeometric tails, doubled.
func TestExact(t *testing.T) {
	for _, c := range []struct {
		a, n, b, m uint64
		want       float64
	}{
		{3, 4, 1, 4, 2 * 17. / 70}, // Fisher's tea
		{0, 10, 5, 10, 2 * 252. / 15504},
		{5, 10, 0, 10, 2 * 252. / 15504},
		{7, 12, 1, 8, 2 * (495. + 792*8) / 125970},
		{2, 10, 2, 10, 1},
		{0, 10, 0, 10, 1},
		{10, 10, 10, 10, 1},
		{0, 0, 3, 10, 1},
	} {
		if got := exact(c.a, c.n, c.b, c.m); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%d of %d, %d of %d: %v, want %v", c.a, c.n, c.b, c.m, got, c.want)
		}
	}
	// Where counts are large it is the normal approximation: 1 000 and 1 100 of a million are 2.183 σ apart, 0.0290.
	if got := exact(1000, 1e6, 1100, 1e6); math.Abs(got-0.0302) > 0.001 {
		t.Errorf("of millions: %v", got)
	}
}

func TestDispersion(t *testing.T) {
	of := func(failed ...float64) (bins []bin) {
		for i, n := range failed {
			bins = append(bins, bin{int64(i), n, 10})
		}
		return bins
	}
	for _, c := range []struct {
		bins []bin
		want float64
	}{
		{of(1, 1, 1, 1), 1},
		{of(4, 0, 0, 0), 40. / 9}, // (3²+1+1+1)/0.9 over 3
		{of(4), 1},
		{of(), 1},
		{of(10, 10), 1},
	} {
		if got := dispersion(c.bins); math.Abs(got-c.want) > 1e-12 {
			t.Errorf("%v: %v, want %v", c.bins, got, c.want)
		}
	}
	// Two of five minutes each: 8 failures of 50, and none.
	if got := joined(of(4, 4, 0, 0, 0, 0, 0, 0, 0, 0), 5); len(got) != 2 || got[0] != (bin{0, 8, 50}) || got[1] != (bin{1, 0, 50}) {
		t.Errorf("joined: %v", got)
	}
}

// Benjamini and Hochberg: q is the least of p·m/rank from there on.
func TestAdjust(t *testing.T) {
	d := &differ{r: &Result{}}
	for _, p := range []float64{0.5, 0.01, 0.03, 0.02} {
		d.r.Changes = append(d.r.Changes, Change{Dimension: "path", P: p, After: Count{9, 10}})
	}
	d.r.Changes = append(d.r.Changes, Change{Dimension: Total, P: 0.001, After: Count{4, 10}}) // too few to be counted among them
	d.adjust()
	for i, want := range []float64{0.5, 0.04, 0.04, 0.04, 1} {
		if c := d.r.Changes[i]; math.Abs(c.Q-want) > 1e-12 || c.Noise != (want > 0.05) {
			t.Errorf("p %v: q %v, noise %v, want %v", c.P, c.Q, c.Noise, want)
		}
	}
}

func TestShifted(t *testing.T) {
	var low, high []float64
	for i := range 20 {
		low, high = append(low, float64(i*7%20)), append(high, 100+float64(i*7%20))
	}
	if p := shifted(low, high); p > 1e-6 {
		t.Errorf("all above: %v", p)
	}
	if p := shifted(low, low); p != 1 {
		t.Errorf("the same: %v", p)
	}
	// A series in which each is as the one before counts for few.
	slow := func(from float64) (list []float64) {
		for i := range 20 {
			list = append(list, from+float64(i/10))
		}
		return list
	}
	if p := shifted(slow(0), slow(1)); p < 0.05 {
		t.Errorf("two steps each: %v", p)
	}
}

func TestText(t *testing.T) {
	after := hour(evenly(4))
	after.put("/\x1b[31m"+strings.Repeat("long", 40)+"\u202e", Cell{Requests: 1000, ELB504: 99})
	r := Diff(hour(evenly(2)), after)
	r.Before.Name, r.After.Name = "monday.json", "after"
	for _, width := range []int{0, 60, 80, 100, 120, 200} {
		var b bytes.Buffer
		if err := Text(&b, r, 0, width); err != nil {
			t.Fatal(err)
		}
		most := max(width, 80)
		if width == 0 {
			most = 120
		}
		for line := range strings.Lines(b.String()) {
			if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > most {
				t.Errorf("width %d: %d columns: %s", width, n, line)
			}
			if strings.ContainsAny(line, "\x1b\u202e") {
				t.Errorf("width %d: %q would steer a terminal", width, line)
			}
		}
		for _, want := range []string{"before  monday.json: 2026-11-20 14:00:00", "after   2026-11-20 14:00:00", "+100 %", "+120"} {
			if !strings.Contains(b.String(), want) {
				t.Errorf("width %d: no %q in\n%s", width, want, &b)
			}
		}
		if counts := strings.Contains(b.String(), " 240 "); counts != (most > 80) {
			t.Errorf("width %d: counts shown: %v\n%s", width, counts, &b)
		}
	}
}

func TestRedacted(t *testing.T) {
	before, after := hour(evenly(2)), hour(evenly(4))
	for _, s := range []*Summary{before, after} {
		s.Tables = append(s.Tables, Table{By: "client+target", Rows: map[string]Row{
			"x": {Key: []string{"203.0.113.7", "10.0.0.1:80"}, Cell: Cell{Requests: 100, ELB504: 50}},
		}})
		s.put("/user/bob@example.com", Cell{Requests: 100, ELB504: 50})
		s.Findings = []Finding{
			{ID: "one-bad-path", Key: "one-bad-path//user/bob@example.com", Severity: "high", Requests: 50, Title: "One path: /user/bob@example.com"},
			{ID: "one-bad-target", Key: "one-bad-target/10.0.0.1:80", Severity: "high", Requests: 50, Title: "from 203.0.113.7 to 10.0.0.1:80"},
		}
	}
	r := Diff(before, after)
	out := r.Redacted(redact.New(redact.Options{IP: true, Secrets: true}, redact.NewKey()))
	if text := fmt.Sprintf("%+v", *out); strings.Contains(text, "bob") || strings.Contains(text, "203.0.113.7") || !strings.Contains(text, "one-bad-target/10.0.0.1:80") {
		t.Errorf("redacted: %s", text)
	}
	if text := fmt.Sprintf("%+v", *r); strings.Count(text, "bob") != 3 || r.Redacted(nil) != r {
		t.Errorf("what it was made of changed: %s", text)
	}
}
