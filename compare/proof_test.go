package compare_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"alblens/compare"
	"alblens/diagnose"
	"alblens/internal/logname"
	"alblens/internal/pathtemplate"
	"alblens/internal/simulate"
	"alblens/partial"
	"alblens/plan"
	"alblens/report"
	"alblens/scan"
	"alblens/sources"
)

// seeds are a few, or with ALBLENS_PROOF set as many as a proof takes.
func seeds() int {
	if os.Getenv("ALBLENS_PROOF") != "" {
		return 100
	}
	if testing.Short() {
		return 1
	}
	return 5
}

// A kind of day: some 20 000 requests, and the share of requests for reports that are so slow that most time out.
var days = []struct {
	name   string
	config func(seed uint64) simulate.Config
}{
	{"healthy", day},
	{"reports time out now and then", func(seed uint64) simulate.Config { return withReports(day(seed), 0.35) }},
	{"errors come in bursts", func(seed uint64) simulate.Config { return withOutages(day(seed)) }},
}

func day(seed uint64) simulate.Config {
	return simulate.Config{Seed: seed, Duration: 24 * time.Hour, RequestsPerSecond: 20_000. / 86_400, Swing: 0.5}
}

const slowPath = "/api/reports/{int}"

func withReports(c simulate.Config, share float64) simulate.Config {
	c.Faults = append(c.Faults, simulate.Fault{Cause: simulate.IdleTimeout, Path: slowPath, Share: share, Median: 90 * time.Second})
	return c
}

// withOutages lets the hosts of the api fail together for a minute and a half, ten times a day on average, whenever it may be.
func withOutages(c simulate.Config) simulate.Config {
	rng := rand.New(rand.NewPCG(c.Seed, 0))
	for at := rng.ExpFloat64() * 2.4; at < 23.9; at += rng.ExpFloat64() * 2.4 {
		for target := range 3 {
			c.Faults = append(c.Faults, simulate.Fault{Cause: simulate.ConnectTimeout, Group: "api", Target: target,
				From: time.Duration(at * float64(time.Hour)), For: 90 * time.Second})
		}
	}
	return c
}

// Days that are alike show no change: at least 95 of 100 pairs have none.
func TestAlikeDaysShowNoChange(t *testing.T) {
	for _, d := range days {
		t.Run(d.name, func(t *testing.T) {
			n, wrong := seeds(), 0
			for seed := range uint64(n) {
				r := compare.Diff(summary(t, d.config(2*seed+1)), summary(t, d.config(2*seed+2)))
				if found := beyondNoise(r); len(found) > 0 {
					wrong++
					t.Logf("seed %d: %s", seed, strings.Join(found, "; "))
				}
			}
			t.Logf("%d of %d pairs of days that are alike show a change", wrong, n)
			if limit := max(1, n*5/100); wrong > limit {
				t.Errorf("more than %d", limit)
			}
		})
	}
}

// Where twice as many requests for one path time out, that path is the first to be named: in 99 of 100 pairs.
func TestDoubledRateIsNamedFirst(t *testing.T) {
	n, missed := seeds(), 0
	for seed := range uint64(n) {
		before, after := withReports(day(2*seed+1), 0.35), withReports(day(2*seed+2), 0.7)
		r := compare.Diff(summary(t, before), summary(t, after))
		c := r.Changes[0]
		if c.Noise || c.Dimension != "path" || c.Metric != "elb_504" || !slices.Equal(c.Key, []string{slowPath}) || c.Harm <= 0 {
			missed++
			t.Logf("seed %d: first is %+v", seed, c)
		}
	}
	t.Logf("missed %d of %d", missed, n)
	if limit := n / 100; missed > limit {
		t.Errorf("more than %d", limit)
	}
}

func beyondNoise(r *compare.Result) (found []string) {
	note := func(c *compare.Change) {
		if !c.Noise {
			found = append(found, fmt.Sprintf("%s %q %s: %d of %d, %d of %d, dispersion %.1f, q %.4f",
				c.Dimension, c.Key, c.Metric, c.Before.Failed, c.Before.Requests, c.After.Failed, c.After.Requests, c.Dispersion, c.Q))
		}
	}
	for i := range r.Changes {
		note(&r.Changes[i])
	}
	for i := range r.Findings {
		note(&r.Findings[i].Change)
	}
	for i := range r.Times {
		note(&r.Times[i].Change)
	}
	return found
}

// summary is what the program makes of a simulated log.
func summary(t *testing.T, c simulate.Config) *compare.Summary {
	t.Helper()
	s, err := compare.Read(bytes.NewReader(analyze(t, c)))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func analyze(t *testing.T, c simulate.Config) []byte {
	t.Helper()
	objects, err := simulate.Generate(c)
	if err != nil {
		t.Fatal(err)
	}
	log := memory{}
	for o := range objects {
		log[o.Key] = o.Body
	}
	o := partial.DefaultOptions()
	if o.Aggregate.Paths, err = pathtemplate.New(nil); err != nil {
		t.Fatal(err)
	}
	p, err := plan.Build(context.Background(), log, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := scan.Summarize(context.Background(), log, p, &o, scan.Config{Jobs: 1})
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Result: whole.Freeze(), Options: report.Options{TimeField: "response", Bucket: time.Minute, MaxMalformed: 0.01}}
	for _, table := range r.Result.Counts.Tables {
		r.Options.By = append(r.Options.By, table.By.String())
	}
	r.Diagnosis = diagnose.Run(r.Result, diagnose.Options{})
	var b bytes.Buffer
	if err := report.JSON(&b, r); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// memory is a source of objects by name.
type memory map[string][]byte

func (m memory) List(context.Context, sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for name, body := range m {
			if !yield(sources.Ref{Name: name, Size: int64(len(body)), Log: logname.Parse(name)}, nil) {
				return
			}
		}
	}
}

func (m memory) Open(_ context.Context, ref sources.Ref) (io.ReadCloser, error) {
	return io.NopCloser(bytes.NewReader(m[ref.Name])), nil
}
