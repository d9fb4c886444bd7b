package settings

import (
	"cmp"
	"net/netip"
	"slices"
)

// A SecurityGroup admits what any of its rules admits. It remembers connections: answers need no rule.
type SecurityGroup struct {
	ID     string       `json:"GroupId"`
	VPC    string       `json:"VpcId"`
	Rules  []Permission `json:"IpPermissions"`
	Egress []Permission `json:"IpPermissionsEgress"`
}

// A Permission is a rule of a SecurityGroup. Ports are absent where the protocol is -1, all.
type Permission struct {
	Protocol string     `json:"IpProtocol"` // tcp, udp, icmp, a number, -1
	From     *int       `json:"FromPort"`
	To       *int       `json:"ToPort"`
	Groups   []groupRef `json:"UserIdGroupPairs"`
	Ranges   []struct {
		CIDR netip.Prefix `json:"CidrIp"`
	} `json:"IpRanges"`
	Ranges6 []struct {
		CIDR netip.Prefix `json:"CidrIpv6"`
	} `json:"Ipv6Ranges"`
	PrefixLists []struct {
		ID string `json:"PrefixListId"`
	} `json:"PrefixListIds"`
}

type groupRef struct {
	ID string `json:"GroupId"`
}

// A NetworkACL guards subnets. The rule with the lowest number that fits a packet decides; answers need rules too.
type NetworkACL struct {
	ID      string     `json:"NetworkAclId"`
	VPC     string     `json:"VpcId"`
	Entries []ACLEntry // by number, once loaded
	Subnets []struct {
		ID string `json:"SubnetId"`
	} `json:"Associations"`
}

// An ACLEntry is a rule of a NetworkACL.
type ACLEntry struct {
	Number   int `json:"RuleNumber"`
	Egress   bool
	Protocol string                  // 6 is TCP, -1 all
	Action   string                  `json:"RuleAction"` // allow, deny
	CIDR     netip.Prefix            `json:"CidrBlock"`
	CIDR6    netip.Prefix            `json:"Ipv6CidrBlock"`
	Ports    *struct{ From, To int } `json:"PortRange"`
}

// A Subnet is part of a VPC, in one zone.
type Subnet struct {
	ID     string       `json:"SubnetId"`
	VPC    string       `json:"VpcId"`
	Zone   string       `json:"AvailabilityZone"`
	CIDR   netip.Prefix `json:"CidrBlock"`
	Blocks []struct {
		CIDR netip.Prefix `json:"Ipv6CidrBlock"`
	} `json:"Ipv6CidrBlockAssociationSet"`
	Free *int `json:"AvailableIpAddressCount"` // addresses
}

// prefixes are the addresses of a subnet.
func (n *Subnet) prefixes() []netip.Prefix {
	var list []netip.Prefix
	if n.CIDR.IsValid() {
		list = append(list, n.CIDR.Masked())
	}
	for _, b := range n.Blocks {
		if b.CIDR.IsValid() {
			list = append(list, b.CIDR.Masked())
		}
	}
	return list
}

// A RouteTable tells where packets from its subnets go. The main one is for subnets that no other table names.
type RouteTable struct {
	ID           string `json:"RouteTableId"`
	VPC          string `json:"VpcId"`
	Associations []struct {
		Main   bool
		Subnet string `json:"SubnetId"`
	}
	Routes []struct {
		CIDR  netip.Prefix `json:"DestinationCidrBlock"`
		CIDR6 netip.Prefix `json:"DestinationIpv6CidrBlock"`
		List  string       `json:"DestinationPrefixListId"`
		State string       // active, blackhole
	}
}

// An Interface is a network interface: of a task, an instance, a load balancer's node.
type Interface struct {
	ID     string     `json:"NetworkInterfaceId"`
	VPC    string     `json:"VpcId"`
	Subnet string     `json:"SubnetId"`
	Main   netip.Addr `json:"PrivateIpAddress"`
	All    []struct {
		Address netip.Addr `json:"PrivateIpAddress"`
	} `json:"PrivateIpAddresses"`
	All6 []struct {
		Address netip.Addr `json:"Ipv6Address"`
	} `json:"Ipv6Addresses"`
	Groups     []groupRef
	Attachment struct {
		Instance string `json:"InstanceId"`
	}
}

func (i *Interface) has(addr netip.Addr) bool {
	if i.Main == addr {
		return true
	}
	for _, a := range i.All {
		if a.Address == addr {
			return true
		}
	}
	for _, a := range i.All6 {
		if a.Address == addr {
			return true
		}
	}
	return false
}

// Zone is the zone of an address, which may be a node's or a target's; "" when no subnet in vpc has it. An empty vpc
// stands for all of them, which is good enough where there is one.
func (s *Settings) Zone(addr netip.Addr, vpc string) string {
	if s == nil {
		return ""
	}
	if n := s.subnetOf(addr, vpc); n != nil {
		return n.Zone
	}
	return ""
}

func (s *Settings) subnetOf(addr netip.Addr, vpc string) *Subnet {
	for _, n := range sorted(s.Subnets) {
		if vpc != "" && n.VPC != vpc {
			continue
		}
		if slices.ContainsFunc(n.prefixes(), func(p netip.Prefix) bool { return p.Contains(addr) }) {
			return n
		}
	}
	return nil
}

func (s *Settings) interfaceOf(addr netip.Addr, vpc string) *Interface {
	for _, i := range sorted(s.Interfaces) {
		if (vpc == "" || i.VPC == vpc) && i.has(addr) {
			return i
		}
	}
	return nil
}

func (s *Settings) aclOf(subnet string) *NetworkACL {
	for _, a := range sorted(s.NetworkACLs) {
		for _, n := range a.Subnets {
			if n.ID == subnet {
				return a
			}
		}
	}
	return nil
}

// routesOf is the table that a subnet names, or else the main one of its VPC.
func (s *Settings) routesOf(n *Subnet) *RouteTable {
	var main *RouteTable
	for _, t := range sorted(s.RouteTables) {
		for _, a := range t.Associations {
			if a.Subnet == n.ID {
				return t
			}
			if a.Main && t.VPC == n.VPC {
				main = t
			}
		}
	}
	return main
}

func (l *loader) securityGroups(doc document) {
	for _, g := range items[SecurityGroup](l, doc, "SecurityGroups") {
		if l.allIDs("security group", g.ID) {
			l.inVPC(g.ID, g.VPC)
			l.s.SecurityGroups[g.ID] = g
		}
	}
}

func (l *loader) networkACLs(doc document) {
	for _, a := range items[NetworkACL](l, doc, "NetworkAcls") {
		if l.allIDs("network ACL", a.ID) {
			l.inVPC(a.ID, a.VPC)
			slices.SortStableFunc(a.Entries, func(x, y ACLEntry) int { return cmp.Compare(x.Number, y.Number) })
			l.s.NetworkACLs[a.ID] = a
		}
	}
}

func (l *loader) subnets(doc document) {
	for _, n := range items[Subnet](l, doc, "Subnets") {
		if l.allIDs("subnet", n.ID) {
			l.inVPC(n.ID, n.VPC)
			l.s.Subnets[n.ID] = n
		}
	}
}

func (l *loader) routeTables(doc document) {
	for _, t := range items[RouteTable](l, doc, "RouteTables") {
		if l.allIDs("route table", t.ID) {
			l.inVPC(t.ID, t.VPC)
			l.s.RouteTables[t.ID] = t
		}
	}
}

func (l *loader) interfaces(doc document) {
	for _, i := range items[Interface](l, doc, "NetworkInterfaces") {
		if l.allIDs("network interface", i.ID) {
			l.inVPC(i.ID, i.VPC)
			l.s.Interfaces[i.ID] = i
		}
	}
}
