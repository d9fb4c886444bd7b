package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

// securityFaults holds the targets' security groups, and the load balancer's own, against the way.
func (s *Settings) securityFaults(w way) (faults []fault, unchecked string) {
	if len(w.from.SecurityGroups) == 0 {
		return nil, "describe-load-balancers has no security group of " + w.from.Key
	}
	subnets, known := s.subnets(w)
	for _, x := range s.guards(w) {
		in, lists, missing := s.permissionsOf(x.groups, w.from.SecurityGroups, false)
		if missing != "" {
			unchecked = "describe-security-groups has no " + missing
			continue
		}
		peers := family(subnetPrefixes(subnets), x.targets)
		if !known { // a rule for the load balancer's group, or for everybody, needs no addresses
			peers = everywhere[:1]
		}
		for _, port := range w.ports {
			var shut []string
			for _, peer := range peers {
				if _, blocked := in.blocked(peer, port, port); blocked {
					shut = append(shut, peer.String())
				}
			}
			switch {
			case len(shut) == 0:
			case lists:
				unchecked = "a security group names a prefix list, whose addresses are not known"
			case !known:
				unchecked = "describe-subnets of the load balancer's subnets is missing"
			default:
				faults = append(faults, fault{
					what: fmt.Sprintf("security group %s of %s does not admit the load balancer (%s) from %s on port %d", strings.Join(x.groups, ", "),
						countTargets(x.targets), strings.Join(w.from.SecurityGroups, ", "), strings.Join(shut, ", "), port),
					targets: x.targets,
					fix:     admit(w, x.groups, port),
				})
			}
		}
		out, lists, missing := s.permissionsOf(w.from.SecurityGroups, x.groups, true)
		if missing != "" {
			unchecked = "describe-security-groups has no " + missing
			continue
		}
		for _, port := range w.ports {
			var cut []netip.Addr
			for _, a := range x.targets {
				if _, blocked := out.blocked(netip.PrefixFrom(a, a.BitLen()), port, port); blocked {
					cut = append(cut, a)
				}
			}
			switch {
			case len(cut) == 0:
			case lists:
				unchecked = "a security group names a prefix list, whose addresses are not known"
			default:
				faults = append(faults, fault{
					what:    fmt.Sprintf("security group %s of the load balancer lets nothing out to %s on port %d", strings.Join(w.from.SecurityGroups, ", "), countTargets(cut), port),
					targets: cut,
					fix: Change{"let the load balancer reach its targets", "cli", ec2(w.from.ARN, fmt.Sprintf(
						"authorize-security-group-egress --group-id %s --ip-permissions 'IpProtocol=tcp,FromPort=%d,ToPort=%d,UserIdGroupPairs=[{GroupId=%s}]'", w.from.SecurityGroups[0], port, port, x.groups[0]))},
				})
			}
		}
	}
	return faults, unchecked
}

// admit is the rule that the targets' security group lacks.
func admit(w way, groups []string, port int) Change {
	return Change{"admit the load balancer", "cli", ec2(w.from.ARN, fmt.Sprintf(
		"authorize-security-group-ingress --group-id %s --protocol tcp --port %d --source-group %s", groups[0], port, w.from.SecurityGroups[0]))}
}

// A guard is a set of security groups, and the targets that it guards.
type guard struct {
	groups  []string
	targets []netip.Addr
}

// guards are known by the targets' network interfaces, or else by the ECS service behind the target group.
func (s *Settings) guards(w way) []guard {
	var list []guard
	add := func(groups []string, target netip.Addr) {
		for i := range list {
			if slices.Equal(list[i].groups, groups) {
				list[i].targets = append(list[i].targets, target)
				return
			}
		}
		list = append(list, guard{groups, []netip.Addr{target}})
	}
	for _, a := range w.targets {
		var groups []string
		if i := s.interfaceOf(a, w.to.VPC); i != nil {
			for _, g := range i.Groups {
				groups = append(groups, g.ID)
			}
			slices.Sort(groups)
		} else if x := s.serviceOf(w.to.Key); x != nil {
			groups = slices.Sorted(slices.Values(x.Network.Config.SecurityGroups))
		}
		if len(groups) > 0 {
			add(groups, a)
		}
	}
	return list
}

// serviceOf is a service of ECS whose tasks are targets of a group.
func (s *Settings) serviceOf(key string) *Service {
	for _, x := range sorted(s.Services) {
		for _, b := range x.LoadBalancers {
			if groupKey(b.TargetGroup) == key {
				return x
			}
		}
	}
	return nil
}

// permissionsOf joins the rules of security groups; missing is one that no file describes.
func (s *Settings) permissionsOf(groups, peers []string, egress bool) (f filter, lists bool, missing string) {
	for _, id := range groups {
		g := s.SecurityGroups[id]
		if g == nil {
			return nil, false, id
		}
		rules := g.Rules
		if egress {
			rules = g.Egress
		}
		more, named := permissions(rules, peers)
		f, lists = append(f, more...), lists || named
	}
	return f, lists, ""
}

func subnetPrefixes(subnets []*Subnet) []netip.Prefix {
	var list []netip.Prefix
	for _, n := range subnets {
		list = append(list, n.prefixes()...)
	}
	return list
}
