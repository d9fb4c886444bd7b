// Package sketch counts durations so that quantiles of any number of them can be told within 1 %.
//
// Values fall into buckets: one a microsecond below 64, then 64 buckets an octave, so that a bucket's midpoint is
// within 1/128 (0.78 %) of all its values. Counts are integers: sketches of parts add up to the very sketch of the
// whole, in whatever order, and no floating point decides anything.
package sketch

import "math/bits"

const (
	subBits  = 6
	sub      = 1 << subBits // buckets an octave
	maxValue = 1<<34 - 1    // µs, 4.7 hours; the longest idle timeout is 4000 s
	buckets  = (34-subBits)*sub + sub

	// Counts live in pages that are made when first touched, so that a key with few values costs little.
	pageSize = 32
	pages    = buckets / pageSize
)

// A Bucket is where a value is counted. Computing it once serves every sketch that the value is added to.
type Bucket uint16

// BucketOf returns the bucket of a value in microseconds. Negative values count as 0, and those above 4.7 hours
// as 4.7 hours.
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
type Sketch struct {
	count uint64
	max   int64
	pool  []uint32     // pages in the order in which they were touched; the low half of each count
	page  [pages]uint8 // 1 + the index of the page in pool, 0 for one not touched
	high  map[Bucket]uint32
}

// PageBytes is what Add's new page costs in memory.
const PageBytes = pageSize * 4

// Add counts the value v, whose bucket is b, and returns the bytes by which the sketch grew.
func (s *Sketch) Add(v int64, b Bucket) (grown int) {
	s.count++
	s.max = max(s.max, v)
	p := s.page[b/pageSize]
	if p == 0 {
		p = s.newPage(int(b / pageSize))
		grown = PageBytes
	}
	n := &s.pool[int(p-1)*pageSize+int(b%pageSize)]
	if *n++; *n == 0 {
		s.carry(b, 1)
	}
	return grown
}

func (s *Sketch) newPage(i int) uint8 {
	s.pool = append(s.pool, make([]uint32, pageSize)...)
	s.page[i] = uint8(len(s.pool) / pageSize)
	return s.page[i]
}

// carry adds to the high half of a count. Only sums over many objects get there.
func (s *Sketch) carry(b Bucket, n uint32) {
	if s.high == nil {
		s.high = map[Bucket]uint32{}
	}
	s.high[b] += n
}

// touched returns the counts of page i, nil if it was not touched.
func (s *Sketch) touched(i int) []uint32 {
	p := int(s.page[i])
	if p == 0 {
		return nil
	}
	return s.pool[(p-1)*pageSize : p*pageSize : p*pageSize]
}

// Merge adds o's values to s and returns the bytes by which s grew. o is left as it is.
func (s *Sketch) Merge(o *Sketch) (grown int) {
	s.count += o.count
	s.max = max(s.max, o.max)
	for i := range o.page {
		from := o.touched(i)
		if from == nil {
			continue
		}
		to := s.touched(i)
		if to == nil {
			s.newPage(i)
			to = s.touched(i)
			grown += PageBytes
		}
		for k, n := range from {
			sum, carry := bits.Add32(to[k], n, 0)
			if to[k] = sum; carry != 0 {
				s.carry(Bucket(i*pageSize+k), 1)
			}
		}
	}
	for b, n := range o.high {
		s.carry(b, n)
	}
	return grown
}

// Subtract takes away o's values, all of which must have been added to s before. The maximum stays as it is.
func (s *Sketch) Subtract(o *Sketch) {
	s.count -= o.count
	for i := range o.page {
		from := o.touched(i)
		if from == nil {
			continue
		}
		to := s.touched(i)
		for k, n := range from {
			diff, borrow := bits.Sub32(to[k], n, 0)
			if to[k] = diff; borrow != 0 {
				s.high[Bucket(i*pageSize+k)]--
			}
		}
	}
	for b, n := range o.high {
		s.high[b] -= n
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
	rank = max(rank, 1)
	var seen uint64
	for i := range s.page {
		for k, n := range s.touched(i) {
			b := Bucket(i*pageSize + k)
			if seen += uint64(n) + uint64(s.high[b])<<32; seen >= rank {
				return min(b.midpoint(), s.max)
			}
		}
	}
	return s.max
}

// Bytes is the memory that the pages take.
func (s *Sketch) Bytes() int { return len(s.pool) * 4 }
