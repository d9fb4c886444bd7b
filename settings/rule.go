package settings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Breach is a setting that breaks a known rule, whether or not requests have failed for it. What it quotes of the
// files has been held to AWS's patterns, but for names of paths and codes: those may hold anything.
type Breach struct {
	ID            string // setting-…, a slug
	Key           string // ID and scope, unique
	Severity      string // a hint: info, low or medium
	LoadBalancers []string
	TargetGroups  []string // ARNs
	Title         string
	Summary       string
	Reasons       []string // begin with "for " or "against "
	Caveats       []string
	Verify        []Verification
	Fix           []Change
}

// A Verification is a command that shows the setting.
type Verification struct{ Why, Command string }

// A Change is a way to mend it. Kind is cli, terraform or the like.
type Change struct{ Why, Kind, Text string }

// Unchecked is a rule that could not be checked, or not for all of the log.
type Unchecked struct{ Rule, Why string }

// rules are in the order in which they are reported.
var rules = []struct {
	id    string
	check func(*checker)
}{
	{"setting-keepalive", checkKeepalive},
	{"setting-idle-timeout", checkIdleTimeout},
	{"setting-deregistration", checkDeregistration},
	{"setting-stop-timeout", checkStopTimeout},
	{"setting-health-check", checkHealthCheck},
	{"setting-security-group", checkSecurityGroups},
	{"setting-nacl", checkACLs},
	{"setting-route", checkRoutes},
	{"setting-subnet", checkSubnets},
	{"setting-access-logs", checkAccessLogs},
}

// Rules checks what is known of the load balancers and target groups in the log.
func (s *Settings) Rules(o *Observed) ([]Breach, []Unchecked) {
	if s == nil {
		s = newSettings()
	}
	c := checker{s: s, o: o}
	for _, r := range rules {
		c.rule = r.id
		r.check(&c)
	}
	return c.breaches, c.unchecked
}

// A checker is one run of the rules.
type checker struct {
	s         *Settings
	o         *Observed
	rule      string // the one being checked
	breaches  []Breach
	unchecked []Unchecked
}

// cannot notes why the rule could not be checked, once.
func (c *checker) cannot(format string, args ...any) {
	u := Unchecked{c.rule, fmt.Sprintf(format, args...)}
	if !slices.Contains(c.unchecked, u) {
		c.unchecked = append(c.unchecked, u)
	}
}

func (c *checker) missing(command, of string) { c.cannot("%s of %s is missing", command, of) }

// servers are the groups whose targets are no Lambda functions.
func (c *checker) servers() []Group {
	var list []Group
	for _, g := range c.o.Groups {
		if c.s.group(g.ARN).TargetType != "lambda" {
			list = append(list, g)
		}
	}
	return list
}

// breach takes what a rule found; its scope gives the key.
func (c *checker) breach(scope string, b Breach) {
	b.ID, b.Key = c.rule, c.rule+"/"+scope
	b.Severity = cmp.Or(b.Severity, "medium")
	b.Caveats = append(b.Caveats, c.s.nowCaveat())
	c.breaches = append(c.breaches, b)
}

// nowCaveat says what describe commands cannot tell.
func (s *Settings) nowCaveat() string {
	if s.Collected.IsZero() {
		return "the settings are those of when the files were collected, which no file tells; they may have been others before"
	}
	return "the settings are those of " + s.Collected.Format(time.RFC3339) + "; they may have been others before"
}

// group is what the settings tell of a group of the log; nothing, but not nil, when they do not have it.
func (s *Settings) group(arn string) *TargetGroup {
	key := groupKey(arn)
	if g := s.TargetGroups[key]; g != nil {
		return g
	}
	return &TargetGroup{Key: key}
}

// balancers are the keys of the load balancers that send to a group.
func (c *checker) balancers(g Group) []string {
	if len(g.LoadBalancers) > 0 {
		return g.LoadBalancers
	}
	if keys := c.s.balancersOf(c.s.group(g.ARN)); len(keys) > 0 {
		return keys
	}
	if len(c.o.LoadBalancers) == 1 {
		return c.o.LoadBalancers
	}
	return nil
}

// balancersOf are the keys of the load balancers that have a target group, by the group or by their listeners.
func (s *Settings) balancersOf(g *TargetGroup) []string {
	var keys []string
	for _, arn := range g.LoadBalancers {
		if a, ok := ParseARN(arn); ok {
			keys = append(keys, a.Resource)
		}
	}
	if len(keys) > 0 {
		return keys
	}
	add := func(balancer string, actions []Action) {
		for _, a := range actions {
			if slices.Contains(a.groups(), g.Key) && !slices.Contains(keys, balancer) {
				keys = append(keys, balancer)
			}
		}
	}
	for _, x := range s.Listeners {
		add(x.Balancer, x.Actions)
	}
	for _, x := range s.ListenerRules {
		add(x.Balancer, x.Actions)
	}
	slices.Sort(keys)
	return keys
}

// elbv2 is a command about a load balancer or target group: verb, then what names it, then more words.
func elbv2(verb, arnFlag, arn string, more ...string) string {
	words := append([]string{"aws elbv2", verb, arnFlag, arn}, more...)
	return strings.Join(words, " ") + " --region " + regionOf(arn)
}

// ec2 is a command of EC2 in the region of a target group.
func ec2(arn, words string) string { return "aws ec2 " + words + " --region " + regionOf(arn) }

// secs prints seconds without needless digits.
func secs(v float64) string { return fmt.Sprintf("%.4g s", v) }
