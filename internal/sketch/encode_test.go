package sketch

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"alblens/internal/wire"
)

func encoded(s *Sketch) []byte {
	var e wire.Encoder
	s.Encode(&e)
	return e.Bytes()
}

// A sketch that was written and read has the same quantiles and takes the same memory, and goes on growing as the other
// does: with none, few and many values, and with more of one than a page counts.
func TestEncode(t *testing.T) {
	for _, n := range []int{0, 1, 7, 8, 9, 127, 128, 129, 1000, 200_000} {
		rnd := rand.New(rand.NewPCG(uint64(n), 3))
		var s, r Sketch
		draw := func() int64 {
			if rnd.IntN(2) == 0 {
				return 1234
			}
			return rnd.Int64N(1 << (1 + rnd.IntN(42)))
		}
		for range n {
			v := draw()
			s.Add(v, BucketOf(v))
		}
		d := wire.NewDecoder(encoded(&s))
		if r.Decode(d); d.Err() != nil {
			t.Fatalf("%d values: %v", n, d.Err())
		}
		for k := range 500 {
			if s.Bytes() != r.Bytes() || !bytes.Equal(encoded(&s), encoded(&r)) {
				t.Fatalf("%d values and %d more: %d bytes of memory, want %d", n, k, r.Bytes(), s.Bytes())
			}
			v := draw()
			if a, b := s.Add(v, BucketOf(v)), r.Add(v, BucketOf(v)); a != b {
				t.Fatalf("%d values and %d more: grown by %d, want %d", n, k, b, a)
			}
		}
		for _, q := range []uint64{1, 50, 90, 99, 100} {
			if a, b := quantile(&s, q, 100), quantile(&r, q, 100); a != b {
				t.Errorf("%d values: p%d is %d, want %d", n, q, b, a)
			}
		}
		if s.Count() != r.Count() || s.Max() != r.Max() {
			t.Errorf("%d values: %d, at most %d; want %d, at most %d", n, r.Count(), r.Max(), s.Count(), s.Max())
		}
	}
}

// Counts that do not add up are refused.
func TestDecodeRefuses(t *testing.T) {
	var s Sketch
	for v := range int64(1000) {
		s.Add(v, BucketOf(v))
	}
	whole := encoded(&s)
	refused := 0
	for i := range whole {
		text := bytes.Clone(whole)
		text[i] ^= 0x01
		var r Sketch
		d := wire.NewDecoder(text)
		if r.Decode(d); d.Err() != nil {
			refused++
		} else if r.Count() != 1000 && len(r.log) == len(s.log) {
			t.Errorf("byte %d: %d values of 1000", i, r.Count())
		}
	}
	if refused < len(whole)/2 {
		t.Errorf("%d of %d faults are noticed", refused, len(whole))
	}
	for i := range whole {
		var r Sketch
		d := wire.NewDecoder(whole[:i])
		if r.Decode(d); d.Err() == nil {
			t.Errorf("%d of %d bytes are enough", i, len(whole))
		}
	}
}
