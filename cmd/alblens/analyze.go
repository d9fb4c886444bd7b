package main

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/follow"
	"alblens/partial"
	"alblens/report"
	"alblens/scan"
	"alblens/settings"
	"alblens/sources"
)

// analysis is the flags of analyze.
type analysis struct {
	input
	bucket       span
	by           []string
	top          int
	format       string
	outputs      []string
	maxMemory    size
	samples      int
	awsConfig    string
	failOn       string
	color        string
	bundle       string
	onlyForecast bool
	redaction    redaction
	following    following
	cache        caching
	args         []string // as given, for the summary
	sources      []string // the SOURCE arguments among them
}

func newAnalyze(std streams) *cobra.Command { return analyzeBy(follow.Clock{}, std) }

// analyzeBy is analyze by a clock of its own.
func analyzeBy(clock follow.Clock, std streams) *cobra.Command {
	a := &analysis{following: following{clock: clock}}
	c := &cobra.Command{
		Use:   "analyze SOURCE...",
		Short: "Read logs and report what fails where",
		Long: `Analyze reads access logs and reports the 5xx by target, path, minute and whatever else --by names.

A SOURCE is a file, a directory (with all below it), a glob (** included), s3://bucket/prefix, or - for standard
input, gzip or plain.

Exit codes: 0 done, 1 could not do the job, 2 wrong usage, 3 done but the data is incomplete, 4 done and a finding
reached --fail-on, 130 interrupted.`,
		Example: `  # the last three hours, from S3
  alblens analyze s3://my-logs/AWSLogs/111122223333/elasticloadbalancing/eu-west-1/ --since -3h

  # half an hour around an alarm, as JSON
  alblens analyze ./logs --around 2026-11-20T14:05Z --window 30m -f json | jq .totals

  # which target fails on which path
  alblens analyze './logs/**/*.gz' --by target+path --top 10

  # both for people and for scripts
  alblens analyze ./logs -o report.html -o summary.json

  # what goes wrong from now on, as it is delivered
  alblens analyze s3://my-logs/AWSLogs/111122223333/elasticloadbalancing/eu-west-1/ --follow 30s`,
		RunE: func(c *cobra.Command, args []string) error {
			a.args = commandLine(c, args)
			if a.changed("follow") || a.changed("follow-window") {
				return a.follow(c.Context(), args, std)
			}
			return a.run(c.Context(), args, std)
		},
	}
	a.flags(c.Flags())
	a.following.flags(c.Flags())
	completeFlags(c, formats)
	return c
}

// commandLine is how a command was called.
func commandLine(c *cobra.Command, args []string) []string {
	line := append([]string{c.Name()}, args...)
	c.Flags().Visit(func(f *pflag.Flag) {
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, v := range values {
			line = append(line, "--"+f.Name+"="+v)
		}
	})
	return line
}

func (a *analysis) flags(f *pflag.FlagSet) {
	a.input.flags(f)
	a.redaction.flags(f)
	a.cache.flags(f)
	f.BoolVar(&a.onlyForecast, "dry-run", false, "say what would be read, the requests and their cost, and read nothing")
	f.StringVar(&a.bundle, "bundle", "", "also write the evidence bundle, a new directory `DIR`")
	a.bucket, a.maxMemory = span(time.Minute), defaultMemory
	var by []string
	for _, d := range aggregate.DefaultBy() {
		by = append(by, d.String())
	}
	f.Var(&a.bucket, "bucket", "width of a time bucket, in whole seconds")
	f.StringSliceVar(&a.by, "by", by, "dimensions `DIM,...` to report: target, path, time, target-group, host, method, lb, node, client, status, rule, user-agent, or several joined by +")
	f.IntVar(&a.top, "top", 0, "rows `N` a table; 0 is all (default 20 in text, 1000 in JSON)")
	f.StringVarP(&a.format, "format", "f", "text", "write the report in `FORMAT`: text, json, markdown, csv or html")
	f.StringArrayVarP(&a.outputs, "output", "o", nil, "write to `FILE`, in the format of its extension (.txt .json .html .md .csv), or to a folder, DIR/, a file of CSV for each dimension; - is standard output; repeatable")
	f.Var(&a.maxMemory, "max-memory", "goal for the memory of the whole process, at least 64MiB")
	f.StringVar(&a.awsConfig, "aws-config", "", "confirm or contradict findings by the JSON of aws describe-* in `DIR`; see alblens collect")
	f.StringVar(&a.failOn, "fail-on", "", "exit 4 when a finding reaches `SEVERITY`: info, low, medium, high or critical")
	f.IntVar(&a.samples, "samples", defaultSamples, "raw lines `N` that a finding shows")
	f.StringVar(&a.color, "color", "auto", "color a text report `WHEN`: auto, always or never; NO_COLOR is honoured")
}

func (a *analysis) check() error {
	if err := cmp.Or(a.input.check(), a.redaction.check(), a.cache.check(a.changed)); err != nil {
		return err
	}
	bucket := time.Duration(a.bucket)
	_, isSeverity := a.severity()
	switch {
	case bucket < time.Second || bucket%time.Second != 0:
		return usagef("--bucket %s is not a whole number of seconds, at least one", bucket)
	case a.failOn != "" && !isSeverity:
		return usagef("--fail-on is info, low, medium, high or critical, not %q", a.failOn)
	case a.samples < 1:
		return usagef("--samples must be at least 1")
	case a.top < 0:
		return usagef("--top must not be negative")
	case a.maxMemory < 64<<20:
		return usagef("--max-memory must be at least 64MiB")
	case !slices.Contains(formats, a.format):
		return usagef("--format is one of %s, not %q", strings.Join(formats, ", "), a.format)
	}
	return oneOf("color", a.color, colorWords)
}

var formats = []string{"text", "json", "markdown", "csv", "html"}

// neededBy is what the diagnosis looks at, whatever --by says.
var neededBy = []aggregate.Dimension{{aggregate.Target}, {aggregate.Path}, {aggregate.Time}, {aggregate.Node}, {aggregate.Host}}

// keepAsked takes out of the counts what was counted for the diagnosis alone.
func keepAsked(r *aggregate.Result, names []string) {
	r.Tables = slices.DeleteFunc(r.Tables, func(t aggregate.Table) bool { return !slices.Contains(names, t.By.String()) })
	r.Series = slices.DeleteFunc(r.Series, func(s aggregate.Series) bool { return !slices.Contains(names, s.Part.String()) })
}

const (
	defaultMemory  size = 700 << 20
	defaultSamples      = 5
)

// shares divide 60 % of --max-memory, what keyed state may take: a sixteenth to each object, two fifths to all objects
// at a time, and a fifth to each of the three nodes of the fold tree that are seldom more. The bounds of one object and
// of one node must not depend on the number of workers, for what is dropped depends on them.
func shares(maxMemory size) (object, node int, objects int64) {
	keyed := int(maxMemory) / 100 * 60
	return keyed / 16, keyed / 5, int64(keyed) * 2 / 5
}

func (a *analysis) run(ctx context.Context, args []string, std streams) error {
	if len(a.filesFrom) == 0 {
		a.sources = args
	}
	return a.analyze(ctx, std, func() (sources.Source, error) { return a.source(args, std) })
}

// analyze is the whole of the command, for whatever source.
func (a *analysis) analyze(ctx context.Context, std streams, open func() (sources.Source, error)) error {
	started := time.Now()
	if err := a.check(); err != nil {
		return err
	}
	since, until, err := a.timeWindow(started)
	if err != nil {
		return err
	}
	j, err := a.job(since, until, a.targets, std)
	if err != nil {
		return err
	}
	opts := j.options
	if a.onlyForecast {
		src, err := open()
		if err != nil {
			return err
		}
		p, err := a.list(ctx, src, std, since, until)
		if err != nil {
			return err
		}
		return a.dryRun(src, p, a.cache.peek(opts, a.bundle != ""), std)
	}
	defer j.discard()
	src, err := a.begin(j, open)
	if err != nil {
		return err
	}
	b, err := beginBundle(a.bundle)
	if err != nil {
		return err
	}
	defer b.discard()
	src = b.watch(src)
	cache, err := a.cache.open(opts, b != nil, std) // a bundle vouches for bytes that were read
	if err != nil {
		return err
	}
	p, err := a.list(ctx, src, std, since, until)
	if err != nil {
		return err
	}
	tightenMemory(len(p.Objects))
	c, stop := a.config(p, std)
	_, _, c.Memory = shares(a.maxMemory)
	done := a.cache.use(cache, &c, a.verbose, std.say)
	whole, err := scan.Summarize(ctx, src, p, opts, c)
	stop()
	done()
	if err != nil {
		return err
	}
	stores := buckets(p.Objects)
	if b == nil {
		p.Objects = nil // they may be half of what lives, and the diagnosis needs room
	}
	verdict := a.verdict(ctx, &whole.Ledger, std)
	if whole.Ledger.Complete+whole.Ledger.Partial == 0 {
		return verdict // there is nothing to report
	}
	r := a.report(whole, j.settings, stores)
	r.Run.Started, r.Run.Filling, r.Options.Since, r.Options.Until, r.Options.By = started, p.Filling, since, until, j.by
	keepAsked(r.Result.Counts, j.by)
	r.Run.Elapsed = time.Since(started)
	lost := writeAll(j.outputs, a, r, std)
	if err := a.writeBundle(ctx, b, r, p, opts, &a.redaction, std); err != nil {
		return err
	}
	if lost != nil {
		return lost
	}
	if verdict == nil && a.reaches(r.Diagnosis.Findings) {
		return &exitError{code: exitFinding}
	}
	return verdict
}

// report diagnoses what was read, from S3 from these buckets.
func (a *analysis) report(whole *partial.Partial, known *settings.Settings, buckets []string) *report.Report {
	r := &report.Report{
		Version: version,
		Run:     report.Run{Args: a.args, Sources: a.sources, Flags: a.reading()},
		Options: report.Options{
			TimeField: a.timeField, Bucket: time.Duration(a.bucket),
			PathTemplate: a.pathTemplates, RawPaths: a.rawPaths, MaxMalformed: float64(a.maxMalformed),
		},
		Result: whole.Freeze(),
	}
	r.Diagnosis = diagnose.Run(r.Result, diagnose.Options{Samples: a.samples, Access: a.access(a.sources), Settings: known, Buckets: buckets, ByCreation: a.timeField == "created"})
	return r
}

func (a *analysis) options(since, until time.Time) (*partial.Options, []string, error) {
	by, names, err := parseBy(a.by)
	if err != nil {
		return nil, nil, err
	}
	for _, d := range neededBy { // counted, and not reported
		if !slices.Contains(names, d.String()) {
			by = append(by, d)
		}
	}
	templates, err := a.templates()
	if err != nil {
		return nil, nil, err
	}
	o := partial.DefaultOptions()
	o.Since, o.Until = a.timestamps(since, until)
	o.Aggregate = aggregate.Options{
		By: by, Bucket: time.Duration(a.bucket), ByCreation: a.timeField == "created",
		Paths: templates,
	}
	o.Aggregate.Limit, o.FoldLimit, _ = shares(a.maxMemory)
	o.Evidence = evidenceOptions(a.maxMemory)
	o.Evidence.Samples = a.samples
	return &o, names, nil
}

// An output is one place that the report goes to, in one format.
type output struct {
	name, format string
	folder       bool     // for a file of CSV a dimension
	file         *newFile // nil for standard output and folders
}

const stdoutName = "-"

func (a *analysis) targets() ([]output, error) {
	if len(a.outputs) == 0 {
		o := output{name: stdoutName, format: a.format}
		return []output{o}, a.oneTable(&o)
	}
	var list []output
	for _, name := range a.outputs {
		o := output{name: name, format: a.format}
		var err error
		switch {
		case name == stdoutName:
		case strings.HasSuffix(name, "/") || strings.HasSuffix(name, string(filepath.Separator)):
			if a.changed("format") && a.format != "csv" {
				return nil, usagef("--output %s is a folder, for csv, but -f says %s", name, a.format)
			}
			o.format, o.folder = "csv", true
		default:
			if o.format, err = formatOfFile(name, a.format, a.changed("format"), formats); err != nil {
				return nil, err
			}
		}
		list = append(list, o)
	}
	for _, o := range list {
		if err := a.oneTable(&o); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// oneTable reports an output of CSV that is no folder, where --by asks for several tables.
func (a *analysis) oneTable(o *output) error {
	if o.format == "csv" && !o.folder && len(a.by) != 1 {
		return usagef("csv has a file for each dimension: name a folder, as -o DIR/, or one dimension by --by")
	}
	return nil
}

// create makes sure, before anything is read, that the output can be written.
func (o *output) create() (err error) {
	if o.folder {
		return os.MkdirAll(o.name, 0o777)
	}
	if o.name != stdoutName {
		o.file, err = create(o.name)
	}
	return err
}

// writeAll writes all outputs: one that fails takes no other with it.
func writeAll(outputs []output, a *analysis, r *report.Report, std streams) (lost error) {
	for i := range outputs {
		if err := outputs[i].write(a, r, std); err != nil && !isClosedPipe(err) {
			std.say("%v", err)
			lost = &exitError{code: exitFailed}
		}
	}
	return lost
}

func (o *output) discard() {
	if o.file != nil {
		o.file.discard()
	}
}

func (o *output) write(a *analysis, r *report.Report, std streams) error {
	if o.folder {
		return o.writeFolder(a, r)
	}
	// Rendered first, written at once: what stands on standard output is whole.
	var b bytes.Buffer
	if o.file == nil {
		if err := o.render(a, r, &b, std.out); err != nil {
			return err
		}
		_, err := std.out.Write(b.Bytes())
		return err
	}
	if err := o.render(a, r, &b, nil); err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	if _, err := o.file.Write(b.Bytes()); err != nil {
		return err
	}
	return o.file.commit()
}

// writeFolder writes a file of CSV for each dimension.
func (o *output) writeFolder(a *analysis, r *report.Report) error {
	files, err := o.tables(a, r)
	if err != nil {
		return fmt.Errorf("write %s: %w", o.name, err)
	}
	for _, f := range files {
		file, err := create(filepath.Join(o.name, f.Name))
		if err != nil {
			return err
		}
		if _, err := file.Write(f.Data); err != nil {
			file.discard()
			return err
		}
		if err := file.commit(); err != nil {
			return err
		}
	}
	return nil
}

// tables are those of a report as CSV.
func (o *output) tables(a *analysis, r *report.Report) ([]report.CSVFile, error) {
	r = r.Redacted(a.redaction.of(o.format))
	r.Top = a.top
	if !a.changed("top") {
		r.Top = 1000
	}
	return report.CSV(r)
}

// render renders for the screen that the bytes go to in the end, if any.
func (o *output) render(a *analysis, r *report.Report, w, screen io.Writer) error {
	r = r.Redacted(a.redaction.of(o.format))
	r.Top = a.top
	if o.format != "text" && !a.changed("top") {
		r.Top = 1000
	}
	switch o.format {
	case "json":
		return report.JSON(w, r)
	case "html":
		return report.HTML(w, r)
	case "markdown":
		return report.Markdown(w, r)
	case "csv":
		files, err := o.tables(a, r)
		if err != nil || len(files) == 0 {
			return err
		}
		_, err = w.Write(files[0].Data)
		return err
	}
	if !a.changed("top") {
		r.Top = 20
	}
	return report.Text(w, r, textOptions(a.color, screen))
}

// textOptions fits a text report to where it goes.
func textOptions(color string, screen io.Writer) report.TextOptions {
	columns, terminal := isTerminal(screen)
	t := report.TextOptions{Width: columns}
	if n, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && n > 0 {
		t.Width = n
	}
	switch color {
	case "always":
		t.Color = true
	case "auto":
		t.Color = terminal && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	}
	return t
}
