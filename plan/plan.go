// Package plan freezes what a run will read: the objects, in an order and cut into shards that depend on nothing but
// the listing. However many workers or machines then read them, the folds are the same, and so is the answer.
package plan

import (
	"cmp"
	"context"
	"errors"
	"slices"
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
	Bytes      int64 // stored bytes of all objects whose size is known
}

// A Shard is the objects from First up to, not including, End. They are folded one after the other.
type Shard struct{ First, End int }

// A Duplicate was left out of the plan, for SameAs has the same AWS file name and size.
type Duplicate struct{ Name, SameAs string }

// A Gap is a time for which a load balancer node delivered no object, between times for which it did. An idle node may
// well deliver none.
type Gap struct {
	LoadBalancer, Node string
	From, To           time.Time
}

// A shard ends before it would exceed either.
const (
	shardBytes   = 256 << 20 // stored
	shardObjects = 1000
)

// Build lists src. Its error is the context's; what else goes wrong is among the Problems.
func Build(ctx context.Context, src sources.Source, sel sources.Selection) (*Plan, error) {
	p := &Plan{}
	for ref, err := range src.List(ctx, sel) {
		if err == nil {
			p.Objects = append(p.Objects, ref)
			continue
		}
		problem, ok := errors.AsType[*sources.Problem](err)
		if !ok {
			return nil, err
		}
		p.Problems = append(p.Problems, problem)
	}
	slices.SortFunc(p.Objects, compare)
	p.dropDuplicates()
	p.findGaps()
	p.cut()
	return p, nil
}

func compare(a, b sources.Ref) int {
	return cmp.Or(
		cmp.Compare(a.Log.LoadBalancer, b.Log.LoadBalancer),
		a.Log.End.Compare(b.Log.End),
		cmp.Compare(a.Log.Node, b.Log.Node),
		cmp.Compare(a.Log.Base, b.Log.Base),
		cmp.Compare(a.Name, b.Name),
	)
}

// dropDuplicates leaves out objects that were copied: AWS's file names hold a random part, so two of one name and
// size are one.
func (p *Plan) dropDuplicates() {
	type identity struct {
		base string
		size int64
	}
	first := map[identity]string{}
	kept := p.Objects[:0]
	for _, ref := range p.Objects {
		if ref.Log.Kind == logname.Access && ref.Size >= 0 {
			id := identity{ref.Log.Base, ref.Size}
			if name, ok := first[id]; ok {
				p.Duplicates = append(p.Duplicates, Duplicate{ref.Name, name})
				continue
			}
			first[id] = ref.Name
		}
		kept = append(kept, ref)
	}
	p.Objects = kept
}

func (p *Plan) findGaps() {
	type node struct{ lb, ip string }
	ends := map[node][]time.Time{}
	for _, ref := range p.Objects {
		if ref.Log.Kind == logname.Access {
			n := node{ref.Log.LoadBalancer, ref.Log.Node}
			ends[n] = append(ends[n], ref.Log.End)
		}
	}
	for n, list := range ends { // sorted already, for Objects are
		for i, end := range list[1:] {
			if from, to := list[i], end.Add(-logname.Slot); from.Before(to) {
				p.Gaps = append(p.Gaps, Gap{n.lb, n.ip, from, to})
			}
		}
	}
	slices.SortFunc(p.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.LoadBalancer, b.LoadBalancer), a.From.Compare(b.From), cmp.Compare(a.Node, b.Node))
	})
}

func (p *Plan) cut() {
	var bytes int64
	shard := Shard{}
	for i, ref := range p.Objects {
		size := max(ref.Size, 0)
		if i > shard.First && (bytes+size > shardBytes || i-shard.First == shardObjects) {
			shard.End = i
			p.Shards = append(p.Shards, shard)
			shard, bytes = Shard{First: i}, 0
		}
		bytes += size
		p.Bytes += size
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
