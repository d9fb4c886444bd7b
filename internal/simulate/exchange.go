package simulate

import "time"

// An exchange is a request from its arrival to its line, and as long as a
// server works on it, be the client told or not.
type exchange struct {
	rec       record
	kind      connectionKind // of the client
	node      int
	group     group
	route     *servedRoute // nil: none of the site's
	webSocket bool
	retries   int   // left
	patience  int64 // microseconds; 0: endless

	link    *link
	arrived int64
	sent    int64 // 0: not yet
	service int64 // how long a worker takes
	answer  answer
	status  int // of a proper answer
	size    int64
	failing bool   // by an Incident
	epoch   uint32 // of the server that the connection is to
	held    int    // index in the server's held; -1: not there

	silent   bool // packets are dropped
	answered bool // but the server has tried
	over     bool // its line is written
	job      job

	// Events carry the gen, or of stepServed the jobGen, that was when they
	// were planned: later ones have made them void.
	gen, jobGen uint32
}

type job uint8

const (
	jobNone job = iota
	jobWaiting
	jobRunning
)

// An answer is how a response ends.
type answer uint8

const (
	answerProper    answer = iota
	answerProxy            // 504 of a proxy before the application
	answerKilled           // the worker is killed
	answerMalformed        // no HTTP
	answerTruncated        // shorter than its Content-Length
)

// newExchange returns an empty one whose request comes now.
func (e *engine) newExchange(c *connection, node int) *exchange {
	var x *exchange
	if last := len(e.free) - 1; last >= 0 {
		x, e.free = e.free[last], e.free[:last]
		*x = exchange{rec: x.rec, gen: x.gen + 1, jobGen: x.jobGen + 1}
	} else {
		x = &exchange{}
	}
	x.kind, x.node, x.arrived, x.held = c.kind, node, e.now, -1
	e.site.begin(&x.rec, c, &e.site.nodes[node], e.now+e.balancers[node].skew)
	e.arrived++
	return x
}

// release gives an exchange back that nobody holds any longer.
func (e *engine) release(x *exchange) {
	if x.held >= 0 {
		s := x.link.server
		last := len(s.held) - 1
		s.held[x.held] = s.held[last]
		s.held[x.held].held = x.held
		s.held[last] = nil
		s.held = s.held[:last]
		x.held = -1
	}
	x.gen++
	x.jobGen++
	e.free = append(e.free, x)
}

// step handles an event of an exchange.
func (e *engine) step(ev event) {
	x := ev.x
	switch {
	case ev.step == stepServed:
		if ev.gen == x.jobGen {
			e.served(x)
		}
	case ev.gen != x.gen:
	case ev.step == stepConnect:
		e.connect(x)
	case ev.step == stepSilent:
		e.idledOut(x)
	case ev.step == stepLeave:
		e.left(x)
	}
}

// forward sends a request to a target of its group.
func (e *engine) forward(x *exchange) {
	b := e.balancers[x.node]
	x.rec.group = e.site.arns[x.group]
	l := b.choose(x.group)
	if l == nil {
		x.rec.out = 337
		e.finish(x, e.now+e.within(90*time.Microsecond, 2*time.Millisecond), 503, NoTarget, e.fleets[x.group].down)
		return
	}
	x.link = l
	x.rec.target = l.server.address
	e.afflict(x)
	if x.patience > 0 {
		e.queue.add(event{at: e.now + x.patience, step: stepLeave, x: x, gen: x.gen})
	}
	e.reuse(x)
}

// reuse takes the connection that was used last, opening one if there is none.
func (e *engine) reuse(x *exchange) {
	l := x.link
	for len(l.pool) > 0 {
		last := len(l.pool) - 1
		c := l.pool[last]
		l.pool = l.pool[:last]
		switch state, at := e.look(l, c); state {
		case usable:
			x.epoch = c.epoch
			e.send(x, 0)
			e.serve(x)
			return
		case unheard:
			why, dropped := l.dropped()
			if !dropped {
				why = l.forgetter
			}
			e.send(x, 0)
			e.silence(x, why)
			return
		case reset:
			x.sent = e.now + e.processing(x)
			e.timeRequest(x)
			cause, fault := KeepaliveRace, Kind("")
			if c.epoch != l.server.epoch {
				cause, fault = TargetCrash, l.server.stopped
			}
			e.fail(x, max(at, x.sent+l.rtt), 502, cause, fault)
			return
		}
	}
	e.connect(x)
}

// The states of a pooled connection, as a request finds it.
type pooledState uint8

const (
	usable  pooledState = iota
	closed              // and the node knows
	reset               // the server closes it before the request is read
	unheard             // packets are dropped
)

// look says what has become of a connection, and of one that is reset when the
// node learns of it.
func (e *engine) look(l *link, c pooled) (state pooledState, at int64) {
	s := l.server
	gap := e.now - c.since
	if gap >= e.cfg.IdleTimeout.Microseconds() {
		return closed, 0
	}
	if c.epoch != s.epoch {
		if e.now < s.cutAt+l.rtt/2 {
			return reset, s.cutAt + l.rtt
		}
		return closed, 0
	}
	// The server was done half a round trip before the node, and the request
	// takes as long to reach it.
	keep := s.fleet.settings.KeepAlive.Microseconds()
	due := c.since - l.rtt/2 + keep
	_, dropped := l.dropped()
	switch {
	case dropped && (keep == 0 || due >= l.droppedSince()):
		return unheard, 0
	case dropped:
		return closed, 0 // before packets were dropped
	case l.forgets > 0 && gap >= l.forgets.Microseconds() && (keep == 0 || keep >= l.forgets.Microseconds()):
		return unheard, 0 // as was the server's FIN
	case keep == 0 || e.now+l.rtt/2 < due:
		return usable, 0
	}
	closes := due + e.within(0, 2*s.fleet.settings.Stall)
	if e.now >= closes+l.rtt/2 {
		return closed, 0
	}
	return reset, max(closes, e.now+l.rtt/2) + l.rtt/2
}

// connect tries to open a connection: SYNs go out at once and after 1, 3 and
// 7 s, and after 10 s the node gives up.
func (e *engine) connect(x *exchange) {
	const patience = 10_000_000
	l := x.link
	s := l.server
	waited := e.now - x.arrived
	why, dropped := l.dropped()
	switch {
	case waited >= patience:
		e.fail(x, e.now, 504, ConnectTimeout, x.rec.fault)
	case dropped || s.listening && len(s.line) >= s.fleet.settings.Backlog:
		x.rec.fault = why
		next := int64(patience) + e.within(300*time.Microsecond, 9*time.Millisecond)
		for _, at := range [...]int64{1_000_000, 3_000_000, 7_000_000} {
			if waited < at {
				next = at
				break
			}
		}
		e.queue.add(event{at: x.arrived + next, step: stepConnect, x: x, gen: x.gen})
	case !s.listening:
		e.fail(x, e.now+l.rtt+e.within(50*time.Microsecond, 900*time.Microsecond), 502, ConnectRefused, s.stopped)
	case s.brokenTLS != "":
		e.fail(x, e.now+2*l.rtt+e.within(100*time.Microsecond, 2*time.Millisecond), 502, ConnectRefused, s.brokenTLS)
	default:
		x.epoch = s.epoch
		trips := l.rtt
		if s.fleet.settings.TLS {
			trips *= 2 // TLS 1.3
		}
		e.send(x, trips)
		e.serve(x)
	}
}

// processing is how long a node takes before it sends.
func (e *engine) processing(x *exchange) int64 {
	from, to := 40*time.Microsecond, 350*time.Microsecond
	if e.sys.WAF {
		from, to = 900*time.Microsecond, 4*time.Millisecond
	}
	return e.within(from, to)
}

// timeRequest sets the request processing time.
func (e *engine) timeRequest(x *exchange) { x.rec.reqMS = (x.sent - x.arrived) / 1000 }

// send sends the request over a connection, after it has been opened.
func (e *engine) send(x *exchange, opening int64) {
	s := x.link.server
	x.sent = e.now + opening + e.processing(x)
	e.timeRequest(x)
	x.held = len(s.held)
	s.held = append(s.held, x)
}

// silence is for a request whose packets are dropped from now on.
func (e *engine) silence(x *exchange, why Kind) {
	if x.over || x.silent {
		return
	}
	if x.webSocket {
		e.closeSocket(x, e.now+e.cfg.IdleTimeout.Microseconds())
		return
	}
	x.silent = true
	x.rec.fault = why
	e.expectSilence(x)
}

// expectSilence plans the end of a request that may not be answered in time.
func (e *engine) expectSilence(x *exchange) {
	if x.over {
		return
	}
	e.queue.add(event{at: x.sent + e.cfg.IdleTimeout.Microseconds() + e.within(500*time.Microsecond, 8*time.Millisecond), step: stepSilent, x: x, gen: x.gen})
}

// idledOut is a target's silence for the idle timeout.
func (e *engine) idledOut(x *exchange) {
	cause := IdleTimeout
	if x.silent && x.rec.fault != Firewall { // nor could anybody connect
		cause, x.rec.shows = ConnectTimeout, IdleTimeout
	}
	e.fail(x, e.now, 504, cause, x.rec.fault)
}

// left is a client that closes its connection.
func (e *engine) left(x *exchange) {
	fault := x.rec.fault
	if why, dropped := x.link.dropped(); dropped {
		fault = why
	}
	x.rec.out = 0
	e.finish(x, e.now, 460, ClientAbandoned, fault)
}

// answer is a response on its way to the node.
func (e *engine) answer(x *exchange) {
	l := x.link
	at := e.now + l.rtt/2
	switch x.answer {
	case answerKilled:
		e.fail(x, at, 502, WorkerTimeout, "")
		return
	case answerMalformed:
		e.fail(x, at, 502, BadResponse, x.rec.fault)
		return
	case answerTruncated:
		e.truncated(x, at)
		return
	}
	if x.webSocket {
		e.closeSocket(x, at)
		return
	}
	if x.answer == answerProxy {
		x.status, x.size = 504, 420
	}
	l.pool = append(l.pool, pooled{at, x.epoch})
	x.rec.answer, x.rec.out = x.status, x.size
	x.rec.respMS = int64(e.rng.IntN(12) / 11)
	cause, fault := Cause(""), Kind("")
	if x.status >= 500 {
		cause = TargetError
	}
	if x.failing || x.answer == answerProxy {
		fault = x.rec.fault
	}
	end := at + x.rec.respMS*1000 + e.within(20*time.Microsecond, 250*time.Microsecond)
	x.timeTarget(end+e.balancers[x.node].skew, x.rec.respMS)
	const large = 256 << 10
	if x.rec.out > large { // sent while time goes on: 75 ms at 1.35 MB in real lines
		end += (x.rec.out - large) / 16
	}
	e.finish(x, end, x.status, cause, fault)
}

// truncated is a body that ends before its length: the node waits for the rest.
// Inferred: AWS says that this is a 504, and not what the times are. The headers
// came, so the target's time is measured; no whole response did.
func (e *engine) truncated(x *exchange, at int64) {
	x.timeTarget(at+e.balancers[x.node].skew, 0)
	gen := x.gen
	e.at(at+e.cfg.IdleTimeout.Microseconds()+e.within(500*time.Microsecond, 8*time.Millisecond), func() {
		if x.gen == gen {
			x.rec.out = x.stockSize(504)
			e.finish(x, e.now, 504, ShortBody, x.rec.fault)
		}
	})
}

// timeTarget sets the target processing time of an answer that was complete at
// a time by the node's clock: what real lines' wall leaves for it.
func (x *exchange) timeTarget(end, respMS int64) {
	x.rec.tgtMS = max(0, (end-x.rec.created*1000+200)/1000-x.rec.reqMS-respMS)
}

// closeSocket ends a web socket, which is when its line is written.
func (e *engine) closeSocket(x *exchange, at int64) {
	life := float64(at-x.sent) / 1e6
	x.rec.tgtMS, x.rec.respMS = int64(1+e.rng.IntN(9)), 0
	x.rec.answer = 101
	x.rec.in += int64(life * 11)
	x.rec.out = 230 + int64(life*40)
	e.finish(x, at, 101, "", "")
}

// fail ends a request with the node's own answer. A connection that was closed
// gives the target a time, one that was silent does not.
func (e *engine) fail(x *exchange, at int64, status int, cause Cause, fault Kind) {
	if status == 502 && x.sent > 0 {
		x.timeTarget(at+e.balancers[x.node].skew, 0)
	}
	x.rec.out = x.stockSize(status)
	e.finish(x, at, status, cause, fault)
}

// stockSize is that of the node's own pages in real lines.
func (x *exchange) stockSize(status int) int64 {
	switch {
	case status == 504 && x.rec.typ == "h2":
		return 202
	case status == 504:
		return 308
	case x.rec.typ == "h2":
		return 155
	case x.kind == browser: // padded
		return 674
	}
	return 272
}

// finish writes the line of a request.
func (e *engine) finish(x *exchange, at int64, status int, cause Cause, fault Kind) {
	r := &x.rec
	r.elb, r.cause, r.end = status, cause, at+e.balancers[x.node].skew
	if status != 101 {
		r.typ = plainType(r.typ)
	}
	r.fault = ""
	if cause != "" {
		r.fault = fault
	}
	// A line's request comes in before its response goes out, by one clock.
	r.end = max(r.end, r.created*1000+90)
	if x.over {
		panic("BUG: a request has two lines")
	}
	x.over = true
	x.gen++
	e.write(r, x.node)
	if cause == NoTarget || cause == ClientAbandoned || status == 502 || status == 504 {
		e.askAgain(x)
	}
	if x.job == jobNone {
		e.release(x)
	}
}

// write hands a line on, unless the log ends before it.
func (e *engine) write(r *record, node int) {
	if r.end >= e.end {
		e.late++
		return
	}
	e.logged++
	e.emit(r, node)
}
