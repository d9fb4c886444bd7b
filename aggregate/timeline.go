package aggregate

import (
	"maps"
	"slices"

	"alblens/parser"
)

// A timeline holds a cell for each time bucket. Instead of dropping any when it is full, it makes the buckets twice as
// wide, so that its final width depends on the records alone.
type timeline struct {
	limit    int // bytes
	bytes    int
	level    uint // buckets are 1<<level of the base width
	cells    map[int64]*cell
	spare    spares[cell] // of a reusable Set
	reusable bool
}

const timelineCellBytes = cellBytes + 16

// minTimeline is room for a few cells with all their pages and statuses: a cell that does not fit cannot be helped by
// wider buckets.
const minTimeline = 256 << 10

func newTimeline(limit int) *timeline {
	return &timeline{limit: max(limit, minTimeline), cells: map[int64]*cell{}}
}

// at returns the cell for a bucket of the base width.
func (t *timeline) at(bucket int64) *cell {
	c := t.cells[bucket>>t.level]
	if c == nil {
		c = t.spare.take()
		t.cells[bucket>>t.level] = c
		t.bytes += timelineCellBytes
	}
	return c
}

// reset empties the timeline and keeps its memory.
func (t *timeline) reset() {
	for _, c := range t.cells {
		c.reset()
		t.spare = append(t.spare, c)
	}
	clear(t.cells)
	t.bytes, t.level = 0, 0
}

func (t *timeline) add(s *sample) {
	if t.bytes += t.at(s.bucket).add(s); t.bytes > t.limit {
		t.widen(t.level + 1)
	}
}

// mergeCell adds c, which is left as it is, to a bucket of the base width.
func (t *timeline) mergeCell(bucket int64, c *cell) {
	if t.bytes += t.at(bucket).merge(c); t.bytes > t.limit {
		t.widen(t.level + 1)
	}
}

// widen goes to the given level, or to the first above it that fits.
func (t *timeline) widen(level uint) {
	for ; level <= maxLevel; level++ {
		old, by := t.cells, level-t.level
		t.cells, t.level, t.bytes = map[int64]*cell{}, level, 0
		for _, i := range slices.Sorted(maps.Keys(old)) { // how much a sum takes depends on its order
			c := old[i]
			if mine := t.cells[i>>by]; mine != nil {
				t.bytes += mine.merge(c)
			} else {
				t.cells[i>>by] = c
				t.bytes += timelineCellBytes + c.pageBytes()
			}
		}
		if t.bytes <= t.limit {
			return
		}
	}
}

// merge moves o's cells into t, or copies of them. o must not be used again, but by reset.
func (t *timeline) merge(o *timeline) {
	for t.level != o.level {
		if t.level < o.level {
			t.widen(o.level)
		} else {
			o.widen(t.level)
		}
	}
	for i, c := range o.cells {
		if mine := t.cells[i]; mine != nil {
			t.bytes += mine.merge(c)
		} else {
			if o.reusable {
				c = new(c.clone())
			}
			t.cells[i] = c
			t.bytes += timelineCellBytes + c.pageBytes()
		}
	}
	if t.bytes > t.limit {
		t.widen(t.level + 1)
	}
}

// maxRows bounds how many rows, empty ones included, a timeline is frozen to: a month of minutes.
const maxRows = 31 * 24 * 60

// freeze returns one row a bucket, from the first to the last. When records lie so far apart that there would be more
// than maxRows, the buckets are widened first.
func (t *timeline) freeze(base int64) (rows []Row, width int64) {
	if len(t.cells) == 0 {
		return nil, base << t.level
	}
	first, last := t.span()
	for by := uint(0); ; by++ {
		if last>>by-first>>by < maxRows {
			if by > 0 {
				t.widen(t.level + by)
				first, last = t.span()
			}
			break
		}
	}
	width = base << t.level
	rows = make([]Row, 0, last-first+1)
	for i := first; i <= last; i++ {
		start := parser.Timestamp(i * width).Time()
		row := Row{Values: []Value{{Text: start.Format(timeLayout)}}, Start: start}
		if c := t.cells[i]; c != nil {
			row.Stats = c.freeze()
		}
		rows = append(rows, row)
	}
	return rows, width
}

func (t *timeline) span() (first, last int64) {
	begun := false
	for i := range t.cells {
		if !begun {
			first, last, begun = i, i, true
		}
		first, last = min(first, i), max(last, i)
	}
	return first, last
}

func (c *cell) pageBytes() int {
	return len(c.others)*statusBytes + c.targetTime.Bytes() + c.duration.Bytes()
}
