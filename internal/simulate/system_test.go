package simulate

import (
	"bytes"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/parser"
)

// hour is a small System with everything beside the incidents switched on.
func hour(seed uint64, incidents ...Incident) Config {
	return Config{
		Seed: seed, Duration: time.Hour, RequestsPerSecond: 12, Nodes: 2, Targets: 6,
		System: &System{
			Web: Server{KeepAlive: 75 * time.Second}, API: Server{KeepAlive: 75 * time.Second},
			LambdaShare: 0.02, RPCShare: 0.05, AuthenticateRule: true, SplitSlots: 0.2, HealthInterval: 10 * time.Second,
			Incidents: incidents,
		},
	}
}

// A row is a line with its truth.
type row struct {
	line
	truth Truth // of the zero value: it did not fail
}

// rows are the lines of a log in order of their creation, without the way
// through objects.
func rows(t testing.TB, cfg Config) []row {
	t.Helper()
	var all []row
	cfg = cfg.withDefaults()
	if err := cfg.validate(); err != nil {
		t.Fatal(err)
	}
	w := newLineWriter(cfg)
	e := newEngine(cfg, func(r *record, _ int) { all = append(all, rowOf(t, &w, r)) })
	e.runUntil(e.end)
	slices.SortStableFunc(all, func(a, b row) int { return strings.Compare(a.fields[fCreated], b.fields[fCreated]) })
	return all
}

func rowOf(t testing.TB, w *lineWriter, r *record) row {
	t.Helper()
	one := row{line: cut(t, strings.TrimSuffix(string(w.appendLine(nil, r)), "\n"))}
	if r.cause != "" {
		one.truth = r.truth()
	}
	return one
}

// of are the rows of a cause.
func of(all []row, cause Cause) []row {
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.truth.Cause != cause })
}

// since is when a request came, from the start.
func (r row) since(t testing.TB, cfg Config) time.Duration {
	t.Helper()
	return r.time(t, fCreated).Sub(cfg.withDefaults().Start)
}

func TestSystemSameSeedSameBytes(t *testing.T) {
	crash := Incident{Kind: Crash, Group: "api", Targets: []int{1}, From: 10 * time.Minute, For: time.Minute}
	short := func(seed uint64) []Object {
		cfg := hour(seed, crash)
		cfg.Duration = 20 * time.Minute
		return collect(t, cfg)
	}
	a, b, c := short(1), short(1), short(2)
	if !reflect.DeepEqual(a, b) {
		t.Error("the same seed gave other objects")
	}
	if bytes.Equal(a[0].Body, c[0].Body) {
		t.Error("another seed gave the same object")
	}
}

// A race needs a connection that was idle for the keep-alive, and a keep-alive
// that is shorter than the idle timeout.
func TestRaceNeedsAnIdleConnection(t *testing.T) {
	const keep = 5 * time.Second
	cfg := hour(3)
	cfg.Duration, cfg.RequestsPerSecond, cfg.Targets = 3*time.Hour, 4, 12
	cfg.System.Web = Server{KeepAlive: keep, Stall: 20 * time.Millisecond}
	cfg.System.API = cfg.System.Web
	all := rows(t, cfg)
	ends := map[string][]time.Time{} // of the answers, by node and target
	for _, r := range all {
		if r.fields[fTargetStatus] != "-" && r.fields[fType] != "wss" {
			pair := r.fields[fNode] + r.fields[fTarget]
			ends[pair] = append(ends[pair], r.time(t, fTime))
		}
	}
	races := of(all, KeepaliveRace)
	if len(races) < 30 {
		t.Fatalf("%d races", len(races))
	}
	targets := map[string]bool{}
	for _, r := range races {
		created := r.time(t, fCreated)
		gap := time.Duration(math.MaxInt64)
		for _, end := range ends[r.fields[fNode]+r.fields[fTarget]] {
			if end.Before(created) {
				gap = min(gap, created.Sub(end))
			}
		}
		// Creation is cut to the millisecond, and half a round trip and the
		// node's own time lie between an answer and its line.
		if gap < keep-4*time.Millisecond || gap > keep+400*time.Millisecond {
			t.Errorf("idle for %v: %q", gap, r.fields)
		}
		request, _ := r.seconds(t, fRequestTime)
		target, ok := r.seconds(t, fTargetTime)
		if r.fields[fStatus] != "502" || r.fields[fResponseTime] != "-1" || !ok || request > 10*time.Millisecond || target > 43*time.Millisecond {
			t.Errorf("%q", r.fields)
		}
		targets[r.fields[fTarget]] = true
	}
	if len(targets) < 8 {
		t.Errorf("races with %d of 12 targets", len(targets))
	}

	// A slow timer, and gaps about as long as the keep-alive.
	cfg.Duration, cfg.RequestsPerSecond = 12*time.Hour, 0.3
	cfg.System.Web = Server{KeepAlive: 65 * time.Second, Stall: 2 * time.Second}
	cfg.System.API = cfg.System.Web
	for _, r := range rows(t, cfg) {
		if r.fields[fStatus] >= "500" && r.fields[fTargetStatus] == "-" {
			t.Errorf("a keep-alive above the idle timeout: %q", r.fields)
		}
	}
}

func TestCrash(t *testing.T) {
	const from, restart = 20 * time.Minute, 40 * time.Second
	cfg := hour(4,
		Incident{Kind: Slow, Group: "api", Median: 2 * time.Second, Sigma: 0.5},
		Incident{Kind: Crash, Group: "api", Targets: []int{2}, From: from, For: restart})
	cfg.RequestsPerSecond = 25
	all := rows(t, cfg)
	died := of(all, TargetCrash)
	if len(died) < 5 {
		t.Fatalf("%d requests died", len(died))
	}
	at := cfg.withDefaults().Start.Add(from)
	young := 0
	for _, r := range died {
		elapsed := at.Sub(r.time(t, fCreated))
		target, ok := r.seconds(t, fTargetTime)
		end := r.time(t, fTime).Sub(at)
		if !ok || (target-elapsed).Abs() > 40*time.Millisecond || r.fields[fStatus] != "502" || r.fields[fResponseTime] != "-1" {
			t.Errorf("%v in flight: %q", elapsed, r.fields)
		}
		if end < -25*time.Millisecond || end > 30*time.Millisecond || r.fields[fTarget] != targetAddress(groupAPI, 2) {
			t.Errorf("ended %v after the crash: %q", end, r.fields)
		}
		if elapsed < time.Second {
			young++
		}
	}
	if young == 0 {
		t.Error("no young request died")
	}
	refused := of(all, ConnectRefused)
	if len(refused) == 0 {
		t.Error("nobody was refused")
	}
	for _, r := range refused {
		if since := r.since(t, cfg); since < from-30*time.Millisecond || since > from+restart+30*time.Millisecond {
			t.Errorf("refused at %v", since)
		}
		checkForm(t, r)
	}
}

// A dead host is silent on its open connections, then cannot be connected to,
// until health checks take it out.
func TestHostDead(t *testing.T) {
	const from = 20 * time.Minute
	cfg := hour(5, Incident{Kind: HostDead, Group: "web", Targets: []int{1}, From: from})
	all := rows(t, cfg)
	failed := of(all, ConnectTimeout)
	silent, unconnected := 0, 0
	for _, r := range failed {
		since := r.since(t, cfg)
		// Two checks of every 10 s that time out after 5 s.
		if since > from+26*time.Second || r.fields[fTarget] != targetAddress(groupWeb, 1) {
			t.Errorf("failed at %v: %q", since, r.fields)
		}
		if r.truth.Shows == IdleTimeout {
			silent++
			if r.time(t, fTime).Sub(cfg.withDefaults().Start) < from {
				t.Errorf("gave up before the host died: %q", r.fields)
			}
		} else {
			unconnected++
		}
		checkForm(t, r)
	}
	if silent == 0 || unconnected < 5 {
		t.Errorf("%d silent, %d not connected", silent, unconnected)
	}
	for _, r := range all {
		if since := r.since(t, cfg); since > from+30*time.Second && r.fields[fTarget] == targetAddress(groupWeb, 1) {
			t.Errorf("sent to the dead at %v: %q", since, r.fields)
		}
	}
}

// When no target is healthy all get requests.
func TestFailOpen(t *testing.T) {
	const from, span = 20 * time.Minute, 10 * time.Minute
	cfg := hour(6, Incident{Kind: Blocked, Group: "api", From: from, For: span})
	late := map[string]int{}
	for _, r := range of(rows(t, cfg), ConnectTimeout) {
		checkForm(t, r)
		if since := r.since(t, cfg); since > from+span/2 {
			late[r.fields[fTarget]]++
		} else if since < from-time.Minute {
			t.Errorf("failed at %v", since)
		}
	}
	if len(late) != 3 {
		t.Errorf("connection timeouts by target: %v", late)
	}
	for target, n := range late {
		if n < 50 {
			t.Errorf("%d at %s", n, target)
		}
	}
}

// A firewall's silence comes on connections that were idle, on any path.
func TestFirewall(t *testing.T) {
	const limit = 20 * time.Second
	cfg := hour(7, Incident{Kind: Firewall, Group: "api", Limit: limit})
	cfg.RequestsPerSecond = 0.4
	cfg.Duration = 6 * time.Hour
	all := rows(t, cfg)
	last := map[string]time.Time{}
	silent := 0
	for _, r := range all {
		pair := r.fields[fNode] + r.fields[fTarget]
		if r.truth.Cause == IdleTimeout {
			silent++
			checkForm(t, r)
			if gap := r.time(t, fCreated).Sub(last[pair]); gap < limit-4*time.Millisecond {
				t.Errorf("idle for %v: %q", gap, r.fields)
			}
		}
		if r.fields[fTargetStatus] != "-" {
			last[pair] = r.time(t, fTime)
		}
	}
	if silent < 20 {
		t.Errorf("%d times silent", silent)
	}
}

func TestWorkerTimeout(t *testing.T) {
	cfg := hour(8, Incident{Kind: Slow, Group: "api", Path: slowPath, Median: 20 * time.Second, Sigma: 0.7})
	cfg.System.API.WorkerTimeout, cfg.System.API.WorkerGrace = 30*time.Second, 500*time.Millisecond
	all := rows(t, cfg)
	killed := of(all, WorkerTimeout)
	if len(killed) < 30 {
		t.Fatalf("%d were killed", len(killed))
	}
	for _, r := range killed {
		target, _ := r.seconds(t, fTargetTime)
		if target < 30*time.Second || target > 30*time.Second+505*time.Millisecond || r.truth.Path != slowPath {
			t.Errorf("%q", r.fields)
		}
		checkForm(t, r)
	}
	for _, r := range all {
		if d, ok := r.seconds(t, fTargetTime); ok && strings.HasPrefix(r.fields[fTarget], "10.1.") && d > 31*time.Second {
			t.Errorf("%v: %q", d, r.fields)
		}
	}
}

// What is in flight when the delay runs out is cut, at one instant, on a target
// that has had no new request for about that long and never has one again.
func TestDeregistrationCut(t *testing.T) {
	const delay = 15 * time.Second
	cfg := hour(9,
		Incident{Kind: Slow, Group: "api", Path: slowPath, Median: 30 * time.Second, Sigma: 0.3},
		Incident{Kind: Deploy, Group: "api", From: 20 * time.Minute, Graceful: true, Lag: 2 * time.Second})
	cfg.System.Deregistration = delay
	cfg.RequestsPerSecond = 30
	cfg.IdleTimeout = 2 * time.Minute
	cfg.System.API.KeepAlive = 0
	all := rows(t, cfg)
	cuts := map[string]time.Time{}
	n := 0
	for _, r := range of(all, DeregistrationCut) {
		n++
		checkForm(t, r)
		end := r.time(t, fTime)
		if first, ok := cuts[r.fields[fTarget]]; ok && end.Sub(first).Abs() > 100*time.Millisecond {
			t.Errorf("%s is cut at %v and at %v", r.fields[fTarget], first, end)
		}
		cuts[r.fields[fTarget]] = end
	}
	if n < 6 || len(cuts) != 3 {
		t.Fatalf("%d cut at %d targets", n, len(cuts))
	}
	for _, r := range all {
		if cut, ok := cuts[r.fields[fTarget]]; ok {
			if before := cut.Sub(r.time(t, fCreated)); before < delay-2*time.Second-100*time.Millisecond {
				t.Errorf("sent %v before the cut: %q", before, r.fields)
			}
		}
	}
}

// Without a reason a deploy is not noticed.
func TestQuietDeploy(t *testing.T) {
	cfg := hour(10, Incident{Kind: Deploy, Group: "web", From: 5 * time.Minute, Batch: 2, Graceful: true})
	targets := map[string]bool{}
	for _, r := range rows(t, cfg) {
		if r.fields[fStatus] >= "500" && r.fields[fTargetStatus] == "-" {
			t.Errorf("%q", r.fields)
		}
		if strings.HasPrefix(r.fields[fTarget], "10.0.") {
			targets[r.fields[fTarget]] = true
		}
	}
	if len(targets) != 6 {
		t.Errorf("requests went to %d targets, want 3 old and 3 new", len(targets))
	}
}

// Before requests of a surge fail, they wait.
func TestSaturationGrows(t *testing.T) {
	const from = 20 * time.Minute
	cfg := hour(11, Incident{Kind: Surge, From: from, For: 8 * time.Minute, Factor: 6})
	cfg.System.API.Workers = 1
	cfg.RequestsPerSecond = 9
	all := rows(t, cfg)
	failed := of(all, IdleTimeout)
	if len(failed) < 50 {
		t.Fatalf("%d failed", len(failed))
	}
	first := failed[0].since(t, cfg)
	median := func(from, to time.Duration) time.Duration {
		var times []time.Duration
		for _, r := range all {
			since := r.since(t, cfg)
			if d, ok := r.seconds(t, fTargetTime); ok && strings.HasPrefix(r.fields[fTarget], "10.1.") && since >= from && since < to {
				times = append(times, d)
			}
		}
		slices.Sort(times)
		return times[len(times)/2]
	}
	calm, before := median(from-5*time.Minute, from), median(first-20*time.Second, first)
	if first < from+30*time.Second || calm > time.Second || before < 15*time.Second {
		t.Errorf("first failure %v after the surge began; median %v before, %v then", first-from, calm, before)
	}
}

// A client that gives up leaves what it waited for in the row.
func TestClientsGiveUp(t *testing.T) {
	cfg := hour(12,
		Incident{Kind: Slow, Group: "api", Path: slowPath, Median: 8 * time.Second, Sigma: 0.2},
		Incident{Kind: HostDead, Group: "api", Targets: []int{0}, From: 30 * time.Minute})
	cfg.System.ClientTimeout, cfg.System.Impatient = 5*time.Second, -1
	connecting, waiting := 0, 0
	for _, r := range of(rows(t, cfg), ClientAbandoned) {
		wall := r.wall(t)
		if r.fields[fStatus] != "460" || wall < 5*time.Second || wall > 5*time.Second+2*time.Millisecond || r.fields[fSent] != "0" {
			t.Errorf("%v: %q", wall, r.fields)
		}
		switch times := strings.Join(r.fields[fRequestTime:fStatus], " "); {
		case times == "-1 -1 -1":
			connecting++
			if r.fields[fTarget] != targetAddress(groupAPI, 0) {
				t.Errorf("%q", r.fields)
			}
		case strings.HasSuffix(times, " -1 -1"):
			waiting++
		default:
			t.Errorf("%q", r.fields)
		}
	}
	if connecting < 3 || waiting < 50 {
		t.Errorf("%d gave up connecting, %d waiting", connecting, waiting)
	}
}

func TestClientsAskAgain(t *testing.T) {
	cfg := hour(14, Incident{Kind: ServiceDown, Group: "api", From: 20 * time.Minute, For: 10 * time.Minute})
	cfg.System.Retries = 2
	tries := map[string]int{}
	for _, r := range of(rows(t, cfg), ConnectRefused) {
		if r.truth.Path == "/api/v1/users/{uuid}" { // no two requests are for the same
			tries[r.fields[fRequest]]++
		}
	}
	times := map[int]int{}
	for _, n := range tries {
		times[n]++
	}
	// Browsers ask once, as do programs that have gone away.
	if times[1] == 0 || times[2] == 0 || times[3] == 0 || len(times) != 3 {
		t.Errorf("requests by how often they came: %v", times)
	}
}

func TestLostAndSplitObjects(t *testing.T) {
	cfg := hour(13, Incident{Kind: LostLogs, Nodes: []int{1}, From: 20 * time.Minute, For: 10 * time.Minute})
	perSlot := map[string]int{}
	keys := map[string]bool{}
	for _, o := range collect(t, cfg) {
		m := keyForm.FindStringSubmatch(o.Key)
		if m == nil || keys[o.Key] {
			t.Fatalf("key %s", o.Key)
		}
		keys[o.Key] = true
		perSlot[m[2]+" "+m[3]]++
	}
	two := 0
	for _, n := range perSlot {
		if n == 2 {
			two++
		}
	}
	if len(perSlot) != 2*12-2 || two == 0 || two > 12 {
		t.Errorf("%d slots of nodes, %d in two objects", len(perSlot), two)
	}
	for _, lost := range []string{"20261120T1420Z 203.0.113.13", "20261120T1425Z 203.0.113.13"} {
		if perSlot[lost] > 0 {
			t.Errorf("%s was delivered", lost)
		}
	}
}

// checkForm holds a row to what AWS documents and real lines show of its cause.
func checkForm(t *testing.T, r row) {
	t.Helper()
	f := r.fields
	wall := r.wall(t)
	request, sent := r.seconds(t, fRequestTime)
	target, heard := r.seconds(t, fTargetTime)
	response, _ := r.seconds(t, fResponseTime)
	none := !sent && !heard && f[fResponseTime] == "-1"
	cause := r.truth.Cause
	if r.truth.Shows != "" {
		cause = r.truth.Shows
	}
	form := f[fStatus]
	ok := true
	switch cause {
	case "":
		form = ""
		// A 101 and what a rule answers has no 5xx either.
		ok = f[fStatus] < "500" && (f[fTargetStatus] == f[fStatus] || f[fTarget] == "-")
	case ConnectTimeout:
		form, ok = "504", none && f[fTarget] != "-" && wall >= 10*time.Second && wall <= 10*time.Second+15*time.Millisecond
	case IdleTimeout:
		form, ok = "504", sent && !heard && f[fResponseTime] == "-1" && wall-request >= 29*time.Second
	case ShortBody:
		form, ok = "504", sent && heard && f[fResponseTime] == "-1" && wall >= 30*time.Second
	case ConnectRefused:
		form, ok = "502", none && f[fTarget] != "-" && wall < 20*time.Millisecond
	case KeepaliveRace, TargetCrash, WorkerTimeout, DeregistrationCut, BadResponse:
		form, ok = "502", sent && heard && f[fResponseTime] == "-1" && f[fTarget] != "-" && (wall-request-target).Abs() < 4*time.Millisecond
	case NoTarget:
		form, ok = "503", none && f[fTarget] == "-" && f[fGroup] != "-" && strings.HasSuffix(f[fActions], "forward")
	case LambdaError:
		ok = (form == "502" || form == "504") && sent && heard && response == 0 && f[fTarget] == "-" && strings.HasPrefix(f[fErrorReason], "Lambda")
	case AuthError:
		ok = (form == "401" || form == "500" || form == "561") && strings.HasPrefix(f[fErrorReason], "Auth") && f[fTarget] == "-"
	case WAFBlock:
		form, ok = "403", f[fActions] == "waf" && f[fTarget] == "-" && f[fGroup] == "-"
	case WAFError:
		form, ok = "500", f[fActions] == "waf-failed" && strings.HasPrefix(f[fErrorReason], "WAF")
	case TargetError:
		form, ok = f[fTargetStatus], form >= "500"
	case FixedResponse:
		ok = (form == "403" || form == "503") && strings.HasSuffix(f[fActions], "fixed-response") && f[fGroup] == "-"
	case ClientAbandoned:
		// Of a body that is cut short the headers have come.
		form, ok = "460", (!heard || r.truth.Fault == Truncated) && f[fResponseTime] == "-1" && f[fTarget] != "-"
	case ClientError:
		ok = slices.Contains([]string{"400", "405", "408", "414", "463", "464", "501", "505"}, form) && none && f[fTarget] == "-"
	case StreamReset:
		form, ok = "000", f[fTargetError] != "-" && f[fTarget] != "-"
	default:
		ok = false
	}
	if !ok || form != "" && f[fStatus] != form {
		t.Errorf("%s: wall %v: %q", cause, wall, f)
	}
	byTarget := cause == "" || cause == TargetError
	if !byTarget && f[fTargetStatus] != "-" {
		t.Errorf("%s with a status of the target: %q", cause, f)
	}
}

// Every cause of the contract that a log can show is a scenario; its first seed
// has rows of it, all rows have the form of theirs, and the parser takes them.
// Every request has one line, whatever happens: after the end of the log nobody
// asks, and what is under way comes to an end.
func TestEveryScenario(t *testing.T) {
	beside := map[string]Cause{ // scenarios that are not named as a cause
		"polling-race": KeepaliveRace, "all-crash": TargetCrash, "broken-tls": ConnectRefused, "security-group": ConnectTimeout,
		"network-acl": ConnectTimeout, "bad-node": ConnectTimeout, "near-timeout": IdleTimeout, "firewall": IdleTimeout,
		"saturation": IdleTimeout, "shutdown-early": ConnectRefused, "hidden-timeout": ClientAbandoned, "proxy-timeout": TargetError,
		"five-502": DeregistrationCut, "cold-start": TargetError, "clean": TargetError, "log-gaps": TargetError,
	}
	for _, s := range Scenarios() {
		if s.story == nil {
			continue
		}
		want, ok := beside[s.Name]
		if !ok {
			want = Cause(s.Name)
		}
		counts := map[Cause]int{}
		seen := map[[24]byte]bool{}
		cfg := s.Config(1).withDefaults()
		w := newLineWriter(cfg)
		var rec parser.Record
		e := newEngine(cfg, func(r *record, _ int) {
			if len(r.trace) > 1 {
				id := [24]byte(r.trace[len(r.trace)-24:])
				if seen[id] {
					t.Fatalf("%s: two lines of %s", s.Name, r.trace)
				}
				seen[id] = true
			}
			counts[r.cause]++
			// A sample, most of what fails and little of what does not.
			if n := counts[r.cause]; n > 100 && n%64 > 0 {
				return
			}
			if err := rec.Parse(bytes.TrimSuffix(w.appendLine(nil, r), []byte("\n"))); err != nil {
				t.Fatalf("%s: %v", s.Name, err)
			}
			one := rowOf(t, &w, r)
			if len(one.fields) != fieldCount {
				t.Fatalf("%s: %d fields: %q", s.Name, len(one.fields), one.fields)
			}
			if checkForm(t, one); t.Failed() {
				t.FailNow()
			}
		})
		e.runUntil(e.end)
		if counts[want] < 5 {
			t.Errorf("%s: %d of %s among %v", s.Name, counts[want], want, counts)
		}
		if s.Name == "clean" {
			for cause, n := range counts {
				if cause != "" && cause != TargetError && cause != FixedResponse && cause != ClientError && (cause != ClientAbandoned || n > 50) {
					t.Errorf("clean: %d of %s", n, cause)
				}
			}
		}
		before := e.arrived
		e.emit = func(*record, int) {}
		e.runUntil(e.end + (3 * time.Hour).Microseconds())
		if e.arrived != before {
			t.Errorf("%s: %d requests after the end", s.Name, e.arrived-before)
		}
		if e.arrived != e.logged+e.late || e.logged < e.arrived*98/100 {
			t.Errorf("%s: %d requests, %d lines, %d after the end", s.Name, e.arrived, e.logged, e.late)
		}
		for g := range e.fleets {
			for _, v := range e.fleets[g].servers {
				if v.busy != 0 || len(v.line) != 0 || len(v.held) != 0 {
					t.Errorf("%s: in the end %s has %d busy, %d waiting, %d held", s.Name, v.address, v.busy, len(v.line), len(v.held))
				}
			}
		}
	}
}

func TestProofDays(t *testing.T) {
	days := ProofDays()
	names := map[string]bool{}
	faulty, clean, five := 0, 0, 0
	settings := map[string]map[float64]bool{}
	for _, d := range days {
		if names[d.Name] {
			t.Errorf("two days are %s", d.Name)
		}
		names[d.Name] = true
		if d.Faulty {
			faulty++
		} else {
			clean++
		}
		if d.Faulty != (len(d.Expect) > 0) {
			t.Errorf("%s is faulty: %v, and expects %v", d.Name, d.Faulty, d.Expect)
		}
		if strings.HasPrefix(d.Name, "five-502-") {
			five++
		}
		if err := d.Config.withDefaults().validate(); err != nil {
			t.Errorf("%s: %v", d.Name, err)
		}
		if n := d.Config.RequestsPerSecond * d.Config.Duration.Seconds(); n < 4000 || n > 190_000 {
			t.Errorf("%s has about %.0f records", d.Name, n)
		}
		ids := map[string]bool{}
		for _, ex := range d.Expect {
			ids[ex.ID] = true
			for name, v := range ex.Estimates {
				if settings[name] == nil {
					settings[name] = map[float64]bool{}
				}
				settings[name][v] = true
			}
		}
		for _, id := range d.Allow {
			if ids[id] {
				t.Errorf("%s both expects and allows %s", d.Name, id)
			}
		}
	}
	if faulty < 40 || clean != 20 || five < 5 {
		t.Errorf("%d faulty days, %d of them with all that makes a 502, and %d clean", faulty, five, clean)
	}
	for name, values := range settings {
		if len(values) < 3 {
			t.Errorf("%s is always one of %v", name, values)
		}
	}
	if !reflect.DeepEqual(days, ProofDays()) {
		t.Error("the days differ from call to call")
	}
}

func TestBadSystem(t *testing.T) {
	bad := func(v Incident) *System { return &System{Incidents: []Incident{v}} }
	for want, s := range map[string]*System{
		"server":        {API: Server{KeepAlive: -1}},
		"deregis":       {Deregistration: 2 * time.Hour},
		"interval":      {HealthInterval: time.Second},
		"check timeout": {HealthTimeout: time.Minute},
		"skew":          {ClockSkew: time.Hour},
		"RPCShare":      {RPCShare: 2},
		"poller 0":      {Pollers: []Poller{{Path: "/nowhere", Every: time.Second}}},
		"kind":          bad(Incident{Kind: "flood"}),
		"group":         bad(Incident{Kind: Crash, Group: "db"}),
		"target 3":      bad(Incident{Kind: Crash, Targets: []int{3}}),
		"node 2":        bad(Incident{Kind: Blocked, Nodes: []int{2}}),
		"path":          bad(Incident{Kind: Slow, Path: "/nowhere"}),
		"share":         bad(Incident{Kind: Slow, Share: 2}),
		"factor":        bad(Incident{Kind: Surge, Factor: -1}),
		"median":        bad(Incident{Kind: Slow, Median: -1}),
		"batch":         bad(Incident{Kind: Deploy, Batch: -1}),
		"negative":      bad(Incident{Kind: Crash, From: -1}),
	} {
		if _, err := Generate(Config{System: s}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Generate(Config{System: &System{}, Faults: []Fault{{Cause: ConnectTimeout, Group: "api"}}}); err == nil {
		t.Error("Faults beside a System")
	}
	if _, err := Generate(Config{System: &System{}}); err != nil {
		t.Errorf("zero System: %v", err)
	}
}

func BenchmarkSystem(b *testing.B) {
	cfg := newDay("clean", 1).Config
	b.ReportAllocs()
	total := 0
	for b.Loop() {
		n := 0
		objects, err := Generate(cfg)
		if err != nil {
			b.Fatal(err)
		}
		for o := range objects {
			n += o.Records
		}
		if n < 50_000 {
			b.Fatalf("%d records", n)
		}
		total += n
	}
	b.ReportMetric(float64(total)/b.Elapsed().Seconds(), "records/s")
}
