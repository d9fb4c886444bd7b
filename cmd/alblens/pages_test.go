package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every command of these pages' console blocks is run, in one folder a page and in order, and must print what stands below
// it, if anything does. There "…" stands for the rest of a line, and alone on one for any lines. After a change of what
// the program prints, or with any line where the output is to come:
//
//	go test ./cmd/alblens -run TestPages -update
func TestPages(t *testing.T) {
	needProgram(t, "jq")
	bin := alblensBinary(t)
	for _, page := range []struct {
		name     string
		columns  int // of the screen
		commands int // at least
	}{
		{"README.md", 95, 7},
		{"docs/diff.md", 110, 2},
		{"docs/json.md", 110, 18},
		{"docs/postmortem.md", 110, 12},
	} {
		t.Run(page.name, func(t *testing.T) {
			file := filepath.Join("../..", filepath.FromSlash(page.name))
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			s := shell{t: t, dir: t.TempDir(), env: append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"),
				fmt.Sprint("COLUMNS=", page.columns), "NO_COLOR=1", "TZ=UTC", "LC_ALL=C.UTF-8")}
			renewed := console.ReplaceAllStringFunc(string(text), s.block)
			if s.commands < page.commands {
				t.Errorf("%d commands found, want all of at least %d", s.commands, page.commands)
			}
			if renewed != string(text) && *update && !t.Failed() {
				if err := os.WriteFile(file, []byte(renewed), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// alblensBinary builds the program and returns the folder that it is in.
func alblensBinary(t *testing.T) string {
	t.Helper()
	bin := t.TempDir()
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "alblens"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

var console = regexp.MustCompile("(?s)```console\n.*?```")

// A shell runs the commands of a page.
type shell struct {
	t        *testing.T
	dir      string
	env      []string
	commands int
}

// block runs the commands of a console block, and returns it with what they print. A command goes on in lines that begin
// with "> ".
func (s *shell) block(block string) string {
	begin, rest, _ := strings.Cut(block, "\n")
	lines := strings.SplitAfter(strings.TrimSuffix(rest, "```"), "\n")
	out := begin + "\n"
	for i := 0; i < len(lines) && lines[i] != ""; {
		first, ok := strings.CutPrefix(lines[i], "$ ")
		if !ok {
			s.t.Fatalf("a block begins with %q, not with a command", lines[i])
		}
		command, shown := first, lines[i]
		for i++; i < len(lines) && strings.HasPrefix(lines[i], "> "); i++ {
			command += lines[i][len("> "):]
			shown += lines[i]
		}
		want := ""
		for ; i < len(lines) && !strings.HasPrefix(lines[i], "$ "); i++ {
			want += lines[i]
		}
		out += shown + s.run(strings.TrimSuffix(command, "\n"), want)
	}
	return out + "```"
}

// run returns what stands below the command, or, to update it, what it prints.
func (s *shell) run(command, want string) string {
	s.t.Helper()
	s.commands++
	cmd := exec.Command("sh", "-c", command)
	cmd.Dir, cmd.Env = s.dir, s.env
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		s.t.Errorf("$ %s\n%v\n%s", command, err, stderr.String())
	}
	switch {
	case want == "" || matches(want, string(out)):
		return want
	case !*update:
		s.t.Errorf("$ %s\ngot:\n%s\nthe page has:\n%s", command, out, want)
	}
	return renewed(want, string(out))
}

const anyLines = "…\n"

func matches(want, got string) bool {
	pattern := ""
	for line := range strings.Lines(want) {
		if line == anyLines {
			pattern += "(?s:.*)"
		} else {
			pattern += strings.ReplaceAll(regexp.QuoteMeta(line), "…", "[^\n]*")
		}
	}
	return regexp.MustCompile("^" + pattern + "$").MatchString(got)
}

// renewed leaves out of what was printed what was left out before, as far as the lines around it are still there.
func renewed(want, got string) string {
	old, lines := slices.Collect(strings.Lines(want)), slices.Collect(strings.Lines(got))
	for i, line := range lines {
		if at := slices.IndexFunc(old, func(o string) bool { return o != anyLines && strings.Contains(o, "…") && matches(o, line) }); at >= 0 {
			lines[i] = old[at]
		}
	}
	done := 0
	for i, line := range old {
		if line != anyLines {
			continue
		}
		from, to := done, len(lines)
		if i > 0 {
			from = done + slices.Index(lines[done:], old[i-1]) + 1
		}
		if i+1 < len(old) {
			to = from + slices.Index(lines[from:], old[i+1])
		}
		if from > done && to >= from || i == 0 && to >= 0 {
			lines = slices.Replace(lines, from, to, anyLines)
			done = from + 1
		}
	}
	return strings.Join(lines, "")
}
