package aggregate

import (
	"cmp"
	"slices"
)

// A point is what one key did in one time slot.
type point struct {
	slot                                  int64
	requests, elb502, elb503, elb504, tgt uint64
}

const pointBytes = 48

// A series is a key's points in the order of their slots. Slots are time buckets shifted right by the table's level.
type series []point

func (s *series) add(slot int64, d *sample) (grown int) {
	p, grown := s.at(slot)
	p.requests++
	if d.byTarget {
		p.tgt++
	}
	if d.byELB {
		switch d.status {
		case 502:
			p.elb502++
		case 503:
			p.elb503++
		case 504:
			p.elb504++
		}
	}
	return grown
}

// addCell adds what was counted in one slot.
func (s *series) addCell(slot int64, c *cell) (grown int) {
	p, grown := s.at(slot)
	p.requests += c.requests
	p.tgt += c.target
	c.statuses(func(n statusCount) {
		switch n.status {
		case 502:
			p.elb502 += n.byELB
		case 503:
			p.elb503 += n.byELB
		case 504:
			p.elb504 += n.byELB
		}
	})
	return grown
}

// at finds the point of a slot, or makes it. Records come nearly in order, so it looks at the last first.
func (s *series) at(slot int64) (p *point, grown int) {
	i := len(*s)
	if i > 0 && (*s)[i-1].slot == slot {
		return &(*s)[i-1], 0
	}
	if i > 0 && (*s)[i-1].slot > slot {
		if i = s.from(slot); (*s)[i].slot == slot {
			return &(*s)[i], 0
		}
	}
	*s = slices.Insert(*s, i, point{slot: slot})
	return &(*s)[i], pointBytes
}

func (p *point) merge(o *point) {
	p.requests += o.requests
	p.elb502 += o.elb502
	p.elb503 += o.elb503
	p.elb504 += o.elb504
	p.tgt += o.tgt
}

// merge adds o, whose slots have the same width, and touches only what comes after o's first: in the order of the plan
// that is little, however long s has become.
func (s *series) merge(o series) (grown int) {
	if len(o) == 0 {
		return 0
	}
	from := s.from(o[0].slot)
	fresh := o.missingIn((*s)[from:])
	i := len(*s) - 1 // of the points that are not placed yet
	*s = append(*s, o[:fresh]...)
	// From the back, so that nothing is overwritten before it has moved.
	for to, k := len(*s)-1, len(o)-1; k >= 0; to-- {
		switch {
		case i < from || (*s)[i].slot < o[k].slot:
			(*s)[to] = o[k]
			k--
		case (*s)[i].slot > o[k].slot:
			(*s)[to] = (*s)[i]
			i--
		default:
			(*s)[to] = (*s)[i]
			(*s)[to].merge(&o[k])
			i, k = i-1, k-1
		}
	}
	return fresh * pointBytes
}

// from is the index of the first point whose slot is not below slot, len(s) if there is none. It looks from the end on.
func (s series) from(slot int64) int {
	high, step := len(s), 1
	for high > 0 && s[high-1].slot >= slot {
		low := max(high-step, 0)
		if s[low].slot < slot {
			i, _ := slices.BinarySearchFunc(s[low:high], slot, func(p point, slot int64) int { return cmp.Compare(p.slot, slot) })
			return low + i
		}
		high, step = low, 2*step
	}
	return high
}

// missingIn is how many points of s have slots that o has not.
func (s series) missingIn(o series) int {
	n := len(s)
	for i, k := 0, 0; i < len(s) && k < len(o); {
		switch {
		case s[i].slot < o[k].slot:
			i++
		case s[i].slot > o[k].slot:
			k++
		default:
			n, i, k = n-1, i+1, k+1
		}
	}
	return n
}

// widen makes the slots 2^levels times as wide.
func (s *series) widen(levels uint) {
	out := (*s)[:0]
	for _, p := range *s {
		p.slot >>= levels
		if n := len(out); n > 0 && out[n-1].slot == p.slot {
			out[n-1].merge(&p)
		} else {
			out = append(out, p)
		}
	}
	if len(out) <= cap(out)/2 {
		out = slices.Clone(out) // gives the memory back
	}
	*s = out
}
