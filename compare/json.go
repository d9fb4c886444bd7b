package compare

import (
	"io"
	"math"
	"strconv"
	"time"

	"alblens/internal/jsontext"
)

// Schema names the form of JSON's output. Within it keys are added, never renamed.
const Schema = "alblens/diff/v1"

// JSON writes all of the Result, a comparison a line.
func JSON(w io.Writer, r *Result) error {
	b := append(jsontext.AppendString([]byte("{\n  \"schema\": "), Schema), ",\n"...)
	for _, side := range []struct {
		name string
		*Side
	}{{"before", &r.Before}, {"after", &r.After}} {
		b = append(b, "  \""+side.name+"\": "...)
		b = jsontext.Begin(b).String("name", side.Name).Bool("complete", side.Complete).
			String("first", side.First.Format(time.RFC3339Nano)).String("last", side.Last.Format(time.RFC3339Nano)).
			Decimal("seconds", side.Span.Microseconds()).Uint("requests", side.Requests).End()
		b = append(b, ",\n"...)
	}
	b = append(b, "  \"notes\": "...)
	b = append(appendStrings(b, r.Notes), ",\n"...)
	b = append(b, "  \"skipped_keys\": "...)
	b = append(strconv.AppendInt(b, int64(r.Skipped), 10), ",\n"...)
	b = appendLines(b, "changes", r.Changes, func(c *Change, o *jsontext.Object) {
		o.String("dimension", c.Dimension)
		o.Key("key").Append(func(b []byte) []byte { return appendStrings(b, c.Key) })
		o.String("metric", c.Metric)
		c.append(o)
	})
	b = append(b, ",\n"...)
	b = appendLines(b, "findings", r.Findings, func(c *FindingChange, o *jsontext.Object) {
		o.String("id", c.ID).String("key", c.Key[0]).String("title", c.Title)
		severity(o, "severity_before", c.SeverityBefore)
		severity(o, "severity_after", c.SeverityAfter)
		c.append(o)
	})
	b = append(b, ",\n"...)
	b = appendLines(b, "times", r.Times, func(c *TimeChange, o *jsontext.Object) {
		o.String("metric", c.Metric).String("quantile", c.Quantile)
		number(o, "before_ms", c.BeforeMS)
		number(o, "after_ms", c.AfterMS)
		o.Int("before_buckets", int64(c.BeforeBuckets)).Int("after_buckets", int64(c.AfterBuckets))
		number(o, "p", c.P)
		number(o, "q", c.Q)
		o.Bool("noise", c.Noise)
	})
	_, err := w.Write(append(b, "\n}\n"...))
	return err
}

func (c *Change) append(o *jsontext.Object) {
	o.String("presence", c.Presence.String())
	for _, side := range []struct {
		name string
		Count
	}{{"before", c.Before}, {"after", c.After}} {
		o.Key(side.name).Append(func(b []byte) []byte {
			o := jsontext.Begin(b).Uint("failed", side.Failed).Uint("requests", side.Requests)
			number(o, "rate", side.Rate())
			return o.End()
		})
	}
	number(o, "more_per_hour", c.Harm)
	number(o, "dispersion", c.Dispersion)
	number(o, "p", c.P)
	number(o, "q", c.Q)
	o.Bool("noise", c.Noise)
}

// number appends six digits: more would be noise, and may differ between machines.
func number(o *jsontext.Object, name string, v float64) {
	if math.Abs(v) < 1e-300 {
		v = 0
	}
	o.Key(name).Append(func(b []byte) []byte { return strconv.AppendFloat(b, v, 'g', 6, 64) })
}

func severity(o *jsontext.Object, name, value string) {
	if value == "" {
		o.Null(name)
		return
	}
	o.String(name, value)
}

func appendLines[T any](b []byte, name string, list []T, fill func(*T, *jsontext.Object)) []byte {
	b = append(b, "  \""+name+"\": ["...)
	for i := range list {
		if i > 0 {
			b = append(b, ',')
		}
		o := jsontext.Begin(append(b, "\n    "...))
		fill(&list[i], o)
		b = o.End()
	}
	if len(list) > 0 {
		b = append(b, "\n  "...)
	}
	return append(b, ']')
}

func appendStrings(b []byte, list []string) []byte {
	b = append(b, '[')
	for i, s := range list {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = jsontext.AppendString(b, s)
	}
	return append(b, ']')
}
