package aggregate

import (
	"maps"
	"slices"

	"alblens/internal/sketch"
	"alblens/internal/wire"
	"alblens/parser"
)

// EncodeKey writes all of o by which two Sets of the same records may differ.
func (o Options) EncodeKey(e *wire.Encoder) {
	o = o.withDefaults()
	e.Len(len(o.By))
	for _, d := range o.By {
		e.String(d.String())
	}
	e.Int(int64(o.Bucket))
	e.Bool(o.ByCreation)
	e.Bool(o.Paths != nil)
	if o.Paths != nil {
		own := o.Paths.Own()
		e.Len(len(own))
		for _, spec := range own {
			e.String(spec)
		}
	}
	e.Int(int64(o.Limit))
}

// Encode writes all of the Set but its Options. One that is decoded goes on just as s would.
func (s *Set) Encode(e *wire.Encoder) {
	s.Close()
	s.totals.encode(e)
	e.Len(len(s.missing))
	for _, status := range slices.Sorted(maps.Keys(s.missing)) {
		e.Int(int64(status))
		for _, n := range s.missing[status] {
			e.Uint(n)
		}
	}
	if s.timeline != nil {
		s.timeline.encode(e)
	}
	for _, t := range s.tables {
		t.encode(e)
	}
}

// Decode returns a Set as it was written, with the Options that it had.
func Decode(d *wire.Decoder, o Options) *Set {
	s := NewSet(o)
	s.totals.decode(d)
	for range d.Len(9) {
		status, counts := decodeStatus(d), new([8]uint64)
		for i := range counts {
			counts[i] = d.Uint()
		}
		s.missing[status] = counts
	}
	if s.timeline != nil {
		s.timeline.decode(d)
	}
	for _, t := range s.tables {
		t.decode(d)
	}
	return s
}

// Span is the times of the first and the last record, by which they are selected. Without a record both are 0.
func (s *Set) Span() (first, last parser.Timestamp) {
	s.settle()
	return s.totals.first, s.totals.last
}

// Bounds of what is decoded, far above what there is in any log: no arithmetic overflows within them.
const (
	maxTime = 1 << 60 // µs
	maxSlot = 1 << 44 // of a second at least
)

func decodeTime(d *wire.Decoder) parser.Timestamp {
	return parser.Timestamp(decodeWithin(d, maxTime))
}

func decodeWithin(d *wire.Decoder, limit int64) int64 {
	v := d.Int()
	if v <= -limit || v >= limit {
		d.Fail()
		return 0
	}
	return v
}

func decodeStatus(d *wire.Decoder) parser.Status {
	return parser.Status(decodeWithin(d, 1000))
}

// minCell is the least number of bytes that a cell is written as.
const minCell = 14 + 2*sketch.MinEncoded

func (c *cell) encode(e *wire.Encoder) {
	for _, n := range []uint64{c.requests, c.elb5xx, c.target, c.noRequest, c.noTarget, c.noResponse, c.received, c.sent} {
		e.Uint(n)
	}
	e.Bool(c.begun)
	c.status.encode(e)
	e.Len(len(c.others))
	for i := range c.others {
		c.others[i].encode(e)
	}
	e.Int(int64(c.first))
	e.Int(int64(c.last - c.first))
	c.targetTime.Encode(e)
	c.duration.Encode(e)
}

// decode makes an empty cell what encode wrote.
func (c *cell) decode(d *wire.Decoder) {
	for _, n := range []*uint64{&c.requests, &c.elb5xx, &c.target, &c.noRequest, &c.noTarget, &c.noResponse, &c.received, &c.sent} {
		*n = d.Uint()
	}
	c.begun = d.Bool()
	c.status.decode(d)
	if n := d.Len(3); n > 0 {
		c.others = make([]statusCount, n)
		for i := range c.others {
			c.others[i].decode(d)
		}
	}
	c.first = decodeTime(d)
	c.last = c.first + decodeTime(d)
	c.targetTime.Decode(d)
	c.duration.Decode(d)
}

func (n *statusCount) encode(e *wire.Encoder) {
	e.Int(int64(n.status))
	e.Uint(n.all)
	e.Uint(n.byELB)
}

func (n *statusCount) decode(d *wire.Decoder) {
	n.status, n.all, n.byELB = decodeStatus(d), d.Uint(), d.Uint()
}

func (t *timeline) encode(e *wire.Encoder) {
	e.Uint(uint64(t.level))
	e.Len(len(t.cells))
	before := int64(0)
	for _, i := range slices.Sorted(maps.Keys(t.cells)) {
		e.Int(i - before)
		before = i
		t.cells[i].encode(e)
	}
}

// decode makes an empty timeline what encode wrote.
func (t *timeline) decode(d *wire.Decoder) {
	t.level = uint(d.Below(maxLevel + 2))
	i := int64(0)
	for range d.Len(1 + minCell) {
		i = decodeSlot(d, i)
		c := &cell{}
		c.decode(d)
		t.cells[i] = c
		t.bytes += timelineCellBytes + c.pageBytes()
	}
}

// decodeSlot reads a slot by its distance to the one before.
func decodeSlot(d *wire.Decoder, before int64) int64 {
	slot := before + decodeWithin(d, 2*maxSlot)
	if slot <= -maxSlot || slot >= maxSlot {
		d.Fail()
		return 0
	}
	return slot
}

func (t *table) encode(e *wire.Encoder) {
	e.Uint(t.dropped)
	e.Uint(uint64(t.level))
	e.Len(len(t.entries))
	for _, key := range slices.Sorted(maps.Keys(t.entries)) {
		t.entries[key].encode(e)
	}
}

// decode makes an empty table what encode wrote.
func (t *table) decode(d *wire.Decoder) {
	t.dropped = d.Uint()
	t.level = uint(d.Below(maxLevel + 1))
	n := d.Len(4 + minCell)
	t.entries = make(map[string]*entry, n)
	for range n {
		x := &entry{}
		x.decode(d)
		if !t.dim.valid(x.key) {
			d.Fail()
			return
		}
		t.entries[x.key] = x
		t.bytes += x.size()
		t.seriesBytes += len(x.series) * pointBytes
	}
}

// valid reports whether split can undo the key.
func (d Dimension) valid(key string) bool {
	if len(d) == 1 {
		return true
	}
	for range d {
		_, rest, ok := cutValue(key)
		if !ok {
			return false
		}
		key = rest
	}
	return key == ""
}

func (x *entry) encode(e *wire.Encoder) {
	e.Symbol(x.key)
	e.Bool(x.part)
	x.cell.encode(e)
	e.Len(len(x.groups))
	for _, g := range x.groups {
		e.Symbol(g.arn)
		e.Uint(g.requests)
	}
	e.Len(len(x.series))
	before := int64(0)
	for _, p := range x.series {
		e.Int(p.slot - before)
		before = p.slot
		for _, n := range []uint64{p.requests, p.elb502, p.elb503, p.elb504, p.tgt} {
			e.Uint(n)
		}
	}
}

func (x *entry) decode(d *wire.Decoder) {
	x.key, x.part = d.Symbol(), d.Bool()
	x.cell.decode(d)
	for range d.Len(2) {
		x.groups = append(x.groups, groupCount{d.Symbol(), d.Uint()})
	}
	n := d.Len(6)
	if n == 0 {
		return
	}
	x.series = make(series, n)
	slot := int64(0)
	for i := range x.series {
		next := decodeSlot(d, slot)
		if i > 0 && next <= slot {
			d.Fail()
			return
		}
		slot = next
		x.series[i] = point{slot: slot, requests: d.Uint(), elb502: d.Uint(), elb503: d.Uint(), elb504: d.Uint(), tgt: d.Uint()}
	}
}
