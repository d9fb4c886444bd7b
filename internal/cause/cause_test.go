package cause

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"alblens/parser"
)

// A row is what a record has to tell about its cause. Its line is what ALB would write.
type row struct {
	elb, tgt string // status
	times    string // request, target and response processing time
	wall     string // from creation to response, "" for a line that has no creation time
	target   string
	group    string
	actions  string
	reason   string
}

const (
	web    = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067"
	lambda = "arn:aws:lambda:eu-west-1:123456789012:function:f"
)

// status is a row of a request that was forwarded to a target.
func status(elb, tgt, times, wall string) row {
	return row{elb: elb, tgt: tgt, times: times, wall: wall, target: "10.0.1.9:8080", group: web, actions: "forward", reason: "-"}
}

// answered is a row of a request that the load balancer answered itself.
func answered(elb, actions string) row {
	return row{elb: elb, tgt: "-", times: "-1 -1 -1", wall: "0s", target: "-", group: "-", actions: actions, reason: "-"}
}

func (r row) to(target string) row      { r.target = target; return r }
func (r row) because(reason string) row { r.reason = reason; return r }
func (r row) of(group string) row       { r.group = group; return r }
func (r row) doing(actions string) row  { r.actions = actions; return r }

func (r row) line() string {
	const layout = "2006-01-02T15:04:05.000000Z"
	at, created := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC), "-"
	if wall, err := time.ParseDuration(r.wall); err == nil {
		created = at.Add(-wall).Format(layout)
	}
	return fmt.Sprintf(`https %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 %s %s %s %s 321 456 "GET https://shop.example:443/cart HTTP/1.1" "curl/8.9.1" `+
		`- - %s "Root=1-691f1f4b-23a8c76965a2ef7629b185e3" "shop.example" "-" 0 %s "%s" "-" "%s" "-" "-" "-" "-"`,
		at.Format(layout), r.target, r.times, r.elb, r.tgt, r.group, created, r.actions, r.reason)
}

func (r row) record(t *testing.T) *parser.Record {
	t.Helper()
	var rec parser.Record
	if err := rec.Parse([]byte(r.line())); err != nil {
		t.Fatalf("%v\n%s", err, r.line())
	}
	return &rec
}

// Each rule of the contract's list of causes and of the table in design/diagnosis.md.
func TestOfRow(t *testing.T) {
	none := answered
	for _, c := range []struct {
		name       string
		row        row
		want       Cause
		confidence float64
	}{
		{"success", status("200", "200", "0.001 0.022 0.000", "23ms"), None, 1},
		{"success of a function", status("200", "200", "0.000 0.001 0.000", "1ms").to("-"), None, 1},
		{"not modified", status("304", "304", "0.001 0.022 0.000", "23ms"), None, 1},
		{"web socket", status("101", "101", "0.001 0.003 0.000", "3600s"), None, 1},
		{"web socket without a target's status", status("101", "-", "-1 -1 -1", "3600s"), None, 1},
		{"redirect", none("301", "redirect"), None, 1},
		{"redirect to log in", none("302", "authenticate"), None, 1},
		{"redirect after a failed log-in", none("302", "authenticate").because("AuthInvalidCookie"), None, 1},
		{"fixed 200", none("200", "fixed-response"), None, 1},
		{"WAF's own 202", none("202", "waf"), None, 1},
		{"the target's 404", status("404", "404", "0.001 0.022 0.000", "23ms"), None, 1},
		{"the target's 401", status("401", "401", "0.001 0.022 0.000", "23ms"), None, 1},
		{"the target's 499 and no answer to the client", status("-", "499", "0.001 0.022 -1", "23ms"), None, 1},

		{"the target's 500", status("500", "500", "0.001 0.022 0.000", "23ms"), Target5xx, 1},
		{"a proxy's 504 in front of the application", status("504", "504", "0.001 60.000 0.000", "60.001s"), Target5xx, 1},
		{"5xx twice and not the same", status("502", "503", "0.001 0.022 0.000", "23ms"), Target5xx, 1},
		{"a function's own 500", status("500", "500", "0.000 0.001 0.000", "1ms").to("-"), Target5xx, 1},
		{"both 5xx before the error reason", status("502", "502", "0.000 0.001 0.000", "1ms").because("LambdaUnhandled"), Target5xx, 1},
		{"both 5xx before the action", status("503", "503", "0.000 0.001 0.000", "1ms").doing("waf-failed"), Target5xx, 1},
		{"5xx of the target alone", status("200", "502", "0.001 0.022 0.000", "23ms"), Unattributed, 0},

		{"connect timeout", status("504", "-", "-1 -1 -1", "10.001s"), ConnectTimeout, 0.95},
		{"connect timeout, shortest", status("504", "-", "-1 -1 -1", "9.9s"), ConnectTimeout, 0.95},
		{"connect timeout, longest", status("504", "-", "-1 -1 -1", "10.5s"), ConnectTimeout, 0.95},
		{"too short for a connect timeout", status("504", "-", "-1 -1 -1", "9.899s"), Unattributed, 0},
		{"too long for a connect timeout", status("504", "-", "-1 -1 -1", "10.501s"), Unattributed, 0},
		{"connect timeout before creation times", status("504", "-", "-1 -1 -1", ""), Unattributed, 0},
		{"connect timeout and no target", status("504", "-", "-1 -1 -1", "10.001s").to("-"), Unattributed, 0},

		{"idle timeout", status("504", "-", "0.001 -1 -1", "60.002s"), IdleTimeout, 0.8},
		{"idle timeout with a target time", status("504", "-", "0.001 60.000 -1", "60.002s"), IdleTimeout, 0.8},
		{"idle timeout of 10 s", status("504", "-", "0.001 -1 -1", "10.001s"), IdleTimeout, 0.8},
		{"idle timeout before creation times", status("504", "-", "0.001 -1 -1", ""), IdleTimeout, 0.8},
		{"504 of a function without a reason", status("504", "-", "0.001 -1 -1", "60.002s").to(lambda), Unattributed, 0},

		{"a body cut short", status("504", "-", "0.001 0.020 0.000", "60.002s"), ShortBody, 0.5},
		{"a body cut short, without a response time", status("504", "-", "0.001 0.020 -1", "60.002s"), ShortBody, 0.5},
		{"silent, the target time being the timeout", status("504", "-", "0.001 60.000 -1", "60.002s"), IdleTimeout, 0.8},
		{"a body cut short after a status", status("504", "200", "0.001 0.020 -1", "60.002s"), ShortBody, 0.5},

		{"refused", status("502", "-", "-1 -1 -1", "1ms"), ConnectRefused, 0.7},
		{"refused within the millisecond", status("502", "-", "-1 -1 -1", "0s"), ConnectRefused, 0.7},
		{"refused, latest", status("502", "-", "-1 -1 -1", "999ms"), ConnectRefused, 0.7},
		{"too late for a refusal", status("502", "-", "-1 -1 -1", "1s"), Unattributed, 0},
		{"refused, who knows when", status("502", "-", "-1 -1 -1", ""), Unattributed, 0},
		{"refused, and the clock ran backwards", status("502", "-", "-1 -1 -1", "-3ms"), Unattributed, 0},
		{"refused by nobody", status("502", "-", "-1 -1 -1", "1ms").to("-"), Unattributed, 0},

		{"keep-alive race", status("502", "-", "0.000 0.000 -1", "1ms"), KeepaliveRace, 0.5},
		{"keep-alive race, slowest", status("502", "-", "0.001 0.050 -1", "51ms"), KeepaliveRace, 0.5},
		{"keep-alive race without a target time", status("502", "-", "0.001 -1 -1", "50ms"), KeepaliveRace, 0.5},
		{"between race and crash", status("502", "-", "0.001 0.051 -1", "52ms"), Unattributed, 0},
		{"just below a crash", status("502", "-", "0.001 0.099 -1", "100ms"), Unattributed, 0},
		{"crash, earliest", status("502", "-", "0.001 0.100 -1", "101ms"), TargetCrash, 0.4},
		{"crash", status("502", "-", "0.001 4.205 -1", "4.206s"), TargetCrash, 0.4},
		{"crash without a target time", status("502", "-", "0.001 -1 -1", "30s"), TargetCrash, 0.4},
		{"neither target time nor creation time", status("502", "-", "0.001 -1 -1", ""), Unattributed, 0},
		{"a response began", status("502", "-", "0.001 0.020 0.000", "21ms"), Unattributed, 0},
		{"a response that cannot be used", status("502", "200", "0.001 0.020 -1", "21ms"), BadResponse, 0.7},
		{"a slow one", status("502", "404", "0.001 7.000 0.000", "7.1s"), BadResponse, 0.7},

		{"function failed", status("502", "-", "0.000 0.001 0.000", "1ms").to("-").because("LambdaInvalidResponse"), LambdaError, 0.98},
		{"function out of reach", status("504", "-", "-1 -1 -1", "10s").to("-").because("LambdaConnectionTimeout"), LambdaError, 0.98},
		{"a reason of a function that is new", status("502", "-", "0.000 0.001 0.000", "1ms").to("-").because("LambdaOnTheMoon"), LambdaError, 0.98},
		{"too much for a function, which is the client's", status("413", "-", "0.000 0.001 0.000", "1ms").to("-").because("LambdaRequestTooLarge"), ClientError, 0.95},

		{"empty group", status("503", "-", "-1 -1 -1", "0s").to("-"), NoTarget, 0.95},
		{"empty group before creation times", status("503", "-", "-1 -1 -1", "").to("-"), NoTarget, 0.95},
		{"503 without a group", status("503", "-", "-1 -1 -1", "0s").to("-").of("-"), Unattributed, 0},
		{"503 with a target", status("503", "-", "-1 -1 -1", "0s"), Unattributed, 0},
		{"503 with times", status("503", "-", "0.000 0.001 0.000", "1ms").to("-"), Unattributed, 0},

		{"log-in failed", answered("401", "authenticate").because("AuthInvalidGrantError"), AuthError, 0.98},
		{"identity provider silent", answered("500", "authenticate").because("AuthTokenEpRequestTimeout"), AuthError, 0.98},
		{"token missing", answered("401", "forward").because("JWTHeaderNotPresent"), AuthError, 0.98},
		{"keys out of reach", answered("500", "forward").because("JWKSRequestTimeout"), AuthError, 0.98},
		{"401 without a reason", answered("401", "authenticate"), AuthError, 0.9},
		{"561", answered("561", "authenticate"), AuthError, 0.9},
		{"562", answered("562", "forward"), AuthError, 0.9},

		{"blocked", answered("403", "waf"), WAFBlock, 0.98},
		{"blocked with a 503 of the rule's", answered("503", "waf"), WAFBlock, 0.98},
		{"blocked after a log-in", answered("405", "authenticate,waf"), WAFBlock, 0.98},
		{"allowed, and the target failed", status("502", "-", "0.001 4.205 -1", "4.206s").doing("waf,forward"), TargetCrash, 0.4},
		{"WAF failed", answered("500", "waf-failed"), WAFError, 0.95},
		{"WAF failed, and why", answered("500", "waf-failed").because("WAFConnectionTimeout"), WAFError, 0.98},
		{"WAF failed and let it pass", status("502", "-", "-1 -1 -1", "1ms").doing("waf-failed,forward"), ConnectRefused, 0.7},
		{"403 that nobody explains", answered("403", "forward"), Unattributed, 0},

		{"fixed 503", answered("503", "fixed-response"), FixedResponse, 0.98},
		{"fixed 404 behind WAF", answered("404", "waf,fixed-response"), FixedResponse, 0.98},

		{"client gave up", status("460", "-", "0.003 -1 -1", "5s"), ClientAbandoned, 0.98},
		{"client gave up while connecting", status("460", "-", "-1 -1 -1", "5.7s"), ClientAbandoned, 0.98},
		{"client gave up after the target's status", status("460", "200", "0.001 0.020 -1", "5s"), ClientAbandoned, 0.98},

		{"400", answered("400", "-"), ClientError, 0.95},
		{"405", answered("405", "-"), ClientError, 0.95},
		{"408", answered("408", "-"), ClientError, 0.95},
		{"413", answered("413", "-"), ClientError, 0.95},
		{"414", answered("414", "-"), ClientError, 0.95},
		{"463", answered("463", "-"), ClientError, 0.95},
		{"464", answered("464", "forward"), ClientError, 0.95},
		{"501", answered("501", "-"), ClientError, 0.95},
		{"505", answered("505", "-"), ClientError, 0.95},
		{"507", answered("507", "redirect"), ClientError, 0.95},

		{"reset stream", status("000", "-", "0.001 -1 -1", "20ms"), StreamReset, 0.9},

		{"no answer at all", status("-", "-", "0.001 -1 -1", "20ms"), Unattributed, 0},
		{"500 without a reason", answered("500", "forward"), Unattributed, 0},
		{"a reason of another kind", answered("500", "forward").because("WeightedTargetGroupsUnhandledException"), Unattributed, 0},
		{"404 of the load balancer's", answered("404", "-"), Unattributed, 0},
		{"a status that AWS does not know", answered("599", "forward"), Unattributed, 0},
		{"one that nobody knows", answered("999", "forward"), Unattributed, 0},
	} {
		got, confidence := OfRow(c.row.record(t))
		if got != c.want || confidence != c.confidence {
			t.Errorf("%s: %q, %v; want %q, %v\n%s", c.name, got, confidence, c.want, c.confidence, c.row.line())
		}
	}
}

// Any line gets one cause, or none just when the contract says so.
func TestOfRowOnAnything(t *testing.T) {
	const seed = 1
	rnd := rand.New(rand.NewPCG(seed, 0))
	pick := func(words string) string {
		list := strings.Fields(words)
		return list[rnd.IntN(len(list))]
	}
	const durations = "-1 -1 - 0.000 0.001 0.050 0.051 0.100 4.205 10.001 60.000 4000.000"
	statuses := func() string {
		if rnd.IntN(4) == 0 {
			return fmt.Sprintf("%03d", rnd.IntN(1000))
		}
		return pick("- - 000 101 200 301 400 401 403 404 460 464 499 500 501 502 502 503 503 504 504 505 507 561 562 599")
	}
	count := [Count]int{}
	lines := 200_000
	if testing.Short() {
		lines = 20_000
	}
	for range lines {
		r := row{
			elb: statuses(), tgt: statuses(),
			times:   pick(durations) + " " + pick(durations) + " " + pick(durations),
			wall:    pick("none -1s 0s 0.04s 0.2s 1s 9.9s 10.001s 10.6s 60s"),
			target:  pick("- 10.0.1.9:8080 [::1]:80 " + lambda),
			group:   pick("- " + web),
			actions: pick("- waf forward forward waf,forward waf-failed fixed-response redirect authenticate ,"),
			reason:  pick("- - - - - LambdaUnhandled AuthInvalidCookie JWTClaimNotPresent JWKSRequestFailed WAFServiceError Lambd Weighted"),
		}
		if rnd.IntN(2) == 0 {
			r.tgt = "-"
		}
		rec := r.record(t)
		got, confidence := OfRow(rec)
		count[got]++
		if (got == None) != contractNull(r.elb, r.tgt) {
			t.Fatalf("seed %d: cause %q; is it null? %v\n%s", seed, got, contractNull(r.elb, r.tgt), r.line())
		}
		if confidence < 0 || confidence > 1 || (got == Unattributed) != (confidence == 0) {
			t.Fatalf("seed %d: cause %q with confidence %v\n%s", seed, got, confidence, r.line())
		}
		if rec.MadeByLoadBalancer() && (got == None || got == Target5xx || got == WAFBlock || got == FixedResponse) {
			t.Fatalf("seed %d: cause %q of a record that counts as elb_5xx\n%s", seed, got, r.line())
		}
	}
	for c := range Cause(Count) {
		alone := c != WorkerTimeout && c != DeregistrationCut // "Never told by one record"
		if alone != (count[c] > 0) {
			t.Errorf("cause %q: %d times", c, count[c])
		}
	}
}

// contractNull is the contract's sentence on what has no cause, on statuses as logged: the answer was below 400, or it
// was the target's and below 500. Its own of the load balancer are 000, 460 and 5xx, which have a cause whatever the
// target's status beside them.
func contractNull(elb, tgt string) bool {
	number := func(s string) bool { return s != "-" }
	targetFailed := number(tgt) && tgt >= "500"
	switch {
	case targetFailed:
		return false
	case number(elb) && elb < "400":
		return elb != "000"
	case number(tgt):
		return !number(elb) || elb < "500" && elb != "460"
	}
	return false
}

func TestSlugs(t *testing.T) {
	// As the contract lists them.
	list := strings.Fields(`target-5xx connect-timeout idle-timeout short-body connect-refused keepalive-race target-crash
		worker-timeout deregistration-cut bad-response lambda-error no-target auth-error waf-block waf-error fixed-response
		client-abandoned client-error stream-reset unattributed`)
	for i, slug := range list {
		c, ok := Parse(slug)
		if !ok || c != Cause(i+1) || c.String() != slug {
			t.Errorf("Parse(%q) = %d %q, %v; want %d", slug, c, c, ok, i+1)
		}
	}
	if len(list) != Count-1 {
		t.Errorf("%d causes and None, want %d", Count-1, len(list))
	}
	for _, slug := range []string{"", "any", "Target-5xx", "target-5xx "} {
		if c, ok := Parse(slug); ok {
			t.Errorf("Parse(%q) = %q", slug, c)
		}
	}
	if None.String() != "" {
		t.Errorf("None is %q", None)
	}
}

func TestDocs(t *testing.T) {
	explained := [Count]int{}
	last := None
	for _, d := range Docs() {
		explained[d.Cause]++
		if d.Cause < last {
			t.Errorf("%s comes after %s", d.Cause, last)
		}
		last = d.Cause
		for what, text := range map[string]string{"Title": d.Title, "Shows": d.Shows, "Alone": d.Alone} {
			if text == "" || strings.TrimSpace(text) != text || strings.HasSuffix(text, ".") == (what == "Title") {
				t.Errorf("%s: %s is %q", d.Cause, what, text)
			}
		}
	}
	for c, n := range explained {
		if want := min(c, 1); n != want { // None is not explained
			t.Errorf("%q is explained %d times, want %d", Cause(c), n, want)
		}
	}
}
