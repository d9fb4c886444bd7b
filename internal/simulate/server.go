package simulate

import (
	"slices"
	"time"
)

// A server is a target: a host with a process that serves requests.
type server struct {
	fleet   *fleet
	address string
	zone    int
	links   []*link // by node

	listening bool
	draining  bool
	otherPort bool // health checks ask another process
	gone      Kind // the host answers no packet, by this Incident
	goneAt    int64
	stopped   Kind // why the process does not listen, or did not
	brokenTLS Kind

	epoch uint32 // of the process: its connections end with it
	cutAt int64  // when the last one ended

	busy int         // workers
	line []*exchange // waiting for a worker
	held []*exchange // sent to it and neither answered nor forgotten

	born   int64
	warmUp time.Duration
	cold   float64 // how many times slower at birth
}

const zones = 3

// launch starts a new target, which is not yet registered.
func (e *engine) launch(f *fleet) *server {
	s := &server{fleet: f, address: targetAddress(f.group, f.hosts), zone: f.hosts % zones, listening: true, epoch: 1, born: e.now}
	f.hosts++
	f.servers = append(f.servers, s)
	for _, b := range e.balancers {
		l := &link{balancer: b, server: s, healthy: true}
		l.rtt = e.within(150*time.Microsecond, 400*time.Microsecond)
		if b.zone != s.zone {
			l.rtt += e.within(400*time.Microsecond, 900*time.Microsecond)
		}
		s.links = append(s.links, l)
		b.links[f.group] = append(b.links[f.group], l)
	}
	return s
}

// serve gives a request to a worker, or puts it in line.
func (e *engine) serve(x *exchange) {
	s := x.link.server
	if x.webSocket {
		x.job = jobRunning
		e.queue.add(event{at: e.now + x.service, step: stepServed, x: x, gen: x.jobGen})
		return
	}
	if s.busy >= s.fleet.settings.Workers {
		x.job = jobWaiting
		s.line = append(s.line, x)
		e.expectSilence(x)
		return
	}
	e.work(x)
}

// work has a worker serve a request.
func (e *engine) work(x *exchange) {
	s := x.link.server
	set := s.fleet.settings
	s.busy++
	x.job = jobRunning
	took := x.service
	if age := e.now - s.born; s.warmUp > 0 && age < s.warmUp.Microseconds() {
		left := 1 - float64(age)/float64(s.warmUp.Microseconds())
		took = int64(float64(took) * (1 + float64((s.cold-1)*left)))
	}
	if limit := set.ProxyTimeout.Microseconds(); limit > 0 && took >= limit && x.answer == answerProper {
		took, x.answer = limit+e.within(0, 4*time.Millisecond), answerProxy
	}
	if limit := set.WorkerTimeout.Microseconds(); limit > 0 && took >= limit {
		took, x.answer = limit+e.within(0, set.WorkerGrace), answerKilled
	}
	if e.now+took >= x.sent+e.cfg.IdleTimeout.Microseconds() {
		e.expectSilence(x)
	}
	e.queue.add(event{at: e.now + took, step: stepServed, x: x, gen: x.jobGen})
}

// served is when a worker is done with a request: the next in line gets it.
func (e *engine) served(x *exchange) {
	s := x.link.server
	x.job = jobNone
	if !x.webSocket {
		s.busy--
		if len(s.line) > 0 {
			next := s.line[0]
			s.line = s.line[1:]
			e.work(next)
		}
	}
	switch {
	case x.over:
		e.release(x)
	case x.silent: // the answer is sent again and again
		x.answered = true
	default:
		e.answer(x)
	}
}

// abandonJobs is the end of a process: what it worked on is lost.
func (e *engine) abandonJobs(s *server) {
	s.busy, s.line = 0, nil
	for i := len(s.held) - 1; i >= 0; i-- {
		x := s.held[i]
		x.jobGen++
		x.job = jobNone
		if x.over {
			e.release(x)
		}
	}
}

// kill ends a process at once. The host closes its connections.
func (e *engine) kill(s *server, why Kind) {
	s.listening, s.stopped = false, why
	s.epoch++
	s.cutAt = e.now
	e.abandonJobs(s)
	e.sever(s, nil, TargetCrash, why)
}

// shutDown is SIGTERM to a process that finishes what it has: it accepts no
// connection more and closes the idle ones.
func (e *engine) shutDown(s *server, why Kind) {
	s.listening, s.stopped = false, why
	s.epoch++
	s.cutAt = e.now
	e.after(30*time.Second, func() {
		if !s.listening {
			e.kill(s, why)
		}
	})
}

// reload is a process that closes its idle connections and goes on.
func (e *engine) reload(s *server) {
	s.epoch++
	s.cutAt = e.now
}

// start is a process that listens again.
func (s *server) start() { s.listening = true }

// sever ends the requests in flight to a server, over one link or all, as a
// closed connection does. Web sockets end in order.
func (e *engine) sever(s *server, only *link, cause Cause, fault Kind) {
	for i := len(s.held) - 1; i >= 0; i-- {
		x := s.held[i]
		if x.over || x.silent || only != nil && x.link != only {
			continue
		}
		at := e.now + x.link.rtt/2 + e.within(0, 2*time.Millisecond)
		if x.webSocket {
			e.closeSocket(x, at)
			continue
		}
		e.fail(x, at, 502, cause, fault)
	}
}

// vanish is the end of a host, for its requests as well: nobody says so.
func (e *engine) vanish(s *server, why Kind) {
	s.gone, s.goneAt = why, e.now
	e.abandonJobs(s)
	for _, x := range slices.Backward(s.held) { // a web socket's end takes it from there
		e.silence(x, why)
	}
}

// comeBack is a host that has started again: it knows no connection of before,
// and resets those that are asked for.
func (e *engine) comeBack(s *server) {
	why := s.gone
	s.gone, s.listening = "", true
	s.epoch++
	s.cutAt = e.now
	for _, x := range s.held {
		gen := x.gen
		e.at(retransmission(x.sent, e.now), func() {
			if x.gen == gen {
				e.fail(x, e.now+x.link.rtt, 502, TargetCrash, why)
			}
		})
	}
}

// block drops the packets of a link.
func (e *engine) block(l *link, why Kind) {
	l.blocked, l.blockedAt = why, e.now
	for _, x := range slices.Backward(l.server.held) {
		if x.link == l {
			e.silence(x, why)
		}
	}
}

// unblock lets packets through again; what was not acknowledged is sent again.
func (e *engine) unblock(l *link) {
	l.blocked = ""
	for _, x := range l.server.held {
		if x.link != l || x.over || !x.silent {
			continue
		}
		gen := x.gen
		e.at(retransmission(x.sent, e.now), func() {
			if x.gen != gen {
				return
			}
			if x.silent = false; x.answered {
				e.answer(x)
			} else if x.job == jobNone {
				e.serve(x)
			}
		})
	}
}

// retransmission is when TCP sends again what it first sent at a time, once now
// has come: the pauses double from 200 ms.
func retransmission(sent, now int64) int64 {
	pause := int64(200_000)
	at := sent + pause
	for at < now {
		pause *= 2
		at += pause
	}
	return at
}
