package evidence

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"alblens/parser"
)

// A Stop is when a load balancer node had sent nothing to a target for a second or more and a request broke that the
// target still had: as when a deregistration delay runs out. Where the requests of a node and target are in several
// objects of the same time, there may be more Stops than it stopped.
type Stop struct {
	Node, Target string
	At           parser.Timestamp   // when the request broke: the node's own, or another's
	Starts       []parser.Timestamp // when the node had sent its last requests before, ascending, at most 12
}

const (
	mostStarts  = 12
	mostStops   = 1024
	stopBytes   = 120 + 8*mostStarts
	leastSilent = parser.Timestamp(1_000_000)
)

// lastStarts is when the last requests were sent that were sent before a time after the base, in milliseconds; ascending.
func lastStarts(spans []span, before uint32, base parser.Timestamp) []parser.Timestamp {
	var last [mostStarts]uint32
	n := 0
	for i := len(spans) - 1; i >= 0; i-- { // nearly the latest first
		x := spans[i].sent
		if x >= before || n == mostStarts && x <= last[0] {
			continue
		}
		at := n
		if n == mostStarts { // the earliest goes
			copy(last[:], last[1:])
			at--
		} else {
			n++
		}
		for ; at > 0 && last[at-1] > x; at-- {
			last[at] = last[at-1]
		}
		last[at] = x
	}
	starts := make([]parser.Timestamp, n)
	for i, x := range last[:n] {
		starts[i] = base + parser.Timestamp(x)*microsPerMil
	}
	return starts
}

// findStops notes where a conversation had stopped before requests of it broke. Earlier are its starts before the spans.
func (p *pools) findStops(c *conversation, earlier []parser.Timestamp, base parser.Timestamp) {
	mine := len(p.stops)
	for _, i := range c.broken {
		s := c.spans[i]
		if parser.Timestamp(s.duration())*microsPerMil < leastSilent || len(p.stops) == mostStops {
			continue
		}
		x := Stop{Node: c.node, Target: c.target, At: base + parser.Timestamp(s.end())*microsPerMil}
		if slices.ContainsFunc(p.stops[mine:], x.same) {
			continue
		}
		x.Starts = lastStarts(c.spans, s.end(), base)
		x.join(earlier)
		if x.silent() >= leastSilent {
			p.stops = append(p.stops, x)
		}
	}
}

// same reports whether two are one: what is in flight is cut within a second.
func (x *Stop) same(o Stop) bool {
	return x.Node == o.Node && x.Target == o.Target && x.At-o.At < leastSilent && o.At-x.At < leastSilent
}

// silent is for how long nothing had been sent.
func (x *Stop) silent() parser.Timestamp {
	if len(x.Starts) == 0 {
		return math.MaxInt64
	}
	return x.At - x.Starts[len(x.Starts)-1]
}

// join adds starts of the same node and target.
func (x *Stop) join(starts []parser.Timestamp) {
	for _, t := range starts {
		if t < x.At {
			x.Starts = append(x.Starts, t)
		}
	}
	x.Starts = newest(x.Starts, mostStarts)
}

// mergeStops takes over those of o, and completes those of either side with what the other knows.
func (p *pools) mergeStops(o *pools) {
	for _, side := range []struct{ of, by *pools }{{p, o}, {o, p}} {
		for i := range side.of.stops {
			x := &side.of.stops[i]
			if t := side.by.tails[talk{x.Node, x.Target}]; t != nil {
				x.join(t.starts)
			}
		}
	}
	p.stops = append(p.stops, o.stops...)
	p.stops = p.stops[:min(len(p.stops), mostStops)]
}

// freezeStops also has the other nodes that had sent to the same targets, so far as they never did again.
func (p *pools) freezeStops() []Stop {
	var list []Stop
	targets := map[string][]Stop{}
	slices.SortFunc(p.stops, compareStops)
	for _, x := range p.stops {
		if x.silent() < leastSilent || slices.ContainsFunc(targets[x.Target], x.same) {
			continue
		}
		list = append(list, x)
		targets[x.Target] = append(targets[x.Target], x)
	}
	for who, t := range p.tails {
		if len(t.starts) == 0 {
			continue
		}
		var mine []Stop
		for _, y := range targets[who.target] {
			x := Stop{Node: who.node, Target: who.target, At: y.At, Starts: t.starts}
			if x.silent() >= leastSilent && !slices.ContainsFunc(targets[who.target], x.same) && !slices.ContainsFunc(mine, x.same) {
				mine = append(mine, x)
			}
		}
		list = append(list, mine...)
	}
	slices.SortFunc(list, compareStops)
	return list
}

func compareStops(a, b Stop) int {
	return cmp.Or(strings.Compare(a.Target, b.Target), cmp.Compare(a.At, b.At), strings.Compare(a.Node, b.Node))
}
