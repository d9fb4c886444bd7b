package browsercheck

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/diagnose/advice"
	"alblens/evidence"
	"alblens/internal/logname"
	"alblens/internal/pathtemplate"
	"alblens/internal/simulate"
	"alblens/partial"
	"alblens/report"
)

// simulated is the report of a scenario, as the program would make it.
func simulated(t testing.TB, scenario string) *report.Report {
	t.Helper()
	s, ok := simulate.Lookup(scenario)
	if !ok {
		t.Fatalf("there is no scenario %s", scenario)
	}
	objects, err := simulate.Generate(s.Config(1))
	if err != nil {
		t.Fatal(err)
	}
	o := options(t)
	whole := partial.Empty(&o)
	for object := range objects {
		z, err := gzip.NewReader(bytes.NewReader(object.Body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil {
			t.Fatal(err)
		}
		whole.Fold(summarized(&o, object.Key, text, int64(len(object.Body))))
	}
	return reported(whole.Freeze(), "logs")
}

func options(t testing.TB) partial.Options {
	t.Helper()
	templates, err := pathtemplate.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := partial.DefaultOptions()
	o.Aggregate.Paths = templates
	return o
}

func summarized(o *partial.Options, name string, text []byte, stored int64) *partial.Partial {
	b := partial.NewBuilder(o)
	b.Begin(name, logname.Parse(name).Node)
	number := 0
	for line := range bytes.Lines(text) {
		number++
		_ = b.Line(bytes.TrimSuffix(line, []byte("\n")), number, nil) // what is malformed is counted
	}
	return b.End(stored, int64(len(text)), nil)
}

func reported(r *partial.Result, sources ...string) *report.Report {
	return &report.Report{
		Version: "1.0.0",
		Run:     report.Run{Started: time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC), Elapsed: 1234 * time.Millisecond, Args: []string{"analyze", "logs", "-o", "report.html"}, Sources: sources},
		Options: report.Options{TimeField: "response", Bucket: time.Minute, MaxMalformed: 0.01},
		Result:  r, Top: 1000,
		Diagnosis: diagnose.Run(r, diagnose.Options{Access: advice.Access{Sources: sources}}),
	}
}

var day = time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)

// month is a summary of 30 days by minutes, of 5 000 targets and 1 000 paths. It is a literal: reading as many lines
// would take too long.
func month(t testing.TB) *report.Report {
	t.Helper()
	const minutes, targets, paths = 30 * 24 * 60, 5000, 1000
	cell := func(i int, requests uint64) aggregate.Stats {
		s := aggregate.Stats{Requests: requests, ELB5xx: uint64(i%7 + i%3), ELB502: uint64(i % 3), ELB504: uint64(i % 7), Target5xx: uint64(i % 11),
			First: day, Last: day.AddDate(0, 0, 30), SentBytes: 12345678 * uint64(i%100)}
		s.TargetTime = aggregate.Quantiles{Count: requests, P50: int64(17_023 + 97*(i%1000)), P90: int64(120_319 + 397*(i%1000)), P99: int64(2_608_300 + 1234*(i%5000)), Max: 59_998_000}
		s.Duration = s.TargetTime
		return s
	}
	c := &aggregate.Result{Bucket: time.Minute, TimeBucket: time.Minute, Totals: cell(654_321, 1_234_567_890)}
	add := func(by string, n int, key func(int) string) {
		d, err := aggregate.ParseDimension(by)
		if err != nil {
			t.Fatal(err)
		}
		table := aggregate.Table{By: d}
		for i := range n {
			row := aggregate.Row{Values: []aggregate.Value{{Text: key(i)}}, Stats: cell(n-i, uint64(100_000+i*7919%1_000_000))}
			row.Group = aggregate.Value{Text: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/checkout-service/3a2e426b7393ba25"}
			row.Start = day.Add(time.Duration(i) * time.Minute)
			table.Rows = append(table.Rows, row)
		}
		c.Tables = append(c.Tables, table)
	}
	target := func(i int) string { return fmt.Sprintf("10.%d.%d.%d:8080", i/65536, i/256%256, i%256) }
	path := func(i int) string { return fmt.Sprintf("/api/v%d/accounts/{int}/orders/{uuid}/%d", i%3, i) }
	add("target", targets, target)
	add("path", paths, path)
	add("time", minutes, func(i int) string { return day.Add(time.Duration(i) * time.Minute).Format(time.RFC3339) })
	c.Totals.Requests, c.Totals.ELB5xx, c.Totals.ELB502, c.Totals.ELB504, c.Totals.Target5xx = 0, 0, 0, 0, 0
	for _, row := range c.Tables[2].Rows {
		c.Totals.Requests += row.Requests
		c.Totals.ELB5xx += row.ELB5xx
		c.Totals.ELB502 += row.ELB502
		c.Totals.ELB504 += row.ELB504
		c.Totals.Target5xx += row.Target5xx
	}
	add("target-group", 40, func(i int) string {
		return fmt.Sprintf("arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/service-%d/3a2e426b7393ba25", i)
	})
	add("host", 200, func(i int) string { return fmt.Sprintf("shop-%d.example.com", i) })
	add("node", 12, func(i int) string { return fmt.Sprintf("203.0.113.%d", i) })
	for part, key := range map[aggregate.Part]func(int) string{aggregate.Target: target, aggregate.Path: path} {
		s := aggregate.Series{Part: part, Bucket: 64 * time.Minute}
		for i := range 20 {
			k := aggregate.KeySeries{Key: aggregate.Value{Text: key(i)}}
			for j := range 675 {
				k.Points = append(k.Points, aggregate.Point{Start: day.Add(time.Duration(j) * s.Bucket), Requests: uint64(12345 + i*j), ELB504: uint64(i * j % 17)})
			}
			s.Keys = append(s.Keys, k)
		}
		c.Series = append(c.Series, s)
	}
	lines := int64(c.Totals.Requests)
	r := reported(&partial.Result{Ledger: partial.Ledger{Objects: 51840, Complete: 51840, Lines: lines, Records: lines}, Counts: c, Evidence: &evidence.Result{}}, "logs")
	for range 3 { // as many findings as a bad month has
		r.Diagnosis.Findings = append(r.Diagnosis.Findings, simulated(t, "demo").Diagnosis.Findings...)
	}
	return r
}

// hostiles would run, steer or break something if they were not shown as text.
var hostiles = []string{
	"/<script>alert(1)</script>", `/"onerror="alert(1)`, "/'><img src=x onerror=alert(1)>", "/</script><script>alert(1)</script>",
	"/<!--<script>alert(1)//", "/{{.}}{{template}}${alert(1)}", "/\x1b[31mred\x1b]0;title\x07", "/\u202egpj.exe\u2066", "/\u2028\u2029",
	"/\\x00\\x1b[2J", "/bad\xff\xfe", "/javascript:alert(1)", "/</style><style>*{display:none}</style>", "/=cmd|'/c calc'!A1", "/]]></title></textarea>",
}

// hostile is a log whose every field that a client or an object's name can write holds what would do harm, as the load
// balancer would not even write it.
func hostile(t testing.TB) *report.Report {
	t.Helper()
	var text strings.Builder
	for minute := range 12 {
		for i, h := range hostiles {
			at := day.Add(time.Duration(minute)*time.Minute + time.Duration(i)*time.Second)
			field := strings.NewReplacer(`"`, `\x22`, "\n", `\x0a`).Replace(h)
			status, times, target := "504", "0.000 -1 -1", "-"
			if i%3 == 0 {
				status, times, target = "502", "0.001 0.002 -1", "-"
			}
			fmt.Fprintf(&text, `https %s app/shop/50dc6c495c0c9188 192.0.2.%d:4711 10.0.0.%d:80 %s %s %s 300 500 "GET https://example.com:443%s HTTP/1.1" "%s" - - `+
				`arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/3a2e426b7393ba25 "Root=%s" "%s" "-" 0 %s "forward" "-" "-" "10.0.0.%d:80" "-" "-" "-"`+"\n",
				at.Add(time.Minute).Format("2006-01-02T15:04:05.000000Z"), i+1, i%3+1, times, status, target, field, field, field, field,
				at.Format("2006-01-02T15:04:05.000000Z"), i%3+1)
		}
	}
	text.WriteString("this is " + strings.Join(hostiles, " ") + "\n")
	o := partial.DefaultOptions() // paths as they stand in the log
	o.Aggregate.By = append(aggregate.DefaultBy(), aggregate.Dimension{aggregate.UserAgent}, aggregate.Dimension{aggregate.Host, aggregate.Path})
	name := "logs" + hostiles[0] + hostiles[2] + ".log"
	whole := partial.Empty(&o)
	whole.Fold(summarized(&o, name, []byte(text.String()), 1000))
	r := reported(whole.Freeze(), hostiles[3])
	l := &r.Result.Ledger
	for _, h := range hostiles {
		r.Run.Args = append(r.Run.Args, h)
		l.Problems = append(l.Problems, partial.Problem{Name: h, Kind: h, Error: h})
		l.Gaps = append(l.Gaps, partial.Gap{LoadBalancer: h, Node: h, From: day, To: day.Add(time.Hour)})
		l.Duplicates = append(l.Duplicates, partial.Duplicate{Name: h, SameAs: h})
		r.Diagnosis.Findings = append(r.Diagnosis.Findings, diagnose.Finding{
			ID: "deploy", Key: h, Title: h, Summary: h, First: day, Last: day.Add(time.Minute), Reasons: []string{"for: " + h, "against: " + h}, Caveats: []string{h},
			Scope:     diagnose.Scope{LoadBalancers: []string{h}, TargetGroups: []string{h}, Targets: []string{h}, Paths: []string{h}, Nodes: []string{h}, Hosts: []string{h}},
			Estimates: []diagnose.Estimate{{Name: h, Seconds: 1}},
			Evidence:  []diagnose.Line{{Source: h, Number: 1, TraceID: h, Text: h}},
			Verify:    []diagnose.Verification{{Why: h, Command: h}}, Fix: []diagnose.Change{{Why: h, Kind: h, Text: h}, {Why: h, Kind: "text", Text: h}},
		})
	}
	r.Version = hostiles[1]
	return r
}
