package compare

import (
	"cmp"
	"math"
	"slices"
	"strings"
)

// adjust decides what is beyond noise: the share of false ones among these is held below falseShare (Benjamini and
// Hochberg, over rates, findings and quantiles together).
func (d *differ) adjust() {
	var all []*Change
	for i := range d.r.Changes {
		if c := &d.r.Changes[i]; c.Before.Failed+c.After.Failed >= minFailures {
			all = append(all, c)
		} else {
			c.Q, c.Noise = 1, true
		}
	}
	for i := range d.r.Findings {
		all = append(all, &d.r.Findings[i].Change)
	}
	for i := range d.r.Times {
		all = append(all, &d.r.Times[i].Change)
	}
	slices.SortStableFunc(all, func(a, b *Change) int { return cmp.Compare(b.P, a.P) })
	q := 1.0
	for i, c := range all { // the least likely by chance comes last
		q = min(q, c.P*float64(len(all))/float64(len(all)-i))
		c.Q, c.Noise = q, q > falseShare
	}
	var facts []*FindingChange
	for i := range d.r.Findings {
		if f := &d.r.Findings[i]; f.Noise && f.isFact() {
			f.Noise = false
			facts = append(facts, f)
		}
	}
	d.follow()
	d.explain(facts)
	for _, f := range facts {
		d.r.Changes = append(d.r.Changes, f.Change)
	}
	for i := range d.r.Times {
		d.r.Times[i].decide()
	}
}

// explain lets the rates of all requests follow the facts that they are made of: what tells the one from noise tells the
// others.
func (d *differ) explain(facts []*FindingChange) {
	harm := map[string]float64{} // by cause and by metric
	for _, f := range facts {
		metric := made[f.ID]
		harm[f.ID] += f.Harm
		harm[metric] += f.Harm
		if strings.HasPrefix(metric, "elb_5") {
			harm["elb_5xx"] += f.Harm
		}
	}
	for i := range d.r.Changes {
		c := &d.r.Changes[i]
		var explained float64
		switch c.Dimension {
		case Cause:
			explained = harm[c.Key[0]]
		case Total:
			explained = harm[c.Metric]
		}
		if c.Harm*explained > 0 && isClose(explained, c.Harm) && isClose(c.Harm, explained) {
			c.Noise = false
		}
	}
}

// rank sorts changes: those beyond noise first, harm before relief.
//
// One failing path shows in its host, its target group, its cause and the totals as well, each with about the harm of the
// path. So of the changes with about the greatest harm the one with the fewest requests comes first, for it says most
// about where to look; then the same of what is left.
func rank(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(class(&a)-class(&b), -cmp.Compare(math.Abs(a.Harm), math.Abs(b.Harm)))
	})
	for from := range changes {
		if changes[from].Noise {
			return
		}
		best := from
		for i := from + 1; i < len(changes) && class(&changes[i]) == class(&changes[from]) && isClose(changes[i].Harm, changes[from].Harm); i++ {
			if narrower(&changes[i], &changes[best]) {
				best = i
			}
		}
		first := changes[best]
		copy(changes[from+1:best+1], changes[from:best])
		changes[from] = first
	}
}

// class puts harm before relief before noise.
func class(c *Change) int {
	switch {
	case c.Noise:
		return 2
	case c.Harm < 0:
		return 1
	}
	return 0
}

// isClose says whether harm is about the greatest. The counts of a path and of its target group differ by what chance adds
// to the latter.
func isClose(harm, greatest float64) bool { return math.Abs(harm) >= math.Abs(greatest)*2/3 }

func narrower(a, b *Change) bool {
	wide := func(c *Change) uint64 { return max(c.Before.Requests, c.After.Requests) }
	if wide(a) != wide(b) {
		return wide(a) < wide(b)
	}
	return vague(a) < vague(b)
}

// vague orders what is of all requests by how little it says.
func vague(c *Change) int { return slices.Index([]string{AFinding, Cause, Total}, c.Dimension) }
