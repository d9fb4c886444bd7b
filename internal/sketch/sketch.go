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
	pageSize = 16
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
	page  [pages]uint8 // 1 + the index of the page in pool, 0 for one not touched
	pool  []uint64     // pages in the order in which they were touched
	made  []uint8      // which page each of them is
}

// PageBytes is what Add's new page costs in memory.
const PageBytes = pageSize * 8

// Add counts the value v, whose bucket is b, and returns the bytes by which the sketch grew.
func (s *Sketch) Add(v int64, b Bucket) (grown int) {
	s.count++
	s.max = max(s.max, v)
	p := s.page[b/pageSize]
	if p == 0 {
		p = s.newPage(b / pageSize)
		grown = PageBytes
	}
	s.pool[int(p-1)*pageSize+int(b%pageSize)]++
	return grown
}

func (s *Sketch) newPage(i Bucket) uint8 {
	s.pool = append(s.pool, make([]uint64, pageSize)...)
	s.made = append(s.made, uint8(i))
	s.page[i] = uint8(len(s.made))
	return s.page[i]
}

// Merge adds o's values to s and returns the bytes by which s grew. o is left as it is.
func (s *Sketch) Merge(o *Sketch) (grown int) {
	s.count += o.count
	s.max = max(s.max, o.max)
	for p, i := range o.made {
		q := s.page[i]
		if q == 0 {
			q = s.newPage(Bucket(i))
			grown += PageBytes
		}
		from := o.pool[p*pageSize:][:pageSize]
		to := s.pool[int(q-1)*pageSize:][:pageSize]
		for k, n := range from {
			to[k] += n
		}
	}
	return grown
}

// Subtract takes away o's values, all of which must have been added to s before. The maximum stays as it is.
func (s *Sketch) Subtract(o *Sketch) {
	s.count -= o.count
	for p, i := range o.made {
		from := o.pool[p*pageSize:][:pageSize]
		to := s.pool[int(s.page[i]-1)*pageSize:][:pageSize]
		for k, n := range from {
			to[k] -= n
		}
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
	for i, p := range s.page {
		if p == 0 {
			continue
		}
		for k, n := range s.pool[int(p-1)*pageSize:][:pageSize] {
			if seen += n; seen >= rank {
				return min(Bucket(i*pageSize+k).midpoint(), s.max)
			}
		}
	}
	return s.max
}

// Bytes is the memory that the pages take.
func (s *Sketch) Bytes() int { return len(s.pool) * 8 }
