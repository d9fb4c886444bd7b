//go:build linux

package rig

import (
	"bufio"
	"compress/gzip"
	"context"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"testing"

	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/internal/pathtemplate"
	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

// checkDiagnosis holds what the program says of a log to what happened. Nearly every request has to be judged right: of
// each cause 95 % and more, 90 % where all cases are mixed, and no answered request may be accused.
func checkDiagnosis(t *testing.T, truth *Truth) {
	d := diagnosis(t, truth.Dir)
	judged := map[string]string{}
	eachRecord(t, truth.Dir, func(source string, line int, r *parser.Record) {
		row, _ := cause.OfRow(r)
		if v := d.Of(source, line, row); v != nil && row != cause.None {
			judged[string(r.Text(parser.FieldTraceID))] = v.Cause.String()
		}
	})
	least := 0.95
	if truth.Case == Mixed {
		least = 0.90
	}
	all, right := map[string]int{}, map[string]int{}
	for trace, want := range truth.Causes {
		all[want]++
		if judged[trace] == want {
			right[want]++
		}
	}
	for c, n := range all {
		if float64(right[c]) < least*float64(n) {
			t.Errorf("%s: %d of %d are judged right", c, right[c], n)
		}
	}
	for trace, got := range judged {
		if truth.Causes[trace] == "" {
			t.Errorf("%s was answered and is taken for %s", trace, got)
		}
	}
	if t.Failed() {
		for _, m := range truth.Mismatches(judged) {
			t.Log(m)
		}
	}
	for _, want := range truth.Estimates {
		checkEstimate(t, d, &want)
	}
}

// checkEstimate allows half a second, or 2 % of what is longer than 25 s. Of the deregistration delay, which a log cannot
// fix, the range has to be right: where the machine is busy the rig cuts late.
func checkEstimate(t *testing.T, d *diagnose.Diagnosis, want *Estimate) {
	for _, f := range d.Findings {
		if f.ID != want.Cause || len(f.Scope.TargetGroups) != 1 || f.Scope.TargetGroups[0] != want.TargetGroup {
			continue
		}
		estimates := map[string]float64{}
		for _, e := range f.Estimates {
			estimates[e.Name] = e.Seconds
		}
		for _, e := range f.Estimates {
			if e.Name != want.Name {
				continue
			}
			if low, ranged := estimates["deregistration_delay_min_seconds"]; ranged && want.Name == "deregistration_delay_seconds" {
				if high := estimates["deregistration_delay_max_seconds"]; want.Seconds < low || want.Seconds > high {
					t.Errorf("%s of %s is from %.0f to %.0f s, want %.0f s within", want.Name, f.Key, low, high, want.Seconds)
				}
				return
			}
			if math.Abs(e.Seconds-want.Seconds) > math.Max(0.5, 0.02*want.Seconds) {
				t.Errorf("%s of %s is %.2f s, want %.2f s", want.Name, f.Key, e.Seconds, want.Seconds)
			}
			return
		}
	}
	t.Errorf("no %s of %s in %s, want %.2f s", want.Name, want.Cause, want.TargetGroup, want.Seconds)
}

func diagnosis(t *testing.T, dir string) *diagnose.Diagnosis {
	t.Helper()
	src, err := sources.Parse([]string{dir}, sources.Options{})
	if err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(context.Background(), src, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	templates, err := pathtemplate.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o := partial.DefaultOptions()
	o.Aggregate.Paths = templates
	whole, err := scan.Summarize(context.Background(), src, p, &o, scan.Config{Strict: true})
	if err != nil {
		t.Fatal(err)
	}
	return diagnose.Run(whole.Freeze(), diagnose.Options{})
}

// eachRecord reads a log without the program's own reader.
func eachRecord(t *testing.T, dir string, f func(source string, line int, r *parser.Record)) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		file, err := os.Open(name)
		if err != nil {
			return err
		}
		defer file.Close()
		z, err := gzip.NewReader(file)
		if err != nil {
			return err
		}
		var r parser.Record
		lines := bufio.NewScanner(z)
		for n := 1; lines.Scan(); n++ {
			if err := r.Parse(lines.Bytes()); err != nil {
				return err
			}
			f(name, n, &r)
		}
		return lines.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
