package diagnose

import (
	"fmt"
	"testing"
	"time"

	"alblens/internal/cause"
	"alblens/partial"
)

// notAbove checks that nothing is worse than a severity.
func (j judged) notAbove(t testing.TB, most Severity) {
	t.Helper()
	for _, f := range j.Findings {
		if f.Severity > most {
			t.Errorf("%s is %v: %s", f.Key, f.Severity, f.Summary)
		}
	}
}

// A clean hour: 404s, redirects, a few 500s of the application, slow successes, web sockets, clocks that differ by a
// second, and a deploy that cuts nothing off.
func TestClean(t *testing.T) {
	d := &day{}
	d.traffic(0, 60*time.Minute, 150*ms, fleet[2:]...)
	d.traffic(0, 30*time.Minute, 300*ms, fleet[0], fleet[1])
	d.traffic(30*time.Minute, 60*time.Minute, 300*ms, "10.0.1.7:80", "10.0.1.8:80")
	for i := range 60 {
		at := time.Duration(i)*time.Minute + 7*seconds
		d.addAll(
			request{at: at, took: 3 * ms, outcome: missing, target: fleet[2]},
			request{at: at, took: 0, outcome: redirect, target: "-", group: "-", action: "redirect"},
			request{at: at, took: 12 * seconds, target: fleet[3], path: "/export"},
			request{at: at, took: 40 * time.Minute, target: fleet[2], path: "/live", kind: "wss"},
			request{at: at, took: 20 * ms, outcome: failing, target: fleet[i%2+2]})
	}
	for _, r := range d.requests {
		if r.node == "10.0.0.2" {
			r.skew = time.Second
		}
	}
	j := d.judge(t)
	j.notAbove(t, Info)
	// Two targets came and two went.
	f := j.finding(t, "deploy/web/1")
	if f.Severity != Info || f.Scope.TargetGroups[0] != web {
		t.Errorf("%+v", f)
	}
}

// Targets that are in two groups: sixteen failures of a group that has 60 requests a minute are 2 a minute of these, 3 %,
// whatever the other group has; and no target stands out.
func TestSharedTargets(t *testing.T) {
	const admin = groups + "admin/0123456789abcdef"
	d := &day{}
	d.traffic(time.Minute, 30*time.Minute, 100*ms, fleet...)
	for i := range 30 * 60 {
		half := time.Duration(i/30) * 30 * seconds // each object of half a minute begins with the other group
		r := request{at: half + 15*seconds + time.Duration(i%30)*500*ms, took: 20 * ms, target: fleet[i%4], group: admin, path: "/admin"}
		if i%30 == 7 && i/30 >= 20 && i/30 < 36 {
			r.outcome, r.took = silent, 60*seconds
			r.target = fleet[i/30%4]
		}
		d.add(r)
	}
	r := d.result(t, partial.DefaultOptions(), 60)
	diagnosis := Run(r, Options{})
	holds(t, r, diagnosis)
	j := judged{d, diagnosis}
	if f := j.finding(t, "idle-timeout/admin"); f.Severity != High || f.Requests != 16 {
		t.Errorf("%v, %d requests", f.Severity, f.Requests)
	}
	for _, f := range j.Findings {
		if f.ID == "one-bad-target" {
			t.Errorf("%s", f.Summary)
		}
	}
}

// Deploys are numbered by group.
func TestDeployKeys(t *testing.T) {
	const api = groups + "api/0123456789abcdef"
	d := &day{}
	for _, group := range []string{api, web} {
		subnet := map[string]string{api: "10.1.0.", web: "10.2.0."}[group]
		for i, until := range []time.Duration{30, 30, 60, 60} {
			for at := (until - 30) * time.Minute; at < until*time.Minute; at += 500 * ms {
				d.add(request{at: at, took: 20 * ms, target: fmt.Sprint(subnet, i, ":80"), group: group})
			}
		}
	}
	j := d.judge(t)
	j.finding(t, "deploy/api/1")
	j.finding(t, "deploy/web/1")
}

// Targets that get a request now and then come and go by chance: that is no deploy, no crash and no cut, even where a
// request breaks after a while.
func TestLowTraffic(t *testing.T) {
	d := &day{}
	for i := range 8 { // each target twice within two hours
		d.add(request{at: time.Duration(10+i) * 5 * time.Minute, took: 20 * ms, target: fmt.Sprintf("10.0.3.%d:80", i)})
		d.add(request{at: time.Duration(11+i)*5*time.Minute + 40*seconds, took: 20 * ms, target: fmt.Sprintf("10.0.3.%d:80", i)})
	}
	d.traffic(0, 120*time.Minute, 10*seconds, fleet[3])
	rows := d.addAll(
		request{at: 30 * time.Minute, took: 6 * seconds, outcome: broken, target: "10.0.4.1:80"}, // its only request
		request{at: 70 * time.Minute, took: 2 * seconds, outcome: broken, target: "10.0.3.0:80"})
	j := d.judge(t)
	for _, r := range rows {
		if v := j.verdict(t, r); v.Confidence > 0.6 {
			t.Errorf("%s: %v (%v): %v", r.target, v.Cause, v.Confidence, v.Reasons)
		}
	}
	j.notAbove(t, Low)
	for _, f := range j.Findings {
		if f.ID == "deploy" {
			t.Errorf("%s: %s", f.Key, f.Summary)
		}
	}
}

// Nothing but errors: no estimate is claimed, no target is called better than others, and nothing divides by zero.
func TestOnlyErrors(t *testing.T) {
	d := &day{}
	for i := range 12 {
		d.add(request{at: time.Duration(i) * seconds, took: 60_001 * ms, outcome: silent, target: fleet[i%4]})
		d.add(request{at: time.Duration(i) * seconds, took: 1 * ms, outcome: refused, target: fleet[i%4]})
	}
	j := d.judge(t)
	if got := j.attributed(); got != "idle-timeout 12, connect-refused 12" {
		t.Error(got)
	}
	for _, f := range j.Findings {
		if f.ID == "one-bad-target" || f.ID == "one-bad-path" || f.ID == "saturation" || f.ID == "deploy" {
			t.Errorf("%s: %s", f.Key, f.Summary)
		}
	}
}

// A log of three lines is too short to judge a crash by.
func TestTooShort(t *testing.T) {
	d := &day{}
	d.add(request{at: 0, took: 20 * ms, target: fleet[0]})
	rows := d.addAll(request{at: 100 * ms, took: 700 * ms, outcome: broken, target: fleet[0]})
	d.add(request{at: 900 * ms, took: 20 * ms, target: fleet[1]})
	j := d.judge(t)
	if v := j.verdict(t, rows[0]); v.Confidence > 0.6 {
		t.Errorf("%v (%v): %v", v.Cause, v.Confidence, v.Reasons)
	}
	j.notAbove(t, Low)
}

// An empty log, and one without failures.
func TestNothing(t *testing.T) {
	d := &day{}
	if j := d.judge(t); len(j.Findings) != 0 || len(j.Attribution) != 0 || j.Sampled {
		t.Error(j.keys(), j.Attribution)
	}
	d = busy()
	d.judge(t).only(t)
}

// The address of a target that crashed is used again by another group an hour later: the crash stays one.
func TestAddressUsedAgain(t *testing.T) {
	d := &day{}
	d.traffic(0, 120*time.Minute, 400*ms, fleet[1])
	d.traffic(0, 20*time.Minute, 400*ms, fleet[0])
	var rows []*request
	for i := range 4 {
		took := time.Duration(i+1) * 211 * ms
		rows = append(rows, d.add(request{at: 20*time.Minute - took, took: took, outcome: broken, target: fleet[0], path: fmt.Sprint("/p", string(rune('a'+i)))}))
	}
	for i := range 8 {
		d.add(request{at: 20*time.Minute + time.Duration(i+1)*400*ms, took: 1 * ms, outcome: refused, target: fleet[0]})
	}
	api := groups + "api/0123456789abcdef"
	for i := range 9000 {
		d.add(request{at: 80*time.Minute + time.Duration(i)*200*ms, took: 20 * ms, target: fleet[0], group: api})
	}
	j := d.judge(t)
	j.all(t, rows, cause.TargetCrash, 0.8, 1)
	for _, f := range j.Findings {
		if f.Severity > Info && f.Scope.TargetGroups[0] == api {
			t.Errorf("%s: %s", f.Key, f.Summary)
		}
	}
}

// Answers that take less than a millisecond make no factor between a target's first minute and later.
func TestNoColdStart(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 400*ms, fleet[0])
	for _, target := range []string{"10.0.1.7:80", "10.0.1.8:80"} {
		for i := range 1500 {
			d.add(request{at: 10*time.Minute + time.Duration(i)*500*ms, took: 0, target: target})
		}
	}
	for _, f := range d.judge(t).Findings {
		if f.ID == "cold-start" {
			t.Errorf("%s", f.Summary)
		}
	}
}

// And ones that take 300 ms for the first minute and 50 ms later do.
func TestColdStart(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 400*ms, fleet[0])
	for _, target := range []string{"10.0.1.7:80", "10.0.1.8:80"} {
		for i := range 1500 {
			took := 50 * ms
			if i < 120 {
				took = 300 * ms
			}
			d.add(request{at: 10*time.Minute + time.Duration(i)*500*ms, took: took, target: target})
		}
	}
	f := d.judge(t).finding(t, "cold-start/web")
	if want := "answers of 2 new targets took 6.0 times as long in their first minute as later (240 requests)."; f.Summary != want {
		t.Errorf("got  %s\nwant %s", f.Summary, want)
	}
}

// 403s of the load balancer have no known cause and are no 5xx: they are low, however many.
func TestForbidden(t *testing.T) {
	d := busy()
	for i := range 600 {
		d.add(request{at: 10*time.Minute + time.Duration(i)*ms*100, outcome: "-1 -1 -1 403 -", target: "-", group: "-", action: "-"})
	}
	d.judge(t).only(t, "unattributed/shop (low)")
}
