package main

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"alblens/plan"
	"alblens/report"
	"alblens/sources"
	"alblens/sources/s3"
)

// What S3 asks for requests in us-east-1, in dollars; nothing for the transfer inside a region.
// Source: aws.amazon.com/s3/pricing, "Requests & data retrievals", S3 Standard.
const (
	dollarsPerList = 0.005 / 1000
	dollarsPerGet  = 0.0004 / 1000
)

// What a run takes, for a rough word on time: the wait for an object's first byte, and how much stored gzip a worker
// reads in a second.
const (
	firstByte     = 30 * time.Millisecond
	storedASecond = 30e6
)

// A forecast is what a run would read.
type forecast struct {
	Schema       string  `json:"schema"`
	Objects      int64   `json:"objects"`
	Cached       int64   `json:"objects_cached"` // not among Objects
	Bytes        int64   `json:"compressed_bytes"`
	UnknownSizes int64   `json:"objects_of_unknown_size"`
	Skipped      int64   `json:"objects_skipped"`
	Failed       int64   `json:"objects_failed"`
	Duplicates   int64   `json:"duplicates"`
	Lists        int64   `json:"list_requests"` // made by now
	Gets         int64   `json:"get_requests"`  // still to be made, two an object for a bundle
	Dollars      float64 `json:"dollars"`       // for both
	Seconds      float64 `json:"seconds"`

	readings int64 // of each object
}

// dryRun says what reading the plan would take, but for the objects that are cached, and reads nothing. Problems of the
// listing make the exit code, as they would of the run. Files of -o are not written, nor is a bundle.
func (a *analysis) dryRun(src sources.Source, p *plan.Plan, cached func(sources.Ref) bool, std streams) error {
	unread := slices.DeleteFunc(slices.Clone(p.Objects), cached)
	f := a.forecast(src, p, unread)
	if a.format == "json" {
		text, err := json.MarshalIndent(f, "", "  ")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(std.out, "%s\n", text); err != nil {
			return err
		}
	} else if _, err := fmt.Fprint(std.out, f.text()); err != nil {
		return err
	}
	for _, name := range append(slices.Clone(a.outputs), a.bundle) {
		if name != "" && name != stdoutName && !a.quiet {
			std.say("--dry-run: %s is not written", name)
		}
	}
	if a.verbose {
		tellCoverage(p, std)
		for _, ref := range unread {
			std.say("would read %s", ref.Name)
		}
	}
	for _, problem := range p.Problems {
		if problem.Kind != sources.Skipped || a.verbose {
			std.say("%s", problem.Error())
		}
	}
	if f.Failed > 0 {
		return &exitError{code: exitIncomplete}
	}
	return nil
}

func (a *analysis) forecast(src sources.Source, p *plan.Plan, unread []sources.Ref) forecast {
	f := forecast{
		Schema: "alblens/dry-run/v1", Objects: int64(len(unread)), Cached: int64(len(p.Objects) - len(unread)), Duplicates: int64(len(p.Duplicates)),
		readings: 1,
	}
	if a.bundle != "" {
		f.readings = 2
	}
	for _, problem := range p.Problems {
		if problem.Kind == sources.Skipped {
			f.Skipped++
		} else {
			f.Failed++
		}
	}
	for _, ref := range unread {
		f.Bytes += min(max(ref.Size, 0), math.MaxInt64-f.Bytes) // a listing may claim anything
		if ref.Size < 0 {
			f.UnknownSizes++
		}
		if strings.HasPrefix(ref.Name, s3.Scheme+"://") {
			f.Gets += f.readings
		}
	}
	if c, ok := src.(sources.Counter); ok {
		f.Lists = c.Requests().List
	}
	f.Dollars = math.Round(1e6*(float64(f.Lists)*dollarsPerList+float64(f.Gets)*dollarsPerGet)) / 1e6
	waiting := float64(f.Gets) / float64(a.s3Concurrency) * firstByte.Seconds()
	f.Seconds = math.Round(10*max(waiting, float64(f.readings)*float64(f.Bytes)/storedASecond/float64(a.jobs))) / 10
	return f
}

func (f *forecast) text() string {
	var b strings.Builder
	line := func(what, format string, args ...any) {
		fmt.Fprintf(&b, "%-14s"+format+"\n", append([]any{what}, args...)...)
	}
	line("objects", "%s", report.Count(f.Objects))
	if f.Cached > 0 {
		line("cached", "%s more, which are not read again", report.Count(f.Cached))
	}
	bytes := report.Count(f.Bytes) + " as stored"
	if f.UnknownSizes > 0 {
		bytes += fmt.Sprintf(", and %s of unknown size", counted(f.UnknownSizes, "object"))
	}
	line("bytes", "%s", bytes)
	if f.readings > 1 {
		line("read", "twice, for the bundle")
	}
	line("left out", "%s skipped, %s the same as another, %s not to be had", report.Count(f.Skipped), report.Count(f.Duplicates), report.Count(f.Failed))
	if f.Lists+f.Gets > 0 {
		line("S3 requests", "%s LIST, made already, and %s GET", report.Count(f.Lists), report.Count(f.Gets))
		cost := "less than $0.0001"
		if f.Dollars >= 0.0001 {
			cost = fmt.Sprintf("about $%.4f", f.Dollars)
		}
		line("cost", "%s at the prices of us-east-1; transfer inside the bucket's region is free", cost)
	}
	line("time", "about %.0f s, by typical speeds", max(math.Ceil(f.Seconds), 1))
	return b.String()
}
