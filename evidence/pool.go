package evidence

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"alblens/parser"
)

// IdleCounts is how long connections to a target group had been idle when requests were sent on them that were
// answered. It is counted where and while connections broke, for comparison.
type IdleCounts struct {
	TargetGroup string
	Counts      [IdleBins]uint64
}

// IdleBins is how many bins there are: eight an octave, from 1/16 s on.
const IdleBins = 136

// IdleBin is the bin of a time, or -1 for less than 1/16 s.
func IdleBin(idle parser.Micros) int {
	const least = 62_500
	if idle < least {
		return -1
	}
	x := uint64(idle) * 16 / 1000 // 1/16 s is 1000
	octave := bits.Len64(x/1000) - 1
	return min(octave*8+int(x*8/(1000<<octave))-8, IdleBins-1)
}

// pools follows the idle connections between nodes and targets, so far as requests tell, and when nodes stopped to send.
type pools struct {
	tails map[talk]*tail
	idle  map[string]*IdleCounts // by target group
	stops []Stop                 // that requests broke after
}

// A tail is how a conversation ended, so far: when the connections came free that were used last, and when the last
// requests were sent, both ascending.
type tail struct{ freed, starts []parser.Timestamp }

const (
	mostTail  = 16
	poolBytes = 240 + 8*mostTail + 8*mostStarts
)

func newPools() pools { return pools{tails: map[talk]*tail{}, idle: map[string]*IdleCounts{}} }

// add works out how long connections had been idle that broke, and remembers which are idle at the end.
func (p *pools) add(c *conversation, base parser.Timestamp) {
	t := p.tails[c.talk]
	if t == nil {
		t = &tail{}
		p.tails[c.talk] = t
	}
	spans := c.spans
	if len(c.failures) == 0 {
		spans = spans[max(0, len(spans)-4*mostTail):]
	}
	var freed []uint32
	for _, s := range spans {
		if s.took&(answered|upgraded) == answered {
			freed = append(freed, s.sent+max(s.duration(), 1)) // later than it was taken
		}
	}
	slices.Sort(freed)
	if len(c.failures) > 0 {
		p.replay(c, freed, t.freed, base)
		p.findStops(c, t.starts, base)
	}
	for _, end := range freed[max(0, len(freed)-mostTail):] {
		t.freed = append(t.freed, base+parser.Timestamp(end)*microsPerMil)
	}
	t.freed = newest(t.freed, mostTail)
	t.starts = newest(append(t.starts, lastStarts(c.spans, 1<<32-1, base)...), mostStarts)
}

// newest sorts a list and keeps the latest.
func newest(list []parser.Timestamp, most int) []parser.Timestamp {
	slices.Sort(list)
	return slices.Delete(list, 0, max(0, len(list)-most))
}

// replay takes the connection used last for each request in turn, as a pool does that wants few connections.
func (p *pools) replay(c *conversation, freed []uint32, before []parser.Timestamp, base parser.Timestamp) {
	order := make([]int, 0, len(c.spans))
	var sent, ends []uint32 // of answered requests, but those too short to be under way when another failed
	for i, s := range c.spans {
		if s.took&unconnected == 0 {
			order = append(order, i)
		}
		if s.took&answered != 0 && s.duration() > 0 {
			sent, ends = append(sent, s.sent), append(ends, s.end())
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(c.spans[a].sent, c.spans[b].sent) })
	slices.Sort(sent)
	slices.Sort(ends)

	broken := map[int]*Failure{}
	for i, f := range c.failures {
		broken[c.broken[i]] = f
	}
	counts := p.countsOf(c.group)
	idle := slices.Clone(before) // connections, by when they came free
	next := 0
	for _, i := range order {
		s := c.spans[i]
		for next < len(freed) && freed[next] <= s.sent {
			idle = append(idle, base+parser.Timestamp(freed[next])*microsPerMil)
			next++
		}
		waited := parser.NoMicros
		now := base + parser.Timestamp(s.sent)*microsPerMil
		if n := len(idle); n > 0 && idle[n-1] <= now {
			waited = parser.Micros(now - idle[n-1])
			idle = idle[:n-1]
		}
		if f := broken[i]; f != nil {
			f.Idle = waited
			f.Survivors = int32(below(sent, s.end()) - below(ends, s.end()+1))
		} else if bin := IdleBin(waited); bin >= 0 && s.took&answered != 0 {
			counts.Counts[bin]++
		}
	}
}

// below is how many of a sorted list are less than x.
func below(list []uint32, x uint32) int {
	i, _ := slices.BinarySearch(list, x)
	return i
}

func (p *pools) countsOf(group string) *IdleCounts {
	c := p.idle[group]
	if c == nil {
		c = &IdleCounts{TargetGroup: group}
		p.idle[group] = c
	}
	return c
}

// resolve finds, for requests whose connection was idle before their log begins, how long it had been.
func (p *pools) resolve(later []*Failure) {
	for _, f := range later {
		if f.Idle != parser.NoMicros || f.Target == "" || !brokeConnection(f) {
			continue
		}
		t := p.tails[talk{f.Node, f.Target}]
		if t == nil {
			continue
		}
		if i, _ := slices.BinarySearch(t.freed, f.Sent()+1); i > 0 {
			f.Idle = parser.Micros(f.Sent() - t.freed[i-1])
		}
	}
}

func (p *pools) merge(o *pools) {
	p.mergeStops(o)
	for key, other := range o.tails {
		mine := p.tails[key]
		if mine == nil {
			p.tails[key] = other
			continue
		}
		mine.freed = newest(append(mine.freed, other.freed...), mostTail)
		mine.starts = newest(append(mine.starts, other.starts...), mostStarts)
	}
	for group, other := range o.idle {
		mine := p.countsOf(group)
		for i, n := range other.Counts {
			mine.Counts[i] += n
		}
	}
	p.fit()
}

// mostTails bounds what is remembered of idle connections. Where there are more pairs of nodes and targets, all are
// forgotten: then only idle times within an object are known.
const mostTails = 8_192

func (p *pools) fit() {
	if len(p.tails) > mostTails {
		clear(p.tails)
	}
}

func (p *pools) freeze() []IdleCounts {
	var list []IdleCounts
	for _, c := range p.idle {
		list = append(list, *c)
	}
	slices.SortFunc(list, func(a, b IdleCounts) int { return strings.Compare(a.TargetGroup, b.TargetGroup) })
	return list
}
