package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// checkHealthCheck: the check notices a target that cannot serve, soon, and passes one that can.
func checkHealthCheck(c *checker) {
	for _, g := range c.servers() {
		t := c.s.group(g.ARN)
		if t.ARN == "" {
			c.missing("describe-target-groups", g.name())
		} else {
			c.healthCheck(g, t)
		}
		if t.Targets == nil {
			c.missing("describe-target-health", g.name())
		} else if all, reasons := t.allUnhealthy(); all {
			c.breach(g.name()+"/targets", Breach{
				TargetGroups: []string{g.ARN},
				Title:        "every target of " + g.name() + " is unhealthy",
				Summary:      fmt.Sprintf("all %d targets of %s fail their health check, so that the load balancer sends to all of them", len(t.Targets), g.name()),
				Reasons:      []string{"for " + strings.Join(reasons, "; ")},
				Verify:       []Verification{{"the state of its targets", elbv2("describe-target-health", "--target-group-arn", g.ARN)}},
			})
		}
	}
}

// slowCheck is after how many seconds most users have noticed what a check has not.
const slowCheck = 120

func (c *checker) healthCheck(g Group, t *TargetGroup) {
	ask := []Verification{{"the health check", elbv2("describe-target-groups", "--target-group-arns", g.ARN)}}
	change := func(words string) []Change {
		return []Change{{"set the health check", "cli", elbv2("modify-target-group", "--target-group-arn", g.ARN, words)}}
	}
	low := Breach{Severity: "low", TargetGroups: []string{g.ARN}, Verify: ask}

	if other, traffic := t.otherPort(g); other {
		b := low
		b.Title = "the health check of " + g.name() + " uses another port than its traffic"
		b.Summary = fmt.Sprintf("checks go to port %s, requests to %s: a target whose traffic port is dead stays in", t.HealthCheckPort, traffic)
		b.Reasons = []string{g.lost("connect-timeout", "connect-refused")}
		b.Fix = change("--health-check-port traffic-port")
		if g.Causes["connect-timeout"]+g.Causes["connect-refused"] > 0 {
			b.Severity = "medium"
		}
		c.breach(g.name()+"/port", b)
	}
	if t.HealthCheckInterval > 0 && t.HealthCheckTimeout >= t.HealthCheckInterval {
		b := low
		b.Severity = "medium"
		b.Title = "the health check of " + g.name() + " may take as long as its interval"
		b.Summary = fmt.Sprintf("a check of %s may take %d s and the next one begins after %d s", g.name(), t.HealthCheckTimeout, t.HealthCheckInterval)
		b.Fix = change(fmt.Sprintf("--health-check-timeout-seconds %d", max(2, t.HealthCheckInterval/2)))
		c.breach(g.name()+"/timeout", b)
	}
	if slow := t.HealthCheckInterval * t.UnhealthyThreshold; slow > slowCheck {
		b := low
		b.Title = "the health check of " + g.name() + " is slow to notice"
		b.Summary = fmt.Sprintf("a dead target of %s gets requests for up to %d s, %d checks every %d s", g.name(), slow, t.UnhealthyThreshold, t.HealthCheckInterval)
		b.Fix = change("--health-check-interval-seconds 10 --health-check-timeout-seconds 5 --unhealthy-threshold-count 3")
		c.breach(g.name()+"/interval", b)
	}
	if t.HealthCheckProtocol != "" && t.Matcher.GRPC == "" && matches(t.Matcher.HTTP, 400) {
		b := low
		b.Title = "the health check of " + g.name() + " takes errors for good"
		b.Summary = fmt.Sprintf("a target that answers %q with an error is healthy, for %q is what the check asks for", t.HealthCheckPath, t.Matcher.HTTP)
		b.Fix = change("--matcher HttpCode=200-299")
		c.breach(g.name()+"/matcher", b)
	}
}

// otherPort reports whether health checks go to another port than requests, and to which ports these go.
func (t *TargetGroup) otherPort(g Group) (other bool, traffic string) {
	if _, err := strconv.Atoi(t.HealthCheckPort); err != nil {
		return false, ""
	}
	ports := t.trafficPorts(g.Targets)
	words := make([]string, len(ports))
	for i, p := range ports {
		words[i] = strconv.Itoa(p)
	}
	return len(ports) > 0 && !slices.Contains(words, t.HealthCheckPort), strings.Join(words, ", ")
}

// trafficPorts are those of targets in the log, or else what is registered, or else the group's own.
func (t *TargetGroup) trafficPorts(targets []string) []int {
	var ports []int
	for _, a := range addresses(targets) {
		ports = append(ports, int(a.Port()))
	}
	if len(ports) == 0 {
		for _, x := range t.Targets {
			ports = append(ports, x.Target.Port)
		}
	}
	if len(ports) == 0 && t.Port > 0 {
		ports = []int{t.Port}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}

// matches reports whether a matcher, "200,301-302", takes a code of least or more.
func matches(matcher string, least int) bool {
	for part := range strings.SplitSeq(matcher, ",") {
		_, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = part
		}
		if n, err := strconv.Atoi(strings.TrimSpace(last)); err == nil && n >= least {
			return true
		}
	}
	return false
}

// allUnhealthy reports whether no target passes its check, and why they fail. Without targets nothing is unhealthy.
func (t *TargetGroup) allUnhealthy() (bool, []string) {
	count := map[string]int{}
	failing := 0
	for _, x := range t.Targets {
		switch x.Health.State {
		case "unhealthy", "unhealthy.draining", "unavailable":
			failing++
			count[x.Health.Reason]++
		case "draining", "unused":
		default:
			return false, nil
		}
	}
	var reasons []string
	for _, reason := range sortedKeys(count) {
		reasons = append(reasons, fmt.Sprintf("%d targets: %s", count[reason], cmp.Or(reason, "no reason told")))
	}
	return failing > 0, reasons
}
