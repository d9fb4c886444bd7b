// Package proof holds the diagnosis to days of which the truth is known: it simulates a log, reads it as the program
// does, and compares the causes and findings with what was injected.
package proof

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strings"

	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/internal/logname"
	"alblens/internal/pathtemplate"
	"alblens/internal/simulate"
	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

// A Score is how the diagnosis did on one day, or on several that were added.
type Score struct {
	Records, Failed int
	// Judged counts failed records by their true cause and the one found; Alone by the one that the row alone suggests.
	Judged, Alone Confusion
	// Bins counts failed records, and the right ones among them, by confidence in tenths: the last is 0.9 and above.
	Bins [10]Bin
	// Misses are what was expected and not found, or found and neither expected nor allowed.
	Misses []string
	// Wrong are records that were judged wrongly, in words.
	Wrong []string
	// Findings are all that were found, for whoever wants to see.
	Findings []diagnose.Finding
}

// A Bin counts records of about the same confidence.
type Bin struct{ All, Right int }

// Confusion counts records by true cause, then by the one found.
type Confusion map[cause.Cause]map[cause.Cause]int

func (c Confusion) add(truth, found cause.Cause, n int) {
	if c[truth] == nil {
		c[truth] = map[cause.Cause]int{}
	}
	c[truth][found] += n
}

// Of returns how many records have a true cause, and how many of them were found.
func (c Confusion) Of(truth cause.Cause) (all, right int) {
	for found, n := range c[truth] {
		all += n
		if found == truth {
			right += n
		}
	}
	return all, right
}

// Add adds what another day gave.
func (s *Score) Add(o *Score) {
	s.Records += o.Records
	s.Failed += o.Failed
	for _, x := range []struct{ to, from *Confusion }{{&s.Judged, &o.Judged}, {&s.Alone, &o.Alone}} {
		if *x.to == nil {
			*x.to = Confusion{}
		}
		for truth, row := range *x.from {
			for found, n := range row {
				x.to.add(truth, found, n)
			}
		}
	}
	for i, b := range o.Bins {
		s.Bins[i].All += b.All
		s.Bins[i].Right += b.Right
	}
	s.Misses = append(s.Misses, o.Misses...)
}

// Macro is the mean over the true causes of the share that was found.
func (c Confusion) Macro() float64 {
	sum, n := 0.0, 0
	for truth := range c {
		all, right := c.Of(truth)
		sum += float64(right) / float64(all)
		n++
	}
	return sum / float64(max(n, 1))
}

// Run simulates a day and diagnoses it.
func Run(day simulate.Day) (*Score, error) {
	objects, err := simulate.Generate(day.Config)
	if err != nil {
		return nil, err
	}
	var log memory
	var truths []simulate.Truth
	rows := map[line]cause.Cause{}
	for object := range objects {
		log = append(log, object)
		truths = append(truths, object.Truth...)
		if err := failures(&object, rows); err != nil {
			return nil, fmt.Errorf("%s: %w", object.Key, err)
		}
	}
	templates, err := pathtemplate.New(nil)
	if err != nil {
		return nil, err
	}
	o := partial.DefaultOptions()
	o.Aggregate.Paths = templates
	p, err := plan.Build(context.Background(), log, sources.Selection{})
	if err != nil {
		return nil, err
	}
	whole, err := scan.Summarize(context.Background(), log, p, &o, scan.Config{})
	if err != nil {
		return nil, err
	}
	records := int(whole.Ledger.Records)
	d := diagnose.Run(whole.Freeze(), diagnose.Options{})
	s := &Score{Records: records, Failed: len(truths), Judged: Confusion{}, Alone: Confusion{}, Findings: d.Findings}
	s.judge(d, truths, rows)
	s.expect(day, d)
	if n := whole.Ledger.Malformed; n > 0 {
		s.Misses = append(s.Misses, fmt.Sprintf("%s: %d malformed lines", day.Name, n))
	}
	return s, nil
}

// A line is where a record stands.
type line struct {
	object string
	number int
}

// failures notes what each failed record of an object suggests alone.
func failures(object *simulate.Object, rows map[line]cause.Cause) error {
	z, err := gzip.NewReader(bytes.NewReader(object.Body))
	if err != nil {
		return err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return err
	}
	var r parser.Record
	number := 0
	for l := range bytes.Lines(text) {
		number++
		if r.Parse(bytes.TrimSuffix(l, []byte("\n"))) != nil {
			continue // counted in the ledger
		}
		if c, _ := cause.OfRow(&r); c != cause.None {
			rows[line{object.Key, number}] = c
		}
	}
	return nil
}

// memory is a source of simulated objects.
type memory []simulate.Object

func (m memory) List(context.Context, sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for _, o := range m {
			if !yield(sources.Ref{Name: o.Key, Size: int64(len(o.Body)), Log: logname.Parse(o.Key)}, nil) {
				return
			}
		}
	}
}

func (m memory) Open(_ context.Context, ref sources.Ref) (io.ReadCloser, error) {
	i := slices.IndexFunc(m, func(o simulate.Object) bool { return o.Key == ref.Name })
	return io.NopCloser(bytes.NewReader(m[i].Body)), nil
}

// judge compares every failed record.
func (s *Score) judge(d *diagnose.Diagnosis, truths []simulate.Truth, rows map[line]cause.Cause) {
	for _, t := range truths {
		truth, ok := cause.Parse(string(t.Cause))
		if !ok {
			s.Misses = append(s.Misses, fmt.Sprintf("truth has no such cause: %q", t.Cause))
			continue
		}
		at := line{t.Object, t.Line}
		row := rows[at]
		delete(rows, at)
		found, confidence := cause.None, 1.0
		if v := d.Of(t.Object, t.Line, row); v != nil {
			found, confidence = v.Cause, v.Confidence
		}
		right := found == truth || t.Shows != "" && found.String() == string(t.Shows)
		if right {
			found = truth
		}
		if !right {
			s.Wrong = append(s.Wrong, fmt.Sprintf("%s for %s (%.2f): %s %s %s:%d", found, truth, confidence, t.Target, t.Path, t.Object, t.Line))
		}
		s.Judged.add(truth, found, 1)
		s.Alone.add(truth, row, 1)
		bin := &s.Bins[min(int(confidence*10+1e-9), 9)]
		bin.All++
		if right {
			bin.Right++
		}
	}
	for range rows { // a failure by its row that did not fail
		s.Judged.add(cause.None, cause.Unattributed, 1)
	}
}

// expect compares the findings.
func (s *Score) expect(day simulate.Day, d *diagnose.Diagnosis) {
	miss := func(format string, args ...any) {
		s.Misses = append(s.Misses, day.Name+": "+fmt.Sprintf(format, args...))
	}
	expected := map[string]bool{}
	for _, want := range day.Expect {
		expected[want.ID] = true
		var best *diagnose.Finding
		for i := range d.Findings {
			f := &d.Findings[i]
			if f.ID == want.ID && (best == nil || concerns(f, want) && !concerns(best, want)) {
				best = f
			}
		}
		switch {
		case best == nil:
			miss("no finding %s", want.ID)
			continue
		case best.Severity < diagnose.Medium && faulty(want.ID):
			miss("%s is only %s (%d of %d)", want.ID, best.Severity, best.Requests, best.Of)
		}
		for name, value := range want.Estimates {
			if got, ok := estimate(best, name); !ok {
				miss("%s: no %s, want %v", want.ID, name, value)
			} else if !near(name, got, value) {
				miss("%s: %s is %v, want %v", want.ID, name, got, value)
			}
			if low, high, ok := rangeOf(best, name); ok && (value < low || value > high) {
				miss("%s: %s is said to be from %v to %v, want %v", want.ID, name, low, high, value)
			}
		}
	}
	most := diagnose.Low // one-bad-… only says where another finding's failures are
	if !day.Faulty {
		most = diagnose.Info
	}
	for _, f := range d.Findings {
		if f.Severity > most && !expected[f.ID] && !slices.Contains(day.Allow, f.ID) && !strings.HasPrefix(f.ID, "one-bad-") && (day.Faulty || accuses(f.ID)) {
			miss("unexpected %s %s: %s", f.Severity, f.Key, f.Summary)
		}
	}
}

// faulty reports whether a finding is of a fault, and not only worth knowing.
func faulty(id string) bool {
	return !slices.Contains([]string{"target-5xx", "deploy", "log-gaps", "format-drift", "near-timeout", "cold-start", "saturation", "fixed-response", "waf-block", "client-error", "auth-error", "stream-reset", "fail-open"}, id)
}

// accuses reports whether a finding blames load balancer, network or server.
func accuses(id string) bool {
	return !slices.Contains([]string{"client-abandoned", "client-error", "fixed-response", "waf-block"}, id)
}

func concerns(f *diagnose.Finding, want simulate.Expectation) bool {
	if len(want.Targets) > 0 && !slices.ContainsFunc(want.Targets, func(t string) bool { return slices.Contains(f.Scope.Targets, t) }) {
		return false
	}
	return len(want.Paths) == 0 || slices.ContainsFunc(want.Paths, func(p string) bool { return slices.Contains(f.Scope.Paths, p) })
}

func estimate(f *diagnose.Finding, name string) (float64, bool) {
	for _, e := range f.Estimates {
		if e.Name == name {
			return e.Seconds, true
		}
	}
	return 0, false
}

// rangeOf is the range that an estimate is said to be in; false where none is said.
func rangeOf(f *diagnose.Finding, name string) (low, high float64, ok bool) {
	setting := strings.TrimSuffix(name, "_seconds")
	low, ok = estimate(f, setting+"_min_seconds")
	high, _ = estimate(f, setting+"_max_seconds")
	return low, high, ok
}

// near allows 2 %, and half a second for the server's keep-alive.
func near(name string, got, want float64) bool {
	if name == "server_keepalive_seconds" {
		return math.Abs(got-want) <= 0.5
	}
	return math.Abs(got-want) <= 0.02*want
}

// Causes are those that occur, in their order.
func (c Confusion) Causes() []cause.Cause {
	seen := map[cause.Cause]bool{}
	for truth, row := range c {
		seen[truth] = true
		for found := range row {
			seen[found] = true
		}
	}
	var list []cause.Cause
	for x := range seen {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b cause.Cause) int { return cmp.Compare(a, b) })
	return list
}
