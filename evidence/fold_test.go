package evidence

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// plainLoads counts what is under way by the slot, the slow way.
func plainLoads(calls []call, width time.Duration) map[string]Load {
	loads := map[string]Load{}
	for _, c := range calls {
		if c.socket {
			continue
		}
		start := noon.Add(time.Duration(c.sent()) * time.Millisecond).Truncate(width)
		key := c.group + start.String()
		l := loads[key]
		l.TargetGroup, l.Start = c.group, start
		took := time.Duration(c.ended()-c.sent()) * time.Millisecond
		l.Requests++
		l.Busy += took
		if c.as == succeeds {
			l.Answered++
			l.Answering += took
		}
		loads[key] = l
	}
	return loads
}

func TestLoads(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 6))
		calls := randomCalls(rnd, 400)
		s := NewSet(Options{}, nil)
		feed(t, s, "1", calls[:150])
		other := NewSet(Options{}, nil)
		feed(t, other, "2", calls[150:])
		for range rnd.IntN(3) { // as after a bound was passed
			s.Close()
			s.loads.widen()
		}
		for range rnd.IntN(3) {
			other.Close()
			other.loads.widen()
		}
		s.Merge(other)
		r := s.Freeze()
		got := map[string]Load{}
		for i, l := range r.Loads {
			got[l.TargetGroup+l.Start.String()] = l
			if i > 0 && l.TargetGroup == r.Loads[i-1].TargetGroup && !l.Start.After(r.Loads[i-1].Start) {
				t.Errorf("seed %d: %v comes after %v", seed, l.Start, r.Loads[i-1].Start)
			}
		}
		if diff := gocmp.Diff(plainLoads(calls, r.LoadWidth), got); diff != "" {
			t.Errorf("seed %d, %v: want -, got +\n%s", seed, r.LoadWidth, diff)
		}
	}
}

// A target may be in two groups of a load balancer: each has the requests that were sent to it as its member.
func TestLoadsOfSharedTarget(t *testing.T) {
	const arn = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/"
	groups := []string{arn + "web/73e2d6bc24d8a067", arn + "admin/0123456789abcdef"}
	var calls []call
	for i := range 400 {
		calls = append(calls, call{node: "10.0.0.1", target: "10.0.1.1:80", group: groups[i%7/6], at: 200 * i, took: 20 + i%5, path: "/"})
	}
	r := resultOf(t, Options{}, calls)
	got := map[string]Load{}
	for _, l := range r.Loads {
		got[l.TargetGroup+l.Start.String()] = l
	}
	if diff := gocmp.Diff(plainLoads(calls, r.LoadWidth), got); diff != "" {
		t.Errorf("want -, got +\n%s", diff)
	}
	if len(r.Lives) != 1 || r.Lives[0].Requests != 400 {
		t.Errorf("%+v", r.Lives)
	}
}

// A bound on the slots: a request every 15 s for twice as long as there is room for makes slots of 30 s.
func TestLoadsWiden(t *testing.T) {
	l := newLoads()
	for i := range 2 * mostLoads {
		l.at("g", int64(i)).requests++
	}
	l.fit()
	if l.cells != mostLoads || l.width() != 30*time.Second {
		t.Errorf("%d slots of %v", l.cells, l.width())
	}
	for _, x := range l.freeze() {
		if x.Requests != 2 {
			t.Fatalf("%d requests at %v", x.Requests, x.Start)
		}
	}
}

// However a log is cut into objects, and however these are paired, the fold in the order of the plan gives the same, but
// for what is known only within an object, or by the nearest one before: which connection had been idle, which answers
// were a target's first, and after which requests a node stopped, where it did not stay silent; see TestStops for where it
// does.
func TestFoldIsAssociative(t *testing.T) {
	known := []gocmp.Option{
		gocmp.AllowUnexported(Sample{}, Bits{}),
		cmpopts.IgnoreFields(Failure{}, "Source", "Line", "Idle", "Survivors"),
		cmpopts.IgnoreFields(Sample{}, "Source", "Line"),
		cmpopts.IgnoreFields(Life{}, "EarlyAnswers", "EarlyAnswering"),
		cmpopts.IgnoreFields(Result{}, "Idle", "Stops"),
	}
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		calls := randomCalls(rnd, 300)
		whole := resultOf(t, Options{}, calls)
		objects := func() []*Set {
			var sets []*Set
			cuts := rand.New(rand.NewPCG(seed, 8))
			for rest := calls; len(rest) > 0; {
				n := 1 + cuts.IntN(min(len(rest), 80))
				s := NewSet(Options{}, nil)
				feed(t, s, fmt.Sprint(len(sets)), rest[:n])
				sets, rest = append(sets, s), rest[n:]
			}
			return sets
		}
		left := NewSet(Options{}, nil)
		for _, s := range objects() {
			left.Merge(s)
		}
		leftToRight := left.Freeze()
		if diff := gocmp.Diff(whole, leftToRight, known...); diff != "" {
			t.Fatalf("seed %d: whole -, cut +\n%s", seed, diff)
		}
		tree := objects()
		for len(tree) > 1 {
			i := rnd.IntN(len(tree) - 1)
			tree[i].Merge(tree[i+1])
			tree = append(tree[:i+1], tree[i+2:]...)
		}
		treeOf := tree[0].Freeze()
		// Between two ways to pair the same objects, idle times differ no more: each comes from the nearest object before.
		of := append(known[:1:1], cmpopts.IgnoreFields(Life{}, "EarlyAnswers", "EarlyAnswering"), cmpopts.IgnoreFields(Result{}, "Stops"))
		if diff := gocmp.Diff(leftToRight, treeOf, of...); diff != "" {
			t.Fatalf("seed %d: left to right -, tree +\n%s", seed, diff)
		}
	}
}

// An object of more requests than are kept at a time is settled in chunks, and says the same of lives and loads; idle
// connections are remembered from chunk to chunk.
func TestChunks(t *testing.T) {
	if testing.Short() {
		t.Skip("reads more than 131 072 lines")
	}
	const n = mostSpans + 500
	calls := make([]call, 0, n+1)
	for i := range n {
		calls = append(calls, call{node: "n", target: fmt.Sprintf("10.0.1.%d:80", i%4), group: "g", at: 50 * i, took: 20 + i%7, path: "/"})
	}
	// All that the last request of target 1 frees is taken 3 s later: 131 572 ≡ 0 modulo 4, so it is the last but two.
	last := calls[n-3]
	if last.target != "10.0.1.1:80" {
		t.Fatal(last.target)
	}
	calls = append(calls, call{node: "n", target: last.target, group: "g", at: last.at + last.took + 3000, took: 1, as: breaks, path: "/broken"})
	r := resultOf(t, Options{}, calls)
	checkLives(t, "chunks", r.Lives, calls)
	if diff := gocmp.Diff(plainLoads(calls, r.LoadWidth), func() map[string]Load {
		got := map[string]Load{}
		for _, l := range r.Loads {
			got[l.TargetGroup+l.Start.String()] = l
		}
		return got
	}()); diff != "" {
		t.Errorf("loads: want -, got +\n%s", diff)
	}
	if f := r.Failures[0]; f.Idle != 3_000_000 {
		t.Errorf("idle for %d µs, want 3 s", f.Idle)
	}
}
