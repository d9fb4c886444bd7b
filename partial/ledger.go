package partial

import (
	"slices"
	"strings"

	"alblens/parser"
)

// A Ledger accounts for every object and every line:
// Objects = Complete + Partial + Failed + Skipped, and Lines = Records + Malformed + Filtered.
type Ledger struct {
	Objects, Complete, Partial, Failed, Skipped int64

	CompressedBytes int64 // as stored
	Bytes           int64 // of text, line ends included

	Lines, Records, Malformed, Filtered int64

	// FieldCounts is how many records have how many fields, the last element those with as many or more: it shows
	// when the format grew.
	FieldCounts [MaxFieldCount + 1]int64
	Problems    []Problem
	// MalformedSamples are the first malformed lines, maxMalformedSamples at most.
	MalformedSamples []MalformedSample
	Duplicates       []Duplicate
	Gaps             []Gap
	Nodes            []NodeDelivery // by load balancer and node
	Late             []LateObject   // the latest first; the caller bounds it, Nodes count all of them
	Interrupted      bool           // the run was stopped before all was read
}

// A Problem is why an object was not read, or not to its end.
type Problem struct {
	Name        string
	Kind        string // one of the stable words of design/contract.md, as "truncated"
	Error       string
	RecordsKept int64 // read before the fault
}

// NotBegun reports whether the run was interrupted before anything of the object was read.
func (p *Problem) NotBegun() bool { return p.Kind == Interrupted && p.Error == ErrorNotBegun }

const (
	// Skipped is the kind of a Problem that is none: the object holds no access log.
	Skipped = "skipped"
	// Interrupted is the kind of the Problem of an object that the end of the run kept from being read to its end.
	Interrupted = "interrupted"
	// ErrorNotBegun is the Error of such a Problem where nothing was read at all.
	ErrorNotBegun = "not begun"
)

// A MalformedSample is a line that is not a record.
type MalformedSample struct {
	Name   string
	Line   int // from 1
	Column int // in bytes, from 1
	Field  string
	Error  string
	Text   string // its beginning
}

const (
	maxMalformedSamples = 10
	maxSampleText       = 300 // bytes
)

// MaxFieldCount is where FieldCounts ends.
const MaxFieldCount = 63

func (l *Ledger) countFields(n int) { l.FieldCounts[min(n, MaxFieldCount)]++ }

// AddMalformed counts a line that is not a record, whose number is counted from 1, keeps the beginning of the first few,
// and returns err as a *parser.SyntaxError with its place: err itself, if it is one.
func (l *Ledger) AddMalformed(name string, number int, line []byte, err error) *parser.SyntaxError {
	e, ok := err.(*parser.SyntaxError)
	if !ok {
		e = &parser.SyntaxError{Column: 1, Err: err}
	}
	e.Name, e.Line = name, number
	l.Malformed++
	if len(l.MalformedSamples) < maxMalformedSamples {
		l.MalformedSamples = append(l.MalformedSamples, MalformedSample{
			Name: name, Line: number, Column: e.Column, Field: e.Field.String(), Error: e.Err.Error(),
			Text: string(line[:min(len(line), maxSampleText)]),
		})
	}
	return e
}

// AddProblem counts an object of which nothing was read, or that was skipped.
func (l *Ledger) AddProblem(p Problem) {
	if p.Kind == Skipped {
		l.Skipped++
	} else {
		l.Failed++
	}
	l.Objects++
	l.Problems = append(l.Problems, p)
}

// End closes the ledger of one object: it was read to its end, when problem is nil, or as far as problem says, whose
// RecordsKept is filled in. stored and text are the bytes read. Of a skipped object nothing else remains.
func (l *Ledger) End(stored, text int64, problem *Problem) {
	switch {
	case problem == nil:
		l.Objects++
		l.Complete++
	case problem.Kind == Skipped:
		*l = Ledger{}
		l.AddProblem(*problem)
		return
	case l.Lines == 0:
		l.AddProblem(*problem)
	default:
		problem.RecordsKept = l.Records
		l.Objects++
		l.Partial++
		l.Problems = append(l.Problems, *problem)
	}
	l.CompressedBytes, l.Bytes = stored, text
}

// Fold adds o, whose objects come after those of l.
func (l *Ledger) Fold(o *Ledger) {
	l.Objects += o.Objects
	l.Complete += o.Complete
	l.Partial += o.Partial
	l.Failed += o.Failed
	l.Skipped += o.Skipped
	l.CompressedBytes += o.CompressedBytes
	l.Bytes += o.Bytes
	l.Lines += o.Lines
	l.Records += o.Records
	l.Malformed += o.Malformed
	l.Filtered += o.Filtered
	for n, count := range o.FieldCounts {
		l.FieldCounts[n] += count
	}
	l.Problems = append(l.Problems, o.Problems...)
	room := maxMalformedSamples - len(l.MalformedSamples)
	l.MalformedSamples = append(l.MalformedSamples, o.MalformedSamples[:min(len(o.MalformedSamples), room)]...)
	l.Duplicates = append(l.Duplicates, o.Duplicates...)
	l.Gaps = append(l.Gaps, o.Gaps...)
	l.Nodes = append(l.Nodes, o.Nodes...)
	l.Late = append(l.Late, o.Late...)
	l.Interrupted = l.Interrupted || o.Interrupted
}

// sort puts the problems in an order that does not tell when they were found: real ones first.
func (l *Ledger) sort() {
	slices.SortStableFunc(l.Problems, func(a, b Problem) int {
		if (a.Kind == Skipped) != (b.Kind == Skipped) {
			if b.Kind == Skipped {
				return -1
			}
			return 1
		}
		return strings.Compare(a.Name, b.Name)
	})
}

// MalformedShare is the share of the lines that are malformed.
func (l *Ledger) MalformedShare() float64 {
	if l.Lines == 0 {
		return 0
	}
	return float64(l.Malformed) / float64(l.Lines)
}
