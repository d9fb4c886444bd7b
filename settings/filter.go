package settings

import (
	"net/netip"
	"slices"
)

// A filter is a list of rules for TCP; the first that fits a packet decides, and what none fits is blocked. Security
// groups, where any rule may admit, and network ACLs, where the lowest number decides, are both of this form.
type filter []filterRule

type filterRule struct {
	number   int // of a network ACL's rule
	peer     netip.Prefix
	from, to int // ports
	admit    bool
}

// A block is a packet that does not pass.
type block struct {
	addr netip.Addr
	port int
	rule int // that denies it; 0: no rule admits it
}

// blocked looks for a packet between an address of peer and a port in [from, to] that does not pass. Decisions change
// only where a rule's addresses or ports begin or end, so it is enough to try those.
func (f filter) blocked(peer netip.Prefix, from, to int) (block, bool) {
	peer = peer.Masked()
	addrs := []netip.Addr{peer.Addr()}
	ports := []int{from}
	for _, r := range f {
		for _, a := range []netip.Addr{r.peer.Masked().Addr(), after(r.peer)} {
			if a.IsValid() && peer.Contains(a) {
				addrs = append(addrs, a)
			}
		}
		for _, p := range []int{r.from, r.to + 1} {
			if p > from && p <= to {
				ports = append(ports, p)
			}
		}
	}
	slices.SortFunc(addrs, netip.Addr.Compare)
	slices.Sort(ports)
	for _, a := range slices.Compact(addrs) {
		for _, p := range slices.Compact(slices.Clone(ports)) {
			if rule, ok := f.admits(a, p); !ok {
				return block{a, p, rule}, true
			}
		}
	}
	return block{}, false
}

func (f filter) admits(a netip.Addr, port int) (rule int, ok bool) {
	for _, r := range f {
		if r.peer.Contains(a) && r.from <= port && port <= r.to {
			return r.number, r.admit
		}
	}
	return 0, false
}

// after is the first address behind a prefix; invalid at the end of all addresses.
func after(p netip.Prefix) netip.Addr {
	b := p.Masked().Addr().AsSlice()
	for i := p.Bits(); i < len(b)*8; i++ {
		b[i/8] |= 0x80 >> (i % 8)
	}
	last, _ := netip.AddrFromSlice(b)
	return last.Next()
}

var everywhere = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}

// permissions is the filter of security groups' rules, seen from one side; the other side has the groups peers. It tells
// too whether rules name prefix lists, whose addresses no file here tells.
func permissions(rules []Permission, peers []string) (f filter, lists bool) {
	for _, p := range rules {
		r := filterRule{from: 0, to: 65535, admit: true}
		switch p.Protocol {
		case "-1":
		case "tcp", "6":
			if p.From == nil || p.To == nil {
				continue
			}
			if *p.From >= 0 { // -1: all
				r.from, r.to = *p.From, *p.To
			}
		default:
			continue
		}
		add := func(peer netip.Prefix) {
			if peer.IsValid() {
				r.peer = peer
				f = append(f, r)
			}
		}
		for _, x := range p.Ranges {
			add(x.CIDR)
		}
		for _, x := range p.Ranges6 {
			add(x.CIDR)
		}
		if slices.ContainsFunc(p.Groups, func(g groupRef) bool { return slices.Contains(peers, g.ID) }) {
			for _, all := range everywhere {
				add(all)
			}
		}
		lists = lists || len(p.PrefixLists) > 0
	}
	return f, lists
}

// filter is the ACL's for one direction.
func (a *NetworkACL) filter(egress bool) filter {
	var f filter
	for _, e := range a.Entries {
		if e.Egress != egress || e.Protocol != "-1" && e.Protocol != "6" && e.Protocol != "tcp" {
			continue
		}
		r := filterRule{number: e.Number, from: 0, to: 65535, admit: e.Action == "allow"}
		if e.Ports != nil && e.Protocol != "-1" {
			r.from, r.to = e.Ports.From, e.Ports.To
		}
		for _, peer := range []netip.Prefix{e.CIDR, e.CIDR6} {
			if peer.IsValid() {
				r.peer = peer
				f = append(f, r)
			}
		}
	}
	return f
}
