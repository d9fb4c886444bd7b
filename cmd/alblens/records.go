package main

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"alblens/diagnose"
	"alblens/export"
	"alblens/internal/cause"
	"alblens/internal/pathtemplate"
	"alblens/internal/terminal"
	"alblens/parser"
	"alblens/partial"
	"alblens/scan"
	"alblens/sources"
)

// extraction is the flags of records.
type extraction struct {
	input
	redaction        redaction
	cache            caching
	causes, statuses []string
	filter           export.Filter
	format           string
	output           string
}

func newRecords(std streams) *cobra.Command {
	x := &extraction{}
	c := &cobra.Command{
		Use:   "records SOURCE...",
		Short: "Select single records and print them",
		Long: `Records prints the records that meet every condition, in the order of the objects and their lines. Raw prints the
line as it stands in the log; ndjson and csv decode \xHH escapes. Causes are judged as analyze does, by all that was
read and not only by what is printed, so the logs are read twice, unless -f raw goes without --cause; a --cache that
analyze filled spares the first time.`,
		Example: `  # every failed request of an hour, as it stands in the log
  alblens records ./logs --since 2026-11-20T14:00Z --until 2026-11-20T15:00Z --cause any -f raw

  # the slowest 504s of one target
  alblens records ./logs --status 504 --target 10.0.1.7:3000 | jq -s 'sort_by(-.duration_ms)[:10]'

  # one request, by its trace id
  alblens records s3://my-logs/AWSLogs/ --since -1h --trace 1-67ebba2f-4fd3`,
		RunE: func(c *cobra.Command, args []string) error { return x.run(c.Context(), args, std) },
	}
	x.flags(c.Flags())
	completeFlags(c, export.Formats)
	return c
}

func (x *extraction) flags(f *pflag.FlagSet) {
	x.input.flags(f)
	x.redaction.flags(f)
	x.cache.flags(f)
	f.StringSliceVar(&x.causes, "cause", nil, "only these causes `SLUG,...`, or any; see alblens explain")
	f.StringSliceVar(&x.statuses, "status", nil, "only these statuses of the load balancer `CODE,...`: 502, 5xx for all of that class, - for none")
	f.StringVar(&x.filter.Target, "target", "", "only this target `IP[:PORT]`; - for none")
	f.StringVar(&x.filter.Path, "path", "", "only this path template, or a `GLOB` over the path, in which * stops at / and ** does not")
	f.StringVar(&x.filter.Trace, "trace", "", "only trace ids that hold `ID`")
	f.StringVarP(&x.format, "format", "f", "", "write the records in `FORMAT`: ndjson, raw or csv (default: by the extension of --output, else ndjson)")
	f.StringVarP(&x.output, "output", "o", stdoutName, "write to `FILE`")
}

func (x *extraction) check() error {
	if err := cmp.Or(x.input.check(), x.redaction.check(), x.cache.check(x.changed)); err != nil {
		return err
	}
	if x.format == "" {
		x.format = formatOf(x.output)
	}
	if !slices.Contains(export.Formats, x.format) {
		return usagef("--format is one of %s, not %q", strings.Join(export.Formats, ", "), x.format)
	}
	if err := x.empty(); err != nil {
		return err
	}
	for _, word := range x.causes {
		if word == "any" {
			x.filter.AnyCause = true
			continue
		}
		c, ok := cause.Parse(word)
		if !ok {
			return usagef("--cause %s: no such cause; %s", word, nearest(word, cause.Docs()))
		}
		x.filter.Causes = append(x.filter.Causes, c)
	}
	for _, word := range x.statuses {
		statuses, err := parseStatus(word)
		if err != nil {
			return usagef("--status: %w", err)
		}
		x.filter.Statuses = append(x.filter.Statuses, statuses...)
	}
	if err := x.filter.Validate(); err != nil {
		return usagef("--path: %w", err)
	}
	return nil
}

// empty refuses what a shell makes of a variable that is not set: it is not to select every record.
func (x *extraction) empty() error {
	if x.changed("cause") && (len(x.causes) == 0 || slices.Contains(x.causes, "")) {
		return usagef("--cause names none; there are any, %s", strings.Join(slugs(cause.Docs()), ", "))
	}
	if x.changed("status") && len(x.statuses) == 0 {
		return usagef("--status is empty")
	}
	for _, f := range []struct{ name, value string }{{"target", x.filter.Target}, {"path", x.filter.Path}, {"trace", x.filter.Trace}} {
		if x.changed(f.name) && f.value == "" {
			return usagef("--%s is empty", f.name)
		}
	}
	return nil
}

func (x *extraction) run(ctx context.Context, args []string, std streams) error {
	if err := x.check(); err != nil {
		return err
	}
	since, until, err := x.timeWindow(time.Now())
	if err != nil {
		return err
	}
	templates, err := x.templates()
	if err != nil {
		return err
	}
	twice := len(x.causes) > 0 || x.format != "raw"
	var kept *spool // of standard input
	if twice && slices.Contains(args, sources.Stdin) {
		if kept, err = newSpool(); err != nil {
			return err
		}
		defer kept.close()
		std.in = kept.filling(std.in)
	}
	src, err := x.source(args, std)
	if err != nil {
		return err
	}
	out := std.out
	var file *newFile
	if x.output != stdoutName {
		if file, err = create(x.output); err != nil {
			return err
		}
		defer file.discard()
		out = file
	} else if _, screen := isTerminal(std.out); screen {
		out = terminal.Writer(std.out)
	}
	if x.progress == "auto" && file == nil && !isFile(std.out) {
		x.progress = "off" // rows come as they are found, and the bar would stand among them: a pipe may lead to a pager
	}
	p, err := x.list(ctx, src, std, since, until)
	if err != nil {
		return err
	}
	var judged *diagnose.Diagnosis
	interrupted := false
	if twice {
		if judged, interrupted, err = x.judge(ctx, src, p, templates, std); err != nil {
			return err
		}
	}
	if kept != nil {
		if std.in, err = kept.again(); err != nil {
			return err
		}
		if src, err = x.source(args, std); err != nil {
			return err
		}
		ctx = context.WithoutCancel(ctx) // what was read before an interrupt is printed
	}
	window := partial.DefaultOptions()
	window.Since, window.Until = x.timestamps(since, until)
	window.Aggregate.ByCreation = x.timeField == "created"

	format, err := export.NewFormat(x.format)
	if err != nil {
		return err
	}
	if _, err := out.Write(format.Header()); err != nil {
		return err
	}
	c, stop := x.config(p, std)
	ledger, err := scan.Each(ctx, src, p, func() scan.Selector { return x.selector(&window, templates, judged) }, out, c)
	stop()
	if err != nil {
		return err
	}
	ledger.Interrupted = ledger.Interrupted || interrupted
	verdict := x.verdict(ctx, ledger, std)
	if file == nil || ledger.Complete+ledger.Partial == 0 {
		return verdict
	}
	if err := file.commit(); err != nil {
		return err
	}
	return verdict
}

// selector is one worker's.
func (x *extraction) selector(window *partial.Options, templates *pathtemplate.Templates, judged *diagnose.Diagnosis) scan.Selector {
	format, err := export.NewFormat(x.format)
	if err != nil {
		panic("BUG: " + err.Error()) // checked before
	}
	return &selector{judged: judged, window: window, templates: templates, filter: &x.filter, format: redactedFormat(format, x.redaction.of(x.format))}
}

type selector struct {
	judged    *diagnose.Diagnosis // nil where nobody asks for causes
	window    *partial.Options
	templates *pathtemplate.Templates
	filter    *export.Filter
	format    export.Format
	row       export.Row
	path      []byte
}

func (s *selector) Append(dst []byte, r *parser.Record, ref *sources.Ref, line int) ([]byte, bool) {
	if !s.window.Selects(r) {
		return dst, false
	}
	s.row = export.Row{Record: r, Source: ref.Name, Line: line}
	s.row.Cause, s.row.Confidence = cause.OfRow(r)
	if s.judged != nil {
		if v := s.judged.Of(ref.Name, line, s.row.Cause); v != nil {
			s.row.Cause, s.row.Confidence, s.row.Reasons = v.Cause, v.Confidence, v.Reasons
		}
	}
	if path := r.Path(); path != nil {
		s.row.Path = path
		if s.templates != nil {
			s.path = s.templates.Append(s.path[:0], path)
			s.row.Path = s.path
		}
	}
	if !s.filter.Wants(&s.row) {
		return dst, false
	}
	return s.format.Append(dst, &s.row), true
}

// formatOf is the format that a file's extension stands for.
func formatOf(name string) string {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv":
		return "csv"
	case ".log", ".txt":
		return "raw"
	}
	return "ndjson"
}
