package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"alblens/compare"
)

// difference is the flags of diff.
type difference struct {
	analysis      // of either window
	before, after string
	top           int
	format        string
	outputs       []string
	given         *pflag.FlagSet
}

var diffFormats = []string{"text", "json", "markdown"}

// ownOfDiff are flags of analyze that diff has not, or in another sense.
var ownOfDiff = []string{"since", "until", "around", "window", "top", "format", "output", "color", "samples", "bundle", "dry-run", "fail-on"}

// ofBoth are flags that say something though the summaries are there already.
var ofBoth = []string{"before", "after", "top", "format", "output", "redact", "redact-key-file", "quiet", "verbose", "progress"}

func newDiff(std streams) *cobra.Command {
	d := &difference{}
	c := &cobra.Command{
		Use:   "diff BEFORE AFTER | diff --before A/B --after C/D SOURCE...",
		Short: "Tell what changed between two runs or two windows, beyond noise",
		Long: `Diff compares two summaries that alblens analyze -f json wrote (- is standard input), or two windows of one
source. It compares failures by rate, over all requests and by cause, target, path and whatever else both have,
and names first what makes most requests fail that did not before. ~ marks what chance may explain.

Exit codes: 0 done, 1 could not do the job, 2 wrong usage, 3 done but the data of a side is incomplete, 130 interrupted.`,
		Example: `  alblens analyze ./logs --since yesterday --until today -f json -o before.json
  alblens analyze ./logs --since today -f json -o after.json
  alblens diff before.json after.json

  # before and after a deploy
  alblens diff --before 2026-11-20T13:00Z/2026-11-20T14:00Z --after 2026-11-20T14:00Z/2026-11-20T15:00Z ./logs`,
		RunE: func(c *cobra.Command, args []string) error {
			d.args = commandLine(c, args)
			return d.run(c.Context(), args, std)
		},
	}
	d.flags(c.Flags())
	completeFlags(c, diffFormats)
	return c
}

func (d *difference) flags(f *pflag.FlagSet) {
	d.given = f
	shared := pflag.NewFlagSet("", pflag.ContinueOnError)
	d.analysis.flags(shared)
	shared.VisitAll(func(x *flag) {
		if !slices.Contains(ownOfDiff, x.Name) {
			f.AddFlag(x)
		}
	})
	if err := shared.Set("top", "0"); err != nil { // a key that is cut cannot be compared
		panic("BUG: " + err.Error())
	}
	f.StringVar(&d.before, "before", "", "the first window `A/B`: from A on, before B; each as --since of analyze takes it")
	f.StringVar(&d.after, "after", "", "the second window `C/D`")
	f.IntVar(&d.top, "top", 20, "changes `N` to show; 0 is all; JSON has all")
	f.StringVarP(&d.format, "format", "f", "text", "write in `FORMAT`: "+strings.Join(diffFormats, ", "))
	f.StringArrayVarP(&d.outputs, "output", "o", nil, "write to `FILE`, in the format of its extension (.txt .json .md); - is standard output; repeatable")
}

func (d *difference) run(ctx context.Context, args []string, std streams) error {
	outputs, err := d.targets()
	if err != nil {
		return err
	}
	if err := d.redaction.check(); err != nil {
		return err
	}
	sides := d.files
	if d.ofWindows() {
		sides = d.windows
	}
	before, after, err := sides(ctx, args, std)
	if err != nil {
		return err
	}
	r := compare.Diff(before, after)
	for _, o := range outputs {
		if err := d.write(o, r, std); err != nil {
			return err
		}
	}
	if !before.Complete || !after.Complete {
		std.say("incomplete: not all of the logs are in the comparison")
		return &exitError{code: exitIncomplete}
	}
	return nil
}

// targets are the outputs, each in its format.
func (d *difference) targets() ([]output, error) {
	if !slices.Contains(diffFormats, d.format) {
		return nil, usagef("--format is one of %s, not %q", strings.Join(diffFormats, ", "), d.format)
	}
	if d.top < 0 {
		return nil, usagef("--top must not be negative")
	}
	if len(d.outputs) == 0 {
		return []output{{name: stdoutName, format: d.format}}, nil
	}
	var list []output
	for _, name := range d.outputs {
		o := output{name: name, format: d.format}
		var err error
		if name != stdoutName {
			if o.format, err = formatOfFile(name, d.format, d.given.Changed("format"), diffFormats); err != nil {
				return nil, err
			}
		}
		list = append(list, o)
	}
	return list, nil
}

func (d *difference) write(o output, r *compare.Result, std streams) error {
	var b bytes.Buffer
	var err error
	r = r.Redacted(d.redaction.of(o.format))
	switch o.format {
	case "json":
		err = compare.JSON(&b, r)
	case "markdown":
		err = compare.Markdown(&b, r, d.top)
	default:
		var screen io.Writer
		if o.name == stdoutName {
			screen = std.out
		}
		err = compare.Text(&b, r, d.top, textOptions("never", screen).Width)
	}
	if err != nil {
		return err
	}
	if o.name == stdoutName {
		_, err = std.out.Write(b.Bytes())
		return err
	}
	return createFile(o.name, func(w io.Writer) error {
		_, err := w.Write(b.Bytes())
		return err
	})
}

func (d *difference) ofWindows() bool { return d.before != "" || d.after != "" }

// files reads two summaries.
func (d *difference) files(_ context.Context, args []string, std streams) (before, after *compare.Summary, err error) {
	switch {
	case d.idle() != "":
		return nil, nil, usagef("--%s is for windows, with --before and --after; two summaries are compared as they are", d.idle())
	case len(args) != 2:
		return nil, nil, usagef("diff takes two summaries, BEFORE and AFTER, or --before A/B --after C/D and a source")
	case args[0] == stdoutName && args[1] == stdoutName:
		return nil, nil, usagef("standard input holds one summary, not both")
	}
	if before, err = readSummary(args[0], std); err != nil {
		return nil, nil, err
	}
	after, err = readSummary(args[1], std)
	return before, after, err
}

// idle is a flag that was given and has no effect on two summaries; "" for none.
func (d *difference) idle() (name string) {
	d.given.Visit(func(f *pflag.Flag) {
		if !slices.Contains(ofBoth, f.Name) {
			name = f.Name
		}
	})
	return name
}

func readSummary(name string, std streams) (*compare.Summary, error) {
	in, err := openSummary(name, std.in)
	if err != nil {
		return nil, err
	}
	defer in.Close()
	s, err := compare.Read(in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	s.Name = name
	return s, nil
}

// windows analyses two windows of one source.
func (d *difference) windows(ctx context.Context, args []string, std streams) (before, after *compare.Summary, err error) {
	switch {
	case d.before == "" || d.after == "":
		return nil, nil, usagef("--before and --after go together")
	case slices.Contains(args, stdoutName):
		return nil, nil, usagef("standard input can be read once only; name files, or compare two summaries")
	}
	now := time.Now()
	if before, err = d.summarize(ctx, "before", d.before, now, args, std); err != nil {
		return nil, nil, err
	}
	after, err = d.summarize(ctx, "after", d.after, now, args, std)
	return before, after, err
}

// summarize reads one window as analyze would, to its JSON.
func (d *difference) summarize(ctx context.Context, name, span string, now time.Time, args []string, std streams) (*compare.Summary, error) {
	a := d.analysis
	a.format = "json"
	a.redaction = redaction{changed: func(string) bool { return false }} // after the comparison, by one key
	var err error
	if a.since, a.until, err = splitWindow(span, now); err != nil {
		return nil, usagef("--%s: %w", name, err)
	}
	var summary bytes.Buffer
	err = a.run(ctx, args, streams{std.in, &summary, std.err})
	if exit, ok := errors.AsType[*exitError](err); err != nil && (!ok || exit.code != exitIncomplete) {
		return nil, err
	}
	s, err := compare.Read(&summary)
	if err != nil {
		return nil, fmt.Errorf("--%s %s: %w", name, span, err)
	}
	s.Name = name
	return s, nil
}

// splitWindow splits A/B, and fixes what is said relative to now.
func splitWindow(span string, now time.Time) (since, until string, err error) {
	a, b, ok := strings.Cut(span, "/")
	if !ok {
		return "", "", fmt.Errorf("%q is not two times with / between, such as 2026-11-20T13:00Z/2026-11-20T14:00Z", span)
	}
	from, err := parseInstant(a, now)
	if err != nil {
		return "", "", err
	}
	to, err := parseInstant(b, now)
	if err != nil {
		return "", "", err
	}
	if !from.Before(to) {
		return "", "", fmt.Errorf("%s is not before %s", a, b)
	}
	return from.Format(time.RFC3339Nano), to.Format(time.RFC3339Nano), nil
}
