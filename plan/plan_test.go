package plan

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/sources"
)

// A listing is a Source of objects that nobody opens; what is not a Ref is an error.
type listing []any

func (l listing) List(context.Context, sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for _, x := range l {
			ref, _ := x.(sources.Ref)
			err, _ := x.(error)
			if !yield(ref, err) {
				return
			}
		}
	}
}

func (l listing) Open(context.Context, sources.Ref) (io.ReadCloser, error) {
	return nil, errors.New("a plan opens nothing")
}

// object is a Ref with the given size in bytes. AWS's names are written short: "web 1405 10.0.0.5 r" is the access log
// of load balancer web, of the five minutes up to 14:05, of that node, with the random part r.
func object(name string, size int64) sources.Ref {
	dir, words := "s3://logs/", strings.Fields(name)
	if i := strings.LastIndexByte(words[0], '/'); i >= 0 {
		dir, words[0] = words[0][:i+1], words[0][i+1:]
	}
	if len(words) == 4 {
		name = fmt.Sprintf("%s123456789012_elasticloadbalancing_eu-west-1_app.%s.50dc6c495c0c9188_20261120T%sZ_%s_%s.log.gz",
			dir, words[0], words[1], words[2], words[3])
	}
	return sources.Ref{Name: name, Size: size, Log: logname.Parse(name)}
}

func build(t *testing.T, l listing) *Plan {
	t.Helper()
	p, err := Build(t.Context(), l, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// names are those of a plan's objects, one a line.
func names(refs []sources.Ref) string {
	text := ""
	for _, r := range refs {
		text += r.Name + "\n"
	}
	return text
}

// Objects come by load balancer, end time, node and name, however they were listed.
func TestOrder(t *testing.T) {
	sorted := []sources.Ref{
		object("a.log", 1), // other names tell nothing, and come first
		object("b.log", 1),
		object("api 1405 10.0.0.5 r", 1),
		object("api 1410 10.0.0.5 r", 1),
		object("web 1405 10.0.0.5 a", 1),
		object("web 1405 10.0.0.5 b", 1),
		object("s3://a/web 1405 10.0.0.5 c", 1),
		object("s3://b/web 1405 10.0.0.5 c", 2),
		object("web 1405 10.0.0.6 a", 1),
		object("web 1410 10.0.0.5 a", 1),
	}
	want := names(sorted)
	rnd := rand.New(rand.NewPCG(1, 0))
	for range 50 {
		var l listing
		for _, i := range rnd.Perm(len(sorted)) {
			l = append(l, sorted[i])
		}
		if got := names(build(t, l).Objects); got != want {
			t.Fatalf("got\n%swant\n%s", got, want)
		}
	}
}

// Two objects with the same AWS file name and size are one. The first of the plan is read.
func TestDuplicates(t *testing.T) {
	kept := []sources.Ref{
		object("copy/plain.log", 7), object("plain.log", 7), // a name that is not AWS's tells nothing
		object("s3://a/web 1405 10.0.0.5 r", 100),
		object("s3://c/web 1405 10.0.0.5 r", 99), // another size
		object("s3://a/web 1405 10.0.0.5 s", 100),
		object("s3://a/web 1405 10.0.0.5 t", -1), object("s3://b/web 1405 10.0.0.5 t", -1), // who knows
	}
	first, second, third := kept[2], object("s3://b/web 1405 10.0.0.5 r", 100), object("s3://d/web 1405 10.0.0.5 r", 100)
	l := listing{third, second}
	for _, r := range slices.Backward(kept) {
		l = append(l, r)
	}
	p := build(t, l)
	if got, want := names(p.Objects), names(kept); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	want := []Duplicate{{second.Name, first.Name, false}, {third.Name, first.Name, false}}
	if d := gocmp.Diff(p.Duplicates, want); d != "" {
		t.Errorf("duplicates: got -, want +:\n%s", d)
	}
}

// What somebody unpacked beside the packed object is read once; unpacked alone it is read like any other.
func TestUnpacked(t *testing.T) {
	packed, alone := object("web 1405 10.0.0.5 r", 100), object("web 1405 10.0.0.6 r", 100)
	named := func(dir string, ref sources.Ref, size int64) sources.Ref {
		name := dir + strings.TrimSuffix(ref.Log.Base, ".gz")
		return sources.Ref{Name: name, Size: size, Log: logname.Parse(name)}
	}
	beside, elsewhere, only := named("s3://logs/", packed, 900), named("s3://a/", packed, 900), named("s3://logs/", alone, 900)
	p := build(t, listing{beside, packed, elsewhere, only})
	if got, want := names(p.Objects), names([]sources.Ref{packed, only}); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	want := []Duplicate{{elsewhere.Name, packed.Name, false}, {beside.Name, packed.Name, false}}
	slices.SortFunc(p.Duplicates, func(a, b Duplicate) int { return strings.Compare(a.Name, b.Name) })
	if d := gocmp.Diff(p.Duplicates, want); d != "" {
		t.Errorf("duplicates: got -, want +:\n%s", d)
	}
}

// A gap is a slot and more for which a node has no object, between two that it has.
func TestGaps(t *testing.T) {
	clock := func(text string) time.Time {
		at, err := time.Parse("20060102T1504", "20261120T"+text)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	p := build(t, listing{
		object("web 1405 10.0.0.5 a", 1), object("web 1405 10.0.0.5 b", 1), object("web 1410 10.0.0.5 a", 1), // none
		object("web 1420 10.0.0.5 a", 1), // one slot
		object("web 1500 10.0.0.5 a", 1), // seven
		object("web 1405 10.0.0.6 a", 1), object("web 1415 10.0.0.6 a", 1),
		object("api 1405 10.0.0.5 a", 1), object("api 1415 10.0.0.5 a", 1), // another load balancer
		object("api 1300 10.0.0.9 a", 1), // one alone has none
		object("other.log", 1), object("another.log", 1),
	})
	const web, api = "app/web/50dc6c495c0c9188", "app/api/50dc6c495c0c9188"
	want := []Gap{
		{api, "10.0.0.5", clock("1405"), clock("1410"), 1, 0},
		{web, "10.0.0.6", clock("1405"), clock("1410"), 1, 1}, // the other node delivered
		{web, "10.0.0.5", clock("1410"), clock("1415"), 1, 1},
		{web, "10.0.0.5", clock("1420"), clock("1455"), 7, 0},
	}
	if d := gocmp.Diff(p.Gaps, want); d != "" {
		t.Errorf("got -, want +:\n%s", d)
	}
}

// A shard ends before it would hold more than 256 MiB or 1000 objects; one object may be larger.
func TestShards(t *testing.T) {
	const mib = 1 << 20
	repeat := func(n int, size int64) []int64 { return slices.Repeat([]int64{size}, n) }
	for _, c := range []struct {
		name  string
		sizes []int64
		want  string
		bytes int64
	}{
		{"nothing", nil, "", 0},
		{"one", repeat(1, 5), "0-1", 5},
		{"1000 objects", repeat(1000, 1), "0-1000", 1000},
		{"1001 objects", repeat(1001, 1), "0-1000 1000-1001", 1001},
		{"exactly 256 MiB", repeat(4, 64*mib), "0-4", 256 * mib},
		{"a byte more", append(repeat(4, 64*mib), 1), "0-4 4-5", 256*mib + 1},
		{"a large one between", []int64{1, 300 * mib, 1}, "0-1 1-2 2-3", 300*mib + 2},
		{"a large one first", []int64{300 * mib, 1, 1}, "0-1 1-3", 300*mib + 2},
		{"unknown sizes count nothing", []int64{-1, 256 * mib, -1, 1}, "0-3 3-4", 256*mib + 1},
		{"objects, then bytes", append(repeat(1000, 1), 200*mib, 57*mib), "0-1000 1000-1001 1001-1002", 1000 + 257*mib},
	} {
		var l listing
		for i, size := range c.sizes {
			l = append(l, object(fmt.Sprintf("%04d.log", i), size))
		}
		p := build(t, l)
		got := ""
		for _, s := range p.Shards {
			got += fmt.Sprintf("%d-%d ", s.First, s.End)
		}
		if strings.TrimSpace(got) != c.want || p.Bytes != c.bytes {
			t.Errorf("%s: shards %sof %d bytes, want %s of %d", c.name, got, p.Bytes, c.want, c.bytes)
		}
	}
}

// The shards cover the objects, each once, in order.
func TestShardsCover(t *testing.T) {
	for seed := range uint64(20) {
		rnd := rand.New(rand.NewPCG(seed, 1))
		var l listing
		for i := range rnd.IntN(3000) {
			l = append(l, object(fmt.Sprintf("%04d.log", i), rnd.Int64N(4<<20)-1))
		}
		p := build(t, l)
		next := 0
		for _, s := range p.Shards {
			var size int64
			for _, ref := range p.Objects[s.First:s.End] {
				size += max(ref.Size, 0)
			}
			if s.First != next || s.End <= s.First || s.End-s.First > 1000 || size > 256<<20 {
				t.Errorf("seed %d: shard %+v of %d bytes after %d objects", seed, s, size, next)
			}
			next = s.End
		}
		if next != len(p.Objects) || next != len(l) {
			t.Errorf("seed %d: shards cover %d of %d objects", seed, next, len(p.Objects))
		}
	}
}

// A problem of one object leaves the others; an error of another kind is the context's, and ends it all.
func TestProblems(t *testing.T) {
	gone := &sources.Problem{Name: "s3://logs/x", Kind: sources.Skipped, Err: errors.New("connection log")}
	p := build(t, listing{gone, object("a.log", 1), fmt.Errorf("listing: %w", gone)})
	if len(p.Objects) != 1 || len(p.Problems) != 2 || p.Problems[0] != gone || p.Problems[1] != gone {
		t.Errorf("%d objects, problems %v", len(p.Objects), p.Problems)
	}
	p, err := Build(t.Context(), listing{object("a.log", 1), context.Canceled}, sources.Selection{})
	if p != nil || err != context.Canceled {
		t.Errorf("plan %v, error %v; want none and the context's", p, err)
	}
}
