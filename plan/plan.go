// Package plan freezes what a run will read: the objects, in an order and cut into shards that depend on nothing but
// the listing. However many workers or machines then read them, the folds are the same, and so is the answer.
package plan

import (
	"cmp"
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"alblens/internal/logname"
	"alblens/sources"
)

// A Plan is a frozen listing.
type Plan struct {
	Objects    []sources.Ref      // by load balancer, end time, node and name
	Shards     []Shard            // which together cover Objects
	Problems   []*sources.Problem // what could not be listed, and what was skipped by its name
	Duplicates []Duplicate
	Gaps       []Gap
	Coverage   []Coverage // by load balancer and node
	Late       []Late     // in the order of Objects
	Filling    time.Time  // slots that end after it may not be complete yet; zero when all of them are, or nobody can tell
	Bytes      int64      // stored bytes of all objects whose size is known

	copied bool // the objects' times are those of a copy
}

// A Shard is the objects from First up to, not including, End. They are folded one after the other.
type Shard struct{ First, End int }

// A Duplicate was left out of the plan: SameAs has the same AWS file name and size, or is packed what Name is unpacked, or
// is AWS's own of the same content.
type Duplicate struct {
	Name, SameAs string
	ByContent    bool // the names differ, the contents do not
}

// A shard ends before it would exceed either.
const (
	shardBytes   = 256 << 20 // stored
	shardObjects = 1000
)

// Build lists src. Its error is the context's; what else goes wrong is among the Problems.
func Build(ctx context.Context, src sources.Source, sel sources.Selection) (*Plan, error) {
	return buildAt(ctx, src, sel, time.Now())
}

func buildAt(ctx context.Context, src sources.Source, sel sources.Selection, now time.Time) (*Plan, error) {
	p := &Plan{}
	shared := interned{}
	for ref, err := range src.List(ctx, sel) {
		if err == nil {
			ref.Log.LoadBalancer, ref.Log.Node = shared.of(ref.Log.LoadBalancer), shared.of(ref.Log.Node)
			p.Objects = append(p.Objects, ref)
			continue
		}
		problem, ok := errors.AsType[*sources.Problem](err)
		if !ok {
			return nil, err
		}
		p.Problems = append(p.Problems, problem)
	}
	p.Objects = slices.Clone(p.Objects) // without the room to grow, for there may be many
	slices.SortFunc(p.Objects, Compare)
	p.dropDuplicates()
	p.cover(sel, now)
	p.cut()
	return p, nil
}

// interned holds one copy of each of few strings that many objects have.
type interned map[string]string

func (i interned) of(s string) string {
	same, ok := i[s]
	if !ok {
		same = strings.Clone(s)
		i[same] = same
	}
	return same
}

// Compare is the order of a plan: by load balancer, end, node and name.
func Compare(a, b sources.Ref) int {
	return cmp.Or(
		cmp.Compare(a.Log.LoadBalancer, b.Log.LoadBalancer),
		a.Log.End.Compare(b.Log.End),
		cmp.Compare(a.Log.Node, b.Log.Node),
		cmp.Compare(a.Log.Base, b.Log.Base),
		cmp.Compare(a.Name, b.Name),
	)
}

// dropDuplicates leaves out objects that were copied. AWS's file names hold a random part, so two of one name and size
// are one, and so is what was unpacked beside the packed one, which is read, for it has a checksum. A copy under a name of
// another kind is told by S3's ETag, where that is the MD5 of the content.
//
// Note: two names that are both not AWS's are two objects, whatever their ETags: so they are on disk, where nothing tells.
func (p *Plan) dropDuplicates() {
	type identity struct {
		what string // a file name or an ETag
		size int64
	}
	first := map[identity]string{}
	again := map[int]Duplicate{} // by index in Objects
	for i, ref := range p.Objects {
		if ref.Log.Kind != logname.Access || ref.Size < 0 {
			continue
		}
		id := identity{ref.Log.Base, ref.Size}
		if name, ok := first[id]; ok {
			again[i] = Duplicate{Name: ref.Name, SameAs: name}
			continue
		}
		first[id] = ref.Name
		if isMD5(ref.ETag) {
			first[identity{ref.ETag, ref.Size}] = ref.Name
		}
	}
	packed := p.packed()
	for i, ref := range p.Objects {
		if ref.Log.Kind == logname.Access {
			if name := packed[ref.Log.Base]; name != "" {
				again[i] = Duplicate{Name: ref.Name, SameAs: name}
			}
		} else if isMD5(ref.ETag) {
			if name, ok := first[identity{ref.ETag, ref.Size}]; ok {
				again[i] = Duplicate{Name: ref.Name, SameAs: name, ByContent: true}
			}
		}
	}
	kept := p.Objects[:0]
	for i, ref := range p.Objects {
		if same, ok := again[i]; ok {
			p.Duplicates = append(p.Duplicates, same)
		} else {
			kept = append(kept, ref)
		}
	}
	p.Objects = kept
}

// packed returns the access logs that end in ".gz", by their file names without it; nil where all of them do.
func (p *Plan) packed() map[string]string {
	const gz = ".gz"
	if !slices.ContainsFunc(p.Objects, func(ref sources.Ref) bool {
		return ref.Log.Kind == logname.Access && !strings.HasSuffix(ref.Log.Base, gz)
	}) {
		return nil
	}
	packed := map[string]string{}
	for _, ref := range p.Objects {
		if name, ok := strings.CutSuffix(ref.Log.Base, gz); ok && packed[name] == "" {
			packed[name] = ref.Name
		}
	}
	return packed
}

// isMD5 reports whether an ETag may be the MD5 of the content: those of uploads in parts have a dash, and those of
// objects encrypted with KMS keys are of the same form but never equal.
func isMD5(etag string) bool {
	hex := strings.Trim(etag, `"`)
	return len(hex) == 32 && strings.Trim(hex, "0123456789abcdef") == ""
}

func (p *Plan) cut() {
	var bytes int64
	shard := Shard{}
	for i, ref := range p.Objects {
		size := max(ref.Size, 0)
		if i > shard.First && (size > shardBytes-bytes || i-shard.First == shardObjects) {
			shard.End = i
			p.Shards = append(p.Shards, shard)
			shard, bytes = Shard{First: i}, 0
		}
		bytes += size
		p.Bytes += min(size, math.MaxInt64-p.Bytes) // a listing may claim anything
	}
	if shard.First < len(p.Objects) {
		shard.End = len(p.Objects)
		p.Shards = append(p.Shards, shard)
	}
}

// FanIn is how many nodes of the fold tree are folded into one of the level above.
const FanIn = 8

// A Fold is the tree that joins the results of shards, taken in their order. It keeps one value a level.
type Fold[T any] struct {
	Join   func(into, next T) T // next comes after into; neither is used again
	levels []level[T]
}

type level[T any] struct {
	value T
	count int
}

// Add takes the next shard's value.
func (f *Fold[T]) Add(v T) { f.add(0, v) }

func (f *Fold[T]) add(i int, v T) {
	if i == len(f.levels) {
		f.levels = append(f.levels, level[T]{})
	}
	l := &f.levels[i]
	if l.count == 0 {
		l.value = v
	} else {
		l.value = f.Join(l.value, v)
	}
	if l.count++; l.count == FanIn {
		full := l.value
		*l = level[T]{}
		f.add(i+1, full)
	}
}

// Result joins what is left, and reports whether there was any value at all.
func (f *Fold[T]) Result() (v T, ok bool) {
	for _, l := range f.levels {
		switch {
		case l.count == 0:
		case !ok:
			v, ok = l.value, true
		default:
			v = f.Join(l.value, v)
		}
	}
	return v, ok
}
