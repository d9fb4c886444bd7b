package settings

import (
	"fmt"
	"net/netip"
	"strings"
	"time"
)

// Observed is what the log shows. Whoever calls fills it in; all of it may be absent.
type Observed struct {
	LoadBalancers []string // app/name/id
	Groups        []Group
	Buckets       []string // of S3, from which logs were read
	From, To      time.Time
	Estimates     Estimates // of the log as a whole: they count where it has one target group
	Minutes       []Minute  // in order of time; those in which the log has nothing may be missing
}

// Group is what the log shows of a target group.
type Group struct {
	ARN            string
	LoadBalancers  []string // app/name/id, those that sent to it; empty: what the settings tell
	Targets        []string // ip:port
	LongestSuccess float64  // seconds from the request to the response of the longest request that went well; 0: unknown
	Causes         map[string]uint64
	Estimates      Estimates
}

// Estimates are settings as the log shows them, in seconds, by their name in a finding: idle_timeout_seconds,
// server_keepalive_seconds, deregistration_delay_seconds (between deregistration_delay_min_seconds and
// deregistration_delay_max_seconds), worker_timeout_seconds, client_timeout_seconds, proxy_timeout_seconds.
type Estimates map[string]float64

// A Minute counts records by the minute of their response, as CloudWatch does, over all load balancers of the log.
type Minute struct {
	Start     time.Time
	Requests  uint64
	Routed    uint64 // those that have a target, and those sent to a Lambda function: CloudWatch's RequestCount; 0: not counted
	ELB5xx    uint64 // elb_5xx of the summary
	ELB5xxAll uint64 // and also those that a rule answered on purpose: fixed responses, WAF
	ELB502    uint64
	ELB503    uint64 // as ELB5xx counts, so without fixed responses
	ELB504    uint64
	Target5xx uint64
}

// estimate is a group's own, or else the log's where the group is all of it: of several one may be to blame.
func (o *Observed) estimate(g Group, name string) (float64, bool) {
	v, ok := g.Estimates[name]
	if !ok && len(o.Groups) == 1 {
		v, ok = o.Estimates[name]
	}
	return v, ok
}

// name is how people call the group.
func (g Group) name() string {
	if key := groupKey(g.ARN); key != "" {
		return nameOf(key)
	}
	return g.ARN
}

// lost is a reason: how many requests failed for such causes.
func (g Group) lost(causes ...string) string {
	n := uint64(0)
	for _, c := range causes {
		n += g.Causes[c]
	}
	names := strings.Join(causes, " or ")
	if n == 0 {
		return "against no request failed as " + names
	}
	return fmt.Sprintf("for %d requests failed as %s", n, names)
}

// addresses are those of targets in the log, without repetition.
func addresses(targets []string) []netip.AddrPort {
	var list []netip.AddrPort
	seen := map[netip.AddrPort]bool{}
	for _, t := range targets {
		if a, err := netip.ParseAddrPort(t); err == nil && !seen[a] {
			seen[a] = true
			list = append(list, a)
		}
	}
	return list
}

// Foreign names the files that are about nothing that the log shows: of another load balancer, account or VPC.
func (s *Settings) Foreign(o *Observed) []Problem {
	if s == nil {
		return nil
	}
	ours := map[string]bool{}
	vpcs := map[string]bool{}
	for _, b := range o.LoadBalancers {
		ours[b] = true
	}
	for _, g := range o.Groups {
		ours[groupKey(g.ARN)] = true
		for _, b := range g.LoadBalancers {
			ours[b] = true
		}
	}
	for key := range ours {
		if b := s.LoadBalancers[key]; b != nil {
			vpcs[b.VPC] = true
		}
		if g := s.TargetGroups[key]; g != nil {
			vpcs[g.VPC] = true
			for _, b := range g.LoadBalancers { // of the log too, by way of its group
				if a, ok := ParseARN(b); ok && len(o.LoadBalancers) == 0 {
					ours[a.Resource] = true
				}
			}
		}
	}
	delete(vpcs, "")

	what := map[string]string{}
	mine := map[string]bool{}
	var files []string
	for _, x := range s.origins {
		if _, ok := what[x.file]; !ok {
			files = append(files, x.file)
			what[x.file] = x.what
		}
		if ours[x.key] || x.key == "" && (vpcs[x.vpc] || len(vpcs) == 0) {
			mine[x.file] = true
		}
	}
	var list []Problem
	for _, f := range files {
		if !mine[f] {
			list = append(list, Problem{f, "is about " + what[f] + ", of which the log shows nothing"})
		}
	}
	return list
}

// regionOf is the region of an ARN of any service; "" of what is none.
func regionOf(arn string) string {
	if part := strings.SplitN(arn, ":", 6); len(part) == 6 {
		return part[3]
	}
	return ""
}
