//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"alblens/internal/faultproxy"
	"alblens/internal/s3test"
	"alblens/internal/schematest"
)

// A stopped is what is left of a program that got signals.
type stopped struct {
	code           int // -1: it was ended by the signal itself
	took           time.Duration
	stdout, stderr string
}

// interrupt runs the program and sends it SIGINT after each of the delays, the second counted from the first.
func interrupt(t *testing.T, env []string, args []string, delays ...time.Duration) stopped {
	t.Helper()
	var out, err bytes.Buffer
	c := exec.Command("alblens", args...)
	c.Env, c.Stdout, c.Stderr = append(os.Environ(), env...), &out, &err
	began := time.Now()
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- c.Wait() }()
	for _, d := range delays {
		time.Sleep(d)
		c.Process.Signal(os.Interrupt) // it may have ended already
	}
	select {
	case e := <-done:
		if exit, ok := errors.AsType[*exec.ExitError](e); e != nil && !ok {
			t.Fatal(e)
		} else if ok && exit.ExitCode() == -1 && exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGINT {
			t.Fatalf("%v: %s", e, &err)
		}
	case <-time.After(20 * time.Second):
		c.Process.Kill()
		t.Fatalf("still running 20 s after the last signal: %s", &err)
	}
	return stopped{c.ProcessState.ExitCode(), time.Since(began), out.String(), err.String()}
}

// whole holds that a program that was stopped left whole summaries or none, and says how it ended.
func (s stopped) whole(t *testing.T, file string) {
	t.Helper()
	left, err := os.ReadFile(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	for _, text := range []string{string(left), s.stdout} {
		switch {
		case text != "":
			checkSummary(t, []byte(text))
			if interrupted := strings.Contains(text, `"interrupted": true`); interrupted != (s.code == exitInterrupted) {
				t.Errorf("exit code %d, and a summary that says interrupted: %v", s.code, interrupted)
			}
		case s.code == exitDone:
			t.Error("exit code 0 without a summary")
		}
	}
	if s.code != exitDone && s.code != exitInterrupted && s.code != -1 {
		t.Errorf("exit code %d: %s", s.code, s.stderr)
	}
}

// somewhat is a directory that takes about a second to analyse.
func somewhat(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	text := []byte(exampleLines(t, 20_000))
	for i := range 12 {
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%02d.log", i)), text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestInterruptAnywhere sends SIGINT at random moments of a run.
func TestInterruptAnywhere(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	logs, dir := somewhat(t), t.TempDir()
	file := filepath.Join(dir, "out.json")
	args := []string{"analyze", logs, "-f", "json", "-o", file, "-o", "-"}
	full := interrupt(t, nil, args)
	if full.code != exitDone {
		t.Fatalf("uninterrupted: exit code %d: %s", full.code, full.stderr)
	}
	full.whole(t, file)
	codes := map[int]int{}
	for seed := range uint64(20) {
		if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		rnd := rand.New(rand.NewPCG(seed, 5))
		s := interrupt(t, nil, args, rand.N(full.took+time.Duration(rnd.IntN(10))*time.Millisecond))
		s.whole(t, file)
		codes[s.code]++
		// Ended by the signal itself, it had not begun; later it tidies up.
		if left, _ := filepath.Glob(filepath.Join(dir, unfinished+"*")); len(left) > 0 {
			t.Errorf("%v are left over, exit code %d", left, s.code)
		}
	}
	t.Logf("of a run of %v: exit codes %v", full.took, codes)
	if codes[exitInterrupted] == 0 {
		t.Error("no run was interrupted")
	}
}

// TestInterruptTwice sends a second SIGINT right behind the first: the program ends at once, no file under its final name
// is half written, and nothing that was begun is left.
func TestInterruptTwice(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	logs, dir := somewhat(t), t.TempDir()
	file, bundle := filepath.Join(dir, "out.json"), filepath.Join(dir, "bundle")
	analyze := []string{"analyze", logs, "-f", "json", "-o", file, "-o", "-", "--bundle", bundle}
	records := []string{"records", logs, "--status", "200", "-o", filepath.Join(dir, "records.ndjson")}
	for _, x := range []struct {
		args  []string
		after time.Duration
	}{
		{analyze, interrupt(t, nil, analyze).took / 2},
		{records, interrupt(t, nil, records).took / 2},
		{[]string{"simulate", "corpus", "--force", "-o", filepath.Join(dir, "corpus")}, 200 * time.Millisecond},
	} {
		args, codes := x.args, map[int]int{}
		for i := range 8 {
			os.Remove(file)
			os.RemoveAll(bundle)
			s := interrupt(t, nil, args, x.after, time.Duration(i)*time.Millisecond)
			codes[s.code]++
			if s.code != exitInterrupted && s.code != exitDone && s.code != -1 { // -1: it had not begun
				t.Errorf("%s: exit code %d: %s", args[0], s.code, s.stderr)
			}
			if text, err := os.ReadFile(file); err == nil {
				checkSummary(t, text)
			}
			if args[0] == "analyze" && s.stdout != "" {
				checkSummary(t, []byte(s.stdout))
			}
			if _, err := os.Stat(bundle); err == nil { // it was done before the signal came
				if err := verifyBundle(bundle, streams{out: io.Discard, err: os.Stderr}); err != nil {
					t.Errorf("exit code %d, and a bundle of a part: %v", s.code, err)
				}
				os.RemoveAll(bundle)
			}
			for _, name := range filesBelow(t, dir) {
				if base := filepath.Base(name); strings.HasPrefix(base, unfinished) || !slices.Contains([]string{".json", ".ndjson", ".gz"}, filepath.Ext(base)) {
					t.Errorf("%s: %s is left over", args[0], name)
				}
			}
		}
		t.Logf("%s: exit codes %v", args[0], codes)
		if codes[exitInterrupted] == 0 {
			t.Errorf("%s: no run was interrupted", args[0])
		}
	}
}

// filesBelow names all files below a directory.
func filesBelow(t *testing.T, dir string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// TestInterruptSilence shows that what keeps silent keeps nobody waiting: a pipe without a writer, a server without an
// answer.
func TestInterruptSilence(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	fifo := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	server := s3test.Start(t)
	bucket := server.Bucket(t)
	server.Put(t, bucket, "x.log", []byte(exampleLines(t, 10)))
	proxy := faultproxy.Start(t, server.URL)
	proxy.Use(faultproxy.Everything(faultproxy.Silence()))
	silent := append(server.Env(server.Root), "AWS_ENDPOINT_URL="+proxy.URL)
	for _, c := range []struct {
		what string
		env  []string
		arg  string
	}{{"a pipe", nil, fifo}, {"S3", silent, "s3://" + bucket + "/"}} {
		s := interrupt(t, c.env, []string{"analyze", c.arg, "-f", "json"}, 500*time.Millisecond)
		if s.code != exitInterrupted || s.took > 5*time.Second || s.stdout != "" {
			t.Errorf("%s: exit code %d after %v: %s%s", c.what, s.code, s.took, s.stdout, s.stderr)
		}
	}
}

// TestInterruptFollow sends SIGINT at random moments of following: what stands on standard output is whole lines, the last
// one says that it stopped, and the report is whole.
func TestInterruptFollow(t *testing.T) {
	if testing.Short() {
		t.Skip("-short")
	}
	logs, file := somewhat(t), filepath.Join(t.TempDir(), "out.json")
	ends := map[string]int{}
	for seed := range uint64(10) {
		os.Remove(file)
		rnd := rand.New(rand.NewPCG(seed, 6))
		s := interrupt(t, nil, []string{"analyze", logs, "--follow", "1s", "-f", "ndjson", "-o", file}, time.Duration(rnd.IntN(2000))*time.Millisecond)
		if s.code == -1 && s.stdout == "" { // before it had begun
			continue
		}
		if s.code != exitInterrupted {
			t.Errorf("exit code %d: %s", s.code, s.stderr)
		}
		if s.stdout != "" && !strings.HasPrefix(s.stdout, `{"schema": "alblens/follow/v1", "event": "started", `) {
			t.Errorf("the first line is another: %.200s", s.stdout)
		}
		end := "nothing"
		for line := range strings.Lines(s.stdout) {
			if err := schematest.ValidateFollow([]byte(line)); err != nil {
				t.Errorf("%v: %q", err, line)
			}
			_, rest, _ := strings.Cut(line, `"event": "`)
			end, _, _ = strings.Cut(rest, `"`)
		}
		ends[end]++
		text, err := os.ReadFile(file)
		switch {
		case err == nil:
			checkSummary(t, text)
			if !strings.Contains(string(text), `"interrupted": true`) {
				t.Error("the report does not say that it was interrupted")
			}
		case s.stdout != "":
			t.Errorf("there are lines and no report: %v", err)
		}
		if left, _ := filepath.Glob(filepath.Join(filepath.Dir(file), unfinished+"*")); len(left) > 0 {
			t.Errorf("%v are left over", left)
		}
	}
	t.Logf("the last lines: %v", ends)
	delete(ends, "nothing")
	if ends["stopped"] == 0 || len(ends) > 1 {
		t.Errorf("the last lines: %v", ends)
	}
}
