package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"

	"github.com/spf13/cobra"

	"alblens/internal/logname"
	"alblens/internal/simulate"
	"alblens/sources"
)

// demoSeed makes the demo the same for everybody.
const demoSeed = 1

func newDemo(std streams) *cobra.Command {
	a := &analysis{}
	c := &cobra.Command{
		Use:   "demo",
		Short: "Analyse a small simulated incident; needs no file and no network",
		Args:  noArgs,
		RunE: func(c *cobra.Command, args []string) error {
			a.args = commandLine(c, args)
			return a.demo(c.Context(), std)
		},
	}
	a.flags(c.Flags())
	completeFlags(c, formats)
	for _, name := range []string{"files-from", "profile", "region", "endpoint-url", "no-sign-request", "request-payer", "ca-bundle", "no-verify-ssl", "s3-concurrency"} {
		c.Flags().MarkHidden(name)
	}
	return c
}

func (a *analysis) demo(ctx context.Context, std streams) error {
	objects, err := simulate.Generate(simulate.Demo(demoSeed))
	if err != nil {
		return err
	}
	m := memory{}
	for o := range objects {
		m = append(m, o)
	}
	return a.analyze(ctx, std, func() (sources.Source, error) { return m, nil })
}

// memory is a source of simulated objects.
type memory []simulate.Object

func (m memory) List(_ context.Context, selection sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for _, o := range m {
			ref := sources.Ref{Name: "demo/" + o.Key, Size: int64(len(o.Body)), Log: logname.Parse(o.Key)}
			if selection.Wants(ref.Log) && !yield(ref, nil) {
				return
			}
		}
	}
}

func (m memory) Open(_ context.Context, ref sources.Ref) (io.ReadCloser, error) {
	for _, o := range m {
		if "demo/"+o.Key == ref.Name {
			return io.NopCloser(bytes.NewReader(o.Body)), nil
		}
	}
	return nil, fmt.Errorf("%s is not in the demo", ref.Name)
}
