package simulate

import (
	"math"
	"time"
)

// plan puts an incident on the calendar. Those that change how a request goes
// are asked for as it comes; see ongoing.
func (e *engine) plan(v *Incident) {
	begin := e.now + v.From.Microseconds()
	end := begin + v.For.Microseconds()
	g, _ := groupByName(v.Group)
	f := e.fleets[g]
	span := func(first, last func(*server)) {
		var hit []*server // those of the begin are those of the end
		e.at(begin, func() {
			hit = f.hit(v)
			for _, s := range hit {
				first(s)
			}
		})
		e.at(end, func() {
			for _, s := range hit {
				last(s)
			}
		})
	}
	links := func(change func(*link)) func(*server) {
		return func(s *server) {
			for _, l := range s.links {
				if v.onNode(l.balancer.index) {
					change(l)
				}
			}
		}
	}
	switch v.Kind {
	case Crash:
		span(func(s *server) { e.kill(s, Crash) }, (*server).start)
	case ServiceDown:
		span(func(s *server) { s.otherPort = true; e.kill(s, ServiceDown) }, func(s *server) { s.otherPort = false; s.start() })
	case HostDead:
		span(func(s *server) { e.vanish(s, HostDead) }, e.comeBack)
	case Blocked:
		span(links(func(l *link) { e.block(l, Blocked) }), links(e.unblock))
	case Firewall:
		span(links(func(l *link) { l.forgets, l.forgetter = v.Limit, Firewall }), links(func(l *link) { l.forgets = 0 }))
	case BrokenTLS:
		span(func(s *server) { s.brokenTLS = BrokenTLS; e.reload(s) }, func(s *server) { s.brokenTLS = ""; e.reload(s) })
	case Deploy:
		e.at(begin, func() { e.deploy(f, v) })
	case Emptied:
		var all []*server
		e.at(begin, func() {
			all = f.current
			f.down = Emptied
			for _, s := range all {
				e.deregister(s, v.Lag)
			}
		})
		e.at(end, func() {
			f.down = ""
			for _, s := range all {
				s.draining = false
				e.register(s)
			}
		})
	case Attack:
		e.at(begin, func() { e.random(v, e.attack) })
	case BadClients:
		e.at(begin, func() { e.random(v, e.badRequest) })
	}
}

// hit are the targets that an incident is of.
func (f *fleet) hit(v *Incident) []*server {
	if v.Targets == nil {
		return f.current
	}
	var hit []*server
	for _, i := range v.Targets {
		hit = append(hit, f.servers[i])
	}
	return hit
}

// ongoing are the incidents of a kind at this time.
func (e *engine) ongoing(kind Kind) []*Incident {
	var found []*Incident
	since := time.Duration(e.now-e.cfg.Start.UnixMicro()) * time.Microsecond
	for i := range e.sys.Incidents {
		if v := &e.sys.Incidents[i]; v.Kind == kind && v.at(since) {
			found = append(found, v)
		}
	}
	return found
}

// deploy replaces the targets of a fleet, a batch at a time.
func (e *engine) deploy(f *fleet, v *Incident) {
	old := f.current
	f.current = nil
	stop := v.Stop
	setDefault(&stop, e.sys.Deregistration+5*time.Second)
	var batch func()
	batch = func() {
		n := min(v.Batch, len(old))
		leaving := old[:n]
		old = old[n:]
		for range leaving {
			s := e.launch(f)
			s.warmUp, s.cold = v.WarmUp, v.Factor
			f.current = append(f.current, s)
			e.register(s)
		}
		e.after(v.Settle, func() {
			for _, s := range leaving {
				e.replace(s, v, stop)
			}
			if len(old) > 0 {
				e.at(e.now+e.within(time.Second, 5*time.Second), batch)
			}
		})
	}
	if len(old) > 0 {
		batch()
	}
}

// replace deregisters a target and stops its process, in the order of the two
// that stop says.
func (e *engine) replace(s *server, v *Incident, stop time.Duration) {
	e.after(max(0, -stop), func() { e.deregister(s, v.Lag) })
	e.after(max(0, stop), func() {
		if v.Graceful {
			e.shutDown(s, Deploy)
		} else {
			e.kill(s, Deploy)
		}
		if v.Vanish {
			e.at(e.now+e.within(500*time.Millisecond, 2*time.Second), func() { e.vanish(s, Deploy) })
		}
	})
}

// afflict applies what goes on to a request whose target is chosen.
func (e *engine) afflict(x *exchange) {
	if x.route == nil {
		return
	}
	since := time.Duration(e.now-e.cfg.Start.UnixMicro()) * time.Microsecond
	for i := range e.sys.Incidents {
		v := &e.sys.Incidents[i]
		switch v.Kind {
		case Slow, Malformed, Truncated, Failing:
		default:
			continue
		}
		if !v.at(since) || v.Group != groupNames[x.group] || v.Path != "" && v.Path != x.route.path || !e.onTarget(v, x.link.server) || !e.chance(v.Share) {
			continue
		}
		x.rec.fault = v.Kind
		switch {
		case v.Kind == Malformed:
			x.answer = answerMalformed
		case v.Kind == Truncated:
			x.answer = answerTruncated
		case v.Kind == Failing:
			x.status, x.size, x.failing = v.Status, 180, true
		case v.Median > 0:
			normal := e.rng.NormFloat64()
			x.service = max(x.service, int64(float64(v.Median.Microseconds())*math.Exp(v.Sigma*normal)))
		default:
			x.service = int64(float64(x.service) * v.Factor)
		}
	}
}

func (e *engine) onTarget(v *Incident, s *server) bool {
	if v.Targets == nil {
		return true
	}
	for _, i := range v.Targets {
		if s.fleet.servers[i] == s {
			return true
		}
	}
	return false
}
