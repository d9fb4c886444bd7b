package sketch

import (
	"math/rand/v2"
	"slices"
	"testing"
)

// Every value up to 2^20 µs and samples beyond: its bucket's midpoint must be within 1 % of it, and buckets must not
// fall as values rise.
func TestBucketError(t *testing.T) {
	check := func(v int64) {
		t.Helper()
		mid := BucketOf(v).midpoint()
		if diff := max(mid-v, v-mid); diff*100 > v {
			t.Fatalf("value %d µs: midpoint %d is off by more than 1 %%", v, mid)
		}
	}
	last := Bucket(0)
	for v := int64(0); v < 1<<20; v++ {
		check(v)
		if b := BucketOf(v); b < last || b > last+1 {
			t.Fatalf("value %d µs: bucket %d after %d", v, b, last)
		} else {
			last = b
		}
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		check(r.Int64N(maxValue))
	}
	if got := BucketOf(maxValue); int(got) != buckets-1 {
		t.Errorf("bucket of the largest value = %d, want the last, %d", got, buckets-1)
	}
	if BucketOf(maxValue*8) != BucketOf(maxValue) || BucketOf(-5) != 0 {
		t.Error("values out of range must count as the nearest in range")
	}
}

func TestQuantileAgainstSorted(t *testing.T) {
	for seed := range uint64(20) {
		r := rand.New(rand.NewPCG(seed, 0))
		var s Sketch
		values := make([]int64, 1+r.IntN(5000))
		for i := range values {
			values[i] = int64(1000 * r.ExpFloat64() * float64(1+r.IntN(1000)))
			s.Add(values[i], BucketOf(values[i]))
		}
		slices.Sort(values)
		percents := []uint64{0, 1, 50, 50, 90, 99, 100}
		all := s.Quantiles(100, percents...)
		for i, q := range percents {
			rank := max((uint64(len(values))*q+99)/100, 1) // ceil, from 1
			want := values[rank-1]
			got := quantile(&s, q, 100)
			if all[i] != got {
				t.Errorf("seed %d: p%d is %d µs alone, %d among others", seed, q, got, all[i])
			}
			if diff := max(got-want, want-got); diff*100 > want {
				t.Errorf("seed %d: p%d of %d values = %d µs, want %d within 1 %%", seed, q, len(values), got, want)
			}
		}
		if s.Max() != values[len(values)-1] || s.Count() != uint64(len(values)) {
			t.Errorf("seed %d: max %d count %d, want %d and %d", seed, s.Max(), s.Count(), values[len(values)-1], len(values))
		}
	}
}

// Splitting the values over any number of sketches, merged in any order, changes nothing; subtracting undoes it.
func TestMergeSubtract(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var whole Sketch
	parts := make([]Sketch, 7)
	for range 20_000 {
		v := r.Int64N(1 << r.IntN(34))
		whole.Add(v, BucketOf(v))
		parts[r.IntN(len(parts))].Add(v, BucketOf(v))
	}
	var merged Sketch
	for _, i := range r.Perm(len(parts)) {
		merged.Merge(&parts[i])
	}
	same := func(a, b *Sketch) {
		t.Helper()
		for q := range uint64(101) {
			if quantile(a, q, 100) != quantile(b, q, 100) || a.Count() != b.Count() {
				t.Fatalf("p%d: %d of %d values, want %d of %d", q, quantile(a, q, 100), a.Count(), quantile(b, q, 100), b.Count())
			}
		}
	}
	same(&merged, &whole)

	var rest Sketch
	for i := range parts[2:] {
		rest.Merge(&parts[2+i])
	}
	merged.Subtract(&parts[0], &parts[1])
	closeTo(t, merged.Max(), rest.Max())
	merged.max = rest.max
	same(&merged, &rest)
}

// Counts beyond 16 bits carry over, when added, merged and subtracted.
func TestCarry(t *testing.T) {
	var s Sketch
	s.Add(7, BucketOf(7))
	s.settle()
	s.dense.pool[7], s.counted = 1<<16-1, 1<<16-1 // as if it had been added so often
	s.Add(7, BucketOf(7))
	for range 10 {
		s.Add(9, BucketOf(9))
	}
	check := func(what string, s *Sketch, sevens, nines uint64) {
		t.Helper()
		if s.Count() != sevens+nines {
			t.Fatalf("%s: %d values, want %d", what, s.Count(), sevens+nines)
		}
		// the rank of the last seven, and the one behind it
		if a, b := quantile(s, sevens, sevens+nines), quantile(s, sevens+1, sevens+nines); a != 7 || b != 9 {
			t.Fatalf("%s: ranks %d and %d are %d and %d µs, want 7 and 9", what, sevens, sevens+1, a, b)
		}
	}
	check("added", &s, 1<<16, 10)
	var twice Sketch
	twice.Merge(&s)
	twice.Merge(&s)
	check("merged", &twice, 2<<16, 20)
	twice.Subtract(&s)
	check("subtracted", &twice, 1<<16, 10)

	var nearly, one Sketch
	nearly.Add(7, BucketOf(7))
	nearly.settle()
	nearly.dense.pool[7], nearly.counted = 1<<16-1, 1<<16-1
	one.Add(7, BucketOf(7))
	one.Add(9, BucketOf(9))
	nearly.Merge(&one)
	check("carried by a merge", &nearly, 1<<16, 1)
	nearly.Subtract(&one)
	if d := nearly.dense; d.pool[7] != 1<<16-1 || d.high[7] != 0 {
		t.Errorf("borrowed by a subtraction: %d and %d, want %d and 0", d.pool[7], d.high[7], uint16(1<<16-1))
	}
}

// closeTo says when got is off by more than 1 %.
func closeTo(t *testing.T, got, want int64) {
	t.Helper()
	if diff := max(got-want, want-got); diff*100 > want {
		t.Errorf("max = %d µs, want %d within 1 %%", got, want)
	}
}

func TestEmpty(t *testing.T) {
	var s Sketch
	if quantile(&s, 99, 100) != 0 || s.Count() != 0 || s.Max() != 0 {
		t.Error("an empty sketch has no values, and says 0")
	}
}

func TestGrownIsWhatItCosts(t *testing.T) {
	var s, sum Sketch
	grown, merged := 0, 0
	for v := int64(0); v < 5000; v += 3 {
		grown += s.Add(v, BucketOf(v))
		if grown != s.Bytes() {
			t.Fatalf("after %d values Add had reported %d bytes, there are %d", s.Count(), grown, s.Bytes())
		}
		var one Sketch
		one.Add(v, BucketOf(v))
		merged += sum.Merge(&one)
	}
	if merged != sum.Bytes() || merged != grown {
		t.Errorf("Merge reported %d bytes, there are %d, and Add alone takes %d", merged, sum.Bytes(), grown)
	}
	var few Sketch
	if got := few.Add(5, BucketOf(5)); got != 16 {
		t.Errorf("a key with one value takes %d bytes, want room for eight", got)
	}
}

// Whether the values of either side are logged or counted makes no difference.
func TestFewAndMany(t *testing.T) {
	for _, sizes := range [][2]int{{0, 0}, {1, 0}, {0, 1}, {5, 6}, {31, 1}, {32, 1}, {20, 20}, {32, 32}, {63, 2}, {64, 64}, {65, 1}, {100, 5}, {5, 100}, {100, 100}, {500, 300}} {
		var a, b, whole Sketch
		r := rand.New(rand.NewPCG(uint64(sizes[0]), uint64(sizes[1])))
		for i := range sizes[0] + sizes[1] {
			v := r.Int64N(1 << 30)
			whole.Add(v, BucketOf(v))
			if i < sizes[0] {
				a.Add(v, BucketOf(v))
			} else {
				b.Add(v, BucketOf(v))
			}
		}
		merged := Sketch{}
		merged.Merge(&a)
		merged.Merge(&b)
		for q := range uint64(101) {
			if got, want := quantile(&merged, q, 100), quantile(&whole, q, 100); got != want {
				t.Fatalf("%d and %d values: p%d = %d, want %d", sizes[0], sizes[1], q, got, want)
			}
		}
		merged.Subtract(&b)
		closeTo(t, merged.Max(), a.Max())
		merged.max = a.max
		for q := range uint64(101) {
			if got, want := quantile(&merged, q, 100), quantile(&a, q, 100); got != want {
				t.Fatalf("%d and %d values, the latter taken away: p%d = %d, want %d", sizes[0], sizes[1], q, got, want)
			}
		}
	}
}

// What was in a sketch before it was reset cannot be told from outside, not even by what it costs those it is merged into.
func TestReset(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for _, before := range []int{0, 1, 100, 128, 129, 5000} {
		for _, n := range []int{0, 1, 127, 128, 129, 3000} {
			var used, fresh Sketch
			for range before {
				v := r.Int64N(1 << 30)
				used.Add(v, BucketOf(v))
			}
			used.Reset()
			for range n {
				v := r.Int64N(1 << 30)
				used.Add(v, BucketOf(v))
				fresh.Add(v, BucketOf(v))
			}
			var a, b Sketch
			if x, y := a.Merge(&used), b.Merge(&fresh); x != y || a.Bytes() != b.Bytes() {
				t.Errorf("%d values after %d: merged for %d bytes, want %d", n, before, x, y)
			}
			if a.Count() != uint64(n) || a.Max() != fresh.Max() {
				t.Errorf("%d values after %d: count %d, max %d, want max %d", n, before, a.Count(), a.Max(), fresh.Max())
			}
			for q := range uint64(101) {
				if got, want := quantile(&used, q, 100), quantile(&fresh, q, 100); got != want || quantile(&a, q, 100) != want {
					t.Fatalf("%d values after %d: p%d = %d, merged %d, want %d", n, before, q, got, quantile(&a, q, 100), want)
				}
			}
		}
	}
}

func BenchmarkAdd(b *testing.B) {
	var s Sketch
	b.ReportAllocs()
	for i := range b.N {
		v := int64(i) * 1000 % 3_000_000
		s.Add(v, BucketOf(v))
	}
	if s.Count() != uint64(b.N) {
		b.Fatal("lost values")
	}
}

func quantile(s *Sketch, num, den uint64) int64 { return s.Quantiles(den, num)[0] }
