package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"alblens/aggregate"
	"alblens/internal/logname"
	"alblens/internal/pathtemplate"
	"alblens/parser"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
	"alblens/sources/s3"
)

// input is the flags that analyze and records share: what to read, which records count, and how hard to work.
type input struct {
	since, until, around string
	window               span
	timeField            string
	pathTemplates        []string
	rawPaths             bool
	filesFrom            []string
	maxMalformed         share
	strict               bool
	jobs                 int
	s3Concurrency        int
	progress             string
	quiet, verbose       bool
	aws                  s3.Options
	there                func(context.Context) string // of which time there are objects; nil where that takes many requests to S3
	changed              func(flag string) bool       // whether it was given
}

func (in *input) flags(f *pflag.FlagSet) {
	in.window, in.maxMalformed, in.changed = span(30*time.Minute), 0.01, f.Changed
	f.StringVar(&in.since, "since", "", "keep records from `T` on: RFC 3339, 2026-11-20 14:00, 2026-11-20, -3h, yesterday; UTC if no zone is given")
	f.StringVar(&in.until, "until", "", "keep records before `T`")
	f.StringVar(&in.around, "around", "", "keep records within --window centred on `T`")
	f.Var(&in.window, "window", "width of the window of --around")
	f.StringVar(&in.timeField, "time-field", "response", "the time that selects and buckets, `EVENT`: response or created")
	f.StringArrayVar(&in.pathTemplates, "path-template", nil, "own path template `RE=NAME`, before the built-in ones; repeatable, first match wins")
	f.BoolVar(&in.rawPaths, "raw-paths", false, "do not group paths by templates")
	f.StringArrayVar(&in.filesFrom, "files-from", nil, "read more sources from `FILE`, a line each; - is standard input")
	f.Var(&in.maxMalformed, "max-malformed", "malformed lines above this share make the data incomplete (exit 3)")
	f.BoolVar(&in.strict, "strict", false, "stop at the first unreadable object or malformed line (exit 1)")
	f.IntVarP(&in.jobs, "jobs", "j", runtime.GOMAXPROCS(0), "`N` workers (default: the CPUs that this process may use)")
	f.Lookup("jobs").DefValue = "0" // help and manual say the same on every machine
	f.IntVar(&in.s3Concurrency, "s3-concurrency", 32, "`N` S3 objects fetched at once")
	f.StringVar(&in.progress, "progress", "auto", "show progress `WHEN`: auto, on or off")
	f.BoolVarP(&in.quiet, "quiet", "q", false, "say nothing but errors")
	f.BoolVarP(&in.verbose, "verbose", "v", false, "name every object that was skipped or left out")
	f.StringVar(&in.aws.Profile, "profile", "", "AWS profile `NAME`")
	f.StringVar(&in.aws.Region, "region", "", "AWS `REGION` of the bucket")
	f.StringVar(&in.aws.EndpointURL, "endpoint-url", "", "`URL` of an S3-compatible server")
	f.BoolVar(&in.aws.NoSignRequest, "no-sign-request", false, "read a public bucket without credentials")
	f.StringVar(&in.aws.RequestPayer, "request-payer", "", "confirm that `requester` pays")
	f.StringVar(&in.aws.CABundle, "ca-bundle", "", "PEM `FILE` of certificate authorities")
	f.BoolVar(&in.aws.NoVerifySSL, "no-verify-ssl", false, "do not verify certificates")
}

// check reports wrong usage before anything is read.
func (in *input) check() error {
	if err := cmp.Or(oneOf("time-field", in.timeField, timeFieldWords), oneOf("progress", in.progress, progressWords)); err != nil {
		return err
	}
	for _, f := range []struct{ name, value string }{{"since", in.since}, {"until", in.until}, {"around", in.around}} {
		if in.changed(f.name) && f.value == "" { // of a variable that is not set; it is not to read every object
			return usagef("--%s is empty", f.name)
		}
	}
	switch {
	case in.jobs < 1:
		return usagef("--jobs must be at least 1")
	case in.s3Concurrency < 1:
		return usagef("--s3-concurrency must be at least 1")
	case in.around != "" && (in.since != "" || in.until != ""):
		return usagef("--around goes without --since and --until")
	case in.around == "" && in.changed("window"):
		return usagef("--window goes with --around")
	case in.window < span(time.Millisecond):
		return usagef("--window %s is too short", &in.window)
	case in.rawPaths && len(in.pathTemplates) > 0:
		return usagef("--raw-paths goes without --path-template")
	case in.aws.RequestPayer != "" && in.aws.RequestPayer != "requester":
		return usagef("--request-payer is requester, not %q", in.aws.RequestPayer)
	}
	return nil
}

// timeWindow returns [since, until), zero where open.
func (in *input) timeWindow(now time.Time) (since, until time.Time, err error) {
	if in.around != "" {
		t, err := parseInstant(in.around, now)
		if err != nil {
			return since, until, usagef("--around: %w", err)
		}
		half := time.Duration(in.window) / 2
		return t.Add(-half), t.Add(half), nil
	}
	if in.since != "" {
		if since, err = parseInstant(in.since, now); err != nil {
			return since, until, usagef("--since: %w", err)
		}
	}
	if in.until != "" {
		if until, err = parseInstant(in.until, now); err != nil {
			return since, until, usagef("--until: %w", err)
		}
	}
	if !since.IsZero() && !until.IsZero() && !since.Before(until) {
		return since, until, usagef("--since %s is not before --until %s", since.Format(time.RFC3339), until.Format(time.RFC3339))
	}
	return since, until, nil
}

func (in *input) templates() (*pathtemplate.Templates, error) {
	if in.rawPaths {
		return nil, nil
	}
	t, err := pathtemplate.New(in.pathTemplates)
	if err != nil {
		return nil, usagef("--path-template %s", strings.TrimPrefix(err.Error(), "path template "))
	}
	return t, nil
}

// late is how much later than it was created a record may be logged: the longest idle timeout is 4000 s.
const late = 4000 * time.Second

// source is what the arguments and --files-from name.
func (in *input) source(args []string, std streams) (sources.Source, error) {
	args, err := in.withFilesFrom(args, std)
	if err != nil {
		return nil, err
	}
	if len(args) == 0 {
		return nil, usagef("no source: name a file, a directory, a glob, s3://bucket/prefix, or - for standard input")
	}
	if i := slices.Index(args, ""); i >= 0 {
		return nil, usagef("SOURCE %d is empty", i+1)
	}
	in.aws.Concurrency = in.s3Concurrency
	src, err := sources.Parse(args, sources.Options{
		Stdin:  std.in,
		Stores: map[string]sources.Store{s3.Scheme: s3.New(in.aws)},
	})
	if err != nil {
		return nil, usage(err)
	}
	if !slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg, s3.Scheme+"://") }) {
		in.there = func(ctx context.Context) string { return datedThere(ctx, src) }
	}
	return src, nil
}

// list freezes the listing. Without an object it says why, as an error.
func (in *input) list(ctx context.Context, src sources.Source, std streams, since, until time.Time) (*plan.Plan, error) {
	selection := sources.Selection{Since: since, Until: until}
	if in.timeField == "created" {
		selection.Late = late
	}
	p, err := plan.Build(ctx, src, selection)
	if err != nil {
		return nil, err
	}
	// Outputs that stand among the logs are begun, and still empty: they are skipped already.
	ours := func(name string) bool { return strings.HasPrefix(filepath.Base(name), unfinished) }
	p.Problems = slices.DeleteFunc(p.Problems, func(problem *sources.Problem) bool { return ours(problem.Name) })
	if len(p.Objects) == 0 {
		return nil, in.nothing(ctx, p, std)
	}
	return p, nil
}

// nothing explains why there is no object to read.
func (in *input) nothing(ctx context.Context, p *plan.Plan, std streams) error {
	skipped := 0
	for _, problem := range p.Problems {
		if problem.Kind == sources.Skipped {
			skipped++
			if !in.verbose && skipped > 3 {
				continue
			}
			std.say("skipped %s", problem.Error())
			continue
		}
		std.say("%s", problem.Error())
	}
	if len(p.Problems) > skipped {
		return &exitError{code: exitFailed}
	}
	return in.noneFound(ctx, int64(skipped))
}

// datedThere says of which time the objects of a source are by their names, or if it is interrupted, those it met before;
// "" where none is dated.
func datedThere(ctx context.Context, src sources.Source) string {
	var first, last time.Time
	for ref, err := range src.List(ctx, sources.Selection{}) {
		end := ref.Log.End
		if err != nil || end.IsZero() {
			continue
		}
		if first.IsZero() || end.Before(first) {
			first = end
		}
		if end.After(last) {
			last = end
		}
	}
	if first.IsZero() {
		return ""
	}
	those := "those that are there"
	if ctx.Err() != nil {
		those = "those listed before the interrupt"
	}
	const layout = "2006-01-02T15:04Z"
	return fmt.Sprintf("%s are of %s to %s", those, first.Add(-logname.Slot).UTC().Format(layout), last.UTC().Format(layout))
}

// noneFound is the error of a run without an access log.
func (in *input) noneFound(ctx context.Context, skipped int64) error {
	window := in.since+in.until+in.around != ""
	text := "no access log found"
	if window {
		text += " for that time"
	}
	if skipped > 0 {
		text += fmt.Sprintf("; %s skipped", counted(skipped, "object"))
		if !in.verbose {
			text += ", -v says why"
		}
	}
	if window {
		there := ""
		if in.there != nil {
			there = in.there(ctx)
		}
		text += "; " + cmp.Or(there, "objects are named by the end of their five minutes, in UTC")
	}
	if ctx.Err() != nil {
		return &exitError{exitInterrupted, errors.New(text)}
	}
	return errors.New(text)
}

func (in *input) withFilesFrom(args []string, std streams) ([]string, error) {
	for _, name := range in.filesFrom {
		var r io.Reader = std.in
		if name != "-" {
			f, err := os.Open(name)
			if err != nil {
				return nil, fmt.Errorf("--files-from: %w", err)
			}
			defer f.Close()
			r = f
		} else if slices.Contains(args, "-") {
			return nil, usagef("standard input cannot be both a source and --files-from")
		}
		lines := bufio.NewScanner(r)
		for lines.Scan() {
			if line := strings.TrimSuffix(lines.Text(), "\r"); line != "" {
				args = append(args, line)
			}
		}
		if err := lines.Err(); err != nil {
			return nil, fmt.Errorf("--files-from %s: %w", name, err)
		}
	}
	return args, nil
}

// config says how to read the plan, and shows progress until the returned function is called.
func (in *input) config(p *plan.Plan, std streams) (c scan.Config, stop func()) {
	c = scan.Config{Jobs: in.jobs, Strict: in.strict, Meter: &scan.Meter{}}
	if slices.ContainsFunc(p.Objects, func(ref sources.Ref) bool { return strings.HasPrefix(ref.Name, s3.Scheme+"://") }) {
		c.Ahead = in.s3Concurrency
	}
	if in.verbose {
		tellCoverage(p, std)
		c.Done = tellObjects(p, std)
	}
	if !p.Filling.IsZero() && !in.quiet {
		std.say("files of the minutes after %s may still be delivered", p.Filling.Format("15:04Z"))
	}
	return c, in.showProgress(c.Meter, p, std)
}

func (in *input) timestamps(since, until time.Time) (from, to parser.Timestamp) {
	from, to = parser.NoTimestamp, parser.NoTimestamp
	if !since.IsZero() {
		from = parser.Timestamp(since.UnixMicro())
	}
	if !until.IsZero() {
		to = parser.Timestamp(until.UnixMicro())
	}
	return from, to
}

// verdict says on standard error what is missing, and returns the error that makes the exit code.
func (in *input) verdict(ctx context.Context, l *partial.Ledger, std streams) error {
	in.tellProblems(l, std)
	switch {
	case l.Interrupted:
		std.say("interrupted: the data is incomplete")
		return &exitError{code: exitInterrupted}
	case l.Complete+l.Partial == 0 && l.Failed > 0:
		return &exitError{exitFailed, errors.New("nothing could be read")}
	case l.Complete+l.Partial == 0:
		return in.noneFound(ctx, l.Skipped)
	case l.Failed > 0 && l.Partial > 0:
		std.say("incomplete: of %d objects %d could not be read, and %d not to their end", l.Objects, l.Failed, l.Partial)
		return &exitError{code: exitIncomplete}
	case l.Failed > 0:
		std.say("incomplete: %d of %d objects could not be read", l.Failed, l.Objects)
		return &exitError{code: exitIncomplete}
	case l.Partial > 0:
		std.say("incomplete: %d of %d objects could not be read to their end", l.Partial, l.Objects)
		return &exitError{code: exitIncomplete}
	case l.MalformedShare() > float64(in.maxMalformed):
		std.say("incomplete: %d of %d lines are malformed, more than --max-malformed %s", l.Malformed, l.Lines, in.maxMalformed.String())
		return &exitError{code: exitIncomplete}
	case l.Records == 0 && !in.quiet:
		std.say("no records: %s", whyNone(l))
	}
	return nil
}

// whyNone is why a run that read all there is has no record.
func whyNone(l *partial.Ledger) string {
	switch {
	case l.Lines == 0:
		return "the input is empty"
	case l.Filtered == l.Lines:
		return counted(l.Lines, "line") + " read, all outside the selection"
	case l.Malformed == l.Lines:
		return counted(l.Lines, "line") + " read, all malformed"
	}
	return fmt.Sprintf("%s read, %d outside the selection and %d malformed", counted(l.Lines, "line"), l.Filtered, l.Malformed)
}

func (in *input) tellProblems(l *partial.Ledger, std streams) {
	const most = 10
	told, rest, notBegun := 0, 0, 0
	for _, p := range l.Problems {
		skipped := p.Kind == partial.Skipped
		switch {
		case skipped && !in.verbose:
		case p.NotBegun() && !in.verbose:
			notBegun++
		case told == most && !in.verbose:
			rest++
		case skipped:
			std.say("skipped %s: %s", p.Name, p.Error)
		default:
			std.say("%s: %s", p.Name, p.Error)
			told++
		}
	}
	if rest > 0 {
		std.say("… and %d more objects; -v names them all", rest)
	}
	if notBegun > 0 {
		std.say("%d of %d objects were not begun; -v names them", notBegun, l.Objects)
	}
	if len(l.MalformedSamples) > 0 && !in.quiet {
		m := l.MalformedSamples[0]
		std.say("%s, the first: %s:%d:%d: %s: %s", counted(l.Malformed, "malformed line"), m.Name, m.Line, m.Column, m.Field, m.Error)
	}
	if in.verbose {
		for _, d := range l.Duplicates {
			std.say("left out %s: the same as %s", d.Name, d.SameAs)
		}
	}
}

func parseBy(words []string) (by []aggregate.Dimension, names []string, err error) {
	for _, word := range words {
		d, err := aggregate.ParseDimension(word)
		if err != nil {
			return nil, nil, usagef("--by: %w", err)
		}
		if !slices.Contains(names, d.String()) {
			by, names = append(by, d), append(names, d.String())
		}
	}
	return by, names, nil
}

// counted is "1 object", "2 objects".
func counted(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
