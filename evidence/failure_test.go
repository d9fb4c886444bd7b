package evidence

import (
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"alblens/internal/cause"
)

func failing(n int, as how) []call {
	var calls []call
	for i := range n {
		took := map[how]int{breaks: 3, refused: 1, silent: 60_000}[as]
		calls = append(calls, call{node: "n", target: "10.0.1.1:80", group: "g", at: i, took: took, as: as, path: fmt.Sprint("/", as, "/", i)})
	}
	return calls
}

// Thinning keeps the bounds and the counts, and what is left is a sample by hash: all records of a cause whose hashes
// begin with as many zeros, and no others.
func TestThinning(t *testing.T) {
	calls := append(append(failing(3000, breaks), failing(400, silent)...), failing(50, refused)...)
	rand.New(rand.NewPCG(5, 5)).Shuffle(len(calls), func(i, k int) { calls[i], calls[k] = calls[k], calls[i] })
	o := Options{Failures: 500, Texts: 20_000}
	whole := NewSet(o, nil)
	feed(t, whole, "a", calls)

	cut := NewSet(o, nil)
	for part := range slices.Chunk(calls, 700) {
		s := NewSet(o, nil)
		feed(t, s, "a", part)
		cut.Merge(s)
	}
	for name, s := range map[string]*Set{"whole": whole, "cut": cut} {
		kept, text := s.failures.kept, s.failures.text
		if kept > o.Failures || text > o.Texts || kept < o.Failures/3 || text < o.Texts/3 {
			t.Errorf("%s: %d records and %d bytes are kept", name, kept, text)
		}
		r := s.Freeze()
		if len(r.Failures) != kept {
			t.Errorf("%s: %d kept, %d counted", name, len(r.Failures), kept)
		}
		for i, want := range []struct {
			c cause.Cause
			n uint64
		}{{cause.KeepaliveRace, 3000}, {cause.IdleTimeout, 400}, {cause.ConnectRefused, 50}} {
			if got := r.Causes[i]; got.Cause != want.c || got.Requests != want.n {
				t.Errorf("%s: %d %v, want %d %v", name, got.Requests, got.Cause, want.n, want.c)
			}
		}
		byRow := map[cause.Cause]map[string]string{}
		for _, f := range r.Failures {
			if byRow[f.Row] == nil {
				byRow[f.Row] = map[string]string{}
			}
			byRow[f.Row][f.Path] = f.Text
		}
		if n := len(byRow[cause.ConnectRefused]); n != 50 {
			t.Errorf("%s: %d of the rarest cause are left, want all", name, n)
		}
		for c, paths := range byRow {
			zeros := 0 // fewest of those that are left
			for zeros = 0; ; zeros++ {
				n := 0
				for _, x := range calls {
					if causeOf(x.as) == c && crc32.ChecksumIEEE([]byte(x.line()))>>(31-zeros) == 0 {
						n++
					}
				}
				if n < len(paths) {
					break
				}
			}
			for _, x := range calls {
				drawn := causeOf(x.as) == c && crc32.ChecksumIEEE([]byte(x.line()))>>(32-zeros) == 0
				text, kept := paths[x.path]
				if drawn != kept {
					t.Errorf("%s: %s has hash %08x and %d zeros are asked for; kept: %v", name, x.path, crc32.ChecksumIEEE([]byte(x.line())), zeros, kept)
				}
				if text != "" && text != x.line() {
					t.Errorf("%s: text of %s is %s", name, x.path, text)
				}
			}
		}
	}
}

func causeOf(as how) cause.Cause {
	return map[how]cause.Cause{breaks: cause.KeepaliveRace, silent: cause.IdleTimeout, refused: cause.ConnectRefused}[as]
}

// One line over and over, whatever its hash, ends in fewer records, not in a loop or a panic.
func TestThinningOfEqualHashes(t *testing.T) {
	for _, hash := range []uint32{0, 1, 1 << 31} {
		s := newFailures(Options{Failures: 10, Texts: 100}.withDefaults())
		for range 50 {
			s.keep(&Failure{Row: cause.BadResponse, Route: &Route{}, Resource: &Resource{}, Hash: hash, Text: "a line"})
			s.fit()
		}
		if s.kept > 10 || s.text > 100 {
			t.Errorf("hash %x: %d records and %d bytes", hash, s.kept, s.text)
		}
	}
}

// Clients choose paths: long ones are cut.
func TestLongNames(t *testing.T) {
	c := failing(1, breaks)[0]
	c.path = "/" + strings.Repeat("x", 9000)
	f := resultOf(t, Options{}, []call{c}).Failures[0]
	if len(f.Path) != maxName || !strings.HasPrefix(c.path, f.Path) || f.Text != c.line() {
		t.Errorf("path of %d bytes, text of %d", len(f.Path), len(f.Text))
	}
}

// Failures are in the order of their end, and each has what its line says.
func TestFailureFields(t *testing.T) {
	calls := []call{
		{node: "10.0.0.1", target: "[2001:db8::7]:8080", group: "arn:six", at: 5000, took: 60_000, as: silent, path: "/slow"},
		{node: "10.0.0.1", target: "10.0.1.1:80", group: "arn:web", at: 7000, took: 20, as: breaks, path: "/fast"},
		{target: "10.0.1.1:80", group: "arn:web", at: 3000, took: 4000, as: breaks, path: "/old", old: true},
	}
	want := []string{
		"/old keepalive 10.0.0.99 10.0.1.1:80 arn:web 3000000 7000000 4000000",
		"/fast keepalive 10.0.0.1 10.0.1.1:80 arn:web 7000000 7020000 20000",
		"/slow idle 10.0.0.1 [2001:db8::7]:8080 arn:six 5000000 65000000 -1",
	}
	for i, f := range resultOf(t, Options{}, calls).Failures {
		row := map[cause.Cause]string{cause.KeepaliveRace: "keepalive", cause.IdleTimeout: "idle", cause.TargetCrash: "keepalive"}[f.Row]
		got := fmt.Sprint(f.Path, " ", row, " ", f.Node, " ", f.Target, " ", f.TargetGroup, " ", f.Start-stamp(0), " ", f.End-stamp(0), " ", f.TargetTime)
		if got != want[i] {
			t.Errorf("got  %s\nwant %s", got, want[i])
		}
		if f.Wall() != 4_000_000 && f.Path == "/old" {
			t.Errorf("an old line took %d µs", f.Wall())
		}
	}
}

// What clients choose counts, however long it is: 200 failures with a path of 1 000 bytes each take 200 KB at least, and
// those that are left when all but a few were thinned take little.
func TestNamesCount(t *testing.T) {
	calls := failing(200, breaks)
	for i := range calls {
		calls[i].path = fmt.Sprintf("/%04d%s", i, strings.Repeat("x", 995))
	}
	few := NewSet(Options{Failures: 4}, nil)
	feed(t, few, "a", calls)
	all := NewSet(Options{}, nil)
	feed(t, all, "a", calls)
	all.Close()
	few.Close()
	if n := all.failures.bytes(); n < 200_000 {
		t.Errorf("200 names of 1 000 bytes count as %d bytes", n)
	}
	if n := few.failures.bytes(); n > 10_000 {
		t.Errorf("what is left of them counts as %d bytes", n)
	}
	before := few.failures.bytes()
	all.Merge(few) // takes over how few is thinned
	if n := all.failures.bytes(); n > 2*before {
		t.Errorf("%d bytes after a merge with what was thinned, %d before", n, before)
	}
}
