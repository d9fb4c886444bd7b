// Package sketch counts durations so that quantiles of any number of them can be told within 1 %.
//
// Values fall into buckets: one a microsecond below 64, then 64 buckets an octave, so that a bucket's midpoint is
// within 1/128 (0.78 %) of all its values. Counts are integers: sketches of parts add up to the very sketch of the
// whole, in whatever order, and no floating point decides anything.
package sketch

import (
	"maps"
	"math/bits"
	"slices"
	"unsafe"
)

const (
	subBits  = 6
	sub      = 1 << subBits // buckets an octave
	maxBits  = 40
	maxValue = 1<<maxBits - 1 // µs, 12.7 days
	buckets  = (maxBits-subBits)*sub + sub

	// Counts live in pages that are made when first touched, so that a key with few values costs little.
	pageSize = 32
	pages    = buckets / pageSize
)

// A Bucket is where a value is counted. Computing it once serves every sketch that the value is added to.
type Bucket uint16

const bucketBytes = int(unsafe.Sizeof(Bucket(0)))

// BucketOf returns the bucket of a value in microseconds. Negative values count as 0, and those above 12.7 days
// as 12.7 days.
func BucketOf(v int64) Bucket {
	if v < sub {
		return Bucket(max(v, 0))
	}
	v = min(v, maxValue)
	octave := bits.Len64(uint64(v)) - 1 - subBits // 0 for 64 to 127
	return Bucket((octave+1)<<subBits + int(uint64(v)>>octave) - sub)
}

// midpoint is the middle of the values that fall into b, in microseconds.
func (b Bucket) midpoint() int64 {
	if b < sub {
		return int64(b)
	}
	octave := int(b)>>subBits - 1
	low := int64(int(b)&(sub-1)+sub) << octave
	return low + (int64(1)<<octave-1)/2
}

// A Sketch is a set of durations. The zero value is empty and ready. It is not safe for concurrent use.
//
// Values are logged first, and counted many at a time: most keys of a log never have more, and for the others one cache
// line is touched instead of three.
type Sketch struct {
	max     int64
	log     []Bucket // of values not counted yet
	room    int      // how long the log may get; there may be more of it, from before a Reset
	counted uint64
	dense   *dense // nil until something is counted; kept by Reset
}

const (
	logMin = 8
	logMax = 128 // as long as what a dense sketch takes anyway
)

// dense counts values by bucket.
type dense struct {
	pool []uint16     // pages in the order in which they were touched; the low part of each count
	page [pages]uint8 // 1 + the index of the page in pool, 0 for one not touched
	high map[Bucket]uint64
}

const (
	lowBits    = 16 // of a count, in pool
	lowBytes   = lowBits / 8
	denseBytes = int(unsafe.Sizeof(dense{}))
)

// Add counts the value v, whose bucket is b, and returns the bytes by which the sketch grew.
func (s *Sketch) Add(v int64, b Bucket) (grown int) {
	s.max = max(s.max, v)
	if len(s.log) == s.room {
		grown = s.makeRoom()
	}
	s.log = append(s.log, b)
	return grown
}

// makeRoom makes the log longer, or counts what is in it.
func (s *Sketch) makeRoom() (grown int) {
	if n := s.room; n < logMax {
		s.room = max(logMin, 4*n)
		if cap(s.log) < s.room {
			s.log = append(make([]Bucket, 0, s.room), s.log...)
		}
		return (s.room - n) * bucketBytes
	}
	before := s.Bytes()
	s.settle()
	return s.Bytes() - before
}

// settle counts what is in the log.
func (s *Sketch) settle() {
	if s.dense == nil {
		s.dense = &dense{}
	}
	s.dense.add(s.log)
	s.counted += uint64(len(s.log))
	s.log = s.log[:0]
}

func (d *dense) add(list []Bucket) {
	for _, b := range list {
		p := d.page[b/pageSize]
		if p == 0 {
			p = d.newPage(int(b / pageSize))
		}
		n := &d.pool[int(p-1)*pageSize+int(b%pageSize)]
		if *n++; *n == 0 {
			d.carry(b, 1)
		}
	}
}

func (d *dense) newPage(i int) uint8 {
	n := len(d.pool)
	if room := poolRoom(n + pageSize); cap(d.pool) < room {
		d.pool = append(make([]uint16, 0, room), d.pool...)
	}
	d.pool = d.pool[:n+pageSize]
	clear(d.pool[n:])
	d.page[i] = uint8(len(d.pool) / pageSize)
	return d.page[i]
}

// poolRoom is the room for n counts: it doubles.
func poolRoom(n int) int {
	if n == 0 {
		return 0
	}
	return 1 << bits.Len(uint(n-1))
}

// carry adds to the high part of a count. Only sums over many objects get there.
func (d *dense) carry(b Bucket, n uint64) {
	if d.high == nil {
		d.high = map[Bucket]uint64{}
	}
	d.high[b] += n
}

// touched returns the counts of page i, nil if it was not touched.
func (d *dense) touched(i int) []uint16 {
	p := int(d.page[i])
	if p == 0 {
		return nil
	}
	return d.pool[(p-1)*pageSize : p*pageSize : p*pageSize]
}

// Merge adds o's values to s and returns the bytes by which s grew. o is left as it is.
func (s *Sketch) Merge(o *Sketch) (grown int) {
	s.max = max(s.max, o.max)
	if o.counted > 0 { // o.dense may be room from before a Reset
		before := s.Bytes()
		if s.dense == nil {
			s.dense = &dense{}
		}
		s.dense.merge(o.dense)
		s.counted += o.counted
		grown = s.Bytes() - before
	}
	for rest := o.log; len(rest) > 0; {
		n := min(len(rest), s.room-len(s.log))
		if n == 0 {
			grown += s.makeRoom()
			continue
		}
		s.log = append(s.log, rest[:n]...)
		rest = rest[n:]
	}
	return grown
}

// Reset makes the sketch empty. It keeps its memory, which counts as taken when it is needed again.
func (s *Sketch) Reset() {
	s.max, s.counted, s.log, s.room = 0, 0, s.log[:0], 0
	if s.dense != nil {
		*s.dense = dense{pool: s.dense.pool[:0]}
	}
}

func (d *dense) merge(o *dense) {
	for i := range o.page {
		from := o.touched(i)
		if from == nil {
			continue
		}
		to := d.touched(i)
		if to == nil {
			d.newPage(i)
			copy(d.touched(i), from)
			continue
		}
		for k, n := range from {
			if to[k] += n; to[k] < n {
				d.carry(Bucket(i*pageSize+k), 1)
			}
		}
	}
	for b, n := range o.high {
		d.carry(b, n)
	}
}

// Subtract takes away the values of others, all of which must have been added to s before. The maximum is within 1 % from
// then on.
func (s *Sketch) Subtract(others ...*Sketch) {
	s.settle()
	for _, o := range others {
		if o.counted > 0 {
			s.dense.subtract(o.dense)
		}
		for _, b := range o.log {
			s.dense.take(b, 1)
		}
		s.counted -= o.Count()
	}
	if s.counted == 0 {
		s.max = 0
		return
	}
	last := s.walk()
	s.max = min(s.max, last.rank(s.counted).midpoint())
}

func (d *dense) subtract(o *dense) {
	for i := range o.page {
		for k, n := range o.touched(i) {
			if n > 0 {
				d.take(Bucket(i*pageSize+k), n)
			}
		}
	}
	for b, n := range o.high {
		d.high[b] -= n
	}
}

// take lowers a count, which is not below n.
func (d *dense) take(b Bucket, n uint16) {
	low := &d.touched(int(b / pageSize))[b%pageSize]
	if *low < n {
		d.high[b]--
	}
	*low -= n
}

// Count is the number of values.
func (s *Sketch) Count() uint64 { return s.counted + uint64(len(s.log)) }

// Max is the largest value, exactly, and 0 for an empty sketch.
func (s *Sketch) Max() int64 { return s.max }

// Quantiles returns for each num, which ascend, a value within 0.8 % of the one at rank ⌈num/den · count⌉ (from 1) of the
// sorted values, 0 for an empty sketch. The rank is exact, never interpolated.
func (s *Sketch) Quantiles(den uint64, nums ...uint64) []int64 {
	out := make([]int64, len(nums))
	if s.Count() == 0 {
		return out
	}
	at := s.walk()
	for i, num := range nums {
		hi, lo := bits.Mul64(s.Count(), num)
		rank, rest := bits.Div64(hi, lo, den)
		if rest > 0 {
			rank++
		}
		out[i] = min(at.rank(max(rank, 1)).midpoint(), s.max)
	}
	return out
}

// A walk goes through the values of a sketch in ascending order.
type walk struct {
	*Sketch
	page int
	seen uint64 // values in the pages before
}

func (s *Sketch) walk() walk {
	if s.counted == 0 {
		slices.Sort(s.log)
	} else {
		s.settle()
	}
	return walk{Sketch: s}
}

// rank returns the bucket of the value with the given rank, from 1, which is none below that of the call before.
func (w *walk) rank(rank uint64) Bucket {
	if w.counted == 0 {
		return w.log[rank-1]
	}
	for ; w.page < pages; w.page++ {
		n := w.dense.inPage(w.page)
		if w.seen+n < rank {
			w.seen += n
			continue
		}
		seen := w.seen
		for k := range pageSize {
			if seen += w.dense.count(w.page, k); seen >= rank {
				return Bucket(w.page*pageSize + k)
			}
		}
	}
	return buckets - 1
}

// inPage returns how many values page i counts.
func (d *dense) inPage(i int) (n uint64) {
	for _, low := range d.touched(i) {
		n += uint64(low)
	}
	if len(d.high) > 0 {
		for k := range pageSize {
			n += d.high[Bucket(i*pageSize+k)] << lowBits
		}
	}
	return n
}

// count returns the count at a place in page i, which was touched.
func (d *dense) count(i, k int) uint64 {
	n := uint64(d.touched(i)[k])
	if len(d.high) > 0 {
		n += d.high[Bucket(i*pageSize+k)] << lowBits
	}
	return n
}

// Bytes is the memory that the sketch needs beside itself. It may take more, from before a Reset.
func (s *Sketch) Bytes() int {
	bytes := s.room * bucketBytes
	if s.counted > 0 {
		bytes += denseBytes + poolRoom(len(s.dense.pool))*lowBytes
	}
	return bytes
}

// Clone returns a copy that shares nothing with s and takes no more memory than it needs.
func (s *Sketch) Clone() Sketch {
	c := Sketch{max: s.max, room: s.room, counted: s.counted}
	if s.room > 0 {
		c.log = append(make([]Bucket, 0, s.room), s.log...)
	}
	if s.counted > 0 {
		pool := make([]uint16, 0, poolRoom(len(s.dense.pool)))
		c.dense = &dense{pool: append(pool, s.dense.pool...), page: s.dense.page, high: maps.Clone(s.dense.high)}
	}
	return c
}
