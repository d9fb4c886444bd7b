package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"alblens/internal/s3test"
	"alblens/internal/schematest"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"alblens": main})
}

// TestScript runs the scripts below testdata/script. Beside testscript's own commands they have those of commands.
func TestScript(t *testing.T) {
	if testing.Short() { // as with -race, which makes 200 processes slow; the tests of run are in this one
		t.Skip("-short")
	}
	runScripts(t, "testdata/script", func(*testscript.Env) {})
}

// s3Server is what the scripts below testdata/s3 have besides.
type s3Server struct {
	*s3test.Server
	t      *testing.T
	nobody s3test.Account
}

// TestScriptS3 runs scripts against a real S3 server. Each has a bucket of its own, $BUCKET, and may do everything.
func TestScriptS3(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	s := s3test.Start(t)
	server := s3Server{s, t, s.User(t, "nobody")}
	runScripts(t, "testdata/s3", func(e *testscript.Env) {
		e.Values[s3Server{}] = server
		for _, kv := range append(s.Env(s.Root), "BUCKET="+s.Bucket(t)) {
			key, value, _ := strings.Cut(kv, "=")
			e.Setenv(key, value)
		}
	})
}

func runScripts(t *testing.T, dir string, setup func(*testscript.Env)) {
	testscript.Run(t, testscript.Params{
		Dir:                 dir,
		Cmds:                commands,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			for _, kv := range append(s3test.Isolated(), "NO_COLOR=", "COLUMNS=", "TERM=xterm") {
				key, value, _ := strings.Cut(kv, "=")
				e.Setenv(key, value)
			}
			setup(e)
			return nil
		},
		Condition: func(name string) (bool, error) {
			if name == "root" { // may read what nobody may read
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("unknown condition %q", name)
		},
	})
}

var commands = map[string]func(*testscript.TestScript, bool, []string){
	"exits":      cmdExits,
	"closedpipe": cmdClosedPipe,
	"log":        cmdLog,
	"text":       cmdText,
	"gz":         cmdGzip,
	"cut":        cmdCut,
	"flip":       cmdFlip,
	"fill":       cmdFill,
	"summary":    cmdSummary,
	"same":       cmdSame,
	"json":       cmdJSON,
	"truth":      cmdTruth,
	"as":         cmdAs,
	"s3put":      cmdS3Put,
}

// exits CODE PROGRAM ARG...: the program ends with just this code.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want || neg {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}

// closedpipe PROGRAM ARG...: the program writes to a pipe that nobody reads, which is no failure.
func cmdClosedPipe(ts *testscript.TestScript, _ bool, args []string) {
	program := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if name := filepath.Join(dir, args[0]); program == "" {
			if _, err := os.Stat(name); err == nil {
				program = name
			}
		}
	}
	r, w, err := os.Pipe()
	ts.Check(err)
	r.Close()
	defer w.Close()
	var stderr strings.Builder
	c := exec.Command(program, args[1:]...)
	c.Dir, c.Stdout, c.Stderr = ts.MkAbs("."), w, &stderr
	if err := c.Run(); err != nil || stderr.Len() > 0 {
		ts.Fatalf("%v: %s", err, &stderr)
	}
}

// log FILE KEY=VALUE...: appends records to a file, after the model of one of 14:00:00 that went well. The keys are
// n (how many, a second apart), time (of the clock), status, tstatus, target, tg, path, host, method, client, lb,
// agent, action, rule, reason, trace, took (milliseconds) and times (the three).
func cmdLog(ts *testscript.TestScript, _ bool, args []string) {
	v := map[string]string{
		"n": "1", "time": "14:00:00", "status": "200", "tstatus": "", "target": "10.0.1.7:8080", "tg": "web", "path": "/",
		"host": "www.example.com", "method": "GET", "client": "192.0.2.10:41802", "lb": "app/shop/50dc6c495c0c9188",
		"agent": "curl/8.9.1", "action": "forward", "rule": "0", "reason": "-", "trace": "", "took": "21",
		"times": "0.000 0.021 0.000",
	}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(arg, "=")
		if _, ok := v[key]; !ok {
			ts.Fatalf("log: no key %q", key)
		}
		v[key] = value
	}
	if v["tstatus"] == "" {
		v["tstatus"] = v["status"]
	}
	at, err := time.Parse(time.DateTime, "2026-11-20 "+v["time"])
	ts.Check(err)
	took, err := time.ParseDuration(v["took"] + "ms")
	ts.Check(err)
	n, err := strconv.Atoi(v["n"])
	ts.Check(err)
	name := ts.MkAbs(args[0])
	before, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	b := bytes.NewBuffer(before)
	for i := range n {
		trace := v["trace"]
		if trace == "" {
			trace = fmt.Sprintf("Root=1-6b00538c-%012x%012x", len(before), i)
		}
		group := "-"
		if v["tg"] != "-" {
			group = "arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/" + v["tg"] + "/6d0ecf831eec9f09"
		}
		const micro = "2006-01-02T15:04:05.000000Z"
		made := at.Add(time.Duration(i) * time.Second)
		fmt.Fprintf(b, `https %s %s %s %s %s %s %s 412 1824 "%s https://%s:443%s HTTP/1.1" "%s" TLS_AES_128_GCM_SHA256 TLSv1.3 %s "%s" "%s" "-" %s %s "%s" "-" "%s" "%s" "%s" "-" "-" TID_37a35dc483204c9c "-" "-" "-" 203.0.113.10 "-" "-"`+"\n",
			made.Format(micro), v["lb"], v["client"], v["target"], v["times"], v["status"], v["tstatus"], v["method"], v["host"], v["path"],
			v["agent"], group, trace, v["host"], v["rule"], made.Add(-took).Format(micro), v["action"], v["reason"], v["target"], v["tstatus"])
	}
	write(ts, args[0], b.Bytes())
}

// write makes a file and the directories it is in.
func write(ts *testscript.TestScript, name string, content []byte) {
	name = ts.MkAbs(name)
	ts.Check(os.MkdirAll(filepath.Dir(name), 0o777))
	ts.Check(os.WriteFile(name, content, 0o666))
}

// text FILE TEXT [COUNT]: appends lines to a file.
func cmdText(ts *testscript.TestScript, _ bool, args []string) {
	n := 1
	if len(args) > 2 {
		var err error
		n, err = strconv.Atoi(args[2])
		ts.Check(err)
	}
	before, err := os.ReadFile(ts.MkAbs(args[0]))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		ts.Fatalf("%v", err)
	}
	write(ts, args[0], append(before, strings.Repeat(args[1]+"\n", n)...))
}

// gz OUT IN...: makes a gzip file, a member of each.
func cmdGzip(ts *testscript.TestScript, _ bool, args []string) {
	var b bytes.Buffer
	for _, in := range args[1:] {
		w := gzip.NewWriter(&b)
		w.Write([]byte(ts.ReadFile(in)))
		w.Close()
	}
	write(ts, args[0], b.Bytes())
}

// cut FILE N: keeps the first N bytes, or all but the last -N, or that share of them: 50%.
func cmdCut(ts *testscript.TestScript, _ bool, args []string) {
	content := []byte(ts.ReadFile(args[0]))
	number, percent := strings.CutSuffix(args[1], "%")
	n, err := strconv.Atoi(number)
	ts.Check(err)
	if percent {
		n = len(content) * n / 100
	}
	if n < 0 {
		n += len(content)
	}
	write(ts, args[0], content[:n])
}

// flip FILE N: changes a bit of the byte with this index, from the end if N is negative.
func cmdFlip(ts *testscript.TestScript, _ bool, args []string) {
	content := []byte(ts.ReadFile(args[0]))
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	if n < 0 {
		n += len(content)
	}
	content[n] ^= 1
	write(ts, args[0], content)
}

// fill FILE N: makes a file of N zeros.
func cmdFill(ts *testscript.TestScript, _ bool, args []string) {
	n, err := strconv.Atoi(args[1])
	ts.Check(err)
	write(ts, args[0], make([]byte, n))
}

// summary FILE KEY=VALUE...: the file is a summary that fits the schema and adds up, and has these values of "inputs":
// lines=3 malformed=1. Keys of "totals" stand behind a colon: :requests=3.
func cmdSummary(ts *testscript.TestScript, _ bool, args []string) {
	text := ts.ReadFile(args[0])
	checkSummary(&reporter{ts: ts}, []byte(text))
	for _, arg := range args[1:] {
		key, want, _ := strings.Cut(arg, "=")
		path := "inputs." + key
		if rest, ok := strings.CutPrefix(key, ":"); ok {
			path = "totals." + rest
		}
		if got := lookup(ts, text, path); got != want {
			ts.Fatalf("%s is %s, want %s", path, got, want)
		}
	}
}

// checkSummary holds what must be so for every summary.
func checkSummary(t testing.TB, text []byte) {
	t.Helper()
	schematest.Check(t, text)
	type cell struct {
		Requests int64            `json:"requests"`
		Status   map[string]int64 `json:"status"`
		ELB5xx   int64            `json:"elb_5xx"`
	}
	var s struct {
		Inputs struct {
			Complete, Interrupted               bool
			Objects                             int64
			Partial                             int64 `json:"objects_partial"`
			Failed                              int64 `json:"objects_failed"`
			Skipped                             int64 `json:"objects_skipped"`
			Lines, Records, Malformed, Filtered int64
			FieldCounts                         map[string]int64 `json:"field_counts"`
			Problems                            []json.RawMessage
		}
		Totals cell
		ByTime []cell `json:"by_time"`
	}
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	in := s.Inputs
	if in.Lines != in.Records+in.Malformed+in.Filtered {
		t.Errorf("%d lines are not %d records, %d malformed and %d filtered", in.Lines, in.Records, in.Malformed, in.Filtered)
	}
	if n := in.Partial + in.Failed + in.Skipped; int64(len(in.Problems)) != n || in.Objects < n {
		t.Errorf("%d of %d objects partial, failed or skipped, but %d problems", n, in.Objects, len(in.Problems))
	}
	if in.Complete && (in.Interrupted || in.Partial+in.Failed > 0) {
		t.Errorf("called complete: %+v", in)
	}
	sum := func(counts map[string]int64) (n int64) {
		for _, c := range counts {
			n += c
		}
		return n
	}
	if n := in.Records; s.Totals.Requests != n || sum(s.Totals.Status) != n || sum(in.FieldCounts) != n {
		t.Errorf("%d records, but %d requests, %d by status, %d by fields", n, s.Totals.Requests, sum(s.Totals.Status), sum(in.FieldCounts))
	}
	if len(s.ByTime) > 0 {
		var requests, failed int64
		for _, c := range s.ByTime {
			requests += c.Requests
			failed += c.ELB5xx
		}
		if requests != s.Totals.Requests || failed != s.Totals.ELB5xx {
			t.Errorf("by_time has %d requests and %d failed, totals %d and %d", requests, failed, s.Totals.Requests, s.Totals.ELB5xx)
		}
	}
}

// reporter is a testing.TB for what runs inside a script.
type reporter struct {
	testing.TB
	ts *testscript.TestScript
}

func (r *reporter) Helper()                           {}
func (r *reporter) Fatal(args ...any)                 { r.ts.Fatalf("%s", fmt.Sprint(args...)) }
func (r *reporter) Fatalf(format string, args ...any) { r.ts.Fatalf(format, args...) }
func (r *reporter) Errorf(format string, args ...any) { r.ts.Fatalf(format, args...) }

// same A B [OLD NEW]...: two summaries are the same bytes but for "run", where the evidence stands, and what commands name as
// source, once what is OLD in A is NEW.
func cmdSame(ts *testscript.TestScript, neg bool, args []string) {
	a := strings.NewReplacer(args[2:]...).Replace(ts.ReadFile(args[0]))
	left, right := withoutRun(ts, a), withoutRun(ts, ts.ReadFile(args[1]))
	if slices.Equal(left, right) != neg {
		return
	}
	for i := range min(len(left), len(right)) {
		if left[i] != right[i] {
			ts.Logf("- %s\n+ %s", left[i], right[i])
		}
	}
	ts.Fatalf("%s and %s: being the same but for run is %v", args[0], args[1], neg)
}

// withoutRun is the lines of a summary but the one of "run".
func withoutRun(ts *testscript.TestScript, text string) []string {
	lines := strings.Split(text, "\n")
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, `  "run": {`) })
	if i < 0 {
		ts.Fatalf("no summary: %.100q", text)
	}
	lines = slices.Delete(lines, i, i+1)
	for i := range lines {
		lines[i] = sourceMember.ReplaceAllString(lines[i], `"source": ""`)
		lines[i] = sourceCommand.ReplaceAllString(lines[i], "")
	}
	return lines
}

// sourceCommand is a command that reads the source again, which there is none of for standard input.
var sourceCommand = regexp.MustCompile(`(, )?\{"why": "[^"]*", "command": "alblens records (?:[^"\\]|\\.)*"\}`)

var sourceMember = regexp.MustCompile(`"source": "[^"]*"`)

// json FILE PATH WANT: the value at a path of names and numbers, as by_target.0.target, is this compact JSON. Of a
// file of several lines of JSON the first part of the path is the number of the line.
func cmdJSON(ts *testscript.TestScript, neg bool, args []string) {
	if got := lookup(ts, ts.ReadFile(args[0]), args[1]); (got == args[2]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// lookup returns "missing" where there is nothing.
func lookup(ts *testscript.TestScript, text, path string) string {
	if !strings.HasPrefix(text, "{\n") { // NDJSON
		text = "[" + strings.ReplaceAll(strings.TrimSpace(text), "\n", ",") + "]"
	}
	value := json.RawMessage(text)
	for name := range strings.SplitSeq(path, ".") {
		if bytes.HasPrefix(bytes.TrimSpace(value), []byte("[")) {
			var list []json.RawMessage
			ts.Check(json.Unmarshal(value, &list))
			if name == "length" {
				return strconv.Itoa(len(list))
			}
			i, err := strconv.Atoi(name)
			ts.Check(err)
			if i >= len(list) {
				return "missing"
			}
			value = list[i]
			continue
		}
		var object map[string]json.RawMessage
		if err := json.Unmarshal(value, &object); err != nil {
			ts.Fatalf("%s of %s: %v", name, path, err)
		}
		ok := false
		if value, ok = object[name]; !ok {
			return "missing"
		}
	}
	var b bytes.Buffer
	ts.Check(json.Compact(&b, value))
	return b.String()
}

// truth TRUTH RECORDS: the causes of all records, as NDJSON, are those that the simulation injected.
func cmdTruth(ts *testscript.TestScript, _ bool, args []string) {
	type place struct {
		object string
		line   int
	}
	want := map[place]string{}
	for line := range strings.Lines(ts.ReadFile(args[0])) {
		var v struct {
			Object, Cause string
			Line          int
		}
		ts.Check(json.Unmarshal([]byte(line), &v))
		want[place{v.Object, v.Line}] = v.Cause
	}
	failed := 0
	for line := range strings.Lines(ts.ReadFile(args[1])) {
		var v struct {
			Source string
			Cause  *string
			Line   int
		}
		ts.Check(json.Unmarshal([]byte(line), &v))
		_, object, _ := strings.Cut(v.Source, "/")
		cause := want[place{object, v.Line}]
		switch {
		case v.Cause == nil && cause == "":
		case v.Cause == nil || *v.Cause != cause:
			ts.Fatalf("the truth is %q: %s", cause, line)
		default:
			failed++
		}
	}
	if failed != len(want) || failed == 0 {
		ts.Fatalf("%d failed records of %d", failed, len(want))
	}
}

// as NAME: uses the credentials of root, or of nobody, who has an account but no permission.
func cmdAs(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(s3Server{}).(s3Server)
	who := s.Root
	if args[0] == "nobody" {
		who = s.nobody
	}
	for _, kv := range s.Env(who) {
		key, value, _ := strings.Cut(kv, "=")
		ts.Setenv(key, value)
	}
}

// s3put DIR: stores the files of a directory, under their names in it.
func cmdS3Put(ts *testscript.TestScript, _ bool, args []string) {
	s := ts.Value(s3Server{}).(s3Server)
	root := ts.MkAbs(args[0])
	ts.Check(filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		key, err := filepath.Rel(root, name)
		s.Put(s.t, ts.Getenv("BUCKET"), filepath.ToSlash(key), content)
		return err
	}))
}
