package compare

import (
	"math"
	"time"
)

// A bin is the requests of one slot of time and how many of them failed.
type bin struct {
	slot             int64
	failed, requests float64
}

// A spread is how unevenly failures fall over time, at two scales: dispersions of at least 1.
type spread struct{ bucket, burst float64 }

// burstLength is how long failures may go on and still be one event.
const burstLength = 5 * time.Minute

// spreadOf looks at the bins of both sides, whose slots are of some width.
func spreadOf(before, after []bin, width time.Duration) spread {
	fine := blended(before, after)
	k := int64((burstLength + width - 1) / width)
	return spread{fine, max(fine, blended(joined(before, k), joined(after, k)))}
}

// between is the dispersion that two rates are tested with. A burst is one event, so that one more of the usual is no
// change. But where one rate is tenfold the other it is not one more of the usual: then the minutes count that it lasts.
func (s spread) between(a, b Count) float64 {
	const tenfold = 10
	if low, high := min(a.Rate(), b.Rate()), max(a.Rate(), b.Rate()); high >= tenfold*low {
		return s.bucket
	}
	return s.burst
}

// dispersion tells how many failures come at a time: the variance of the failures of a slot over what it were if each
// request failed by itself (Pearson's statistic over its degrees of freedom), and 1 at least. A hundred failures spread
// over a day have one of about 1; a hundred in one minute have one of about a hundred, and say as much as one.
func dispersion(bins []bin) float64 {
	var failed, requests float64
	busy := 0
	for _, b := range bins {
		if b.requests > 0 {
			failed += b.failed
			requests += b.requests
			busy++
		}
	}
	if failed == 0 || failed == requests || busy < 2 {
		return 1
	}
	rate := failed / requests
	pearson := 0.0
	for _, b := range bins {
		if b.requests > 0 {
			off := b.failed - rate*b.requests
			pearson += off * off / (b.requests * rate * (1 - rate))
		}
	}
	return max(1, pearson/float64(busy-1))
}

// blended is the dispersion of two sides, each weighing as many failures as it has: one without any knows nothing of it.
func blended(before, after []bin) float64 {
	sum, weight := 0.0, 0.0
	for _, bins := range [][]bin{before, after} {
		failed := 0.0
		for _, b := range bins {
			failed += b.failed
		}
		sum += failed * dispersion(bins)
		weight += failed
	}
	if weight == 0 {
		return 1
	}
	return sum / weight
}

// lasting is as blended, but finds bursts of any length up to an eighth of the time: what clients do in the course of a
// visit is of a piece however long the visit is.
func lasting(before, after []bin) float64 {
	most := 1.0
	for len(before) >= 8 || len(after) >= 8 {
		most = max(most, blended(before, after))
		before, after = joined(before, 2), joined(after, 2)
	}
	return most
}

// joined makes slots k times as wide.
func joined(bins []bin, k int64) []bin {
	var out []bin
	for _, b := range bins {
		b.slot /= k
		if n := len(out); n > 0 && out[n-1].slot == b.slot {
			out[n-1].failed += b.failed
			out[n-1].requests += b.requests
		} else {
			out = append(out, b)
		}
	}
	return out
}

// events is how many independent ones the failures of a rate amount to.
func events(n uint64, dispersion float64) uint64 { return uint64(math.Round(float64(n) / dispersion)) }

// chance is the probability of rates at least as far apart, if nothing changed.
func chance(before, after Count, dispersion float64) float64 {
	return exact(events(before.Failed, dispersion), events(before.Requests, dispersion),
		events(after.Failed, dispersion), events(after.Requests, dispersion))
}
