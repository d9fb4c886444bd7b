package report

import (
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/partial"
)

// A Report is everything that is rendered.
type Report struct {
	Version string // of the program
	Run     Run
	Options Options
	Result  *partial.Result
	// Diagnosis is of Result. Without one, causes are those that single records suggest.
	Diagnosis *diagnose.Diagnosis
	// Top is how many rows a table shows; 0 is all. The time dimension is never cut.
	Top int
}

// Run is what differs between two runs over the same input.
type Run struct {
	Started time.Time
	Elapsed time.Duration
	Args    []string
	Sources []string // the SOURCE arguments, to repeat in commands; none for what cannot be read again
	Flags   []string // by which the sources are read as they were: --profile=prod
	// Filling is when the slots end, five minutes each, from which on logs may still be delivered; zero for none.
	Filling time.Time
}

// Options are those that shape the answer.
type Options struct {
	Since, Until time.Time // zero: open
	TimeField    string    // "response" or "created"
	Bucket       time.Duration
	By           []string // as given to --by
	PathTemplate []string
	RawPaths     bool
	MaxMalformed float64 // share of the lines
}

// twoClocks reports whether what is counted over time goes by when requests were answered, and there are findings, which
// go by when they came in.
func (r *Report) twoClocks() bool { return r.Options.TimeField != "created" && len(r.findings()) > 0 }

// Complete reports whether all that was asked for was read: no object failed, was cut short or never begun, and no
// more lines are malformed than the options allow.
func (r *Report) Complete() bool {
	l := &r.Result.Ledger
	return l.Failed == 0 && l.Partial == 0 && !l.Interrupted && l.MalformedShare() <= r.Options.MaxMalformed
}

// rows returns the rows of a table that are shown and what is left out of it. The row of dropped keys is always shown.
func (r *Report) rows(t *aggregate.Table) (shown []aggregate.Row, cut omitted) {
	if r.Top <= 0 || len(t.Rows) <= r.Top || t.By.Is(aggregate.Time) {
		return t.Rows, cut
	}
	shown = t.Rows[:r.Top:r.Top]
	for _, row := range t.Rows[r.Top:] {
		if row.Other {
			shown = append(shown, row)
			continue
		}
		cut.Keys++
		cut.Requests += row.Requests
		cut.ELB5xx += row.ELB5xx
	}
	return shown, cut
}

// omitted is what --top cut off a table.
type omitted struct {
	Keys     int    `json:"keys"`
	Requests uint64 `json:"requests"`
	ELB5xx   uint64 `json:"elb_5xx"`
}

// attribution is the number of records by cause.
func (r *Report) attribution(c cause.Cause) uint64 {
	if r.Diagnosis != nil {
		return r.Diagnosis.Attribution[c]
	}
	for _, n := range r.Result.Evidence.Causes {
		if n.Cause == c {
			return n.Requests
		}
	}
	return 0
}

// findings are none without a Diagnosis.
func (r *Report) findings() []diagnose.Finding {
	if r.Diagnosis == nil {
		return nil
	}
	return r.Diagnosis.Findings
}
