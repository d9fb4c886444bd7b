package simulate

import (
	"fmt"
	"slices"
	"time"
)

// A Kind says what an Incident is.
type Kind string

// What can happen in a System.
const (
	Crash        Kind = "crash"         // Targets are killed (SIGKILL) at From and start again after For
	ServiceDown  Kind = "service-down"  // as Crash, but health checks ask another port and go on passing
	HostDead     Kind = "host-dead"     // Targets answer no packet
	Blocked      Kind = "blocked"       // packets between Nodes and Targets are dropped, of new and of old connections
	Firewall     Kind = "firewall"      // connections to Targets that were idle for Limit are forgotten: their packets are dropped
	BrokenTLS    Kind = "broken-tls"    // Targets fail the handshake
	Slow         Kind = "slow"          // answers take Factor times as long, or on Path around Median
	Malformed    Kind = "malformed"     // Share of the answers on Path are no HTTP
	Truncated    Kind = "truncated"     // Share of the answers on Path end early
	Failing      Kind = "failing"       // Share of the answers on Path are Status
	Deploy       Kind = "deploy"        // all targets of the group are replaced, Batch at a time
	Emptied      Kind = "emptied"       // all targets of the group are deregistered, and come back after For
	Surge        Kind = "surge"         // Factor times as many requests
	LambdaFaults Kind = "lambda-faults" // Share of the invocations fail with Reason and Status
	Attack       Kind = "attack"        // Factor requests a second that WAF blocks
	WAFOutage    Kind = "waf-outage"    // for Share of the requests WAF does not answer
	AuthFaults   Kind = "auth-faults"   // Share of the authentications fail with Reason and Status
	Maintenance  Kind = "maintenance"   // a rule answers all requests of the group with Status
	BadClients   Kind = "bad-clients"   // Factor requests a second that the load balancer will not forward
	Resets       Kind = "resets"        // Share of gRPC streams are reset by the target
	LostLogs     Kind = "lost-logs"     // objects of Nodes that end in the span are never delivered
)

// An Incident is something that happens to a System.
type Incident struct {
	Kind    Kind
	From    time.Duration // from Config.Start
	For     time.Duration // 0: to the end
	Group   string        // web or api, where the Kind is of a group's targets; web
	Targets []int         // those that were first at an index of the group; nil: all there are
	Nodes   []int         // nil: all
	Path    string        // name of a route; "": all
	Share   float64       // above 0 to 1; 1
	Status  int
	Reason  string // error_reason
	Factor  float64
	Median  time.Duration // of the slowed answers' times; with Sigma of their logarithm
	Sigma   float64
	Limit   time.Duration

	// Deploy: a batch of new targets comes up; after Settle as many old ones
	// are deregistered, and Stop later (before, if negative) their processes get
	// SIGTERM.
	Batch    int           // 1
	Settle   time.Duration // 60 s
	Stop     time.Duration // the deregistration delay and a few seconds
	Graceful bool          // SIGTERM: requests in flight are finished, within 30 s; else they are cut
	Vanish   bool          // with the process goes its address, as a pod's: packets are dropped, not refused
	WarmUp   time.Duration // a new target is slow at first: Factor times, falling to 1 by its end
	Lag      time.Duration // until nodes have learnt of a deregistration, at most; 4 s
}

func (v Incident) withDefaults(span time.Duration) Incident {
	setDefault(&v.For, span)
	setDefault(&v.Group, groupNames[groupWeb])
	setDefault(&v.Share, 1)
	setDefault(&v.Factor, 1)
	setDefault(&v.Batch, 1)
	setDefault(&v.Settle, time.Minute)
	setDefault(&v.Lag, 4*time.Second)
	return v
}

func (v Incident) validate(c Config) error {
	g, ok := groupByName(v.Group)
	switch {
	case !slices.Contains(kinds, v.Kind):
		return fmt.Errorf("kind %q is none", v.Kind)
	case v.From < 0 || v.For < 0:
		return fmt.Errorf("from %v for %v is negative", v.From, v.For)
	case !ok:
		return fmt.Errorf("group %q is neither web nor api", v.Group)
	case v.Path != "" && !isRoute(v.Path):
		return fmt.Errorf("path %q is no route", v.Path)
	case !(v.Share > 0 && v.Share <= 1):
		return fmt.Errorf("share %v is not in (0, 1]", v.Share)
	case !(v.Factor > 0 && v.Factor <= 1000):
		return fmt.Errorf("factor %v is not in (0, 1000]", v.Factor)
	case v.Median < 0 || !(v.Sigma >= 0 && v.Sigma <= 3) || v.Limit < 0:
		return fmt.Errorf("median %v, sigma %v, limit %v are out of range", v.Median, v.Sigma, v.Limit)
	case v.Batch < 1 || v.Settle < 0 || v.WarmUp < 0 || v.Lag < 0:
		return fmt.Errorf("batch %d, settle %v, warm-up %v, lag %v are out of range", v.Batch, v.Settle, v.WarmUp, v.Lag)
	}
	for _, t := range v.Targets {
		if t < 0 || t >= c.targetsOf(g) {
			return fmt.Errorf("target %d of group %s is not in [0, %d)", t, v.Group, c.targetsOf(g))
		}
	}
	for _, n := range v.Nodes {
		if n < 0 || n >= c.Nodes {
			return fmt.Errorf("node %d is not in [0, %d)", n, c.Nodes)
		}
	}
	return nil
}

var kinds = []Kind{
	Crash, ServiceDown, HostDead, Blocked, Firewall, BrokenTLS, Slow, Malformed, Truncated, Failing, Deploy, Emptied, Surge,
	LambdaFaults, Attack, WAFOutage, AuthFaults, Maintenance, BadClients, Resets, LostLogs,
}

func (v *Incident) onNode(node int) bool { return v.Nodes == nil || slices.Contains(v.Nodes, node) }

// at says whether it goes on, this long after the start.
func (v *Incident) at(since time.Duration) bool { return since >= v.From && since < v.From+v.For }
