package settings

import (
	"fmt"
	"time"
)

// A Claim is a finding that rests on the log alone.
type Claim struct {
	ID            string    // the slug of a cause or another finding
	LoadBalancers []string  // app/name/id; empty: those of the target groups
	TargetGroups  []string  // ARNs
	Targets       []string  // ip:port; those it is confined to, or all of its groups
	From, To      time.Time // when it was so
	Estimates     Estimates
}

// Verdict is what the settings say of a Claim.
type Verdict uint8

// The verdicts. Where some of it speaks for a claim and some against, the verdict is Unknown.
const (
	Unknown Verdict = iota
	Confirmed
	Contradicted
)

func (v Verdict) String() string { return [...]string{"unknown", "confirmed", "contradicted"}[v] }

// A Judgement is a Verdict and why.
type Judgement struct {
	Verdict Verdict
	Reasons []string // begin with "for " or "against "
	Caveats []string
}

// judges has one for each slug that settings can say something of.
var judges = map[string]func(*judge){
	"connect-timeout":    judgeConnectTimeout,
	"connect-refused":    judgeConnectRefused,
	"idle-timeout":       judgeIdleTimeout,
	"near-timeout":       judgeIdleTimeout,
	"keepalive-race":     judgeKeepalive,
	"deregistration-cut": judgeDeregistration,
	"target-crash":       judgeCrash,
	"shutdown-early":     judgeShutdown,
	"deploy":             judgeDeploy,
	"no-target":          judgeNoTarget,
	"fail-open":          judgeFailOpen,
	"saturation":         judgeSaturation,
	"target-5xx":         func(j *judge) { j.counted("HTTPCode_Target_5XX_Count") },
	"lambda-error":       func(j *judge) { j.counted("LambdaUserError", "LambdaInternalError") },
	"auth-error":         func(j *judge) { j.counted("ELBAuthError", "ELBAuthFailure") },
	"fixed-response":     judgeFixedResponse,
}

// Judge holds a finding against the settings. Unknown is the answer wherever a fact is missing, or is one of another
// time.
func (s *Settings) Judge(c Claim) Judgement {
	if s == nil {
		return Judgement{}
	}
	j := judge{s: s, c: c}
	if f := judges[c.ID]; f != nil {
		f(&j)
	}
	v := Judgement{Reasons: j.reasons, Caveats: j.caveats}
	switch {
	case j.confirmed && !j.contradicted:
		v.Verdict = Confirmed
	case j.contradicted && !j.confirmed:
		v.Verdict = Contradicted
	}
	return v
}

// A judge weighs one claim.
type judge struct {
	s                       *Settings
	c                       Claim
	confirmed, contradicted bool
	reasons, caveats        []string
}

func (j *judge) speaksFor(format string, args ...any) {
	j.reasons = append(j.reasons, "for "+fmt.Sprintf(format, args...))
}

func (j *judge) speaksAgainst(format string, args ...any) {
	j.reasons = append(j.reasons, "against "+fmt.Sprintf(format, args...))
}

func (j *judge) confirm(format string, args ...any) {
	j.confirmed = true
	j.speaksFor(format, args...)
}

func (j *judge) contradict(format string, args ...any) {
	j.contradicted = true
	j.speaksAgainst(format, args...)
}

func (j *judge) caveat(text string) {
	for _, c := range j.caveats {
		if c == text {
			return
		}
	}
	j.caveats = append(j.caveats, text)
}

// groups are what is known of the claim's target groups.
func (j *judge) groups() []*TargetGroup {
	var list []*TargetGroup
	for _, arn := range j.c.TargetGroups {
		if g := j.s.TargetGroups[groupKey(arn)]; g != nil {
			list = append(list, g)
		}
	}
	return list
}

// balancers are the keys of the claim's load balancers, or else of those that have its groups.
func (j *judge) balancers() []string {
	if len(j.c.LoadBalancers) > 0 {
		return j.c.LoadBalancers
	}
	var keys []string
	for _, g := range j.groups() {
		keys = append(keys, j.s.balancersOf(g)...)
	}
	return keys
}

// meanwhile reports whether the files were collected while it was so, or within a minute of it: only then tells the state
// of targets anything of it.
func (j *judge) meanwhile() bool {
	at := j.s.Collected
	if !at.IsZero() && !at.Before(j.c.From) && !at.After(j.c.To.Add(time.Minute)) {
		return true
	}
	j.caveat("the state of targets is that of " + j.when() + ", not that of the time of the failures")
	return false
}

func (j *judge) when() string {
	if j.s.Collected.IsZero() {
		return "when the files were collected"
	}
	return j.s.Collected.Format(time.RFC3339)
}
