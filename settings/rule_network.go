package settings

import (
	"fmt"
	"slices"
	"strings"
)

// checkSecurityGroups: the targets admit the load balancer on the traffic's port and the health check's, and it may send
// there. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/target-group-register-targets.html#target-security-groups
func checkSecurityGroups(c *checker) {
	c.ways("security groups keep the load balancer from", func(w way) ([]fault, string) {
		faults, unchecked := c.s.securityFaults(w)
		if len(c.s.guards(w)) == 0 {
			unchecked = "describe-network-interfaces of the targets of " + w.to.Name() + " is missing"
		}
		return faults, unchecked
	}, func(w way) string {
		return "describe-security-groups --filters Name=vpc-id,Values=" + w.to.VPC
	})
}

// checkACLs: network ACLs pass requests to the targets, and answers back.
func checkACLs(c *checker) {
	c.ways("network ACLs keep the load balancer from", c.s.aclFaults, func(w way) string {
		return "describe-network-acls --filters Name=vpc-id,Values=" + w.to.VPC
	})
}

// checkRoutes: targets outside the VPC can be reached from each of the load balancer's subnets.
func checkRoutes(c *checker) {
	c.ways("no route leads to", c.s.routeFaults, func(w way) string {
		return "describe-route-tables --filters Name=vpc-id,Values=" + w.from.VPC
	})
}

// ways looks for faults between each load balancer and its target groups; title is of what stands before the group.
func (c *checker) ways(title string, look func(way) ([]fault, string), ask func(way) string) {
	for _, g := range c.servers() {
		balancers := c.balancers(g)
		if len(balancers) == 0 {
			c.missing("describe-target-groups", g.name())
		}
		for _, key := range balancers {
			w, missing := c.s.newWay(key, g.ARN, g.Targets)
			if missing != "" {
				c.cannot("%s", missing)
				continue
			}
			faults, unchecked := look(w)
			if unchecked != "" {
				c.cannot("%s", unchecked)
			}
			if len(faults) == 0 {
				continue
			}
			b := Breach{
				LoadBalancers: []string{key}, TargetGroups: []string{g.ARN},
				Title:   title + " " + g.name(),
				Summary: faults[0].what,
				Verify:  []Verification{{"the rules", ec2(w.from.ARN, ask(w))}},
			}
			for i, f := range faults {
				if i == maxFaults {
					b.Reasons = append(b.Reasons, fmt.Sprintf("for %d more of the kind", len(faults)-i))
					break
				}
				b.Reasons = append(b.Reasons, "for "+f.what)
				if f.fix != (Change{}) && !slices.Contains(b.Fix, f.fix) {
					b.Fix = append(b.Fix, f.fix)
				}
			}
			b.Reasons = append(b.Reasons, g.lost("connect-timeout"))
			c.breach(w.from.Name()+"/"+g.name(), b)
		}
	}
}

// maxFaults is how many faults of a kind are worth reading.
const maxFaults = 8

// minFree is how many addresses a load balancer needs to grow. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/application-load-balancers.html#subnets-load-balancer
const minFree = 8

// checkSubnets: the load balancer's subnets have room for more of its nodes.
func checkSubnets(c *checker) {
	for _, key := range c.o.LoadBalancers {
		b := c.s.LoadBalancers[key]
		if b == nil || b.ARN == "" {
			c.missing("describe-load-balancers", key)
			continue
		}
		var full, ids []string
		for _, z := range b.Zones {
			n := c.s.Subnets[z.Subnet]
			switch {
			case n == nil || n.Free == nil:
				c.missing("describe-subnets", z.Subnet)
			case *n.Free < minFree:
				full = append(full, fmt.Sprintf("for %s in %s has %d free addresses", n.ID, n.Zone, *n.Free))
				ids = append(ids, n.ID)
			}
		}
		if b.State.Code == "active_impaired" {
			full = append(full, "for its state is active_impaired: it has not what it needs to grow")
		}
		if len(full) == 0 {
			continue
		}
		v := Verification{"its state", elbv2("describe-load-balancers", "--load-balancer-arns", b.ARN)}
		if len(ids) > 0 {
			v = Verification{"free addresses", ec2(b.ARN, "describe-subnets --subnet-ids "+strings.Join(ids, " "))}
		}
		c.breach(b.Name(), Breach{
			LoadBalancers: []string{key},
			Title:         b.Name() + " has no room to grow",
			Summary:       fmt.Sprintf("%s; a load balancer needs at least %d free addresses in each subnet", strings.TrimPrefix(full[0], "for "), minFree),
			Reasons:       full,
			Verify:        []Verification{v},
			Fix:           []Change{{"free addresses that nothing uses, or move the load balancer", "vpc", fmt.Sprintf("subnets of /27 or larger, each with %d free addresses or more", minFree)}},
		})
	}
}

// checkAccessLogs: the load balancer writes its log, to where it was read from.
func checkAccessLogs(c *checker) {
	for _, key := range c.o.LoadBalancers {
		b := c.s.LoadBalancers[key]
		if b == nil || b.Attributes["access_logs.s3.enabled"] == "" {
			c.missing("describe-load-balancer-attributes", key)
			continue
		}
		found := Breach{LoadBalancers: []string{key}, Verify: b.describeAttributes("where it writes its log")}
		bucket := b.Attributes["access_logs.s3.bucket"]
		switch {
		case b.Attributes["access_logs.s3.enabled"] != "true":
			found.Title = b.Name() + " writes no access log"
			found.Summary = "access logs of " + b.Name() + " are off: what was read is of before"
			c.breach(b.Name(), found)
		case len(c.o.Buckets) > 0 && !slices.Contains(c.o.Buckets, bucket):
			found.Severity = "low"
			found.Title = b.Name() + " writes its log to another bucket"
			found.Summary = fmt.Sprintf("the log goes to %q, and was read from %q", bucket, c.o.Buckets[0])
			c.breach(b.Name(), found)
		}
	}
}
