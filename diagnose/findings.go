package diagnose

import (
	"cmp"
	"slices"
	"strings"

	"alblens/evidence"
	"alblens/internal/cause"
)

// findings are all that there is to say, by severity, then by how many records they concern.
func (s *scene) findings() []Finding {
	list := s.causeFindings()
	list = append(list, s.badKeys()...)
	list = append(list, s.shutdowns()...)
	list = append(list, s.failOpens()...)
	list = append(list, s.saturations()...)
	list = append(list, s.coldStarts()...)
	list = append(list, s.nearTimeouts()...)
	list = append(list, s.deploys()...)
	list = append(list, s.logGaps()...)
	list = append(list, s.formatDrift()...)
	for i := range list {
		s.advise(&list[i])
	}
	list = s.judgeSettings(list)
	slices.SortFunc(list, func(a, b Finding) int {
		return cmp.Or(-cmp.Compare(a.Severity, b.Severity), cmp.Compare(secondary(a.ID), secondary(b.ID)),
			-cmp.Compare(a.Requests, b.Requests), strings.Compare(a.Key, b.Key))
	})
	return list
}

// secondary is 1 for findings that only say more of another.
func secondary(id string) int {
	if _, ok := cause.Parse(id); ok || id == "shutdown-early" {
		return 0
	}
	return 1
}

// A bundle is the records of one cause in one place: what becomes a finding.
type bundle struct {
	cause   cause.Cause
	where   string // target group ARN, or load balancer where requests have none
	list    []*suspect
	count   float64 // of records, those that were not kept included
	finding Finding
}

// causeFindings makes a finding of each cause in each target group.
func (s *scene) causeFindings() []Finding {
	type byCause [cause.Count]*bundle
	places := map[string]*byCause{}
	of := make([]*byCause, len(s.routes))
	for i, r := range s.routes {
		where := whereOf(r)
		if places[where] == nil {
			places[where] = new(byCause)
		}
		of[i] = places[where]
	}
	var order []*bundle
	for i := range s.suspects {
		x := &s.suspects[i]
		b := of[x.route][x.Cause]
		if b == nil {
			b = &bundle{cause: x.Cause, where: whereOf(x.Route)}
			of[x.route][x.Cause] = b
			order = append(order, b)
		}
		b.list = append(b.list, x)
		b.count += x.weight
	}
	s.bundles = order
	var list []Finding
	for _, b := range order {
		b.finding = s.causeFinding(b)
		list = append(list, b.finding)
	}
	return list
}

// whereOf is the target group, or the load balancer where the request was sent to none.
func whereOf(r *evidence.Route) string { return cmp.Or(r.TargetGroup, r.LoadBalancer) }

func (s *scene) causeFinding(b *bundle) Finding {
	f := Finding{
		ID: b.cause.String(), Key: b.cause.String() + "/" + s.names[b.where],
		Requests: uint64(b.count + 0.5), Of: s.ofStatus(b.list),
	}
	s.describe(&f, b.list)
	confidence, weight := 0.0, 0.0
	for _, x := range b.list {
		confidence += float64(x.Confidence * x.weight)
		weight += x.weight
	}
	f.Confidence = round3(confidence / weight)
	s.estimate(&f, b)
	f.Severity = s.severity(&f, b)
	s.word(&f, b)
	return f
}

// findNames gives each target group and load balancer a name of its own for keys: its short one, or, where others share
// that, the end of its ARN. A load balancer leaves the short name to a target group.
func (s *scene) findNames() map[string]string {
	groups, balancers := map[string]bool{}, map[string]bool{}
	for _, r := range s.routes {
		groups[r.TargetGroup], balancers[r.LoadBalancer] = true, true
	}
	for _, l := range s.result.Evidence.Lives {
		groups[l.TargetGroup], balancers[l.LoadBalancer] = true, true
	}
	names := map[string]string{}
	taken := map[string]int{}
	for _, all := range []map[string]bool{groups, balancers} {
		for where := range all {
			taken[shortName(where)]++
		}
		for where := range all {
			if _, ok := names[where]; ok {
				continue
			}
			names[where] = shortName(where)
			if taken[names[where]] > 1 && where != "" {
				names[where] = where[strings.LastIndexByte(where, ':')+1:]
			}
		}
	}
	return names
}

// shortName is what people call a target group or a load balancer.
func shortName(where string) string {
	if strings.HasPrefix(where, "app/") {
		return loadBalancerName(where)
	}
	if where == "" {
		return "-"
	}
	return groupName(where)
}

// ofStatus is how many records failed in the run with the statuses that these have.
func (s *scene) ofStatus(list []*suspect) uint64 {
	statuses := map[int]bool{}
	for _, x := range list {
		statuses[int(x.ELBStatus)] = true
	}
	var n uint64
	for _, x := range s.result.Counts.Totals.Status {
		if statuses[x.Status] {
			n += x.Requests
		}
	}
	return n
}
