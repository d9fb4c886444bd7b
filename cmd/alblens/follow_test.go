package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/follow"
	"alblens/internal/faultproxy"
	"alblens/internal/logname"
	"alblens/internal/s3test"
	"alblens/internal/schematest"
	"alblens/internal/simulate"
)

// A broadcast is objects that arrive as the time of a test goes by.
type broadcast struct {
	now     time.Time
	end     time.Time // when following is interrupted
	due     []simulate.Object
	arrives func(simulate.Object) time.Time
	put     func(simulate.Object)
	stop    context.CancelFunc
}

// clock passes a minute's wait in no time.
func (b *broadcast) clock() follow.Clock {
	return follow.Clock{
		Now: func() time.Time { return b.now },
		Wait: func(ctx context.Context, d time.Duration) error {
			b.now = b.now.Add(d)
			b.deliver()
			if !b.now.Before(b.end) {
				b.stop()
			}
			return ctx.Err()
		},
	}
}

func (b *broadcast) deliver() {
	b.due = slices.DeleteFunc(b.due, func(o simulate.Object) bool {
		arrived := !b.arrives(o).After(b.now)
		if arrived {
			b.put(o)
		}
		return arrived
	})
}

// follow runs analyze --follow 1m until the end, and returns its exit code.
func (b *broadcast) follow(args ...string) (code int, stdout, stderr string) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	b.stop = stop
	b.deliver()
	var out, err bytes.Buffer
	std := streams{strings.NewReader(""), standardOutput{&out}, &err}
	c := analyzeBy(b.clock(), std)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs(append([]string{"--follow", "1m"}, args...))
	e := c.ExecuteContext(ctx)
	if exit, ok := e.(*exitError); ok {
		code = exit.code
	} else if e != nil {
		fmt.Fprint(&err, e)
		code = exitFailed
	}
	return code, out.String(), err.String()
}

// incident is two hours and a half, of which one path is silent for the twenty minutes from 14:40 on. Files come two to
// four minutes after their time, one of the incident's twenty.
func incident(t *testing.T) *broadcast {
	t.Helper()
	start := time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC)
	objects, err := simulate.Generate(simulate.Config{
		Seed: 3, Start: start, Duration: 150 * time.Minute, RequestsPerSecond: 5, ApplicationError: -1,
		Faults: []simulate.Fault{{Cause: simulate.IdleTimeout, From: 40 * time.Minute, For: 20 * time.Minute, Path: "/api/reports/{int}"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	b := &broadcast{now: start.Add(30 * time.Minute), end: start.Add(155 * time.Minute)}
	for o := range objects {
		b.due = append(b.due, o)
	}
	late := b.due[20].Key
	b.arrives = func(o simulate.Object) time.Time {
		n := logname.Parse(o.Key)
		switch {
		case o.Key == late:
			return n.End.Add(20 * time.Minute)
		case n.Node == "203.0.113.10":
			return n.End.Add(2 * time.Minute)
		}
		return n.End.Add(4 * time.Minute)
	}
	return b
}

// folder puts objects into a directory.
func (b *broadcast) folder(t *testing.T) string {
	dir := t.TempDir()
	b.put = func(o simulate.Object) {
		name := filepath.Join(dir, filepath.FromSlash(o.Key))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, o.Body, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// life is the words of the lines about a finding, with their times.
func life(stdout, key string) []string {
	var words []string
	for line := range strings.Lines(stdout) {
		f := strings.Fields(line)
		if len(f) > 4 && f[4] == key+":" {
			words = append(words, f[1][:5]+" "+f[2]+" "+f[3])
		}
	}
	return words
}

// An incident appears once, grows, and ends; then the report of the last window is written.
func TestFollowIncident(t *testing.T) {
	if testing.Short() { // slow with -race
		t.Skip("-short")
	}
	b := incident(t)
	dir := b.folder(t)
	file := filepath.Join(t.TempDir(), "end.json")
	code, stdout, stderr := b.follow(dir, "-o", file)
	if code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	// Requests of 14:40 fail at 14:41, in the files of 14:45, of which the first node's come at 14:47; they are few, and have
	// to settle. The last requests of 14:59 fail at 15:00. That it was quiet for ten minutes then shows in the first file of
	// 15:10, at 15:12.
	got := life(stdout, "idle-timeout/api")
	if len(got) < 3 || len(got) > 6 || got[0] != "14:49 NEW LOW" || got[len(got)-1] != "15:12 ENDED CRITICAL" {
		t.Errorf("told: %q\n%s", got, stdout)
	}
	for _, line := range got[1 : len(got)-1] {
		if word := strings.Fields(line)[1]; word != "MORE" && word != "WORSE" {
			t.Errorf("told: %q", got)
		}
	}
	if n := strings.Count(stdout, " NEW "); n > 8 || strings.Count(stdout, "\n") > 30 {
		t.Errorf("%d new findings, too many lines:\n%s", n, stdout)
	}
	if !strings.HasPrefix(stdout, "2026-11-20 14:30:00Z START  ") || !strings.Contains(stdout, "\n2026-11-20 16:35:00Z STOP   interrupted; ") {
		t.Errorf("stdout %s", stdout)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	checkSummary(t, text)
	// The last poll was at 16:34, so these are the files of 15:35 to 16:30.
	if s := string(text); !strings.Contains(s, `"interrupted": true`) || !strings.Contains(s, `"objects": 24,`) {
		t.Errorf("the report is another: %.900s", s)
	}
}

// The same as JSON: each line fits the schema, and findings appear, change and end in that order.
func TestFollowJSON(t *testing.T) {
	if testing.Short() { // slow with -race
		t.Skip("-short")
	}
	for _, format := range []string{"json", "ndjson"} {
		b := incident(t)
		b.end = b.end.Add(-time.Hour)
		code, stdout, stderr := b.follow(b.folder(t), "-f", format, "--redact", "all")
		if code != exitInterrupted {
			t.Errorf("exit code %d: %s", code, stderr)
		}
		state := map[string]string{}
		var last string
		for line := range strings.Lines(stdout) {
			if err := schematest.ValidateFollow([]byte(line)); err != nil {
				t.Errorf("%v\n%s", err, line)
			}
			var e struct {
				Event   string
				Finding struct{ Key string }
				Open    []struct{ Key string }
			}
			if err := json.Unmarshal([]byte(line), &e); err != nil {
				t.Fatal(err)
			}
			was := state[e.Finding.Key]
			if e.Event == "appeared" && was != "" && was != "ended" || (e.Event == "changed" || e.Event == "ended") && (was == "" || was == "ended") {
				t.Errorf("%s after %q of %s", e.Event, was, e.Finding.Key)
			}
			state[e.Finding.Key], last = e.Event, e.Event
			if e.Event == "stopped" {
				for _, f := range e.Open {
					if state[f.Key] == "" || state[f.Key] == "ended" {
						t.Errorf("%s is open in the end and was never told of, or had ended", f.Key)
					}
				}
			}
			if strings.Contains(line, "203.0.113.7") || strings.Contains(line, "Mozilla") {
				t.Errorf("not redacted: %s", line)
			}
		}
		if last != "stopped" || state["idle-timeout/api"] != "ended" {
			t.Errorf("the last is %s, idle-timeout/api %s", last, state["idle-timeout/api"])
		}
	}
}

// Settings confirm what is found, and too many malformed lines are told of once.
func TestFollowSettings(t *testing.T) {
	if testing.Short() { // slow with -race
		t.Skip("-short")
	}
	b := incident(t)
	b.end = b.end.Add(-70 * time.Minute)
	dir, config := b.folder(t), t.TempDir()
	attributes := `{"Attributes": [{"Key": "idle_timeout.timeout_seconds", "Value": "60"}]}`
	if err := os.WriteFile(filepath.Join(config, "load-balancer-attributes.shop.50dc6c495c0c9188.json"), []byte(attributes), 0o666); err != nil {
		t.Fatal(err)
	}
	bad := filepath.Join(dir, filepath.FromSlash(strings.Replace(b.due[0].Key, "203.0.113.10_", "203.0.113.10_bad", 1)))
	if err := os.MkdirAll(filepath.Dir(bad), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(bad, []byte(strings.Repeat("no record\n", 3000)), 0o666); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := b.follow(dir, "--aws-config", config)
	if code != exitInterrupted || !strings.Contains(stdout, " NEW    LOW      idle-timeout/api: ") || !strings.Contains(stdout, "sure, confirmed by the settings; since") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if n := strings.Count(stderr, "lines are malformed, more than --max-malformed 1%, the first: "+bad+":1:10: elb: "); n != 1 {
		t.Errorf("malformed lines are told of %d times: %s", n, stderr)
	}
}

// --fail-on ends following when a finding is as severe.
func TestFollowFailOn(t *testing.T) {
	b := incident(t)
	dir, file := b.folder(t), filepath.Join(t.TempDir(), "end.json")
	code, stdout, stderr := b.follow(dir, "--fail-on", "critical", "-o", file)
	if code != exitFinding || !strings.Contains(stdout, " STOP   fail-on; ") || b.now.Hour() > 15 {
		t.Errorf("exit code %d at %v: %s%s", code, b.now, stdout, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	checkSummary(t, text)
	if !strings.Contains(string(text), `"complete": true, "interrupted": false`) {
		t.Errorf("%.900s", text)
	}
	b = incident(t)
	if code, _, _ := b.follow(b.folder(t), "--fail-on", "critical", "--follow-window", "15m"); code != exitFinding {
		t.Errorf("a window of 15 minutes: exit code %d", code)
	}
}

// Whoever reads standard output has seen enough.
func TestFollowClosedPipe(t *testing.T) {
	b := incident(t)
	dir := b.folder(t)
	b.deliver()
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	b.stop = stop
	std := streams{strings.NewReader(""), standardOutput{&failing{room: 10, err: os.ErrClosed}}, &bytes.Buffer{}}
	c := analyzeBy(b.clock(), std)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs([]string{dir, "--follow", "1m"})
	if err := c.ExecuteContext(ctx); err == nil || !strings.Contains(err.Error(), os.ErrClosed.Error()) {
		t.Errorf("error %v", err)
	}
}

// Objects uploaded to a real S3 server while it is followed.
func TestFollowS3(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	bucket := server.Bucket(t)
	b := incident(t)
	b.end = b.now.Add(50 * time.Minute)
	uploaded := 0
	b.put = func(o simulate.Object) {
		server.Put(t, bucket, o.Key, o.Body)
		uploaded++
	}
	code, stdout, stderr := b.follow("s3://"+bucket+"/AWSLogs/", "-f", "json", "-v")
	if code != exitInterrupted {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	if got := strings.Count(stderr, "alblens: read "); got != uploaded || uploaded < 28 {
		t.Errorf("%d objects were read of %d uploaded", got, uploaded)
	}
	if !strings.Contains(stdout, `"event": "appeared"`) || !strings.Contains(stdout, `"key": "idle-timeout/api"`) {
		t.Errorf("the incident was not found: %s", stdout)
	}
	for line := range strings.Lines(stdout) {
		if err := schematest.ValidateFollow([]byte(line)); err != nil {
			t.Errorf("%v\n%s", err, line)
		}
	}

	// Listing may be denied from the beginning: that is an error.
	nobody := server.User(t, "nobody")
	server.Setenv(t, nobody)
	b = incident(t)
	b.put = func(simulate.Object) {}
	code, stdout, stderr = b.follow("s3://" + bucket + "/AWSLogs/")
	if code != exitFailed || stdout != "" || !strings.Contains(stderr, "s3:ListBucket") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}

// While S3 wants fewer requests, or refuses objects, following goes on, tells of it once, and misses nothing in the end.
func TestFollowS3Faults(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	server := s3test.Start(t)
	server.Setenv(t, server.Root)
	proxy := faultproxy.Start(t, server.URL)
	t.Setenv("AWS_ENDPOINT_URL", proxy.URL)
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	bucket := server.Bucket(t)
	b := incident(t)
	b.end = b.now.Add(50 * time.Minute)
	begun, uploaded := b.now, 0
	b.put = func(o simulate.Object) {
		server.Put(t, bucket, o.Key, o.Body)
		uploaded++
	}
	refused := 0
	proxy.Use(func(r *http.Request) faultproxy.Fault {
		minute := b.now.Sub(begun) / time.Minute
		listing := r.URL.Query().Has("list-type")
		switch {
		case listing && minute >= 5 && minute < 15:
			refused++
			return faultproxy.Error(http.StatusServiceUnavailable, "SlowDown", "Please reduce your request rate.")
		case !listing && minute >= 20 && minute < 30:
			refused++
			return faultproxy.Error(http.StatusForbidden, "AccessDenied", "Access Denied")
		}
		return faultproxy.Pass
	})
	file := filepath.Join(t.TempDir(), "end.json")
	code, stdout, stderr := b.follow("s3://"+bucket+"/AWSLogs/", "-v", "-o", file)
	if code != exitInterrupted || refused < 5 {
		t.Errorf("exit code %d, %d requests refused: %s", code, refused, stderr)
	}
	for _, text := range []string{"SlowDown: Please reduce your request rate.", "AccessDenied", "can be listed again"} {
		if n := strings.Count(stderr, text); n != 1 {
			t.Errorf("%q is said %d times: %s", text, n, stderr)
		}
	}
	if n := strings.Count(stdout, " NEW "); n == 0 || strings.Contains(stdout, "not readable") {
		t.Errorf("stdout %s", stdout)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	checkSummary(t, text)
	// The last poll was at 15:19, so all but the files of 14:05, 14:10 and 14:15.
	if want := fmt.Sprintf(`"objects": %d, "objects_partial": 0, "objects_failed": 0,`, uploaded-6); !strings.Contains(string(text), want) {
		t.Errorf("the report has other than the %d objects of the window: %.900s", uploaded-6, text)
	}
}
