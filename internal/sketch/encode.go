package sketch

import (
	"maps"
	"math/bits"
	"slices"

	"alblens/internal/wire"
)

// Encode writes s, and how much room it has: a sketch that is decoded grows as s would have.
func (s *Sketch) Encode(e *wire.Encoder) {
	e.Uint(uint64(s.max))
	e.Len(s.room)
	e.Len(len(s.log))
	for _, b := range s.log {
		e.Fixed16(uint16(b))
	}
	e.Uint(s.counted)
	if s.counted > 0 { // else dense is at most room from before a Reset
		s.dense.encode(e)
	}
}

// MinEncoded is the least number of bytes that a Sketch is written as.
const MinEncoded = 4

// Decode makes an empty sketch what Encode wrote.
func (s *Sketch) Decode(d *wire.Decoder) {
	s.max = d.Count()
	s.room = int(d.Below(logMax + 1))
	n := d.Len(2)
	if n > s.room {
		d.Fail()
		return
	}
	if s.room > 0 {
		s.log = make([]Bucket, n, s.room)
	}
	for i := range s.log {
		s.log[i] = decodeBucket(d, uint64(d.Fixed16()))
	}
	if s.counted = d.Uint(); s.counted > 0 {
		s.dense = &dense{}
		if s.dense.decode(d) != s.counted {
			d.Fail()
		}
	}
}

func decodeBucket(d *wire.Decoder, n uint64) Bucket {
	if n >= buckets {
		d.Fail()
		return 0
	}
	return Bucket(n)
}

func (d *dense) encode(e *wire.Encoder) {
	n := len(d.pool) / pageSize
	var order [pages]int // of the pages in pool
	for i, p := range d.page {
		if p > 0 {
			order[p-1] = i
		}
	}
	e.Len(n)
	for _, i := range order[:n] {
		e.Uint(uint64(i))
		counts := d.touched(i)
		var some uint32 // which counts are not 0
		for k, n := range counts {
			if n != 0 {
				some |= 1 << k
			}
		}
		e.Fixed32(some)
		for ; some != 0; some &= some - 1 {
			e.Uint(uint64(counts[bits.TrailingZeros32(some)]))
		}
	}
	e.Len(len(d.high))
	for _, b := range slices.Sorted(maps.Keys(d.high)) {
		e.Uint(uint64(b))
		e.Uint(d.high[b])
	}
}

// decode returns how many values are counted.
func (d *dense) decode(from *wire.Decoder) (total uint64) {
	n := from.Len(5)
	if n > pages {
		from.Fail()
		return 0
	}
	d.pool = make([]uint16, 0, poolRoom(n*pageSize))
	for range n {
		i := from.Below(pages)
		if d.page[i] != 0 {
			from.Fail()
			return 0
		}
		d.newPage(int(i))
		counts := d.touched(int(i))
		for some := from.Fixed32(); some != 0; some &= some - 1 {
			k := bits.TrailingZeros32(some)
			counts[k] = uint16(from.Below(1 << lowBits))
			total += uint64(counts[k])
		}
	}
	if n := from.Len(2); n > 0 {
		d.high = make(map[Bucket]uint64, n)
		for range n {
			b := decodeBucket(from, from.Uint())
			d.high[b] = from.Uint()
			total += d.high[b] << lowBits
		}
	}
	return total
}
