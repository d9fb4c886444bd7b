package aggregate

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"alblens/parser"
)

// A row is a request as a test tells it; its line is what ALB would write. Texts are as they stand in the log, so "-"
// is absent.
type row struct {
	kind              string // http, wss, …
	at, created       time.Time
	lb                string
	clientIP          string
	target            string
	times             [3]int64 // request, target and response processing time in µs, -1 if absent
	elb, tgt          string   // status
	received, sent    string
	method            string
	path, template    string // as sent, and what it becomes
	sni, urlHost      string
	group, rule       string
	actions           string
	node, objectsNode string // in the line, and in the object's name ("" for none)
	agent             string
	fields            int
}

// noon is when most tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

const web = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/web/73e2d6bc24d8a067"

// plainRow is a success, 30 ms after it came in.
func plainRow(at time.Time) row {
	return row{
		kind: "https", at: at, created: at.Add(-30 * time.Millisecond), lb: "app/shop/50dc6c495c0c9188",
		clientIP: "203.0.113.7", target: "10.0.1.9:8080", times: [3]int64{1000, 22_000, 0}, elb: "200", tgt: "200",
		received: "321", sent: "4567", method: "GET", path: "/cart", template: "/cart", sni: "shop.example",
		urlHost: "shop.example", group: web, rule: "0", actions: "forward", node: "10.0.0.5", agent: "curl/8.9.1", fields: 36,
	}
}

// noTarget is the row of a request that never had a target.
func (r row) noTarget() row {
	r.target, r.tgt, r.times = "-", "-", [3]int64{-1, -1, -1}
	return r
}

// failed is the row as the load balancer answers it when the target gives no answer.
func (r row) failed(status string, times ...int64) row {
	r.elb, r.tgt, r.times = status, "-", [3]int64(times)
	return r
}

// oldest is the row as it was logged in 2017, with 18 fields.
func (r row) oldest() row {
	r.fields, r.created = 18, time.Time{}
	r.sni, r.rule, r.actions, r.node = "-", "-", "-", "-"
	return r
}

const stamp = "2006-01-02T15:04:05.000000Z"

func (r row) line() string {
	created := "-"
	if !r.created.IsZero() {
		created = r.created.Format(stamp)
	}
	request := r.method + " https://" + r.urlHost + ":443" + r.path + "?q=1 HTTP/1.1"
	if r.method == "-" {
		request = "- - -"
	}
	q := func(s string) string { return `"` + s + `"` }
	all := []string{
		r.kind, r.at.Format(stamp), r.lb, r.clientIP + ":50123", r.target,
		seconds(r.times[0]), seconds(r.times[1]), seconds(r.times[2]), r.elb, r.tgt, r.received, r.sent,
		q(request), q(r.agent), "-", "-", r.group, q("Root=1-691f1f4b-23a8c76965a2ef7629b185e3"), q(r.sni), q("-"),
		r.rule, created, q(r.actions), q("-"), q("-"), q(r.target), q(r.tgt), q("-"), q("-"), "TID_b33932fc40603344",
		q("-"), q("-"), q("-"), r.node, q("-"), q("-"),
	}
	return strings.Join(all[:r.fields], " ")
}

// seconds writes microseconds as ALB does: three decimals, six in its first years.
func seconds(us int64) string {
	switch {
	case us < 0:
		return "-1"
	case us%1000 == 0:
		return fmt.Sprintf("%d.%03d", us/1e6, us%1e6/1000)
	}
	return fmt.Sprintf("%d.%06d", us/1e6, us%1e6)
}

func (r row) record(t testing.TB) *parser.Record {
	t.Helper()
	var rec parser.Record
	if err := rec.Parse([]byte(r.line())); err != nil {
		t.Fatalf("%v\n%s", err, r.line())
	}
	return &rec
}

// setOf counts rows. The line of each is overwritten after it was counted, so that a Set that kept a view of it fails.
func setOf(t testing.TB, o Options, rows []row) *Set {
	t.Helper()
	s := NewSet(o)
	addRows(t, s, rows)
	return s
}

func addRows(t testing.TB, s *Set, rows []row) {
	t.Helper()
	var rec parser.Record
	for _, r := range rows {
		line := []byte(r.line())
		if err := rec.Parse(line); err != nil {
			t.Fatalf("%v\n%s", err, line)
		}
		node := []byte(nil)
		if r.objectsNode != "" {
			node = []byte(r.objectsNode)
		}
		s.Add(&rec, node)
		for _, b := range [][]byte{line, node} {
			for i := range b {
				b[i] = 0xCC
			}
		}
	}
}

// seeds is how many random logs a test looks at; the race detector's runs are short.
func seeds(n uint64) uint64 {
	if testing.Short() {
		return min(n, 3)
	}
	return n
}

// randomRows is n requests over some minutes, nearly in order, of every kind that the format knows.
func randomRows(rnd *rand.Rand, n int) []row {
	rows := make([]row, n)
	at := noon
	for i := range rows {
		at = at.Add(time.Duration(rnd.ExpFloat64() * float64(2*time.Second)))
		rows[i] = randomRow(rnd, at.Add(-time.Duration(rnd.IntN(2_000_000))*time.Microsecond))
	}
	return rows
}

func randomRow(rnd *rand.Rand, at time.Time) row {
	pick := func(texts ...string) string { return texts[rnd.IntN(len(texts))] }
	// From microseconds to an hour, and now and then nothing at all.
	latency := func() int64 {
		v := int64(math.Exp(rnd.Float64() * math.Log(3600e6)))
		switch rnd.IntN(10) {
		case 0:
			return 0
		case 1:
			return v
		}
		return v / 1000 * 1000
	}
	r := plainRow(at.Truncate(time.Microsecond))
	r.kind = pick("http", "https", "https", "h2", "grpcs", "strange")
	r.lb = pick("app/shop/50dc6c495c0c9188", "app/admin/60dc6c495c0c9199")
	r.clientIP = pick("203.0.113.7", "203.0.113.70", "2001:db8::7", "2001:db8::17:4")
	r.target = fmt.Sprintf("10.0.1.%d:8080", 1+rnd.IntN(30))
	r.group = pick(web, web, strings.Replace(web, "/web/", "/api/", 1), "-")
	r.times = [3]int64{int64(rnd.IntN(3)) * 1000, latency(), int64(rnd.IntN(2)) * 1000}
	r.elb = pick("200", "200", "200", "304", "404")
	r.tgt = r.elb
	r.received, r.sent = fmt.Sprint(rnd.IntN(5000)), fmt.Sprint(rnd.IntN(1<<40))
	r.method = pick("GET", "GET", "POST", "--location")
	id := fmt.Sprint(rnd.IntN(100))
	switch rnd.IntN(4) {
	case 0:
		r.path, r.template = "/", "/"
	case 1:
		r.path, r.template = "/users/"+id, "/users/{int}"
	case 2:
		r.path, r.template = "/orders/"+id+"/items", "/orders/{int}/items"
	}
	r.sni = pick("shop.example", "admin.example", "-", "")
	r.urlHost = pick("shop.example", "203.0.113.1")
	r.rule = pick("0", "1", "50000", "-1", "-")
	r.node = pick("10.0.0.5", "10.0.0.6", "-")
	r.objectsNode = pick("", "10.0.0.7")
	r.agent = pick("curl/8.9.1", "Mozilla/5.0 (X11; Linux x86_64)", "-", "")
	wall := max(r.times[0], 0) + max(r.times[1], 0) + int64(rnd.IntN(5000))

	switch rnd.IntN(24) {
	case 0: // connect timeout
		r = r.failed("504", -1, -1, -1)
		wall = 10_001_000
	case 1: // idle timeout
		r = r.failed("504", 1000, -1, -1)
		wall = 60_002_000
	case 2: // keep-alive race
		r = r.failed("502", 1000, 2000, -1)
		wall = 4000
	case 3: // empty group
		r = r.noTarget().failed("503", -1, -1, -1)
	case 4:
		r = r.noTarget().failed("503", -1, -1, -1)
		r.group, r.actions = "-", pick("fixed-response", "waf,fixed-response")
	case 5:
		r = r.noTarget().failed(pick("403", "500", "503"), -1, -1, -1)
		r.group, r.actions = "-", "waf"
	case 6:
		r = r.noTarget()
		r.elb, r.group, r.actions = "301", "-", "redirect"
	case 7:
		r = r.failed("460", 1000, -1, -1)
	case 8:
		r.elb, r.tgt = pick("000", "-"), "-"
	case 9: // the target's own failure, now and then under another status of the load balancer's
		r.tgt = pick("500", "502", "503")
		r.elb = pick(r.tgt, r.tgt, "200", "504")
	case 10: // a status of the load balancer's beside one of the target's below 500
		r.elb, r.tgt = pick("500", "502", "504", "561"), pick("200", "404", "000")
	case 11: // malformed request
		r = r.noTarget()
		r.elb, r.method, r.path, r.template, r.group, r.rule, r.actions = "400", "-", "-", "-", "-", "-", "-"
		r.received = "-"
	case 12:
		r.kind, r.elb, r.tgt = pick("ws", "wss"), "101", "101"
		wall = 3600_000_000
	case 13: // a Lambda function
		r.target = "-"
		r.elb, r.tgt = "502", pick("-", "502")
	case 14: // one time absent alone, which AWS does not document
		r.times[rnd.IntN(3)] = -1
	case 15: // the clock ran backwards
		wall = -5000
	}
	r.created = r.at.Add(-time.Duration(wall) * time.Microsecond).Truncate(time.Millisecond)
	if rnd.IntN(10) == 0 {
		r.created = time.Time{}
	}
	if rnd.IntN(10) == 0 {
		r = r.oldest()
	}
	return r
}
