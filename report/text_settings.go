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

// agreement says in how many buckets of time the two differ.
func agreement(c *settings.Count) string {
	words := "the same in all " + counted(uint64(c.Buckets), "bucket")
	if n := len(c.Differ); n > 0 {
		words = fmt.Sprintf("%d of %s differ", n, counted(uint64(c.Buckets), "bucket"))
	}
	switch c.Reading {
	case settings.AtMost:
		return missing(c)
	case settings.WithRules:
		words += "; CloudWatch counts fixed responses and WAF too"
	case settings.WithoutRules:
		words += "; CloudWatch leaves fixed responses and WAF out"
	}
	return words
}

// missing says what the log lacks, at the least.
func missing(c *settings.Count) string {
	if len(c.Differ) == 0 {
		return "never more than the log's records, in " + counted(uint64(c.Buckets), "bucket")
	}
	lacks := uint64(0)
	for _, d := range c.Differ {
		lacks += d.CloudWatch - d.Log
	}
	return fmt.Sprintf("the log lacks %s or more, in %d of %s", count(lacks), len(c.Differ), counted(uint64(c.Buckets), "bucket"))
}
