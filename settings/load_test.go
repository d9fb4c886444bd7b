package settings

import (
	"io/fs"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"unicode/utf16"
)

func TestLoad(t *testing.T) {
	s := shop(t)
	if !s.Collected.Equal(at("14:30:00")) {
		t.Errorf("collected at %v", s.Collected)
	}
	b, g := s.LoadBalancers[shopLB], s.TargetGroups[shopTG]
	if b == nil || g == nil || len(s.LoadBalancers)+len(s.TargetGroups) != 2 {
		t.Fatalf("load balancers %v, target groups %v", s.LoadBalancers, s.TargetGroups)
	}
	if idle, ok := b.IdleTimeout(); idle != 60 || !ok || b.Name() != "shop" || b.VPC != "vpc-0a1b2c3d4e5f60718" || b.Zones[1] != (Zone{"eu-west-1b", "subnet-0a0000000000000b2"}) {
		t.Errorf("load balancer %+v", b)
	}
	if delay, ok := g.DeregistrationDelay(); delay != 120 || !ok || g.Name() != "web" || g.Port != 80 || g.Matcher.HTTP != "200" ||
		g.HealthCheckInterval != 30 || g.HealthCheckTimeout != 5 || g.UnhealthyThreshold != 2 {
		t.Errorf("target group %+v", g)
	}
	if len(g.Targets) != 2 || g.Targets[1].Target.ID != "10.0.11.8" || g.Targets[1].Target.Port != 8080 || g.Targets[1].Health.State != "healthy" {
		t.Errorf("targets %+v", g.Targets)
	}
	for what, got := range map[string]int{
		"listeners": len(s.Listeners), "listener rules": len(s.ListenerRules), "route tables": len(s.RouteTables),
		"services": len(s.Services), "task definitions": len(s.TaskDefinitions),
	} {
		if got != 1 {
			t.Errorf("%d %s, want 1", got, what)
		}
	}
	if len(s.SecurityGroups) != 2 || len(s.NetworkACLs) != 2 || len(s.Subnets) != 4 || len(s.Interfaces) != 2 || len(s.Tasks) != 2 {
		t.Errorf("%d security groups, %d network ACLs, %d subnets, %d interfaces, %d tasks", len(s.SecurityGroups), len(s.NetworkACLs), len(s.Subnets), len(s.Interfaces), len(s.Tasks))
	}
	if got := s.Zone(netip.MustParseAddr("10.0.11.8"), ""); got != "eu-west-1b" {
		t.Errorf("zone %q", got)
	}
	if got := s.Zone(netip.MustParseAddr("192.0.2.1"), ""); got != "" {
		t.Errorf("zone %q of a stranger", got)
	}
}

// A file that cannot be used is told, by name, and costs nothing of the others.
func TestLoadProblems(t *testing.T) {
	const (
		arn  = `"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/api/0123456789abcdef"`
		long = `{"LoadBalancers": [{"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/x/0123456789abcdef", "Type": "application"`
	)
	for _, c := range []struct{ name, text, want string }{
		{"a.json", "", "is empty: the command was denied or failed"},
		{"a.json", " \n", "is empty: the command was denied or failed"},
		{"a.json", "An error occurred (AccessDenied)", `is not JSON: "An error occurred (AccessDenied)"; run the command with --output json`},
		{"a.txt", "LOADBALANCERS\tshop", `is not JSON: "LOADBALANCERS\tshop"; run the command with --output json`},
		{"a.json", `{"Listeners": []} {"Listeners": [}` + "\n", `is not JSON: "{\"Listeners\": [}"; run the command with --output json`},
		{"a.json", long, "is cut short"},
		{"a.json", `[{"LoadBalancerArn": "x"}]`, "holds JSON, but no object"},
		{"a.json", `null`, "holds JSON, but no object"},
		{"a.json", `{}`, "holds an empty object, which no command prints that is read here"},
		{"a.json", `{"Reservations": [], "Owner": 1, "A": 2, "B": 3}`, `holds "A", "B", "Owner", …, which no command prints that is read here`},
		{"a.json", `{"LoadBalancerDescriptions": []}`, `holds "LoadBalancerDescriptions", which no command prints that is read here`},
		{"a.json", `{"LoadBalancers": "none"}`, "LoadBalancers is no list"},
		{"a.json", `{"LoadBalancers": [{"LoadBalancerArn": 7}]}`, "LoadBalancers[0].LoadBalancerArn must not be a number"},
		{"a.json", `{"LoadBalancers": [[]]}`, "LoadBalancers[0] must not be a list"},
		{"a.json", `{"LoadBalancers": [{"AvailabilityZones": [{"SubnetId": true}]}]}`, "LoadBalancers[0].AvailabilityZones.SubnetId must not be true or false"},
		{"a.json", `{"LoadBalancers": [], "TargetGroups": [{"Port": 1.5}]}`, "TargetGroups[0].Port must not be 1.5"},
		{"a.json", `{"taskDefinition": {"containerDefinitions": [{"name": 1.5}]}}`, "taskDefinition.containerDefinitions.name must not be a number"},
		{"a.json", `{"LoadBalancers": [{"LoadBalancerArn": "arn:x\n'; rm -rf /", "Type": "application"}]}`, `"arn:x\n'; rm -rf /" is no ARN of an Application Load Balancer`},
		{"a.json", `{"LoadBalancers": [], "NextMarker": "abc"}`, "is one page of several: what is on the others is missing"},
		{"a.json", `{"services": [], "failures": [{"arn": "arn:aws:ecs:x", "reason": "MISSING"}]}`, `says "MISSING" of "arn:aws:ecs:x"`},
		{"a.json", `{"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]}`, "does not tell whose it is: name it load-balancer-attributes.NAME.ID.json"},
		{"load-balancer-attributes.x.0123456789abcdef.json", `{"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "soon"}]}`, `idle_timeout.timeout_seconds is "soon", no number of seconds`},
		{"target-group-attributes.x.zzz.json", `{"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "60"}]}`, "does not tell whose it is: name it target-group-attributes.NAME.ID.json"},
		{"a.json", `{"TargetHealthDescriptions": [], "TargetGroupArn": "web"}`, "TargetGroupArn is no ARN of a targetgroup"},
		{"a.json", `{"Attributes": [{"Key": "connection_logs", "Value": "1"}]}`, "holds attributes of no Application Load Balancer and no target group"},
		{"a.json", `{"SecurityGroups": [{"GroupId": "sg-1; true"}]}`, `"sg-1; true" is no id of a security group`},
		{"a.json", `{"Subnets": [{"SubnetId": "subnet-01234567", "CidrBlock": "10.0.0.0/99"}]}`, `Subnets[0]: netip.ParsePrefix("10.0.0.0/99"): prefix length out of range`},
		{"a.json", `{"tasks": [{"taskArn": "arn:aws:s3:::x"}]}`, `"arn:aws:s3:::x" is no ARN of ECS`},
		{"a.json", `{"MetricDataResults": [{"Label": "RequestCount", "Timestamps": [], "Values": []}]}`, `the label "RequestCount" does not tell which metric of what it is: METRIC STATISTIC SECONDS app/NAME/ID`},
		{"a.json", `{"MetricDataResults": [{"Label": "RequestCount ` + shopLB + `", "Timestamps": [1], "Values": []}]}`, "RequestCount: 1 times for 0 values"},
		{"a.json", `{"MetricDataResults": [{"Label": "RequestCount ` + shopLB + `", "StatusCode": "Forbidden"}]}`, "RequestCount: CloudWatch says Forbidden"},
		{"a.json", `{"CollectedAt": "today"}`, "CollectedAt is no time"},

		// what is no problem
		{"a.json", `{"TargetHealthDescriptions": [], "TargetGroupArn": ` + arn + `}`, ""},
		{"target-health.api.0123456789abcdef.json", `{"TargetHealthDescriptions": []}`, ""},
		{"a.json", `{"LoadBalancers": [{"LoadBalancerArn": "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/x/0123456789abcdef", "Type": "network"}]}`, ""},
		{".DS_Store", "\x00\x01", ""},
		{".git/config", "[core]", ""},
		{"deeper/b.json", "\xef\xbb\xbf" + `{"Listeners": []}`, ""},
	} {
		files := shopFiles(t, with(c.name, c.text))
		s, problems, err := Load(files)
		if err != nil {
			t.Fatal(err)
		}
		want := []Problem{{c.name, c.want}}
		if c.want == "" {
			want = nil
		}
		if !slices.Equal(problems, want) {
			t.Errorf("%s: %q\n got %q\nwant %q", c.name, c.text, problems, want)
		}
		if breaches, unchecked := s.Rules(shopLog()); len(breaches)+len(unchecked) > 0 {
			t.Errorf("%s: %q costs others: %+v %q", c.name, c.text, breaches, unchecked)
		}
	}
}

// What is good of a file is kept: items beside a bad one, and a document before one that is cut short.
func TestLoadKeepsTheRest(t *testing.T) {
	s, problems, err := Load(fstest.MapFS{"x.json": {Data: []byte(
		`{"Subnets": [{"SubnetId": "subnet-00000001", "CidrBlock": "10.0.0.0/24"}, {"SubnetId": 3}, {"SubnetId": "subnet-00000002"}]}
		 {"SecurityGroups": [{"GroupId": "sg-00000001"}]}
		 {"SecurityGroups": [{"GroupId": "sg-000`)}})
	if err != nil || len(problems) != 2 || problems[1] != (Problem{"x.json", "is cut short"}) {
		t.Errorf("%q, %v", problems, err)
	}
	if len(s.Subnets) != 2 || len(s.SecurityGroups) != 1 {
		t.Errorf("%d subnets, %d security groups", len(s.Subnets), len(s.SecurityGroups))
	}
}

func TestLoadEmpty(t *testing.T) {
	want := []Problem{{"", "holds no file; alblens collect prints the script that fills it"}}
	if _, problems, err := Load(fstest.MapFS{".git/config": {}, "deeper": {Mode: fs.ModeDir}}); err != nil || !slices.Equal(problems, want) {
		t.Errorf("%q, %v", problems, err)
	}
}

func TestLoadUTF16(t *testing.T) {
	text := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(`{"SecurityGroups": [{"GroupId": "sg-00000001", "GroupName": "für alle 🎈"}]}`)) {
		text = append(text, byte(u), byte(u>>8))
	}
	s, problems, _ := Load(fstest.MapFS{"x.json": {Data: text}})
	if len(problems) > 0 || len(s.SecurityGroups) != 1 {
		t.Errorf("%q, %d security groups", problems, len(s.SecurityGroups))
	}
}

// The order of files does not matter where they tell different things of one resource.
func TestLoadMerges(t *testing.T) {
	attributes := `{"Attributes": [{"Key": "deregistration_delay.timeout_seconds", "Value": "7"}], "TargetGroupArn": "` + shopARN + `"}`
	group := `{"TargetGroups": [{"TargetGroupArn": "` + shopARN + `", "Protocol": "HTTP", "Port": 81}]}`
	for _, files := range []fstest.MapFS{
		{"a": {Data: []byte(attributes)}, "b": {Data: []byte(group)}},
		{"a": {Data: []byte(group)}, "b": {Data: []byte(attributes)}},
	} {
		s, problems, _ := Load(files)
		g := s.TargetGroups[shopTG]
		if len(problems) > 0 || g == nil {
			t.Fatalf("%q", problems)
		}
		if delay, _ := g.DeregistrationDelay(); delay != 7 || g.Port != 81 {
			t.Errorf("%+v", g)
		}
	}
}

func TestParseARN(t *testing.T) {
	for text, want := range map[string]ARN{
		shopARN: {shopARN, "aws", "eu-west-1", "111122223333", shopTG},
		"arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:111122223333:loadbalancer/app/a-b/0123456789abcdef": {
			"arn:aws-us-gov:elasticloadbalancing:us-gov-west-1:111122223333:loadbalancer/app/a-b/0123456789abcdef", "aws-us-gov", "us-gov-west-1", "111122223333", "app/a-b/0123456789abcdef"},
		"":                             {},
		shopARN + "\n":                 {},
		shopARN + " ":                  {},
		"x" + shopARN:                  {},
		shopARN[:len(shopARN)-1] + "'": {},
		strings.ToUpper(shopARN):       {},
		"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/-x/0123456789abcdef":     {},
		"arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/$(x)/0123456789abcdef":   {},
		"arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/net/x/0123456789abcdef": {},
		"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/x/0123456789abcdef":                 {},
	} {
		got, ok := ParseARN(text)
		if got != want || ok != (want != ARN{}) {
			t.Errorf("%q: %+v, %v", text, got, ok)
		}
	}
}

func TestParseLabel(t *testing.T) {
	for label, want := range map[string]Series{
		"RequestCount Sum 60 " + shopLB:                         {Metric: "RequestCount", Statistic: "Sum", Period: minute, LoadBalancer: shopLB},
		shopLB + " " + shopTG + " HealthyHostCount 300 Minimum": {Metric: "HealthyHostCount", Statistic: "Minimum", Period: 5 * minute, LoadBalancer: shopLB, TargetGroup: shopTG},
		"TargetResponseTime p99.9 " + shopLB:                    {Metric: "TargetResponseTime", Statistic: "p99.9", Period: minute, LoadBalancer: shopLB},
		"CPUUtilization Maximum 60 i-0123456789abcdef0":         {Metric: "CPUUtilization", Statistic: "Maximum", Period: minute, Other: "i-0123456789abcdef0"},
		"MemoryUtilization Maximum 60 service/shop/web":         {Metric: "MemoryUtilization", Statistic: "Maximum", Period: minute, Other: "service/shop/web"},
	} {
		got, ok := parseLabel(label)
		if !ok || !got.same(&want) {
			t.Errorf("%q: %+v, %v", label, got, ok)
		}
	}
	for _, label := range []string{"", "RequestCount", shopLB, "RequestCount Sum 60", "RequestCount $(x) " + shopLB} {
		if got, ok := parseLabel(label); ok {
			t.Errorf("%q: %+v", label, got)
		}
	}
}

// The pages of a series are one, sorted, and a time counts once.
func TestMetricPages(t *testing.T) {
	page := func(points string) string {
		return `{"MetricDataResults": [{"Label": "RequestCount Sum 60 ` + shopLB + `", ` + points + `}]}`
	}
	s, problems, _ := Load(fstest.MapFS{
		"a.json": {Data: []byte(page(`"Timestamps": ["2026-11-20T14:02:00+00:00", "2026-11-20T14:01:00+00:00"], "Values": [3.0, 2.0]`))},
		"b.json": {Data: []byte(page(`"Timestamps": ["2026-11-20T15:01:00+01:00", 1795183200.0], "Values": [2.0, 1.0]`))},
	})
	if len(problems) > 0 || len(s.Metrics) != 1 {
		t.Fatalf("%q, %d metrics", problems, len(s.Metrics))
	}
	want := []Point{{at("14:00:00"), 1}, {at("14:01:00"), 2}, {at("14:02:00"), 3}}
	if !slices.Equal(s.Metrics[0].Points, want) {
		t.Errorf("%v", s.Metrics[0].Points)
	}
}

func FuzzLoad(f *testing.F) {
	base := shopFiles(f)
	for name, file := range base {
		f.Add(name, file.Data)
	}
	f.Add("target-health.a.0123456789abcdef.json", []byte(`{"TargetHealthDescriptions":[null]}`))
	f.Fuzz(func(t *testing.T, name string, text []byte) {
		if !fs.ValidPath(name) || strings.Contains(name, "/") || name == "." {
			name = "x.json"
		}
		files := maps.Clone(base)
		files[name] = &fstest.MapFile{Data: text}
		s, _, err := Load(files)
		if err != nil {
			t.Fatal(err)
		}
		breaches, _ := s.Rules(shopLog())
		for _, b := range breaches {
			for _, v := range b.Verify {
				checkCommand(t, v.Command)
			}
			for _, x := range b.Fix {
				if x.Kind == "cli" {
					checkCommand(t, x.Text)
				}
			}
		}
		for id := range judges {
			s.Judge(Claim{ID: id, LoadBalancers: []string{shopLB}, TargetGroups: []string{shopARN}, Targets: []string{"10.0.10.7:8080"}, From: at("14:00:00"), To: at("14:05:00"), Estimates: Estimates{"idle_timeout_seconds": 60}})
		}
		s.Reconcile(shopLog())
		s.Foreign(shopLog())
	})
}

// checkCommand: nothing in a command is more than a word to a shell.
func checkCommand(t *testing.T, command string) {
	t.Helper()
	for i, part := range strings.Split(command, "'") {
		if i%2 == 0 && strings.ContainsAny(part, "\"`$;&|<>()[]{}*?!#~\n\t\\") {
			t.Errorf("command %q", command)
		}
	}
	if strings.Count(command, "'")%2 > 0 {
		t.Errorf("command %q", command)
	}
}
