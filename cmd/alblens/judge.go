package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/evidence"
	"alblens/internal/pathtemplate"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

// judge reads all that the plan lists, whatever is selected of it, and judges the causes. It reports whether it was
// interrupted.
func (x *extraction) judge(ctx context.Context, src sources.Source, p *plan.Plan, templates *pathtemplate.Templates, std streams) (d *diagnose.Diagnosis, interrupted bool, err error) {
	// As analyze has them by default, so that what it left in a cache can be used.
	o := partial.DefaultOptions()
	o.Aggregate = aggregate.Options{By: aggregate.DefaultBy(), Bucket: time.Minute, Paths: templates}
	o.Aggregate.Limit, o.FoldLimit, _ = shares(defaultMemory)
	o.Evidence = evidenceOptions(defaultMemory)
	o.Evidence.Samples = defaultSamples
	cache, err := x.cache.open(&o, false, std)
	if err != nil {
		return nil, false, err
	}
	c, stop := x.config(p, std)
	defer stop()
	_, _, c.Memory = shares(defaultMemory)
	defer x.cache.use(cache, &c, x.verbose, std.say)()
	whole, err := scan.Summarize(ctx, src, p, &o, c)
	if err != nil {
		return nil, false, err
	}
	return diagnose.Run(whole.Freeze(), diagnose.Options{}), whole.Ledger.Interrupted, nil
}

// evidenceOptions bound the evidence, which takes about a sixth of the default memory where everything fails.
func evidenceOptions(memory size) evidence.Options {
	part := min(1, float64(memory)/float64(defaultMemory))
	return evidence.Options{Failures: int(20_000 * part), Texts: int(512 << 10 * part), Lives: int(4 << 20 * part)}
}

// A spool keeps standard input, which can be read only once, while it is read for the first time.
type spool struct{ file *os.File }

func newSpool() (*spool, error) {
	f, err := os.CreateTemp("", "alblens-stdin-*")
	if err != nil {
		return nil, fmt.Errorf("keep standard input to read it twice: %w", err)
	}
	os.Remove(f.Name()) // where that fails, as on Windows, it stays
	return &spool{f}, nil
}

// filling returns what in has, and keeps it.
func (s *spool) filling(in io.Reader) io.Reader { return io.TeeReader(in, s.file) }

// again returns all that was kept, from the beginning.
func (s *spool) again() (io.Reader, error) {
	_, err := s.file.Seek(0, io.SeekStart)
	return s.file, err
}

func (s *spool) close() { s.file.Close() }
