package scan

import (
	"context"
	"errors"
	"io"

	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
)

// A Selector decides about single records. Each gives every worker one of its own.
type Selector interface {
	// Append appends what is to be written for the record to dst and returns it, or reports false to leave the record
	// out. r is valid during the call only.
	Append(dst []byte, r *parser.Record, ref *sources.Ref, line int) ([]byte, bool)
}

// chunk is how much is gathered before it is handed on.
const chunk = 128 << 10

// Each reads every object of the plan and writes what the selectors make of its records to out, in the order of the
// plan. The ledger counts the records left out as filtered. An error is that of out, or what Config.Strict asks for.
func Each(ctx context.Context, src sources.Source, p *plan.Plan, selector func() Selector, out io.Writer, c Config) (*partial.Ledger, error) {
	c = c.withDefaults()
	if err := c.refuse(p); err != nil {
		return nil, err
	}
	fetch := newFetcher(ctx, src, p.Objects, c.Ahead, func(*sources.Ref) bool { return false })
	defer fetch.close()
	type piece struct {
		text   []byte
		ledger *partial.Ledger // with the last piece of an object
		err    error
	}
	type worker struct {
		reader   reader
		selector Selector
	}
	crew := &crew{workers: c.Jobs, items: len(p.Objects)}
	workers := make([]worker, c.Jobs)
	for i := range workers {
		workers[i] = worker{reader{meter: c.Meter, crew: crew}, selector()}
	}
	work := func(_ context.Context, w, item int, emit func(piece) bool) {
		crew.begun.Add(1)
		defer crew.ended.Add(1)
		ref := p.Objects[item]
		s := &selection{ref: &ref, selector: workers[w].selector, strict: c.Strict, flush: func(text []byte) bool {
			return emit(piece{text: text})
		}}
		r := &workers[w].reader
		problem, err := r.read(ref, fetch.take(item), s)
		if err == errAbandoned {
			return
		}
		if err == nil {
			err = c.blame(problem)
		}
		s.ledger.End(r.stored, r.text, problem)
		emit(piece{text: s.text, ledger: &s.ledger, err: err})
	}
	var whole partial.Ledger
	take := func(item int, x piece) error {
		if len(x.text) > 0 {
			if _, err := out.Write(x.text); err != nil {
				return err
			}
		}
		if x.ledger != nil {
			c.Done(&p.Objects[item], x.ledger, false)
			whole.Fold(x.ledger)
			c.Meter.objects.Add(1)
		}
		return x.err
	}
	taken, err := ordered(ctx, len(p.Objects), c.Jobs, work, func(item int, x piece) error {
		err := take(item, x)
		if err != nil {
			fetch.stop()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	account(&whole, p, taken, ctx.Err() != nil)
	return &whole, nil
}

// selection is the sink that makes text of an object's records.
type selection struct {
	ref      *sources.Ref
	selector Selector
	strict   bool
	flush    func([]byte) bool // takes the text over; false: nobody wants it any more
	record   parser.Record
	ledger   partial.Ledger
	text     []byte
}

var errAbandoned = errors.New("the output is closed")

func (s *selection) Line(line []byte, number int, err error) error {
	s.ledger.Lines++
	if err == nil {
		err = s.record.Parse(line)
	}
	if err != nil {
		if syntax := s.ledger.AddMalformed(s.ref.Name, number, line, err); s.strict {
			return syntax.Clone()
		}
		return nil
	}
	text, ok := s.selector.Append(s.text, &s.record, s.ref, number)
	if !ok {
		s.ledger.Filtered++
		return nil
	}
	s.ledger.Records++
	if s.text = text; len(text) < chunk {
		return nil
	}
	s.text = nil
	if !s.flush(text) {
		return errAbandoned
	}
	return nil
}

func (s *selection) Empty() bool { return s.ledger.Records+s.ledger.Filtered == 0 }
