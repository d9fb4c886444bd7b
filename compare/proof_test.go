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

// Kinds of days and hours of some 20 000 requests each.
var days = []struct {
	name   string
	config func(seed uint64) simulate.Config
}{
	{"a healthy day", day},
	{"a day on which reports time out now and then", func(seed uint64) simulate.Config { return withReports(day(seed), 0.35) }},
	{"a day with outages of 90 s, ten of them on average", func(seed uint64) simulate.Config { return withOutages(day(seed)) }},
	{"an hour in which reports time out now and then", func(seed uint64) simulate.Config { return withReports(hour(seed), 0.35) }},
}

func hour(seed uint64) simulate.Config {
	return simulate.Config{Seed: seed, Duration: time.Hour, RequestsPerSecond: 20_000. / 3_600}
}

func day(seed uint64) simulate.Config {
	return simulate.Config{Seed: seed, Duration: 24 * time.Hour, RequestsPerSecond: 20_000. / 86_400, Swing: 0.5}
}

const slowPath = "/api/reports/{int}"

// withReports lets a share of the requests for reports be so slow that most time out.
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
			limit := max(1, n*5/100)
			prove(t, fmt.Sprintf("| alike: %s | %d | no line without `~` | %d | %d |", d.name, n, n-wrong, n-limit))
			if wrong > limit {
				t.Errorf("%d of %d pairs that are alike show a change", wrong, n)
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
	limit := n / 100
	prove(t, fmt.Sprintf("| a day on which twice as many reports time out as on the day before | %d | this path's 504s are named first | %d | %d |", n, n-missed, n-limit))
	if missed > limit {
		t.Errorf("not named first in %d of %d", missed, n)
	}
}

// prove notes a row of the table in docs/diff.md, which make proof writes when all rows are there.
func prove(t *testing.T, row string) {
	t.Log(row)
	proved = append(proved, row)
	if os.Getenv("ALBLENS_PROOF") == "" || len(proved) < len(days)+1 {
		return
	}
	const page = "../docs/diff.md"
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s lacks its marks %s and %s", page, begin, end)
	}
	const heads = "| two summaries, from two seeds | pairs | asked | so in | wanted |\n|---|---|---|---|---|\n"
	if err := os.WriteFile(page, []byte(before+begin+"\n"+heads+strings.Join(proved, "\n")+"\n"+end+after), 0o666); err != nil {
		t.Fatal(err)
	}
}

var proved []string

const begin, end = "<!-- proof: written by make proof -->", "<!-- /proof -->"

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
