package report

import (
	"alblens/diagnose"
	"alblens/internal/jsontext"
)

// FollowSchema names the form of each line. Within it keys are added, never renamed.
const FollowSchema = "alblens/follow/v1"

func (m *Moment) appendJSON(b []byte) []byte {
	switch m.Kind {
	case Start:
		o := m.begin(b, "started").String("version", m.Version)
		texts(o, "sources", m.Sources)
		o.Decimal("interval_seconds", m.Interval.Microseconds()).Decimal("window_seconds", m.Window.Microseconds())
		return append(m.window(o).End(), '\n')
	case Stop:
		o := m.window(m.begin(b, "stopped").String("why", m.Why))
		o.Key("open").Append(func(b []byte) []byte {
			b = append(b, '[')
			for i := range m.Open {
				if i > 0 {
					b = append(b, ", "...)
				}
				b = appendFinding(b, &m.Open[i])
			}
			return append(b, ']')
		})
		return append(o.End(), '\n')
	}
	for i := range m.Events {
		b = append(m.appendEvent(b, &m.Events[i]), '\n')
	}
	return b
}

func (m *Moment) begin(b []byte, event string) *jsontext.Object {
	o := jsontext.Begin(b).String("schema", FollowSchema).String("event", event)
	instant(o, "time", m.At)
	return o
}

func (m *Moment) window(o *jsontext.Object) *jsontext.Object {
	l, t := &m.Result.Ledger, &m.Result.Counts.Totals
	o.Key("window").Append(func(b []byte) []byte {
		o := jsontext.Begin(b)
		timestamp(o, "first", t.First)
		timestamp(o, "last", t.Last)
		o.Int("objects", l.Objects).Int("objects_partial", l.Partial).Int("objects_failed", l.Failed).Int("objects_skipped", l.Skipped)
		o.Int("lines", l.Lines).Int("malformed", l.Malformed)
		o.Uint("requests", t.Requests).Uint("elb_5xx", t.ELB5xx).Uint("target_5xx", t.Target5xx)
		return o.Bool("complete", m.Complete).End()
	})
	return o
}

func (m *Moment) appendEvent(b []byte, e *diagnose.Event) []byte {
	o := m.window(m.begin(b, e.Kind.String()))
	o.Bool("again", e.Again)
	texts(o, "changed", e.What)
	if e.Kind == diagnose.Ended {
		o.Bool("quiet", e.Quiet)
	} else {
		o.Null("quiet")
	}
	if f := e.Before; f != nil {
		o.Key("before").Append(func(b []byte) []byte {
			return jsontext.Begin(b).String("id", f.ID).String("key", f.Key).
				String("severity", f.Severity.String()).Decimal("confidence", decimal(f.Confidence)).String("basis", f.Basis.String()).
				Uint("requests", f.Requests).Uint("of", f.Of).End()
		})
	} else {
		o.Null("before")
	}
	o.Key("finding").Append(func(b []byte) []byte { return appendFinding(b, &e.Finding) })
	return o.End()
}
