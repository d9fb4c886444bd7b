package scan

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync/atomic"
	"time"

	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
)

// Config says how to read. It never changes the answer.
type Config struct {
	Jobs   int  // workers; at least 1
	Ahead  int  // objects opened at once; 0: as many as Jobs
	Strict bool // stop at the first object or line that is not as it should be
	Meter  *Meter
	// Memory is what the Partials may take that are held at once, in bytes; 0: no bound.
	Memory int64
	// Cache is what Summarize and Partials need not read, and where they keep what they do; nil: there is none.
	Cache Cache
	// Done is told of every object, in the order of the plan, by the goroutine that runs Summarize or Each; nil: nobody
	// is. The ledger is that of the object alone and valid during the call; cached is whether it comes from the cache.
	Done func(ref *sources.Ref, l *partial.Ledger, cached bool)

	told bool // somebody is told of every object
}

// A Meter shows how far a run is. Its methods may be called from any goroutine.
type Meter struct{ objects, stored, bytes atomic.Int64 }

// Read returns the objects done, and the stored and text bytes read.
func (m *Meter) Read() (objects, stored, bytes int64) {
	return m.objects.Load(), m.stored.Load(), m.bytes.Load()
}

// Watch calls f every interval, on a goroutine of its own, until the returned function is called, which waits for it.
func (m *Meter) Watch(interval time.Duration, f func(objects, stored, bytes int64)) (stop func()) {
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		tick := time.NewTicker(interval)
		defer tick.Stop()
		for {
			select {
			case <-tick.C:
				f(m.Read())
			case <-quit:
				return
			}
		}
	}()
	return func() {
		close(quit)
		<-done
	}
}

func (c Config) withDefaults() Config {
	c.Jobs = max(c.Jobs, 1)
	if c.Ahead <= 0 {
		c.Ahead = c.Jobs
	}
	if c.Memory <= 0 {
		c.Memory = math.MaxInt64
	}
	if c.Meter == nil {
		c.Meter = &Meter{}
	}
	if c.Cache == nil {
		c.Cache = noCache{}
	}
	if c.Done == nil {
		c.Done = func(*sources.Ref, *partial.Ledger, bool) {}
	} else {
		c.told = true
	}
	return c
}

// refuse returns the first problem of the listing if nothing may be wrong.
func (c Config) refuse(p *plan.Plan) error {
	for _, problem := range p.Problems {
		if c.Strict && problem.Kind != sources.Skipped {
			return problem
		}
	}
	return nil
}

// blame returns the error that a problem of an object is where nothing may be wrong. An interrupted run is none: what
// was read is reported.
func (c Config) blame(p *partial.Problem) error {
	if !c.Strict || p == nil || p.Kind == partial.Skipped || p.Kind == partial.Interrupted {
		return nil
	}
	return fmt.Errorf("%s: %s", p.Name, p.Error)
}

// Partials reads every object of the plan, but for what the cache has, and hands what it yields to take, in the order of
// the plan and on the caller's goroutine, which ends the run by an error. When the context ends early, objects that were
// begun are taken as far as they were read. It returns how many were taken. The plan's Shards are not looked at.
func Partials(ctx context.Context, src sources.Source, p *plan.Plan, o *partial.Options, c Config, take func(item int, part *partial.Partial) error) (taken int, err error) {
	return partials(ctx, src, p.Objects, o, c.withDefaults(), nil, func(item int, out outcome) error { return take(item, out.part) })
}

// outcome is what one object yields.
type outcome struct {
	part   *partial.Partial
	err    error
	cached bool // it comes from the cache
	kept   bool // the cache has it
}

// partials takes folded ones, whose memory it uses again, from spent, which may be nil.
func partials(ctx context.Context, src sources.Source, objects []sources.Ref, o *partial.Options, c Config, spent <-chan *partial.Partial, take func(item int, out outcome) error) (taken int, err error) {
	fetch := newFetcher(ctx, src, objects, c.Ahead, func(ref *sources.Ref) bool { return c.Cache.Has([]sources.Ref{*ref}) })
	defer fetch.close()
	crew := &crew{workers: c.Jobs, items: len(objects)}
	workers := make([]worker, c.Jobs)
	for i := range workers {
		workers[i] = worker{reader{meter: c.Meter, crew: crew}, partial.NewBuilder(o)}
	}
	throttle := newThrottle(c.Memory)
	work := func(_ context.Context, w, item int, emit func(outcome) bool) {
		crew.begun.Add(1)
		defer crew.ended.Add(1)
		throttle.begin(item)
		select {
		case p := <-spent:
			workers[w].builder.Reuse(p)
		default:
		}
		out := workers[w].object(objects[item:item+1], fetch.take(item), fetch, &c)
		throttle.end(out.part.Bytes())
		emit(out)
	}
	fold := func(item int, out outcome) error {
		if out.err != nil {
			return out.err
		}
		bytes := out.part.Bytes()
		c.Done(&objects[item], &out.part.Ledger, out.cached)
		if err := take(item, out); err != nil {
			return err
		}
		throttle.folded(item, bytes)
		c.Meter.objects.Add(1)
		return nil
	}
	return ordered(ctx, len(objects), c.Jobs, work, func(item int, out outcome) error {
		err := fold(item, out)
		if err != nil {
			throttle.open()
			fetch.stop()
		}
		return err
	})
}

type worker struct {
	reader  reader
	builder *partial.Builder
}

// object reads an object, the only one of ref, or takes it from the cache.
func (w *worker) object(ref []sources.Ref, from result, fetch *fetcher, c *Config) outcome {
	if from.kept {
		if part := c.load(ref); part != nil {
			return outcome{part: part, cached: true, kept: true}
		}
		from = fetch.open(&ref[0])
	}
	w.builder.Begin(ref[0].Name, ref[0].Log.Node)
	problem, err := w.reader.read(ref[0], from, lenient{w.builder, c.Strict})
	if err == nil {
		err = c.blame(problem)
	}
	part := w.builder.End(w.reader.stored, w.reader.text, problem)
	kept := err == nil && problem == nil && c.Cache.Save(ref, part)
	return outcome{part: part, err: err, kept: kept}
}

// Summarize reads every object of the plan, but for what the cache has, and folds what they yield. When the context ends
// early, the Partial holds what was read and its ledger says what was not. An error is returned only if Config.Strict
// asks for it.
func Summarize(ctx context.Context, src sources.Source, p *plan.Plan, o *partial.Options, c Config) (*partial.Partial, error) {
	c = c.withDefaults()
	if err := c.refuse(p); err != nil {
		return nil, err
	}
	fold := plan.Fold[*partial.Partial]{Join: func(into, next *partial.Partial) *partial.Partial {
		into.Fold(next)
		return into
	}}
	taken := 0
	refs := func(shard plan.Shard) []sources.Ref { return p.Objects[shard.First:shard.End] }
	for rest := p.Shards; len(rest) > 0 && ctx.Err() == nil; {
		if part := c.loadShard(refs(rest[0])); part != nil {
			fold.Add(part)
			c.Meter.objects.Add(int64(len(refs(rest[0]))))
			taken, rest = rest[0].End, rest[1:]
			continue
		}
		n := 1 // shards to be read in one go
		for n < len(rest) && !c.hasShard(refs(rest[n])) {
			n++
		}
		read, err := summarizeShards(ctx, src, p.Objects, rest[:n], o, c, fold.Add)
		if err != nil {
			return nil, err
		}
		taken, rest = rest[0].First+read, rest[n:]
	}
	whole, ok := fold.Result()
	if !ok {
		whole = partial.Empty(o)
	}
	account(&whole.Ledger, p, taken, ctx.Err() != nil)
	return whole, nil
}

// summarizeShards reads shards of the objects, which stand in a row, and hands on what each was folded to. It returns how
// many objects it came to.
func summarizeShards(ctx context.Context, src sources.Source, objects []sources.Ref, shards []plan.Shard, o *partial.Options, c Config, add func(*partial.Partial)) (int, error) {
	first, end := shards[0].First, shards[len(shards)-1].End
	var shard *partial.Partial
	kept := true                                 // all of the shard
	spent := make(chan *partial.Partial, c.Jobs) // more would wait for nothing: each worker takes one an object
	taken, err := partials(ctx, src, objects[first:end], o, c, spent, func(item int, out outcome) error {
		if shard == nil {
			shard, kept = partial.Empty(o), true
		}
		shard.Fold(out.part)
		select {
		case spent <- out.part:
		default:
		}
		kept = kept && out.kept
		if first+item < shards[0].End-1 {
			return nil
		}
		if refs := objects[shards[0].First:shards[0].End]; kept && len(refs) > 1 {
			c.Cache.Save(refs, shard)
		}
		add(shard)
		shard, shards = nil, shards[1:]
		return nil
	})
	if err == nil && shard != nil { // the run was interrupted within it
		add(shard)
	}
	return taken, err
}

// maxLate is how many late objects are named: a store that is slow is slow with all of them.
const maxLate = 100

// account adds to the ledger what the plan knows, and what was never begun.
func account(l *partial.Ledger, p *plan.Plan, taken int, interrupted bool) {
	for _, problem := range p.Problems {
		l.AddProblem(partial.Problem{Name: problem.Name, Kind: string(problem.Kind), Error: problem.Reason()})
	}
	for _, d := range p.Duplicates {
		l.Duplicates = append(l.Duplicates, partial.Duplicate(d))
	}
	for _, g := range p.Gaps {
		l.Gaps = append(l.Gaps, partial.Gap(g))
	}
	for _, c := range p.Coverage {
		l.Nodes = append(l.Nodes, partial.NodeDelivery(c))
	}
	late := slices.Clone(p.Late)
	slices.SortStableFunc(late, func(a, b plan.Late) int { return -cmp.Compare(a.Delay(), b.Delay()) })
	for _, x := range late[:min(len(late), maxLate)] {
		l.Late = append(l.Late, partial.LateObject(x))
	}
	if rest := p.Objects[taken:]; interrupted {
		l.Interrupted = true
		for _, ref := range rest {
			l.AddProblem(NotBegun(ref.Name))
		}
	}
}

// NotBegun is the Problem of an object that the end of the context kept from being read at all.
func NotBegun(name string) partial.Problem {
	return partial.Problem{Name: name, Kind: partial.Interrupted, Error: partial.ErrorNotBegun}
}

// lenient passes lines on and keeps malformed ones, which the builder has counted, from ending the object, unless
// strict.
type lenient struct {
	*partial.Builder
	strict bool
}

func (l lenient) Line(line []byte, number int, err error) error {
	if err := l.Builder.Line(line, number, err); err != nil && l.strict {
		return err.(*parser.SyntaxError).Clone()
	}
	return nil
}
