package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// needProgram skips the test where a program is not installed, and fails it where nothing may be skipped.
func needProgram(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("ALBLENS_REQUIRE_ALL") == "1" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// manual is the pages, and each command by the name of its page.
func manual(t *testing.T) ([]manPage, map[string]*cobra.Command) {
	t.Helper()
	root := newRoot(streams{bytes.NewReader(nil), io.Discard, io.Discard})
	commands := map[string]*cobra.Command{}
	var add func(c *cobra.Command)
	add = func(c *cobra.Command) {
		commands[manName(c)+".1"] = c
		for _, sub := range c.Commands() {
			if !sub.Hidden {
				add(sub)
			}
		}
	}
	add(root)
	return manPages(root, "2026-11-20"), commands
}

func TestManTellsOfEveryFlag(t *testing.T) {
	pages, commands := manual(t)
	if len(pages) != len(commands) || len(pages) < 10 {
		t.Errorf("%d pages of %d commands", len(pages), len(commands))
	}
	for _, page := range pages {
		c := commands[page.name]
		if c == nil {
			t.Fatalf("a page %s of no command", page.name)
		}
		c.Flags().VisitAll(func(f *pflag.Flag) {
			if term := `\fB` + strings.ReplaceAll("--"+f.Name, "-", `\-`) + `\fR`; !f.Hidden && !strings.Contains(page.text, term) {
				t.Errorf("%s does not tell of --%s", page.name, f.Name)
			}
		})
	}
}

func TestRoffEscapes(t *testing.T) {
	for text, want := range map[string]string{
		".so /etc/passwd":      `\&.so /etc/passwd`,
		"'br":                  `\(aqbr`,
		`\fB\n(.x "a" --since`: `\efB\en(.x \(dqa\(dq \-\-since`,
		"a\n.br":               `a .br`,
		"5 × 3 …":              `5 \[u00D7] 3 \[u2026]`,
		"`a` ~b ^c":            `\(gaa\(ga \(tib \(hac`,
	} {
		if got := escaped(text); got != want {
			t.Errorf("%q is escaped as %s, want %s", text, got, want)
		}
	}
	var m roff
	m.prose("One.\nTwo.\n\nKinds:\n  a   the first\n  b\\c the second") // one blank before what the second means
	m.literal("  x\n\n  .y")
	if got, want := m.String(), "One.\nTwo.\n.PP\nKinds:\n.TP\n\\fBa\\fR\nthe first\nb\\ec the second\n.EX\nx\n\n\\&.y\n.EE\n"; got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// No page has anything that mandoc or groff, which most systems' man is made of, warns of.
func TestManHasNoFaults(t *testing.T) {
	pages, _ := manual(t)
	for _, tool := range [][]string{{"mandoc", "-Tlint", "-Wwarning"}, {"groff", "-man", "-ww", "-z", "-Tutf8"}} {
		t.Run(tool[0], func(t *testing.T) {
			needProgram(t, tool[0])
			for _, page := range pages {
				c := exec.Command(tool[0], tool[1:]...)
				c.Stdin = strings.NewReader(page.text)
				if out, err := c.CombinedOutput(); err != nil || len(out) > 0 {
					t.Errorf("%s: %v\n%s", page.name, err, out)
				}
			}
		})
	}
}

// overstruck is how terminals of old were told of bold and underlined letters.
var overstruck = regexp.MustCompile(`.\x08`)

// What a reader sees holds every example as it stands in --help, to be copied.
func TestManIsRead(t *testing.T) {
	needProgram(t, "mandoc")
	pages, commands := manual(t)
	for _, page := range pages {
		c := exec.Command("mandoc", "-Tutf8", "-Owidth=200")
		c.Stdin = strings.NewReader(page.text)
		out, err := c.Output()
		if err != nil {
			t.Fatal(err)
		}
		seen := overstruck.ReplaceAllString(string(out), "")
		want := []string{commands[page.name].Short}
		for l := range strings.Lines(commands[page.name].Example) {
			want = append(want, strings.TrimSpace(l))
		}
		if page.name == "alblens-analyze.1" {
			want = append(want, "-f, --format FORMAT", "a glob (** included)", "(default text)", "-3h, yesterday;")
		}
		for _, w := range want {
			if !strings.Contains(seen, w) {
				t.Errorf("%s does not show %q", page.name, w)
			}
		}
	}
}

func TestManIsWritten(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "man", "man1")
	var stderr strings.Builder
	if code := run(t.Context(), []string{"man", dir, "--date", "2026-11-20"}, bytes.NewReader(nil), io.Discard, &stderr); code != exitDone {
		t.Fatalf("exit code %d: %s", code, &stderr)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.1"))
	if err != nil || !slices.Contains(files, filepath.Join(dir, "alblens-bundle-verify.1")) {
		t.Errorf("written: %q, %v", files, err)
	}
	for _, args := range [][]string{{"man"}, {"man", dir, "--date", "today"}} {
		if code := run(t.Context(), args, bytes.NewReader(nil), io.Discard, io.Discard); code != exitUsage {
			t.Errorf("%q: exit code %d", args, code)
		}
	}
}
