// Package partial holds all that reading one object yields, the ledger of what was read, the counts and the evidence,
// and folds such parts into the whole.
//
//  1. A Builder takes the lines of one object and yields its Partial: a function of the bytes and the Options alone.
//  2. Fold joins Partials in the order of the plan.
//  3. Freeze turns the last one into a Result, which diagnosis and reports read.
package partial

import (
	"alblens/aggregate"
	"alblens/evidence"
	"alblens/parser"
	"slices"
)

// Options say which records count and what is kept of them. All Partials of a run share them.
type Options struct {
	// Since and Until select the records whose time is in [Since, Until); NoTimestamp leaves a side open.
	Since, Until parser.Timestamp
	// Aggregate.Limit bounds the Partial of one object.
	Aggregate aggregate.Options
	// FoldLimit bounds the keyed state of a Partial that others are folded into, in bytes. Default: Aggregate.Limit.
	FoldLimit int
	Evidence  evidence.Options
}

// DefaultOptions select everything.
func DefaultOptions() Options {
	return Options{Since: parser.NoTimestamp, Until: parser.NoTimestamp}
}

// Selects reports whether a record's time is in the window.
func (o *Options) Selects(r *parser.Record) bool {
	t := aggregate.Timestamp(r, o.Aggregate.ByCreation)
	return t >= o.Since && (o.Until == parser.NoTimestamp || t < o.Until)
}

// A Partial is what was read of one object, or of several that were folded. It is not safe for concurrent use.
type Partial struct {
	Ledger   Ledger
	counts   *aggregate.Set
	evidence *evidence.Set
}

// Empty returns a Partial of no object, which Fold begins with.
func Empty(o *Options) *Partial {
	counts, kept := o.folded()
	return &Partial{counts: aggregate.NewSet(counts), evidence: evidence.NewSet(kept, nil)}
}

// folded are the options of what others are folded into.
func (o *Options) folded() (aggregate.Options, evidence.Options) {
	counts := o.Aggregate
	if o.FoldLimit > 0 {
		counts.Limit = o.FoldLimit
	}
	return counts, o.Evidence.Folded()
}

// Fold adds o, whose objects come after those of p in the plan. o must not be used again, but by Builder.Reuse.
func (p *Partial) Fold(o *Partial) {
	p.Ledger.Fold(&o.Ledger)
	p.counts.Merge(o.counts)
	p.evidence.Merge(o.evidence)
}

// Clone returns a copy that shares nothing with p that either of them changes: one can be folded and the other kept.
func (p *Partial) Clone() *Partial {
	c := &Partial{Ledger: p.Ledger, counts: p.counts.Clone(), evidence: p.evidence.Clone()}
	l := &c.Ledger
	l.Problems, l.MalformedSamples = slices.Clone(l.Problems), slices.Clone(l.MalformedSamples)
	l.Duplicates, l.Gaps = slices.Clone(l.Duplicates), slices.Clone(l.Gaps)
	return c
}

// Bytes is about what p takes in memory.
func (p *Partial) Bytes() int64 { return int64(p.counts.Bytes() + p.evidence.Bytes()) }

// A Result is all that is known of a run, as plain data.
type Result struct {
	Ledger   Ledger
	Counts   *aggregate.Result
	Evidence *evidence.Result
}

// Freeze returns the Result. p must not be used again.
func (p *Partial) Freeze() *Result {
	p.Ledger.sort()
	return &Result{Ledger: p.Ledger, Counts: p.counts.Freeze(), Evidence: p.evidence.Freeze()}
}
