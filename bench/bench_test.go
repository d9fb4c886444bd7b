package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"testing"

	"alblens/diagnose"
	"alblens/internal/pathtemplate"
	"alblens/partial"
	"alblens/plan"
	"alblens/report"
	"alblens/scan"
	"alblens/sources"
)

// lines is how long a corpus of the benchmarks is; main.go writes longer ones.
const lines = 20_000

// corpus writes the corpus of a shape once a process.
func corpus(tb testing.TB, shape string) (dir string, sum Summary) {
	tb.Helper()
	made.Lock()
	defer made.Unlock()
	if made.dirs == nil {
		made.dirs, made.sums = map[string]string{}, map[string]Summary{}
	}
	if made.dirs[shape] == "" {
		dir, err := os.MkdirTemp("", "alblens-bench-"+shape)
		if err != nil {
			tb.Fatal(err)
		}
		if made.sums[shape], err = Write(dir, shape, lines, 1); err != nil {
			tb.Fatal(err)
		}
		made.dirs[shape] = dir
	}
	return made.dirs[shape], made.sums[shape]
}

var made struct {
	sync.Mutex
	dirs map[string]string
	sums map[string]Summary
}

func TestMain(m *testing.M) {
	code := m.Run()
	for _, dir := range made.dirs {
		os.RemoveAll(dir)
	}
	os.Exit(code)
}

// analyze is the whole of the main job but for the command line.
func analyze(dir string, jobs int) (*partial.Result, error) {
	ctx := context.Background()
	src, err := sources.Parse([]string{dir}, sources.Options{})
	if err != nil {
		return nil, err
	}
	p, err := plan.Build(ctx, src, sources.Selection{})
	if err != nil {
		return nil, err
	}
	o := partial.DefaultOptions()
	if o.Aggregate.Paths, err = pathtemplate.New(nil); err != nil {
		return nil, err
	}
	whole, err := scan.Summarize(ctx, src, p, &o, scan.Config{Jobs: jobs})
	if err != nil {
		return nil, err
	}
	r := &report.Report{Result: whole.Freeze(), Top: 1000}
	r.Diagnosis = diagnose.Run(r.Result, diagnose.Options{Samples: 5})
	return r.Result, report.JSON(io.Discard, r)
}

// Every line of every shape is accounted for.
func TestShapes(t *testing.T) {
	for _, shape := range shapeNames() {
		dir, sum := corpus(t, shape)
		r, err := analyze(dir, 2)
		if err != nil {
			t.Fatal(err)
		}
		l := &r.Ledger
		if l.Lines != int64(sum.Lines) || l.Malformed != int64(sum.Malformed) || l.Records != l.Lines-l.Malformed ||
			l.Bytes != sum.Text || l.CompressedBytes != sum.Compressed || l.Complete != int64(sum.Objects) {
			t.Errorf("%s: %+v\nread as %d lines, %d malformed, %d bytes of text, %d stored, in %d objects", shape, sum,
				l.Lines, l.Malformed, l.Bytes, l.CompressedBytes, l.Complete)
		}
		if shape == "malformed" && (sum.Malformed < lines/200 || sum.Malformed > lines/50) {
			t.Errorf("%d of %d lines are malformed, want about 1 %%", sum.Malformed, sum.Lines)
		}
		if shape == "errors" && r.Counts.Totals.ELB5xx != uint64(sum.Lines) {
			t.Errorf("errors: %d 5xx in %d lines", r.Counts.Totals.ELB5xx, sum.Lines)
		}
	}
}

func BenchmarkAnalyze(b *testing.B) {
	for _, shape := range shapeNames() {
		for _, jobs := range []int{1, 2} {
			b.Run(fmt.Sprintf("shape=%s/jobs=%d", shape, jobs), func(b *testing.B) {
				dir, sum := corpus(b, shape)
				b.SetBytes(sum.Text)
				b.ReportAllocs()
				for b.Loop() {
					r, err := analyze(dir, jobs)
					if err != nil {
						b.Fatal(err)
					}
					if got := int(r.Ledger.Lines); got != sum.Lines {
						b.Fatalf("%d lines read, %d written", got, sum.Lines)
					}
				}
				b.ReportMetric(float64(sum.Lines)*float64(b.N)/b.Elapsed().Seconds(), "records/s")
			})
		}
	}
}

// BenchmarkCorpus reads what `make corpus` made, which the environment names.
func BenchmarkCorpus(b *testing.B) {
	dir := os.Getenv("ALBLENS_CORPUS")
	if dir == "" {
		b.Skip("ALBLENS_CORPUS names no folder")
	}
	for b.Loop() {
		r, err := analyze(dir, 1)
		if err != nil {
			b.Fatal(err)
		}
		if l := &r.Ledger; l.Records == 0 || l.Malformed > 0 {
			b.Fatalf("%d records and %d malformed lines", l.Records, l.Malformed)
		}
	}
}
