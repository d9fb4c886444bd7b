package evidence

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/parser"
)

// A plain is what a Life has to be, worked out the slow way.
type plain struct {
	Group                       string
	Sent, Answered, Ended       []int64
	FirstSent, LastSent         int
	FirstAnswered, LastAnswered int // -1 for never
	Requests, Answers           uint64
	Answering                   time.Duration
}

// slotMillis is the slot of a time in ms after noon, at a width of 1 s times 2 to the level.
func slotMillis(ms int, level uint) int64 {
	return (noon.Unix()*1000 + int64(ms)) / 1000 >> level
}

func plainLives(calls []call, level uint) map[string]plain {
	type sets struct{ sent, answered, ended map[int64]bool }
	all, bits := map[string]plain{}, map[string]sets{}
	for _, c := range calls {
		p, ok := all[c.target]
		if !ok {
			p = plain{FirstSent: c.sent(), LastSent: c.sent(), FirstAnswered: -1, LastAnswered: -1}
			bits[c.target] = sets{map[int64]bool{}, map[int64]bool{}, map[int64]bool{}}
		}
		p.Group = c.group
		p.FirstSent, p.LastSent = min(p.FirstSent, c.sent()), max(p.LastSent, c.sent())
		p.Requests++
		bits[c.target].sent[slotMillis(c.sent(), level)] = true
		if c.as == succeeds {
			if p.FirstAnswered < 0 || c.sent() < p.FirstAnswered {
				p.FirstAnswered = c.sent()
			}
			p.LastAnswered = max(p.LastAnswered, c.sent())
			bits[c.target].answered[slotMillis(c.sent(), level)] = true
			bits[c.target].ended[slotMillis(c.ended(), level)] = true
			if !c.socket {
				p.Answers++
				p.Answering += time.Duration(c.ended()-c.sent()) * time.Millisecond
			}
		}
		all[c.target] = p
	}
	for target, p := range all {
		b := bits[target]
		p.Sent, p.Answered, p.Ended = slices.Sorted(maps.Keys(b.sent)), slices.Sorted(maps.Keys(b.answered)), slices.Sorted(maps.Keys(b.ended))
		all[target] = p
	}
	return all
}

// plainOf is a Life in the words of a plain.
func plainOf(t *testing.T, l *Life) plain {
	millis := func(s int64) int { return int((s - noon.UnixMicro()) / 1000) }
	p := plain{
		Group: l.TargetGroup, Sent: slots(t, &l.Sent), Answered: slots(t, &l.Answered), Ended: slots(t, &l.Ended),
		FirstSent: millis(int64(l.FirstSent)), LastSent: millis(int64(l.LastSent)), FirstAnswered: -1, LastAnswered: -1,
		Requests: l.Requests, Answers: l.Answers, Answering: l.Answering,
	}
	if len(p.Answered) > 0 {
		p.FirstAnswered, p.LastAnswered = millis(int64(l.FirstAnswered)), millis(int64(l.LastAnswered))
	}
	return p
}

func checkLives(t *testing.T, what string, got []Life, calls []call) {
	t.Helper()
	want := map[string]plain{}
	if len(got) > 0 {
		level := uint(0)
		for w := got[0].Width; w > time.Second; w /= 2 {
			level++
		}
		want = plainLives(calls, level)
	}
	have := map[string]plain{}
	for i := range got {
		have[got[i].Target] = plainOf(t, &got[i])
	}
	if diff := gocmp.Diff(want, have); diff != "" {
		t.Errorf("%s: want -, got +\n%s", what, diff)
	}
}

// Lives are those of the records, whole or cut anywhere and merged, at whatever width.
func TestLives(t *testing.T) {
	for seed := range uint64(40) {
		rnd := rand.New(rand.NewPCG(seed, 2))
		calls := randomCalls(rnd, 1+rnd.IntN(300))
		o := Options{Lives: 1 << (11 + rnd.IntN(4))} // from less than these three targets take by the second to more
		whole := resultOf(t, o, calls)
		checkLives(t, fmt.Sprintf("seed %d, whole", seed), whole.Lives, calls)

		merged := NewSet(o, nil)
		for rest, i := calls, 0; len(rest) > 0; i++ {
			n := 1 + rnd.IntN(len(rest))
			part := NewSet(o, nil)
			feed(t, part, fmt.Sprint(i), rest[:n])
			merged.Merge(part)
			rest = rest[n:]
		}
		cut := merged.Freeze()
		checkLives(t, fmt.Sprintf("seed %d, cut", seed), cut.Lives, calls)
		if cut.Lives[0].Width != whole.Lives[0].Width {
			t.Errorf("seed %d: slots of %v whole and %v cut", seed, whole.Lives[0].Width, cut.Lives[0].Width)
		}
	}
}

// Slots widen as the bound wants it, and no further. One target that is asked and answers each second of an hour takes
// 3600 bits or 57 words in each of three sets; with 320 bytes for itself that is 1688 bytes at 1 s, 320+3*29*8 = 1016
// at 2 s, and 320+3*15*8 = 680 at 4 s.
func TestWidth(t *testing.T) {
	var calls []call
	for s := range 3600 {
		calls = append(calls, call{node: "n", target: "10.0.1.1:80", group: "g", at: 1000 * s, took: 1, path: "/"})
	}
	for bound, want := range map[int]time.Duration{1700: time.Second, 1600: 2 * time.Second, 1100: 2 * time.Second, 1000: 4 * time.Second} {
		if got := resultOf(t, Options{Lives: bound}, calls).Lives[0].Width; got != want {
			t.Errorf("%d bytes hold slots of %v, want %v", bound, got, want)
		}
	}
}

// A slot begins with its first microsecond, before 1970 too.
func TestSlot(t *testing.T) {
	for _, c := range []struct {
		width time.Duration
		at    parser.Timestamp
		want  int64
	}{
		{time.Second, 999_999, 0}, {time.Second, 1_000_000, 1}, {time.Second, -1, -1}, {time.Second, -1_000_000, -1}, {time.Second, -1_000_001, -2},
		{4 * time.Second, 3_999_999, 0}, {4 * time.Second, 4_000_000, 1}, {4 * time.Second, -4_000_000, -1}, {4 * time.Second, -4_000_001, -2},
	} {
		if got := (&Life{Width: c.width}).Slot(c.at); got != c.want {
			t.Errorf("%d µs is in slot %d of %v, want %d", c.at, got, c.width, c.want)
		}
	}
}

// Two logs that are years apart, and one clock that is, cost no memory for the time between.
func TestYearsBetween(t *testing.T) {
	const year = 365 * 24 * 3600 * 1000
	merged := NewSet(Options{Lives: 1 << 16}, nil)
	for i, at := range []int{0, year, 10 * year, 7000 * year} {
		for k := range 50 { // targets
			s := NewSet(Options{Lives: 1 << 16}, nil)
			feed(t, s, fmt.Sprint(i), []call{{node: "n", target: fmt.Sprintf("10.0.1.%d:80", k), group: "g", at: at, took: 5, path: "/"}})
			merged.Merge(s)
			if n := merged.lives.bytes(); n > 2<<16 {
				t.Fatalf("%d bytes after %d years", n, at/year)
			}
		}
	}
	lives := merged.Freeze().Lives
	if len(lives) != 50 || lives[0].Requests != 4 || lives[0].Sent.Count(minSlot, maxSlot) < 2 {
		t.Errorf("%d lives, first %+v", len(lives), lives[0])
	}
}

// A merge that has to widen slots on the way widens those of targets that it took over before, once.
func TestWidenWhileMerging(t *testing.T) {
	const day = 24 * 3600 * 1000
	first := []call{{node: "n", target: "10.0.1.0:80", group: "g", at: 0, took: 5, path: "/"}}
	var second []call
	for i := range 20 {
		second = append(second, call{node: "n", target: fmt.Sprintf("10.0.1.%d:80", i), group: "g", at: 20*day + 90_000*i, took: 5, path: "/"})
	}
	for range 10 { // whatever order the targets come in
		a, b := NewSet(Options{Lives: 20_000}, nil), NewSet(Options{Lives: 20_000}, nil)
		feed(t, a, "1", first)
		feed(t, b, "2", second)
		a.Merge(b)
		checkLives(t, "merged", a.Freeze().Lives, append(first[:1:1], second...))
	}
}

// More targets than there is room for: those with most requests stay, and the bound holds.
func TestTooManyTargets(t *testing.T) {
	var calls []call
	for i := range 3000 {
		for range 1 + i/1000 {
			calls = append(calls, call{node: "n", target: fmt.Sprintf("10.%d.%d.1:80", i/250, i%250), group: "g", at: len(calls), took: 1, path: "/"})
		}
	}
	const bound = 200 << 10
	s := NewSet(Options{Lives: bound}, nil)
	feed(t, s, "a", calls)
	s.Close()
	if n := s.lives.bytes(); n > 2*bound {
		t.Errorf("%d bytes", n)
	}
	lives := s.Freeze().Lives
	if len(lives) < 100 {
		t.Errorf("only %d lives are left", len(lives))
	}
	for _, l := range lives {
		if l.Requests != 3 {
			t.Errorf("%s with %d requests stayed, where others with 3 went", l.Target, l.Requests)
		}
	}
}

// The answers of a target's first minute, by hand: at 0 s 100 ms, at 30 s 300 ms, at 59.9 s a web socket of 10 s, which
// does not count, at 60 s 7 ms, which is late.
func TestEarlyAnswers(t *testing.T) {
	var calls []call
	for _, c := range []struct{ at, took int }{{0, 100}, {30_000, 300}, {60_000, 7}, {59_900, 10_000}} {
		calls = append(calls, call{node: "n", target: "10.0.1.1:80", group: "g", at: c.at, took: c.took, path: "/", socket: c.took == 10_000})
	}
	l := resultOf(t, Options{}, calls).Lives[0]
	if l.Answers != 3 || l.Answering != 407*time.Millisecond || l.EarlyAnswers != 2 || l.EarlyAnswering != 400*time.Millisecond || l.Requests != 4 {
		t.Errorf("%+v", l)
	}
}

// A duration beyond what a span holds is cut to 6 days, and what comes after it is told right.
func TestHugeDuration(t *testing.T) {
	const day = 24 * 3600 * 1000
	calls := []call{
		{node: "n", target: "10.0.1.1:80", group: "g", at: -20 * day, took: 20 * day, path: "/a"},
		{node: "n", target: "10.0.1.1:80", group: "g", at: 1, took: 5, path: "/b"},
	}
	l := resultOf(t, Options{}, calls).Lives[0]
	if got, want := l.Answering, 536_870_911*time.Millisecond+5*time.Millisecond; got != want {
		t.Errorf("answering took %v, want %v", got, want)
	}
	if l.FirstSent != stamp(-20*day) || l.LastSent != stamp(1) || !l.Ended.Any(slotMillis(6, 0), slotMillis(6, 0)) {
		t.Errorf("%+v", l)
	}
}

// What a Set says does not depend on what its Scratch was used for before.
func TestScratchHistory(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 3))
		calls := randomCalls(rnd, 200)
		clean := NewSet(Options{}, &Scratch{})
		feed(t, clean, "a.log", calls)
		used := &Scratch{}
		for range 3 {
			other := NewSet(Options{}, used)
			feed(t, other, "b.log", randomCalls(rnd, 100))
			other.Close()
		}
		again := NewSet(Options{}, used)
		feed(t, again, "a.log", calls)
		if got, want := again.Freeze(), clean.Freeze(); !reflect.DeepEqual(got, want) {
			t.Errorf("seed %d: after other objects -, first +\n%s", seed, gocmp.Diff(got, want, gocmp.AllowUnexported(Sample{}, Bits{})))
		}
	}
}
