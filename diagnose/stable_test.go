package diagnose

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
	"alblens/partial"
)

// mixed is many causes at once, over several target groups and load balancers.
func mixed() *day {
	d := busy()
	for g := range 6 {
		group := fmt.Sprintf("%sgroup%d/0123456789abcde%d", groups, g, g)
		balancer := fmt.Sprintf("app/lb%d/50dc6c495c0c918%d", g%3, g%3)
		targets := []string{fmt.Sprintf("10.1.%d.1:80", g), fmt.Sprintf("10.1.%d.2:80", g), fmt.Sprintf("10.1.%d.3:80", g)}
		for i := range 1500 {
			at := time.Duration(i) * 1200 * ms
			r := request{at: at, took: time.Duration(10+i%40) * ms, target: targets[i%3], group: group, balancer: balancer, path: fmt.Sprint("/p", string(rune('a'+i%7)))}
			switch {
			case i%97 == 5:
				r.took, r.outcome = time.Duration(55+g)*time.Second+2*ms, silent
			case i%89 == 7:
				r.took, r.outcome, r.path = time.Duration(30+i%50)*ms, broken, "/giant"
			case i%83 == 9:
				r.took, r.outcome = time.Duration(1+i%9)*ms, broken
			case i%151 == 11:
				r.took, r.outcome = ms, refused
			case i%131 == 13:
				r.took, r.outcome = 30*time.Second+time.Duration(i%13)*ms, broken
			case i%171 == 17:
				r.took, r.outcome = 30*time.Second+ms, gone
			case i%61 == 3:
				r.outcome = failing
			}
			d.add(r)
		}
	}
	return d
}

// The same log gives the same diagnosis, down to the last bit of each float, sampled or not; and reading it changes
// nothing of the Result.
func TestSameEachTime(t *testing.T) {
	for _, failures := range []int{0, 40} {
		o := partial.DefaultOptions()
		o.Evidence.Failures = failures
		d := mixed()
		r := d.result(t, o, 9)
		first := Run(r, Options{})
		holds(t, r, first)
		if len(first.Findings) < 10 || len(first.Attribution) < 7 {
			t.Fatal("too little happens: ", judged{d, first}.keys())
		}
		for range 20 {
			next := Run(r, Options{})
			if !equal(first, next) {
				t.Fatalf("first -, again +\n%s", gocmp.Diff(first.Findings, next.Findings))
			}
		}
		if again := Run(d.result(t, o, 9), Options{}); !equal(first, again) {
			t.Fatalf("first -, read again +\n%s", gocmp.Diff(first.Findings, again.Findings))
		}
	}
}

// equal compares all of two Diagnoses.
func equal(a, b *Diagnosis) bool {
	x, y := *a, *b
	x.verdicts, y.verdicts = nil, nil
	return reflect.DeepEqual(x, y) && reflect.DeepEqual(a.verdicts(), b.verdicts())
}

// Target groups of one name, and a load balancer of the same, have keys of their own.
func TestKeysAreUnique(t *testing.T) {
	d := &day{}
	other := groups + "web/ffffffffffffffff"
	for i, group := range []string{web, other, "-"} {
		for k := range 6 {
			at := time.Duration(i*7+k) * seconds
			d.add(request{at: at, outcome: "-1 -1 -1 403 -", target: "-", group: group, action: "-", balancer: "app/web/50dc6c495c0c9188"})
			if group != "-" {
				d.add(request{at: at, took: 60_001 * ms, outcome: silent, target: fleet[i], group: group, balancer: "app/web/50dc6c495c0c9188"})
			}
		}
	}
	j := d.judge(t)
	for _, key := range []string{
		"idle-timeout/targetgroup/web/73e2d6bc24d8a067", "idle-timeout/targetgroup/web/ffffffffffffffff",
		"unattributed/targetgroup/web/73e2d6bc24d8a067", "unattributed/targetgroup/web/ffffffffffffffff", "unattributed/app/web/50dc6c495c0c9188",
	} {
		j.finding(t, key)
	}

	d = &day{} // one group leaves the load balancer's name alone
	d.add(request{outcome: "-1 -1 -1 403 -", target: "-", group: "-", action: "-", balancer: "app/web/50dc6c495c0c9188"})
	d.add(request{took: 60_001 * ms, outcome: silent, target: fleet[0], balancer: "app/web/50dc6c495c0c9188"})
	j = d.judge(t)
	j.finding(t, "idle-timeout/web")
	j.finding(t, "unattributed/app/web/50dc6c495c0c9188")
}

// Latency and concurrency rise together before the first timeouts: that is saturation, and told once, though clients give
// up as well.
func TestSaturation(t *testing.T) {
	d := &day{}
	paths := []string{"/", "/cart", "/items"}
	for i := range 12_000 {
		at := time.Duration(i) * 250 * ms // 50 minutes
		took := 50 * ms
		if at > 42*time.Minute {
			took = 2 * seconds
		}
		d.add(request{at: at, took: took, target: fleet[i%4], path: paths[i/4%3]})
	}
	for i := range 60 {
		at := 45*time.Minute + time.Duration(i)*4*seconds
		d.add(request{at: at, took: 60_001 * ms, outcome: silent, target: fleet[i%4], path: paths[i/4%3]})
		d.add(request{at: at, took: 20_001 * ms, outcome: gone, target: fleet[i%4], path: paths[i/4%3]})
	}
	j := d.judge(t)
	f := j.finding(t, "saturation/web")
	// 2 s to 50 ms.
	if f.Severity > Medium || !strings.Contains(f.Summary, "answers took 40.0 times as long") || !strings.Contains(f.Summary, "40.0 times as many requests") {
		t.Error(f.Severity, f.Summary)
	}
}

// Every target of a group fails at once for some minutes: most of what is sent fails, and none is spared.
func TestFailOpen(t *testing.T) {
	build := func(spared bool) *day {
		d := &day{}
		d.traffic(0, 20*time.Minute, 200*ms, fleet...)
		for _, r := range d.requests {
			if r.at >= 10*time.Minute && r.at < 14*time.Minute && (!spared || r.target != fleet[3]) && r.number%3 > 0 {
				r.took, r.outcome = ms, refused
			}
		}
		return d
	}
	f := build(false).judge(t).finding(t, "fail-open/web")
	// Four minutes of 300 requests, of which two in three fail.
	if f.Requests != 800 || f.Confidence > 0.6 {
		t.Errorf("%d requests, confidence %v", f.Requests, f.Confidence)
	}
	if j := build(true).judge(t); strings.Contains(j.keys(), "fail-open") {
		t.Errorf("one target is spared: %s", j.keys())
	}
}

// Tasks that are stopped while requests are still routed to them: refused in the last second of their lives.
func TestShutdownEarly(t *testing.T) {
	d := &day{}
	d.traffic(0, 40*time.Minute, 200*ms, fleet[2:]...)
	var rows []*request
	for i, target := range fleet[:2] {
		d.traffic(0, time.Duration(15+i)*time.Minute, 400*ms, target)
		for k := range 6 {
			rows = append(rows, d.add(request{at: time.Duration(15+i)*time.Minute + time.Duration(k)*400*ms, took: ms, outcome: refused, target: target}))
		}
		d.traffic(time.Duration(14+i)*time.Minute, 40*time.Minute, 400*ms, fmt.Sprintf("10.0.9.%d:80", i))
	}
	j := d.judge(t)
	j.all(t, rows, cause.ConnectRefused, 0.85, 1)
	if f := j.finding(t, "shutdown-early/web/1"); f.Requests != 12 || !strings.HasPrefix(f.Summary, "2 of 2 targets") {
		t.Error(f.Requests, f.Summary)
	}
}

// BenchmarkRun and TestManyFailures take the worst day that evidence may hold.
func manyFailures(n int) *partial.Result {
	r := plainDay(1440, nil, evidence.Failure{})
	e := r.Evidence
	rows := []cause.Cause{cause.KeepaliveRace, cause.TargetCrash, cause.IdleTimeout, cause.ConnectRefused, cause.ConnectTimeout, cause.Unattributed}
	counts := map[cause.Cause]uint64{}
	s := evidence.NewSet(evidence.Options{}, nil)
	place := &evidence.Place{Source: "lives.log", Path: (*parser.Record).Path}
	var record parser.Record
	const targets = 50
	for i := range 40_000 { // so that targets have lives
		x := request{at: time.Duration(i) * 2160 * ms, took: 20 * ms, target: fmt.Sprintf("10.0.0.%d:80", i%targets), group: web,
			path: "/", node: "10.9.0.1", client: "203.0.113.7", balancer: shop, action: "forward", reason: "-", kind: "https"}
		if err := record.Parse([]byte(x.text())); err != nil {
			panic(err)
		}
		s.Add(&record, place)
	}
	e.Lives = s.Freeze().Lives
	for i := range n {
		at := time.Duration(float64(i) / float64(n) * 24 * float64(time.Hour))
		f := &evidence.Failure{
			Row: rows[i%len(rows)], ELBStatus: 502, TargetStatus: parser.NoStatus,
			Route:    &evidence.Route{LoadBalancer: shop, Node: fmt.Sprint("10.9.0.", i%4), Target: fmt.Sprintf("10.0.0.%d:80", i%targets), TargetGroup: web},
			Resource: &evidence.Resource{Host: "shop.example", Path: fmt.Sprint("/", i%5000)},
			Start:    micros(noon.Add(at)), RequestTime: 1000, TargetTime: parser.Micros(1000 + i%100_000), ResponseTime: parser.NoMicros,
			Client: uint64(i % 999), Source: "x.log", Line: i + 1, Hash: uint32(i) * 2654435761, Idle: parser.Micros(i % 60_000_000),
		}
		f.End = f.Start + parser.Timestamp(f.TargetTime)
		switch f.Row {
		case cause.IdleTimeout:
			f.ELBStatus, f.TargetTime, f.End = 504, parser.NoMicros, f.Start+60_001_000
		case cause.ConnectRefused:
			f.RequestTime, f.TargetTime = parser.NoMicros, parser.NoMicros
		case cause.ConnectTimeout:
			f.ELBStatus, f.RequestTime, f.TargetTime, f.End = 504, parser.NoMicros, parser.NoMicros, f.Start+10_001_000
		}
		counts[f.Row]++
		e.Failures = append(e.Failures, f)
	}
	e.Causes = nil
	for _, c := range rows {
		e.Causes = append(e.Causes, evidence.CauseCount{Cause: c, Requests: counts[c], First: noon, Last: noon})
	}
	return r
}

// Two hundred thousand failures are judged in seconds, and four times as many take about four times as long: nothing is
// quadratic.
func TestManyFailures(t *testing.T) {
	if testing.Short() {
		t.Skip("judges 200 000 failures")
	}
	took := func(n int) time.Duration {
		r := manyFailures(n)
		start := time.Now()
		holds(t, r, Run(r, Options{}))
		return time.Since(start)
	}
	small, large := took(50_000), took(200_000)
	t.Logf("50 000 take %v, 200 000 take %v", small, large)
	if large > 10*small+time.Second {
		t.Errorf("50 000 take %v, and 200 000 %v", small, large)
	}
}

func BenchmarkRun(b *testing.B) {
	for _, n := range []int{1000, 200_000} {
		b.Run(fmt.Sprintf("failures=%d", n), func(b *testing.B) {
			r := manyFailures(n)
			b.ReportAllocs()
			for b.Loop() {
				if d := Run(r, Options{}); len(d.Findings) == 0 {
					b.Fatal("nothing found")
				}
			}
		})
	}
}
