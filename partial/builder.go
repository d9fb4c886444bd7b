package partial

import (
	"alblens/aggregate"
	"alblens/evidence"
	"alblens/parser"
)

// A Builder makes the Partials of one object after the other. It is not safe for concurrent use.
type Builder struct {
	opts    *Options
	record  parser.Record
	place   evidence.Place
	node    []byte
	scratch evidence.Scratch
	counts  aggregate.Scratch
	spare   *aggregate.Set // empty, or nil
	p       *Partial
}

// NewBuilder returns a Builder. Begin comes first.
func NewBuilder(o *Options) *Builder { return &Builder{opts: o} }

// Begin starts an object. node is the load balancer node that its name tells, or "".
func (b *Builder) Begin(name, node string) {
	b.node, b.p = nil, b.empty()
	b.p.counts.Use(&b.counts)
	if node != "" {
		b.node = []byte(node)
	}
	b.place = evidence.Place{Source: name, Node: b.node, Path: b.p.counts.PathOf}
}

// Reuse lets the next Partial have the memory of p, which a Builder with the same Options made and Fold added to another.
func (b *Builder) Reuse(p *Partial) {
	if p.counts.Reset() {
		b.spare = p.counts
	}
}

func (b *Builder) empty() *Partial {
	counts := b.spare
	if b.spare = nil; counts == nil {
		counts = aggregate.NewReusable(b.opts.Aggregate)
	}
	return &Partial{counts: counts, evidence: evidence.NewSet(b.opts.Evidence, &b.scratch)}
}

// Line takes the next line, whose number is counted from 1, and keeps nothing of it but samples. err is what was
// wrong with it already, such as parser.ErrTooLong, or nil. A line that is not a record is counted, and returned as
// a *parser.SyntaxError with its place, which is valid until the next line.
func (b *Builder) Line(line []byte, number int, err error) error {
	b.p.Ledger.Lines++
	if err == nil {
		err = b.record.Parse(line)
	}
	if err != nil {
		return b.p.Ledger.AddMalformed(b.place.Source, number, line, err)
	}
	if !b.opts.Selects(&b.record) {
		b.p.Ledger.Filtered++
		return nil
	}
	b.p.Ledger.Records++
	b.p.Ledger.countFields(b.record.Fields)
	b.place.Route = b.p.counts.Add(&b.record, b.node)
	b.place.Line = number
	b.p.evidence.Add(&b.record, &b.place)
	return nil
}

// Empty reports whether no line so far was a record, selected or not.
func (b *Builder) Empty() bool { return b.p.Ledger.Records+b.p.Ledger.Filtered == 0 }

// End returns the Partial of an object that was read to its end, when problem is nil, or as far as problem says.
// stored and text are how many bytes of the object were read, as they are stored and as text. A skipped object leaves
// no trace but its problem.
func (b *Builder) End(stored, text int64, problem *Problem) *Partial {
	p := b.p
	b.p = nil
	p.counts.Close()
	if problem != nil && problem.Kind == Skipped {
		p.evidence.Close()
		p = b.empty()
	}
	p.evidence.Close()
	p.Ledger.End(stored, text, problem)
	return p
}
