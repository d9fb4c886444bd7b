package simulate

import (
	"bytes"
	"math"
	"strings"
	"time"
)

// startVisitors plans the first request of everybody who asks.
func (e *engine) startVisitors() {
	a := &arrivals{rng: newRNG(e.cfg.Seed, streamArrivals), nanos: e.cfg.Start.UnixNano(), swing: e.cfg.Swing}
	e.stream(func() int64 {
		a.mean = e.cfg.RequestsPerSecond * e.surge() / float64(time.Second)
		return a.next()
	}, e.visit)
	for i := range e.sys.Pollers {
		for client := range e.sys.Pollers[i].Clients {
			e.startPoller(&e.sys.Pollers[i], client%e.cfg.Nodes)
		}
	}
}

// stream calls ask at the times that next gives, to the end of the log.
func (e *engine) stream(next func() int64, ask func()) {
	var again func()
	plan := func() {
		if at := next(); at < e.end {
			e.at(max(at, e.now), again)
		}
	}
	again = func() {
		plan()
		ask()
	}
	plan()
}

// random is a stream of so many requests a second during an incident.
func (e *engine) random(v *Incident, ask func()) {
	until := e.now + v.For.Microseconds()
	e.stream(func() int64 {
		at := e.now + int64(e.rng.ExpFloat64()*1e6/v.Factor)
		if at >= until {
			return e.end
		}
		return at
	}, ask)
}

// surge is how many times as many requests come as usual.
func (e *engine) surge() float64 {
	factor := 1.0
	for _, v := range e.ongoing(Surge) {
		factor *= v.Factor
	}
	return factor
}

// visit is the next request of everyday traffic.
func (e *engine) visit() {
	m := e.site
	node := m.rng.IntN(len(m.nodes))
	open := m.nodes[node].open
	c := &open[m.rng.IntN(len(open))]
	if c.left == 0 {
		m.connect(c, node)
	}
	c.left--
	x := e.newExchange(c, node)
	if e.wafFails(x, c) {
		return
	}
	switch c.kind {
	case browser:
		switch y := m.rng.IntN(1000); {
		case y < 4:
			m.oldShopRedirect(&x.rec, c)
			e.answered(x)
		case y < 130:
			e.ask(x, c, groupAPI, e.anyRoute(groupAPI))
		default:
			e.ask(x, c, groupWeb, e.anyRoute(groupWeb))
		}
	case program:
		switch y := m.rng.Float64(); {
		case y < e.sys.LambdaShare:
			e.invoke(x, c)
		case y < e.sys.LambdaShare+e.sys.RPCShare:
			e.call(x, c)
		default:
			e.ask(x, c, groupAPI, e.anyRoute(groupAPI))
		}
	case visitor:
		m.url = m.drawURL(m.url[:0], e.anyRoute(groupWeb).pieces)
		m.request(&x.rec, c, "GET", 0)
		m.redirect(&x.rec, 301, ruleDefault, "https://"+hostWeb+":443")
		e.answered(x)
	case probe:
		m.url = append(m.url[:0], "/healthz"...)
		m.request(&x.rec, c, "GET", 0)
		m.fixed(&x.rec, 200, ruleProbe)
		e.answered(x)
	case scanner:
		e.scan(x, c)
	case garbage:
		m.garbage(&x.rec, c)
		e.answered(x)
	case webSocket:
		m.url = append(m.url[:0], "/live/notifications"...)
		m.request(&x.rec, c, "GET", 0)
		x.webSocket, x.group = true, groupWeb
		x.service = int64(min(m.rng.ExpFloat64()*150, 1800) * 1e6)
		e.admit(x)
		e.forward(x)
	}
}

func (e *engine) anyRoute(g group) *servedRoute {
	m := e.site
	return &m.routes[g][m.draws[g][m.rng.IntN(len(m.draws[g]))]]
}

// answered ends a request that the node has answered by a rule.
func (e *engine) answered(x *exchange) {
	r := &x.rec
	if e.sys.WAF && r.actions != "-" && r.actions != "waf" {
		r.actions = "waf," + r.actions
	}
	x.over = true
	e.write(r, x.node)
	e.release(x)
}

// scan asks for what is not there.
func (e *engine) scan(x *exchange, c *connection) {
	m := e.site
	scan := scans[m.rng.IntN(len(scans))]
	m.url = append(m.url[:0], scan...)
	m.request(&x.rec, c, "GET", 0)
	switch {
	case strings.HasPrefix(scan, "/.env"), strings.HasPrefix(scan, "/.git/"):
		m.fixed(&x.rec, 403, ruleSecrets)
		e.answered(x)
	case c.typ == "http":
		m.redirect(&x.rec, 301, ruleDefault, "https://"+x.rec.node+":443")
		e.answered(x)
	default:
		x.group, x.status, x.size = groupWeb, 404, int64(540+m.rng.IntN(20))
		x.service = int64(1000 + m.rng.IntN(4000))
		e.admit(x)
		e.forward(x)
	}
}

// ask draws a request of a route and what a healthy target makes of it.
func (e *engine) ask(x *exchange, c *connection, g group, route *servedRoute) {
	m := e.site
	m.url = m.drawURL(m.url[:0], route.pieces)
	e.askFor(x, c, g, route)
	if x.kind == program {
		x.retries = e.sys.Retries
		x.patience = e.sys.ClientTimeout.Microseconds()
	} else if e.chance(e.sys.Impatient) {
		x.patience = drawMicros(e.rng.NormFloat64(), math.Log(700), 0.8)
	}
	e.enter(x)
}

// askFor is a request of a route, by the URL in m.url.
func (e *engine) askFor(x *exchange, c *connection, g group, route *servedRoute) {
	m := e.site
	m.request(&x.rec, c, route.method, route.upload)
	x.group, x.route = g, route
	x.rec.path = route.path
	x.status = route.status
	y := m.rng.Float64()
	for _, o := range route.others {
		if y -= o.share; y < 0 {
			x.status = o.status
			break
		}
	}
	failed := m.rng.Float64() < m.cfg.ApplicationError
	body := int64(route.body * (0.75 + 0.5*m.rng.Float64()))
	switch {
	case failed:
		x.status, body = 500, 96
	case x.status == 204 || x.status == 304:
		body = 0
	case x.status >= 300:
		body = min(body, 540)
	}
	x.size = 260 + int64(c.headers&63) + body
	x.service = drawMicros(m.rng.NormFloat64(), route.mu, route.sigma)
}

// drawMicros is a time whose logarithm in milliseconds is normal.
func drawMicros(normal, mu, sigma float64) int64 {
	return int64(math.Exp(mu+float64(sigma*normal)) * 1000)
}

// enter takes a request through the rules to its group.
func (e *engine) enter(x *exchange) {
	if e.maintained(x) || e.unauthenticated(x) {
		return
	}
	e.admit(x)
	e.forward(x)
}

// admit says which rule forwards a request.
func (e *engine) admit(x *exchange) {
	r := &x.rec
	r.rule = ruleDefault
	if x.group == groupAPI {
		r.rule = ruleAPI
	}
	r.actions = "forward"
	switch signedIn := e.authenticates(x); {
	case signedIn && e.sys.WAF:
		r.actions = "waf,authenticate,forward"
	case signedIn:
		r.actions = "authenticate,forward"
	case e.sys.WAF:
		r.actions = "waf,forward"
	}
	if e.authenticates(x) {
		r.rule = ruleAccount
	}
}

func (e *engine) authenticates(x *exchange) bool {
	return e.sys.AuthenticateRule && strings.HasPrefix(x.rec.path, "/account/")
}

// askAgain has a client that retries come back after a failure, with the same
// URL over the same connection.
func (e *engine) askAgain(x *exchange) {
	if x.retries == 0 || x.route == nil {
		return
	}
	open := e.site.nodes[x.node].open
	c := open[e.rng.IntN(len(open))]
	if c.kind != program {
		return // it has gone away
	}
	c.client, c.id = bytes.Clone(c.client), bytes.Clone(c.id) // the slot's own are written over
	_, rest, _ := strings.Cut(string(x.rec.request), c.authority)
	url, _, ok := strings.Cut(rest, " HTTP/")
	if !ok {
		return
	}
	node, group, route, retries, patience := x.node, x.group, x.route, x.retries-1, x.patience
	pause := e.within(200*time.Millisecond, 1500*time.Millisecond)
	e.at(e.now+pause, func() {
		if e.now >= e.end {
			return
		}
		y := e.newExchange(&c, node)
		e.site.url = append(e.site.url[:0], url...)
		e.askFor(y, &c, group, route)
		y.retries, y.patience = retries, patience
		e.enter(y)
	})
}

// startPoller is a program on a connection of its own to a node.
func (e *engine) startPoller(p *Poller, node int) {
	m := e.site
	c := &connection{}
	m.connectAs(program, c, node)
	g, route := findRoute(m, p.Path)
	at := e.now + e.within(0, p.Every)
	e.stream(func() int64 {
		at += p.Every.Microseconds() + e.within(0, p.Slack)
		return at
	}, func() {
		x := e.newExchange(c, node)
		m.url = m.drawURL(m.url[:0], route.pieces)
		e.askFor(x, c, g, route)
		x.patience = p.Timeout.Microseconds()
		e.enter(x)
	})
}

func findRoute(m *model, path string) (group, *servedRoute) {
	for g := range m.routes {
		for i := range m.routes[g] {
			if m.routes[g][i].path == path {
				return group(g), &m.routes[g][i]
			}
		}
	}
	panic("BUG: no route " + path)
}
