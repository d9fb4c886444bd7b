package diagnose

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
	"alblens/partial"
)

// The intervals of Newcombe (1998), table I, method 3, at 95 %.
func TestWilson(t *testing.T) {
	for _, c := range []struct{ k, n, low, high float64 }{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718},
		{29, 29, 0.8830, 1}, {0, 0, 0, 1},
	} {
		low, high := wilson(c.k, c.n, 1.959964)
		if math.Abs(low-c.low) > 0.00005 || math.Abs(high-c.high) > 0.00005 {
			t.Errorf("%v of %v: [%.4f, %.4f], want [%.4f, %.4f]", c.k, c.n, low, high, c.low, c.high)
		}
	}
}

// Nothing less than all is 100 %.
func TestPercent(t *testing.T) {
	for share, want := range map[float64]string{
		0: "0 %", 0.00034: "0.034 %", 0.0123: "1.2 %", 0.0996: "10 %", 0.994: "99 %", 199. / 200: "99.5 %", 0.9951: "99.5 %", 0.99999: "99.9 %", 1 - 1e-15: "100 %", 1: "100 %",
	} {
		if got := percent(share); got != want {
			t.Errorf("%v is %s, want %s", share, got, want)
		}
	}
}

// Reasons that differ in their numbers alone are one, of however many digits.
func TestCommonReasons(t *testing.T) {
	var list []*suspect
	for _, text := range []string{"for: as in 980 others", "for: as in 1,980 others", "for: as in 2.5 others", "against: it is odd"} {
		list = append(list, &suspect{Verdict: Verdict{Reasons: []string{text}}, weight: 1})
	}
	want := []string{"for: as in 980 others (75 % of them)", "against: it is odd (25 % of them)"}
	if got := commonReasons(list); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestShareOut(t *testing.T) {
	for _, c := range []struct {
		whole       uint64
		parts, want []uint64
	}{
		{10, []uint64{1, 1, 1}, []uint64{4, 3, 3}},
		{100, []uint64{1, 2, 4}, []uint64{14, 29, 57}}, // 14.29 28.57 57.14
		{3, []uint64{5, 0, 5}, []uint64{2, 0, 1}},
		{7, []uint64{7}, []uint64{7}},
		{0, []uint64{2, 3}, []uint64{0, 0}},
		// 2^60 in thirds is 384307168202282325.33: no float holds it.
		{1 << 60, []uint64{1, 1, 1}, []uint64{384307168202282326, 384307168202282325, 384307168202282325}},
	} {
		sum := uint64(0)
		for _, n := range c.parts {
			sum += n
		}
		if got := shareOut(c.whole, c.parts, sum); !slices.Equal(got, c.want) {
			t.Errorf("%d as %v: %v, want %v", c.whole, c.parts, got, c.want)
		}
	}
	rnd := rand.New(rand.NewPCG(1, 1))
	for range 300 {
		parts, sum := make([]uint64, 1+rnd.IntN(20)), uint64(0)
		for i := range parts {
			parts[i] = rnd.Uint64N(1000)
			sum += parts[i]
		}
		if sum == 0 {
			continue
		}
		whole := rnd.Uint64N(1_000_000)
		total := uint64(0)
		for i, n := range shareOut(whole, parts, sum) {
			total += n
			if exact := float64(whole) * float64(parts[i]) / float64(sum); math.Abs(float64(n)-exact) >= 1 {
				t.Errorf("%d of %v as %v is %d, want about %v", i, whole, parts, n, exact)
			}
		}
		if total != whole {
			t.Errorf("%d shared out is %d", whole, total)
		}
	}
}

// Spans with at most five quiet minutes inside: 5 min 0.000 s is inside, 5 min 0.001 s is between.
func TestEpisodes(t *testing.T) {
	var list []*suspect
	for _, at := range []time.Duration{0, 0, 30 * seconds, 70 * seconds, 70*seconds + 5*time.Minute, 70*seconds + 10*time.Minute + ms} {
		list = append(list, &suspect{Failure: &evidence.Failure{Start: micros(noon.Add(at))}, weight: 2})
	}
	got := fmt.Sprint(episodes(list))
	want := fmt.Sprint([]Episode{
		{noon, noon.Add(70*seconds + 5*time.Minute), 10, 6}, // three in the first minute
		{noon.Add(70*seconds + 10*time.Minute + ms), noon.Add(70*seconds + 10*time.Minute + ms), 2, 2},
	})
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// The window that holds most values, the lowest of equals; around is within a factor of two of its median.
func TestDensest(t *testing.T) {
	values := []float64{1, 1.1, 3, 5, 5.02, 5.05, 5.09, 9.9, 20, 20.05, 20.06, 20.07}
	m := densest(values, 0.001, 0.1)
	if m.at != 5.02 || m.within != 4 || m.low != 5 || m.hi != 5.09 || m.around != 6 { // from 2.51 to 10.04
		t.Errorf("%+v", m)
	}
	if m := densest(nil, 0.1, 1); m != (mode{}) {
		t.Errorf("%+v of nothing", m)
	}
	for x, want := range map[float64]float64{59.9: 60, 60.2: 60, 60.3: 60.3, 0.3: 0.3, 5.004: 5} {
		if got := whole(x, 0.25); got != want {
			t.Errorf("whole(%v) = %v, want %v", x, got, want)
		}
	}
}

// A plainDay is a run of so many minutes with a thousand requests each, of which a number fails in each of the first.
func plainDay(minutes int, each map[int]int, f evidence.Failure) *partial.Result {
	e := &evidence.Result{LoadWidth: time.Minute}
	failed := uint64(0)
	for m := range minutes {
		start := noon.Add(time.Duration(m) * time.Minute)
		e.Loads = append(e.Loads, evidence.Load{TargetGroup: web, Start: start, Requests: 1000, Answered: 1000})
		for i := range each[m] {
			x := f
			x.Route = &evidence.Route{LoadBalancer: shop, TargetGroup: web, Node: fmt.Sprint("10.0.0.", i%2)}
			x.Resource = &evidence.Resource{Path: fmt.Sprint("/", i%20)}
			x.Start, x.Source, x.Line = micros(start)+parser.Timestamp(i)*1000, "x.log", int(failed)+1
			x.End, x.Hash = x.Start, uint32(failed)
			e.Failures = append(e.Failures, &x)
			failed++
		}
	}
	e.Causes = []evidence.CauseCount{{Cause: f.Row, Requests: failed, First: noon, Last: noon}}
	return &partial.Result{
		Counts: &aggregate.Result{TimeBucket: time.Minute, Totals: aggregate.Stats{
			Requests: uint64(1000 * minutes), First: noon, Last: noon.Add(time.Duration(minutes) * time.Minute),
			Status: []aggregate.StatusCount{{Status: int(f.ELBStatus), Requests: failed}},
		}},
		Evidence: e,
	}
}

// The table of severities at its thresholds, of a thousand requests a minute.
func TestSeverity(t *testing.T) {
	none := evidence.Failure{Row: cause.NoTarget, ELBStatus: 503, TargetStatus: parser.NoStatus, RequestTime: parser.NoMicros, TargetTime: parser.NoMicros, ResponseTime: parser.NoMicros}
	with := func(row cause.Cause, elb, target parser.Status) evidence.Failure {
		f := none
		f.Row, f.ELBStatus, f.TargetStatus = row, elb, target
		return f
	}
	five := func(n int) map[int]int { return map[int]int{2: n, 3: n, 4: n, 5: n, 6: n} }
	one := func(n int) map[int]int { return map[int]int{4: n} }
	all := func(n int) map[int]int {
		m := map[int]int{}
		for i := range 10 {
			m[i] = n
		}
		return m
	}
	for _, c := range []struct {
		name   string
		f      evidence.Failure
		failed map[int]int
		want   Severity
	}{
		{"5 % for five minutes", none, five(50), Critical},
		{"just below", none, five(49), High},
		{"50 % for one minute", none, one(500), Critical},
		{"just below", none, one(499), High},
		{"1 % for five minutes", none, five(10), High},
		{"just below", none, five(9), Medium},
		{"10 % for one minute", none, one(100), High},
		{"just below", none, one(99), Medium},
		{"five", none, one(5), Medium},
		{"four", none, one(4), Low},
		{"target 5xx above 20 %", with(cause.Target5xx, 500, 500), five(201), High},
		{"20 %", with(cause.Target5xx, 500, 500), five(200), Medium},
		{"above 5 %", with(cause.Target5xx, 500, 500), five(51), Medium},
		{"5 %", with(cause.Target5xx, 500, 500), five(50), Low},
		{"target 5xx above 1 %", with(cause.Target5xx, 500, 500), all(11), Low},
		{"1 %", with(cause.Target5xx, 500, 500), all(10), Info},
		{"460s above 1 %", with(cause.ClientAbandoned, 460, parser.NoStatus), five(11), Medium},
		{"1 %", with(cause.ClientAbandoned, 460, parser.NoStatus), five(10), Low},
		{"fixed responses above 1 %", with(cause.FixedResponse, 503, parser.NoStatus), all(11), Low},
		{"1 %", with(cause.FixedResponse, 503, parser.NoStatus), all(10), Info},
		{"WAF blocks above 1 %", with(cause.WAFBlock, 403, parser.NoStatus), all(11), Low},
		{"client errors", with(cause.ClientError, 400, parser.NoStatus), all(1), Info},
		{"log-ins that fail", with(cause.AuthError, 401, parser.NoStatus), all(1), Info},
		{"an identity provider that fails", with(cause.AuthError, 500, parser.NoStatus), five(50), Critical},
		{"4xx of no known cause", with(cause.Unattributed, 403, parser.NoStatus), five(50), Low},
	} {
		d := Run(plainDay(10, c.failed, c.f), Options{})
		if got := d.Findings[0]; got.ID != c.f.Row.String() || got.Severity != c.want {
			t.Errorf("%s: %s is %v, want %v", c.name, got.Key, got.Severity, c.want)
		}
	}
}

// What is sampled sums up to the exact counts all the same, and says that it is sampled.
func TestSampled(t *testing.T) {
	d := busy()
	for i := range 900 {
		at := 5*time.Minute + time.Duration(i)*time.Second
		d.add(request{at: at, took: 60_001 * ms, outcome: silent, target: fleet[i%4], path: fmt.Sprint("/slow", string(rune('a'+i%3)))})
		if i%3 == 0 {
			d.add(request{at: at, took: time.Duration(40+i*7%60) * ms, outcome: broken, target: fleet[i%4], path: "/giant"})
			d.add(request{at: at, outcome: empty, target: "-", group: groups + "api/0123456789abcdef"})
		}
	}
	o := partial.DefaultOptions()
	o.Evidence.Failures = 40 // and 320 where objects are folded
	r := d.result(t, o, 20)
	run := Run(r, Options{})
	holds(t, r, run)
	if !run.Sampled || len(r.Evidence.Failures) > 320 {
		t.Errorf("sampled: %v, %d kept", run.Sampled, len(r.Evidence.Failures))
	}
	if got := run.Attribution[cause.IdleTimeout]; got != 900 {
		t.Errorf("%d idle timeouts, want 900", got)
	}
	if got := run.Attribution[cause.NoTarget]; got != 300 {
		t.Errorf("%d without targets, want 300", got)
	}
	for _, f := range run.Findings {
		if f.ID == "idle-timeout" && (f.Requests != 900 || f.Of != 900) {
			t.Errorf("%d of %d", f.Requests, f.Of)
		}
	}
	// A record that was not kept has the verdict of its like.
	if v := run.Of("nowhere", 1, cause.IdleTimeout); v == nil || v.Cause != cause.IdleTimeout || v.Confidence > 0.8 {
		t.Errorf("%+v", v)
	}
	if v := run.Of("nowhere", 1, cause.None); v != nil {
		t.Errorf("%+v on a success", v)
	}
}

// 60 records in an hour come a minute apart, and three of these count; the bounds are one and five minutes.
func TestQuietAfter(t *testing.T) {
	for _, c := range []struct {
		requests uint64
		lasted   time.Duration
		want     time.Duration
	}{{61, time.Hour, 3 * time.Minute}, {601, time.Minute, time.Minute}, {3, time.Hour, 5 * time.Minute}, {1, 0, 5 * time.Minute}} {
		e := Episode{From: noon, To: noon.Add(c.lasted), Requests: c.requests}
		if got := time.Duration(quietAfter(e)) * time.Microsecond; got != c.want {
			t.Errorf("%d records in %v: %v, want %v", c.requests, c.lasted, got, c.want)
		}
	}
}
