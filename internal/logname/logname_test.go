package logname

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func at(year int, month time.Month, day, hour, min int) time.Time {
	return time.Date(year, month, day, hour, min, 0, 0, time.UTC)
}

func TestParse(t *testing.T) {
	const dir = "prefix/AWSLogs/123456789012/elasticloadbalancing/us-east-2/2022/05/01/"
	// AWS's own example, from the page linked in doc.go.
	const docs = "123456789012_elasticloadbalancing_us-east-2_app.my-loadbalancer.1234567890abcdef_20220215T2340Z_172.160.001.192_20sg8hgm.log.gz"
	access := Name{
		Kind: Access, Account: "123456789012", Region: "us-east-2",
		LoadBalancer: "app/my-loadbalancer/1234567890abcdef", Node: "172.160.1.192",
		End: at(2022, 2, 15, 23, 40), Random: "20sg8hgm", Base: docs,
	}
	with := func(change func(*Name)) Name {
		n := access
		change(&n)
		return n
	}

	tests := []struct {
		name, path string
		want       Name
	}{
		{"bare", docs, access},
		{"in AWS's folders", dir + docs, with(func(n *Name) { n.Day = at(2022, 5, 1, 0, 0) })},
		{"in other folders", "2022/05/01/" + docs, access},
		{"organization", "AWSLogs/o-abc123/123456789012/elasticloadbalancing/us-gov-west-1/2024/02/29/x.log",
			Name{Base: "x.log", Day: at(2024, 2, 29, 0, 0)}},
		{"no such day", "elasticloadbalancing/us-east-2/2023/02/29/x.log", Name{Base: "x.log"}},
		{"day without file", "elasticloadbalancing/us-east-2/2023/02/28", Name{Base: "28"}},
		{"not the service's folder", "my-elasticloadbalancing/us-east-2/2023/02/28/x", Name{Base: "x"}},
		{"unpacked", strings.TrimSuffix(docs, ".gz"), with(func(n *Name) { n.Base = strings.TrimSuffix(docs, ".gz") })},
		{"suffix of an archive", docs + ".1.bak", with(func(n *Name) { n.Base = docs + ".1.bak" })},
		{"nothing after the end time", "123456789012_elasticloadbalancing_us-east-2_app.my-loadbalancer.1234567890abcdef_20220215T2340Z.log",
			with(func(n *Name) {
				n.Node, n.Random = "", ""
				n.Base = "123456789012_elasticloadbalancing_us-east-2_app.my-loadbalancer.1234567890abcdef_20220215T2340Z.log"
			})},
		{"connection log", "conn_log_" + docs, with(func(n *Name) { n.Kind, n.Base = Connection, "conn_log_"+docs })},
		{"health check log", "health_check_log_" + docs, with(func(n *Name) { n.Kind, n.Base = HealthCheck, "health_check_log_"+docs })},
		{"network", "1_elasticloadbalancing_ap-southeast-7_net.n-1.0f_20220215T2340Z_20sg8hgm.log.gz", Name{
			Kind: Network, Account: "1", Region: "ap-southeast-7", LoadBalancer: "net/n-1/0f",
			End: at(2022, 2, 15, 23, 40), Random: "20sg8hgm",
			Base: "1_elasticloadbalancing_ap-southeast-7_net.n-1.0f_20220215T2340Z_20sg8hgm.log.gz",
		}},
		{"classic", "1_elasticloadbalancing_us-west-2_my-lb_20140215T2340Z_172.160.001.000_20sg8hgm.log", Name{
			Kind: Classic, Account: "1", Region: "us-west-2", LoadBalancer: "my-lb", Node: "172.160.1.0",
			End: at(2014, 2, 15, 23, 40), Random: "20sg8hgm",
			Base: "1_elasticloadbalancing_us-west-2_my-lb_20140215T2340Z_172.160.001.000_20sg8hgm.log",
		}},
		{"IPv6 node", "1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_2001:DB8::00A_r.log.gz", Name{
			Kind: Access, Account: "1", Region: "eu-west-3", LoadBalancer: "app/a/b", Node: "2001:db8::a",
			End: at(2026, 11, 20, 0, 0), Random: "r",
			Base: "1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_2001:DB8::00A_r.log.gz",
		}},
		{"node that is no address", "1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_node-01_r.log.gz", Name{
			Kind: Access, Account: "1", Region: "eu-west-3", LoadBalancer: "app/a/b", Node: "node-01",
			End: at(2026, 11, 20, 0, 0), Random: "r",
			Base: "1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_node-01_r.log.gz",
		}},
		{"test file", "AWSLogs/123456789012/ELBAccessLogTestFile", Name{Kind: TestFile, Base: "ELBAccessLogTestFile"}},
		{"test file of connection logs", "ELBConnectionLogTestFile", Name{Kind: TestFile, Base: "ELBConnectionLogTestFile"}},
		{"no AWS name", "/var/log/alb.log.gz", Name{Base: "alb.log.gz"}},
		{"a folder", "a/b/", Name{}},
		{"empty", "", Name{}},
		{"bad end time", strings.Replace(docs, "T2340Z", "T2460Z", 1), Name{Base: strings.Replace(docs, "T2340Z", "T2460Z", 1)}},
		{"bad load balancer", "1_elasticloadbalancing_eu-west-3_app.a_20261120T0000Z_1.2.3.4_r.log", Name{Base: "1_elasticloadbalancing_eu-west-3_app.a_20261120T0000Z_1.2.3.4_r.log"}},
		{"other service", "123456789012_vpcflowlogs_us-east-1_fl-1234_20180620T1620Z_fe123456.log.gz", Name{Base: "123456789012_vpcflowlogs_us-east-1_fl-1234_20180620T1620Z_fe123456.log.gz"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, Parse(tt.path)); diff != "" {
				t.Errorf("Parse(%q) (-want +got):\n%s", tt.path, diff)
			}
		})
	}
}

func TestStem(t *testing.T) {
	for path, want := range map[string]string{
		"d/conn_log_1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_1.2.3.4_r.log.gz": "conn_log_1_elasticloadbalancing_eu-west-3_app.a.b_",
		"1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z.log":                         "1_elasticloadbalancing_eu-west-3_app.a.b_",
		"1_elasticloadbalancing_r_20261120T0000Z_20261120T0000Z_1.2.3.4_20261120T0000Z.log":   "1_elasticloadbalancing_r_20261120T0000Z_",
		"d/alb.log": "",
	} {
		if got := Parse(path).Stem(); got != want {
			t.Errorf("Stem of %q = %q, want %q", path, got, want)
		}
	}
}

func TestDated(t *testing.T) {
	root, day := Dated("p/AWSLogs/1/elasticloadbalancing/eu-west-3/2026/11/20/sub/x.log")
	if root != "p/AWSLogs/1/elasticloadbalancing/eu-west-3/" || !day.Equal(at(2026, 11, 20, 0, 0)) {
		t.Errorf("Dated = %q, %v", root, day)
	}
}

func TestKindString(t *testing.T) {
	seen := map[string]bool{}
	for k := Other; k <= TestFile+1; k++ {
		if s := k.String(); s == "" || seen[s] {
			t.Errorf("Kind(%d).String() = %q: empty or used twice", k, s)
		} else {
			seen[s] = true
		}
	}
}

// FuzzParse holds Parse to what its callers build on: it never panics, a stem
// and the end time stand in the name, and a kind AWS dates has an end time.
func FuzzParse(f *testing.F) {
	f.Add("AWSLogs/1/elasticloadbalancing/eu-west-3/2026/11/20/1_elasticloadbalancing_eu-west-3_app.a.b_20261120T0000Z_010.0.0.1_r.log.gz")
	f.Add("health_check_log_1_elasticloadbalancing_r_net.a.b_20261120T0000Z_x.log")
	f.Add("1_elasticloadbalancing_20261120T0000Z_lb_20261120T0000Z_20261120T0000Z")
	f.Add("ELBAccessLogTestFile")
	f.Add("elasticloadbalancing//2026/11/20/x")
	f.Fuzz(func(t *testing.T, path string) {
		n := Parse(path)
		if !strings.HasSuffix(path, n.Base) {
			t.Errorf("Base %q does not end the path %q", n.Base, path)
		}
		if dated := n.Kind != Other && n.Kind != TestFile; dated == n.End.IsZero() {
			t.Errorf("%q: kind %v with end %v", path, n.Kind, n.End)
		} else if dated && !strings.HasPrefix(n.Base, n.Stem()+n.End.Format(Stamp)) {
			t.Errorf("%q: stem %q and end %v do not start the name", path, n.Stem(), n.End)
		}
		if root, day := Dated(path); !strings.HasPrefix(path, root) || !day.IsZero() && !strings.HasPrefix(path, root+day.Format(DayLayout)) {
			t.Errorf("%q: root %q, day %v", path, root, day)
		}
	})
}
