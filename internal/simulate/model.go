package simulate

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A model is the load balancer with its targets: it turns arrivals into
// records. Everyday traffic is drawn from rng alone, whatever the faults are.
type model struct {
	cfg      Config
	rng      *rand.Rand
	faultRNG *rand.Rand

	nodes       []node
	clients     []client
	certificate string
	arns        [groups]string
	targets     [groups][]string
	routes      [groups][]servedRoute
	draws       [groups][]uint8 // indices of routes, each as often as its weight
	oldShop     []piece

	rec record // the one serve returns
	url []byte // scratch: path and query
}

type node struct {
	address string
	next    [groups]int // targets are taken in turn
	open    []connection
}

type servedRoute struct {
	*route
	path   string // its name
	pieces []piece
	mu     float64 // logarithm of the median
}

// Sources of randomness, so that one does not disturb another.
const (
	streamSetup = iota
	streamArrivals
	streamTraffic
	streamFaults
	streamLayout // + slot: order within files and their random names

	streamMechanism = 1 << 40
)

func newRNG(seed, stream uint64) *rand.Rand {
	return rand.New(rand.NewPCG(seed, stream*0x9e3779b97f4a7c15+1))
}

func newModel(cfg Config) *model {
	setup := newRNG(cfg.Seed, streamSetup)
	m := &model{
		cfg:      cfg,
		rng:      newRNG(cfg.Seed, streamTraffic),
		faultRNG: newRNG(cfg.Seed, streamFaults),
		nodes:    make([]node, cfg.Nodes),
		clients:  newClients(setup),
		oldShop:  compile("/shop/{word}/{int}"),
	}
	m.certificate = "arn:aws:acm:" + cfg.Region + ":" + cfg.Account + ":certificate/" +
		string(m.drawURL(nil, compile("{uuid}")))
	for g := range groups {
		m.arns[g] = "arn:aws:elasticloadbalancing:" + cfg.Region + ":" + cfg.Account + ":targetgroup/" +
			groupNames[g] + "/" + string(appendHex(nil, setup.Uint64(), 16))
		m.targets[g] = make([]string, cfg.targetsOf(group(g)))
		for i := range m.targets[g] {
			m.targets[g][i] = targetAddress(group(g), i)
		}
		for i := range routes[g] {
			r := &routes[g][i]
			m.routes[g] = append(m.routes[g], servedRoute{r, r.name(), compile(r.pattern), math.Log(r.medianMS)})
			for range r.weight {
				m.draws[g] = append(m.draws[g], uint8(i))
			}
		}
	}
	for i := range m.nodes {
		n := &m.nodes[i]
		n.address = "203.0.113." + strconv.Itoa(10+3*i)
		n.open = make([]connection, openAtOnce)
		for g := range groups {
			n.next[g] = setup.IntN(len(m.targets[g]))
		}
	}
	return m
}

// targetAddress spreads the targets of a group over three zones, each a /19.
func targetAddress(g group, i int) string {
	zone, host := i%3, i/3
	port := [groups]string{groupWeb: ":8080", groupAPI: ":3000"}[g]
	return "10." + strconv.Itoa(int(g)) + "." + strconv.Itoa(32*zone+host/250) + "." + strconv.Itoa(4+host%250) + port
}

// serve returns the record of a request that arrives at a time, in
// microseconds since 1970. It is valid until the next call.
func (m *model) serve(at int64) (r *record, nodeIndex int) {
	nodeIndex = m.rng.IntN(len(m.nodes))
	n := &m.nodes[nodeIndex]
	c := &n.open[m.rng.IntN(len(n.open))]
	if c.left == 0 {
		m.connect(c, nodeIndex)
	}
	c.left--

	r = &m.rec
	m.begin(r, c, n, at)
	switch c.kind {
	case browser:
		switch x := m.rng.IntN(1000); {
		case x < 4:
			m.oldShopRedirect(r, c)
		case x < 130:
			m.forward(r, c, n, groupAPI)
		default:
			m.forward(r, c, n, groupWeb)
		}
	case program:
		m.forward(r, c, n, groupAPI)
	case visitor:
		route := &m.routes[groupWeb][m.draws[groupWeb][m.rng.IntN(len(m.draws[groupWeb]))]]
		m.url = m.drawURL(m.url[:0], route.pieces)
		m.request(r, c, "GET", 0)
		m.redirect(r, 301, ruleDefault, "https://"+hostWeb+":443")
	case probe:
		m.url = append(m.url[:0], "/healthz"...)
		m.request(r, c, "GET", 0)
		m.fixed(r, 200, ruleProbe)
	case scanner:
		m.scan(r, c, n)
	case garbage:
		m.garbage(r, c)
	case webSocket:
		m.webSocket(r, c, n)
	}
	return r, nodeIndex
}

// begin makes r the record of a request that comes over c at a time, in
// microseconds since 1970. It keeps r's buffers.
func (m *model) begin(r *record, c *connection, n *node, at int64) {
	*r = record{
		typ: c.typ, client: append(r.client[:0], c.client...), target: "-", agent: c.agent, tls: c.tls, group: "-", domain: c.domain,
		reqMS: notMeasured, tgtMS: notMeasured, respMS: notMeasured,
		created: at / 1000, conn: append(r.conn[:0], c.id...), node: n.address,
		request: r.request[:0], trace: r.trace[:0], forward: append(r.forward[:0], '-'),
	}
	r.trace = append(r.trace, "Root=1-"...)
	r.trace = appendHex(r.trace, uint64(r.created/1000), 8)
	r.trace = append(r.trace, '-')
	r.trace = appendHex(r.trace, m.rng.Uint64(), 8)
	r.trace = appendHex(r.trace, m.rng.Uint64(), 16)
}

// request writes the request line, of the URL in m.url, and what came in.
func (m *model) request(r *record, c *connection, method string, upload int) {
	r.request = append(r.request, method...)
	r.request = append(r.request, ' ')
	r.request = append(r.request, c.authority...)
	r.request = append(r.request, m.url...)
	r.request = append(r.request, ' ')
	r.request = append(r.request, c.protocol...)
	r.in = int64(len(m.url) + len(c.agent) + c.headers)
	if upload > 0 {
		r.in += int64(float64(upload) * (0.3 + float64(0.7*m.rng.ExpFloat64())))
	}
}

// answeredByNode ends a record that the node answers by itself, at once.
func (m *model) answeredByNode(r *record, status int, bytes int64) {
	r.elb, r.out = status, bytes
	r.end = r.created*1000 + 90 + int64(m.rng.IntN(1200))
}

// redirect answers by a rule.
func (m *model) redirect(r *record, status, rule int, authority string) {
	r.rule, r.actions = rule, "redirect"
	r.forward = append(r.forward[:0], authority...)
	r.forward = append(r.forward, m.url...)
	m.answeredByNode(r, status, int64(300+len(m.url)))
}

func (m *model) oldShopRedirect(r *record, c *connection) {
	m.url = m.drawURL(m.url[:0], m.oldShop)
	m.request(r, c, "GET", 0)
	m.url = append(m.url[:0], "/category/"...)
	m.url = append(m.url, words[m.rng.IntN(len(words))]...)
	m.redirect(r, 302, ruleOldShop, "https://"+hostWeb+":443")
}

// fixed answers by a rule with a fixed response.
func (m *model) fixed(r *record, status, rule int) {
	r.rule, r.actions = rule, "fixed-response"
	m.answeredByNode(r, status, 180)
	if status >= 400 {
		r.cause = FixedResponse
	}
}

func (m *model) scan(r *record, c *connection, n *node) {
	scan := scans[m.rng.IntN(len(scans))]
	m.url = append(m.url[:0], scan...)
	m.request(r, c, "GET", 0)
	switch {
	case strings.HasPrefix(scan, "/.env"), strings.HasPrefix(scan, "/.git/"):
		m.fixed(r, 403, ruleSecrets)
	case c.typ == "http":
		m.redirect(r, 301, ruleDefault, "https://"+n.address+":443")
	default:
		m.dispatch(r, n, groupWeb)
		r.reqMS, r.tgtMS, r.respMS = 0, int64(1+m.rng.IntN(4)), 0
		r.elb, r.answer, r.out = 404, 404, int64(540+m.rng.IntN(20))
		m.settle(r)
		m.injectFault(r, c, groupWeb, n.next[groupWeb])
	}
}

// garbage is a request that no parser understands, as TLS or a binary
// protocol sent to port 80.
func (m *model) garbage(r *record, c *connection) {
	r.request = append(r.request, "- "...)
	r.request = append(r.request, c.authority...)
	r.request = append(r.request, "- -"...)
	r.trace = append(r.trace[:0], '-')
	r.rule, r.actions = ruleAbsent, "-"
	r.elb, r.out = 400, 272
	r.cause = ClientError
	r.end = r.created*1000 + 90 + int64(m.rng.IntN(300_000))
	if m.rng.IntN(4) == 0 {
		r.in = int64(m.rng.IntN(400))
	}
}

// webSocket is one line for the whole life of a connection.
func (m *model) webSocket(r *record, c *connection, n *node) {
	m.url = append(m.url[:0], "/live/notifications"...)
	m.request(r, c, "GET", 0)
	m.dispatch(r, n, groupWeb)
	r.reqMS, r.tgtMS, r.respMS = 0, int64(1+m.rng.IntN(9)), 0
	r.elb, r.answer = 101, 101
	life := min(m.rng.ExpFloat64()*150, 1800) // seconds
	r.in += int64(life * 11)
	r.out = 230 + int64(float64(life*90)*m.rng.Float64())
	r.end = r.created*1000 + (r.reqMS+r.tgtMS+r.respMS)*1000 + 90 + int64(life*1e6)
	m.injectFault(r, c, groupWeb, n.next[groupWeb])
}

// dispatch chooses the target, in turn.
func (m *model) dispatch(r *record, n *node, g group) {
	targets := m.targets[g]
	if n.next[g]++; n.next[g] >= len(targets) {
		n.next[g] = 0
	}
	r.target = targets[n.next[g]]
	r.group = m.arns[g]
	r.actions = "forward"
	r.rule = ruleDefault
	if g == groupAPI {
		r.rule = ruleAPI
	}
}

// forward draws a request to a group and what a healthy target makes of it;
// then the faults.
func (m *model) forward(r *record, c *connection, n *node, g group) {
	rng := m.rng
	route := &m.routes[g][m.draws[g][rng.IntN(len(m.draws[g]))]]
	m.url = m.drawURL(m.url[:0], route.pieces)
	m.request(r, c, route.method, route.upload)
	m.dispatch(r, n, g)
	r.path = route.path

	r.reqMS = 0
	switch x := rng.IntN(20); {
	case route.upload > 100_000: // a slow client's body shows in the target's time, not here
		r.reqMS = int64(rng.IntN(6))
	case x < 5:
		r.reqMS = int64(1 + x/4)
	}
	r.respMS = int64(rng.IntN(12) / 11)
	r.tgtMS = lognormal(rng, route.mu, route.sigma)

	r.answer = route.status
	x := rng.Float64()
	for _, o := range route.others {
		if x -= o.share; x < 0 {
			r.answer = o.status
			break
		}
	}
	failed := rng.Float64() < m.cfg.ApplicationError
	body := int64(route.body * (0.75 + 0.5*rng.Float64()))
	switch {
	case failed:
		r.answer, r.cause, body = 500, TargetError, 96
	case r.answer == 204 || r.answer == 304:
		body = 0
	case r.answer >= 300:
		body = min(body, 540)
	}
	r.elb, r.out = r.answer, 260+int64(c.headers&63)+body
	if r.tgtMS >= m.cfg.IdleTimeout.Milliseconds() {
		m.idleTimeout(r, c, rng)
	} else {
		m.settle(r)
	}
	m.injectFault(r, c, g, n.next[g])
}

// lognormal draws a time in milliseconds.
func lognormal(rng *rand.Rand, mu, sigma float64) int64 {
	return int64(math.Exp(mu+float64(sigma*rng.NormFloat64())) + 0.5)
}

// settle sets the end from the three times. In real lines the wall is their sum
// less 0.2 to plus 1.3 ms, never below 0.09 ms, and more where the body is large:
// 75 ms at 1.35 MB.
func (m *model) settle(r *record) {
	wall := (r.reqMS+r.tgtMS+r.respMS)*1000 - 200 + int64(m.rng.IntN(1500))
	const large = 256 << 10
	if r.out > large {
		wall += (r.out - large) / 16
	}
	r.end = r.created*1000 + max(wall, 90)
}

// injectFault changes the record if a fault hits it, which the time of the
// request decides. It draws nothing from the traffic's source.
func (m *model) injectFault(r *record, c *connection, g group, target int) {
	since := time.Duration(r.created)*time.Millisecond - time.Duration(m.cfg.Start.UnixNano())
	for i := range m.cfg.Faults {
		f := &m.cfg.Faults[i]
		if since < f.From || since >= f.From+f.For {
			continue
		}
		switch f.Cause {
		case ConnectTimeout:
			if f.Target != target || f.Group != groupNames[g] || !m.hits(f) {
				continue
			}
			m.connectTimeout(r, c)
			return
		case IdleTimeout:
			if f.Path != r.path || !m.hits(f) {
				continue
			}
			m.slow(r, c, f)
			return
		}
	}
}

func (m *model) hits(f *Fault) bool { return f.Share == 1 || m.faultRNG.Float64() < f.Share }

// connectTimeout: SYNs go unanswered for 10 s. Real lines have a wall of 10.001 s
// and more, a target, and none of the three times.
func (m *model) connectTimeout(r *record, c *connection) {
	if r.typ == "wss" { // no upgrade: an ordinary line
		r.typ = "https"
		r.in = int64(len(m.url) + len(c.agent) + c.headers)
	}
	r.reqMS, r.tgtMS, r.respMS = notMeasured, notMeasured, notMeasured
	r.end = r.created*1000 + 10_001_000 + int64(m.faultRNG.IntN(9000))
	r.gatewayTimeout(c, ConnectTimeout)
}

// slow makes the target late, and the record a 504 where that is too late.
func (m *model) slow(r *record, c *connection, f *Fault) {
	usual := r.tgtMS
	slow := lognormal(m.faultRNG, math.Log(float64(f.Median.Milliseconds())), f.Sigma)
	if slow >= m.cfg.IdleTimeout.Milliseconds() {
		m.idleTimeout(r, c, m.faultRNG)
		return
	}
	if usual == notMeasured || slow <= usual {
		return
	}
	r.tgtMS = slow
	r.end += (slow - usual) * 1000
}

// idleTimeout: the request was sent and nothing came back.
func (m *model) idleTimeout(r *record, c *connection, rng *rand.Rand) {
	r.tgtMS, r.respMS = notMeasured, notMeasured
	r.end = r.created*1000 + r.reqMS*1000 + m.cfg.IdleTimeout.Microseconds() + 1000 + int64(rng.IntN(40_000))
	r.gatewayTimeout(c, IdleTimeout)
}

// gatewayTimeout is the node's own answer, of the sizes seen in real lines.
func (r *record) gatewayTimeout(c *connection, cause Cause) {
	r.elb, r.answer, r.cause = 504, 0, cause
	r.out = 308
	if c.typ == "h2" {
		r.out = 202
	}
}
