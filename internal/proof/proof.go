// Package proof holds the diagnosis to days of which the truth is known: it simulates a log, reads it as the program
// does, and compares the causes and findings with what was injected.
package proof

import (
	"bytes"
	"cmp"
	"fmt"
	"math"
	"path"
	"slices"
	"strings"

	"github.com/klauspost/compress/gzip"

	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/internal/pathtemplate"
	"alblens/internal/simulate"
	"alblens/parser"
	"alblens/partial"
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
	templates, err := pathtemplate.New(nil)
	if err != nil {
		return nil, err
	}
	o := partial.DefaultOptions()
	o.Aggregate.Paths = templates
	whole := partial.Empty(&o)
	builder := partial.NewBuilder(&o)
	var truths []simulate.Truth
	rows := map[[2]any]cause.Cause{}
	for object := range objects {
		part, err := read(builder, &object, rows)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", object.Key, err)
		}
		whole.Fold(part)
		truths = append(truths, object.Truth...)
	}
	records := int(whole.Ledger.Records)
	d := diagnose.Run(whole.Freeze(), diagnose.Options{})
	s := &Score{Records: records, Failed: len(truths), Judged: Confusion{}, Alone: Confusion{}, Findings: d.Findings}
	s.judge(d, truths, rows)
	s.expect(day, d)
	return s, nil
}

func read(b *partial.Builder, object *simulate.Object, rows map[[2]any]cause.Cause) (*partial.Partial, error) {
	z, err := gzip.NewReader(bytes.NewReader(object.Body))
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	if _, err := text.ReadFrom(z); err != nil {
		return nil, err
	}
	node := ""
	if parts := strings.Split(path.Base(object.Key), "_"); len(parts) > 2 {
		node = parts[len(parts)-2]
	}
	b.Begin(object.Key, node)
	var r parser.Record
	number := 0
	for line := range bytes.Lines(text.Bytes()) {
		number++
		line = bytes.TrimSuffix(line, []byte("\n"))
		if err := b.Line(line, number, nil); err != nil {
			return nil, err
		}
		if err := r.Parse(line); err != nil {
			return nil, err
		}
		if c, _ := cause.OfRow(&r); c != cause.None {
			rows[[2]any{object.Key, number}] = c
		}
	}
	return b.End(int64(len(object.Body)), int64(text.Len()), nil), nil
}

// judge compares every failed record.
func (s *Score) judge(d *diagnose.Diagnosis, truths []simulate.Truth, rows map[[2]any]cause.Cause) {
	for _, t := range truths {
		truth, ok := cause.Parse(string(t.Cause))
		if !ok {
			s.Misses = append(s.Misses, fmt.Sprintf("truth has no such cause: %q", t.Cause))
			continue
		}
		at := [2]any{t.Object, t.Line}
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
		}
	}
	most := diagnose.Low
	if !day.Faulty {
		most = diagnose.Info
	}
	for _, f := range d.Findings {
		if f.Severity > most && !expected[f.ID] && !slices.Contains(day.Allow, f.ID) && (day.Faulty || accuses(f.ID)) {
			miss("unexpected %s %s: %s", f.Severity, f.Key, f.Summary)
		}
	}
}

// faulty reports whether a finding is of a fault, and not only worth knowing.
func faulty(id string) bool {
	return !slices.Contains([]string{"deploy", "log-gaps", "format-drift", "near-timeout", "cold-start", "saturation", "fixed-response", "waf-block", "client-error", "auth-error", "stream-reset", "fail-open"}, id)
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
