package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"alblens/internal/simulate"
)

func newSimulate(std streams) *cobra.Command {
	var seed uint64
	var dir string
	var force bool
	c := &cobra.Command{
		Use:   "simulate SCENARIO",
		Short: "Write logs with known faults, and their truth",
		Long:  simulateHelp(),
		Example: `  alblens simulate connect-timeout -o ./sim --seed 7
  alblens analyze ./sim`,
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			var names []string
			for _, s := range simulate.Scenarios() {
				names = append(names, s.Name+"\t"+s.Doc)
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usagef("simulate takes one scenario; see alblens simulate --help")
			}
			scenario, ok := simulate.Lookup(args[0])
			if !ok {
				return usagef("no scenario %q; see alblens simulate --help", args[0])
			}
			if dir == "" {
				return usagef("-o DIR says where to write")
			}
			return writeSimulation(c.Context(), scenario, seed, dir, force, std)
		},
	}
	c.Flags().Uint64Var(&seed, "seed", 1, "the same seed gives the same bytes")
	c.Flags().StringVarP(&dir, "output", "o", "", "`DIR` to write to; the truth goes beside it, to DIR.truth.ndjson")
	c.Flags().BoolVar(&force, "force", false, "write even where logs are, and replace those of the same names")
	return c
}

func simulateHelp() string {
	text := "Simulate writes the logs of an imaginary load balancer in AWS's layout below DIR, and beside it\n" +
		"DIR.truth.ndjson, which names the injected cause of every failed record by its trace id.\n" +
		"Seeds vary the parameters of a scenario as well as its traffic, but for demo and corpus.\n\nScenarios:\n"
	for _, s := range simulate.Scenarios() {
		text += fmt.Sprintf("  %-19s %s\n", s.Name, s.Doc)
	}
	return text
}

func writeSimulation(ctx context.Context, scenario simulate.Scenario, seed uint64, dir string, force bool, std streams) error {
	truth, err := truthOf(dir)
	if err != nil {
		return err
	}
	for _, name := range []string{filepath.Join(dir, "AWSLogs"), truth} {
		if _, err := os.Lstat(name); err == nil && !force {
			return fmt.Errorf("%s is there already, and two runs would mix; name another folder, or say --force", name)
		}
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	save := func(name string, data []byte) error {
		name = filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
			return err
		}
		return createFile(name, func(w io.Writer) error {
			_, err := w.Write(data)
			return err
		})
	}
	var sum simulate.Summary
	err = createFile(truth, func(w io.Writer) (err error) {
		sum, err = simulate.Write(ctx, save, w, scenario.Config(seed))
		return err
	})
	if err != nil {
		return err
	}
	std.say("%d records in %d objects below %s, %d of them failed; the truth is in %s", sum.Records, sum.Objects, dir, sum.Failed, truth)
	return nil
}

// truthOf is the file of the truth of a folder of logs. It stands beside it, for within it would be met as a log.
func truthOf(dir string) (string, error) {
	dir = filepath.Clean(dir)
	if base := filepath.Base(dir); base == "." || base == ".." {
		var err error
		if dir, err = filepath.Abs(dir); err != nil {
			return "", err
		}
	}
	return dir + ".truth.ndjson", nil
}
