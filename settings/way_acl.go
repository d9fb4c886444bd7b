package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
)

// ephemeralFirst to ephemeralLast are the load balancer's own ports, to which targets answer. See HTTP 504 in
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-troubleshooting.html
const ephemeralFirst, ephemeralLast = 1024, 65535

// aclFaults holds the network ACLs of both ends against the way, there and back. None stands between two addresses of
// one subnet.
func (s *Settings) aclFaults(w way) (faults []fault, unchecked string) {
	subnets, known := s.subnets(w)
	if !known {
		return nil, "describe-subnets of the load balancer's subnets is missing"
	}
	found := map[gap]int{} // index of faults
	for _, target := range w.targets {
		there := s.subnetOf(target, w.to.VPC)
		if there == nil {
			unchecked = "describe-subnets has no subnet of " + target.String()
			continue
		}
		for _, here := range subnets {
			if here.ID == there.ID {
				continue
			}
			theirs := netip.PrefixFrom(target, target.BitLen())
			for _, ours := range family(here.prefixes(), []netip.Addr{target}) {
				for _, x := range []step{
					{here, true, false, theirs}, {there, false, false, ours}, // the request
					{there, true, true, ours}, {here, false, true, theirs}, // the answer
				} {
					acl := s.aclOf(x.subnet.ID)
					if acl == nil {
						unchecked = "describe-network-acls has none of " + x.subnet.ID
						continue
					}
					for _, ports := range x.ranges(w.ports) {
						b, blocked := acl.filter(x.egress).blocked(x.peer, ports[0], ports[1])
						if !blocked {
							continue
						}
						g := gap{acl, x.egress, ports, x.peer}
						if x.peer == theirs { // one rule is for all targets of their subnet
							g.peer = containing(there, target)
						}
						if n, ok := found[g]; ok {
							faults[n].targets = add(faults[n].targets, target)
							continue
						}
						found[g] = len(faults)
						faults = append(faults, fault{what: x.words(acl, b), targets: []netip.Addr{target}, fix: g.fix(w, b, found)})
					}
				}
			}
		}
	}
	return faults, unchecked
}

// containing is the prefix of a subnet that has an address.
func containing(n *Subnet, a netip.Addr) netip.Prefix {
	for _, p := range n.prefixes() {
		if p.Contains(a) {
			return p
		}
	}
	return netip.PrefixFrom(a, a.BitLen())
}

// A step is a packet's passing a network ACL: out of or into a subnet, to or from peer.
type step struct {
	subnet *Subnet
	egress bool
	answer bool // to an ephemeral port, not to the targets' own
	peer   netip.Prefix
}

func (x step) ranges(ports []int) [][2]int {
	if x.answer {
		return [][2]int{{ephemeralFirst, ephemeralLast}}
	}
	var list [][2]int
	for _, p := range ports {
		list = append(list, [2]int{p, p})
	}
	return list
}

// lastRule is the number of the rule that AWS puts at the end of each network ACL: it denies all.
const lastRule = 32767

func (x step) words(acl *NetworkACL, b block) string {
	way, by := "in from", fmt.Sprintf("rule %d denies it", b.rule)
	if x.egress {
		way = "out to"
	}
	if b.rule == 0 || b.rule == lastRule {
		by = "no rule allows it"
	}
	return fmt.Sprintf("network ACL %s of %s lets nothing %s %s on port %d: %s", acl.ID, x.subnet.ID, way, b.addr, b.port, by)
}

// A gap is a rule that a network ACL lacks.
type gap struct {
	acl    *NetworkACL
	egress bool
	ports  [2]int
	peer   netip.Prefix
}

// fix is the rule, with a number before the one that denies which neither the ACL has nor another gap's fix may take.
func (g gap) fix(w way, b block, others map[gap]int) Change {
	before := b.rule
	if before <= 0 {
		before = lastRule
	}
	number, skip := before-1, 0
	for o := range others {
		if o != g && o.acl == g.acl && o.egress == g.egress {
			skip++
		}
	}
	for ; number > 0; number-- {
		if slices.ContainsFunc(g.acl.Entries, func(e ACLEntry) bool { return e.Number == number && e.Egress == g.egress }) {
			continue
		}
		if skip == 0 {
			break
		}
		skip--
	}
	if number <= 0 {
		return Change{"make room before rule " + strconv.Itoa(before), "cli", ec2(w.from.ARN, "describe-network-acls --network-acl-ids "+g.acl.ID)}
	}
	direction := "--ingress"
	if g.egress {
		direction = "--egress"
	}
	block := "--cidr-block"
	if g.peer.Addr().Is6() {
		block = "--ipv6-cidr-block"
	}
	return Change{"allow what the load balancer and its targets say to each other", "cli", ec2(w.from.ARN, fmt.Sprintf(
		"create-network-acl-entry --network-acl-id %s %s --rule-number %d --protocol tcp --port-range From=%d,To=%d %s %s --rule-action allow",
		g.acl.ID, direction, number, g.ports[0], g.ports[1], block, g.peer))}
}
