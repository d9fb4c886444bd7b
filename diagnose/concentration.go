package diagnose

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"alblens/aggregate"
	"alblens/internal/cause"
)

// wilson is the interval that a share lies in, k of n being seen, with z standard deviations of confidence. It is
// honest at small numbers. (Wilson, 1927.)
func wilson(k, n, z float64) (low, high float64) {
	if n == 0 {
		return 0, 1
	}
	p := k / n
	center := (p + z*z/(2*n)) / (1 + z*z/n)
	half := float64(z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n)))
	return math.Max(0, center-half), math.Min(1, center+half)
}

// A concern is one key whose share of the failures stands out.
type concern struct {
	key             string
	failed, all     float64 // records
	traffic, errors float64 // shares
}

// standsOut finds the key that most of the failures are on although little of the traffic is.
func standsOut(failed, traffic map[string]float64) (concern, bool) {
	var sum, all float64
	for _, key := range slices.Sorted(maps.Keys(failed)) { // in one order: weights are no whole numbers
		sum += failed[key]
	}
	for _, n := range traffic {
		all += n
	}
	var best concern
	for key, n := range failed {
		if n > best.failed || n == best.failed && key < best.key {
			best = concern{key: key, failed: n, all: sum}
		}
	}
	if best.key == "" || len(traffic) < 2 || best.failed < 8 {
		return best, false
	}
	best.traffic, best.errors = traffic[best.key]/all, best.failed/sum
	low, _ := wilson(best.failed, sum, 3)
	return best, best.errors >= 0.5 && (low > 2*best.traffic || 1-low < (1-best.traffic)/4)
}

// badKeys finds targets, paths, nodes and zones that failures concentrate on.
func (s *scene) badKeys() []Finding {
	dimensions := []struct {
		id, noun string
		of       func(*suspect) string
		traffic  func(b *bundle) map[string]float64
		ofGroup  bool // the traffic is that of the target group, not all
		ofRoute  bool // suspects of one route have one key
	}{
		{"one-bad-target", "target", func(x *suspect) string { return x.Target }, s.targetTraffic, true, true},
		{"one-bad-path", "path", func(x *suspect) string { return x.Path }, func(*bundle) map[string]float64 { return s.pathTraffic() }, false, false},
		{"one-bad-node", "load balancer node", func(x *suspect) string { return x.Node }, func(*bundle) map[string]float64 { return s.nodeTraffic() }, false, true},
		{"one-bad-zone", "subnet", func(x *suspect) string { return subnet(x.Target) }, s.zoneTraffic, true, true},
	}
	var list []Finding
	seen := map[string]bool{}
	for _, b := range s.bundles {
		if !ofBackend(b.cause) || b.finding.Severity < Low {
			continue
		}
		routes := s.weighRoutes(b.list)
		for _, d := range dimensions {
			failed := map[string]float64{}
			if d.ofRoute {
				for _, r := range routes {
					failed[d.of(r.one)] += r.weight
				}
			} else {
				for _, x := range b.list {
					failed[d.of(x)] += x.weight
				}
			}
			delete(failed, "")
			c, ok := standsOut(failed, d.traffic(b))
			if !ok || seen[d.id+"/"+c.key] || d.id == "one-bad-zone" && seen["one-bad-target/"+b.where] {
				continue
			}
			seen[d.id+"/"+c.key] = true
			if d.id == "one-bad-target" {
				seen["one-bad-target/"+b.where] = true
			}
			var on []*suspect
			for _, x := range b.list {
				if d.of(x) == c.key {
					on = append(on, x)
				}
			}
			f := Finding{
				ID: d.id, Key: d.id + "/" + c.key, PartOf: b.finding.Key, Severity: min(b.finding.Severity, Medium), Confidence: b.finding.Confidence,
				Requests: uint64(c.failed + 0.5), Of: b.finding.Requests,
				Title: fmt.Sprintf("One %s has most of the %s: %s", d.noun, b.cause, c.key),
			}
			s.describe(&f, on)
			low, high := wilson(c.failed, c.all, 1.96)
			traffic := "the traffic"
			if d.ofGroup {
				traffic += " of " + shortName(b.where)
			}
			f.Summary = fmt.Sprintf("%s %s has %s of %s and %s of %s %s failures.", strings.ToUpper(d.noun[:1])+d.noun[1:], c.key,
				percent(c.traffic), traffic, percent(c.errors), count(uint64(c.all+0.5)), b.cause)
			f.Reasons = []string{fmt.Sprintf("for: its share of the failures is between %s and %s (95 %%), its share of %s %s", percent(low), percent(high), traffic, percent(c.traffic))}
			list = append(list, f)
		}
	}
	return list
}

// A weighedRoute is one of the suspects that have a route, and how many records all of them stand for.
type weighedRoute struct {
	one    *suspect
	weight float64
}

func (s *scene) weighRoutes(list []*suspect) []weighedRoute {
	all := make([]weighedRoute, len(s.routes))
	for _, x := range list {
		all[x.route].one = x
		all[x.route].weight += x.weight
	}
	return slices.DeleteFunc(all, func(r weighedRoute) bool { return r.one == nil })
}

// ofBackend reports whether a cause lies behind the load balancer.
func ofBackend(c cause.Cause) bool {
	switch c {
	case cause.Target5xx, cause.ConnectTimeout, cause.IdleTimeout, cause.ShortBody, cause.ConnectRefused, cause.KeepaliveRace,
		cause.TargetCrash, cause.WorkerTimeout, cause.DeregistrationCut, cause.BadResponse:
		return true
	}
	return false
}

// percent says 100 % of nothing less than all, but for what rounding takes.
func percent(x float64) string {
	switch {
	case x >= 0.995 && x < 1-1e-9:
		return fmt.Sprintf("%.1f %%", min(100*x, 99.9))
	case x == 0 || x >= 0.0995:
		return fmt.Sprintf("%.0f %%", 100*x)
	case x >= 0.001:
		return fmt.Sprintf("%.1f %%", 100*x)
	}
	return fmt.Sprintf("%.2g %%", 100*x)
}

// targetTraffic is the requests to each target of the group that failures are of. A target that is in several groups is
// known to be in the one of its latest request and in those in which it failed, and its requests are those of all.
func (s *scene) targetTraffic(b *bundle) map[string]float64 {
	traffic := map[string]float64{}
	for _, l := range s.lives {
		if l.TargetGroup == b.where {
			traffic[l.Target] = float64(l.Requests)
		}
	}
	for _, r := range s.routesOf(b.list) {
		if l := s.lives[r.Target]; l != nil {
			traffic[r.Target] = float64(l.Requests)
		}
	}
	return traffic
}

func (s *scene) zoneTraffic(b *bundle) map[string]float64 {
	traffic := map[string]float64{}
	for target, n := range s.targetTraffic(b) {
		traffic[subnet(target)] += n
	}
	return traffic
}

// subnet is the /24 of an IPv4 address, which as a rule is in one zone.
func subnet(target string) string {
	host := target[:max(strings.LastIndexByte(target, ':'), 0)]
	if strings.Count(host, ".") != 3 {
		return ""
	}
	return host[:strings.LastIndexByte(host, '.')] + ".0/24"
}

// requestsBy are the requests by each key of a dimension that is counted.
func (s *scene) requestsBy(part aggregate.Part) map[string]float64 {
	i := slices.IndexFunc(s.result.Counts.Tables, func(t aggregate.Table) bool { return t.By.Is(part) })
	if i < 0 {
		return nil
	}
	rows := s.result.Counts.Tables[i].Rows
	traffic := make(map[string]float64, len(rows))
	for k := range rows {
		if row := &rows[k]; !row.Other && !row.Values[0].Absent {
			traffic[row.Values[0].Text] = float64(row.Requests)
		}
	}
	return traffic
}
