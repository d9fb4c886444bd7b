package compare

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A TimeChange is one quantile of all requests on both sides.
type TimeChange struct {
	Change        // Dimension Total, Metric target_time_ms or duration_ms; no counts, and no harm
	Quantile      string
	BeforeMS      float64
	AfterMS       float64
	BeforeBuckets int // buckets of time with enough requests to have the quantile
	AfterBuckets  int
}

// Quantiles are compared over the buckets of time: each that has enough requests is one sample of it, and the samples of
// both sides are put in order (Mann and Whitney). Where a side has too few such buckets there is nothing to tell noise by.
// Nor are quantiles compared that are of other parts of the requests: those that time out have no target time, so that the
// more there are of them, the better the rest looks.
const (
	minBuckets = 10
	// Summaries are within 1 % of the truth, so two may differ by twice that without a change.
	sketchError = 0.02
)

var quantiles = []struct {
	name   string
	beyond float64 // the share of requests that take longer
	need   uint64  // requests of a bucket: ten on the far side of the quantile
	of     func(*Quantiles) float64
}{
	{"p50", 0.5, 20, func(q *Quantiles) float64 { return q.P50 }},
	{"p90", 0.1, 100, func(q *Quantiles) float64 { return q.P90 }},
	{"p99", 0.01, 1000, func(q *Quantiles) float64 { return q.P99 }},
}

var clocks = []struct {
	name, title string
	of          func(*Cell) *Quantiles
}{
	{"target_time_ms", "target time", func(c *Cell) *Quantiles { return c.TargetTime }},
	{"duration_ms", "duration", func(c *Cell) *Quantiles { return c.Duration }},
}

func (d *differ) times() {
	for _, clock := range clocks {
		whole, now := clock.of(&d.before.Totals), clock.of(&d.after.Totals)
		if whole == nil || now == nil {
			continue
		}
		without := func(t *Cell, q *Quantiles) float64 { return 1 - float64(q.Count)/float64(t.Requests) }
		missing, missingNow := without(&d.before.Totals, whole), without(&d.after.Totals, now)
		var unlike []string
		for _, q := range quantiles {
			samples := func(cells []Cell) (list []float64) {
				for i := range cells {
					if at := clock.of(&cells[i]); at != nil && at.Count >= q.need {
						list = append(list, q.of(at))
					}
				}
				return list
			}
			b, a := samples(d.before.Times), samples(d.after.Times)
			if min(len(b), len(a)) < minBuckets {
				continue
			}
			if math.Abs(missingNow-missing) > q.beyond/4 {
				unlike = append(unlike, q.name)
				continue
			}
			d.r.Times = append(d.r.Times, TimeChange{Quantile: q.name, BeforeMS: q.of(whole), AfterMS: q.of(now),
				BeforeBuckets: len(b), AfterBuckets: len(a),
				Change: Change{Dimension: Total, Metric: clock.name, Dispersion: 1, P: shifted(b, a)}})
		}
		if unlike != nil {
			d.r.Notes = append(d.r.Notes, fmt.Sprintf("No comparison of the %s's %s: %.2g %% of the requests before have none and %.2g %% after, and these may be the slowest.",
				clock.title, strings.Join(unlike, " and "), 100*missing, 100*missingNow))
		}
	}
}

func (c *TimeChange) decide() {
	if math.Abs(c.AfterMS-c.BeforeMS) <= sketchError*min(c.BeforeMS, c.AfterMS) {
		c.Noise = true
	}
}

// shifted is the probability that two series of samples come from one distribution, by the normal approximation of Mann
// and Whitney's test. Neighbours in time are alike, so each series counts for as many samples as its correlation leaves.
func shifted(before, after []float64) float64 {
	type sample struct {
		v     float64
		after bool
	}
	var all []sample
	for _, v := range before {
		all = append(all, sample{v, false})
	}
	for _, v := range after {
		all = append(all, sample{v, true})
	}
	slices.SortFunc(all, func(x, y sample) int { return cmp.Compare(x.v, y.v) })
	n, m := float64(len(before)), float64(len(after))
	ranks, ties := 0.0, 0.0
	for i := 0; i < len(all); {
		j := i
		for j < len(all) && all[j].v == all[i].v {
			j++
		}
		t := float64(j - i)
		ties += t*t*t - t
		for _, s := range all[i:j] {
			if s.after {
				ranks += float64(i+j+1) / 2 // the mean of the ranks i+1 to j
			}
		}
		i = j
	}
	whole := n + m
	variance := n * m / 12 * (whole + 1 - ties/(whole*(whole-1)))
	if variance <= 0 { // all alike
		return 1
	}
	kept := min(independent(before), independent(after))
	z := (ranks - m*(whole+1)/2) / math.Sqrt(variance/kept)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

// independent is the share of a series that counts if each sample is as like its neighbour as they are: (1-r)/(1+r) of
// the lag-one correlation r.
func independent(series []float64) float64 {
	mean := 0.0
	for _, v := range series {
		mean += v / float64(len(series))
	}
	with, own := 0.0, 0.0
	for i, v := range series {
		own += (v - mean) * (v - mean)
		if i > 0 {
			with += (v - mean) * (series[i-1] - mean)
		}
	}
	if own == 0 {
		return 1
	}
	r := min(max(with/own, 0), 0.99)
	return (1 - r) / (1 + r)
}
