package aggregate

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"alblens/internal/pathtemplate"
)

// everything is each part alone, and some combinations.
func everything() []Dimension {
	var all []Dimension
	for p := range Part(numParts) {
		all = append(all, Dimension{p})
	}
	return append(all,
		Dimension{Target, Path}, Dimension{Path, Target}, Dimension{Target, Path, Time}, Dimension{Host, Method},
		Dimension{Time, Node}, Dimension{Rule, Status, UserAgent, Client}, Dimension{TargetGroup, LoadBalancer})
}

func templates(t testing.TB) *pathtemplate.Templates {
	t.Helper()
	paths, err := pathtemplate.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

func TestSetAgainstOracle(t *testing.T) {
	for seed := range seeds(12) {
		for _, o := range []oracle{
			{bucket: time.Minute, templates: true},
			{bucket: time.Minute, byCreation: true},
			{bucket: 7 * time.Second, templates: true, byCreation: true},
		} {
			t.Run(fmt.Sprintf("seed=%d/bucket=%v,created=%v", seed, o.bucket, o.byCreation), func(t *testing.T) {
				rnd := rand.New(rand.NewPCG(seed, 0))
				rows := randomRows(rnd, 1+rnd.IntN(800))
				options := Options{By: everything(), Bucket: o.bucket, ByCreation: o.byCreation}
				if o.templates {
					options.Paths = templates(t)
				}
				checkResult(t, setOf(t, options, rows).Freeze(), o.result(everything(), rows))
			})
		}
	}
}

func TestDefaults(t *testing.T) {
	rows := randomRows(rand.New(rand.NewPCG(1, 1)), 300)
	got := setOf(t, Options{}, rows).Freeze()
	by := []Dimension{{Target}, {Path}, {Time}, {TargetGroup}, {Host}, {Node}}
	checkResult(t, got, oracle{bucket: time.Minute}.result(by, rows))
}

func TestNothing(t *testing.T) {
	got := NewSet(Options{By: []Dimension{{Path}, {Time}, {Host, Time}}}).Freeze()
	want := &Result{
		Bucket: time.Minute, TimeBucket: time.Minute, Missing: []Missing{},
		Tables: []Table{{By: Dimension{Path}, Rows: []Row{}}, {By: Dimension{Time}}, {By: Dimension{Host, Time}, Rows: []Row{}}},
		Series: []Series{{Part: Path, Bucket: time.Minute}},
	}
	if d := diff(got, want); d != "" {
		t.Errorf("got -, want +:\n%s", d)
	}
}

// One record, its numbers written out by hand.
func TestOneRecord(t *testing.T) {
	r := plainRow(time.Date(2026, 11, 20, 14, 5, 59, 999_999_000, time.UTC)).failed("504", 1000, -1, -1)
	r.created = time.Date(2026, 11, 20, 14, 4, 59, 998_000_000, time.UTC)
	stats := Stats{
		Requests: 1, Status: []StatusCount{{504, 1}}, ELB5xx: 1, ELB504: 1,
		MissingTargetTime: 1, MissingResponseTime: 1, ReceivedBytes: 321, SentBytes: 4567, First: r.at, Last: r.at,
		Duration: Quantiles{Count: 1, P50: 60_001_999, P90: 60_001_999, P99: 60_001_999, Max: 60_001_999},
	}
	start := time.Date(2026, 11, 20, 14, 5, 0, 0, time.UTC)
	want := &Result{
		Bucket: time.Minute, TimeBucket: time.Minute, Totals: stats,
		Missing: []Missing{{Status: 504, TargetResponse: 1}},
		Tables: []Table{
			{By: Dimension{Target}, Rows: []Row{{Values: []Value{{Text: "10.0.1.9:8080"}}, Group: Value{Text: web}, Stats: stats}}},
			{By: Dimension{Time}, Rows: []Row{{Values: []Value{{Text: "2026-11-20T14:05:00Z"}}, Start: start, Stats: stats}}},
			{By: Dimension{Rule, Time}, Rows: []Row{{
				Values: []Value{{Text: "0"}, {Text: "2026-11-20T14:05:00Z"}}, Group: Value{Absent: true}, Stats: stats}}},
		},
		Series: []Series{{Part: Target, Bucket: time.Minute, Keys: []KeySeries{{
			Key: Value{Text: "10.0.1.9:8080"}, Points: []Point{{Start: start, Requests: 1, ELB504: 1}}}}}},
	}
	checkResult(t, setOf(t, Options{By: []Dimension{{Target}, {Time}, {Rule, Time}}}, []row{r}).Freeze(), want)
}

// Keys whose parts run into each other when they are joined stay apart.
func TestCombinationsStayApart(t *testing.T) {
	a, b, c := plainRow(noon), plainRow(noon), plainRow(noon)
	a.method, a.agent = "GET", "X"
	b.method, b.agent = "GETX", ""
	c.method, c.agent = "GE", "TX"
	got := setOf(t, Options{By: []Dimension{{Method, UserAgent}}}, []row{a, b, c}).Freeze()
	if n := len(got.Tables[0].Rows); n != 3 {
		t.Errorf("%d rows, want 3:\n%v", n, got.Tables[0].Rows)
	}
}

// The times of one bucket are [start, start + width), before 1970 too.
func TestBucketEdges(t *testing.T) {
	for _, c := range []struct{ at, start string }{
		{"2026-11-20T14:05:00Z", "2026-11-20T14:05:00Z"},
		{"2026-11-20T14:05:59.999999Z", "2026-11-20T14:05:00Z"},
		{"1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z"},
		{"1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:00Z"},
		{"1969-12-31T23:59:00Z", "1969-12-31T23:59:00Z"},
		{"0001-01-01T00:00:59Z", "0001-01-01T00:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		got := setOf(t, Options{By: []Dimension{{Time}, {Time, Host}}}, []row{plainRow(at)}).Freeze()
		for _, table := range got.Tables {
			if text := table.Rows[0].Values[0].Text; text != c.start {
				t.Errorf("%s is in the bucket of %s, want %s", c.at, text, c.start)
			}
		}
	}
}

// A target seen in two groups has the one with most requests, and the first by name of two with as many.
func TestMainGroup(t *testing.T) {
	in := func(group string) row {
		r := plainRow(noon)
		r.group = group
		return r
	}
	for _, c := range []struct {
		groups []string
		want   Value
	}{
		{[]string{"-"}, Value{Absent: true}},
		{[]string{"-", "-", "a"}, Value{Text: "a"}},
		{[]string{"b", "a"}, Value{Text: "a"}},
		{[]string{"b", "a", "b"}, Value{Text: "b"}},
	} {
		var rows []row
		for _, g := range c.groups {
			rows = append(rows, in(g))
		}
		got := setOf(t, Options{By: []Dimension{{Target}}}, rows).Freeze().Tables[0].Rows[0].Group
		if got != c.want {
			t.Errorf("groups %q: main group %v, want %v", c.groups, got, c.want)
		}
	}
}

func TestGroupName(t *testing.T) {
	for arn, want := range map[string]string{
		web: "web",
		"arn:aws-cn:elasticloadbalancing:cn-north-1:1:targetgroup/api-v2/0123": "api-v2",
		"arn:aws:elasticloadbalancing:eu-west-1:1:targetgroup/bare":            "bare",
		"something else": "something else",
		"":               "",
	} {
		if got := GroupName(arn); got != want {
			t.Errorf("GroupName(%q) = %q, want %q", arn, got, want)
		}
	}
}
