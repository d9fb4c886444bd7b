package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"alblens/export"
	"alblens/partial"
	"alblens/plan"
	"alblens/report"
	"alblens/scan"
	"alblens/sources"
)

// bundleReport is the name, to --redact, of what of a bundle is for reading: its reports and its summary.
const bundleReport = "bundle"

// A bundling is the bundle of evidence of one run; nil where none is asked for.
type bundling struct {
	*report.Bundle
	dir  string
	read *hashing // what all is read through
}

// beginBundle makes sure, before anything is read, that the bundle can be written. Whoever calls it has to call discard
// in the end.
func beginBundle(dir string) (*bundling, error) {
	if dir == "" {
		return nil, nil
	}
	b := &bundling{dir: dir}
	err := begun.begin(func() (name string, err error) {
		if b.Bundle, err = report.CreateBundle(dir); err != nil {
			return "", fmt.Errorf("--bundle: %w", err)
		}
		return b.Temporary(), nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// watch returns the source through which all has to be read.
func (b *bundling) watch(src sources.Source) sources.Source {
	if b == nil {
		return src
	}
	b.read = newHashing(src)
	return b.read
}

func (b *bundling) discard() {
	if b == nil {
		return
	}
	if b.read != nil {
		b.read.close()
	}
	begun.end(b.Temporary(), b.Discard)
}

// writeBundle writes and commits the bundle, if any, of a run that read p with opts and found r. The failed records are
// read from the sources a second time.
func (a *analysis) writeBundle(ctx context.Context, b *bundling, r *report.Report, p *plan.Plan, opts *partial.Options, hide *redaction, std streams) error {
	if b == nil {
		return nil
	}
	if r.Result.Ledger.Interrupted {
		return b.interrupted()
	}
	redacted := r.Redacted(hide.of(bundleReport))
	m := &report.Manifest{
		Schema: report.BundleSchema, Tool: report.BundleTool{Name: "alblens", Version: version}, Created: time.Now().UTC(), Args: redacted.Run.Args,
		Notes: bundleNotes, Redact: map[string]string{}, Complete: r.Complete(), NotRead: notRead(p, &r.Result.Ledger),
	}
	if err := a.writeReports(b, redacted); err != nil {
		return err
	}
	if err := b.writeSettings(a.awsConfig, hide); err != nil {
		return err
	}
	first := b.read.next()
	e, err := a.writeRecords(ctx, b, r, p, opts, hide, std)
	if err != nil {
		return err
	}
	again := b.read.next()
	for _, ref := range p.Objects {
		if first[ref.Name] != again[ref.Name] {
			return fmt.Errorf("write %s: %s changed while it was read twice, or could not be read again", b.dir, ref.Name)
		}
	}
	m.Failed, m.Traces = e.failed, e.traces.list()
	m.Inputs = inputs(p, first, e.read)
	for name, format := range map[string]string{"report.html": bundleReport, "report.md": bundleReport, "summary.json": bundleReport, "records.*": "raw", "settings/*": "settings"} {
		m.Redact[name] = cmp.Or(strings.Join(hide.options(format).Words(), ","), "none")
	}
	var sum string
	err = begun.end(b.Temporary(), func() (err error) {
		sum, err = b.Commit(m)
		return err
	})
	if err != nil {
		return err
	}
	if !a.quiet {
		std.say("wrote %s; the SHA-256 of its manifest is %s", b.dir, sum)
	}
	return nil
}

func (b *bundling) interrupted() error {
	return &exitError{exitInterrupted, fmt.Errorf("write %s: the run was interrupted, and a bundle of a part of the input is none", b.dir)}
}

var bundleNotes = []string{
	"The same input, options and key give the same bundle, but for created here, run in summary.json and the time of the run in report.html.",
	"The report, the summary and the list of trace ids are made from the records; records.log.gz has the failed ones as they stand in the log, where redacted says nothing else.",
	"settings/ is what --aws-config named. Task definitions may hold secrets in environment variables.",
	"sha256sum -c SHA256SUMS checks all files; alblens bundle verify also notices files that were added.",
}

// writeReports writes what is for reading.
func (a *analysis) writeReports(b *bundling, r *report.Report) error {
	for _, f := range []struct {
		name   string
		top    int
		render func(io.Writer, *report.Report) error
	}{
		{"report.html", 1000, report.HTML}, {"report.md", 20, report.Markdown}, {"summary.json", 1000, report.JSON},
	} {
		if r.Top = f.top; a.changed("top") {
			r.Top = a.top
		}
		var text bytes.Buffer
		if err := f.render(&text, r); err != nil {
			return fmt.Errorf("write %s/%s: %w", b.dir, f.name, err)
		}
		if err := b.Write(f.name, text.Bytes()); err != nil {
			return err
		}
	}
	return nil
}

// writeSettings copies the files that settings.Load reads; none for "".
func (b *bundling) writeSettings(dir string, hide *redaction) error {
	if dir == "" {
		return nil
	}
	fsys, by := os.DirFS(dir), hide.of("settings")
	return fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case name == ".":
			return err
		case strings.HasPrefix(d.Name(), ".") && d.IsDir():
			return fs.SkipDir
		case strings.HasPrefix(d.Name(), "."), err == nil && d.IsDir():
			return nil
		}
		text, err := fs.ReadFile(fsys, name)
		if err != nil { // settings.Load said so, and did without
			return nil
		}
		return b.Write(path.Join("settings", name), by.Settings(text))
	})
}

// failedRecords is what the second pass yields beside its files.
type failedRecords struct {
	read   []partial.Ledger // of each object, in the order of the plan
	failed int64
	traces *traces
}

// writeRecords writes the failed records, as NDJSON and as they stand, and their trace ids by cause.
func (a *analysis) writeRecords(ctx context.Context, b *bundling, r *report.Report, p *plan.Plan, opts *partial.Options, hide *redaction, std streams) (*failedRecords, error) {
	ndjson, err := b.createGzip("records.ndjson.gz")
	if err != nil {
		return nil, err
	}
	defer ndjson.end()
	raw, err := b.createGzip("records.log.gz")
	if err != nil {
		return nil, err
	}
	defer raw.end()
	e := &failedRecords{traces: newTraces()}
	out := &bundleWriter{ndjson: ndjson, raw: raw, traces: e.traces}
	c, stop := a.config(p, std)
	c.Strict = false
	c.Done = func(_ *sources.Ref, l *partial.Ledger, _ bool) { e.read = append(e.read, *l) }
	ledger, err := scan.Each(ctx, b.read, p, func() scan.Selector {
		return &selector{
			judged: r.Diagnosis, window: opts, templates: opts.Aggregate.Paths, filter: &export.Filter{AnyCause: true},
			format: redactedFormat(newBundleFormat(), hide.of("raw")),
		}
	}, out, c)
	stop()
	if err != nil {
		return nil, err
	}
	if ledger.Interrupted {
		return nil, b.interrupted()
	}
	e.failed = ledger.Records
	if err := errors.Join(ndjson.end(), raw.end()); err != nil {
		return nil, err
	}
	return e, e.traces.write(b)
}

// A gzipFile is a compressed file of a bundle, part of it once it was ended.
type gzipFile struct {
	*gzip.Writer // without a time in its header
	file         io.WriteCloser
	ended        bool
}

func (b *bundling) createGzip(name string) (*gzipFile, error) {
	file, err := b.Create(name)
	if err != nil {
		return nil, err
	}
	return &gzipFile{Writer: gzip.NewWriter(file), file: file}, nil
}

// end does nothing the second time.
func (f *gzipFile) end() error {
	if f.ended {
		return nil
	}
	f.ended = true
	return errors.Join(f.Writer.Close(), f.file.Close())
}

// inputs are the objects of the plan as they were read.
func inputs(p *plan.Plan, read map[string]digest, ledgers []partial.Ledger) []report.BundleInput {
	list := []report.BundleInput{}
	for i, ref := range p.Objects {
		d, l := read[ref.Name], &ledgers[i]
		x := report.BundleInput{
			Name: ref.Name, ETag: ref.ETag, SHA256: d.sum, BytesRead: d.bytes,
			Lines: l.Lines, Records: l.Records + l.Filtered, Malformed: l.Malformed, Slot: slotOf(p, i),
		}
		if ref.Size >= 0 {
			x.Size = &ref.Size
		}
		if !ref.Modified.IsZero() {
			x.Modified = &ref.Modified
		}
		for _, problem := range l.Problems {
			x.Problem = problem.Kind + ": " + problem.Error
		}
		list = append(list, x)
	}
	return list
}

// notRead are objects that the listing met and left out.
func notRead(p *plan.Plan, l *partial.Ledger) []report.NotRead {
	planned := map[string]bool{}
	for _, ref := range p.Objects {
		planned[ref.Name] = true
	}
	list := []report.NotRead{}
	for _, x := range l.Problems {
		if !planned[x.Name] {
			list = append(list, report.NotRead{Name: x.Name, Kind: x.Kind, Reason: x.Error})
		}
	}
	for _, d := range l.Duplicates {
		list = append(list, report.NotRead{Name: d.Name, Kind: "duplicate", Reason: "the same as " + d.SameAs})
	}
	return list
}

func newBundle(std streams) *cobra.Command {
	c := &cobra.Command{
		Use:   "bundle",
		Short: "Check an evidence bundle, as analyze --bundle writes it",
	}
	parent(c)
	verify := &cobra.Command{
		Use:   "verify DIR",
		Short: "Check every file of a bundle against its manifest",
		Long: `Verify names every file of a bundle that was changed, added or taken away since it was written. It prints the SHA-256
of the manifest: whoever wrote the bundle was told it, and if it is still the same, so is the whole bundle.

Exit codes: 0 nothing was changed, 1 something was, or there is no bundle.`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("alblens bundle verify takes one directory")
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return verifyBundle(args[0], std) },
	}
	c.AddCommand(verify)
	return c
}

func verifyBundle(dir string, std streams) error {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return fmt.Errorf("%s is not a directory", dir)
	}
	m, sum, faults, err := report.VerifyBundle(os.DirFS(dir))
	if err != nil {
		return fmt.Errorf("%s: %w", dir, err)
	}
	for _, f := range faults {
		std.say("%s: %s %s", dir, f.Name, f.What)
	}
	if len(faults) > 0 {
		return &exitError{exitFailed, fmt.Errorf("%s is not as it was written: %s", dir, counted(int64(len(faults)), "fault"))}
	}
	_, err = fmt.Fprintf(std.out, "%s: %s as written at %s by alblens %s\nSHA-256 of the manifest: %s\n",
		dir, counted(int64(len(m.Files)), "file"), m.Created.Format(time.RFC3339), m.Tool.Version, sum)
	return err
}
