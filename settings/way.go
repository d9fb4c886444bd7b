package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// A way is from a load balancer to targets of a group.
type way struct {
	from    *LoadBalancer
	to      *TargetGroup
	targets []netip.Addr
	ports   []int // of the traffic, and of the health check if that is another
}

// A fault is something on the way that stops packets.
type fault struct {
	what    string
	targets []netip.Addr // which it keeps the load balancer from
	fix     Change
}

// newWay needs describe-load-balancers and describe-target-groups; without them it says what is missing. Of the targets in
// the log it takes those that are registered: the address of one that is gone may by now be anybody's.
func (s *Settings) newWay(balancer, groupARN string, targets []string) (way, string) {
	b, t := s.LoadBalancers[balancer], s.group(groupARN)
	switch {
	case b == nil || b.ARN == "":
		return way{}, "describe-load-balancers of " + balancer + " is missing"
	case t.ARN == "":
		return way{}, "describe-target-groups of " + t.Name() + " is missing"
	}
	w := way{from: b, to: t, ports: t.trafficPorts(targets)}
	for _, a := range addresses(targets) {
		if s.registered(t, a.Addr()) {
			w.targets = add(w.targets, a.Addr())
		}
	}
	if len(w.targets) == 0 {
		return way{}, "no target of " + t.Name() + " in the log is registered now"
	}
	if n, err := strconv.Atoi(t.HealthCheckPort); err == nil && !slices.Contains(w.ports, n) {
		w.ports = append(w.ports, n)
	}
	return w, ""
}

// registered reports whether an address is that of a registered target, or may be because no file tells.
func (s *Settings) registered(t *TargetGroup, a netip.Addr) bool {
	if t.Targets == nil {
		return true
	}
	text, instance := a.String(), ""
	if i := s.interfaceOf(a, t.VPC); i != nil {
		instance = i.Attachment.Instance
	}
	return slices.ContainsFunc(t.Targets, func(x Target) bool {
		return x.Target.ID == text || instance != "" && x.Target.ID == instance
	})
}

// add keeps a list without repetition.
func add(list []netip.Addr, a netip.Addr) []netip.Addr {
	if slices.Contains(list, a) {
		return list
	}
	return append(list, a)
}

// subnets are the load balancer's; false when not all are described.
func (s *Settings) subnets(w way) ([]*Subnet, bool) {
	var list []*Subnet
	for _, z := range w.from.Zones {
		if n := s.Subnets[z.Subnet]; n != nil {
			list = append(list, n)
		}
	}
	return list, len(list) == len(w.from.Zones) && len(list) > 0
}

// family keeps the prefixes of the addresses' kind, IPv4 or IPv6; targets of one group are of one kind.
func family(prefixes []netip.Prefix, targets []netip.Addr) []netip.Prefix {
	var list []netip.Prefix
	for _, p := range prefixes {
		if len(targets) > 0 && p.Addr().Is4() == targets[0].Is4() {
			list = append(list, p)
		}
	}
	return list
}

func countTargets(targets []netip.Addr) string {
	if len(targets) == 1 {
		return "target " + targets[0].String()
	}
	return fmt.Sprintf("%d targets", len(targets))
}
