// Package evidence keeps what the diagnosis needs of the records, while they are read: the failed ones in a compact
// form, what each cause explains going by the record alone, and what stood around the failures: when targets took and
// answered requests, how long connections had been idle, and how busy target groups were.
package evidence

import (
	"time"

	"alblens/internal/cause"
	"alblens/parser"
)

// Options say what a Set keeps. Sets that are merged must share them, but for the limits, which may grow on the way.
type Options struct {
	// Samples is how many lines are kept for each cause. Default: 3.
	Samples int
	// Failures is how many failed records are kept at most. Default: 20 000. Beyond it they are sampled by a hash of
	// their lines, the most frequent causes first.
	Failures int
	// Texts is how many bytes of their lines are kept at most. Default: 512 KiB.
	Texts int
	// Lives is how many bytes the lives of targets may take; beyond it their slots widen. Default: 4 MiB.
	Lives int
}

// Folded returns the Options of a Set that others are merged into, with room for more.
func (o Options) Folded() Options {
	o = o.withDefaults()
	o.Failures, o.Texts, o.Lives = 2*o.Failures, 2*o.Texts, 3*o.Lives
	return o
}

func (o Options) withDefaults() Options {
	setDefault(&o.Samples, 3)
	setDefault(&o.Failures, 20_000)
	setDefault(&o.Texts, 512<<10)
	setDefault(&o.Lives, 4<<20)
	return o
}

func setDefault(n *int, value int) {
	if *n <= 0 {
		*n = value
	}
}

// A Set is the evidence of some records. It is not safe for concurrent use.
type Set struct {
	opts     Options
	causes   [cause.Count]causeSet
	failures failures
	scratch  *Scratch // with the records since they were last settled
	lives    lives
	pools    pools
	loads    loads
}

// NewSet returns an empty Set. Until it is closed it uses the scratch, which may be nil.
func NewSet(o Options, scratch *Scratch) *Set {
	o = o.withDefaults()
	if scratch == nil {
		scratch = &Scratch{}
	}
	return &Set{opts: o, scratch: scratch, failures: newFailures(o), lives: newLives(o.Lives), pools: newPools(), loads: newLoads()}
}

// Close ends the use of the scratch, so that another Set may have it.
func (s *Set) Close() {
	if s.scratch != nil {
		s.settle()
		s.scratch = nil
	}
}

// A Place is where a record stands, and what its line does not tell.
type Place struct {
	Source string
	Line   int    // from 1
	Node   []byte // that the object's name tells, for lines from before it was logged; nil if it tells none
	// Route saves the Set a search: records that have it in common, unless it is 0, have target, target group and node in
	// common. All Sets that use a Scratch must be told by the same rule.
	Route uint64
	// Path returns the path template of the record at hand. It is asked for failed records only.
	Path func(*parser.Record) []byte
}

// Add takes a record into account. Nothing of it is kept but copies.
func (s *Set) Add(r *parser.Record, at *Place) {
	c, _ := cause.OfRow(r)
	node := r.Text(parser.FieldNodeIP)
	if node == nil {
		node = at.Node
	}
	var f *Failure
	if c != cause.None {
		h := hash(r.Line)
		s.causes[c].add(r, at.Source, at.Line, h, s.opts.Samples)
		f = s.failures.add(r, c, h, at, node)
	}
	if s.scratch == nil {
		s.scratch = &Scratch{}
	}
	if r.HasTarget() && !s.scratch.traffic.add(r, node, at.Route, f) {
		s.settle()
	}
}

// settle works out what stood around the failures of the traffic so far, and forgets it.
func (s *Set) settle() {
	t := &s.scratch.traffic
	for _, c := range t.conversations {
		s.lives.add(c, t.base)
		s.loads.add(c, t.base)
		s.pools.add(c, t.base)
	}
	t.reset()
	s.lives.fit()
	s.loads.fit()
	s.pools.fit()
}

// Merge adds o, whose records come after those of s in the plan. o must not be used again.
func (s *Set) Merge(o *Set) {
	s.Close()
	o.Close()
	for i := range s.causes {
		s.causes[i].merge(&o.causes[i], s.opts.Samples)
	}
	s.pools.resolve(o.failures.list())
	s.failures.merge(&o.failures)
	s.lives.merge(&o.lives)
	s.pools.merge(&o.pools)
	s.loads.merge(&o.loads)
}

// Bytes is about what s takes in memory.
func (s *Set) Bytes() int {
	return s.failures.bytes() + s.lives.bytes() + len(s.pools.tails)*poolBytes + len(s.pools.stops)*stopBytes + s.loads.cells*loadBytes
}

// A Result is the evidence, frozen. It is plain data: tests may write one as a literal.
type Result struct {
	Causes []CauseCount // by requests, then in the order of the causes; None left out
	// Failures are the failed records that were kept, by the time of their end. Where they are fewer than Causes
	// counts, each stands for several of its cause.
	Failures []*Failure
	Lives    []Life // by target
	Loads    []Load // by target group, then time
	// LoadWidth is how long a Load lasts.
	LoadWidth time.Duration
	Idle      []IdleCounts // by target group
	Stops     []Stop       // by target, time and node
}

// Freeze returns the evidence. The Set must not be used again.
func (s *Set) Freeze() *Result {
	s.Close()
	return &Result{
		Causes: freezeCauses(&s.causes), Failures: s.failures.sorted(), Lives: s.lives.freeze(),
		Loads: s.loads.freeze(), LoadWidth: s.loads.width(), Idle: s.pools.freeze(), Stops: s.pools.freezeStops(),
	}
}
