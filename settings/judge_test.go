package settings

import (
	"slices"
	"strings"
	"testing"
)

// stopped adds a task at 10.0.10.7 that stopped at 14:03:30.
func stopped(code, reason, container string) edit {
	return with("ecs-tasks.9.json", `{"tasks": [{"taskArn": "arn:aws:ecs:eu-west-1:111122223333:task/shop/99", "lastStatus": "STOPPED",
		"stopCode": "`+code+`", "stoppedReason": "`+reason+`", "startedAt": 1795100000.5, "stoppingAt": "2026-11-20T14:03:00.1+00:00", "stoppedAt": "2026-11-20T14:03:30.7+00:00",
		"attachments": [{"details": [{"name": "privateIPv4Address", "value": "10.0.10.7"}]}],
		"containers": [{"name": "app"`+container+`}]}]}`)
}

func TestJudge(t *testing.T) {
	const (
		noGroup    = `"GroupId": "sg-0d0d0d0d"}], "IpRanges": []`
		admitLB    = "\"GroupId\": \"sg-0b000000000000001\"\n                        }\n                    ],\n                    \"IpRanges\": []"
		during     = `"2026-11-20T14:03:45Z"`
		afterwards = `"2026-11-20T14:30:00Z"`
		noPoint    = "\"Timestamps\": [\n                \"2026-11-20T14:03:00+00:00\"\n            ],\n            \"Values\": [\n                5.0\n            ]"
	)
	meanwhile := in("collected.", afterwards, during)
	// The next ones make the log's minute 14:03 one without connection errors, or take the metrics of the group away.
	quiet := in("metrics.shop.50dc6c495c0c9188.web", noPoint, `"Timestamps": [], "Values": []`)
	noMetrics := without("metrics.")

	for _, c := range []struct {
		name  string
		id    string
		edits []edit
		claim func(*Claim)
		want  Verdict
		says  []string // each a part of a reason or caveat
		not   string   // in none of them
	}{
		{name: "counted", id: "connect-timeout", want: Confirmed, says: []string{"for TargetConnectionErrorCount counted 5 at the time", "against security groups, network ACLs and routes let the load balancer reach 2 targets"}},
		{name: "not counted", id: "connect-timeout", edits: []edit{quiet}, want: Contradicted, says: []string{"against TargetConnectionErrorCount counted nothing at the time"}},
		{name: "of another time", id: "connect-timeout", claim: func(c *Claim) { c.From, c.To = at("18:00:00"), at("18:05:00") }, want: Unknown},
		{name: "no metrics", id: "connect-timeout", edits: []edit{noMetrics}, want: Unknown, says: []string{"the hosts do not answer", "2026-11-20T14:30:00Z"}},
		{name: "a security group is shut", id: "connect-timeout", edits: []edit{noMetrics, in("security-groups.", admitLB, noGroup)}, want: Confirmed, says: []string{"for security group sg-0c000000000000002 of 2 targets does not admit"}},
		{name: "a network ACL is shut", id: "connect-timeout", edits: []edit{noMetrics, in("network-acls.", `"From": 1024`, `"From": 32768`)}, want: Confirmed, says: []string{"for network ACL acl-0f000000000000002 of subnet-0a0000000000000c3 lets nothing out"}},
		{name: "shut, but nothing was counted", id: "connect-timeout", edits: []edit{quiet, in("security-groups.", admitLB, noGroup)}, want: Unknown, says: []string{"for security group", "against TargetConnectionErrorCount"}},
		{name: "nothing of the network", id: "connect-timeout", edits: []edit{noMetrics, without("security-groups."), without("subnets.")}, want: Unknown, not: "the hosts do not answer"},
		{name: "not all of the network", id: "connect-timeout", edits: []edit{noMetrics, without("network-acls.")}, want: Unknown, not: "the hosts do not answer"},
		{name: "only the whole load balancer's metric", id: "connect-timeout", edits: []edit{noMetrics, with("m.json", `{"MetricDataResults": [{"Label": "TargetConnectionErrorCount Sum 60 `+shopLB+`", "Timestamps": ["2026-11-20T14:04:00Z"], "Values": [2]}]}`)},
			want: Confirmed, says: []string{"TargetConnectionErrorCount counts all target groups of the load balancer"}},

		{name: "refused", id: "connect-refused", want: Confirmed, says: []string{"for TargetConnectionErrorCount counted 5", "web speaks HTTP with its targets: no TLS handshake can have failed"}},
		{name: "TLS", id: "connect-refused", edits: []edit{quiet, in("target-groups.", `"Protocol": "HTTP",`, `"Protocol": "HTTPS",`),
			with("n.json", `{"MetricDataResults": [{"Label": "TargetTLSNegotiationErrorCount Sum 60 `+shopLB+" "+shopTG+`", "Timestamps": ["2026-11-20T14:03:00Z"], "Values": [4]}]}`)},
			want: Confirmed, says: []string{"for TargetTLSNegotiationErrorCount counted 4", "TLS handshakes failed"}},
		{name: "HTTPS, but refused", id: "connect-refused", edits: []edit{in("target-groups.", `"Protocol": "HTTP",`, `"Protocol": "HTTPS",`)}, want: Confirmed, says: []string{"no TLS handshake failed: connections were refused"}},
		{name: "HTTPS, unknown", id: "connect-refused", edits: []edit{noMetrics, in("target-groups.", `"Protocol": "HTTP",`, `"Protocol": "HTTPS",`)}, want: Unknown, says: []string{"TLS handshakes may have failed"}},
		{name: "neither", id: "connect-refused", edits: []edit{quiet}, want: Contradicted},

		{name: "the timeout that is set", id: "idle-timeout", claim: func(c *Claim) { c.Estimates = Estimates{"idle_timeout_seconds": 60.4} }, want: Confirmed, says: []string{"the idle timeout of shop is 60 s, as the log shows"}},
		{name: "another timeout", id: "idle-timeout", claim: func(c *Claim) { c.Estimates = Estimates{"idle_timeout_seconds": 30} }, want: Contradicted, says: []string{"the idle timeout of shop is 60 s, the log shows 30 s"}},
		{name: "no estimate", id: "idle-timeout", want: Unknown},
		{name: "no attributes", id: "idle-timeout", edits: []edit{without("load-balancer-attributes.")}, claim: func(c *Claim) { c.Estimates = Estimates{"idle_timeout_seconds": 60} }, want: Unknown},
		{name: "by the group alone", id: "idle-timeout", claim: func(c *Claim) { c.LoadBalancers = nil; c.Estimates = Estimates{"idle_timeout_seconds": 60} }, want: Confirmed},

		{name: "shorter keep-alive", id: "keepalive-race", claim: func(c *Claim) { c.Estimates = Estimates{"server_keepalive_seconds": 5} }, want: Confirmed},
		{name: "longer keep-alive", id: "keepalive-race", claim: func(c *Claim) { c.Estimates = Estimates{"server_keepalive_seconds": 75} }, want: Contradicted},

		{name: "the delay", id: "deregistration-cut", claim: func(c *Claim) { c.Estimates = Estimates{"deregistration_delay_seconds": 121} }, want: Confirmed},
		{name: "a delay in the range", id: "deregistration-cut", claim: func(c *Claim) {
			c.Estimates = Estimates{"deregistration_delay_seconds": 116, "deregistration_delay_min_seconds": 115, "deregistration_delay_max_seconds": 120}
		}, want: Confirmed},
		{name: "a delay beyond the range", id: "deregistration-cut", claim: func(c *Claim) {
			c.Estimates = Estimates{"deregistration_delay_seconds": 116, "deregistration_delay_min_seconds": 115, "deregistration_delay_max_seconds": 119}
		}, want: Contradicted},
		{name: "another delay", id: "deregistration-cut", claim: func(c *Claim) { c.Estimates = Estimates{"deregistration_delay_seconds": 30} }, want: Contradicted},
		{name: "a delay of no estimate", id: "deregistration-cut", want: Unknown, says: []string{"the deregistration delay of web is 120 s"}},

		{name: "out of memory", id: "target-crash", edits: []edit{stopped("EssentialContainerExited", "Essential container in task exited", `, "exitCode": 137, "reason": "OutOfMemoryError: Container killed due to memory usage"`)},
			want: Confirmed, says: []string{`the task at 10.0.10.7:8080 stopped at 2026-11-20T14:03:30Z: EssentialContainerExited`, `exit code 137 "OutOfMemoryError`}},
		{name: "told to stop", id: "target-crash", edits: []edit{stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", "")}, want: Contradicted, says: []string{"it was told to stop"}},
		{name: "unhealthy", id: "target-crash", edits: []edit{stopped("ServiceSchedulerInitiated", "Task failed ELB health checks in (target-group x)", "")}, want: Confirmed},
		{name: "spot", id: "target-crash", edits: []edit{stopped("SpotInterruption", "Your Spot Task was interrupted.", "")}, want: Confirmed},
		{name: "another time", id: "target-crash", edits: []edit{stopped("EssentialContainerExited", "x", "")}, claim: func(c *Claim) { c.From, c.To = at("13:00:00"), at("13:05:00") }, want: Unknown},
		{name: "another target", id: "target-crash", edits: []edit{stopped("EssentialContainerExited", "x", "")}, claim: func(c *Claim) { c.Targets = []string{"10.0.11.8:8080"} }, want: Unknown, says: []string{"runs since 2026-11-18T10:02:00Z"}},
		{name: "an impaired instance", id: "target-crash", edits: []edit{in("network-interfaces.", `"AttachmentId": "ela-attach-01"`, `"InstanceId": "i-0123456789abcdef0"`),
			with("i.json", `{"InstanceStatuses": [{"InstanceId": "i-0123456789abcdef0", "InstanceState": {"Code": 16, "Name": "running"}, "InstanceStatus": {"Status": "impaired", "Details": [{"Name": "reachability", "Status": "failed", "ImpairedSince": "2026-11-20T14:02:50+00:00"}]}, "SystemStatus": {"Status": "ok"}}]}`)},
			want: Confirmed, says: []string{"instance i-0123456789abcdef0 is impaired since 2026-11-20T14:02:50Z"}},
		{name: "impaired an hour later", id: "target-crash", edits: []edit{in("network-interfaces.", `"AttachmentId": "ela-attach-01"`, `"InstanceId": "i-0123456789abcdef0"`),
			with("i.json", `{"InstanceStatuses": [{"InstanceId": "i-0123456789abcdef0", "SystemStatus": {"Status": "impaired", "Details": [{"ImpairedSince": "2026-11-20T15:02:50+00:00"}]}}]}`)}, want: Unknown, not: "impaired"},

		{name: "stopped by a deployment", id: "shutdown-early", edits: []edit{stopped("ServiceSchedulerInitiated", "Scaling activity initiated by (deployment ecs-svc/1)", "")}, want: Confirmed, says: []string{`container "app" is killed 60 s after SIGTERM`}},
		{name: "stopped by itself", id: "shutdown-early", edits: []edit{stopped("EssentialContainerExited", "x", "")}, want: Contradicted},
		{name: "a deployment under way", id: "shutdown-early", edits: []edit{in("ecs-services.", `"2026-11-18T10:00:00.500000+00:00"`, `"2026-11-20T14:01:00.5+00:00"`), in("ecs-services.", `"COMPLETED"`, `"IN_PROGRESS"`)}, want: Confirmed, says: []string{"ECS deployed to web at the time, from 2026-11-20T14:01:00Z on"}},
		{name: "a deployment two days before", id: "deploy", want: Unknown},
		{name: "a deployment an hour later", id: "deploy", edits: []edit{in("ecs-services.", `"2026-11-18T10:00:00.500000+00:00"`, `"2026-11-20T15:01:00.5+00:00"`), in("ecs-services.", `"2026-11-18T10:06:00.500000+00:00"`, `"2026-11-20T15:06:00.5+00:00"`)}, want: Unknown},
		{name: "a deployment at the time", id: "deploy", edits: []edit{in("ecs-services.", `"2026-11-18T10:00:00.500000+00:00"`, `"2026-11-20T14:01:00.5+00:00"`), in("ecs-services.", `"2026-11-18T10:06:00.500000+00:00"`, `"2026-11-20T14:06:00.5+00:00"`)}, want: Confirmed},

		{name: "hosts were there", id: "no-target", want: Contradicted, says: []string{"HealthyHostCount was never below 2", "2 targets of web are registered now", "not that of the time of the failures"}},
		{name: "none, then", id: "no-target", edits: []edit{noMetrics, meanwhile, in("target-health.", `"State": "healthy"`, `"State": "unused"`)}, want: Confirmed},
		{name: "none, now", id: "no-target", edits: []edit{noMetrics, in("target-health.", `"State": "healthy"`, `"State": "unused"`)}, want: Unknown, says: []string{"for no target of web is registered and used now", "that of 2026-11-20T14:30:00Z"}},
		{name: "some, then", id: "no-target", edits: []edit{noMetrics, meanwhile}, want: Contradicted},
		{name: "no time told", id: "no-target", edits: []edit{noMetrics, without("collected.")}, want: Unknown, says: []string{"that of when the files were collected"}},
		{name: "of a time not asked for", id: "no-target", edits: []edit{without("target-health.")}, claim: func(c *Claim) { c.From, c.To = at("18:00:00"), at("18:05:00") }, want: Unknown},
		{name: "no hosts counted", id: "no-target", edits: []edit{without("target-health."), in("metrics.shop.50dc6c495c0c9188.web", `2.0`, `0.0`)}, want: Confirmed},

		{name: "healthy hosts", id: "fail-open", want: Contradicted, says: []string{"UnhealthyRoutingRequestCount counted nothing", "HealthyHostCount was never below 2"}},
		{name: "routed to unhealthy ones", id: "fail-open", edits: []edit{without("metrics.shop.50dc6c495c0c9188.web"), with("u.json", `{"MetricDataResults": [{"Label": "UnhealthyRoutingRequestCount Sum 60 `+shopLB+" "+shopTG+`", "Timestamps": ["2026-11-20T14:04:00Z"], "Values": [44]}]}`)},
			want: Confirmed, says: []string{"UnhealthyRoutingRequestCount counted 44"}},
		{name: "all unhealthy then", id: "fail-open", edits: []edit{noMetrics, meanwhile, in("target-health.", `"State": "healthy"`, `"State": "unhealthy", "Reason": "Target.Timeout"`)}, want: Confirmed, says: []string{"2 targets: Target.Timeout"}},
		{name: "all unhealthy now", id: "fail-open", edits: []edit{noMetrics, in("target-health.", `"State": "healthy"`, `"State": "unhealthy", "Reason": "Target.Timeout"`)}, want: Unknown},

		{name: "busy", id: "saturation", want: Confirmed, says: []string{"CPUUtilization of service/shop/web was 99 %"}},
		{name: "relaxed", id: "saturation", claim: func(c *Claim) { c.From, c.To = at("14:05:30"), at("14:09:00") }, want: Unknown, says: []string{"against CPUUtilization of service/shop/web was 40 % at most"}},

		{name: "targets' own", id: "target-5xx", claim: func(c *Claim) { c.From, c.To = at("14:00:10"), at("14:00:20") }, want: Confirmed},
		{name: "no fixed response", id: "fixed-response", want: Unknown, says: []string{"against no rule of shop answers 4xx or 5xx"}},
		{name: "a fixed response", id: "fixed-response", edits: []edit{in("rules.", `"Type": "forward"`, `"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "503", "MessageBody": "x"}`)}, want: Confirmed, says: []string{`for a rule of shop answers "503"`}},
		{name: "not a known finding", id: "xyz", want: Unknown},
	} {
		t.Run(c.id+"/"+c.name, func(t *testing.T) {
			claim := Claim{
				ID: c.id, LoadBalancers: []string{shopLB}, TargetGroups: []string{shopARN}, Targets: []string{"10.0.10.7:8080", "10.0.11.8:8080"},
				From: at("14:03:10"), To: at("14:04:50"),
			}
			if c.claim != nil {
				c.claim(&claim)
			}
			got := shop(t, c.edits...).Judge(claim)
			if got.Verdict != c.want {
				t.Errorf("%v, want %v: %q", got.Verdict, c.want, got.Reasons)
			}
			said := strings.Join(append(slices.Clone(got.Reasons), got.Caveats...), "\n")
			if c.not != "" && strings.Contains(said, c.not) {
				t.Errorf("says %q:\n%s", c.not, said)
			}
			for _, s := range c.says {
				if !strings.Contains(said, s) {
					t.Errorf("does not say %q:\n%s", s, said)
				}
			}
		})
	}
}

// A foreign load balancer's facts say nothing of this log.
func TestJudgeForeign(t *testing.T) {
	s := shop(t)
	for id := range judges {
		j := s.Judge(Claim{
			ID: id, LoadBalancers: []string{"app/blog/1111111111111111"}, TargetGroups: []string{"arn:aws:elasticloadbalancing:eu-west-1:999988887777:targetgroup/posts/2222222222222222"},
			Targets: []string{"172.16.0.1:80"}, From: at("14:03:10"), To: at("14:04:50"),
			Estimates: Estimates{"idle_timeout_seconds": 60, "server_keepalive_seconds": 5, "deregistration_delay_seconds": 120},
		})
		if j.Verdict != Unknown || len(j.Reasons) > 0 {
			t.Errorf("%s: %+v", id, j)
		}
	}
}
