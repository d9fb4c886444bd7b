package advicecheck

import (
	"strings"
	"time"

	"alblens/diagnose/advice"
)

// The slugs of design/contract.md.
var slugs = strings.Fields(`target-5xx connect-timeout idle-timeout short-body connect-refused keepalive-race target-crash worker-timeout
	deregistration-cut bad-response lambda-error no-target auth-error waf-block waf-error fixed-response client-abandoned client-error
	stream-reset unattributed
	one-bad-target one-bad-path one-bad-node one-bad-zone deploy shutdown-early fail-open saturation near-timeout cold-start log-gaps
	format-drift setting-keepalive setting-deregistration setting-health-check setting-security-group setting-nacl
	setting-idle-timeout setting-stop-timeout setting-access-logs`)

// known has a value for everything.
var known = advice.Facts{
	LoadBalancers: []string{"app/web/50dc6c495c0c9188", "app/2nd-web/50dc6c495c0c9189"},
	TargetGroups: []string{
		"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/web/73e2d6bc24d8a067",
		"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/7-api/73e2d6bc24d8a068",
	},
	Targets:   []string{"10.0.1.7:3000"},
	Paths:     []string{"/api/users/{int}"},
	Nodes:     []string{"10.0.0.4"},
	Hosts:     []string{"www.example.com"},
	TraceIDs:  []string{"Root=1-58337262-36d228ad5d99923122bbe354"},
	Reasons:   []string{"LambdaThrottling", "LambdaAccessDenied", "AuthTokenEpRequestTimeout", "AuthInvalidCookie"},
	Longest:   80 * time.Second,
	Estimates: map[string]float64{"idle_timeout_seconds": 60, "server_keepalive_seconds": 20, "worker_timeout_seconds": 30, "client_timeout_seconds": 10, "proxy_timeout_seconds": 15, "deregistration_delay_seconds": 30},
	From:      time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC),
	To:        time.Date(2026, 11, 22, 14, 5, 0, 0, time.UTC),
	Access:    advice.Access{Sources: []string{"s3://logs/AWSLogs/", "more logs"}, Flags: []string{"--profile=my own"}, Profile: "my own", Region: "us-east-1"},
}

// cases are what findings may know: all, not the account, IPv6 and one target group, several targets, next to nothing.
func cases() []advice.Facts {
	stranger := known
	stranger.TargetGroups = nil
	v6 := known
	v6.Targets, v6.TargetGroups, v6.LoadBalancers, v6.Estimates = []string{"2a02:a33c::f215:3000"}, known.TargetGroups[:1], known.LoadBalancers[:1], nil
	several := known
	several.Targets, several.TargetGroups, several.Longest = []string{"10.0.1.7:3000", "10.0.1.8:3000", "10.0.1.9:3000", "10.0.1.10:3000"}, known.TargetGroups[:1], 0
	several.Reasons = []string{"LambdaUnhandled", "JWKSRequestTimeout"}
	nothing := advice.Facts{}
	var all []advice.Facts
	for _, f := range []advice.Facts{known, stranger, v6, several, nothing} {
		for _, slug := range slugs {
			f.ID = slug
			all = append(all, f)
		}
	}
	return all
}

// commands are those of verify, and the changes that are commands.
func commands(f advice.Facts) []string {
	var list []string
	verify, fix := advice.For(f)
	for _, v := range verify {
		list = append(list, v.Command)
	}
	for _, c := range fix {
		if c.Kind == "cli" {
			list = append(list, c.Text)
		}
	}
	return list
}
