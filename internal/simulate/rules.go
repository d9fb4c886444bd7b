package simulate

import (
	"strings"
	"time"
)

// What the load balancer answers by itself when something is wrong: it is
// drawn as it comes, for no target has a part in it.

// attack is a request that a rule of WAF blocks.
func (e *engine) attack() {
	m := e.site
	node := e.rng.IntN(len(m.nodes))
	var c connection
	m.connectAs(scanner, &c, node)
	c.typ, c.authority, c.domain = "https", "https://"+hostWeb+":443", hostWeb
	c.tls = tlsParameters{"TLS_AES_128_GCM_SHA256", "TLSv1.3", m.certificate}
	x := e.newExchange(&c, node)
	m.url = append(m.url[:0], scans[e.rng.IntN(len(scans))]...)
	m.request(&x.rec, &c, "GET", 0)
	x.rec.rule, x.rec.actions, x.rec.cause, x.rec.fault = ruleDefault, "waf", WAFBlock, Attack
	m.answeredByNode(&x.rec, 403, 272)
	e.answered(x)
}

// wafFails ends a request for which WAF does not answer: the load balancer
// fails closed, which is its default.
func (e *engine) wafFails(x *exchange, c *connection) bool {
	if !e.sys.WAF || c.kind == garbage {
		return false
	}
	for _, v := range e.ongoing(WAFOutage) {
		if !e.chance(v.Share) {
			continue
		}
		m := e.site
		route := e.anyRoute(groupWeb)
		m.url = m.drawURL(m.url[:0], route.pieces)
		m.request(&x.rec, c, "GET", 0)
		r := &x.rec
		r.typ = plainType(r.typ)
		r.rule, r.actions, r.reason, r.cause, r.fault = ruleError, "waf-failed", "WAFConnectionTimeout", WAFError, WAFOutage
		m.answeredByNode(r, 500, 272)
		r.end += e.within(200*time.Millisecond, 900*time.Millisecond)
		x.over = true
		e.write(r, x.node)
		e.release(x)
		return true
	}
	return false
}

// plainType is that of a request that did not become a web socket.
func plainType(typ string) string {
	if typ == "wss" {
		return "https"
	}
	return typ
}

// maintained ends a request that a rule answers during maintenance.
func (e *engine) maintained(x *exchange) bool {
	for _, v := range e.ongoing(Maintenance) {
		if v.Group != groupNames[x.group] {
			continue
		}
		e.site.fixed(&x.rec, v.Status, ruleMaintenance)
		x.rec.fault = Maintenance
		e.answered(x)
		return true
	}
	return false
}

// unauthenticated ends a request that the identity provider turns down.
func (e *engine) unauthenticated(x *exchange) bool {
	if !e.authenticates(x) {
		return false
	}
	for _, v := range e.ongoing(AuthFaults) {
		if !e.chance(v.Share) {
			continue
		}
		r := &x.rec
		r.rule, r.actions, r.reason, r.cause, r.fault = ruleError, "authenticate", v.Reason, AuthError, AuthFaults
		e.site.answeredByNode(r, v.Status, 272)
		r.end += v.Limit.Microseconds() // that the provider was waited for
		e.answered(x)
		return true
	}
	return false
}

// What the load balancer does not forward, with the status that AWS documents
// for it: a header too large, TRACE, no body for the idle timeout, a URL too
// long, too many addresses in X-Forwarded-For, a protocol that the target group
// does not speak, and unknown transfer encodings and versions.
var badRequests = []struct {
	status int
	line   string // of the request, %s stands for scheme, host and port
	agent  string
	sent   int64
}{
	{400, "GET %s/search?q=\\x00\\x01 HTTP/1.1", "python-requests/2.32.5", 272},
	{405, "TRACE %s/ HTTP/1.1", "curl/8.14.1", 272},
	{408, "POST %s/api/v1/uploads HTTP/1.1", "ShopApp/8.14.0 (com.example.shop; build:81400; Android 15; Pixel 8) okhttp/4.12.0", 0},
	{414, "GET %s/search?q=" + longQuery + " HTTP/1.1", "python-requests/2.32.5", 272},
	{463, "GET %s/ HTTP/1.1", "ExamplePartnerSync/3.2 (+https://partner.example.org/contact) Apache-HttpClient/5.4.1 (Java/21.0.9)", 272},
	{464, "POST %s/shop.Catalog/Get HTTP/1.1", "grpc-go/1.76.0", 0},
	{501, "POST %s/cart/add HTTP/1.1", "Java-http-client/21.0.9", 272},
	{505, "GET %s/ HTTP/3.1", "Go-http-client/1.1", 272},
}

const longQuery = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// badRequest is one that the load balancer will not forward.
func (e *engine) badRequest() {
	m := e.site
	bad := &badRequests[e.rng.IntN(len(badRequests))]
	node := e.rng.IntN(len(m.nodes))
	var c connection
	m.connectAs(program, &c, node)
	c.agent = bad.agent
	x := e.newExchange(&c, node)
	r := &x.rec
	r.request = append(r.request, strings.Replace(bad.line, "%s", c.authority, 1)...)
	r.rule, r.actions, r.cause, r.fault = ruleAbsent, "-", ClientError, BadClients
	r.in = int64(len(r.request) + c.headers)
	m.answeredByNode(r, bad.status, bad.sent)
	if bad.status == 408 {
		r.end += e.cfg.IdleTimeout.Microseconds()
	}
	x.over = true
	e.write(r, x.node)
	e.release(x)
}
