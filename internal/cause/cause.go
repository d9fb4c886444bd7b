// Package cause names the known causes of failed requests, and tells from a single record what it alone says of its
// cause. What stands around a record can overrule that; this package never looks there.
package cause

import (
	"bytes"

	"alblens/parser"
)

// A Cause is one of the stable slugs of design/contract.md. The zero value is None.
type Cause uint8

// The causes, in the order in which reports list them when nothing else decides.
const (
	None Cause = iota // not a failure
	Target5xx
	ConnectTimeout
	IdleTimeout
	ShortBody
	ConnectRefused
	KeepaliveRace
	TargetCrash
	WorkerTimeout
	DeregistrationCut
	BadResponse
	LambdaError
	NoTarget
	AuthError
	WAFBlock
	WAFError
	FixedResponse
	ClientAbandoned
	ClientError
	StreamReset
	Unattributed

	// Count is the number of causes, None included.
	Count int = iota
)

var slugs = [Count]string{
	"", "target-5xx", "connect-timeout", "idle-timeout", "short-body", "connect-refused", "keepalive-race",
	"target-crash", "worker-timeout", "deregistration-cut", "bad-response", "lambda-error", "no-target", "auth-error",
	"waf-block", "waf-error", "fixed-response", "client-abandoned", "client-error", "stream-reset", "unattributed",
}

// String returns the slug, and "" for None.
func (c Cause) String() string { return slugs[c] }

// Parse returns the cause of a slug.
func Parse(slug string) (Cause, bool) {
	for c := None + 1; int(c) < Count; c++ {
		if slugs[c] == slug {
			return c, true
		}
	}
	return None, false
}

// Thresholds of the single row. They are priors, and design/diagnosis.md says how weak some of them are.
const (
	connectTimeoutMin = 9_900_000  // µs; the timeout is 10 s, "connection not established within 10 seconds"
	connectTimeoutMax = 10_500_000 // µs; real lines show 10.001 to 10.01 s
	connectRefusedMax = 1_000_000  // µs; a refusal comes back in a round trip
	raceMax           = 50_000     // µs; the reset of a closing connection comes back in a round trip
	crashMin          = 100_000    // µs; below it a race and a crash look alike
)

// OfRow returns the cause that the record alone suggests, in the order of decision of design/diagnosis.md, and how
// sure it is of that, from 0 to 1. Races, crashes, malformed responses, worker timeouts and deregistrations cannot be
// told apart by one row, so their confidence is low.
func OfRow(r *parser.Record) (Cause, float64) {
	elb, target := r.ELBStatus, r.TargetStatus
	switch {
	case r.MadeByTarget():
		return Target5xx, 1
	case elb == 0:
		return StreamReset, 0.9
	case elb >= 0 && elb < 400 && target < 500: // redirects, fixed and WAF answers, web sockets, plain success
		return None, 1
	case target >= 0 && target < 500 && elb < 500 && elb != 460: // the target's own 4xx, passed on or not
		return None, 1
	case elb < 0:
		return Unattributed, 0
	}
	if reason := r.Text(parser.FieldErrorReason); len(reason) > 0 {
		if c, ok := ofReason(reason); ok && (c != LambdaError || elb >= 500) {
			return c, 0.98
		}
	}
	switch string(r.LastAction()) {
	case "waf":
		return WAFBlock, 0.98
	case "waf-failed":
		return WAFError, 0.95
	case "fixed-response":
		return FixedResponse, 0.98
	}
	switch elb {
	case 460:
		return ClientAbandoned, 0.98
	case 401, 561, 562:
		return AuthError, 0.9
	case 500:
		if string(r.LastAction()) == "authenticate" {
			return AuthError, 0.8
		}
	case 502:
		return of502(r)
	case 503:
		return of503(r)
	case 504:
		return of504(r)
	case 400, 405, 408, 413, 414, 463, 464, 501, 505, 507:
		return ClientError, 0.95
	}
	return Unattributed, 0
}

// ofReason groups the error reasons by their prefix, as new ones keep coming.
func ofReason(reason []byte) (Cause, bool) {
	for _, p := range reasonPrefixes {
		if bytes.HasPrefix(reason, []byte(p.prefix)) {
			return p.cause, true
		}
	}
	return None, false
}

var reasonPrefixes = []struct {
	prefix string
	cause  Cause
}{
	{"Lambda", LambdaError},
	{"Auth", AuthError},
	{"JWT", AuthError},
	{"JWKS", AuthError},
	{"WAF", WAFError},
}

func of502(r *parser.Record) (Cause, float64) {
	wall := r.Duration()
	waited := r.TargetTime
	if waited == parser.NoMicros {
		waited = wall
	}
	switch {
	case !r.HasTarget():
		return Unattributed, 0
	case r.RequestTime == parser.NoMicros && wall != parser.NoMicros && wall < connectRefusedMax:
		return ConnectRefused, 0.7
	case r.RequestTime == parser.NoMicros:
		return Unattributed, 0
	case r.TargetStatus >= 100: // the target answered, and the load balancer could not use it
		return BadResponse, 0.7
	case waited == parser.NoMicros, r.ResponseTime != parser.NoMicros:
		return Unattributed, 0
	case waited <= raceMax:
		return KeepaliveRace, 0.5
	case waited >= crashMin:
		return TargetCrash, 0.4
	}
	return Unattributed, 0
}

func of503(r *parser.Record) (Cause, float64) {
	sent := r.RequestTime != parser.NoMicros || r.TargetTime != parser.NoMicros || r.ResponseTime != parser.NoMicros
	if !sent && !r.HasTarget() && r.Text(parser.FieldTargetGroupARN) != nil {
		return NoTarget, 0.95
	}
	return Unattributed, 0
}

// began reports whether the target's first byte came long before the end: a target that is silent until the timeout has
// no target time, or one as long as the timeout.
func began(r *parser.Record) bool {
	waited := r.Duration() - max(r.RequestTime, 0)
	return r.TargetTime != parser.NoMicros && r.Duration() != parser.NoMicros && r.TargetTime < waited-waited/10 && waited-r.TargetTime > 500_000
}

func of504(r *parser.Record) (Cause, float64) {
	d := r.Duration()
	switch {
	case !r.HasTarget():
		return Unattributed, 0
	case r.RequestTime == parser.NoMicros && d >= connectTimeoutMin && d <= connectTimeoutMax:
		return ConnectTimeout, 0.95
	case r.RequestTime == parser.NoMicros:
		return Unattributed, 0
	case r.ResponseTime != parser.NoMicros, r.TargetStatus >= 100, began(r): // a response began and did not end
		return ShortBody, 0.5
	}
	return IdleTimeout, 0.8
}
