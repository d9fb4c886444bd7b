package settings

import (
	"fmt"
	"math"
)

// checkKeepalive: a server that closes idle connections before the load balancer does loses those that the load balancer
// reuses just then. See HTTP 502 in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
func checkKeepalive(c *checker) {
	for _, g := range c.servers() {
		keepalive, ok := c.o.estimate(g, "server_keepalive_seconds")
		if !ok {
			c.cannot("the log shows no keep-alive timeout of the servers of %s", g.name())
			continue
		}
		for _, key := range c.balancers(g) {
			b, idle, ok := c.idleTimeout(key)
			if !ok || keepalive > idle {
				continue
			}
			wanted := math.Ceil(idle + max(5, idle/4))
			c.breach(b.Name()+"/"+g.name(), Breach{
				LoadBalancers: []string{key}, TargetGroups: []string{g.ARN},
				Title:   "servers of " + g.name() + " close idle connections before the load balancer does",
				Summary: fmt.Sprintf("servers keep an idle connection for about %s, the load balancer of %s reuses one for up to %s", secs(keepalive), b.Name(), secs(idle)),
				Reasons: []string{g.lost("keepalive-race")},
				Caveats: []string{"the keep-alive timeout is inferred from the log"},
				Verify:  b.describeAttributes("the idle timeout"),
				Fix: []Change{
					{"let the servers keep idle connections longer than the load balancer does", "server", fmt.Sprintf("keep-alive timeout: %.0f s or more", wanted)},
				},
			})
		}
	}
}

// idleTimeout is what is set for a load balancer; without it the rule cannot be checked.
func (c *checker) idleTimeout(key string) (*LoadBalancer, float64, bool) {
	b := c.s.LoadBalancers[key]
	if b != nil {
		if idle, ok := b.IdleTimeout(); ok {
			return b, idle, true
		}
	}
	c.missing("describe-load-balancer-attributes", key)
	return nil, 0, false
}

// describeAttributes is how to see them; without its ARN the name does.
func (b *LoadBalancer) describeAttributes(why string) []Verification {
	if b.ARN == "" {
		return []Verification{{"the ARN, which describe-load-balancer-attributes takes", "aws elbv2 describe-load-balancers --names " + b.Name()}}
	}
	return []Verification{{why, elbv2("describe-load-balancer-attributes", "--load-balancer-arn", b.ARN)}}
}

// differ reports whether an estimate is none of a setting: 2 % is how well the log tells it, 1 s how it is cut.
func differ(estimate, set float64) bool { return math.Abs(estimate-set) > max(1, set/50) }

// checkIdleTimeout: the timeout is one that the application's requests fit into, and the one that the log shows.
func checkIdleTimeout(c *checker) {
	differs := map[string]bool{} // by load balancer: one group tells enough
	for _, g := range c.servers() {
		for _, key := range c.balancers(g) {
			b, idle, ok := c.idleTimeout(key)
			if !ok {
				continue
			}
			found := Breach{
				LoadBalancers: []string{key}, TargetGroups: []string{g.ARN},
				Verify: b.describeAttributes("the idle timeout"),
			}
			if shown, ok := c.o.estimate(g, "idle_timeout_seconds"); ok && differ(shown, idle) {
				if differs[key] {
					continue
				}
				differs[key] = true
				found.Severity = "low"
				found.Title = "the idle timeout of " + b.Name() + " is not the one that the log shows"
				found.Summary = fmt.Sprintf("%s is set, and requests to %s were given up after %s", secs(idle), g.name(), secs(shown))
				found.Reasons = []string{fmt.Sprintf("for the log shows %s over %d requests", secs(shown), g.Causes["idle-timeout"])}
				found.Caveats = []string{"it may have been changed since, or a server in between gives up on its own"}
				c.breach(b.Name()+"/differs", found)
				continue
			}
			// Answers that came just in time tell of others that would have come just too late.
			if lost := g.Causes["idle-timeout"]; lost > 0 && g.LongestSuccess >= 0.8*idle {
				found.Title = "the idle timeout of " + b.Name() + " is too short for " + g.name()
				found.Summary = fmt.Sprintf("%d requests were given up after %s, and others took up to %s", lost, secs(idle), secs(g.LongestSuccess))
				found.Reasons = []string{"for requests that went well took up to " + secs(g.LongestSuccess) + ", so that others may have needed little more than " + secs(idle)}
				found.Caveats = []string{"a longer timeout hides a slow application, and holds its connections longer"}
				longer := min(4000, math.Ceil(max(2*idle, 1.5*g.LongestSuccess)))
				found.Fix = []Change{{"answer sooner, or in the background; else a longer timeout", "attribute", fmt.Sprintf("idle_timeout.timeout_seconds = %.0f", longer)}}
				if b.ARN != "" {
					found.Fix = []Change{{"answer sooner, or in the background; else a longer timeout", "cli",
						elbv2("modify-load-balancer-attributes", "--load-balancer-arn", b.ARN, "--attributes", fmt.Sprintf("Key=idle_timeout.timeout_seconds,Value=%.0f", longer))}}
				}
				c.breach(b.Name()+"/"+g.name(), found)
			}
		}
	}
}

// checkDeregistration: a target that is taken out may end its requests.
func checkDeregistration(c *checker) {
	for _, g := range c.servers() {
		t := c.s.group(g.ARN)
		delay, ok := t.DeregistrationDelay()
		switch {
		case !ok:
			c.missing("describe-target-group-attributes", g.name())
			continue
		case delay > 0 && g.LongestSuccess == 0:
			c.cannot("the log shows no request to %s that went well", g.name())
			continue
		case delay > 0 && delay >= g.LongestSuccess:
			continue
		}
		wanted := min(3600, math.Ceil(max(30, 1.5*g.LongestSuccess)))
		b := Breach{
			TargetGroups: []string{g.ARN},
			Title:        "the deregistration delay of " + g.name() + " is shorter than its requests",
			Summary:      fmt.Sprintf("a target of %s has %s to end its requests when it is taken out, and they take up to %s", g.name(), secs(delay), secs(g.LongestSuccess)),
			Reasons:      []string{g.lost("deregistration-cut")},
			Verify:       []Verification{{"the delay", elbv2("describe-target-group-attributes", "--target-group-arn", g.ARN)}},
			Fix: []Change{{"wait for the longest request", "cli", elbv2("modify-target-group-attributes", "--target-group-arn", g.ARN,
				"--attributes", fmt.Sprintf("Key=deregistration_delay.timeout_seconds,Value=%.0f", wanted))}},
		}
		if delay == 0 {
			b.Title = "the deregistration delay of " + g.name() + " is 0"
			b.Summary = "requests in flight to a target of " + g.name() + " are cut as soon as it is taken out"
		}
		c.breach(g.name(), b)
	}
}

// defaultStop is how long ECS waits between SIGTERM and SIGKILL unless told otherwise. See
// https://docs.aws.amazon.com/AmazonECS/latest/developerguide/load-balancer-connection-draining.html
const defaultStop = 30

// checkStopTimeout: a task that is told to stop has time to end its requests before it is killed.
func checkStopTimeout(c *checker) {
	for _, g := range c.servers() {
		found := false
		for _, service := range sorted(c.s.Services) {
			for _, b := range service.LoadBalancers {
				if groupKey(b.TargetGroup) == groupKey(g.ARN) {
					found = true
					c.stopTimeout(g, service, b.Container)
				}
			}
		}
		if !found {
			c.cannot("ecs describe-services of a service behind %s is missing; it may not run on ECS", g.name())
		}
	}
}

func (c *checker) stopTimeout(g Group, service *Service, container string) {
	d := c.s.TaskDefinitions[service.TaskDefinition]
	if d == nil {
		c.cannot("ecs describe-task-definition of the service behind %s is missing", g.name())
		return
	}
	if g.LongestSuccess == 0 {
		c.cannot("the log shows no request to %s that went well", g.name())
		return
	}
	for _, x := range d.Containers {
		if x.Name != container {
			continue
		}
		stop, origin := float64(defaultStop), "ECS's default"
		if x.StopTimeout != nil {
			stop, origin = *x.StopTimeout, "its stopTimeout"
		}
		if stop >= g.LongestSuccess {
			continue
		}
		c.breach(g.name(), Breach{
			TargetGroups: []string{g.ARN},
			Title:        "tasks of " + g.name() + " are killed before their longest requests end",
			Summary:      fmt.Sprintf("a container is killed %s after SIGTERM, %s, and requests to %s take up to %s", secs(stop), origin, g.name(), secs(g.LongestSuccess)),
			Reasons: []string{g.lost("shutdown-early", "target-crash"),
				"against ECS sends SIGTERM only when the target group has let the task go, so it matters for tasks that stop in another way, or when the deregistration delay is short"},
			Verify: []Verification{{"the stopTimeout of its containers", "aws ecs describe-task-definition --task-definition " + d.ARN + " --region " + regionOf(d.ARN)}},
			Fix:    []Change{{"give requests time to end; Fargate takes up to 120 s", "ecs", fmt.Sprintf(`"stopTimeout": %.0f`, min(120, math.Ceil(1.2*g.LongestSuccess)))}},
		})
	}
}
