package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// event is a line of `go test -json`; see `go doc test2json` and, for build output, `go help buildjson`.
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output and build-fail
	Test        string
	Output      string
	Elapsed     float64
	FailedBuild string
}

// summary counts results and prints them as they come. It keeps the output of a test until its result is known.
type summary struct {
	w          io.Writer
	requireAll bool
	passed     int
	failed     int
	skipped    int
	packages   map[string]*pkg
	builds     map[string]*bytes.Buffer // what the compiler said, by import path
}

type pkg struct {
	output  bytes.Buffer             // of no test
	running map[string]*bytes.Buffer // output of tests without a result so far
	passed  int
	failed  int
	skipped int
}

func newSummary(w io.Writer, requireAll bool) *summary {
	return &summary{w: w, requireAll: requireAll, packages: map[string]*pkg{}, builds: map[string]*bytes.Buffer{}}
}

// read takes the events of one `go test -json` to its end. A line that is no event is printed as it is.
func (s *summary) read(r io.Reader) error {
	lines := bufio.NewReader(r)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var ev event
			if json.Unmarshal(line, &ev) == nil && ev.Action != "" {
				s.add(ev)
			} else {
				s.w.Write(line)
			}
		}
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return fmt.Errorf("read test events: %w", err)
		}
	}
}

func (s *summary) add(ev event) {
	if ev.Action == "build-output" {
		if s.builds[ev.ImportPath] == nil {
			s.builds[ev.ImportPath] = new(bytes.Buffer)
		}
		s.builds[ev.ImportPath].WriteString(ev.Output)
		return
	}
	if ev.Package == "" {
		return
	}
	p := s.packages[ev.Package]
	if p == nil {
		p = &pkg{running: map[string]*bytes.Buffer{}}
		s.packages[ev.Package] = p
	}
	if ev.Test == "" {
		s.addPackage(p, ev)
		return
	}
	switch ev.Action {
	case "run":
		p.running[ev.Test] = new(bytes.Buffer)
	case "output":
		if strings.HasPrefix(ev.Output, "=== ") {
			return // RUN, PAUSE, CONT and NAME: the events say so
		}
		if out := p.running[ev.Test]; out != nil {
			out.WriteString(ev.Output)
		} else {
			p.output.WriteString(ev.Output) // said after its end
		}
	case "pass", "fail", "skip":
		out := p.running[ev.Test]
		if out == nil {
			out = new(bytes.Buffer)
		}
		delete(p.running, ev.Test)
		s.result(p, ev, out.Bytes())
	}
}

func (s *summary) result(p *pkg, ev event, output []byte) {
	switch {
	case ev.Action == "pass":
		p.passed++
		// What follows the verdict is not the test's own: where the process died, it says of what.
		if _, after, ok := bytes.Cut(output, []byte("--- PASS: "+ev.Test+" ")); ok {
			_, after, _ = bytes.Cut(after, []byte("\n"))
			p.output.Write(after)
		}
	case ev.Action == "skip" && (!s.requireAll || bytes.Contains(output, []byte("../shared"))):
		p.skipped++
	case ev.Action == "skip":
		p.failed++
		s.show(ev.Package+" "+ev.Test+": skipped, and ALBLENS_REQUIRE_ALL is set", output)
	default:
		p.failed++
		s.show(ev.Package+" "+ev.Test, output)
	}
}

func (s *summary) addPackage(p *pkg, ev event) {
	switch ev.Action {
	case "output":
		p.output.WriteString(ev.Output)
		return
	case "pass", "fail", "skip":
	default:
		return
	}
	for _, name := range sortedKeys(p.running) {
		p.failed++
		s.show(ev.Package+" "+name+": did not end", p.running[name].Bytes())
	}
	if ev.Action == "fail" {
		unnamed := p.failed == 0 // it did not build, or died before or after its tests
		if unnamed {
			p.failed++
		}
		if build := s.builds[ev.FailedBuild]; build != nil {
			s.show(ev.Package+": build", build.Bytes())
		}
		if said := withoutVerdicts(p.output.String()); unnamed || said != "" {
			s.show(ev.Package, []byte(said))
		}
	}
	verdict := "ok  "
	switch {
	case p.failed > 0:
		verdict = "FAIL"
	case p.passed+p.skipped == 0:
		verdict = "none"
	}
	fmt.Fprintf(s.w, "%s  %-36s %6.1fs  %s\n", verdict, ev.Package, ev.Elapsed, tally(p.passed, p.failed, p.skipped))
	s.passed += p.passed
	s.failed += p.failed
	s.skipped += p.skipped
	delete(s.packages, ev.Package)
}

// broken counts, as one failure, what no test stands for.
func (s *summary) broken(name string, err error) {
	s.failed++
	s.show(name, []byte(err.Error()))
}

func (s *summary) show(name string, output []byte) {
	fmt.Fprintf(s.w, "--- %s\n", name)
	for line := range strings.Lines(string(output)) {
		fmt.Fprintf(s.w, "    %s\n", strings.TrimSuffix(line, "\n"))
	}
}

// close prints the count and returns the exit code.
func (s *summary) close() int {
	for _, name := range sortedKeys(s.packages) { // go test was killed
		s.broken(name, errors.New("the package's tests did not end"))
		s.passed += s.packages[name].passed
		s.failed += s.packages[name].failed
		s.skipped += s.packages[name].skipped
	}
	fmt.Fprintln(s.w, tally(s.passed, s.failed, s.skipped))
	if s.failed > 0 || s.passed == 0 {
		return 1
	}
	return 0
}

// withoutVerdicts drops the lines by which go test repeats that a package failed.
func withoutVerdicts(output string) string {
	var kept strings.Builder
	for line := range strings.Lines(output) {
		if line != "FAIL\n" && !strings.HasPrefix(line, "FAIL\t") {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func tally(passed, failed, skipped int) string {
	text := fmt.Sprintf("%d passed, %d failed", passed, failed)
	if skipped > 0 {
		text += fmt.Sprintf(", %d skipped", skipped)
	}
	return text
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
