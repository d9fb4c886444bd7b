package report

import (
	"math"

	"alblens/diagnose"
	"alblens/internal/albtext"
	"alblens/internal/jsontext"
)

// appendFinding appends a finding as design/contract.md has it.
func appendFinding(b []byte, f *diagnose.Finding) []byte {
	o := jsontext.Begin(b).String("id", f.ID).String("key", f.Key).
		String("severity", f.Severity.String()).Decimal("confidence", decimal(f.Confidence)).String("basis", f.Basis.String()).
		String("title", f.Title).String("summary", f.Summary).Uint("requests", f.Requests).Uint("of", f.Of)
	o.Key("part_of").Append(func(b []byte) []byte {
		if f.PartOf == "" {
			return append(b, "null"...)
		}
		return jsontext.AppendString(b, f.PartOf)
	})
	timestamp(o, "first", f.First)
	timestamp(o, "last", f.Last)
	objects(o, "episodes", f.Episodes, func(e *diagnose.Episode, o *jsontext.Object) {
		instant(o, "from", e.From)
		instant(o, "to", e.To)
		o.Uint("requests", e.Requests).Uint("peak_per_minute", e.PeakPerMinute)
	})
	o.Uint("clients", f.Clients).Bool("ongoing", f.Ongoing)
	o.Key("scope").Append(func(b []byte) []byte { return appendScope(b, &f.Scope) })
	o.Key("estimates").Append(func(b []byte) []byte {
		o := jsontext.Begin(b)
		for _, e := range f.Estimates {
			o.Decimal(e.Name, decimal(e.Seconds))
		}
		return o.End()
	})
	texts(o, "reasons", f.Reasons)
	texts(o, "caveats", f.Caveats)
	objects(o, "evidence", f.Evidence, func(l *diagnose.Line, o *jsontext.Object) {
		o.String("source", l.Source).Int("line", int64(l.Number)).String("trace_id", l.TraceID).String("text", l.Text)
	})
	objects(o, "verify", f.Verify, func(v *diagnose.Verification, o *jsontext.Object) {
		o.String("why", v.Why).String("command", v.Command)
	})
	objects(o, "fix", f.Fix, func(c *diagnose.Change, o *jsontext.Object) {
		o.String("why", c.Why).String("kind", c.Kind).String("text", c.Text)
	})
	return o.End()
}

func appendScope(b []byte, s *diagnose.Scope) []byte {
	o := jsontext.Begin(b)
	texts(o, "lbs", s.LoadBalancers)
	texts(o, "target_groups", s.TargetGroups)
	texts(o, "targets", s.Targets)
	texts(o, "paths", decoded(s.Paths))
	texts(o, "nodes", s.Nodes)
	texts(o, "hosts", decoded(s.Hosts))
	return o.End()
}

func decoded(list []string) []string {
	out := make([]string, len(list))
	for i, s := range list {
		out[i] = albtext.Decode(s)
	}
	return out
}

func decimal(x float64) int64 { return int64(math.Round(x * 1e6)) }

func texts(o *jsontext.Object, name string, list []string) {
	o.Key(name).Append(func(b []byte) []byte { return appendStrings(b, list) })
}

// objects appends an array of objects.
func objects[T any](o *jsontext.Object, name string, values []T, fill func(*T, *jsontext.Object)) {
	o.Key(name).Append(func(b []byte) []byte {
		b = append(b, '[')
		for i := range values {
			if i > 0 {
				b = append(b, ", "...)
			}
			o := jsontext.Begin(b)
			fill(&values[i], o)
			b = o.End()
		}
		return append(b, ']')
	})
}
