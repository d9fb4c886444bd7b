package settings

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// A LoadBalancer is what describe-load-balancers and describe-load-balancer-attributes tell.
type LoadBalancer struct {
	Key            string `json:"-"`               // app/name/id
	ARN            string `json:"LoadBalancerArn"` // "": only its attributes are known
	Type           string // application
	State          State
	VPC            string `json:"VpcId"`
	Zones          []Zone `json:"AvailabilityZones"`
	SecurityGroups []string
	Attributes     Attributes `json:"-"` // nil: unknown
}

// State tells whether a load balancer has what it needs.
type State struct{ Code, Reason string } // active, provisioning, active_impaired, failed

// A Zone is where nodes of a load balancer are.
type Zone struct {
	Name   string `json:"ZoneName"`
	Subnet string `json:"SubnetId"`
}

// A TargetGroup is what describe-target-groups, describe-target-group-attributes and describe-target-health tell.
type TargetGroup struct {
	Key           string `json:"-"`              // targetgroup/name/id
	ARN           string `json:"TargetGroupArn"` // "": only its attributes or targets are known
	Protocol      string // HTTP, HTTPS
	Port          int
	VPC           string   `json:"VpcId"`
	TargetType    string   // instance, ip, lambda, alb
	LoadBalancers []string `json:"LoadBalancerArns"`

	HealthCheckEnabled  bool
	HealthCheckProtocol string
	HealthCheckPort     string // traffic-port, or a number
	HealthCheckPath     string
	HealthCheckInterval int `json:"HealthCheckIntervalSeconds"`
	HealthCheckTimeout  int `json:"HealthCheckTimeoutSeconds"`
	UnhealthyThreshold  int `json:"UnhealthyThresholdCount"`
	Matcher             Matcher

	Attributes Attributes `json:"-"` // nil: unknown
	Targets    []Target   `json:"-"` // registered when collected; nil: unknown, empty: none
}

// Matcher is the codes that a health check takes for good: "200", "200,204", "200-299".
type Matcher struct {
	HTTP string `json:"HttpCode"`
	GRPC string `json:"GrpcCode"`
}

// A Target is registered with a target group.
type Target struct {
	Target struct {
		ID   string `json:"Id"` // an address, an instance, a Lambda function's ARN
		Port int
	}
	HealthCheckPort string
	Health          Health `json:"TargetHealth"`
}

// Health is the state of a target: healthy, unhealthy, initial, draining, unused, unavailable.
type Health struct{ State, Reason, Description string }

// Attributes are settings by AWS's name for them.
type Attributes map[string]string

func (a Attributes) seconds(key string) (float64, bool) {
	v, err := strconv.ParseFloat(a[key], 64)
	return v, err == nil && v >= 0 && v <= 1e6
}

// IdleTimeout is in seconds; false when it is not known. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html#connection-idle-timeout
func (b *LoadBalancer) IdleTimeout() (float64, bool) {
	return b.Attributes.seconds("idle_timeout.timeout_seconds")
}

// DeregistrationDelay is in seconds; false when it is not known. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-target-group-attributes.html#deregistration-delay
func (g *TargetGroup) DeregistrationDelay() (float64, bool) {
	return g.Attributes.seconds("deregistration_delay.timeout_seconds")
}

// Name is the one that people gave.
func (g *TargetGroup) Name() string { return nameOf(g.Key) }

// Name is the one that people gave.
func (b *LoadBalancer) Name() string { return nameOf(b.Key) }

// nameOf is name of kind/name/id.
func nameOf(key string) string {
	if part := strings.Split(key, "/"); len(part) == 3 {
		return part[1]
	}
	return key
}

// A Listener takes requests, and does with them what its default actions say unless a ListenerRule fits.
type Listener struct {
	ARN      string `json:"ListenerArn"`
	Balancer string `json:"-"` // app/name/id
	Port     int
	Protocol string
	Actions  []Action `json:"DefaultActions"`
}

// A ListenerRule is what describe-rules tells.
type ListenerRule struct {
	ARN      string `json:"RuleArn"`
	Balancer string `json:"-"` // app/name/id
	Priority string // a number, or default
	Actions  []Action
}

// An Action is what a listener does with a request.
type Action struct {
	Type          string // forward, fixed-response, redirect, authenticate-…
	TargetGroup   string `json:"TargetGroupArn"`
	FixedResponse struct {
		Status string `json:"StatusCode"` // "503"; AWS takes 5XX for a class too
	} `json:"FixedResponseConfig"`
	Forward struct {
		TargetGroups []struct {
			ARN    string `json:"TargetGroupArn"`
			Weight *int   // nil: not weighted
		}
	} `json:"ForwardConfig"`
}

// groups are the keys of the target groups to which an action sends requests.
func (a Action) groups() []string {
	var keys []string
	for _, g := range a.Forward.TargetGroups {
		if g.Weight == nil || *g.Weight > 0 {
			keys = append(keys, groupKey(g.ARN))
		}
	}
	if len(a.Forward.TargetGroups) == 0 && a.TargetGroup != "" {
		keys = append(keys, groupKey(a.TargetGroup))
	}
	return keys
}

func (l *loader) balancer(key string) *LoadBalancer {
	b := l.s.LoadBalancers[key]
	if b == nil {
		b = &LoadBalancer{Key: key}
		l.s.LoadBalancers[key] = b
	}
	return b
}

func (l *loader) group(key string) *TargetGroup {
	g := l.s.TargetGroups[key]
	if g == nil {
		g = &TargetGroup{Key: key}
		l.s.TargetGroups[key] = g
	}
	return g
}

func (l *loader) loadBalancers(doc document) {
	for _, b := range items[LoadBalancer](l, doc, "LoadBalancers") {
		if b.Type != "application" && b.Type != "" {
			continue // whoever describes all load balancers gets the others too
		}
		arn, ok := ParseARN(b.ARN)
		if !ok || !IsLoadBalancer(arn.Resource) {
			l.problem("%.120q is no ARN of an Application Load Balancer", b.ARN)
			continue
		}
		if !l.allIDs("security group", b.SecurityGroups...) || b.VPC != "" && !l.allIDs("VPC", b.VPC) {
			continue
		}
		b.Key = arn.Resource
		l.about(b.Key)
		old := l.balancer(b.Key)
		b.Attributes = old.Attributes
		*old = *b
	}
}

func (l *loader) targetGroups(doc document) {
	for _, g := range items[TargetGroup](l, doc, "TargetGroups") {
		switch g.Protocol {
		case "", "HTTP", "HTTPS": // "": Lambda
		default:
			continue // a Network Load Balancer's
		}
		g.Key = groupKey(g.ARN)
		if !strings.HasPrefix(g.Key, "targetgroup/") {
			l.problem("%.120q is no ARN of a target group", g.ARN)
			continue
		}
		if g.VPC != "" && !l.allIDs("VPC", g.VPC) { // Lambda functions are in none
			continue
		}
		l.about(g.Key)
		old := l.group(g.Key)
		g.Attributes, g.Targets = old.Attributes, old.Targets
		*old = *g
	}
}

// attributes are a load balancer's or a target group's: their names tell, but for those that both have.
func (l *loader) attributes(doc document) {
	type attribute struct{ Key, Value string }
	all := Attributes{}
	for _, a := range items[attribute](l, doc, "Attributes") {
		all[a.Key] = a.Value
	}
	_, isBalancer := all["idle_timeout.timeout_seconds"]
	_, isGroup := all["deregistration_delay.timeout_seconds"]
	_, isLambda := all["lambda.multi_value_headers.enabled"]
	switch {
	case isBalancer:
		if key, ok := l.subject(doc, "load-balancer-attributes", "LoadBalancerArn", "app/"); ok {
			l.about(key)
			l.balancer(key).Attributes = all
		}
	case isGroup || isLambda:
		if key, ok := l.subject(doc, "target-group-attributes", "TargetGroupArn", "targetgroup/"); ok {
			l.about(key)
			l.group(key).Attributes = all
		}
	default:
		l.problem("holds attributes of no Application Load Balancer and no target group")
		return
	}
	for _, key := range []string{"idle_timeout.timeout_seconds", "deregistration_delay.timeout_seconds"} {
		if _, ok := all[key]; !ok {
			continue
		}
		if _, ok := all.seconds(key); !ok {
			l.problem("%s is %.40q, no number of seconds", key, all[key])
		}
	}
}

func (l *loader) targetHealth(doc document) {
	key, ok := l.subject(doc, "target-health", "TargetGroupArn", "targetgroup/")
	if !ok {
		return
	}
	l.about(key)
	targets := []Target{} // not nil: none is a fact
	for _, t := range items[Target](l, doc, "TargetHealthDescriptions") {
		targets = append(targets, *t)
	}
	l.group(key).Targets = targets
}

func (l *loader) listeners(doc document) {
	for _, x := range items[Listener](l, doc, "Listeners") {
		m := listenerPattern.FindStringSubmatch(x.ARN)
		if m == nil {
			l.problem("%.120q is no ARN of an Application Load Balancer's listener", x.ARN)
			continue
		}
		x.Balancer = m[3]
		l.about(x.Balancer)
		l.s.Listeners[x.ARN] = x
	}
}

func (l *loader) rules(doc document) {
	for _, x := range items[ListenerRule](l, doc, "Rules") {
		m := listenerPattern.FindStringSubmatch(x.ARN)
		if m == nil {
			l.problem("%.120q is no ARN of an Application Load Balancer's rule", x.ARN)
			continue
		}
		x.Balancer = m[3]
		l.about(x.Balancer)
		l.s.ListenerRules[x.ARN] = x
	}
}

// collected reads what collect notes of itself.
func (l *loader) collected(doc document) {
	var at time.Time
	if err := json.Unmarshal(doc["CollectedAt"], &at); err != nil {
		l.problem("CollectedAt is no time")
		return
	}
	if at.After(l.s.Collected) {
		l.s.Collected = at.UTC()
	}
}

// allIDs reports whether all are ids as AWS gives them, and says so if not: they stand in commands.
func (l *loader) allIDs(what string, ids ...string) bool {
	for _, id := range ids {
		if !idPattern.MatchString(id) {
			l.problem("%.80q is no id of a %s", id, what)
			return false
		}
	}
	return true
}
