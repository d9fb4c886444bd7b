package settings

import (
	"slices"
	"strings"
)

// series are those of a metric for the claim's target groups, or else for its load balancers as a whole.
func (j *judge) series(metric string) (list []*Series, whole bool) {
	var groups []string
	for _, arn := range j.c.TargetGroups {
		groups = append(groups, groupKey(arn))
	}
	balancers := j.balancers()
	for _, x := range j.s.Metrics {
		if x.Metric == metric && x.TargetGroup != "" && slices.Contains(groups, x.TargetGroup) {
			list = append(list, x)
		}
	}
	if len(list) > 0 {
		return list, false
	}
	for _, x := range j.s.Metrics {
		if x.Metric == metric && x.TargetGroup == "" && slices.Contains(balancers, x.LoadBalancer) {
			list = append(list, x)
		}
	}
	return list, true
}

// points of a metric during the claim, and whether there are series of it at all.
func (j *judge) points(metric string) (points []Point, known bool) {
	list, whole := j.series(metric)
	for _, x := range list {
		points = append(points, x.within(j.c.From, j.c.To)...)
	}
	if whole && len(points) > 0 && len(j.c.TargetGroups) > 0 {
		j.caveat(metric + " counts all target groups of the load balancer")
	}
	return points, len(list) > 0
}

// collected reports whether CloudWatch was asked for all of the claim's time, so that what has no point was zero: some
// metric of the load balancer has points from its beginning to its end. Where that is none, as on a day without requests,
// there is nothing to be told either.
func (j *judge) collected() bool {
	balancers := j.balancers()
	for _, x := range j.s.Metrics {
		if slices.Contains(balancers, x.LoadBalancer) && x.spans(j.c.From, j.c.To) {
			return true
		}
	}
	return false
}

// counted confirms what any of the metrics counted at the time, and contradicts what none did.
func (j *judge) counted(metrics ...string) {
	var asked []string
	total := 0.0
	for _, m := range metrics {
		points, known := j.points(m)
		if known {
			asked = append(asked, m)
		}
		if n := sum(points); n > 0 {
			total += n
			j.confirm("%s counted %.0f at the time", m, n)
		}
	}
	if total == 0 && len(asked) == len(metrics) && j.collected() {
		j.contradict("%s counted nothing at the time", strings.Join(asked, " and "))
	}
}

// judgeFailOpen: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-health.html
func judgeFailOpen(j *judge) {
	j.counted("UnhealthyRoutingRequestCount")
	healthy, known := j.points("HealthyHostCount")
	failing, _ := j.points("UnHealthyHostCount")
	switch {
	case !known:
	case len(healthy) > 0 && smallest(healthy) > 0:
		j.contradict("HealthyHostCount was never below %.0f at the time", smallest(healthy))
	case largest(failing) > 0 && len(healthy) > 0:
		j.confirm("HealthyHostCount was 0 at the time, and UnHealthyHostCount %.0f", largest(failing))
	}
	for _, g := range j.groups() {
		if all, reasons := g.allUnhealthy(); all {
			if j.meanwhile() {
				j.confirm("all targets of %s are unhealthy: %s", g.Name(), strings.Join(reasons, "; "))
			} else {
				j.speaksFor("all targets of %s are unhealthy now: %s", g.Name(), strings.Join(reasons, "; "))
			}
		}
	}
}

// judgeNoTarget: 503 where a target group has no registered target.
func judgeNoTarget(j *judge) {
	healthy, knownHealthy := j.points("HealthyHostCount")
	failing, knownFailing := j.points("UnHealthyHostCount")
	if knownHealthy && knownFailing && j.collected() {
		if _, whole := j.series("HealthyHostCount"); !whole {
			switch n := largest(healthy) + largest(failing); {
			case n == 0:
				j.confirm("HealthyHostCount and UnHealthyHostCount show no target at the time")
			case smallest(healthy) > 0:
				j.contradict("HealthyHostCount was never below %.0f at the time", smallest(healthy))
			}
		}
	}
	for _, g := range j.groups() {
		if g.Targets == nil {
			continue
		}
		used := 0
		for _, t := range g.Targets {
			if t.Health.State != "unused" {
				used++
			}
		}
		switch now := j.meanwhile(); {
		case used == 0 && now:
			j.confirm("no target of %s is registered and used", g.Name())
		case used == 0:
			j.speaksFor("no target of %s is registered and used now", g.Name())
		case now:
			j.contradict("%d targets of %s are registered", used, g.Name())
		default:
			j.speaksAgainst("%d targets of %s are registered now", used, g.Name())
		}
	}
}

// busy and relaxed are shares of a CPU or memory, in percent, above which it explains failures and below which it does not.
const busy, relaxed = 90, 50

func judgeSaturation(j *judge) {
	for _, x := range j.s.Metrics {
		percent := x.Metric == "CPUUtilization" || x.Metric == "MemoryUtilization" || x.Metric == "mem_used_percent" || x.Metric == "disk_used_percent"
		if !percent || !j.concerns(x) {
			continue
		}
		points := x.within(j.c.From, j.c.To)
		switch most := largest(points); {
		case len(points) == 0:
		case most >= busy:
			j.confirm("%s of %s was %.0f %% at the time", x.Metric, x.Other, most)
		case most < relaxed:
			j.speaksAgainst("%s of %s was %.0f %% at most", x.Metric, x.Other, most)
			j.caveat("threads, connections or a database may be used up while " + x.Metric + " is low")
		}
	}
}

// concerns reports whether a metric is of an instance or service behind the claim's targets.
func (j *judge) concerns(x *Series) bool {
	if x.Other == "" {
		return false
	}
	for _, g := range j.groups() {
		if service := j.s.serviceOf(g.Key); service != nil && strings.HasPrefix(x.Other, "service/") &&
			strings.HasSuffix(service.ARN, ":"+x.Other) {
			return true
		}
		for _, t := range g.Targets {
			if t.Target.ID == x.Other {
				return true
			}
		}
	}
	return slices.Contains(j.instances(), x.Other)
}

func smallest(points []Point) float64 {
	if len(points) == 0 {
		return 0
	}
	least := points[0].Value
	for _, p := range points {
		least = min(least, p.Value)
	}
	return least
}
