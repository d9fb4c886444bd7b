package compare

import (
	"cmp"
	"math"
	"slices"
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
	for i := range d.r.Findings {
		f := &d.r.Findings[i]
		if f.Noise && f.isFact() {
			f.Noise = false
			d.r.Changes = append(d.r.Changes, f.Change)
		}
	}
	for i := range d.r.Times {
		d.r.Times[i].decide()
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
	return max(a.Before.Requests, a.After.Requests) < max(b.Before.Requests, b.After.Requests)
}
