package report

import (
	"cmp"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/albtext"
	"alblens/internal/cause"
	"alblens/internal/jsontext"
	"alblens/partial"
)

// Schema names the form of the summary. Within it keys are added, never renamed.
const Schema = "alblens/summary/v1"

// JSON writes the summary, a row a line. Its keys stand in a fixed order, and the same Result gives the same bytes but
// for "run".
func JSON(w io.Writer, r *Report) error {
	d := document{}
	d.member("schema", func(b []byte) []byte { return jsontext.AppendString(b, Schema) })
	d.member("tool", func(b []byte) []byte {
		return jsontext.Begin(b).String("name", "alblens").String("version", r.Version).End()
	})
	d.member("run", r.appendRun)
	d.member("options", r.appendOptions)
	d.member("inputs", r.appendInputs)
	d.member("window", func(b []byte) []byte {
		o := jsontext.Begin(b)
		timestamp(o, "first", r.Result.Counts.Totals.First)
		timestamp(o, "last", r.Result.Counts.Totals.Last)
		return o.End()
	})
	d.member("totals", r.appendTotals)
	overflow, cut := jsontext.Begin(nil), jsontext.Begin(nil)
	for i := range r.Result.Counts.Tables {
		t := &r.Result.Counts.Tables[i]
		rows, left := r.rows(t)
		d.rows("by_"+keyName(t.By), rows, func(b []byte, row aggregate.Row) []byte { return appendRow(b, t.By, &row) })
		if t.By.Is(aggregate.Time) {
			continue
		}
		overflow.Key(keyName(t.By)).Append(func(b []byte) []byte {
			return jsontext.Begin(b).Uint("keys_dropped", t.KeysDropped).Uint("requests", t.RequestsDropped).End()
		})
		cut.Key(keyName(t.By)).Append(func(b []byte) []byte {
			return jsontext.Begin(b).Int("keys", int64(left.Keys)).Uint("requests", left.Requests).Uint("elb_5xx", left.ELB5xx).End()
		})
	}
	d.member("series", r.appendSeries)
	d.member("overflow", func(b []byte) []byte { return append(b, overflow.End()...) })
	d.member("omitted", func(b []byte) []byte { return append(b, cut.End()...) })
	d.member("attribution", r.appendAttribution)
	d.member("findings", func(b []byte) []byte {
		return appendLines(b, r.findings(), func(b []byte, f diagnose.Finding) []byte { return appendFinding(b, &f) })
	})
	d.member("settings", r.appendSettings)
	_, err := w.Write(d.end())
	return err
}

// A document is the outermost object, a member a line.
type document struct{ b []byte }

func (d *document) member(name string, value func([]byte) []byte) {
	if d.b == nil {
		d.b = append(d.b, "{\n  "...)
	} else {
		d.b = append(d.b, ",\n  "...)
	}
	d.b = append(jsontext.AppendString(d.b, name), ": "...)
	d.b = value(d.b)
}

func (d *document) end() []byte { return append(d.b, "\n}\n"...) }

// rows appends an array, a row a line.
func (d *document) rows(name string, rows []aggregate.Row, appendRow func([]byte, aggregate.Row) []byte) {
	d.member(name, func(b []byte) []byte { return appendLines(b, rows, appendRow) })
}

func appendLines[T any](b []byte, list []T, appendOne func([]byte, T) []byte) []byte {
	if len(list) == 0 {
		return append(b, "[]"...)
	}
	for i, v := range list {
		if i == 0 {
			b = append(b, "[\n    "...)
		} else {
			b = append(b, ",\n    "...)
		}
		b = appendOne(b, v)
	}
	return append(b, "\n  ]"...)
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

func (r *Report) appendRun(b []byte) []byte {
	o := jsontext.Begin(b).String("started", r.Run.Started.UTC().Format(time.RFC3339Nano)).
		Decimal("elapsed_seconds", r.Run.Elapsed.Microseconds()).
		Key("args").Append(func(b []byte) []byte { return appendStrings(b, r.Run.Args) })
	instant(o, "filling_after", r.Run.Filling)
	return o.End()
}

func (r *Report) appendOptions(b []byte) []byte {
	o := jsontext.Begin(b)
	instant(o, "since", r.Options.Since)
	instant(o, "until", r.Options.Until)
	o.String("time_field", r.Options.TimeField)
	o.Decimal("bucket_seconds", r.Options.Bucket.Microseconds())
	o.Decimal("time_bucket_seconds", r.Result.Counts.TimeBucket.Microseconds())
	o.Key("by").Append(func(b []byte) []byte { return appendStrings(b, r.Options.By) })
	o.Int("top", int64(r.Top))
	o.Key("path_templates").Append(func(b []byte) []byte { return appendStrings(b, r.Options.PathTemplate) })
	o.Bool("raw_paths", r.Options.RawPaths)
	o.Decimal("max_malformed", int64(math.Round(r.Options.MaxMalformed*1e6)))
	return o.End()
}

func (r *Report) appendInputs(b []byte) []byte {
	l := &r.Result.Ledger
	o := jsontext.Begin(b)
	o.Bool("complete", r.Complete()).Bool("interrupted", l.Interrupted)
	o.Int("objects", l.Objects).Int("objects_partial", l.Partial).Int("objects_failed", l.Failed).Int("objects_skipped", l.Skipped)
	o.Int("compressed_bytes", l.CompressedBytes).Int("bytes", l.Bytes)
	o.Int("lines", l.Lines).Int("records", l.Records).Int("malformed", l.Malformed).Int("filtered", l.Filtered)
	o.Key("field_counts").Append(func(b []byte) []byte { return appendFieldCounts(b, l.FieldCounts[:]) })
	o.Key("problems").Append(func(b []byte) []byte {
		return appendLines(b, l.Problems, func(b []byte, p partial.Problem) []byte {
			return jsontext.Begin(b).String("name", p.Name).String("kind", p.Kind).String("error", p.Error).
				Int("records_kept", p.RecordsKept).End()
		})
	})
	o.Key("malformed_samples").Append(func(b []byte) []byte {
		return appendLines(b, l.MalformedSamples, func(b []byte, m partial.MalformedSample) []byte {
			return jsontext.Begin(b).String("name", m.Name).Int("line", int64(m.Line)).Int("column", int64(m.Column)).
				String("field", m.Field).String("error", m.Error).String("text", m.Text).End()
		})
	})
	o.Key("gaps").Append(func(b []byte) []byte { return appendLines(b, l.Gaps, appendGap) })
	o.Key("duplicates").Append(func(b []byte) []byte { return appendLines(b, l.Duplicates, appendDuplicate) })
	o.Key("delivery").Append(func(b []byte) []byte { return appendDelivery(b, l) })
	return o.End()
}

func appendFieldCounts(b []byte, counts []int64) []byte {
	o := jsontext.Begin(b)
	for fields, n := range counts {
		if n > 0 {
			o.Int(strconv.Itoa(fields), n)
		}
	}
	return o.End()
}

func (r *Report) appendTotals(b []byte) []byte {
	o := jsontext.Begin(b)
	cell(o, &r.Result.Counts.Totals)
	o.Key("missing_time_by_status").Append(func(b []byte) []byte {
		by := jsontext.Begin(b)
		for _, m := range r.Result.Counts.Missing {
			by.Key(statusText(m.Status)).Append(func(b []byte) []byte {
				return jsontext.Begin(b).Uint("all", m.All).Uint("target_response", m.TargetResponse).
					Uint("response", m.Response).Uint("other", m.Other).End()
			})
		}
		return by.End()
	})
	return o.End()
}

// keyName is the dimension as it stands in the names of keys: target+path is target_path.
func keyName(d aggregate.Dimension) string {
	return strings.NewReplacer("+", "_", "-", "_").Replace(d.String())
}

// otherKey stands for all keys that a full table dropped.
const otherKey = "(other)"

func appendRow(b []byte, d aggregate.Dimension, row *aggregate.Row) []byte {
	o := jsontext.Begin(b)
	for i, p := range d {
		v := aggregate.Value{Text: otherKey}
		if !row.Other {
			v = row.Values[i]
		}
		value(o, p, v, row.Other)
	}
	if d.Is(aggregate.Target) {
		o.Key("target_group").Append(func(b []byte) []byte {
			return appendValue(b, row.Group.Absent || row.Other, aggregate.GroupName(row.Group.Text))
		})
		timestamp(o, "first_seen", row.First)
		timestamp(o, "last_seen", row.Last)
	}
	if row.LowerBound {
		o.Bool("lower_bound", true)
	}
	cell(o, &row.Stats)
	return o.End()
}

// value appends a part of a row's key.
func value(o *jsontext.Object, p aggregate.Part, v aggregate.Value, other bool) {
	name := strings.ReplaceAll(p.String(), "-", "_")
	switch {
	case p == aggregate.Time:
		name = "start"
	case p == aggregate.Status:
		name = "elb_status_code" // "status" is a member of every cell
	case p == aggregate.TargetGroup:
		o.Key(name).Append(func(b []byte) []byte { return appendValue(b, v.Absent, aggregate.GroupName(v.Text)) })
		name = "target_group_arn"
		v.Absent = v.Absent || other
	}
	if (p == aggregate.Status || p == aggregate.Rule) && !v.Absent && !other {
		if n, err := strconv.ParseInt(v.Text, 10, 64); err == nil {
			o.Int(name, n)
			return
		}
	}
	o.Key(name).Append(func(b []byte) []byte { return appendValue(b, v.Absent, v.Text) })
}

func appendValue(b []byte, absent bool, text string) []byte {
	if absent {
		return append(b, "null"...)
	}
	return jsontext.AppendString(b, albtext.Decode(text))
}

// cell appends the members that every count has.
func cell(o *jsontext.Object, s *aggregate.Stats) {
	o.Uint("requests", s.Requests)
	o.Key("status").Append(func(b []byte) []byte {
		by := jsontext.Begin(b)
		for _, n := range s.Status {
			by.Uint(statusText(n.Status), n.Requests)
		}
		return by.End()
	})
	o.Uint("elb_5xx", s.ELB5xx).Uint("elb_500", s.ELB500).Uint("elb_502", s.ELB502).Uint("elb_503", s.ELB503).
		Uint("elb_504", s.ELB504).Uint("elb_460", s.ELB460).Uint("target_5xx", s.Target5xx)
	o.Decimal("elb_5xx_rate", millionths(s.ELB5xx, s.Requests))
	o.Key("missing_time").Append(func(b []byte) []byte {
		return jsontext.Begin(b).Uint("request", s.MissingRequestTime).Uint("target", s.MissingTargetTime).
			Uint("response", s.MissingResponseTime).End()
	})
	o.Uint("received_bytes", s.ReceivedBytes).Uint("sent_bytes", s.SentBytes)
	quantiles(o, "target_time_ms", s.TargetTime)
	quantiles(o, "duration_ms", s.Duration)
}

func millionths(part, whole uint64) int64 {
	if whole == 0 {
		return 0
	}
	return int64(math.Round(float64(part) / float64(whole) * 1e6))
}

func quantiles(o *jsontext.Object, name string, q aggregate.Quantiles) {
	if q.Count == 0 {
		o.Null(name)
		return
	}
	o.Key(name).Append(func(b []byte) []byte {
		in := jsontext.Begin(b).Uint("count", q.Count)
		for _, p := range []struct {
			name   string
			micros int64
		}{{"p50", q.P50}, {"p90", q.P90}, {"p99", q.P99}, {"max", q.Max}} {
			in.Key(p.name).Append(func(b []byte) []byte { return jsontext.AppendDecimal(b, p.micros, 3) })
		}
		return in.End()
	})
}

func (r *Report) appendSeries(b []byte) []byte {
	o := jsontext.Begin(b)
	for _, s := range r.Result.Counts.Series {
		o.Key(s.Part.String()).Append(func(b []byte) []byte {
			return appendLines(b, s.Keys, func(b []byte, k aggregate.KeySeries) []byte {
				return jsontext.Begin(b).
					Key("key").Append(func(b []byte) []byte { return appendValue(b, k.Key.Absent, k.Key.Text) }).
					Decimal("bucket_seconds", s.Bucket.Microseconds()).
					Key("points").Append(func(b []byte) []byte { return appendPoints(b, k.Points) }).End()
			})
		})
	}
	return o.End()
}

func appendPoints(b []byte, points []aggregate.Point) []byte {
	b = append(b, '[')
	for i, p := range points {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(b, '[')
		b = jsontext.AppendString(b, p.Start.UTC().Format(time.RFC3339))
		for _, n := range []uint64{p.Requests, p.ELB502, p.ELB503, p.ELB504, p.Target5xx} {
			b = strconv.AppendUint(append(b, ", "...), n, 10)
		}
		b = append(b, ']')
	}
	return append(b, ']')
}

// appendAttribution appends the causes that occur, the most frequent first.
func (r *Report) appendAttribution(b []byte) []byte {
	var causes []cause.Cause
	for c := cause.None + 1; c < cause.Unattributed; c++ {
		if r.attribution(c) > 0 {
			causes = append(causes, c)
		}
	}
	slices.SortStableFunc(causes, func(a, b cause.Cause) int { return -cmp.Compare(r.attribution(a), r.attribution(b)) })
	o := jsontext.Begin(b)
	for _, c := range append(causes, cause.Unattributed) {
		o.Uint(c.String(), r.attribution(c))
	}
	return o.End()
}

func statusText(s int) string {
	if s == aggregate.NoStatus {
		return "-"
	}
	return string([]byte{byte('0' + s/100), byte('0' + s/10%10), byte('0' + s%10)})
}

const microsLayout = "2006-01-02T15:04:05.000000Z"

func timestamp(o *jsontext.Object, name string, t time.Time) {
	if t.IsZero() {
		o.Null(name)
		return
	}
	o.String(name, t.UTC().Format(microsLayout))
}

func instant(o *jsontext.Object, name string, t time.Time) {
	if t.IsZero() {
		o.Null(name)
		return
	}
	o.String(name, t.UTC().Format(time.RFC3339Nano))
}
