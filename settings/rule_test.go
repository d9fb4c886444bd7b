package settings

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/advice.json anew")

// A piece of advice is a command or a text of a breach. tools/advicecheck holds them to the AWS CLI's own models.
type piece struct{ ID, Kind, Text string }

// piecesOf are those of breaches.
func piecesOf(breaches []Breach) []piece {
	var list []piece
	for _, b := range breaches {
		for _, v := range b.Verify {
			list = append(list, piece{b.ID, "cli", v.Command})
		}
		for _, f := range b.Fix {
			list = append(list, piece{b.ID, f.Kind, f.Text})
		}
	}
	return list
}

// checkPieces holds what all breaches advise against testdata/advice.json.
func checkPieces(t *testing.T, list []piece) {
	t.Helper()
	const golden = "testdata/advice.json"
	slices.SortFunc(list, func(a, b piece) int {
		return cmp.Or(strings.Compare(a.ID, b.ID), strings.Compare(a.Kind, b.Kind), strings.Compare(a.Text, b.Text))
	})
	var got bytes.Buffer
	lines := json.NewEncoder(&got)
	lines.SetEscapeHTML(false)
	for _, p := range slices.Compact(list) {
		if err := lines.Encode(p); err != nil {
			t.Fatal(err)
		}
	}
	if *update {
		if err := os.WriteFile(golden, got.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s is not what breaches advise; -update writes it anew:\n%s", golden, got.Bytes())
	}
}

func TestRules(t *testing.T) {
	var advised []piece
	group := func(change func(*Group)) func(*Observed) {
		return func(o *Observed) { change(&o.Groups[0]) }
	}
	longest := func(seconds float64) func(*Observed) { return group(func(g *Group) { g.LongestSuccess = seconds }) }
	estimate := func(name string, seconds float64) func(*Observed) {
		return group(func(g *Group) { g.Estimates = Estimates{"server_keepalive_seconds": 75, name: seconds} })
	}
	cause := func(slug string) func(*Observed) { return group(func(g *Group) { g.Causes[slug] = 7 }) }
	targets := func(list ...string) func(*Observed) { return group(func(g *Group) { g.Targets = list }) }

	const (
		lbSubnet     = `10.0.0.0/24`
		allowAnswers = `"CidrBlock": "0.0.0.0/0",
                    "Egress": true,
                    "Protocol": "6",
                    "RuleAction": "allow",
                    "RuleNumber": 120,`
		admitLB = `"GroupId": "sg-0b000000000000001"
                        }
                    ],
                    "IpRanges": []`
	)
	for _, c := range []struct {
		name  string
		edits []edit
		log   []func(*Observed)
		want  string   // severity and key of each breach
		says  []string // in the first breach
	}{
		{name: "all is well"},

		{name: "keep-alive below the idle timeout", log: []func(*Observed){estimate("server_keepalive_seconds", 5)},
			want: "medium setting-keepalive/shop/web",
			says: []string{"servers keep an idle connection for about 5 s, the load balancer of shop reuses one for up to 60 s", "keep-alive timeout: 75 s or more"}},
		{name: "keep-alive equal to the idle timeout", log: []func(*Observed){estimate("server_keepalive_seconds", 60)},
			want: "medium setting-keepalive/shop/web"},
		{name: "keep-alive just above it", log: []func(*Observed){estimate("server_keepalive_seconds", 61)}},
		{name: "a longer idle timeout", edits: []edit{in("load-balancer-attributes.", `"Value": "60"`, `"Value": "120"`)},
			log:  []func(*Observed){estimate("idle_timeout_seconds", 120)},
			want: "medium setting-keepalive/shop/web", says: []string{"150 s or more"}},

		{name: "an idle timeout that the log does not show", log: []func(*Observed){estimate("idle_timeout_seconds", 30)},
			want: "low setting-idle-timeout/shop/differs", says: []string{"60 s is set, and requests to web were given up after 30 s"}},
		{name: "an idle timeout that the application needs longer", log: []func(*Observed){cause("idle-timeout"), longest(57)},
			want: "medium setting-idle-timeout/shop/web",
			says: []string{"7 requests were given up after 60 s, and others took up to 57 s", "Key=idle_timeout.timeout_seconds,Value=120", "hides a slow application"}},
		{name: "timeouts of an application that hangs", log: []func(*Observed){cause("idle-timeout"), longest(2)}},
		{name: "slow, but nothing was lost", log: []func(*Observed){longest(57)}},

		{name: "a delay of 0", edits: []edit{in("target-group-attributes.", `"Value": "120"`, `"Value": "0"`), in("ecs-task-def", `"stopTimeout": 60`, `"stopTimeout": 90`)},
			want: "medium setting-deregistration/web", says: []string{"cut as soon as it is taken out", "deregistration_delay.timeout_seconds,Value=30"}},
		{name: "a delay below the longest request", log: []func(*Observed){longest(130)},
			edits: []edit{in("ecs-task-def", `"stopTimeout": 60`, `"stopTimeout": 130`)},
			want:  "medium setting-deregistration/web",
			says:  []string{"a target of web has 120 s to end its requests when it is taken out, and they take up to 130 s", "Value=195"}},
		{name: "a delay just as long", log: []func(*Observed){longest(60)}, edits: []edit{in("target-group-attributes.", `"Value": "120"`, `"Value": "60"`)}},

		{name: "killed too soon", log: []func(*Observed){longest(70)},
			want: "medium setting-stop-timeout/web", says: []string{"killed 60 s after SIGTERM, its stopTimeout, and requests to web take up to 70 s", `"stopTimeout": 84`}},
		{name: "ECS's default of 30 s", log: []func(*Observed){longest(31)}, edits: []edit{in("ecs-task-def", `"stopTimeout": 60`, `"stopTimeout": null`)},
			want: "medium setting-stop-timeout/web", says: []string{"killed 30 s after SIGTERM, ECS's default"}},
		{name: "a sidecar may be killed", log: []func(*Observed){longest(31)}},

		{name: "a health check on another port", edits: []edit{
			in("target-groups.", `"traffic-port"`, `"9000"`),
			in("security-groups.", `"ToPort": 8080`, `"ToPort": 9000`),
			in("network-acls.", `"To": 8080`, `"To": 9000`)},
			want: "low setting-health-check/web/port", says: []string{"checks go to port 9000, requests to 8080"}},
		{name: "a health check on the traffic port by number", edits: []edit{in("target-groups.", `"traffic-port"`, `"8080"`)}},
		{name: "a check as long as its interval", edits: []edit{in("target-groups.", `"HealthCheckTimeoutSeconds": 5`, `"HealthCheckTimeoutSeconds": 30`)},
			want: "medium setting-health-check/web/timeout", says: []string{"may take 30 s and the next one begins after 30 s"}},
		{name: "slow to notice", edits: []edit{in("target-groups.", `"UnhealthyThresholdCount": 2`, `"UnhealthyThresholdCount": 5`)},
			want: "low setting-health-check/web/interval", says: []string{"for up to 150 s, 5 checks every 30 s"}},
		{name: "errors pass", edits: []edit{in("target-groups.", `"HttpCode": "200"`, `"HttpCode": "200-499"`)},
			want: "low setting-health-check/web/matcher", says: []string{`"/healthz"`, `"200-499"`}},
		{name: "redirects pass", edits: []edit{in("target-groups.", `"HttpCode": "200"`, `"HttpCode": "200,301-302"`)}},
		{name: "all unhealthy", edits: []edit{in("target-health.", `"State": "healthy"`, `"State": "unhealthy", "Reason": "Target.ResponseCodeMismatch"`)},
			want: "medium setting-health-check/web/targets", says: []string{"all 2 targets of web fail", "2 targets: Target.ResponseCodeMismatch", "2026-11-20T14:30:00Z"}},
		{name: "one unhealthy", edits: []edit{in("target-health.", `"State": "healthy"
            },
            "AdministrativeOverride": {
                "State": "no_override",
                "Reason": "AdministrativeOverride.NoOverride",
                "Description": "No override is currently active on target"
            }
        }
    ]`, `"State": "unhealthy"}}]`)}},

		{name: "the targets admit another group", edits: []edit{in("security-groups.", admitLB, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": []`)},
			want: "medium setting-security-group/shop/web",
			says: []string{"security group sg-0c000000000000002 of 2 targets does not admit the load balancer (sg-0b000000000000001) from 10.0.0.0/24, 10.0.1.0/24 on port 8080",
				"against no request failed as connect-timeout", "aws ec2 authorize-security-group-ingress --group-id sg-0c000000000000002 --protocol tcp --port 8080 --source-group sg-0b000000000000001 --region eu-west-1"}},
		{name: "the targets admit one of two subnets", edits: []edit{in("security-groups.", admitLB, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": [{"CidrIp": "10.0.0.0/24"}]`)},
			log:  []func(*Observed){cause("connect-timeout")},
			want: "medium setting-security-group/shop/web", says: []string{"from 10.0.1.0/24 on port 8080", "for 7 requests failed as connect-timeout"}},
		{name: "the targets admit both subnets", edits: []edit{in("security-groups.", admitLB, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": [{"CidrIp": "10.0.0.0/23"}]`)}},
		{name: "the health check's port is shut", edits: []edit{in("target-groups.", `"traffic-port"`, `"9000"`), in("network-acls.", `"To": 8080`, `"To": 9000`)},
			want: "low setting-health-check/web/port\nmedium setting-security-group/shop/web"},
		{name: "the load balancer may not send", edits: []edit{in("security-groups.", `"GroupId": "sg-0c000000000000002"
                        }`, `"GroupId": "sg-0d0d0d0d"}`)},
			want: "medium setting-security-group/shop/web", says: []string{"lets nothing out to 2 targets on port 8080", "authorize-security-group-egress"}},
		{name: "the load balancer may send to one address", edits: []edit{in("security-groups.", `"GroupId": "sg-0c000000000000002"
                        }
                    ],
                    "IpRanges": []`, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": [{"CidrIp": "10.0.10.7/32"}]`)},
			want: "medium setting-security-group/shop/web", says: []string{"lets nothing out to target 10.0.11.8 on port 8080"}},
		{name: "the address of a target that is gone is another's", log: []func(*Observed){targets("10.0.10.7:8080", "10.0.10.9:8080")},
			edits: []edit{in("network-interfaces.", `"PrivateIpAddress": "10.0.11.8"`, `"PrivateIpAddress": "10.0.10.9"`), in("network-interfaces.", `"GroupName": "shop-web"`, `"GroupName": "x"`),
				with("security-groups.x.json", `{"SecurityGroups": [{"GroupId": "sg-0e0e0e0e", "VpcId": "vpc-0a1b2c3d4e5f60718"}]}`),
				with("network-interfaces.x.json", `{"NetworkInterfaces": [{"NetworkInterfaceId": "eni-00000000000000002", "VpcId": "vpc-0a1b2c3d4e5f60718", "PrivateIpAddress": "10.0.10.9", "Groups": [{"GroupId": "sg-0e0e0e0e"}]}]}`)}},
		{name: "targets that are instances", edits: []edit{in("security-groups.", admitLB, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": []`),
			in("target-groups.", `"TargetType": "ip"`, `"TargetType": "instance"`), in("target-health.", `"10.0.10.7"`, `"i-0123456789abcdef0"`), in("target-health.", `"10.0.11.8"`, `"i-0123456789abcdef1"`),
			in("network-interfaces.", `"AttachmentId": "ela-attach-01"`, `"InstanceId": "i-0123456789abcdef0"`)},
			want: "medium setting-security-group/shop/web", says: []string{"of target 10.0.10.7 does not admit"}},
		{name: "groups known by the service", edits: []edit{without("network-interfaces."), in("security-groups.", admitLB, `"GroupId": "sg-0d0d0d0d"}], "IpRanges": []`)},
			want: "medium setting-security-group/shop/web"},

		{name: "no answer back", edits: []edit{in("network-acls.", `"From": 1024`, `"From": 32768`)},
			want: "medium setting-nacl/shop/web",
			says: []string{"network ACL acl-0f000000000000002 of subnet-0a0000000000000c3 lets nothing out to 10.0.0.0 on port 1024: no rule allows it",
				"aws ec2 create-network-acl-entry --network-acl-id acl-0f000000000000002 --egress --rule-number 32766 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.0.0/24 --rule-action allow --region eu-west-1",
				"--egress --rule-number 32765 --protocol tcp --port-range From=1024,To=65535 --cidr-block 10.0.1.0/24 "}},
		{name: "requests may not leave", edits: []edit{in("network-acls.", "\"Egress\": true,\n                    \"Protocol\": \"-1\",\n                    \"RuleAction\": \"allow\"", "\"Egress\": true, \"Protocol\": \"17\", \"RuleAction\": \"allow\"")},
			log:  []func(*Observed){targets("10.0.10.7:8080", "10.0.11.8:8080")},
			want: "medium setting-nacl/shop/web",
			says: []string{"network ACL acl-0e000000000000001 of subnet-0a0000000000000a1 lets nothing out to 10.0.10.7 on port 8080: no rule allows it", "--egress --rule-number 32766 --protocol tcp --port-range From=8080,To=8080 --cidr-block 10.0.10.0/24 "}},
		{name: "answers denied by a rule before", edits: []edit{in("network-acls.", allowAnswers, `"CidrBlock": "10.0.1.128/25", "Egress": true, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 119}, {`+allowAnswers)},
			want: "medium setting-nacl/shop/web", says: []string{"lets nothing out to 10.0.1.128 on port 1024: rule 119 denies it", "--rule-number 118"}},
		{name: "a rule that denies comes too late", edits: []edit{in("network-acls.", allowAnswers, `"CidrBlock": "10.0.1.128/25", "Egress": true, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 121}, {`+allowAnswers)}},
		{name: "requests of one subnet", edits: []edit{in("network-acls.", `10.0.0.0/23`, lbSubnet)},
			want: "medium setting-nacl/shop/web", says: []string{"lets nothing in from 10.0.1.0 on port 8080"}},
		{name: "targets in the load balancer's own subnet", log: []func(*Observed){targets("10.0.0.9:8080")}, edits: []edit{
			in("network-acls.", "0a0000000000000a1", "0a0000000000000ff"), in("network-acls.", "0a0000000000000c3", "0a0000000000000a1"), // answers may leave, requests come from elsewhere only
			in("network-acls.", "10.0.0.0/23", "10.0.1.0/24"), in("network-interfaces.", "10.0.10.7", "10.0.0.9"), in("target-health.", "10.0.10.7", "10.0.0.9")}},
		{name: "few free addresses", edits: []edit{in("subnets.", `"AvailableIpAddressCount": 201`, `"AvailableIpAddressCount": 7`)},
			want: "medium setting-subnet/shop", says: []string{"subnet-0a0000000000000b2 in eu-west-1b has 7 free addresses", "describe-subnets --subnet-ids subnet-0a0000000000000b2 --region eu-west-1"}},
		{name: "just enough free addresses", edits: []edit{in("subnets.", `"AvailableIpAddressCount": 201`, `"AvailableIpAddressCount": 8`)}},
		{name: "few free addresses of targets", edits: []edit{in("subnets.", `"AvailableIpAddressCount": 202`, `"AvailableIpAddressCount": 0`)}},
		{name: "impaired", edits: []edit{in("load-balancers.", `"Code": "active"`, `"Code": "active_impaired"`)}, want: "medium setting-subnet/shop"},

		{name: "logs are off", edits: []edit{in("load-balancer-attributes.", `"Value": "true"
        },
        {
            "Key": "access_logs.s3.bucket"`, `"Value": "false"}, {"Key": "access_logs.s3.bucket"`)}, want: "medium setting-access-logs/shop"},
		{name: "logs go elsewhere", edits: []edit{in("load-balancer-attributes.", "shop-logs", "other-logs")},
			want: "low setting-access-logs/shop", says: []string{`goes to "other-logs", and was read from "shop-logs"`}},
		{name: "logs were read from disk", edits: []edit{in("load-balancer-attributes.", "shop-logs", "other-logs")}, log: []func(*Observed){func(o *Observed) { o.Buckets = nil }}},
	} {
		t.Run(c.name, func(t *testing.T) {
			breaches, unchecked := shop(t, c.edits...).Rules(shopLog(c.log...))
			var got []string
			for _, b := range breaches {
				got = append(got, b.Severity+" "+b.Key)
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			for _, u := range unchecked {
				t.Errorf("unchecked: %s: %s", u.Rule, u.Why)
			}
			advised = append(advised, piecesOf(breaches)...)
			for _, b := range breaches {
				for _, v := range b.Verify {
					checkCommand(t, v.Command)
				}
				for _, f := range b.Fix {
					if f.Kind == "cli" {
						checkCommand(t, f.Text)
					}
				}
			}
			if len(breaches) > 0 {
				text := allText(breaches[0])
				for _, s := range c.says {
					if !strings.Contains(text, s) {
						t.Errorf("does not say %q:\n%s", s, text)
					}
				}
			}
		})
	}
	noRoute, _ := shop(t, in("route-tables.", `"0.0.0.0/0"`, `"172.16.0.0/12"`), in("target-health.", "10.0.10.7", "192.168.5.5")).
		Rules(shopLog(targets("192.168.5.5:8080")))
	checkPieces(t, append(advised, piecesOf(noRoute)...))
}

func allText(b Breach) string {
	list := []string{b.Title, b.Summary}
	list = append(list, b.Reasons...)
	list = append(list, b.Caveats...)
	for _, v := range b.Verify {
		list = append(list, v.Why, v.Command)
	}
	for _, f := range b.Fix {
		list = append(list, f.Why, f.Text)
	}
	return strings.Join(list, "\n")
}

// Without a file the rules that need it say so, and the others are checked as before.
func TestRulesWithoutAFile(t *testing.T) {
	for _, c := range []struct {
		drop string
		want string // rules that could not be checked
		why  string // of the first
	}{
		{"load-balancers.", "setting-security-group setting-nacl setting-route setting-subnet", "describe-load-balancers of app/shop/50dc6c495c0c9188 is missing"},
		{"load-balancer-attributes.", "setting-keepalive setting-idle-timeout setting-access-logs", "describe-load-balancer-attributes of app/shop/50dc6c495c0c9188 is missing"},
		{"target-groups.", "setting-health-check setting-security-group setting-nacl setting-route", "describe-target-groups of web is missing"},
		{"target-group-attributes.", "setting-deregistration", "describe-target-group-attributes of web is missing"},
		{"target-health.", "setting-health-check", "describe-target-health of web is missing"},
		{"security-groups.", "setting-security-group", "describe-security-groups has no sg-0c000000000000002"},
		{"network-acls.", "setting-nacl", "describe-network-acls has none of subnet-0a0000000000000b2"},
		{"subnets.", "setting-nacl setting-route setting-subnet", "describe-subnets of the load balancer's subnets is missing"},
		{"ecs-services.", "setting-stop-timeout", "ecs describe-services of a service behind web is missing; it may not run on ECS"},
		{"ecs-task-definition.", "setting-stop-timeout", "ecs describe-task-definition of the service behind web is missing"},
		{"listeners.", "", ""},
		{"rules.", "", ""},
		{"network-interfaces.", "", ""}, // the service tells the groups
		{"metrics.", "", ""},
		{"collected.", "", ""},
	} {
		t.Run(c.drop, func(t *testing.T) {
			breaches, unchecked := shop(t, without(c.drop)).Rules(shopLog())
			if len(breaches) > 0 {
				t.Errorf("breaches: %+v", breaches)
			}
			var got []string
			for _, u := range unchecked {
				if !slices.Contains(got, u.Rule) {
					got = append(got, u.Rule)
				}
			}
			if strings.Join(got, " ") != c.want {
				t.Errorf("unchecked %q, want %s", unchecked, c.want)
			}
			if len(unchecked) > 0 && unchecked[0].Why != c.why {
				t.Errorf("%q, want %q", unchecked[0].Why, c.why)
			}
		})
	}
}

// Files of another load balancer break no rule of this log's, and are told.
func TestForeign(t *testing.T) {
	s := shop(t,
		in("subnets.", `"AvailableIpAddressCount": 201`, `"AvailableIpAddressCount": 0`),
		in("load-balancer-attributes.", `"Value": "60"`, `"Value": "4000"`),
		in("target-group-attributes.", `"Value": "120"`, `"Value": "0"`))
	o := shopLog(func(o *Observed) {
		o.LoadBalancers = []string{"app/blog/1111111111111111"}
		o.Groups[0].ARN = "arn:aws:elasticloadbalancing:eu-west-1:999988887777:targetgroup/posts/2222222222222222"
	})
	breaches, unchecked := s.Rules(o)
	if len(breaches) > 0 {
		t.Errorf("breaches of another load balancer's: %+v", breaches)
	}
	rulesSeen := map[string]bool{}
	for _, u := range unchecked {
		rulesSeen[u.Rule] = true
	}
	if len(rulesSeen) != len(rules) {
		t.Errorf("%d rules unchecked, want all %d: %q", len(rulesSeen), len(rules), unchecked)
	}
	foreign := s.Foreign(o)
	var files []string
	for _, p := range foreign {
		files = append(files, p.File)
	}
	// Files of a VPC cannot be told to be another's while the log's own is not known.
	want := []string{"ecs-services.2.json", "listeners.shop.50dc6c495c0c9188.json", "load-balancer-attributes.shop.50dc6c495c0c9188.json",
		"load-balancers.shop.50dc6c495c0c9188.json", "metrics.shop.50dc6c495c0c9188.json", "metrics.shop.50dc6c495c0c9188.web.6d0ecf831eec9f09.json",
		"rules.shop.50dc6c495c0c9188.0467ef3c8400ae65.json", "target-group-attributes.web.6d0ecf831eec9f09.json",
		"target-groups.web.6d0ecf831eec9f09.json", "target-health.web.6d0ecf831eec9f09.json"}
	if !slices.Equal(files, want) {
		t.Errorf("foreign %q\nwant %q", files, want)
	}
	if got := shop(t).Foreign(shopLog()); len(got) > 0 {
		t.Errorf("the log's own files are foreign: %q", got)
	}

	other := with("subnets.other.json", `{"Subnets": [{"SubnetId": "subnet-0123456789abcdef0", "VpcId": "vpc-99999999", "CidrBlock": "10.0.0.0/24", "AvailableIpAddressCount": 1}]}`)
	s = shop(t, other)
	if got := s.Foreign(shopLog()); len(got) != 1 || got[0] != (Problem{"subnets.other.json", "is about subnet-0123456789abcdef0 in vpc-99999999, of which the log shows nothing"}) {
		t.Errorf("foreign %q", got)
	}
	if breaches, _ := s.Rules(shopLog()); len(breaches) > 0 {
		t.Errorf("another VPC's subnet breaks a rule: %+v", breaches)
	}
}

// Targets outside the VPC need a route from each of the load balancer's subnets.
func TestRoutes(t *testing.T) {
	const own = `], "Routes": []}, {"RouteTableId": "rtb-0a000000000000002", "VpcId": "vpc-0a1b2c3d4e5f60718", "Associations": [{"Main": false, "SubnetId": "subnet-0a0000000000000b2"}`
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"by default", `"active"`, `"active"`, nil},
		{"the narrowest one leads there", `"0.0.0.0/0",`, `"192.168.0.0/16", "State": "active"}, {"DestinationCidrBlock": "0.0.0.0/0", "State": "blackhole"}, {"DestinationCidrBlock": "172.16.0.0/12",`, nil},
		{"a subnet's own table", `"RouteTableId": "rtb-0a000000000000001"
                }
            ]`, `"RouteTableId": "rtb-0a000000000000001"}` + own + `]`, []string{
			"for route table rtb-0a000000000000001 of subnet-0a0000000000000a1 has no route to 192.168.5.5",
			"against no request failed as connect-timeout"}},
		{"none", `"0.0.0.0/0"`, `"172.16.0.0/12"`, []string{
			"for route table rtb-0a000000000000001 of subnet-0a0000000000000a1 has no route to 192.168.5.5",
			"for route table rtb-0a000000000000001 of subnet-0a0000000000000b2 has no route to 192.168.5.5",
			"against no request failed as connect-timeout"}},
		{"the narrowest one leads nowhere", `"0.0.0.0/0",
                    "GatewayId": "igw-0a000000000000001",
                    "Origin": "CreateRoute",
                    "State": "active"
                }`, `"0.0.0.0/0", "State": "active"}, {"DestinationCidrBlock": "192.168.0.0/16", "State": "blackhole"}`, []string{
			"for route table rtb-0a000000000000001 of subnet-0a0000000000000a1 sends packets to 192.168.5.5 nowhere (blackhole)",
			"for route table rtb-0a000000000000001 of subnet-0a0000000000000b2 sends packets to 192.168.5.5 nowhere (blackhole)",
			"against no request failed as connect-timeout"}},
	} {
		breaches, _ := shop(t, in("route-tables.", c.old, c.new), in("target-health.", "10.0.10.7", "192.168.5.5")).Rules(shopLog(func(o *Observed) { o.Groups[0].Targets = []string{"192.168.5.5:8080"} }))
		var got []string
		for _, b := range breaches {
			if b.ID == "setting-route" {
				got = append(got, b.Reasons...)
			}
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// Nothing is known, and nothing is made of it.
func TestNoSettings(t *testing.T) {
	for _, s := range []*Settings{nil, {}, newSettings()} {
		if breaches, unchecked := s.Rules(shopLog()); len(breaches) > 0 || len(unchecked) == 0 {
			t.Errorf("%d breaches, %d unchecked", len(breaches), len(unchecked))
		}
		if j := s.Judge(Claim{ID: "connect-timeout", TargetGroups: []string{shopARN}, LoadBalancers: []string{shopLB}}); j.Verdict != Unknown || len(j.Reasons) > 0 {
			t.Errorf("%+v", j)
		}
		if r := s.Reconcile(shopLog()); len(r.Counts) > 0 || len(r.Unchecked) != 1 {
			t.Errorf("%+v", r)
		}
		if breaches, unchecked := s.Rules(&Observed{}); len(breaches)+len(unchecked) > 0 {
			t.Errorf("of an empty log: %v %v", breaches, unchecked)
		}
	}
}

func TestDiffer(t *testing.T) {
	for _, c := range []struct {
		estimate, set float64
		want          bool
	}{{60, 60, false}, {61, 60, false}, {61.3, 60, true}, {58.7, 60, true}, {5.9, 5, false}, {6.1, 5, true}, {305, 300, false}, {307, 300, true}} {
		if got := differ(c.estimate, c.set); got != c.want {
			t.Errorf("%v of %v: %v", c.estimate, c.set, got)
		}
	}
}

// A load balancer is that of a group by the group itself, or else by listeners and rules that send to it.
func TestBalancersOf(t *testing.T) {
	const other = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef"
	none := in("target-groups.", `"LoadBalancerArns": [
                "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/shop/50dc6c495c0c9188"
            ]`, `"LoadBalancerArns": []`)
	for _, c := range []struct {
		name  string
		edits []edit
		want  []string
	}{
		{"by the group", []edit{without("listeners."), without("rules.")}, []string{shopLB}},
		{"by the listener", []edit{none, without("rules.")}, []string{shopLB}},
		{"by the rule", []edit{none, without("listeners.")}, []string{shopLB}},
		{"not at all", []edit{none, without("listeners."), in("rules.", shopARN, other)}, nil},
		{"with no weight", []edit{none, without("rules."), in("listeners.", `"Weight": 1`, `"Weight": 0`)}, nil},
	} {
		s := shop(t, c.edits...)
		if got := s.balancersOf(s.TargetGroups[shopTG]); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q", c.name, got)
		}
	}
}

// What no file tells of is said, where two files could have told it too.
func TestRulesWithoutSecurityGroupsOfTargets(t *testing.T) {
	_, unchecked := shop(t, without("network-interfaces."), without("ecs-services.")).Rules(shopLog())
	if want := (Unchecked{"setting-security-group", "describe-network-interfaces of the targets of web is missing"}); !slices.Contains(unchecked, want) {
		t.Errorf("%q", unchecked)
	}
	_, unchecked = shop(t, in("load-balancers.", `"sg-0b000000000000001"`, "")).Rules(shopLog())
	if want := (Unchecked{"setting-security-group", "describe-load-balancers has no security group of " + shopLB}); !slices.Contains(unchecked, want) {
		t.Errorf("%q", unchecked)
	}
	_, unchecked = shop(t).Rules(shopLog(func(o *Observed) { o.Groups[0].Targets = []string{"10.0.10.99:8080"} }))
	if want := (Unchecked{"setting-nacl", "no target of web in the log is registered now"}); !slices.Contains(unchecked, want) {
		t.Errorf("%q", unchecked)
	}
}

// Addresses of a prefix list are in no file: such a rule may admit, so nothing is said against it.
func TestRulesWithPrefixList(t *testing.T) {
	_, unchecked := shop(t, in("security-groups.", `"PrefixListIds": []`, `"PrefixListIds": [{"PrefixListId": "pl-0123456789abcdef0"}]`),
		in("security-groups.", `"GroupId": "sg-0b000000000000001"
                        }`, `"GroupId": "sg-0d0d0d0d"}`)).Rules(shopLog())
	if want := []Unchecked{{"setting-security-group", "a security group names a prefix list, whose addresses are not known"}}; !slices.Equal(unchecked, want) {
		t.Errorf("%q", unchecked)
	}
}

// Two target groups tell of one load balancer's idle timeout once.
func TestIdleTimeoutOnce(t *testing.T) {
	breaches, _ := shop(t).Rules(shopLog(func(o *Observed) {
		o.Groups[0].Estimates["idle_timeout_seconds"] = 30
		o.Groups = append(o.Groups, Group{
			ARN: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef", LoadBalancers: []string{shopLB},
			Estimates: Estimates{"idle_timeout_seconds": 30},
		})
	}))
	if len(breaches) != 1 || breaches[0].Key != "setting-idle-timeout/shop/differs" {
		t.Errorf("%+v", breaches)
	}
}

// A Lambda function has no connections, no delay and no health check to speak of.
func TestRulesOfLambda(t *testing.T) {
	s := shop(t, in("target-groups.", `"TargetType": "ip"`, `"TargetType": "lambda"`), in("target-group-attributes.", `"Value": "120"`, `"Value": "0"`))
	if breaches, unchecked := s.Rules(shopLog(func(o *Observed) { o.Groups[0].Targets = nil })); len(breaches)+len(unchecked) > 0 {
		t.Errorf("%+v %q", breaches, unchecked)
	}
}

// What the log estimates as a whole is of a target group only where there is one.
func TestEstimateOfTheLog(t *testing.T) {
	o := shopLog(func(o *Observed) {
		o.Estimates = Estimates{"server_keepalive_seconds": 5, "idle_timeout_seconds": 30}
		o.Groups[0].Estimates = nil
	})
	keys := func() (list []string) {
		breaches, _ := shop(t).Rules(o)
		for _, b := range breaches {
			list = append(list, b.Key)
		}
		return list
	}
	if got, want := keys(), []string{"setting-keepalive/shop/web", "setting-idle-timeout/shop/differs"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	o.Groups = append(o.Groups, Group{ARN: "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef"})
	if got := keys(); len(got) > 0 {
		t.Errorf("%q", got)
	}
}
