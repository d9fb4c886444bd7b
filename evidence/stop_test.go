package evidence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/internal/wire"
	"alblens/parser"
)

// stopCalls are of three nodes and a target. Node 1 sends every 400 ms until 59.6 s and then nothing; a request of it that
// took 40 s breaks at 90 s, and two more right after. Node 2 sends every second until 57 s and has nothing in flight. Node
// 3 sends on.
func stopCalls() []call {
	var calls []call
	of := func(node string, from, to, every int) {
		for at := from; at < to; at += every {
			calls = append(calls, call{node: node, target: "10.0.1.1:80", group: "g", at: at, took: 20, path: "/"})
		}
	}
	of("1", 0, 60_000, 400)
	of("2", 0, 58_000, 1000)
	of("3", 0, 120_000, 1500)
	for i, took := range []int{40_000, 35_000, 31_000} {
		calls = append(calls, call{node: "1", target: "10.0.1.1:80", group: "g", at: 90_000 + 10*i - took, took: took, as: breaks, path: fmt.Sprint("/", i)})
	}
	// One breaks while others are sent, and one breaks at once: neither tells of a stop.
	calls = append(calls,
		call{node: "3", target: "10.0.1.1:80", group: "g", at: 50_200, took: 10_000, as: breaks, path: "/while"},
		call{node: "2", target: "10.0.1.2:80", group: "g", at: 100_000, took: 1, as: breaks, path: "/race"})
	slices.SortStableFunc(calls, func(a, b call) int { return a.at + a.took - b.at - b.took })
	return calls
}

func every(ms, last int) []parser.Timestamp {
	var starts []parser.Timestamp
	for i := range mostStarts {
		starts = append(starts, stamp(last-ms*(mostStarts-1-i)))
	}
	return starts
}

// reborn is s, written and read.
func reborn(t *testing.T, s *Set) *Set {
	t.Helper()
	var e wire.Encoder
	s.Encode(&e)
	d := wire.NewDecoder(e.Bytes())
	again := Decode(d, Options{})
	if err := d.Err(); err != nil {
		t.Fatal(err)
	}
	return again
}

// However the log is cut into objects, written and read, be it in time or so that every other line is in another.
func TestStops(t *testing.T) {
	// The requests that broke were sent at 50, 55.01 and 59.02 s.
	first := append(every(400, 59_600), stamp(55_010), stamp(59_020))
	slices.Sort(first)
	want := []Stop{
		{Node: "1", Target: "10.0.1.1:80", At: stamp(90_000), Starts: first[2:]},
		{Node: "2", Target: "10.0.1.1:80", At: stamp(90_000), Starts: every(1000, 57_000)},
	}
	calls := stopCalls()
	objects := func(which func(i int) int) []Stop {
		var parts [3][]call
		for i, c := range calls {
			parts[which(i)] = append(parts[which(i)], c)
		}
		whole := NewSet(Options{}, nil)
		for i, part := range parts {
			s := NewSet(Options{}, nil)
			feed(t, s, fmt.Sprint(i), part)
			whole = reborn(t, whole)
			whole.Merge(reborn(t, s))
		}
		return whole.Freeze().Stops
	}
	for name, which := range map[string]func(i int) int{
		"one object":      func(int) int { return 0 },
		"by time":         func(i int) int { return 3 * i / len(calls) },
		"every other":     func(i int) int { return i % 3 },
		"the later first": func(i int) int { return 2 - 3*i/len(calls) },
	} {
		got := objects(which)
		if name == "every other" { // node 3 did not stop, but an object alone does not tell
			got = slices.DeleteFunc(got, func(x Stop) bool { return x.At == stamp(60_200) })
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Errorf("%s: want -, got +\n%s", name, diff)
		}
	}
}

// A target that is sent to again tells of the stop before, for the nodes that had requests in flight.
func TestStopsBeforeReturn(t *testing.T) {
	calls := stopCalls()
	for at := 300_000; at < 320_000; at += 400 {
		for _, node := range []string{"1", "2"} {
			calls = append(calls, call{node: node, target: "10.0.1.1:80", group: "g", at: at, took: 20, path: "/"})
		}
	}
	got := resultOf(t, Options{}, calls).Stops
	if len(got) != 1 || got[0].Node != "1" || got[0].At != stamp(90_000) || got[0].Starts[mostStarts-1] != stamp(59_600) {
		t.Errorf("%+v", got)
	}
}

func TestLastStarts(t *testing.T) {
	for seed := range uint64(200) {
		rnd := rand.New(rand.NewPCG(seed, 11))
		spans := make([]span, rnd.IntN(60))
		var all []uint32
		before := rnd.Uint32N(2000)
		for i := range spans {
			spans[i].sent = uint32(10*i) + rnd.Uint32N(1+rnd.Uint32N(1000))
			if spans[i].sent < before {
				all = append(all, spans[i].sent)
			}
		}
		slices.Sort(all)
		all = all[max(0, len(all)-mostStarts):]
		got := lastStarts(spans, before, 5000)
		if len(got) != len(all) {
			t.Fatalf("seed %d: %d of %d", seed, len(got), len(all))
		}
		for i, x := range got {
			if x != 5000+parser.Timestamp(all[i])*1000 {
				t.Fatalf("seed %d: %v of %v", seed, got, all)
			}
		}
	}
}

// Stops are bounded.
func TestManyStops(t *testing.T) {
	var calls []call
	for i := range mostStops + 10 {
		calls = append(calls, call{node: "n", target: fmt.Sprintf("10.0.%d.%d:80", i/250, i%250), group: "g", at: i, took: 5000, as: breaks, path: "/"})
	}
	a, b := NewSet(Options{}, nil), NewSet(Options{}, nil)
	feed(t, a, "1", calls)
	feed(t, b, "2", calls)
	a.Merge(b)
	if n := len(a.Freeze().Stops); n != mostStops {
		t.Errorf("%d stops, want %d", n, mostStops)
	}
}

// A clone keeps its stops whatever becomes of the original.
func TestStopsOfClone(t *testing.T) {
	calls := stopCalls()
	s, other := NewSet(Options{}, nil), NewSet(Options{}, nil)
	feed(t, s, "1", calls)
	feed(t, other, "2", []call{{node: "1", target: "10.0.1.1:80", group: "g", at: 89_500, took: 20, path: "/"}})
	want := resultOf(t, Options{}, calls).Stops
	c := s.Clone()
	s.Merge(other) // which was sent half a second before the request broke
	if got := s.Freeze().Stops; len(got) != 0 {
		t.Errorf("%+v", got)
	}
	if diff := gocmp.Diff(want, c.Freeze().Stops); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
}
