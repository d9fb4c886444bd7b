package aggregate

import (
	"fmt"
	"testing"
	"time"

	"alblens/parser"
)

// records parses rows once, for tests that count them again and again.
func records(t testing.TB, rows []row) []*parser.Record {
	t.Helper()
	list := make([]*parser.Record, len(rows))
	for i, r := range rows {
		list[i] = r.record(t)
	}
	return list
}

// someKeys is rows of a few hundred keys in one minute, successes and failures.
func someKeys() []row {
	var rows []row
	for i := range 300 {
		r := plainRow(noon.Add(time.Duration(i) * 100 * time.Millisecond))
		r.target = fmt.Sprintf("10.0.1.%d:8080", i%24)
		r.path, r.template = fmt.Sprintf("/users/%d/cart", i), "/users/{int}/cart"
		r.method = []string{"GET", "POST"}[i%2]
		r.times[1] = int64(i) * 3000
		if i%20 == 0 {
			r = r.failed("504", 0, -1, -1)
		}
		rows = append(rows, r)
	}
	return rows
}

func TestAddAllocs(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	for name, by := range map[string][]Dimension{
		"default":         nil,
		"all":             everything(),
		"a combination":   append(DefaultBy(), Dimension{Target, Path}),
		"one with time":   {{Target, Path, Time}},
		"nothing but one": {{Host}},
	} {
		s := NewSet(Options{By: by, Paths: templates(t)})
		list := records(t, someKeys())
		node := []byte("10.0.0.7")
		count := func() {
			for _, r := range list {
				s.Add(r, node)
			}
		}
		for range 40 { // until all keys are known, with more values than a sketch lists
			count()
		}
		if n := testing.AllocsPerRun(20, count); n != 0 {
			t.Errorf("%s: %v allocations for %d records of known keys, want none", name, n, len(list))
		}
		if got := s.Freeze().Totals.Requests; got != 61*300 { // AllocsPerRun runs once more
			t.Errorf("%s: %d requests counted", name, got)
		}
	}
}
