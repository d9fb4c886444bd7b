package report

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/partial"
)

// The reports that the tests render. They are literals: what reads logs has tests of its own.

var start = time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)

func dimension(t testing.TB, text string) aggregate.Dimension {
	t.Helper()
	d, err := aggregate.ParseDimension(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// stats are the counts of some requests, of which elb502, elb504 and target failed.
func stats(requests, elb502, elb504, target uint64) aggregate.Stats {
	s := aggregate.Stats{Requests: requests, ELB5xx: elb502 + elb504, ELB502: elb502, ELB504: elb504, Target5xx: target}
	for _, n := range []aggregate.StatusCount{
		{Status: 200, Requests: requests - elb502 - elb504 - target}, {Status: 500, Requests: target},
		{Status: 502, Requests: elb502}, {Status: 504, Requests: elb504},
	} {
		if n.Requests > 0 {
			s.Status = append(s.Status, n)
		}
	}
	s.MissingTargetTime, s.MissingResponseTime = elb502+elb504, elb502+elb504
	s.ReceivedBytes, s.SentBytes = requests*301, requests*8503
	if requests == 0 {
		return s
	}
	s.First, s.Last = start.Add(43*time.Millisecond), start.Add(time.Hour-time.Microsecond)
	s.TargetTime = aggregate.Quantiles{Count: requests - elb502 - elb504, P50: 17_023, P90: 120_319, P99: 2_608_300, Max: 59_998_000}
	s.Duration = aggregate.Quantiles{Count: requests, P50: 17_791, P90: 142_335, P99: 3_801_087, Max: 60_042_001}
	if elb504 > 0 {
		s.Duration.P99 = 60_030_975
	}
	return s
}

func row(s aggregate.Stats, keys ...string) aggregate.Row {
	r := aggregate.Row{Stats: s, Group: aggregate.Value{Absent: true}}
	for _, k := range keys {
		r.Values = append(r.Values, aggregate.Value{Text: k, Absent: k == "-"})
	}
	return r
}

const webARN = "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/web/3a2e426b7393ba25"

func targetRow(s aggregate.Stats, target string) aggregate.Row {
	r := row(s, target)
	if target != "-" {
		r.Group = aggregate.Value{Text: webARN}
	}
	return r
}

// minutes spreads failures over an hour.
func minutes(requests uint64, elb502, elb504, target func(minute int) uint64) []aggregate.Row {
	var rows []aggregate.Row
	for i := range 60 {
		at := start.Add(time.Duration(i) * time.Minute)
		r := row(stats(requests+uint64(i*7%40), elb502(i), elb504(i), target(i)), at.Format(time.RFC3339))
		r.Start = at
		rows = append(rows, r)
	}
	return rows
}

func never(int) uint64 { return 0 }

func from(first, last int, n uint64) func(int) uint64 {
	return func(i int) uint64 {
		if i < first || i > last {
			return 0
		}
		return n + uint64(i*3%5)
	}
}

const object = "s3://logs/AWSLogs/111122223333/elasticloadbalancing/us-east-1/2026/11/20/" +
	"111122223333_elasticloadbalancing_us-east-1_app.shop.50dc6c495c0c9188_20261120T1425Z_203.0.113.10_orabi45p.log.gz"

func caused(c cause.Cause, n uint64, source string) evidence.CauseCount {
	return evidence.CauseCount{Cause: c, Requests: n, First: start.Add(8 * time.Minute), Last: start.Add(21*time.Minute + 59*time.Second),
		Samples: []evidence.Sample{{Source: source, Line: 1204, Text: "https …"}}}
}

func ledger(records int64) partial.Ledger {
	l := partial.Ledger{Objects: 24, Complete: 24, CompressedBytes: 3_002_394, Bytes: 24_192_464, Lines: records, Records: records}
	l.FieldCounts[36] = records
	return l
}

func report(l partial.Ledger, counts *aggregate.Result, causes ...evidence.CauseCount) *Report {
	counts.Bucket = time.Minute
	if counts.TimeBucket == 0 {
		counts.TimeBucket = time.Minute
	}
	return &Report{
		Version: "0.1.0",
		Run:     Run{Started: start.Add(2 * time.Hour), Elapsed: 1234567 * time.Microsecond, Args: []string{"analyze", "logs"}},
		Options: Options{TimeField: "response", Bucket: time.Minute, By: []string{"target", "path", "time", "target-group", "host", "node"}, MaxMalformed: 0.01},
		Result:  &partial.Result{Ledger: l, Counts: counts, Evidence: &evidence.Result{Causes: causes}},
		Top:     20,
	}
}

func incident(t testing.TB) *Report {
	rest := func(n uint64, by ...uint64) uint64 {
		for _, x := range by {
			n -= x
		}
		return n
	}
	paths := []aggregate.Row{
		row(stats(3_410, 0, 380, 4), "/api/reports/{int}"),
		row(stats(12_000, 30, 4, 9), "/api/v1/products/{int}"),
		row(stats(9_000, 9, 0, 11), "/checkout"),
		row(stats(30_000, 0, 0, 0), "/"),
		row(stats(9_000, 0, 0, 0), "/static/js/main.{hex}.js"),
		row(stats(4_000, 0, 0, 0), "/favicon.ico"),
		row(stats(2_001, 0, 0, 13), "/search"),
		row(stats(1_000, 0, 0, 0), "/health"),
	}
	const total = 70_412
	other := row(stats(rest(total, 3_410, 12_000, 9_000, 30_000, 9_000, 4_000, 2_001, 1_000), 0, 0, 0))
	other.Other, other.Values = true, nil
	totals := stats(total, 39, 384, 37)
	counts := &aggregate.Result{
		Totals:  totals,
		Missing: []aggregate.Missing{{Status: 502, Response: 39}, {Status: 504, TargetResponse: 384}},
		Tables: []aggregate.Table{
			{By: dimension(t, "target"), Rows: []aggregate.Row{
				targetRow(stats(18_000, 13, 380, 10), "10.0.32.4:8080"), targetRow(stats(17_800, 14, 2, 12), "10.0.64.4:8080"),
				targetRow(stats(17_900, 12, 2, 15), "[2001:db8::7]:8080"), targetRow(stats(16_000, 0, 0, 0), "10.0.96.4:8080"),
				targetRow(stats(712, 0, 0, 0), "-"),
			}},
			{By: dimension(t, "path"), Rows: append(paths, other), KeysDropped: 88, RequestsDropped: 1},
			{By: dimension(t, "time"), Rows: minutes(1150, from(0, 59, 0), from(8, 21, 25), from(0, 59, 0))},
			{By: dimension(t, "target-group"), Rows: []aggregate.Row{row(stats(69_700, 39, 384, 37), webARN), row(stats(712, 0, 0, 0), "-")}},
			{By: dimension(t, "host"), Rows: []aggregate.Row{row(totals, "www.example.com")}},
			{By: dimension(t, "node"), Rows: []aggregate.Row{row(stats(35_300, 20, 200, 20), "203.0.113.9"), row(stats(35_112, 19, 184, 17), "203.0.113.13")}},
		},
		Series: []aggregate.Series{{Part: aggregate.Target, Bucket: time.Minute, Keys: []aggregate.KeySeries{
			{Key: aggregate.Value{Text: "10.0.32.4:8080"}, Points: []aggregate.Point{{Start: start, Requests: 7, ELB502: 1, ELB503: 2, ELB504: 3, Target5xx: 4}}},
			{Key: aggregate.Value{Absent: true}, Points: []aggregate.Point{{Start: start.Add(time.Minute), Requests: 1}}},
		}}},
	}
	return report(ledger(total), counts, caused(cause.FixedResponse, 500, object), caused(cause.IdleTimeout, 384, object),
		caused(cause.Target5xx, 37, object), caused(cause.KeepaliveRace, 30, object), caused(cause.Unattributed, 9, object))
}

func cleanDay(t testing.TB) *Report {
	counts := &aggregate.Result{
		Totals: stats(70_412, 0, 0, 0),
		Tables: []aggregate.Table{
			{By: dimension(t, "target"), Rows: []aggregate.Row{
				targetRow(stats(30_000, 0, 0, 0), "10.0.32.4:8080"), targetRow(stats(20_412, 0, 0, 0), "10.0.64.4:8080"),
				targetRow(stats(15_000, 0, 0, 0), "10.0.96.4:8080"), targetRow(stats(5_000, 0, 0, 0), "10.0.97.4:8080"),
			}},
			{By: dimension(t, "path"), Rows: []aggregate.Row{row(stats(60_000, 0, 0, 0), "/"), row(stats(10_412, 0, 0, 0), "/search")}},
			{By: dimension(t, "time"), Rows: minutes(1150, never, never, never)},
			{By: dimension(t, "host"), Rows: []aggregate.Row{row(stats(70_412, 0, 0, 0), "www.example.com")}},
		},
	}
	return report(ledger(70_412), counts)
}

func incomplete(t testing.TB) *Report {
	r := incident(t)
	l := &r.Result.Ledger
	l.Objects, l.Complete, l.Partial, l.Failed, l.Skipped = 40, 24, 1, 12, 3
	l.Malformed, l.Filtered = 4_000, 588
	l.Lines = l.Records + l.Malformed + l.Filtered
	l.FieldCounts[36], l.FieldCounts[30] = 70_000, 412
	l.Interrupted = true
	l.Problems = []partial.Problem{{Name: object, Kind: "truncated", Error: "unexpected end of the gzip stream", RecordsKept: 1841}}
	for i := range 12 {
		l.Problems = append(l.Problems, partial.Problem{Name: fmt.Sprintf("s3://logs/denied/%02d.log.gz", i), Kind: "denied",
			Error: "AccessDenied: s3:GetObject is not allowed for arn:aws:iam::111122223333:role/on-call on s3://logs/denied; ask for it, or name another --profile"})
	}
	for _, name := range []string{"a", "b"} {
		l.Problems = append(l.Problems, partial.Problem{Name: name, Kind: partial.Skipped, Error: "the name is that of a connection log"})
	}
	l.Problems = append(l.Problems, partial.Problem{Name: "c.txt", Kind: partial.Skipped, Error: "no access log in its first 64 KiB"})
	l.MalformedSamples = []partial.MalformedSample{{Name: object, Line: 7, Column: 31, Field: "elb_status_code", Error: "not a status", Text: "https 2026-11-20T14:00:00.043277Z app/shop/50dc6c495c0c9188 abc"}}
	for i := range 7 {
		l.Gaps = append(l.Gaps, partial.Gap{LoadBalancer: "app/shop/50dc6c495c0c9188", Node: "203.0.113.9",
			From: start.Add(time.Duration(i) * 24 * time.Hour), To: start.Add(time.Duration(i)*24*time.Hour + 15*time.Minute), Slots: 3, Others: i % 4})
	}
	l.Nodes = []partial.NodeDelivery{
		{LoadBalancer: "app/shop/50dc6c495c0c9188", Node: "203.0.113.9", First: start, Last: start.Add(144*time.Hour + 20*time.Minute),
			Slots: 1733, Delivered: 1712, InParts: 2, Objects: 1714, Late: 1, Delay: 47*time.Minute + 3500*time.Millisecond},
		{LoadBalancer: "app/shop/50dc6c495c0c9188", Node: "203.0.113.10", First: start, Last: start, Slots: 1, Delivered: 1, Objects: 1, Delay: -1},
	}
	l.Late = []partial.LateObject{{Name: object, LoadBalancer: "app/shop/50dc6c495c0c9188", Node: "203.0.113.9", End: start, Arrived: start.Add(47*time.Minute + 3500*time.Millisecond)}}
	r.Run.Filling = start.Add(144*time.Hour + 10*time.Minute)
	l.Duplicates = []partial.Duplicate{{Name: "copy/" + object, SameAs: object}}
	r.Options.Since, r.Options.Until = start, start.Add(time.Hour)
	return r
}

func empty(testing.TB) *Report {
	l := partial.Ledger{Objects: 3, Complete: 3, CompressedBytes: 900, Bytes: 4000, Lines: 12, Malformed: 12}
	for i := range 4 {
		l.MalformedSamples = append(l.MalformedSamples, partial.MalformedSample{Name: "nginx/access.log", Line: i + 1, Column: 1, Field: "type", Error: "not a type",
			Text: `203.0.113.9 - - [20/Nov/2026:14:00:00 +0000] "GET / HTTP/1.1" 200 612`})
	}
	return report(l, &aggregate.Result{})
}

// hostiles would steer a terminal, break a table or end a script if they were shown as they are.
var hostiles = []string{
	"/\x1b[31mred\x1b[0m\x1b]0;title\x07", "/c1\u009b31m", "/bidi\u202egpj.exe\u2066", "/bad\xff\xfeutf8\xe2\x80",
	"/</script><img src=x>", "/line\nfeed\ttab\rreturn", "/日本語の道/" + strings.Repeat("広", 80), "/zalgo" + strings.Repeat("\u0301", 300),
	"/" + strings.Repeat("long", 200), "", "/%s%d{}\"quoted\"", "/nul\x00", "(other)",
}

func hostile(t testing.TB) *Report {
	r := incident(t)
	counts := r.Result.Counts
	counts.Tables = nil
	for _, by := range []string{"target", "path", "target-group", "user-agent", "host+path+time"} {
		d := dimension(t, by)
		table := aggregate.Table{By: d}
		for i, h := range hostiles {
			keys := make([]string, len(d))
			for j := range keys {
				keys[j] = h
			}
			x := row(stats(1000, 0, uint64(len(hostiles)-i), 1), keys...)
			x.Group = aggregate.Value{Text: h}
			table.Rows = append(table.Rows, x)
		}
		counts.Tables = append(counts.Tables, table)
	}
	r.Version = hostiles[0]
	l := &r.Result.Ledger
	r.Result.Evidence.Causes = nil
	for i, h := range hostiles {
		r.Result.Evidence.Causes = append(r.Result.Evidence.Causes, caused(cause.Cause(i+1), 9, h))
		l.Problems = append(l.Problems, partial.Problem{Name: h, Kind: "unreadable", Error: h})
		l.Gaps = append(l.Gaps, partial.Gap{LoadBalancer: h, Node: h, From: start, To: start, Slots: 1})
		l.Nodes = append(l.Nodes, partial.NodeDelivery{LoadBalancer: h, Node: h, First: start, Last: start, Slots: 1, Delivered: 1, Objects: 1})
		l.Late = append(l.Late, partial.LateObject{Name: h, LoadBalancer: h, Node: h, End: start, Arrived: start})
		l.Duplicates = append(l.Duplicates, partial.Duplicate{Name: h, SameAs: h})
		l.MalformedSamples = append(l.MalformedSamples, partial.MalformedSample{Name: h, Line: 1, Column: 1, Field: h, Error: h, Text: h})
	}
	l.Failed, l.Malformed = int64(len(hostiles)), 13
	for _, h := range hostiles {
		l.Problems = append(l.Problems, partial.Problem{Name: h, Kind: partial.Skipped, Error: h})
	}
	return r
}
