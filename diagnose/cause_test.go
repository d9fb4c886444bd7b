package diagnose

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alblens/internal/cause"
)

const ms = time.Millisecond

var fleet = []string{"10.0.1.1:80", "10.0.1.2:80", "10.0.2.3:80", "10.0.2.4:80"}

// Half an hour of traffic, a request to each target in turn every 100 ms: 2 400 a minute would be too dense to be
// sensitive, one in 400 ms to each target is not.
func busy() *day {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet...)
	return d
}

// The elastic/beats case: connect timeouts are certain, though there are two rows and nothing else.
func TestTwoConnectTimeouts(t *testing.T) {
	d := &day{}
	rows := d.addAll(
		request{at: 0, took: 10_001 * ms, outcome: noSYN, target: fleet[0]},
		request{at: 37 * seconds, took: 10_001 * ms, outcome: noSYN, target: fleet[1]})
	j := d.judge(t)
	j.all(t, rows, cause.ConnectTimeout, 0.9, 1)
	j.only(t, "connect-timeout/web (low)")
	if f := j.Findings[0]; f.Confidence < 0.9 || f.Requests != 2 || f.Of != 2 || f.Clients != 2 {
		t.Errorf("%+v", f)
	}
}

// A path that is slower than the idle timeout, on targets that answer others: the application, not the network. Ten of
// 24 000 requests, in one minute of 600.
func TestIdleTimeout(t *testing.T) {
	d := busy()
	var rows []*request
	for i := range 10 {
		rows = append(rows, d.add(request{at: 10*time.Minute + time.Duration(i)*seconds, took: 45_003*ms + time.Duration(i)*ms, outcome: silent, target: fleet[i%4], path: "/report"}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.IdleTimeout, 0.9, 1)
	f := j.finding(t, "idle-timeout/web")
	if got := f.estimates(); got != "idle_timeout_seconds 45" {
		t.Error(got)
	}
	if len(f.Scope.Paths) != 1 || f.Scope.Paths[0] != "/report" || len(f.Scope.Targets) != 0 {
		t.Errorf("scope %+v", f.Scope)
	}
	// Its path has no other requests: all of them fail within a minute.
	if f.Severity != Critical {
		t.Errorf("severity %v", f.Severity)
	}
	j.finding(t, "one-bad-path//report")
	if strings.Contains(j.keys(), "saturation") || strings.Contains(j.keys(), "one-bad-target") {
		t.Errorf("one slow path is no more than that: %s", j.keys())
	}
}

// With too few rows to tell, the default of 60 s decides which of two times is the timeout; where no row is near it, the
// most frequent time does.
func TestIdleTimeoutUnknown(t *testing.T) {
	d := &day{}
	rows := d.addAll(
		request{at: 0, took: 30_002 * ms, outcome: silent, target: fleet[0]},
		request{at: 5 * seconds, took: 60_002 * ms, outcome: silent, target: fleet[0]})
	j := d.judge(t)
	j.all(t, rows[:1], cause.Unattributed, 0, 0.5)
	j.all(t, rows[1:], cause.IdleTimeout, 0.5, 0.8)

	d = &day{}
	rows = d.addAll(
		request{at: 0, took: 30_002 * ms, outcome: silent, target: fleet[0]},
		request{at: 5 * seconds, took: 30_004 * ms, outcome: silent, target: fleet[0]})
	d.judge(t).all(t, rows, cause.IdleTimeout, 0.5, 0.8)
}

// A host that is dead: requests on pooled connections end after the idle timeout, trivial paths too, and then the nodes
// cannot connect. All of it is the host's.
func TestDeadHost(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet[1:]...)
	d.traffic(0, 10*time.Minute, 400*ms, fleet[0])
	var rows []*request
	for i := range 8 {
		rows = append(rows, d.add(request{at: 10*time.Minute + time.Duration(i)*150*ms, took: 60_002 * ms, outcome: silent, target: fleet[0]}))
	}
	for i := range 30 {
		rows = append(rows, d.add(request{at: 10*time.Minute + 1300*ms + time.Duration(i)*seconds, took: 10_002 * ms, outcome: noSYN, target: fleet[0]}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.ConnectTimeout, 0.8, 1)
	if f := j.finding(t, "connect-timeout/web"); f.Requests != 38 || len(f.Scope.Targets) != 1 {
		t.Errorf("%+v", f)
	}
	if f := j.finding(t, "one-bad-target/"+fleet[0]); f.Severity > Medium {
		t.Errorf("severity %v", f.Severity)
	}
}

// A target that refuses connections in a burst and answers none is down.
func TestRefused(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet[1:]...)
	d.traffic(0, 10*time.Minute, 400*ms, fleet[0])
	var rows []*request
	for i := range 25 {
		rows = append(rows, d.add(request{at: 10*time.Minute + time.Duration(i)*400*ms, took: 1 * ms, outcome: refused, target: fleet[0]}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.ConnectRefused, 0.9, 1)
	j.finding(t, "connect-refused/web")
	j.finding(t, "one-bad-target/"+fleet[0])
}

// An isolated refusal between successes of the same target is no dead target: confidence is 0.6 at most, whether the
// target answers in the same second or only before and after.
func TestIsolatedRefusal(t *testing.T) {
	for _, every := range []time.Duration{400 * ms, 20 * seconds} {
		d := &day{}
		d.traffic(0, 30*time.Minute, every, fleet[0])
		d.traffic(0, 30*time.Minute, every, fleet[1])
		rows := d.addAll(request{at: 10*time.Minute + 10*seconds + 137*ms, took: 1 * ms, outcome: refused, target: fleet[0]})
		j := d.judge(t)
		j.all(t, rows, cause.ConnectRefused, 0.3, 0.6)
		j.only(t, "connect-refused/web (low)")
	}
}

// One fast 502 accuses nobody much.
func TestOneFast502(t *testing.T) {
	d := busy()
	rows := d.addAll(request{at: 10*time.Minute + 3*ms, took: 2 * ms, outcome: broken, target: fleet[0]})
	j := d.judge(t)
	if v := j.verdict(t, rows[0]); v.Confidence > 0.7 {
		t.Errorf("%v %v %v", v.Cause, v.Confidence, v.Reasons)
	}
	if f := j.Findings[0]; f.Severity != Low || len(j.Findings) != 1 || len(f.Estimates) != 0 {
		t.Error(j.keys(), f.Estimates)
	}
}

// Servers that close connections after 5 s, on targets that are asked seldom: requests break at once, on connections
// that had been idle for that long; those after shorter and longer pauses do not.
func TestKeepaliveRace(t *testing.T) {
	d := &day{}
	var rows []*request
	at := time.Duration(0)
	for i := range 400 {
		target, node := fleet[i%4], []string{"10.0.0.1", "10.0.0.2"}[i%2]
		paths := []string{"/", "/cart", "/items", "/health", "/login"}
		// Each node and target: an answer, a pause, the next.
		d.add(request{at: at, took: 12 * ms, target: target, node: node, path: paths[i%5]})
		switch {
		case i%21 == 7:
			rows = append(rows, d.add(request{at: at + 12*ms + 5*seconds + time.Duration(i%7)*ms, took: 2 * ms, outcome: broken, target: target, node: node, path: paths[i%5]}))
		default:
			pause := []time.Duration{700 * ms, 1500 * ms, 3 * seconds, 4 * seconds}[i/4%4]
			d.add(request{at: at + pause, took: 9 * ms, target: target, node: node, path: paths[i%5]})
		}
		at += 21 * seconds
	}
	j := d.judge(t)
	j.all(t, rows, cause.KeepaliveRace, 0.8, 1)
	if len(rows) != 19 {
		t.Fatal(len(rows))
	}
	f := j.finding(t, "keepalive-race/web")
	if got := f.estimates(); got != "server_keepalive_seconds 5" {
		t.Error(got)
	}
	if f.Severity < Medium || f.Requests != 19 {
		t.Errorf("%v %d", f.Severity, f.Requests)
	}
}

// A target that is killed with five requests in flight, and that is then sent others in vain.
func TestCrash(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet[1:]...)
	d.traffic(0, 10*time.Minute, 400*ms, fleet[0])
	var rows, after []*request
	for i := range 5 {
		took := time.Duration(i+1) * 137 * ms
		rows = append(rows, d.add(request{at: 10*time.Minute - took, took: took, outcome: broken, target: fleet[0], path: fmt.Sprint("/p", string(rune('a'+i)))}))
	}
	for i := range 10 {
		after = append(after, d.add(request{at: 10*time.Minute + time.Duration(i+1)*400*ms, took: 1 * ms, outcome: refused, target: fleet[0]}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.TargetCrash, 0.9, 1)
	j.all(t, after, cause.ConnectRefused, 0.9, 1)
	if f := j.finding(t, "target-crash/web"); !strings.Contains(f.Summary, "at one instant on one target") {
		t.Error(f.Summary)
	}
}

// Nodes whose clocks differ by a second see one crash at two instants, and it is a crash in both.
func TestCrashWithSkew(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet...)
	for _, r := range d.requests {
		if r.target == fleet[0] && r.at > 10*time.Minute {
			r.target = fleet[1]
		}
	}
	var rows []*request
	for i := range 6 {
		took := time.Duration(i+2) * 151 * ms
		rows = append(rows, d.add(request{at: 10*time.Minute - took, took: took, outcome: broken, target: fleet[0], path: fmt.Sprint("/p", string(rune('a'+i)))}))
	}
	for i := range 10 {
		d.add(request{at: 10*time.Minute + time.Duration(i+1)*400*ms, took: 1 * ms, outcome: refused, target: fleet[0]})
	}
	for _, r := range d.requests {
		if r.node == "10.0.0.2" {
			r.skew = time.Second
		}
	}
	d.judge(t).all(t, rows, cause.TargetCrash, 0.8, 1)
}

// A target that is taken out between two requests, 200 ms after its last, gets no new one for the deregistration delay of
// 30 s, and then long requests are cut.
func TestDeregistrationCut(t *testing.T) {
	d := &day{}
	d.traffic(0, 30*time.Minute, 100*ms, fleet[1:]...)
	d.traffic(0, 10*time.Minute, 400*ms, fleet[0])
	end := 10*time.Minute - 200*ms + 30*seconds
	var rows []*request
	for i := range 3 {
		took := 31*seconds + time.Duration(i*i)*1700*ms
		rows = append(rows, d.add(request{at: end - took, took: took, outcome: broken, target: fleet[0], path: "/export"}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.DeregistrationCut, 0.8, 1)
	if got := j.finding(t, "deregistration-cut/web").estimates(); !strings.HasPrefix(got, "deregistration_delay_seconds 30, deregistration_delay_min_seconds 30,") {
		t.Error(got)
	}
}

// An application server that ends requests after 30 s, on whatever target, while these go on.
func TestWorkerTimeout(t *testing.T) {
	d := busy()
	var rows []*request
	for i := range 12 {
		rows = append(rows, d.add(request{at: time.Duration(i+2) * 97 * seconds, took: 30_010*ms + time.Duration(i*13%11)*ms, outcome: broken, target: fleet[i%4], path: "/export"}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.WorkerTimeout, 0.8, 1)
	if got := j.finding(t, "worker-timeout/web").estimates(); got != "worker_timeout_seconds 30" {
		t.Error(got)
	}
}

// A path whose responses cannot be used fails nearly always, on all targets, after its usual time.
func TestBadResponse(t *testing.T) {
	d := busy()
	var rows []*request
	for i := range 40 {
		rows = append(rows, d.add(request{at: time.Duration(i+2) * 31 * seconds, took: time.Duration(40+i*7%60) * ms, outcome: broken, target: fleet[i%4], path: "/giant-cookie"}))
	}
	j := d.judge(t)
	j.all(t, rows, cause.BadResponse, 0.7, 1)
	j.finding(t, "one-bad-path//giant-cookie")
}

// What one row tells stays as it is.
func TestByRow(t *testing.T) {
	d := busy()
	type want struct {
		rows []*request
		c    cause.Cause
	}
	var wants []want
	add := func(c cause.Cause, n int, r request) {
		var rows []*request
		for i := range n {
			r.at = 5*time.Minute + time.Duration(i)*7*seconds
			rows = append(rows, d.add(r))
		}
		wants = append(wants, want{rows, c})
	}
	api := groups + "api/0123456789abcdef"
	add(cause.NoTarget, 20, request{outcome: empty, target: "-", group: api})
	add(cause.LambdaError, 6, request{outcome: "0.000 0.001 0.000 502 -", target: "-", group: groups + "fn/0123456789abcde0", reason: "LambdaUnhandled", took: ms})
	add(cause.FixedResponse, 6, request{outcome: "-1 -1 -1 503 -", target: "-", group: "-", action: "fixed-response"})
	add(cause.WAFBlock, 6, request{outcome: "-1 -1 -1 403 -", target: "-", group: "-", action: "waf"})
	add(cause.WAFError, 6, request{outcome: "-1 -1 -1 500 -", target: "-", group: "-", action: "waf-failed", reason: "WAFServiceError"})
	add(cause.AuthError, 6, request{outcome: "-1 -1 -1 500 -", target: "-", group: "-", action: "authenticate", reason: "AuthTokenEpRequestTimeout"})
	add(cause.ClientError, 6, request{outcome: "-1 -1 -1 400 -", target: "-", group: "-", action: "-"})
	add(cause.StreamReset, 6, request{outcome: "0.000 0.001 -1 000 -", target: fleet[0], kind: "h2"})
	add(cause.Target5xx, 6, request{outcome: failing, target: fleet[0], took: 20 * ms})
	j := d.judge(t)
	for _, w := range wants {
		j.all(t, w.rows, w.c, 0.9, 1)
	}
	if got := j.attributed(); got != "target-5xx 6, lambda-error 6, no-target 20, auth-error 6, waf-block 6, waf-error 6, fixed-response 6, client-error 6, stream-reset 6" {
		t.Error(got)
	}
	// The group api has no other requests, and is down for two minutes and more: 20 in 133 s, at one in 7 s 8 or 9 a minute.
	if f := j.finding(t, "no-target/api"); f.Severity != Critical {
		t.Errorf("severity of %s is %v", f.Key, f.Severity)
	}
}

// Clients that give up after 30 s.
func TestClientAbandoned(t *testing.T) {
	d := busy()
	for i := range 20 {
		d.add(request{at: time.Duration(i+1) * 61 * seconds, took: 30_001*ms + time.Duration(i%5)*ms, outcome: gone, target: fleet[i%4], path: "/report"})
	}
	j := d.judge(t)
	f := j.finding(t, "client-abandoned/web")
	if got := f.estimates(); got != "client_timeout_seconds 30" {
		t.Error(got)
	}
}

// Findings of one cause in several target groups name theirs, and those of groups that share a name the end of the ARN.
func TestTitlesTellGroupsApart(t *testing.T) {
	d := busy()
	abandon := func(group string, n int) {
		for i := range n {
			d.add(request{at: time.Duration(i+1) * 61 * seconds, took: 30_001*ms + time.Duration(i%5)*ms, outcome: gone, target: fleet[i%4], path: "/report", group: group})
		}
	}
	abandon(web, 20)
	if got := d.judge(t).finding(t, "client-abandoned/web").Title; got != "Clients give up after 30 s" {
		t.Errorf("alone: %s", got)
	}
	abandon(groups+"api/0123456789abcdef", 2)
	j := d.judge(t)
	for key, want := range map[string]string{
		"client-abandoned/web": "Clients of web give up after 30 s",
		"client-abandoned/api": "Clients of api give up before they are answered",
	} {
		if got := j.finding(t, key).Title; got != want {
			t.Errorf("%s: %s, want %s", key, got, want)
		}
	}
	abandon(groups+"web/0123456789abcdef", 20)
	if got := d.judge(t).finding(t, "client-abandoned/targetgroup/web/0123456789abcdef").Title; got != "Clients of targetgroup/web/0123456789abcdef give up after 30 s" {
		t.Errorf("two groups web: %s", got)
	}
}

// A proxy before the application gives up after 30 s: the status is the target's.
func TestProxyTimeout(t *testing.T) {
	d := busy()
	for i := range 20 {
		d.add(request{at: time.Duration(i+1) * 61 * seconds, took: 30_003 * ms, outcome: "0.000 30.002 0.000 504 504", target: fleet[i%4], path: "/report"})
	}
	f := d.judge(t).finding(t, "target-5xx/web")
	if got := f.estimates(); got != "proxy_timeout_seconds 30" {
		t.Error(got)
	}
}

// A response that begins after 20 ms and never ends, until the idle timeout of 60 s that others show.
func TestShortBody(t *testing.T) {
	d := busy()
	var rows []*request
	for i := range 6 {
		at := time.Duration(i+1) * 127 * seconds
		rows = append(rows, d.add(request{at: at, took: 60_025 * ms, outcome: "0.000 0.020 0.000 504 200", target: fleet[i%4], path: "/file"}))
		d.add(request{at: at, took: 60_001 * ms, outcome: silent, target: fleet[i%4], path: "/slow"})
	}
	d.judge(t).all(t, rows, cause.ShortBody, 0.8, 1)
}
