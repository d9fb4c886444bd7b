package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"alblens/evidence"
	"alblens/parser"
)

// describe fills in when, whom and where, and shows lines.
func (s *scene) describe(f *Finding, list []*suspect) {
	byStart := slices.Clone(list)
	slices.SortFunc(byStart, func(a, b *suspect) int { return cmp.Compare(a.Start, b.Start) })
	f.First, f.Last = byStart[0].Start.Time(), byStart[len(byStart)-1].Start.Time()
	f.Episodes = episodes(byStart)
	clients := map[uint64]bool{}
	var latest parser.Timestamp
	for _, x := range list {
		clients[x.Client] = true
		latest = max(latest, x.End)
	}
	f.Clients = uint64(len(clients))
	f.Ongoing = s.last-latest < quietAfter(f.Episodes[len(f.Episodes)-1])
	f.Scope = s.scope(list)
	f.Evidence = lines(list, s.opts.Samples)
}

// quietAfter is for how long nothing happens before an episode counts as over: three times as long as it was from one
// record to the next, but between one and five minutes.
func quietAfter(e Episode) parser.Timestamp {
	if e.Requests < 2 {
		return 5 * 60 * second
	}
	gap := micros(e.To) - micros(e.From)
	return min(max(3*gap/parser.Timestamp(e.Requests-1), 60*second), 5*60*second)
}

// episodes are the spans with at most 5 quiet minutes inside.
func episodes(byStart []*suspect) []Episode {
	var list []Episode
	type state struct{ requests, minute, peak float64 }
	var now state
	var minute int64
	for i, x := range byStart {
		if i == 0 || x.Start-byStart[i-1].Start > 5*60*second {
			list = append(list, Episode{From: x.Start.Time()})
			now = state{}
		}
		if at := int64(x.Start / (60 * second)); at != minute {
			minute, now.minute = at, 0
		}
		now.requests += x.weight
		now.minute += x.weight
		now.peak = max(now.peak, now.minute)
		e := &list[len(list)-1]
		e.To, e.Requests, e.PeakPerMinute = x.Start.Time(), uint64(now.requests+0.5), uint64(now.peak+0.5)
	}
	return list
}

// scope is what the records have in common, where there is more than that.
func (s *scene) scope(list []*suspect) Scope {
	routes := s.routesOf(list)
	targets := 0
	for i := range s.result.Evidence.Lives {
		if s.result.Evidence.Lives[i].TargetGroup == list[0].TargetGroup {
			targets++
		}
	}
	return Scope{
		LoadBalancers: confined(routes, func(r *evidence.Route) string { return r.LoadBalancer }, 0),
		TargetGroups:  confined(routes, func(r *evidence.Route) string { return r.TargetGroup }, 0),
		Targets:       confined(routes, func(r *evidence.Route) string { return r.Target }, targets),
		Paths:         confined(list, func(x *suspect) string { return x.Path }, len(s.paths)),
		Nodes:         confined(routes, func(r *evidence.Route) string { return r.Node }, s.keys("node")),
		Hosts:         confined(list, func(x *suspect) string { return x.Host }, s.keys("host")),
	}
}

// routesOf are the routes that records have, each once.
func (s *scene) routesOf(list []*suspect) []*evidence.Route {
	var routes []*evidence.Route
	seen := make([]bool, len(s.routes))
	for _, x := range list {
		if !seen[x.route] {
			seen[x.route] = true
			routes = append(routes, x.Route)
		}
	}
	return routes
}

// most is how many keys a scope names before it is no confinement any more.
const most = 5

// confined are the keys that there are of elements, sorted; none where these are many, or all there are.
func confined[E any](list []E, of func(E) string, all int) []string {
	var names []string
	for _, x := range list {
		name := of(x)
		if name == "" || slices.Contains(names, name) {
			continue
		}
		if len(names) == most {
			return nil
		}
		names = append(names, name)
	}
	if all > 1 && len(names) >= all {
		return nil
	}
	slices.Sort(names)
	return names
}

// keys is how many keys a table has, 0 if there is none.
func (s *scene) keys(dimension string) int {
	for i := range s.result.Counts.Tables {
		if t := &s.result.Counts.Tables[i]; t.By.String() == dimension {
			return len(t.Rows)
		}
	}
	return 0
}

// lines are those that show it best: of the surest, with text.
func lines(list []*suspect, n int) []Line {
	best := first(list, n, func(a, b *suspect) int {
		switch {
		case (a.Text == "") != (b.Text == ""):
			return cmp.Compare(len(b.Text), len(a.Text)) // with text first
		case a.Confidence != b.Confidence:
			return -cmp.Compare(a.Confidence, b.Confidence)
		case a.Hash != b.Hash:
			return cmp.Compare(a.Hash, b.Hash)
		}
		return cmp.Or(strings.Compare(a.Source, b.Source), cmp.Compare(a.Line, b.Line))
	})
	slices.SortStableFunc(best, func(a, b *suspect) int { return cmp.Compare(a.End, b.End) })
	var out []Line
	for _, x := range best {
		out = append(out, Line{Source: x.Source, Number: x.Line, TraceID: traceID(x.Text), Text: x.Text})
	}
	return out
}

// first returns the n that a stable sort would put first.
func first(list []*suspect, n int, compare func(a, b *suspect) int) []*suspect {
	var best []*suspect
	for _, x := range list {
		if len(best) == n && compare(best[n-1], x) <= 0 {
			continue
		}
		at, _ := slices.BinarySearchFunc(best, x, func(a, b *suspect) int {
			if compare(a, b) <= 0 {
				return -1
			}
			return 1
		})
		best = slices.Insert(best, at, x)
		best = best[:min(n, len(best))]
	}
	return best
}

func traceID(line string) string {
	var r parser.Record
	if line == "" || r.Parse([]byte(line)) != nil {
		return ""
	}
	return string(r.Text(parser.FieldTraceID))
}

// perMinute counts records by the minute of their end.
func perMinute(list []*suspect) map[int64]float64 {
	counts := map[int64]float64{}
	for _, x := range list {
		counts[int64(x.End/(60*second))] += x.weight
	}
	return counts
}
