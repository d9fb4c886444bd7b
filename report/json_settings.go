package report

import (
	"alblens/internal/jsontext"
	"alblens/settings"
)

// appendSettings appends what the settings could not tell, and the log's counts beside CloudWatch's.
func (r *Report) appendSettings(b []byte) []byte {
	if r.Diagnosis == nil || r.Diagnosis.Reconciliation == nil {
		return append(b, "null"...)
	}
	o := jsontext.Begin(b)
	objects(o, "unchecked", r.Diagnosis.Unchecked, func(u *settings.Unchecked, o *jsontext.Object) {
		o.String("rule", u.Rule).String("why", u.Why)
	})
	objects(o, "cloudwatch", r.Diagnosis.Reconciliation.Counts, func(c *settings.Count, o *jsontext.Object) {
		o.String("metric", c.Metric).Decimal("period_seconds", c.Period.Microseconds()).Int("buckets", int64(c.Buckets)).
			Uint("log", c.Log).Uint("cloudwatch", c.CloudWatch).String("reading", reading(c.Reading))
		objects(o, "differ", c.Differ, func(d *settings.Difference, o *jsontext.Object) {
			instant(o, "start", d.Start)
			o.Uint("log", d.Log).Uint("cloudwatch", d.CloudWatch)
		})
	})
	texts(o, "cloudwatch_unchecked", r.Diagnosis.Reconciliation.Unchecked)
	return o.End()
}

// reading names how the log was counted to meet CloudWatch's counts.
func reading(r settings.Reading) string {
	return [...]string{"same", "without-rules", "with-rules", "at-most"}[r]
}
