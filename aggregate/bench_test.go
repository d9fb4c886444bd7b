package aggregate

import (
	"math/rand/v2"
	"testing"
	"time"
)

// BenchmarkSetAdd counts the records of one object, parsed before, into a new Set: five minutes of a busy node, or
// of few keys that the Set has seen before. Bytes are those of the lines.
func BenchmarkSetAdd(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 9))
	flood := manyKeys(rnd, 20_000)
	mixed := make([]row, 20_000)
	for i := range mixed {
		mixed[i] = randomRow(rnd, noon.Add(time.Duration(i)*15*time.Millisecond))
	}
	for _, shape := range []struct {
		name  string
		by    []Dimension
		rows  []row
		limit int
		known bool // a Set that has counted the same before
	}{
		{name: "known-keys", rows: someKeys(), known: true},
		{name: "known-combination", rows: someKeys(), by: append(DefaultBy(), Dimension{Target, Path}), known: true},
		{name: "object", rows: mixed},
		{name: "many-keys", rows: flood},
		{name: "overflow", rows: flood, by: tight.By, limit: tight.Limit},
	} {
		b.Run("shape="+shape.name, func(b *testing.B) {
			o := Options{By: shape.by, Paths: templates(b), Limit: shape.limit}
			list := records(b, shape.rows)
			bytes := 0
			for _, r := range shape.rows {
				bytes += len(r.line()) + 1
			}
			b.SetBytes(int64(bytes))
			b.ReportAllocs()
			s := NewSet(o)
			want := 0
			for b.Loop() {
				if !shape.known {
					s, want = NewSet(o), 0
				}
				for _, r := range list {
					s.Add(r, nil)
				}
				want += len(list)
			}
			b.ReportMetric(float64(b.N*len(list))/b.Elapsed().Seconds(), "records/s")
			if got := s.Freeze().Totals.Requests; got != uint64(want) {
				b.Fatalf("%d requests counted of %d", got, want)
			}
		})
	}
}

// BenchmarkMerge folds the Sets of forty objects, as a shard does.
func BenchmarkMerge(b *testing.B) {
	const objects = 40
	rows := randomRows(rand.New(rand.NewPCG(1, 10)), objects*1000)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		var sets [objects]*Set
		bytes := 0
		for i := range sets {
			part := rows[i*1000:][:1000]
			sets[i] = setOf(b, Options{}, part)
			for _, r := range part {
				bytes += len(r.line()) + 1
			}
		}
		b.SetBytes(int64(bytes))
		whole := NewSet(Options{})
		b.StartTimer()
		for _, s := range sets {
			whole.Merge(s)
		}
		b.StopTimer()
		if got := whole.Freeze().Totals.Requests; got != uint64(len(rows)) {
			b.Fatalf("%d requests counted of %d", got, len(rows))
		}
		b.StartTimer()
	}
	b.ReportMetric(float64(b.N*objects)/b.Elapsed().Seconds(), "objects/s")
}

// BenchmarkFreeze makes the Result of a day of minutes.
func BenchmarkFreeze(b *testing.B) {
	rnd := rand.New(rand.NewPCG(1, 11))
	rows := make([]row, 20_000)
	for i := range rows {
		rows[i] = randomRow(rnd, noon.Add(time.Duration(i)*4320*time.Millisecond))
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		s := setOf(b, Options{}, rows)
		b.StartTimer()
		if got := s.Freeze().Totals.Requests; got != uint64(len(rows)) {
			b.Fatalf("%d requests counted of %d", got, len(rows))
		}
	}
}
