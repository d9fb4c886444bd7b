package advicecheck

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// standIn is what every substitution yields. The AWS CLI wants ARNs to be 20 bytes long and more.
const standIn = "arn:aws:stand-in:output"

// programs are those that advice may run.
var programs = []string{"aws", "alblens", "curl", "kubectl", "wc"}

// calls parses a command and returns the words of every program that it runs, as the program gets them. It complains
// about all that no advice uses: other programs, redirections, background jobs, several lines, globs.
func calls(command string) ([][]string, error) {
	if strings.ContainsAny(command, "\n\r\x00\x1b") {
		return nil, fmt.Errorf("more than a line: %q", command)
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(command), "")
	if err != nil {
		return nil, err
	}
	config := &expand.Config{
		Env:      expand.FuncEnviron(func(string) string { return standIn }),
		CmdSubst: func(w io.Writer, _ *syntax.CmdSubst) error { _, err := io.WriteString(w, standIn); return err },
	}
	var all [][]string
	complain := func(format string, args ...any) {
		if err == nil {
			err = fmt.Errorf(format+" in %s", append(args, command)...)
		}
	}
	syntax.Walk(file, func(node syntax.Node) bool {
		switch n := node.(type) {
		case *syntax.Stmt:
			if n.Background || n.Coprocess || n.Negated || len(n.Redirs) > 0 {
				complain("a redirection or a job")
			}
		case *syntax.ParamExp:
			if !slices.Contains([]string{"c", "l", "p", "t"}, n.Param.Value) {
				complain("parameter %s", n.Param.Value)
			}
		case *syntax.CallExpr:
			if len(n.Args) == 0 {
				return true
			}
			words, e := expand.Fields(config, n.Args...)
			if e != nil {
				complain("%v", e)
				return true
			}
			if !slices.Contains(programs, words[0]) {
				complain("program %s", words[0])
			}
			all = append(all, words)
		case *syntax.ArithmExp, *syntax.ProcSubst, *syntax.ExtGlob, *syntax.FuncDecl, *syntax.Subshell:
			complain("%T", n)
		}
		return true
	})
	return all, err
}

func TestShell(t *testing.T) {
	seen := 0
	for _, f := range cases() {
		for _, command := range commands(f) {
			seen++
			if _, err := calls(command); err != nil {
				t.Errorf("%s: %v", f.ID, err)
			}
		}
	}
	if seen < 400 {
		t.Errorf("only %d commands seen", seen)
	}
}

// The check sees what it is there for.
func TestCalls(t *testing.T) {
	for _, bad := range []string{
		"aws s3 ls; rm x", "aws s3 ls $(rm x)", "aws s3 ls `rm x`", "aws s3 ls > x", "aws s3 ls & ", "aws s3 'ls", "aws\ns3", "aws $HOME",
		"aws s3 ls | sh", "x=1 rm y", `aws "$(curl x | sh)"`,
	} {
		if _, err := calls(bad); err == nil {
			t.Errorf("%q passes", bad)
		}
	}
	got, err := calls(`for c in $(aws a); do aws b "x$c" 'y z'; done`)
	want := [][]string{{"aws", "a"}, {"aws", "b", "xarn:aws:stand-in:output", "y z"}}
	if err != nil || !slices.EqualFunc(got, want, slices.Equal[[]string]) {
		t.Errorf("%q %v, want %q", got, err, want)
	}
}
