package advice

import (
	"net/netip"
	"regexp"
	"strings"
)

// scope is the part of Facts that is what it claims to be.
type scope struct {
	Facts
	balancers []loadBalancer
	groups    []targetGroup
	targets   []netip.AddrPort
	nodes     []netip.Addr
}

// most is how many load balancers, target groups or targets get commands of their own. More are alike, and would bury
// the rest.
const most = 3

// A loadBalancer as the log names it: app/name/id.
type loadBalancer struct{ name, id string }

func (b loadBalancer) dimension() string { return "app/" + b.name + "/" + b.id }

// A targetGroup is an ARN and its parts.
type targetGroup struct{ arn, name, id string }

func (g targetGroup) dimension() string { return "targetgroup/" + g.name + "/" + g.id }

var (
	loadBalancerPattern = regexp.MustCompile(`^app/([A-Za-z0-9-]{1,32})/([0-9a-f]{16})$`)
	targetGroupPattern  = regexp.MustCompile(
		`^arn:(aws(?:-[a-z]{1,10}){0,3}):elasticloadbalancing:([a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}):([0-9]{12}):targetgroup/([A-Za-z0-9-]{1,32})/([0-9a-f]{16})$`)
	partitionPattern = regexp.MustCompile(`^aws(-[a-z]{1,10}){0,3}$`)
	regionPattern    = regexp.MustCompile(`^[a-z]{2,4}(-[a-z]{1,12}){1,3}-[0-9]{1,2}$`)
	accountPattern   = regexp.MustCompile(`^[0-9]{12}$`)
	reasonPattern    = regexp.MustCompile(`^[A-Za-z0-9]{1,64}$`)
	hostPattern      = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?(:[0-9]{1,5})?$`)
	tracePattern     = regexp.MustCompile(`(?:^|;)Root=(1-[0-9a-f]{8}-[0-9a-f]{24})(?:$|;)`)
)

func newScope(f Facts) scope {
	s := scope{Facts: f}
	for _, text := range f.LoadBalancers {
		if m := loadBalancerPattern.FindStringSubmatch(text); m != nil {
			s.balancers = append(s.balancers, loadBalancer{m[1], m[2]})
		}
	}
	for _, text := range f.TargetGroups {
		if m := targetGroupPattern.FindStringSubmatch(text); m != nil {
			s.groups = append(s.groups, targetGroup{text, m[4], m[5]})
			if s.Partition == "" || s.Region == "" || s.Account == "" {
				s.Partition, s.Region, s.Account = m[1], m[2], m[3]
			}
		}
	}
	for _, text := range f.Targets {
		if addr, ok := parseTarget(text); ok {
			s.targets = append(s.targets, addr)
		}
	}
	for _, text := range f.Nodes {
		if addr, err := netip.ParseAddr(text); err == nil && addr.Zone() == "" {
			s.nodes = append(s.nodes, addr)
		}
	}
	s.balancers, s.groups = first(s.balancers), first(s.groups)
	s.targets, s.nodes = first(s.targets), first(s.nodes)
	s.Partition = matching(partitionPattern, s.Partition)
	s.Region = matching(regionPattern, s.Region)
	s.Account = matching(accountPattern, s.Account)
	return s
}

// parseTarget accepts IPv6 addresses with and without brackets: ALB writes them without.
func parseTarget(text string) (netip.AddrPort, bool) {
	colon := strings.LastIndexByte(text, ':')
	if colon < 0 {
		return netip.AddrPort{}, false
	}
	ip := strings.TrimSuffix(strings.TrimPrefix(text[:colon], "["), "]")
	if strings.Contains(ip, ":") {
		ip = "[" + ip + "]"
	}
	addr, err := netip.ParseAddrPort(ip + text[colon:])
	return addr, err == nil && addr.Addr().Zone() == ""
}

func first[T any](list []T) []T { return list[:min(len(list), most)] }

func matching(pattern *regexp.Regexp, text string) string {
	if !pattern.MatchString(text) {
		return ""
	}
	return text
}

// reasons returns the error reasons without doubles, in their order.
func (s *scope) reasons() []string {
	var list []string
	seen := map[string]bool{}
	for _, reason := range s.Reasons {
		if reasonPattern.MatchString(reason) && !seen[reason] {
			seen[reason] = true
			list = append(list, reason)
		}
	}
	return list
}

// host returns the one host that the finding is about, "" where there are none or several.
func (s *scope) host() string {
	if len(s.Hosts) != 1 {
		return ""
	}
	return matching(hostPattern, s.Hosts[0])
}

// traces returns X-Ray's form of the trace ids, at most five: as many as one request may ask for.
func (s *scope) traces() []string {
	var list []string
	for _, id := range s.TraceIDs {
		if m := tracePattern.FindStringSubmatch(id); m != nil && len(list) < 5 {
			list = append(list, m[1])
		}
	}
	return list
}
