package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"alblens/diagnose"
	"alblens/internal/simulate"
	"alblens/plan"
	"alblens/report"
	"alblens/scan"
	"alblens/sources"
)

// replaced is a source whose objects are others the second time that they are read.
type replaced struct {
	memory
	opened map[string]bool
}

func (s replaced) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	if s.opened[ref.Name] {
		ref.Name = "demo/" + s.memory[0].Key
	}
	s.opened[ref.Name] = true
	return s.memory.Open(ctx, ref)
}

// vanishing is a source whose objects are gone the second time.
type vanishing struct {
	memory
	opened map[string]bool
}

func (s vanishing) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	if s.opened[ref.Name] {
		return nil, &sources.Problem{Name: ref.Name, Kind: sources.NotFound, Err: errors.New("gone")}
	}
	s.opened[ref.Name] = true
	return s.memory.Open(ctx, ref)
}

// stopping is a source that interrupts the run when an object is read again.
type stopping struct {
	memory
	opened map[string]bool
	stop   func()
}

func (s stopping) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	if s.opened[ref.Name] {
		s.stop()
	}
	s.opened[ref.Name] = true
	return s.memory.Open(ctx, ref)
}

// runBundle is what analyze does for --bundle, of a source.
func runBundle(t *testing.T, ctx context.Context, src sources.Source, dir string) error {
	t.Helper()
	a, hide := &analysis{}, &redaction{}
	a.flags(pflag.NewFlagSet("", pflag.ContinueOnError))
	hide.flags(pflag.NewFlagSet("", pflag.ContinueOnError))
	a.quiet, a.progress, a.jobs = true, "off", 1
	if err := hide.check(); err != nil {
		t.Fatal(err)
	}
	b, err := beginBundle(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer b.discard()
	src = b.watch(src)
	p, err := plan.Build(context.Background(), src, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	opts, by, err := a.options(time.Time{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := scan.Summarize(ctx, src, p, opts, scan.Config{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Options: report.Options{TimeField: "response", By: by}, Result: whole.Freeze()}
	r.Diagnosis = diagnose.Run(r.Result, diagnose.Options{})
	return a.writeBundle(ctx, b, r, p, opts, hide, streams{err: io.Discard})
}

// What changes between the two readings, or was not read to its end, makes no evidence.
func TestBundleOfWhatChanges(t *testing.T) {
	objects, err := simulate.Generate(simulate.Demo(demoSeed))
	if err != nil {
		t.Fatal(err)
	}
	var m memory
	for o := range objects {
		if m = append(m, o); len(m) == 3 {
			break
		}
	}
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	during, stop := context.WithCancel(context.Background())
	defer stop()
	for _, tt := range []struct {
		name string
		ctx  context.Context
		src  sources.Source
		want string // of the error
	}{
		{"the same", context.Background(), m, ""},
		{"changed", context.Background(), replaced{m, map[string]bool{}}, "changed while it was read twice"},
		{"gone", context.Background(), vanishing{m, map[string]bool{}}, "could not be read again"},
		{"interrupted", canceled, m, "the run was interrupted"},
		{"interrupted later", during, stopping{m, map[string]bool{}, stop}, "the run was interrupted"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			parent := t.TempDir()
			err := runBundle(t, tt.ctx, tt.src, filepath.Join(parent, "bundle"))
			entries, _ := os.ReadDir(parent)
			if tt.want == "" {
				if err != nil || len(entries) != 1 || entries[0].Name() != "bundle" {
					t.Errorf("%v; %v", err, entries)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) || len(entries) != 0 {
				t.Errorf("%v; %v", err, entries)
			}
			if exit, ok := errors.AsType[*exitError](err); ok != strings.Contains(tt.want, "interrupted") || ok && exit.code != exitInterrupted {
				t.Errorf("the exit code of %v", err)
			}
		})
	}
}

// The first ids of a cause are kept, each once, and the others counted.
func TestTraces(t *testing.T) {
	w := &bundleWriter{ndjson: io.Discard, raw: io.Discard, traces: newTraces()}
	for _, text := range []string{"{}\nline\nno-target 1-a\n", "{}\nline\nno-target 1-a\n{}\nline\nno-target \n", "{}\nline\nidle-timeout 1-b\n"} {
		if n, err := io.Copy(w, strings.NewReader(text)); err != nil || int(n) != len(text) {
			t.Fatal(n, err)
		}
	}
	for i := range maxTraces + 1 {
		w.traces.add("no-target", strings.Repeat("x", i+1))
	}
	want := []report.Traces{{Cause: "idle-timeout", File: "trace-ids/idle-timeout.txt", IDs: 1}, {Cause: "no-target", File: "trace-ids/no-target.txt", IDs: 10_000, More: 2}}
	if got := w.traces.list(); len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("%+v", got)
	}
	failing := errors.New("disk full")
	w.raw = writerFunc(func([]byte) (int, error) { return 0, failing })
	if _, err := w.Write([]byte("{}\nline\nno-target 1-a\n")); err != failing {
		t.Errorf("%v", err)
	}
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// An object that is not read to its end has the digest of what was read of it.
func TestHashing(t *testing.T) {
	h := newHashing(memory{{Key: "x", Body: []byte("abcdef")}})
	body, err := h.Open(context.Background(), sources.Ref{Name: "demo/x"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(body, make([]byte, 3)); err != nil {
		t.Fatal(err)
	}
	if err := body.Close(); err != nil {
		t.Fatal(err)
	}
	abc := digest{"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", 3} // by sha256sum
	if read := h.next(); len(read) != 1 || read["demo/x"] != abc {
		t.Errorf("%v", read)
	}
	if read := h.next(); len(read) != 0 {
		t.Errorf("again: %v", read)
	}
	// Standard input, which can be read only once.
	h = newHashing(once{strings.NewReader("abc")})
	defer h.close()
	for range 2 {
		body, err := h.Open(context.Background(), sources.Ref{Name: sources.Stdin})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(body)
		if err != nil || !bytes.Equal(text, []byte("abc")) {
			t.Errorf("%q, %v", text, err)
		}
		body.Close()
		if read := h.next(); read[sources.Stdin] != abc {
			t.Errorf("%v", read)
		}
	}
}

type once struct{ io.Reader }

func (once) List(context.Context, sources.Selection) iter.Seq2[sources.Ref, error] { return nil }

func (o once) Open(context.Context, sources.Ref) (io.ReadCloser, error) {
	return io.NopCloser(o.Reader), nil
}
