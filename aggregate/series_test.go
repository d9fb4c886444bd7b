package aggregate

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// Merging keeps the slots sorted, adds up those of both, and tells by how much the series grew.
func TestSeriesMerge(t *testing.T) {
	at := func(slots ...int64) (s series) {
		for _, slot := range slots {
			s = append(s, point{slot, 1, 2, 3, 4, 5})
		}
		return s
	}
	for _, c := range []struct{ a, b, want series }{
		{nil, nil, nil},
		{at(1), nil, at(1)},
		{nil, at(1, 2), at(1, 2)},
		{at(1, 2), at(3), at(1, 2, 3)},
		{at(3), at(1, 2), at(1, 2, 3)},
		{at(1, 4, 7), at(2, 5, 9), at(1, 2, 4, 5, 7, 9)},
		{at(1, 2), at(2, 3), series{{1, 1, 2, 3, 4, 5}, {2, 2, 4, 6, 8, 10}, {3, 1, 2, 3, 4, 5}}},
	} {
		got, before := slices.Clone(c.a), slices.Clone(c.b)
		grown := got.merge(c.b)
		if d := gocmp.Diff(c.want, got, gocmp.AllowUnexported(point{})); d != "" || grown != (len(c.want)-len(c.a))*pointBytes {
			t.Errorf("%v with %v: grown by %d, want -, got +:\n%s", c.a, c.b, grown, d)
		}
		if !slices.Equal(c.b, before) {
			t.Errorf("%v with %v: the latter was changed", c.a, c.b)
		}
	}
}

// Any two series merge into what adding their points one by one makes.
func TestSeriesMergeAtRandom(t *testing.T) {
	for seed := range uint64(500) {
		r := rand.New(rand.NewPCG(seed, 0))
		want := map[int64]uint64{}
		draw := func() (s series) {
			for slot := r.Int64N(30); slot < 60; slot += 1 + r.Int64N(8) {
				n := 1 + r.Uint64N(9)
				s = append(s, point{slot: slot, requests: n})
				want[slot] += n
			}
			return s
		}
		got := draw()
		before := len(got)
		grown := got.merge(draw())
		sum := map[int64]uint64{}
		for _, p := range got {
			sum[p.slot] += p.requests
		}
		sorted := slices.IsSortedFunc(got, func(a, b point) int { return cmp.Compare(a.slot, b.slot) })
		if d := gocmp.Diff(want, sum); d != "" || !sorted || len(sum) != len(got) || grown != (len(got)-before)*pointBytes {
			t.Fatalf("seed %d: sorted %v, %d points, grown by %d; want -, got +:\n%s", seed, sorted, len(got), grown, d)
		}
	}
}
