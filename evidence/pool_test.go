package evidence

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/parser"
)

// naivePools follows the connections of each node and target, one request after the other in the order in which they
// were sent: a request takes of the connections that are free the one that came free last. It returns, by path, how
// long the connection of each broken request had been idle, how many answered requests were under way when it ended,
// and how often answered requests waited how long where connections broke.
func naivePools(calls []call) (idle map[string]parser.Micros, survivors map[string]int32, counts map[string][IdleBins]uint64) {
	idle, survivors, counts = map[string]parser.Micros{}, map[string]int32{}, map[string][IdleBins]uint64{}
	freed := func(c call) int { return max(c.ended(), c.sent()+1) } // never at once: then it would take its own connection
	byTalk := map[talk][]call{}
	for _, c := range calls {
		key := talk{c.nodeOf(), c.target}
		byTalk[key] = append(byTalk[key], c)
	}
	for _, all := range byTalk {
		broke := slices.ContainsFunc(all, func(c call) bool { return c.as == breaks })
		if !broke {
			continue
		}
		for _, c := range all {
			n := int32(0)
			for _, o := range all {
				if o.as == succeeds && o.sent() < c.ended() && o.ended() > c.ended() {
					n++
				}
			}
			survivors[c.path] = n
		}
		order := slices.Clone(all)
		slices.SortStableFunc(order, func(a, b call) int { return a.sent() - b.sent() })
		taken := map[int]bool{} // of all, connections that are gone or in use again
		for _, c := range order {
			if c.as == refused {
				continue
			}
			best := -1
			for i, o := range all {
				if o.as == succeeds && !o.socket && !taken[i] && freed(o) <= c.sent() && (best < 0 || freed(o) > freed(all[best])) {
					best = i
				}
			}
			waited := parser.NoMicros
			if best >= 0 {
				taken[best] = true
				waited = parser.Micros(c.sent()-freed(all[best])) * 1000
			}
			if c.as == succeeds {
				if bin := IdleBin(waited); bin >= 0 {
					x := counts[c.group]
					x[bin]++
					counts[c.group] = x
				}
				continue
			}
			if c.as == breaks {
				idle[c.path] = waited
			}
		}
	}
	return idle, survivors, counts
}

func TestPoolsAgainstNaive(t *testing.T) {
	reused, survived := 0, 0
	for seed := range uint64(60) {
		calls := randomCalls(rand.New(rand.NewPCG(seed, 4)), 20+int(seed)*8)
		got := resultOf(t, Options{}, calls)
		idle, survivors, counts := naivePools(calls)
		for _, f := range got.Failures {
			if !brokeConnection(f) {
				continue
			}
			if f.Idle != idle[f.Path] || f.Survivors != survivors[f.Path] {
				t.Errorf("seed %d: %s was idle for %d µs and %d survived, want %d and %d", seed, f.Path, f.Idle, f.Survivors, idle[f.Path], survivors[f.Path])
			}
			if f.Idle != parser.NoMicros {
				reused++
			}
			survived += int(f.Survivors)
		}
		for _, c := range got.Idle {
			if diff := gocmp.Diff(counts[c.TargetGroup], c.Counts); diff != "" {
				t.Errorf("seed %d, %s: want -, got +\n%s", seed, c.TargetGroup, diff)
			}
		}
	}
	if reused < 100 || survived < 100 {
		t.Errorf("only %d connections were reused and %d requests survived: the test is too easy", reused, survived)
	}
}

// The last in is the first out. Three requests at once end at 1, 2 and 3 s; the ones that break at 10 s, 11 s, 12 s and
// 13 s take the connections that had been free since 3, 2 and 1 s; for the fourth none is left. Another node's
// connections, and those of web sockets, do not count.
func TestLastInFirstOut(t *testing.T) {
	ok := func(took int) call {
		return call{node: "10.0.0.1", target: "10.0.1.1:80", group: "g", took: took, path: fmt.Sprint("/ok", took)}
	}
	other, socket := ok(9000), ok(9500)
	other.node, socket.socket = "10.0.0.2", true
	calls := []call{ok(1000), ok(2000), ok(3000), other, socket}
	for i := range 4 {
		calls = append(calls, call{node: "10.0.0.1", target: "10.0.1.1:80", group: "g", at: 10_000 + 1000*i, took: 2, as: breaks, path: fmt.Sprint("/", i)})
	}
	want := []parser.Micros{7_000_000, 9_000_000, 11_000_000, parser.NoMicros}
	for i, f := range resultOf(t, Options{}, calls).Failures {
		if f.Idle != want[i] {
			t.Errorf("%s was idle for %d µs, want %d", f.Path, f.Idle, want[i])
		}
	}
}

// A request of no time that stands at the very end of a broken one was not under way then, and hides none that was.
func TestSurvivors(t *testing.T) {
	calls := []call{
		{at: 500, took: 500, as: breaks, path: "/broken"},
		{at: 1000, took: 0, path: "/at-once"},
		{at: 900, took: 300, path: "/survivor"},
		{at: 200, took: 100, path: "/before"},
		{at: 1001, took: 500, path: "/after"},
	}
	for i := range calls {
		calls[i].node, calls[i].target, calls[i].group = "n", "10.0.1.1:80", "g"
	}
	if f := resultOf(t, Options{}, calls).Failures[0]; f.Survivors != 1 {
		t.Errorf("%d survived, want 1", f.Survivors)
	}
}

// A connection that came free in one object may break in the next, if nothing in that one tells better.
func TestIdleAcrossObjects(t *testing.T) {
	ok := call{node: "n", target: "10.0.1.1:80", group: "g", at: 0, took: 400, path: "/"}
	late := call{node: "n", target: "10.0.1.1:80", group: "g", at: 65_400, took: 1, as: breaks, path: "/late"}
	stranger := late
	stranger.node, stranger.path = "m", "/stranger"
	unsent := late
	unsent.as, unsent.path = refused, "/unsent"
	first, second := NewSet(Options{}, nil), NewSet(Options{}, nil)
	feed(t, first, "1", []call{ok})
	feed(t, second, "2", []call{late, stranger, unsent})
	first.Merge(second)
	want := map[string]parser.Micros{"/late": 65_000_000, "/stranger": parser.NoMicros, "/unsent": parser.NoMicros}
	for _, f := range first.Freeze().Failures {
		if f.Idle != want[f.Path] {
			t.Errorf("%s was idle for %d µs, want %d", f.Path, f.Idle, want[f.Path])
		}
	}
}

// Bins are eight an octave from 62.5 ms on: [62.5, 70.3125) is the first, [62.5, 125) the first eight, [125, 140.625) the ninth.
func TestIdleBin(t *testing.T) {
	for idle, want := range map[parser.Micros]int{
		parser.NoMicros: -1, 0: -1, 62_499: -1, 62_500: 0, 70_312: 0, 70_313: 1, 124_999: 7, 125_000: 8, 140_624: 8, 140_625: 9,
		// 5 s is 80 times 62.5 ms: 64 is octave 6, and 80/64 is 2/8 beyond.
		5_000_000: 6*8 + 2, 60_000_000: 9*8 + 7, 1 << 58: IdleBins - 1,
	} {
		if got := IdleBin(idle); got != want {
			t.Errorf("%d µs are in bin %d, want %d", idle, got, want)
		}
	}
	for idle, last := parser.Micros(1), -1; idle < 1<<50; idle += idle/50 + 1 {
		bin := IdleBin(idle)
		if bin < last || bin >= IdleBins {
			t.Fatalf("%d µs are in bin %d, after %d", idle, bin, last)
		}
		last = bin
	}
}

// Where there are too many pairs to remember, nothing is remembered, rather than too much.
func TestTooManyPools(t *testing.T) {
	p := newPools()
	for i := range mostTails + 1 {
		p.tails[talk{"n", fmt.Sprint(i)}] = &tail{freed: []parser.Timestamp{1}}
	}
	if p.fit(); len(p.tails) != 0 {
		t.Errorf("%d tails", len(p.tails))
	}
}
