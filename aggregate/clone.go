package aggregate

import "slices"

// Clone returns a copy that shares nothing with s that either of them changes.
func (s *Set) Clone() *Set {
	s.Close()
	c := NewSet(s.opts)
	c.totals = s.totals.clone()
	for status, m := range s.missing {
		c.missing[status] = new(*m)
	}
	if s.timeline != nil {
		c.timeline.bytes, c.timeline.level = s.timeline.bytes, s.timeline.level
		for bucket, cell := range s.timeline.cells {
			c.timeline.cells[bucket] = new(cell.clone())
		}
	}
	for i, t := range s.tables {
		t.cloneInto(c.tables[i])
	}
	return c
}

// cloneInto fills an empty table of the same dimension and limit.
func (t *table) cloneInto(c *table) {
	c.bytes, c.dropped, c.seriesBytes, c.level = t.bytes, t.dropped, t.seriesBytes, t.level
	for key, e := range t.entries {
		c.entries[key] = e.clone()
	}
}

func (e *entry) clone() *entry {
	return &entry{key: e.key, cell: e.cell.clone(), series: slices.Clone(e.series), groups: slices.Clone(e.groups), part: e.part}
}

func (c *cell) clone() cell {
	x := *c
	x.others, x.targetTime, x.duration = slices.Clone(c.others), c.targetTime.Clone(), c.duration.Clone()
	return x
}
