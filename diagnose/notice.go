package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alblens/internal/cause"
)

// nearTimeouts finds paths whose slowest answers come close to the idle timeout, and that seldom or never failed by it yet.
func (s *scene) nearTimeouts() []Finding {
	timeout, known := 60.0, false
	for _, m := range s.idleTimeouts {
		if m.within >= 3 && (!known || m.at < timeout) {
			timeout, known = m.at, true
		}
	}
	failing := map[string]float64{}
	for i := range s.suspects {
		if s.suspects[i].Cause == cause.IdleTimeout {
			failing[s.suspects[i].Path] += s.suspects[i].weight
		}
	}
	var list []Finding
	for path, row := range s.paths {
		q := &row.TargetTime
		longest := float64(q.Max) / 1e6
		if q.Count < 20 || failing[path] > 0.1*float64(q.Count) || longest < 0.8*timeout || longest > 1.05*timeout || float64(q.P99)/1e6 < 0.4*timeout {
			continue
		}
		f := Finding{
			ID: "near-timeout", Key: "near-timeout/" + path, Severity: Info, Confidence: 0.6,
			Title:   path + " comes close to the idle timeout",
			Summary: fmt.Sprintf("the slowest of %s answers took %.1f s, p99 %.1f s; the idle timeout seems to be %s s.", count(q.Count), longest, float64(q.P99)/1e6, number(timeout)),
			First:   row.First, Last: row.Last, Scope: Scope{Paths: []string{path}},
		}
		if !known {
			f.Summary = fmt.Sprintf("the slowest of %s answers took %.1f s, p99 %.1f s; the default idle timeout is 60 s.", count(q.Count), longest, float64(q.P99)/1e6)
			f.Caveats = []string{"The log does not show this load balancer's idle timeout."}
		}
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Finding) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// logGaps tells of times for which a node delivered nothing.
func (s *scene) logGaps() []Finding {
	gaps := s.result.Ledger.Gaps
	if len(gaps) == 0 {
		return nil
	}
	var lost time.Duration
	first, last := gaps[0].From, gaps[0].To
	nodes := map[string]bool{}
	for _, g := range gaps {
		lost += g.To.Sub(g.From)
		nodes[g.Node] = true
		if g.From.Before(first) {
			first = g.From
		}
		if g.To.After(last) {
			last = g.To
		}
	}
	return []Finding{{
		ID: "log-gaps", Key: "log-gaps", Severity: Info, Confidence: 0.5, Title: "Some nodes delivered no log for a while",
		Summary: fmt.Sprintf("Between their first and last objects nodes delivered nothing for %.0f minutes in all (nodes: %d, gaps: %d).", lost.Minutes(), len(nodes), len(gaps)),
		First:   first, Last: last,
		Caveats: []string{"An idle node delivers none, and late objects come later: a gap is no proof of loss."},
	}}
}

// formatDrift tells of lines with different numbers of fields.
func (s *scene) formatDrift() []Finding {
	type era struct {
		fields int
		n      int64
	}
	var eras []era
	for fields, n := range s.result.Ledger.FieldCounts {
		if n > 0 {
			eras = append(eras, era{fields, n})
		}
	}
	if len(eras) < 2 {
		return nil
	}
	slices.SortFunc(eras, func(a, b era) int { return cmp.Compare(a.fields, b.fields) })
	var words []string
	for _, e := range eras {
		words = append(words, fmt.Sprintf("%s with %d", count(uint64(e.n)), e.fields))
	}
	return []Finding{{
		ID: "format-drift", Key: "format-drift", Severity: Info, Confidence: 1, Title: "Lines have different numbers of fields",
		Summary: "records by their number of fields: " + strings.Join(words, ", ") + ".",
		Reasons: []string{"for: AWS appends fields to the format from time to time"},
	}}
}
