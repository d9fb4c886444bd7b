package simulate

import "time"

// A balancer is a node of the load balancer. Nodes share nothing: each has its
// own connections to targets and its own mind about which are healthy.
type balancer struct {
	index    int
	zone     int
	skew     int64 // of its clock, microseconds
	links    [groups][]*link
	eligible [groups][]*link // that requests go to
	next     [groups]int     // targets are taken in turn
}

// A link is what a node knows of a target, and its idle connections to it.
type link struct {
	balancer *balancer
	server   *server
	rtt      int64 // microseconds
	pool     []pooled

	registered bool
	initial    bool // has not passed a health check yet: one will do
	healthy    bool
	passes     int // in a row
	failures   int

	blocked   Kind // packets are dropped by this Incident; "": by none
	blockedAt int64
	forgets   time.Duration // packets of connections idle for longer are dropped; 0: never
	forgetter Kind          // by this Incident
}

// A pooled connection is open and idle, as far as the node knows.
type pooled struct {
	since int64  // when its last answer was complete
	epoch uint32 // of the server
}

// refresh finds the targets that requests go to: the healthy ones, and where
// none is healthy all that are registered (the node fails open).
func (b *balancer) refresh(g group) {
	eligible := b.eligible[g][:0]
	for _, l := range b.links[g] {
		if l.registered && l.healthy {
			eligible = append(eligible, l)
		}
	}
	if len(eligible) == 0 {
		for _, l := range b.links[g] {
			if l.registered {
				eligible = append(eligible, l)
			}
		}
	}
	b.eligible[g] = eligible
}

// choose takes the next target, nil if the group has none.
func (b *balancer) choose(g group) *link {
	links := b.eligible[g]
	if len(links) == 0 {
		return nil
	}
	b.next[g] = (b.next[g] + 1) % len(links)
	return links[b.next[g]]
}

// dropped says whether packets on the link are, and by which Incident.
func (l *link) dropped() (Kind, bool) {
	if l.server.gone != "" {
		return l.server.gone, true
	}
	return l.blocked, l.blocked != ""
}

// droppedSince is when they began to be.
func (l *link) droppedSince() int64 {
	if l.server.gone != "" {
		return l.server.goneAt
	}
	return l.blockedAt
}

// register makes a target known to all nodes, which begin to check it.
func (e *engine) register(s *server) {
	for _, l := range s.links {
		l.registered, l.initial, l.healthy, l.passes, l.failures = true, true, false, 0, 0
		l.balancer.refresh(s.fleet.group)
		e.watch(l)
	}
}

// deregister starts to drain a target. Nodes hear of it within the lag; when
// the delay has run out, what is still in flight is cut.
func (e *engine) deregister(s *server, lag time.Duration) {
	s.draining = true
	for _, l := range s.links {
		e.at(e.now+e.within(lag/8, lag), func() {
			l.registered = false
			l.balancer.refresh(s.fleet.group)
		})
		e.at(e.now+e.sys.Deregistration.Microseconds()+e.within(0, 20*time.Millisecond), func() {
			if s.draining {
				l.pool = l.pool[:0]
				e.sever(s, l, DeregistrationCut, "")
			}
		})
	}
}

// watch starts the health checks of a target.
func (e *engine) watch(l *link) {
	var check func()
	check = func() {
		if !l.registered {
			return
		}
		e.after(e.sys.HealthInterval, check)
		switch passed, late := e.probe(l); {
		case late:
			e.after(e.sys.HealthTimeout, func() { e.verdict(l, false) })
		default:
			e.verdict(l, passed)
		}
	}
	e.at(e.now+e.within(0, e.sys.HealthInterval), check)
}

// probe is a health check: whether it passes, and whether its answer is late.
// Checks come over connections of their own.
func (e *engine) probe(l *link) (passed, late bool) {
	s := l.server
	_, dropped := l.dropped()
	switch {
	case dropped:
		return false, true
	case s.otherPort: // that of the check is fine
		return true, false
	case !s.listening || s.brokenTLS != "":
		return false, false
	case len(s.line) > 0 && e.now-s.line[0].sent > e.sys.HealthTimeout.Microseconds():
		return false, true // the check stands in line as well
	}
	return true, false
}

// verdict counts a health check, and takes the target in or out.
func (e *engine) verdict(l *link, passed bool) {
	if passed {
		l.passes++
		l.failures = 0
	} else {
		l.failures++
		l.passes = 0
	}
	healthy := l.healthy
	switch {
	case passed && (l.initial || l.passes >= e.sys.HealthyAfter):
		healthy = true
	case l.failures >= e.sys.UnhealthyAfter:
		healthy = false
	}
	l.initial = l.initial && !passed
	if healthy != l.healthy {
		l.healthy = healthy
		l.balancer.refresh(l.server.fleet.group)
	}
}
