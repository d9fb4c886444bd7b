package report

import (
	"io"
	"time"

	"alblens/diagnose"
	"alblens/internal/redact"
	"alblens/partial"
)

// A Moment is what there is to say at one time while logs are followed.
type Moment struct {
	Kind   MomentKind
	At     time.Time
	Result *partial.Result // of the window as it is

	Events []diagnose.Event // in a News

	Version  string        // in a Start: of the program
	Sources  []string      // the SOURCE arguments
	Interval time.Duration // between polls
	Window   time.Duration

	Why      string             // in a Stop: interrupted, or fail-on
	Open     []diagnose.Finding // that have not ended then
	Complete bool               // all of the window was read
}

// MomentKind says what a Moment is.
type MomentKind uint8

// Following begins, tells news, and stops.
const (
	Start MomentKind = iota
	News
	Stop
)

// A Follow writes Moments, as lines of text or of JSON.
type Follow struct {
	JSON bool
	Text TextOptions // a Width of 0 leaves lines as long as they are
}

// Write writes a Moment at once: a reader never sees half a line of it.
func (f *Follow) Write(w io.Writer, m *Moment) error {
	var b []byte
	if f.JSON {
		b = m.appendJSON(nil)
	} else {
		b = m.text(f.Text)
	}
	if len(b) == 0 {
		return nil
	}
	_, err := w.Write(b)
	return err
}

// Redacted returns a copy without what the Redactor takes out; with a nil one, m itself.
func (m *Moment) Redacted(by *redact.Redactor) *Moment {
	if by == nil {
		return m
	}
	var all []diagnose.Finding
	for _, e := range m.Events {
		all = append(all, e.Finding)
		if e.Before != nil {
			all = append(all, *e.Before)
		}
	}
	all = append(all, m.Open...)
	r := &Report{Result: m.Result, Run: Run{Sources: m.Sources}, Diagnosis: &diagnose.Diagnosis{Findings: all}}
	r = r.Redacted(by)
	out, rest := *m, r.Diagnosis.Findings
	next := func() diagnose.Finding {
		f := rest[0]
		rest = rest[1:]
		return f
	}
	out.Result = r.Result
	out.Events = each(m.Events, func(e diagnose.Event) diagnose.Event {
		e.Finding = next()
		if e.Before != nil {
			e.Before = new(next())
		}
		return e
	})
	out.Open = each(m.Open, func(diagnose.Finding) diagnose.Finding { return next() })
	return &out
}
