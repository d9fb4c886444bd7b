package compare

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// A Result is what changed from one summary to another.
type Result struct {
	Before, After Side
	// Notes are what makes the two hard to compare, in words.
	Notes []string
	// Changes are all rates that were compared, and the findings of isFact: those beyond noise first, in the order of rank,
	// then the others by the size of their harm.
	Changes []Change
	// Times are the quantiles that could be compared, in a fixed order.
	Times []TimeChange
	// Findings are those of either side that are more than worth knowing: new, then on both sides, then gone.
	Findings []FindingChange
	// Skipped counts keys with failures that could not be compared: the other side's table was cut, or memory was full, and
	// too many failures there are of keys that are not known.
	Skipped int
}

// A Side is one of the two summaries.
type Side struct {
	Name        string
	First, Last time.Time
	Span        time.Duration
	Requests    uint64
	Complete    bool
}

// PerHour is how many of n there are in an hour.
func (s *Side) PerHour(n uint64) float64 { return float64(n) / s.Span.Hours() }

// A Count is how many of some requests failed.
type Count struct{ Failed, Requests uint64 }

// Rate is 0 to 1, and 0 without requests.
func (c Count) Rate() float64 {
	if c.Requests == 0 {
		return 0
	}
	return float64(c.Failed) / float64(c.Requests)
}

// Presence tells on which side something is.
type Presence uint8

// The presences.
const (
	Both Presence = iota
	New           // only after; before it had next to no failures, if it was there at all
	Gone          // only before, in the same sense
)

func (p Presence) String() string { return [...]string{"both", "new", "gone"}[p] }

// The dimensions that are none of a summary's.
const (
	Total    = "total"
	Cause    = "cause"
	AFinding = "finding"
)

// A Change is one rate on both sides.
type Change struct {
	Dimension string   // Total, Cause, AFinding, or as --by has it: path, target+path
	Key       []string // a value a part; the slug of a cause; the key of a finding; nil for Total
	Metric    string   // elb_504, …; of a cause or finding "requests"
	Presence  Presence
	// Before and After are counts of the key. Where one side has no such key, that side is all its requests.
	Before, After Count
	// Harm is how many requests more fail in an hour than would at the old rate; below 0 if fewer do.
	Harm float64
	// Dispersion is how many failures come at a time, 1 at least.
	Dispersion float64
	// P is the probability of such a difference by chance, Q that adjusted for the number of comparisons.
	P, Q float64
	// Noise says that chance may explain the change.
	Noise bool
}

// A metric is a kind of failure that every Cell counts.
type metric struct {
	name, title string
	of          func(*Cell) uint64
	point       func(*Point) uint64 // in a series; nil: not counted there
}

var metrics = []metric{
	{"elb_5xx", "LB 5xx", func(c *Cell) uint64 { return c.ELB5xx }, nil},
	{"elb_500", "LB 500", func(c *Cell) uint64 { return c.ELB500 }, nil},
	{"elb_502", "LB 502", func(c *Cell) uint64 { return c.ELB502 }, func(p *Point) uint64 { return p.ELB502 }},
	{"elb_503", "LB 503", func(c *Cell) uint64 { return c.ELB503 }, func(p *Point) uint64 { return p.ELB503 }},
	{"elb_504", "LB 504", func(c *Cell) uint64 { return c.ELB504 }, func(p *Point) uint64 { return p.ELB504 }},
	{"target_5xx", "target 5xx", func(c *Cell) uint64 { return c.Target5xx }, func(p *Point) uint64 { return p.Target5xx }},
	{"elb_460", "460", func(c *Cell) uint64 { return c.ELB460 }, nil},
}

// byCode are the metrics that keys are compared by: the codes say more than their sum, and need not be said twice.
var byCode = metrics[1:]

// made is the metric that a cause of the load balancer's own failures, or of the targets', is counted by.
var made = map[string]string{
	"connect-timeout": "elb_504", "idle-timeout": "elb_504", "short-body": "elb_504", "connect-refused": "elb_502",
	"keepalive-race": "elb_502", "target-crash": "elb_502", "worker-timeout": "elb_502", "deregistration-cut": "elb_502",
	"bad-response": "elb_502", "no-target": "elb_503", "target-5xx": "target_5xx", "client-abandoned": "elb_460",
}

const (
	falseShare  = 0.05 // of the changes that are told from noise, at most
	minFailures = 5    // on both sides together; with fewer no test can tell, so they are not compared
)

// Diff compares two summaries, each with its Name.
func Diff(before, after *Summary) *Result {
	d := &differ{before: before, after: after, r: &Result{Before: side(before), After: side(after), Notes: notes(before, after)}}
	d.spread()
	d.totals()
	d.causes()
	for _, t := range before.Tables {
		if i := slices.IndexFunc(after.Tables, func(u Table) bool { return u.By == t.By }); i >= 0 && fit(t.By) {
			d.table(&t, &after.Tables[i])
		}
	}
	d.findings()
	d.times()
	d.adjust()
	rank(d.r.Changes)
	return d.r
}

func side(s *Summary) Side {
	return Side{s.Name, s.First, s.Last, s.Span, s.Totals.Requests, s.Complete}
}

// notes tell what makes the summaries hard to compare.
func notes(before, after *Summary) (list []string) {
	add := func(yes bool, format string, args ...any) {
		if yes {
			list = append(list, fmt.Sprintf(format, args...))
		}
	}
	add(!before.Complete, "Before is incomplete: its report says what is missing.")
	add(!after.Complete, "After is incomplete: its report says what is missing.")
	add(before.RawPaths != after.RawPaths || !slices.Equal(before.PathTemplates, after.PathTemplates),
		"Paths are grouped by other templates before and after, so they are compared where they happen to have one name.")
	add(before.TimeField != after.TimeField, "Before goes by the time %s, after by the time %s.", before.TimeField, after.TimeField)
	add(max(before.Span, after.Span) >= 2*min(before.Span, after.Span),
		"The spans differ in length; what depends on the hour of the day may look like a change.")
	add(apart(before, after) > 3*time.Hour, "The two lie at other hours of the day; what depends on the hour may look like a change.")
	for _, x := range []struct {
		of, in *Summary
		where  string
	}{{before, after, "before"}, {after, before, "after"}} {
		for _, t := range x.of.Tables {
			missing := !slices.ContainsFunc(x.in.Tables, func(u Table) bool { return u.By == t.By })
			add(missing && fit(t.By), "Only %s has the dimension %s, so it is not compared.", x.where, t.By)
		}
	}
	return list
}

// apart is how far the middles of two spans are from each other on the clock, and 0 where one spans a day or more.
func apart(before, after *Summary) time.Duration {
	const day = 24 * time.Hour
	if max(before.Span, after.Span) >= day {
		return 0
	}
	middle := func(s *Summary) time.Time { return s.First.Add(s.Last.Sub(s.First) / 2) }
	between := middle(after).Sub(middle(before)).Abs() % day
	return min(between, day-between)
}

// fit says whether failures by a dimension are worth comparing: a status is a failure by itself, and minutes do not
// come again.
func fit(by string) bool {
	parts := strings.Split(by, "+")
	return !slices.Contains(parts, "time") && !slices.Contains(parts, "status")
}

// A differ gathers a Result.
type differ struct {
	before, after *Summary
	r             *Result
	spreads       map[string]spread // by metric, over all requests
	widest        spread            // of what has no series
}

// spread looks at how all failures fall over time.
func (d *differ) spread() {
	d.spreads = map[string]spread{}
	d.widest = spread{1, 1}
	for _, m := range metrics {
		s := spreadOf(binsOf(d.before.Times, m.of), binsOf(d.after.Times, m.of), max(d.before.Bucket, d.after.Bucket))
		d.spreads[m.name] = s
		d.widest = spread{max(d.widest.bucket, s.bucket), max(d.widest.burst, s.burst)}
	}
	statuses := maps.Clone(d.before.Totals.Status)
	maps.Copy(statuses, d.after.Totals.Status)
	for status := range statuses {
		if strings.HasPrefix(status, "2") || strings.HasPrefix(status, "3") {
			continue
		}
		of := func(c *Cell) uint64 { return c.Status[status] }
		v := lasting(binsOf(d.before.Times, of), binsOf(d.after.Times, of))
		d.widest = spread{max(d.widest.bucket, v), max(d.widest.burst, v)}
	}
}

func binsOf(cells []Cell, of func(*Cell) uint64) []bin {
	bins := make([]bin, len(cells))
	for i := range cells {
		bins[i] = bin{int64(i), float64(of(&cells[i])), float64(cells[i].Requests)}
	}
	return bins
}

// change completes a Change of two counts that fall over time as s has it.
func (d *differ) change(c Change, s spread) Change {
	hours := d.after.Span.Hours()
	exposed := c.After.Requests
	if c.Presence == Gone && c.Dimension != AFinding { // its requests went elsewhere
		hours, exposed = d.before.Span.Hours(), c.Before.Requests
	}
	c.Harm = (c.After.Rate() - c.Before.Rate()) * float64(exposed) / hours
	c.Dispersion = s.between(c.Before, c.After)
	c.P = chance(c.Before, c.After, c.Dispersion)
	return c
}

func (d *differ) add(c Change, s spread) {
	if c.Before.Failed+c.After.Failed >= minFailures || c.Dimension == Total {
		d.r.Changes = append(d.r.Changes, d.change(c, s))
	}
}

func (d *differ) totals() {
	for _, m := range metrics {
		d.add(Change{Dimension: Total, Metric: m.name,
			Before: Count{m.of(&d.before.Totals), d.before.Totals.Requests},
			After:  Count{m.of(&d.after.Totals), d.after.Totals.Requests}}, d.spreads[m.name])
	}
}

func (d *differ) causes() {
	causes := maps.Clone(d.before.Attribution)
	maps.Copy(causes, d.after.Attribution)
	for _, cause := range slices.Sorted(maps.Keys(causes)) {
		d.add(Change{Dimension: Cause, Key: []string{cause}, Metric: "requests",
			Before: Count{d.before.Attribution[cause], d.before.Totals.Requests},
			After:  Count{d.after.Attribution[cause], d.after.Totals.Requests}}, d.spreadOf(cause))
	}
}

// spreadOf is that of a cause or of a finding, for which there is no series: that of its metric, or else the widest.
func (d *differ) spreadOf(id string) spread {
	if m, ok := made[id]; ok {
		return d.spreads[m]
	}
	return d.widest
}

// table compares the keys of a dimension. A key that only one side has is compared with all requests of the other side:
// its requests would have gone to other keys there. If that side lost keys, it may have had this one too, but it is
// compared all the same where the failures of lost keys are too few to matter: keys that fail are the last to be lost.
func (d *differ) table(before, after *Table) {
	keys := maps.Clone(before.Rows)
	maps.Copy(keys, after.Rows)
	lostBefore, lostAfter := before.lost(&d.before.Totals), after.lost(&d.after.Totals)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if slices.Contains(keys[key].Key, other) {
			continue // not one key
		}
		b, hadIt := before.Rows[key]
		a, hasIt := after.Rows[key]
		presence, own, lost := Both, &a.Cell, []uint64(nil)
		switch {
		case !hadIt:
			b.Cell, presence, lost = d.before.Totals, New, lostBefore
		case !hasIt:
			a.Cell, presence, own, lost = d.after.Totals, Gone, &b.Cell, lostAfter
		}
		skipped := false
		for i, m := range byCode {
			switch {
			case presence != Both && m.of(own) < minFailures:
			case presence != Both && lost[i] >= minFailures, b.LowerBound || a.LowerBound: // a part of its failures
				skipped = skipped || m.of(&b.Cell)+m.of(&a.Cell) >= minFailures
			default:
				d.add(Change{Dimension: before.By, Key: keys[key].Key, Metric: m.name, Presence: presence,
					Before: Count{m.of(&b.Cell), b.Requests}, After: Count{m.of(&a.Cell), a.Requests}}, d.spreadAt(before.By, key, m))
			}
		}
		if skipped {
			d.r.Skipped++
		}
	}
}

// spreadAt is that of one key, as far as the summaries have its series, or else that of all requests.
func (d *differ) spreadAt(by, key string, m metric) spread {
	b, a := d.before.Series[by][key], d.after.Series[by][key]
	if m.point == nil || b.Points == nil && a.Points == nil {
		return d.spreads[m.name]
	}
	width := max(b.Bucket, a.Bucket)
	bins := func(s Series) []bin {
		out := make([]bin, len(s.Points))
		for i := range s.Points {
			p := &s.Points[i]
			out[i] = bin{p.Start.UnixMicro() / width.Microseconds(), float64(m.point(p)), float64(p.Requests)}
		}
		return joined(out, 1)
	}
	return spreadOf(bins(b), bins(a), width)
}
