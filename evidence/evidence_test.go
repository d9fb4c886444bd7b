package evidence

import (
	"cmp"
	"fmt"
	"hash/crc32"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/internal/cause"
	"alblens/parser"
)

// A logged is a record as a test tells it, with the cause that it stands for.
type logged struct {
	cause   cause.Cause
	at      time.Time
	created time.Time // zero for a line without it
	source  string
	number  int
	path    string
}

// shapes are the target, times and status of each cause.
var shapes = map[cause.Cause]string{
	cause.None:            "10.0.1.9:80 0.001 0.022 0.000 200 200",
	cause.Target5xx:       "10.0.1.9:80 0.001 0.022 0.000 500 500",
	cause.IdleTimeout:     "10.0.1.9:80 0.001 -1 -1 504 -",
	cause.KeepaliveRace:   "10.0.1.9:80 0.001 0.002 -1 502 -",
	cause.NoTarget:        "- -1 -1 -1 503 -",
	cause.ClientAbandoned: "10.0.1.9:80 0.001 -1 -1 460 -",
	cause.StreamReset:     "10.0.1.9:80 0.001 -1 -1 000 -",
	cause.Unattributed:    "10.0.1.9:80 -1 -1 -1 504 -",
}

func (l logged) line() string {
	const layout = "2006-01-02T15:04:05.000000Z"
	created := "-"
	if !l.created.IsZero() {
		created = l.created.Format(layout)
	}
	return fmt.Sprintf(`http %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 %s 321 456 "GET http://shop.example:80%s HTTP/1.1" `+
		`"curl/8.9.1" - - arn:web "-" "-" "-" 0 %s "forward"`, l.at.Format(layout), shapes[l.cause], l.path, created)
}

// add counts records, and overwrites their lines behind the Set.
func add(t *testing.T, s *Set, list []logged) {
	t.Helper()
	var r parser.Record
	for _, l := range list {
		line := []byte(l.line())
		if err := r.Parse(line); err != nil {
			t.Fatal(err)
		}
		s.Add(&r, &Place{Source: l.source, Line: l.number, Path: (*parser.Record).Path})
		for i := range line {
			line[i] = 0xCC
		}
	}
}

// oracle is the Result by keeping everything and sorting it.
func oracle(list []logged, samples int) *Result {
	all := map[cause.Cause][]logged{}
	for _, l := range list {
		if l.cause != cause.None {
			all[l.cause] = append(all[l.cause], l)
		}
	}
	r := &Result{}
	for c, same := range all {
		out := CauseCount{Cause: c, Requests: uint64(len(same))}
		for i, l := range same {
			onset := l.created
			if onset.IsZero() {
				onset = l.at
			}
			if i == 0 || onset.Before(out.First) {
				out.First = onset
			}
			if i == 0 || onset.After(out.Last) {
				out.Last = onset
			}
			out.Samples = append(out.Samples, Sample{l.source, l.number, l.line(), crc32.ChecksumIEEE([]byte(l.line()))})
		}
		slices.SortFunc(out.Samples, func(a, b Sample) int {
			return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Line, b.Line))
		})
		out.Samples = out.Samples[:min(len(out.Samples), samples)]
		r.Causes = append(r.Causes, out)
	}
	slices.SortFunc(r.Causes, func(a, b CauseCount) int {
		return cmp.Or(-cmp.Compare(a.Requests, b.Requests), cmp.Compare(a.Cause, b.Cause))
	})
	return r
}

func check(t *testing.T, what string, got, want *Result) {
	t.Helper()
	if !reflect.DeepEqual(got.Causes, want.Causes) {
		t.Errorf("%s: got -, want +:\n%s", what, gocmp.Diff(got.Causes, want.Causes, gocmp.AllowUnexported(Sample{})))
	}
}

// randomLog is n records of all shapes in a few objects; now and then a line is there twice.
func randomLog(rnd *rand.Rand, n int) []logged {
	var causes []cause.Cause
	for c := range shapes {
		causes = append(causes, c)
	}
	slices.Sort(causes)
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	list := make([]logged, n)
	for i := range list {
		at = at.Add(time.Duration(rnd.IntN(1000)) * time.Millisecond)
		// A wall of 60 s fits the idle timeout, and makes the connect timeout's shape one of no cause.
		l := logged{causes[rnd.IntN(len(causes))], at, at.Add(-time.Minute), fmt.Sprint("object-", rnd.IntN(4)), i + 1, fmt.Sprint("/", rnd.IntN(n))}
		if rnd.IntN(5) == 0 {
			l.created = time.Time{}
		}
		if i > 0 && rnd.IntN(4) == 0 {
			twin := list[rnd.IntN(i)]
			twin.source, twin.number = l.source, l.number
			l = twin
		}
		list[i] = l
	}
	return list
}

// Counts, onsets and samples are those of the records, in whatever order they come and however they are cut and folded.
func TestAnyOrderAnySplit(t *testing.T) {
	for seed := range uint64(30) {
		rnd := rand.New(rand.NewPCG(seed, 0))
		list := randomLog(rnd, rnd.IntN(400))
		samples := 1 + rnd.IntN(6)
		want := oracle(list, samples)

		whole := NewSet(Options{Samples: samples}, nil)
		add(t, whole, list)
		check(t, fmt.Sprintf("seed %d, whole", seed), whole.Freeze(), want)

		rnd.Shuffle(len(list), func(i, k int) { list[i], list[k] = list[k], list[i] })
		parts := make([]*Set, 1+rnd.IntN(8))
		for i := range parts {
			parts[i] = NewSet(Options{Samples: samples}, nil)
		}
		for _, l := range list {
			add(t, parts[rnd.IntN(len(parts))], []logged{l})
		}
		for len(parts) > 1 { // any two neighbours
			i := rnd.IntN(len(parts) - 1)
			parts[i].Merge(parts[i+1])
			parts = slices.Delete(parts, i+1, i+2)
		}
		check(t, fmt.Sprintf("seed %d, shuffled and cut", seed), parts[0].Freeze(), want)
	}
}

func TestMergeLeavesTheOther(t *testing.T) {
	list := randomLog(rand.New(rand.NewPCG(1, 1)), 200)
	a, b := NewSet(Options{}, nil), NewSet(Options{}, nil)
	add(t, a, list[:100])
	add(t, b, list[100:])
	a.Merge(b)
	check(t, "merged", a.Freeze(), oracle(list, 3))
	check(t, "the other", b.Freeze(), oracle(list[100:], 3))
}

// Three samples unless said otherwise, however many failures there are.
func TestSamplesAreBounded(t *testing.T) {
	var list []logged
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	for i := range 5000 {
		list = append(list, logged{cause.Target5xx, at, at, "x.log", i + 1, fmt.Sprint("/", i)})
	}
	for asked, want := range map[int]int{0: 3, -1: 3, 1: 1, 5: 5} {
		s := NewSet(Options{Samples: asked}, nil)
		add(t, s, list)
		got := s.Freeze().Causes[0]
		if len(got.Samples) != want || got.Requests != 5000 {
			t.Errorf("Samples: %d keeps %d lines of %d requests, want %d", asked, len(got.Samples), got.Requests, want)
		}
		for _, x := range got.Samples {
			if line := list[x.Line-1].line(); x.Text != line || x.Source != "x.log" {
				t.Errorf("line %d is sampled as %s:%d\n%s\n%s", x.Line, x.Source, x.Line, x.Text, line)
			}
		}
	}
}

// Successes are no evidence, and no failure no cause.
func TestNothing(t *testing.T) {
	s := NewSet(Options{}, nil)
	s.Merge(NewSet(Options{}, nil))
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	add(t, s, []logged{{cause.None, at, at, "x.log", 1, "/"}})
	if got := s.Freeze(); len(got.Causes) != 0 {
		t.Errorf("causes of nothing: %v", got.Causes)
	}
}

// A success costs a few bytes, which are used again.
func TestAddAllocs(t *testing.T) {
	if underRace {
		t.Skip("the race detector allocates")
	}
	at := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	s := NewSet(Options{Samples: 1}, nil)
	var ok parser.Record
	if err := ok.Parse([]byte(logged{cause.None, at, at, "", 0, "/a"}.line())); err != nil {
		t.Fatal(err)
	}
	place := &Place{Source: "x.log", Line: 1, Path: (*parser.Record).Path}
	s.Add(&ok, place)
	if n := testing.AllocsPerRun(100, func() { s.Add(&ok, place) }); n != 0 {
		t.Errorf("%v allocations, want none", n)
	}
}
