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
		var found bool
		i, found = slices.BinarySearchFunc(*s, slot, func(p point, slot int64) int { return cmp.Compare(p.slot, slot) })
		if found {
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

// merge adds o, whose slots have the same width. Both are sorted, so it is linear.
func (s *series) merge(o series) (grown int) {
	if len(o) == 0 {
		return 0
	}
	if n := len(*s); n == 0 || (*s)[n-1].slot < o[0].slot {
		*s = append(*s, o...)
		return len(o) * pointBytes
	}
	merged := make(series, 0, len(*s)+len(o))
	a, b := *s, o
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0].slot < b[0].slot:
			merged, a = append(merged, a[0]), a[1:]
		case a[0].slot > b[0].slot:
			merged, b = append(merged, b[0]), b[1:]
		default:
			p := a[0]
			p.merge(&b[0])
			merged, a, b = append(merged, p), a[1:], b[1:]
		}
	}
	merged = append(append(merged, a...), b...)
	grown = (len(merged) - len(*s)) * pointBytes
	*s = merged
	return grown
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
