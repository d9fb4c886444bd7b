package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"alblens/internal/s3test"
)

// runFor runs the program.
func runFor(ctx context.Context, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = run(ctx, args, stdin, &out, &err)
	return code, out.String(), err.String()
}

// exampleLines are n records.
func exampleLines(tb testing.TB, n int) string {
	tb.Helper()
	text, err := os.ReadFile("../../testdata/lines/fields-36.log")
	if err != nil {
		tb.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line[0] != '#' {
			return strings.Repeat(line, n)
		}
	}
	tb.Fatal("no record")
	return ""
}

// failing is a writer that takes some bytes and then fails.
type failing struct {
	room int
	err  error
}

func (f *failing) Write(p []byte) (int, error) {
	if n := f.room; n < len(p) {
		f.room = 0
		return n, f.err
	}
	f.room -= len(p)
	return len(p), nil
}

// readFunc is a reader.
type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

// after calls f before the first read behind text.
func after(text string, f func(), rest string) io.Reader {
	return io.MultiReader(strings.NewReader(text), readFunc(func([]byte) (int, error) {
		f()
		return 0, io.EOF
	}), strings.NewReader(rest))
}

// TestClosedPipe shows that it is success when whoever reads has seen enough, and a failure when a disk is full.
func TestClosedPipe(t *testing.T) {
	log := filepath.Join(t.TempDir(), "x.log")
	if err := os.WriteFile(log, []byte(exampleLines(t, 2000)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"analyze", log}, {"analyze", log, "-f", "json"}, {"records", log}, {"records", log, "-f", "raw", "-j", "1"},
		{"records", log, "-f", "csv"}, {"explain"}, {"explain", "no-target"}, {"version"},
	} {
		for _, room := range []int{0, 3} {
			for _, closed := range []error{syscall.EPIPE, &os.PathError{Op: "write", Path: "/dev/stdout", Err: syscall.EPIPE}, io.ErrClosedPipe} {
				var stderr strings.Builder
				if code := run(t.Context(), args, nil, &failing{room, closed}, &stderr); code != 0 || stderr.Len() > 0 {
					t.Errorf("%v: exit code %d, %s", args, code, &stderr)
				}
			}
			var stderr strings.Builder
			if code := run(t.Context(), args, nil, &failing{room, syscall.ENOSPC}, &stderr); code != 1 || stderr.String() != "alblens: no space left on device\n" {
				t.Errorf("%v: exit code %d, %s", args, code, &stderr)
			}
		}
	}
}

// TestInterrupted ends the context when half of standard input is read: what was read until then is reported.
func TestInterrupted(t *testing.T) {
	text := exampleLines(t, 4000)
	half := len(text) / 2
	dir := t.TempDir()
	for i := range 20 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), []byte(exampleLines(t, 10)), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, flags := range [][]string{{"-j", "1"}, {"-j", "4"}, {"-j", "1", "--strict"}, {"-j", "4", "--strict"}} {
		interrupt := func(args ...string) (int, string, string) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			return runFor(ctx, after(text[:half], cancel, text[half:]), append(append(args, "-", dir), flags...)...)
		}
		code, stdout, stderr := interrupt("analyze", "-f", "json")
		if code != 130 || !strings.Contains(stderr, "alblens: interrupted: the data is incomplete\n") {
			t.Fatalf("%v: exit code %d: %s", flags, code, stderr)
		}
		checkSummary(t, []byte(stdout))
		var s struct {
			Inputs struct {
				Complete, Interrupted bool
				Records, Objects      int
				Problems              []struct {
					Name, Kind, Error string
				}
			}
		}
		if err := json.Unmarshal([]byte(stdout), &s); err != nil {
			t.Fatal(err)
		}
		in := s.Inputs
		if in.Complete || !in.Interrupted || in.Objects != 21 || in.Records < 1000 || in.Records > 2300 || len(in.Problems) == 0 {
			t.Errorf("%v: %+v", flags, in)
		}
		notBegun := 0
		for _, p := range in.Problems {
			if p.Kind != "interrupted" {
				t.Errorf("%v: %+v", flags, p)
			}
			if p.Error == "not begun" {
				notBegun++
			}
		}
		// What was begun is named, the others are counted.
		if notBegun < 4 || strings.Count(stderr, "\n") != len(in.Problems)-notBegun+2 ||
			!strings.Contains(stderr, fmt.Sprintf("alblens: %d of 21 objects were not begun; -v names them\n", notBegun)) {
			t.Errorf("%v: %d not begun, %s", flags, notBegun, stderr)
		}

		code, stdout, stderr = interrupt("analyze")
		if code != 130 || !strings.Contains(stdout, "INCOMPLETE") || strings.Count(stdout, "\n  not begun: ") != 3 || strings.Contains(stdout, "not readable") {
			t.Errorf("%v: exit code %d, %s\n%s", flags, code, stderr, stdout)
		}
		code, stdout, stderr = interrupt("records", "-f", "raw")
		if n := strings.Count(stdout, "\n"); code != 130 || n < 1000 || n > 2300 || !strings.Contains(stderr, "alblens: interrupted") {
			t.Errorf("%v: exit code %d, %d records: %s", flags, code, n, stderr)
		}
	}
	// What held no record till then was begun all the same.
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	if code, stdout, _ := runFor(ctx, after("x\n", stop, "x\n"), "analyze", "-"); code != 130 ||
		!strings.Contains(stdout, "\n  interrupted: -\n") || strings.Contains(stdout, "not begun: ") {
		t.Errorf("exit code %d, %s", code, stdout)
	}
	// Before anything is read there is nothing to report.
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, stdout, stderr := runFor(ctx, nil, "analyze", dir); code != 130 || stdout != "" || stderr != "alblens: interrupted\n" {
		t.Errorf("exit code %d, %s%s", code, stdout, stderr)
	}
}

// TestVanished removes a file between listing and reading: standard input, which is read first, does it.
func TestVanished(t *testing.T) {
	text := exampleLines(t, 3)
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.log", "b.log"} {
		if err := os.WriteFile(name, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	stdin := after("", func() { os.Remove("a.log") }, "")
	code, stdout, stderr := runFor(t.Context(), stdin, "analyze", "-f", "json", "-j", "1", "-", "a.log", "b.log")
	want := "alblens: a.log: no such file or directory\nalblens: incomplete: 1 of 3 objects could not be read\n"
	if code != 3 || stderr != want {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	vanished(t, stdout)
}

// TestVanishedKey is TestVanished with S3.
func TestVanishedKey(t *testing.T) {
	s := s3test.Start(t)
	s.Setenv(t, s.Root)
	bucket := s.Bucket(t)
	for _, key := range []string{"a.log", "b.log"} {
		s.Put(t, bucket, key, []byte(exampleLines(t, 3)))
	}
	stdin := after("", func() { s.Delete(t, bucket, "a.log") }, "")
	code, stdout, stderr := runFor(t.Context(), stdin, "analyze", "-f", "json", "-j", "1", "--s3-concurrency", "1", "-", "s3://"+bucket+"/")
	if code != 3 || !strings.HasPrefix(stderr, "alblens: s3://"+bucket+"/a.log: NoSuchKey: ") || strings.Count(stderr, "\n") != 2 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	vanished(t, stdout)
}

func vanished(t *testing.T, stdout string) {
	t.Helper()
	checkSummary(t, []byte(stdout))
	for _, want := range []string{`"objects": 3,`, `"objects_failed": 1,`, `"records": 3,`, `"kind": "not-found"`} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %s in %.2000s", want, stdout)
		}
	}
}

// TestBrokenStdin reads as far as standard input can be read.
func TestBrokenStdin(t *testing.T) {
	stdin := io.MultiReader(strings.NewReader(exampleLines(t, 3)+"cut"), iotest.ErrReader(errors.New("input/output error")))
	code, stdout, stderr := runFor(t.Context(), stdin, "analyze", "-f", "json", "-")
	want := "alblens: -: input/output error; the last 3 bytes are part of a line, and left out\nalblens: incomplete: 1 of 1 objects could not be read to their end\n"
	if code != 3 || stderr != want {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	checkSummary(t, []byte(stdout))
}

// TestFixtures reads the logs of real load balancers. The counts were made without any of the project's code, by a
// tokenizer in Python that reads to the next quote or blank.
func TestFixtures(t *testing.T) {
	const dir = "../../../shared/fixtures"
	if _, err := os.Stat(dir); err != nil {
		t.Skip("the real logs of ../shared/fixtures are not there: ", err)
	}
	// They are of nine years, so the buckets are wide: the schema is checked against every one.
	code, stdout, stderr := runFor(t.Context(), nil, "analyze", dir, "-f", "json", "--bucket", "720h")
	if code != 0 {
		t.Errorf("exit code %d: %s", code, stderr)
	}
	checkSummary(t, []byte(stdout))
	var s struct {
		Inputs struct {
			Skipped                             int `json:"objects_skipped"`
			Lines, Records, Malformed, Filtered int
			FieldCounts                         map[string]int `json:"field_counts"`
		}
		Totals struct {
			Status    map[string]int
			ELB5xx    int   `json:"elb_5xx"`
			Target5xx int   `json:"target_5xx"`
			Received  int64 `json:"received_bytes"`
			Sent      int64 `json:"sent_bytes"`
		}
	}
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatal(err)
	}
	in, totals := s.Inputs, s.Totals
	want := "1 skipped, 1579 lines, 1578 records, 1 malformed, 0 filtered, 660 elb_5xx, 0 target_5xx, 198176 received, 49943721 sent"
	got := fmt.Sprintf("%d skipped, %d lines, %d records, %d malformed, %d filtered, %d elb_5xx, %d target_5xx, %d received, %d sent",
		in.Skipped, in.Lines, in.Records, in.Malformed, in.Filtered, totals.ELB5xx, totals.Target5xx, totals.Received, totals.Sent)
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	statuses := map[string]int{
		"101": 4, "200": 561, "206": 6, "301": 38, "302": 60, "304": 26, "400": 206, "401": 2, "404": 1, "460": 1, "502": 5, "503": 668,
	}
	if diff := cmp.Diff(statuses, totals.Status); diff != "" {
		t.Errorf("by status (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]int{"16": 2, "18": 666, "25": 110, "27": 23, "29": 10, "30": 767}, in.FieldCounts); diff != "" {
		t.Errorf("by fields (-want +got):\n%s", diff)
	}

	code, stdout, stderr = runFor(t.Context(), nil, "records", dir)
	printed := map[string]int{}
	for line := range strings.Lines(stdout) {
		var r struct {
			Status int `json:"elb_status_code"`
		}
		if err := json.Unmarshal([]byte(line), &r); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		printed[fmt.Sprintf("%03d", r.Status)]++
	}
	if code != 0 || !maps.Equal(printed, statuses) {
		t.Errorf("records: exit code %d, %v: %s", code, printed, stderr)
	}
}

func TestParseInstant(t *testing.T) {
	now := time.Date(2026, 11, 20, 14, 5, 6, 0, time.FixedZone("", 3600))
	for text, want := range map[string]string{
		"now": "2026-11-20T13:05:06Z", "today": "2026-11-20T00:00:00Z", "yesterday": "2026-11-19T00:00:00Z",
		"-3h": "2026-11-20T10:05:06Z", "-90m": "2026-11-20T11:35:06Z", "-2d": "2026-11-18T13:05:06Z", "-1.5d": "2026-11-19T01:05:06Z",
		"2026-11-20": "2026-11-20T00:00:00Z", "2026-11-20 14:00": "2026-11-20T14:00:00Z", "2026-11-20T14:00:09": "2026-11-20T14:00:09Z",
		"2026-11-20T14:05Z": "2026-11-20T14:05:00Z", "2026-11-20T14:05:00.5+01:00": "2026-11-20T13:05:00.5Z",
		"2026-11-20 14:05-05:00": "2026-11-20T19:05:00Z",
	} {
		if got, err := parseInstant(text, now); err != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-", "-3", "-3x", "--3h", "3h", "tomorrow", "2026-11", "2026-02-30", "14:00", "2026-11-20T25:00Z", "-1e9d"} {
		if got, err := parseInstant(text, now); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestValues(t *testing.T) {
	for text, want := range map[string]int64{"700MiB": 700 << 20, "1G": 1 << 30, "1.5GB": 15e8, "500000": 5e5, "64 KiB": 64 << 10, "5B": 5} {
		var s size
		if err := s.Set(text); err != nil || int64(s) != want {
			t.Errorf("%s: %d, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "MiB", "-1M", "0", "1X", "1e30", "NaN", "inf"} {
		if s := new(size); s.Set(text) == nil {
			t.Errorf("%q is taken for %d bytes", text, *s)
		}
	}
	for bytes, want := range map[size]string{700 << 20: "700MiB", 1 << 30: "1GiB", 1000: "1000", 3 << 10: "3KiB"} {
		if got := bytes.String(); got != want {
			t.Errorf("%d: %s, want %s", bytes, got, want)
		}
	}
	for text, want := range map[string]share{"1%": .01, "0.5": .5, "100%": 1, "0": 0, "2.5%": .025} {
		var s share
		if err := s.Set(text); err != nil || s != want {
			t.Errorf("%s: %v, %v", text, s, err)
		}
	}
	for _, text := range []string{"", "%", "-1%", "101%", "1.1", "NaN", "x"} {
		if s := new(share); s.Set(text) == nil {
			t.Errorf("%q is taken for %s", text, s)
		}
	}
	for text, want := range map[string]string{"30m": "30m", "1h": "1h", "90m": "1h30m", "2d": "48h", "10s": "10s", "1h0m5s": "1h0m5s", "0": "0s"} {
		var s span
		if err := s.Set(text); err != nil || s.String() != want {
			t.Errorf("%s: %s, %v; want %s", text, &s, err, want)
		}
	}
}

// TestClosedElsewhere shows that only standard output is a pipe that may be closed: what a store says of its own
// connection is a failure.
func TestClosedElsewhere(t *testing.T) {
	for _, err := range []error{syscall.EPIPE, io.ErrClosedPipe, fs.ErrClosed, &net.OpError{Op: "write", Err: syscall.EPIPE}} {
		if isClosedPipe(fmt.Errorf("get: %w", err)) {
			t.Errorf("%v is taken for the end of standard output", err)
		}
	}
	_, err := standardOutput{&failing{0, syscall.EPIPE}}.Write([]byte("x"))
	if !isClosedPipe(fmt.Errorf("print: %w", err)) {
		t.Errorf("%v is not taken for the end of standard output", err)
	}
}

// TestInterruptedOutput shows that an interrupted run leaves whole files or none, and nothing beside them.
func TestInterruptedOutput(t *testing.T) {
	text := exampleLines(t, 4000)
	t.Chdir(t.TempDir())
	if err := os.WriteFile("x.log", []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, args := range [][]string{{"analyze", "x.log", "-o", "x.json"}, {"records", "x.log", "-o", "x.ndjson"}, {"simulate", "clean", "-o", "sim"}} {
		if code, _, stderr := runFor(ctx, nil, args...); code != 130 {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "x.log" && e.Name() != "sim" {
			t.Errorf("%s is left over", e.Name())
		}
	}
	for _, args := range [][]string{{"analyze", "-", "-o", "x.json"}, {"records", "-", "-o", "x.ndjson"}} {
		ctx, cancel := context.WithCancel(t.Context())
		code, _, stderr := runFor(ctx, after(text[:len(text)/2], cancel, text[len(text)/2:]), args...)
		if code != 130 {
			t.Errorf("%v: exit code %d: %s", args, code, stderr)
		}
		for line := range strings.Lines(read(t, args[3])) {
			if args[0] == "records" && !json.Valid([]byte(line)) {
				t.Errorf("%s holds a part of a line: %s", args[3], line)
			}
		}
	}
	checkSummary(t, []byte(read(t, "x.json")))
	if left, _ := filepath.Glob(".alblens-*"); len(left) > 0 {
		t.Errorf("%v are left over", left)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
