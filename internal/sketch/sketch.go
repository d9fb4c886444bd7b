// Package sketch counts durations so that quantiles of any number of them can be told within 1 %.
//
// Values fall into buckets: one a microsecond below 64, then 64 buckets an octave, so that a bucket's midpoint is
// within 1/128 (0.78 %) of all its values. Counts are integers: sketches of parts add up to the very sketch of the
// whole, in whatever order, and no floating point decides anything.
package sketch

import (
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
// Most keys of a log have few values, so the buckets of the first ones are simply listed.
type Sketch struct {
	count uint64
	max   int64
	few   *[fewMax]Bucket // the first count values, as long as dense is nil
	dense *dense
}

const fewMax = 32 // a cache line

// dense counts values by bucket.
type dense struct {
	pool []uint32     // pages in the order in which they were touched; the low half of each count
	page [pages]uint8 // 1 + the index of the page in pool, 0 for one not touched
	high map[Bucket]uint32
}

const (
	fewBytes   = int(unsafe.Sizeof([fewMax]Bucket{}))
	denseBytes = int(unsafe.Sizeof(dense{}))
)

// Add counts the value v, whose bucket is b, and returns the bytes by which the sketch grew.
func (s *Sketch) Add(v int64, b Bucket) (grown int) {
	n := s.count
	s.count++
	s.max = max(s.max, v)
	if s.dense != nil {
		return s.dense.add(b)
	}
	return s.list(n, b)
}

// list adds a bucket behind n others that are listed.
func (s *Sketch) list(n uint64, b Bucket) (grown int) {
	switch {
	case n < fewMax && s.few != nil:
		s.few[n] = b
		return 0
	case n < fewMax:
		s.few = new([fewMax]Bucket)
		s.few[n] = b
		return fewBytes
	}
	before := s.Bytes()
	s.makeDense(n)
	s.dense.add(b)
	return s.Bytes() - before
}

// makeDense turns the list of n buckets into counts.
func (s *Sketch) makeDense(n uint64) {
	if s.dense != nil {
		return
	}
	s.dense = &dense{}
	for _, b := range s.listed(n) {
		s.dense.add(b)
	}
	s.few = nil
}

func (s *Sketch) listed(n uint64) []Bucket {
	if s.few == nil {
		return nil
	}
	return s.few[:n]
}

func (d *dense) add(b Bucket) (grown int) {
	p := d.page[b/pageSize]
	if p == 0 {
		before := cap(d.pool)
		p = d.newPage(int(b / pageSize))
		grown = (cap(d.pool) - before) * 4
	}
	n := &d.pool[int(p-1)*pageSize+int(b%pageSize)]
	if *n++; *n == 0 {
		d.carry(b, 1)
	}
	return grown
}

func (d *dense) newPage(i int) uint8 {
	d.pool = append(d.pool, make([]uint32, pageSize)...)
	d.page[i] = uint8(len(d.pool) / pageSize)
	return d.page[i]
}

// carry adds to the high half of a count. Only sums over many objects get there.
func (d *dense) carry(b Bucket, n uint32) {
	if d.high == nil {
		d.high = map[Bucket]uint32{}
	}
	d.high[b] += n
}

// touched returns the counts of page i, nil if it was not touched.
func (d *dense) touched(i int) []uint32 {
	p := int(d.page[i])
	if p == 0 {
		return nil
	}
	return d.pool[(p-1)*pageSize : p*pageSize : p*pageSize]
}

// Merge adds o's values to s and returns the bytes by which s grew. o is left as it is.
func (s *Sketch) Merge(o *Sketch) (grown int) {
	before, n := s.Bytes(), s.count
	s.count += o.count
	s.max = max(s.max, o.max)
	switch {
	case o.dense != nil:
		s.makeDense(n)
		s.dense.merge(o.dense)
	case s.dense != nil:
		for _, b := range o.listed(o.count) {
			s.dense.add(b)
		}
	default:
		for i, b := range o.listed(o.count) {
			if s.dense != nil {
				s.dense.add(b)
			} else {
				s.list(n+uint64(i), b)
			}
		}
	}
	return s.Bytes() - before
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
			to = d.touched(i)
		}
		for k, n := range from {
			sum, carry := bits.Add32(to[k], n, 0)
			if to[k] = sum; carry != 0 {
				d.carry(Bucket(i*pageSize+k), 1)
			}
		}
	}
	for b, n := range o.high {
		d.carry(b, n)
	}
}

// Subtract takes away o's values, all of which must have been added to s before. The maximum is within 1 % from then on.
func (s *Sketch) Subtract(o *Sketch) {
	s.makeDense(s.count)
	s.count -= o.count
	from := *o
	from.makeDense(o.count)
	for i := range from.dense.page {
		to := s.dense.touched(i)
		for k, n := range from.dense.touched(i) {
			diff, borrow := bits.Sub32(to[k], n, 0)
			if to[k] = diff; borrow != 0 {
				s.dense.high[Bucket(i*pageSize+k)]--
			}
		}
	}
	for b, n := range from.dense.high {
		s.dense.high[b] -= n
	}
	if s.count > 0 {
		s.max = min(s.max, s.bucketAt(s.count).midpoint())
	} else {
		s.max = 0
	}
}

// Count is the number of values.
func (s *Sketch) Count() uint64 { return s.count }

// Max is the largest value, exactly, and 0 for an empty sketch.
func (s *Sketch) Max() int64 { return s.max }

// Quantile returns a value within 0.8 % of the one at rank ⌈num/den · count⌉ (from 1) of the sorted values, 0 for an
// empty sketch. The rank is exact, never interpolated.
func (s *Sketch) Quantile(num, den uint64) int64 {
	if s.count == 0 {
		return 0
	}
	hi, lo := bits.Mul64(s.count, num)
	rank, rest := bits.Div64(hi, lo, den)
	if rest > 0 {
		rank++
	}
	return min(s.bucketAt(max(rank, 1)).midpoint(), s.max)
}

// bucketAt returns the bucket of the value with the given rank, from 1.
func (s *Sketch) bucketAt(rank uint64) Bucket {
	if s.dense == nil {
		list := slices.Clone(s.listed(s.count))
		slices.Sort(list)
		return list[min(rank, s.count)-1]
	}
	var seen uint64
	for i := range s.dense.page {
		for k, n := range s.dense.touched(i) {
			b := Bucket(i*pageSize + k)
			if seen += uint64(n) + uint64(s.dense.high[b])<<32; seen >= rank {
				return b
			}
		}
	}
	return buckets - 1
}

// Bytes is the memory that the sketch takes beside itself.
func (s *Sketch) Bytes() int {
	switch {
	case s.dense != nil:
		return denseBytes + cap(s.dense.pool)*4
	case s.few != nil:
		return fewBytes
	}
	return 0
}
