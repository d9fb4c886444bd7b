package aggregate

import (
	"encoding/binary"
	"unsafe"

	"alblens/parser"
)

// A Set counts records. It is not safe for concurrent use.
type Set struct {
	opts     Options
	reusable bool
	uses     int // how often it was reset
	totals   cell
	missing  map[parser.Status]*[8]uint64
	timeline *timeline // nil unless asked for
	tables   []*table  // in the order of Options.By, without the timeline

	// Records are counted in few cells and these added up later: the tables of fine dimensions take every record, and
	// the blend takes it for the totals, the timeline and the tables of coarse ones.
	fine    []*table
	coarse  [numCoarse]*table // nil where not asked for
	scratch *Scratch          // with the blend; nil until something is added
	apart   int               // records whose targets are left out of the blend
	direct  int               // records that go past the blend

	key  []byte // of the record at hand, for a combination
	path []byte // its path template

	bucket      int64 // of the record before
	bucketStart parser.Timestamp
	timeText    []byte // of timeBucket
	timeBucket  int64
}

// NewSet returns an empty Set.
func NewSet(o Options) *Set {
	o = o.withDefaults()
	s := &Set{opts: o, missing: map[parser.Status]*[8]uint64{}}
	share := o.Limit / len(o.By)
	for _, d := range o.By {
		if d.Is(Time) {
			s.timeline = newTimeline(share)
			continue
		}
		t := newTable(d, share)
		s.tables = append(s.tables, t)
		if i := coarseIndex(d); i >= 0 {
			s.coarse[i] = t
		} else {
			s.fine = append(s.fine, t)
		}
	}
	return s
}

// Use lends an empty Set a scratch until it is closed.
func (s *Set) Use(scratch *Scratch) {
	s.scratch = scratch
	if len(scratch.recent) != len(s.tables) {
		scratch.recent = make([]recent, len(s.tables))
	}
	for i, t := range s.tables {
		t.recent = &scratch.recent[i]
	}
}

// Add counts a record and keeps nothing of it. node is the load balancer node that the object's name tells, for
// lines from before the node was logged; nil if it tells none. It returns a number: records counted with the same Scratch
// that have it in common, unless it is 0, have target, target group and node in common.
func (s *Set) Add(r *parser.Record, node []byte) (route uint64) {
	var d sample
	d.take(r, &s.opts)
	if width := parser.Timestamp(s.opts.Bucket.Microseconds()); d.seen < s.bucketStart || d.seen >= s.bucketStart+width {
		s.bucket = bucketOf(d.seen, int64(width))
		s.bucketStart = parser.Timestamp(s.bucket) * width
	}
	d.bucket = s.bucket
	if d.missing != 0 {
		m := s.missing[r.ELBStatus]
		if m == nil {
			m = new([8]uint64)
			s.missing[r.ELBStatus] = m
		}
		m[d.missing]++
	}
	var values [numCoarse][]byte
	s.coarseValues(&values, r, node)
	if s.direct > 0 {
		s.direct--
		s.addDirect(&values, r, &d)
	} else {
		route = s.addBlended(&values, r, &d)
	}
	s.path = s.path[:0]
	for _, t := range s.fine {
		t.add(s.keyOf(t.dim, r, node, d.bucket), nil, &d)
	}
	return route
}

// coarseValues sets those that are asked for.
func (s *Set) coarseValues(values *[numCoarse][]byte, r *parser.Record, node []byte) {
	if s.coarse[coarseTarget] != nil {
		values[coarseTarget] = orAbsent(r.Text(parser.FieldTarget))
	}
	if s.coarse[coarseGroup] != nil || s.coarse[coarseTarget] != nil {
		values[coarseGroup] = orAbsent(r.Text(parser.FieldTargetGroupARN))
	}
	if s.coarse[coarseHost] != nil {
		values[coarseHost] = orAbsent(r.Host())
	}
	if s.coarse[coarseNode] != nil {
		values[coarseNode] = orAbsent(nodeOf(r, node))
	}
	if s.coarse[coarseLoadBalancer] != nil {
		values[coarseLoadBalancer] = orAbsent(r.Text(parser.FieldELB))
	}
}

// nodeOf is the load balancer node as the record tells, or else as the object's name does; nil if neither.
func nodeOf(r *parser.Record, node []byte) []byte {
	if logged := r.Text(parser.FieldNodeIP); logged != nil {
		return logged
	}
	return node
}

// For how many records targets are left out of the blend, or all of it is given up, where it turned out not to help.
const (
	apartRecords  = 1 << 16
	directRecords = 1 << 14
)

func (s *Set) addBlended(values *[numCoarse][]byte, r *parser.Record, d *sample) (route uint64) {
	if target := s.coarse[coarseTarget]; s.apart > 0 && target != nil {
		s.apart--
		target.add(values[coarseTarget], r.Text(parser.FieldTargetGroupARN), d)
		values[coarseTarget] = nil
	}
	if s.scratch == nil {
		s.scratch = &Scratch{}
	}
	blend := &s.scratch.blend
	e := blend.find(d.bucket, values)
	e.add(d)
	if values[coarseTarget] != nil && values[coarseNode] != nil {
		route = e.number
	}
	if !blend.full() {
		return route
	}
	switch {
	case blend.worthwhile():
	case s.coarse[coarseTarget] != nil && s.apart == 0:
		s.apart = apartRecords
	default:
		s.direct = directRecords
	}
	s.settle()
	return route
}

// addDirect counts a record in every cell that the blend stands for.
func (s *Set) addDirect(values *[numCoarse][]byte, r *parser.Record, d *sample) {
	s.totals.add(d)
	if s.timeline != nil {
		s.timeline.add(d)
	}
	for i, t := range s.coarse {
		if t == nil {
			continue
		}
		var group []byte
		if i == coarseTarget {
			group = r.Text(parser.FieldTargetGroupARN)
		}
		t.add(values[i], group, d)
	}
}

// settle adds the blend up into what it stands for. Targets come first, for what is left of it then is few cells.
func (s *Set) settle() {
	if s.scratch == nil {
		return
	}
	blend := &s.scratch.blend
	for _, e := range blend.entries {
		if e.rest != nil {
			s.coarse[coarseTarget].mergeTarget(e)
			e.rest.merge(&e.cell)
		}
	}
	for _, e := range blend.entries {
		if e.rest != nil {
			continue
		}
		s.totals.merge(&e.cell)
		if s.timeline != nil {
			s.timeline.mergeCell(e.bucket, &e.cell)
		}
		for i, t := range s.coarse {
			if t != nil && i != coarseTarget {
				t.mergeCell(e.values[i], &e.cell)
			}
		}
	}
	blend.reset()
}

// Close ends the use of the scratch, so that another Set may have it.
func (s *Set) Close() {
	s.settle()
	s.scratch = nil
	for _, t := range s.tables {
		if t.recent != nil {
			clear(t.recent[:])
			t.recent = nil
		}
	}
}

// absent is the key of what a record does not have, which in the log is "-".
var absent = []byte("-")

func orAbsent(value []byte) []byte {
	if value == nil {
		return absent
	}
	return value
}

// keyOf is the value itself for a single part, and each part behind its length for several.
func (s *Set) keyOf(d Dimension, r *parser.Record, node []byte, bucket int64) []byte {
	if len(d) == 1 {
		return s.part(d[0], r, node, bucket)
	}
	s.key = s.key[:0]
	for _, p := range d {
		v := s.part(p, r, node, bucket)
		s.key = binary.AppendUvarint(s.key, uint64(len(v)))
		s.key = append(s.key, v...)
	}
	return s.key
}

func (s *Set) part(p Part, r *parser.Record, node []byte, bucket int64) []byte {
	var v []byte
	switch p {
	case Target:
		v = r.Text(parser.FieldTarget)
	case Path:
		if len(s.path) == 0 {
			s.path = s.template(r)
		}
		return s.path
	case Time:
		if s.timeText == nil || s.timeBucket != bucket {
			start := parser.Timestamp(bucket * s.opts.Bucket.Microseconds())
			s.timeText, s.timeBucket = start.Time().AppendFormat(s.timeText[:0], timeLayout), bucket
		}
		return s.timeText
	case TargetGroup:
		v = r.Text(parser.FieldTargetGroupARN)
	case Host:
		v = r.Host()
	case Method:
		v = r.Request().Method
	case LoadBalancer:
		v = r.Text(parser.FieldELB)
	case Node:
		v = nodeOf(r, node)
	case Client:
		v, _ = parser.SplitAddress(r.Text(parser.FieldClient))
	case Status:
		v = r.Text(parser.FieldELBStatus)
	case Rule:
		v = r.Text(parser.FieldRulePriority)
	case UserAgent:
		v = r.Text(parser.FieldUserAgent)
	}
	return orAbsent(v)
}

func (s *Set) template(r *parser.Record) []byte {
	path := r.Path()
	switch {
	case path == nil:
		return append(s.path, absent...)
	case s.opts.Paths == nil:
		return append(s.path, path...)
	}
	return s.opts.Paths.Append(s.path, path)
}

// Bytes is about what the Set takes in memory.
func (s *Set) Bytes() int {
	bytes := 0
	for _, t := range s.tables {
		bytes += t.bytes + t.seriesBytes
	}
	if s.timeline != nil {
		bytes += s.timeline.bytes
	}
	if s.scratch != nil {
		for _, e := range s.scratch.blend.entries {
			bytes += int(unsafe.Sizeof(*e)) + e.pageBytes()
		}
	}
	return bytes
}

// Merge adds o, whose records come after those of s. o must not be used again, but by Reset.
func (s *Set) Merge(o *Set) {
	s.Close()
	o.Close()
	s.totals.merge(&o.totals)
	for status, m := range o.missing {
		if mine := s.missing[status]; mine != nil {
			for i, n := range m {
				mine[i] += n
			}
		} else {
			s.missing[status] = m
		}
	}
	if s.timeline != nil {
		s.timeline.merge(o.timeline)
	}
	for i, t := range s.tables {
		t.merge(o.tables[i])
	}
}
