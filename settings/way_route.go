package settings

import (
	"fmt"
	"net/netip"
)

// routeFaults holds the load balancer's route tables against targets outside its VPC; inside, routes are always there.
func (s *Settings) routeFaults(w way) (faults []fault, unchecked string) {
	subnets, known := s.subnets(w)
	if !known {
		return nil, "describe-subnets of the load balancer's subnets is missing"
	}
	for _, target := range w.targets {
		if s.subnetOf(target, w.from.VPC) != nil {
			continue
		}
		for _, n := range subnets {
			t := s.routesOf(n)
			if t == nil {
				unchecked = "describe-route-tables has none of " + n.ID
				continue
			}
			best, state := -1, ""
			lists := false
			for _, r := range t.Routes {
				lists = lists || r.List != ""
				for _, p := range []netip.Prefix{r.CIDR, r.CIDR6} {
					if p.IsValid() && p.Contains(target) && p.Bits() > best {
						best, state = p.Bits(), r.State
					}
				}
			}
			switch {
			case best >= 0 && state != "blackhole":
			case lists:
				unchecked = "route table " + t.ID + " names a prefix list, whose addresses are not known"
			case best >= 0:
				faults = append(faults, fault{what: fmt.Sprintf("route table %s of %s sends packets to %s nowhere (blackhole)", t.ID, n.ID, target), targets: []netip.Addr{target}})
			default:
				faults = append(faults, fault{what: fmt.Sprintf("route table %s of %s has no route to %s", t.ID, n.ID, target), targets: []netip.Addr{target}})
			}
		}
	}
	return faults, unchecked
}
