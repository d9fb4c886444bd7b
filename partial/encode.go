package partial

import (
	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/wire"
	"alblens/parser"
)

// EncodingVersion is another one whenever the same bytes would be decoded to something else than before, or an object
// yields another Partial than before.
const EncodingVersion = 2

// EncodeKey writes all of o by which two Partials of the same objects, whose records are all selected, may differ. What
// o selects is not among it. folded is whether they are of Empty and Fold, or each of one object.
func (o *Options) EncodeKey(e *wire.Encoder, folded bool) {
	e.Bool(folded)
	o.Aggregate.EncodeKey(e)
	o.Evidence.EncodeKey(e)
	if folded {
		e.Int(int64(o.FoldLimit))
	}
}

// Whole reports whether nothing went wrong with the objects of p: only such Partials can be encoded.
func (p *Partial) Whole() bool {
	l := &p.Ledger
	return l.Complete == l.Objects && len(l.Problems)+len(l.Duplicates)+len(l.Gaps) == 0 && !l.Interrupted
}

// Span is the times of the first and the last record, by which they are selected; false if there is none.
func (p *Partial) Span() (first, last parser.Timestamp, ok bool) {
	first, last = p.counts.Span()
	return first, last, p.Ledger.Records > 0
}

// Encode writes p, which must be Whole. A Partial that is decoded is just as p is, to the byte that it takes.
func (p *Partial) Encode(e *wire.Encoder) {
	p.Ledger.encode(e)
	p.counts.Encode(e)
	p.evidence.Encode(e)
}

// Decode returns a Partial that was written with the same Options; folded is whether it was one of Empty and Fold. Its
// error is wire.ErrInvalid. Bytes that nobody wrote may be decoded to something that no log yields, but to no more of
// it than they are.
func Decode(text []byte, o *Options, folded bool) (*Partial, error) {
	d := wire.NewDecoder(text)
	p := &Partial{}
	p.Ledger.decode(d)
	counts, kept := o.Aggregate, o.Evidence
	if folded {
		counts, kept = o.folded()
	}
	p.counts = aggregate.Decode(d, counts)
	p.evidence = evidence.Decode(d, kept)
	if err := d.Err(); err != nil {
		return nil, err
	}
	return p, nil
}

func (l *Ledger) encode(e *wire.Encoder) {
	for _, n := range l.counts() {
		e.Int(*n)
	}
	for n, count := range l.FieldCounts {
		if count > 0 {
			e.Len(n + 1)
			e.Int(count)
		}
	}
	e.Len(0)
	e.Len(len(l.MalformedSamples))
	for i := range l.MalformedSamples {
		m := &l.MalformedSamples[i]
		e.Symbol(m.Name)
		e.Int(int64(m.Line))
		e.Int(int64(m.Column))
		for _, text := range []string{m.Field, m.Error, m.Text} {
			e.Symbol(text)
		}
	}
}

func (l *Ledger) decode(d *wire.Decoder) {
	for _, n := range l.counts() {
		*n = d.Int()
	}
	for n := d.Below(MaxFieldCount + 2); n > 0; n = d.Below(MaxFieldCount + 2) {
		l.FieldCounts[n-1] = d.Int()
	}
	for range d.Len(6) {
		l.MalformedSamples = append(l.MalformedSamples, MalformedSample{
			Name: d.Symbol(), Line: int(d.Int()), Column: int(d.Int()), Field: d.Symbol(), Error: d.Symbol(), Text: d.Symbol(),
		})
	}
	l.Complete = l.Objects
	if len(l.MalformedSamples) > maxMalformedSamples || l.Lines != l.Records+l.Malformed+l.Filtered {
		d.Fail()
	}
}

// counts are the numbers of a ledger without a problem.
func (l *Ledger) counts() [7]*int64 {
	return [...]*int64{&l.Objects, &l.CompressedBytes, &l.Bytes, &l.Lines, &l.Records, &l.Malformed, &l.Filtered}
}
