package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"alblens/diagnose"
	"alblens/internal/redact"
	"alblens/internal/schematest"
)

var incidentFinding = diagnose.Finding{
	ID: "idle-timeout", Key: "idle-timeout/api", Severity: diagnose.High, Confidence: 0.93,
	Title: "Targets of api are silent for the idle timeout of 60 s", Summary: "166 of 600 504s: the target took the request and did not answer in 60 s.",
	Requests: 166, Of: 600, First: start.Add(6 * time.Minute), Last: start.Add(21 * time.Minute), Clients: 120,
	Episodes: []diagnose.Episode{{From: start.Add(6 * time.Minute), To: start.Add(21 * time.Minute), Requests: 166, PeakPerMinute: 17}},
	Scope:    diagnose.Scope{Targets: []string{"10.0.1.7:3000"}, Paths: []string{"/a", "/b", "/c?q=\\x1b[31m"}},
	Evidence: []diagnose.Line{{Source: "s3://logs/x.log.gz", Number: 12, Text: "http …"}},
}

// moments are all that a Follow writes.
func moments(t testing.TB) []*Moment {
	now := start.Add(30 * time.Minute)
	r := incident(t).Result
	worse, before := incidentFinding, incidentFinding
	worse.Severity, worse.Requests, worse.ID, worse.Key = diagnose.Critical, 400, "short-body", "short-body/api"
	before.Basis = diagnose.Confirmed
	rule := diagnose.Finding{ID: "setting-keepalive", Key: "setting-keepalive/web", Severity: diagnose.Medium, Confidence: 1, Summary: "it is 5 s."}
	all := diagnose.EventWords
	return []*Moment{
		{Kind: Start, At: start, Result: empty(t).Result, Version: "1.2", Sources: []string{"s3://logs/"}, Interval: 30 * time.Second, Window: time.Hour, Complete: true},
		{Kind: Start, At: now.AddDate(0, 0, 1), Result: r, Version: "1.2", Interval: time.Minute, Window: 6 * time.Hour},
		{Kind: News, At: now, Result: r, Complete: true, Events: []diagnose.Event{
			{Kind: diagnose.Appeared, Finding: incidentFinding},
			{Kind: diagnose.Appeared, Finding: rule, Again: true},
			{Kind: diagnose.Changed, Finding: worse, Before: &before, What: all},
			{Kind: diagnose.Changed, Finding: incidentFinding, Before: &worse, What: []string{"severity"}},
			{Kind: diagnose.Changed, Finding: worse, Before: &incidentFinding, What: []string{"cause"}},
			{Kind: diagnose.Changed, Finding: worse, Before: &incidentFinding, What: []string{"requests"}},
			{Kind: diagnose.Changed, Finding: worse, Before: &incidentFinding, What: []string{"confidence"}},
		}},
		{Kind: News, At: now.Add(time.Hour), Result: r, Events: []diagnose.Event{
			{Kind: diagnose.Ended, Finding: worse, Before: &worse, Quiet: true},
			{Kind: diagnose.Ended, Finding: rule, Before: &rule},
		}},
		{Kind: Stop, At: now.Add(time.Hour), Result: r, Why: "interrupted", Open: []diagnose.Finding{incidentFinding, rule}},
		{Kind: Stop, At: now.Add(time.Hour), Result: r, Why: "fail-on"},
	}
}

func TestFollowText(t *testing.T) {
	const said = `166 of 600 504s: the target took the request and did not answer in 60 s; on 10.0.1.7:3000, /a, /b, 1 more`
	const how = `since 14:06:00Z, at most 17 a minute, 120 clients)`
	const held = `24 objects with 70,412 requests from `
	want := `2026-11-20 14:00:00Z START  no requests in the window; polling every 30 s, window 1 h
2026-11-21 14:30:00Z START  ` + held + `2026-11-20 14:00:00Z to 2026-11-20 14:59:59Z, 5xx of the load balancer 423, of targets 37; polling every 1 min, window 6 h
2026-11-20 14:30:00Z NEW    HIGH     idle-timeout/api: ` + said + ` (93 % sure; ` + how + `
    see s3://logs/x.log.gz:12; alblens explain idle-timeout
2026-11-20 14:30:00Z AGAIN  MEDIUM   setting-keepalive/web: it is 5 s (100 % sure)
    see alblens explain setting-keepalive
2026-11-20 14:30:00Z WORSE  CRITICAL short-body/api: ` + said + ` (93 % sure; was high, confirmed, idle-timeout/api, 166 of 600, 93 % sure; ` + how + `
2026-11-20 14:30:00Z BETTER HIGH     idle-timeout/api: ` + said + ` (93 % sure; was critical; ` + how + `
2026-11-20 14:30:00Z CAUSE  CRITICAL short-body/api: ` + said + ` (93 % sure; was idle-timeout/api; ` + how + `
2026-11-20 14:30:00Z MORE   CRITICAL short-body/api: ` + said + ` (93 % sure; was 166 of 600; ` + how + `
2026-11-20 14:30:00Z NOW    CRITICAL short-body/api: ` + said + ` (93 % sure; was 93 % sure; ` + how + `
2026-11-20 15:30:00Z ENDED  CRITICAL short-body/api: ` + said + ` (93 % sure; began 14:06:00Z, none since 14:21:00Z)
2026-11-20 15:30:00Z ENDED  MEDIUM   setting-keepalive/web: it is 5 s (100 % sure; no longer found)
2026-11-20 15:30:00Z STOP   interrupted; 2 findings open; ` + held + `14:00:00Z to 14:59:59Z, 5xx of the load balancer 423, of targets 37
2026-11-20 15:30:00Z OPEN   HIGH     idle-timeout/api: ` + said + ` (93 % sure; ` + how + `
2026-11-20 15:30:00Z OPEN   MEDIUM   setting-keepalive/web: it is 5 s (100 % sure)
2026-11-20 15:30:00Z STOP   fail-on; 0 findings open; ` + held + `14:00:00Z to 14:59:59Z, 5xx of the load balancer 423, of targets 37
`
	var b bytes.Buffer
	for _, m := range moments(t) {
		if err := (&Follow{}).Write(&b, m); err != nil {
			t.Fatal(err)
		}
	}
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
}

// What clients sent cannot steer the terminal, and on one no line is wider than it.
func TestFollowTextIsClean(t *testing.T) {
	f := incidentFinding
	f.Summary, f.Scope.Paths = "1 of 1: \x1b]0;x\x07 \u202e", []string{"/\x1b[31m", "/a\nb"}
	f.Key, f.Evidence = "one-bad-path//\x1b[2J", []diagnose.Line{{Source: strings.Repeat("x\n", 50) + "y", Number: 1}}
	m := &Moment{Kind: News, At: start, Result: empty(t).Result, Events: []diagnose.Event{{Kind: diagnose.Appeared, Finding: f}}}
	for _, width := range []int{0, 60} {
		var b bytes.Buffer
		if err := (&Follow{Text: TextOptions{Width: width}}).Write(&b, m); err != nil {
			t.Fatal(err)
		}
		if strings.ContainsAny(b.String(), "\x1b\x07\u202e") {
			t.Errorf("%q", b.String())
		}
		for line := range strings.Lines(b.String()) {
			if n := displayWidth(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
				t.Errorf("%d columns: %q", n, line)
			}
		}
	}
}

func TestFollowJSON(t *testing.T) {
	var events []string
	for _, m := range moments(t) {
		var b bytes.Buffer
		if err := (&Follow{JSON: true}).Write(&b, m); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(b.String()) {
			if err := schematest.ValidateFollow([]byte(line)); err != nil {
				t.Errorf("%v\n%s", err, line)
			}
			_, rest, _ := strings.Cut(line, `"event": "`)
			event, _, _ := strings.Cut(rest, `"`)
			events = append(events, event)
		}
	}
	want := "started started appeared appeared changed changed changed changed changed ended ended stopped stopped"
	if got := strings.Join(events, " "); got != want {
		t.Errorf("events %s, want %s", got, want)
	}
}

// The schema refuses what is wrong.
func TestFollowSchema(t *testing.T) {
	var b bytes.Buffer
	m := moments(t)
	if err := (&Follow{JSON: true}).Write(&b, m[3]); err != nil {
		t.Fatal(err)
	}
	line, _, _ := strings.Cut(b.String(), "\n")
	for _, c := range [][2]string{
		{`"event": "ended"`, `"event": "finished"`}, {`"quiet": true`, `"quiet": null`}, {`"again": false, `, ``},
		{`"severity": "critical"`, `"severity": "bad"`}, {`"objects": 24`, `"objects": -1`}, {`"changed": []`, `"changed": ["severity"]`},
	} {
		if !strings.Contains(line, c[0]) {
			t.Errorf("no %s in %s", c[0], line)
		} else if schematest.ValidateFollow([]byte(strings.Replace(line, c[0], c[1], 1))) == nil {
			t.Errorf("%s passes for %s", c[1], c[0])
		}
	}
}

func TestFollowRedacted(t *testing.T) {
	f := incidentFinding
	f.ID, f.Key = "one-bad-path", "one-bad-path//login/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U"
	f.Scope.Paths = []string{strings.TrimPrefix(f.Key, "one-bad-path/")}
	f.Summary = "path " + f.Scope.Paths[0] + " has 1 of 1."
	f.Evidence = []diagnose.Line{{Source: "x", Number: 1, Text: `h2 2026-11-20T14:05:00.000000Z app/a/1 203.0.113.7:1 10.0.1.7:3000 0 0 0 502 - 1 1 "GET https://h:443/?token=hunter2 HTTP/2.0" "-" - -`}}
	m := &Moment{
		Kind: News, At: start, Result: empty(t).Result,
		Events: []diagnose.Event{{Kind: diagnose.Changed, Finding: f, Before: &f, What: []string{"requests"}}}, Open: []diagnose.Finding{f},
	}
	hide := redact.New(redact.Options{IP: true, Secrets: true}, redact.NewKey())
	for _, j := range []bool{true, false} {
		for _, kind := range []MomentKind{News, Stop} {
			var b bytes.Buffer
			m.Kind = kind
			if err := (&Follow{JSON: j}).Write(&b, m.Redacted(hide)); err != nil {
				t.Fatal(err)
			}
			for _, secret := range []string{"eyJ", "hunter2", "203.0.113.7"} {
				if strings.Contains(b.String(), secret) {
					t.Errorf("%q is left in %s", secret, b.String())
				}
			}
			if !strings.Contains(b.String(), "10.0.1.7:3000") {
				t.Errorf("the target is gone from %s", b.String())
			}
		}
	}
	if strings.Contains(m.Events[0].Finding.Key, "{jwt}") {
		t.Error("the original was changed")
	}
}
