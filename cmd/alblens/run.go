package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"alblens/internal/terminal"
)

// The exit codes of design/contract.md.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitIncomplete  = 3
	exitFinding     = 4
	exitInterrupted = 130
)

// exitError is an error that decides the exit code.
type exitError struct {
	code int
	err  error // nil: all has been said
}

func (e *exitError) Error() string {
	if e.err == nil {
		return fmt.Sprintf("exit code %d", e.code)
	}
	return e.err.Error()
}

func (e *exitError) Unwrap() error { return e.err }

func usage(err error) error { return &exitError{exitUsage, err} }

func usagef(format string, args ...any) error { return usage(fmt.Errorf(format, args...)) }

// streams are what a command reads and writes. Nothing below main touches the process's own.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// say writes a line for people, never data.
func (s streams) say(format string, args ...any) {
	fmt.Fprintln(s.err, "alblens: "+terminal.Clean(fmt.Sprintf(format, args...)))
}

// run is the program: it returns the exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	std := streams{stdin, standardOutput{stdout}, stderr}
	root := newRoot(std)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(std.out)
	root.SetErr(stderr)
	refuseUnknown(root)
	err := root.ExecuteContext(ctx)
	if err == nil || isClosedPipe(err) {
		return exitDone
	}
	if exit, ok := errors.AsType[*exitError](err); ok {
		if exit.err != nil {
			std.say("%v", exit.err)
		}
		return exit.code
	}
	if errors.Is(err, context.Canceled) {
		std.say("interrupted")
		return exitInterrupted
	}
	std.say("%v", err)
	if isCobraUsage(err) {
		return exitUsage
	}
	return exitFailed
}

// standardOutput marks its errors, for a pipe may be closed elsewhere too: that of a connection to S3, say.
type standardOutput struct{ io.Writer }

type standardOutputError struct{ error }

func (e standardOutputError) Unwrap() error { return e.error }

func (w standardOutput) Write(p []byte) (int, error) {
	n, err := w.Writer.Write(p)
	if err != nil {
		err = standardOutputError{err}
	}
	return n, err
}

// isClosedPipe reports whether whoever reads standard output has seen enough.
func isClosedPipe(err error) bool {
	e, ok := errors.AsType[standardOutputError](err)
	return ok && (errors.Is(e, syscall.EPIPE) || errors.Is(e, io.ErrClosedPipe))
}

// isCobraUsage tells cobra's own complaints, which have no type, from errors of commands.
func isCobraUsage(err error) bool {
	for _, prefix := range []string{"unknown command", "unknown flag", "unknown shorthand", "invalid argument", "flag needs", "required flag", "accepts ", "requires ", "bad flag"} {
		if strings.HasPrefix(err.Error(), prefix) {
			return true
		}
	}
	return false
}

func newRoot(std streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "alblens",
		Short: "Tell why requests through an AWS Application Load Balancer failed, from its access logs",
		Long: `Alblens reads the access logs of AWS Application Load Balancers, from S3 or disk, and tells which
targets, paths and minutes fail, and why.`,
		Example: `  alblens demo
  alblens analyze s3://my-logs/AWSLogs/111122223333/ --since -3h
  alblens records ./logs --status 502,504 -f ndjson | jq .trace_id`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: false},
	}
	parent(root)
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error { return usage(suggestFlag(c, err)) })
	root.Version = version
	root.SetVersionTemplate("alblens {{.Version}}\n")
	root.AddCommand(newAnalyze(std), newRecords(std), newExplain(std), newCollect(std), newSimulate(std), newDemo(std), newBundle(std), newDiff(std), newVersion(std), newMan())
	return root
}

// suggestFlag adds the nearest flag to a complaint about an unknown one, and says of a value that is no number just that.
// Where the command is unknown already, so are its flags.
func suggestFlag(c *cobra.Command, err error) error {
	if name := c.Flags().Arg(0); name != "" && c.HasSubCommands() {
		return unknownCommand(c, name)
	}
	if what, _, ok := strings.Cut(err.Error(), ": strconv.ParseBool"); ok {
		return fmt.Errorf("%s: neither true nor false", what)
	}
	if what, _, ok := strings.Cut(err.Error(), ": strconv."); ok {
		return fmt.Errorf("%s: no such number", what)
	}
	if _, name, ok := strings.Cut(err.Error(), "unknown shorthand flag: "); ok {
		if _, name, _ = strings.Cut(name, " in -"); c.Flags().Lookup(name) != nil {
			return fmt.Errorf("%w; did you mean --%s?", err, name)
		}
	}
	_, name, ok := strings.Cut(err.Error(), "unknown flag: --")
	if !ok {
		return err
	}
	best, bestDistance := "", 3
	c.Flags().VisitAll(func(f *flag) {
		if d := distance(name, f.Name); d < bestDistance {
			best, bestDistance = f.Name, d
		}
	})
	if best == "" {
		return fmt.Errorf("%w; see %s --help", err, c.CommandPath())
	}
	return fmt.Errorf("%w; did you mean --%s?", err, best)
}

// distance is how many letters must be added, dropped or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

func newVersion(std streams) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Args:  noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintln(std.out, "alblens "+version)
			return err
		},
	}
}

func noArgs(c *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usagef("alblens %s takes no arguments, got %q", c.Name(), args[0])
	}
	return nil
}
