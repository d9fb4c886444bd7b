package diagnose

import (
	"maps"
	"math"
	"slices"

	"alblens/aggregate"
	"alblens/internal/cause"
	"alblens/parser"
)

// severity says how much harm it does, by the table of design/contract.md. Rates are of the requests in its scope:
// those of the one path or target that it is confined to, or else of the target group.
func (s *scene) severity(f *Finding, b *bundle) Severity {
	requests := s.requestsPerMinute(f, b.where)
	failed := perMinute(b.list)
	five := worstShare(failed, requests, 5)
	switch b.cause {
	case cause.Target5xx:
		switch {
		case five > 0.20:
			return High
		case five > 0.05:
			return Medium
		case f.Requests >= 5 && sum(failed)/math.Max(sum(requests), 1) > 0.01:
			return Low
		}
		return Info
	case cause.FixedResponse, cause.WAFBlock, cause.ClientError, cause.StreamReset:
		return s.harmless(f)
	case cause.ClientAbandoned:
		if five > 0.01 && f.Requests >= 5 {
			return Medium
		}
		return Low
	}
	failed = perMinute(madeByBalancer(b.list)) // others are the client's, as a failed log-in's 401
	five, one := worstShare(failed, requests, 5), worstShare(failed, requests, 1)
	switch n := sum(failed); {
	case n == 0 && b.cause == cause.AuthError:
		return s.harmless(f)
	case n < 4.5:
		return Low
	case five >= 0.05 || one >= 0.5:
		return Critical
	case five >= 0.01 || one >= 0.1:
		return High
	}
	return Medium
}

// harmless is Low above 1 % of all requests.
func (s *scene) harmless(f *Finding) Severity {
	if share(f.Requests, s.result.Counts.Totals.Requests) > 0.01 {
		return Low
	}
	return Info
}

// madeByBalancer are the records with a 5xx of the load balancer's own.
func madeByBalancer(list []*suspect) []*suspect {
	var made []*suspect
	for _, x := range list {
		if x.ELBStatus >= 500 && (x.TargetStatus == parser.NoStatus || x.TargetStatus < 500) {
			made = append(made, x)
		}
	}
	return made
}

// sum adds in the order of time: what is sampled or spread is no whole number.
func sum(counts map[int64]float64) float64 {
	total := 0.0
	for _, minute := range slices.Sorted(maps.Keys(counts)) {
		total += counts[minute]
	}
	return total
}

func share(part, whole uint64) float64 {
	if whole == 0 {
		return 0
	}
	return float64(part) / float64(whole)
}

// worstShare is the largest share that failed over as many minutes on end, where at least five requests did.
func worstShare(failed, requests map[int64]float64, minutes int64) float64 {
	worst := 0.0
	for start := range failed {
		for from := start - minutes + 1; from <= start; from++ {
			bad, all, hit := 0.0, 0.0, int64(0)
			for m := from; m < from+minutes; m++ {
				bad += failed[m]
				all += max(requests[m], failed[m])
				if failed[m] > 0 {
					hit++
				}
			}
			if bad >= 5 && all > 0 && hit >= (minutes+1)/2 {
				worst = max(worst, bad/all)
			}
		}
	}
	return worst
}

// requestsPerMinute counts the requests in the scope of a finding: those of its target group, or of the one path or
// target that it is confined to, whichever are fewest.
func (s *scene) requestsPerMinute(f *Finding, where string) map[int64]float64 {
	least := s.groupPerMinute(where)
	narrow := func(part aggregate.Part, keys []string) {
		if len(keys) != 1 {
			return
		}
		if counts := s.seriesPerMinute(part, keys[0]); counts != nil && sum(counts) < sum(least) {
			least = counts
		}
	}
	narrow(aggregate.Path, f.Scope.Paths)
	narrow(aggregate.Target, f.Scope.Targets)
	return least
}

func (s *scene) groupPerMinute(where string) map[int64]float64 {
	counts := map[int64]float64{}
	for _, l := range s.result.Evidence.Loads {
		if l.TargetGroup == where {
			counts[l.Start.Unix()/60] += float64(l.Requests)
		}
	}
	if len(counts) > 0 {
		if w := s.result.Evidence.LoadWidth.Minutes(); w > 1 {
			return spread(counts, int64(w))
		}
		return counts
	}
	return s.withoutTarget(where)
}

// withoutTarget counts the requests per minute of a target group that has no targets with addresses, as if they were
// spread over time as all are, and all requests where there is no target group.
func (s *scene) withoutTarget(group string) map[int64]float64 {
	counts := s.timePerMinute()
	i := slices.IndexFunc(s.result.Counts.Tables, func(t aggregate.Table) bool { return t.By.Is(aggregate.TargetGroup) })
	if i < 0 {
		return counts
	}
	for _, row := range s.result.Counts.Tables[i].Rows {
		if row.Other || row.Values[0].Absent || row.Values[0].Text != group {
			continue
		}
		for minute, n := range counts {
			counts[minute] = n * share(row.Requests, s.result.Counts.Totals.Requests)
		}
	}
	return counts
}

func (s *scene) seriesPerMinute(part aggregate.Part, key string) map[int64]float64 {
	for _, series := range s.result.Counts.Series {
		if series.Part != part {
			continue
		}
		for _, k := range series.Keys {
			if k.Key.Absent || k.Key.Text != key {
				continue
			}
			counts := map[int64]float64{}
			for _, p := range k.Points {
				counts[p.Start.Unix()/60] += float64(p.Requests)
			}
			return spread(counts, int64(series.Bucket.Minutes()))
		}
	}
	return nil
}

func (s *scene) timePerMinute() map[int64]float64 {
	counts := map[int64]float64{}
	for i := range s.result.Counts.Tables {
		t := &s.result.Counts.Tables[i]
		if !t.By.Is(aggregate.Time) {
			continue
		}
		for _, row := range t.Rows {
			counts[row.Start.Unix()/60] += float64(row.Requests)
		}
		return spread(counts, int64(s.result.Counts.TimeBucket.Minutes()))
	}
	return counts
}

// spread divides counts of several minutes among them.
func spread(counts map[int64]float64, minutes int64) map[int64]float64 {
	if minutes <= 1 {
		return counts
	}
	out := make(map[int64]float64, len(counts)*int(minutes))
	for from, n := range counts {
		for m := from; m < from+minutes; m++ {
			out[m] += n / float64(minutes)
		}
	}
	return out
}
