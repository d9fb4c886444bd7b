package simulate

import (
	"math/rand/v2"
	"time"
)

// An engine runs a System: time goes from event to event. All times in it are
// microseconds since 1970, and true; only what a node logs goes by its clock.
type engine struct {
	cfg   Config
	sys   *System
	site  *model     // draws what clients ask for
	rng   *rand.Rand // of the mechanism, so that it does not disturb what clients ask for
	now   int64
	end   int64
	queue queue

	balancers []*balancer
	fleets    [groups]*fleet
	lambda    sideGroup
	rpc       sideGroup

	free []*exchange
	emit func(*record, int)

	// Every request becomes one line, or is under way when the log ends.
	arrived, logged, late int
}

// A fleet is the targets of a group.
type fleet struct {
	group    group
	settings *Server
	servers  []*server // that are registered, and then those that were
	current  []*server // that a deploy would replace
	hosts    int       // addresses given out
	down     Kind      // the Incident that has deregistered all
}

func newEngine(cfg Config, emit func(*record, int)) *engine {
	e := &engine{
		cfg: cfg, sys: cfg.System, site: newModel(cfg), rng: newRNG(cfg.Seed, streamMechanism),
		now: cfg.Start.UnixMicro(), end: cfg.Start.Add(cfg.Duration).UnixMicro(), emit: emit,
	}
	e.lambda, e.rpc = newSideGroup(cfg, "fn"), newSideGroup(cfg, "rpc")
	for i := range cfg.Nodes {
		b := &balancer{index: i, zone: i % zones, next: [groups]int{e.rng.IntN(64), e.rng.IntN(64)}}
		b.skew = e.within(-e.sys.ClockSkew, e.sys.ClockSkew)
		e.balancers = append(e.balancers, b)
	}
	for g := range groups {
		f := &fleet{group: group(g), settings: e.sys.server(group(g))}
		e.fleets[g] = f
		for range cfg.targetsOf(group(g)) {
			s := e.launch(f)
			f.current = append(f.current, s)
			for _, l := range s.links {
				l.registered, l.initial = true, false
				e.watch(l)
			}
		}
		for _, b := range e.balancers {
			b.refresh(group(g))
		}
	}
	for i := range e.sys.Incidents {
		e.plan(&e.sys.Incidents[i])
	}
	e.startVisitors()
	return e
}

// runUntil handles the events before a time.
func (e *engine) runUntil(end int64) {
	for len(e.queue.heap) > 0 && e.queue.heap[0].at < end {
		ev := e.queue.next()
		e.now = ev.at
		if ev.step == stepDo {
			ev.do()
			continue
		}
		e.step(ev)
	}
	e.now = end
}

// at has something done at a time.
func (e *engine) at(when int64, do func()) { e.queue.add(event{at: when, do: do}) }

// after has something done later.
func (e *engine) after(d time.Duration, do func()) { e.at(e.now+d.Microseconds(), do) }

// within draws a time between two, in microseconds.
func (e *engine) within(from, to time.Duration) int64 {
	return from.Microseconds() + int64(e.rng.Float64()*float64((to-from).Microseconds()))
}

func (e *engine) chance(share float64) bool {
	return share >= 1 || share > 0 && e.rng.Float64() < share
}

// generateSystem is generate for the discrete-event model.
func generateSystem(cfg Config, yield func(Object) bool) {
	p := newPacker(cfg)
	e := newEngine(cfg, func(r *record, node int) { p.add(r, node) })
	slack := cfg.System.ClockSkew.Microseconds() + 1 // a clock that is late dates a line back
	for number := slotOf(cfg.Start.UnixMicro()) - 1; ; number++ {
		closes := (number+1)*slotWidth.Microseconds() + slack
		e.runUntil(min(closes, e.end))
		if !p.close(number, e.site.nodes, yield) {
			return
		}
		if closes >= e.end+slotWidth.Microseconds() {
			return
		}
	}
}
