package report

import (
	"fmt"

	"alblens/settings"
)

// writeSettings is what the settings could not tell, and the log's counts beside CloudWatch's.
func (r *Report) writeSettings(p *page) {
	d := r.Diagnosis
	if d == nil || d.Reconciliation == nil {
		return
	}
	if counts := d.Reconciliation.Counts; len(counts) > 0 {
		p.heading("The log and CloudWatch", "")
		g := grid{columns: []column{{head: "metric", key: true}, {head: "log"}, {head: "CloudWatch"}, {head: "", left: true, spare: 1}}}
		for _, c := range counts {
			g.rows = append(g.rows, []string{c.Metric, count(c.Log), count(c.CloudWatch), agreement(&c)})
		}
		p.table(&g, nil)
		for _, c := range counts {
			if text := remark(&c); text != "" {
				p.prose("", indent+text, indent)
			}
		}
	}
	if len(d.Unchecked)+len(d.Reconciliation.Unchecked) == 0 {
		return
	}
	p.heading("Not checked", "(what the settings at hand do not suffice for)")
	for _, u := range d.Unchecked {
		p.prose("", indent+u.Rule+": "+said(u.Why), indent+indent)
	}
	for _, why := range d.Reconciliation.Unchecked {
		p.prose("", indent+said(why), indent+indent)
	}
}

// agreement says in how many buckets of time the two differ, in few words: the rest of 80 columns is taken.
func agreement(c *settings.Count) string {
	switch n, buckets := len(c.Differ), counted(uint64(c.Buckets), "bucket"); {
	case n > 0 && c.Reading == settings.AtMost:
		return fmt.Sprintf("more in %d of %s", n, buckets)
	case n > 0:
		return fmt.Sprintf("%d of %s differ", n, buckets)
	case c.Reading == settings.AtMost:
		return "at most the log's records"
	default:
		return "the same in all " + buckets
	}
}

// remark says how CloudWatch counts, or what it means that it counts more than the log has; "" where there is nothing to say.
func remark(c *settings.Count) string {
	switch c.Reading {
	case settings.WithRules:
		return c.Metric + " counts fixed responses and WAF too."
	case settings.WithoutRules:
		return c.Metric + " leaves fixed responses and WAF out."
	case settings.AtMost:
		above := uint64(0)
		for _, d := range c.Differ {
			above += d.CloudWatch - d.Log
		}
		if above > 0 {
			return c.Metric + " should be at most the log's records, and is " + count(above) + " above them in these buckets: records are missing, " +
				"or stand in another bucket, since the request ran on. A WebSocket is logged when it closes."
		}
	}
	return ""
}
