package compare

import (
	"cmp"
	"slices"
)

// A FindingChange is a finding on both sides or on one.
type FindingChange struct {
	Change         // Dimension AFinding, Key its key; Before and After are its requests of all
	ID             string
	Title          string
	SeverityBefore string // "" where it is not
	SeverityAfter  string
	alone          bool   // of a cause that the other side has not at all
	partOf         string // the key of the finding that it says more of; "" for none
}

// severities by rank; info accuses nobody, so it is not compared.
var severities = []string{"low", "medium", "high", "critical"}

func (d *differ) findings() {
	type pair struct{ before, after *Finding }
	pairs := map[string]pair{}
	var keys []string
	note := func(list []Finding, set func(*pair, *Finding)) {
		for i := range list {
			f := &list[i]
			if !slices.Contains(severities, f.Severity) {
				continue
			}
			p, known := pairs[f.Key]
			if !known {
				keys = append(keys, f.Key)
			}
			set(&p, f)
			pairs[f.Key] = p
		}
	}
	note(d.after.Findings, func(p *pair, f *Finding) { p.after = f }) // in the order of the summary: by severity
	note(d.before.Findings, func(p *pair, f *Finding) { p.before = f })
	for _, key := range keys {
		p := pairs[key]
		shown := cmp.Or(p.after, p.before)
		c := FindingChange{ID: shown.ID, Title: shown.Title, partOf: shown.PartOf, Change: Change{
			Dimension: AFinding, Key: []string{key}, Metric: "requests",
			Before: Count{0, d.before.Totals.Requests}, After: Count{0, d.after.Totals.Requests}}}
		if p.before != nil {
			c.SeverityBefore, c.Before.Failed = p.before.Severity, p.before.Requests
		} else {
			c.Presence = New
		}
		if p.after != nil {
			c.SeverityAfter, c.After.Failed = p.after.Severity, p.after.Requests
		} else {
			c.Presence = Gone
		}
		c.Change = d.change(c.Change, d.spreadOf(c.ID))
		c.alone = made[c.ID] != "" && (c.Presence == New && !has(d.before.Findings, c.ID) || c.Presence == Gone && !has(d.after.Findings, c.ID))
		if c.Presence != Both && !c.alone {
			// Whether there is such a finding, or one of such a scope, hangs on a threshold: its absence is no count of 0.
			c.P = 1
		}
		d.r.Findings = append(d.r.Findings, c)
	}
	order := []Presence{New, Both, Gone}
	slices.SortStableFunc(d.r.Findings, func(a, b FindingChange) int {
		return slices.Index(order, a.Presence) - slices.Index(order, b.Presence)
	})
}

func has(list []Finding, id string) bool {
	return slices.ContainsFunc(list, func(f Finding) bool { return f.ID == id })
}

// follow lets a finding that one side has alone, and that only says more of another one that this side has alone, be as
// probable as that: whatever made the one made the other.
func (d *differ) follow() {
	whole := map[string]*FindingChange{}
	for i := range d.r.Findings {
		whole[d.r.Findings[i].Key[0]] = &d.r.Findings[i]
	}
	for i := range d.r.Findings {
		f := &d.r.Findings[i]
		if w := whole[f.partOf]; w != nil && f.Presence != Both && f.Presence == w.Presence {
			f.P, f.Q, f.Noise = w.P, w.Q, w.Noise
		}
	}
}

// isFact says whether a cause was high or critical on one side and not found at all on the other. No test can call that noise:
// an outage of a few minutes is few events, but it was.
func (c *FindingChange) isFact() bool {
	return c.alone && slices.Contains([]string{"high", "critical"}, cmp.Or(c.SeverityAfter, c.SeverityBefore))
}
