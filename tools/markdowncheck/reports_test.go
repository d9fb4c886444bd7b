package markdowncheck

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"

	_ "alblens/compare" // what the program writes Markdown with: results of these tests are not kept when it changes
	"alblens/internal/albtext"
	"alblens/internal/terminal"
	_ "alblens/report"
)

var alblens string // the program

func TestMain(m *testing.M) {
	flag.Parse()
	dir, err := os.MkdirTemp("", "markdowncheck")
	if err != nil {
		panic(err)
	}
	alblens = filepath.Join(dir, "alblens")
	if out, err := exec.Command("go", "build", "-C", "../..", "-o", alblens, "./cmd/alblens").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// run calls the program in a folder; exit code 3 is fine, for hostile logs have lines that are malformed.
func run(t *testing.T, dir string, args ...string) []byte {
	t.Helper()
	cmd := exec.Command(alblens, args...)
	cmd.Dir = dir
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil && cmd.ProcessState.ExitCode() != 3 {
		t.Fatalf("alblens %q: %v\n%s", args, err, &stderr)
	}
	return out
}

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// A summary is what the report has to say, as far as the JSON says it.
type summary struct {
	Findings []struct {
		Title, Summary string
		Scope          struct {
			Paths, Hosts []string
		}
		Reasons, Caveats []string
		Evidence         []struct {
			Source, Text string
			Line         int
		}
		Verify []struct{ Why, Command string }
		Fix    []struct{ Why, Kind, Text string }
	}
	Inputs struct {
		MalformedSamples []struct{ Text string } `json:"malformed_samples"`
	}
}

var reportHeadings = []string{"## Impact", "## Timeline", "## Causes", "## Next steps", "## Data quality"}

// checkReport holds a report to the summary of the same run: every text of it is there as it is, but for characters that
// steer, and nothing else is.
func checkReport(t *testing.T, markdown, ofJSON []byte) {
	t.Helper()
	var s summary
	if err := json.Unmarshal(ofJSON, &s); err != nil {
		t.Fatal(err)
	}
	if len(s.Findings) == 0 {
		t.Fatal("no finding")
	}
	for flavour := range flavours {
		d := parse(flavour, markdown)
		d.harmless(t)
		headings := d.headings()
		if len(headings) == 0 || !strings.HasPrefix(headings[0], "# Errors behind the load balancer") || !slices.Equal(headings[1:], reportHeadings) {
			t.Errorf("%s: headings %q", flavour, headings)
		}
		if flavour == "GFM" {
			if n := d.tables(t); n != 3 {
				t.Errorf("%d tables, want those of impact, timeline and causes", n)
			}
		}
		var headers []string
		d.walk(func(n ast.Node) {
			if h, ok := n.(*ast.Heading); ok && h.Level == 3 {
				headers = append(headers, d.text(h))
			}
		})
		said := append(append(d.blocks(ast.KindParagraph), d.blocks(ast.KindTextBlock)...), d.blocks(east.KindTableCell)...)
		code := append(d.blocks(ast.KindCodeSpan), d.blocks(ast.KindFencedCodeBlock)...)
		has := func(list []string, part, what string) {
			t.Helper()
			// JSON has one sign for all bytes that are no UTF-8; the report says which they are.
			pattern := regexp.MustCompile(strings.ReplaceAll(regexp.QuoteMeta(part), "\ufffd", `(?:\\x[89A-F][0-9A-F]|\x{fffd})`))
			if !slices.ContainsFunc(list, pattern.MatchString) {
				t.Errorf("%s: no %s %q", flavour, what, part)
			}
		}
		for _, f := range s.Findings {
			has(headers, prose(f.Title), "heading")
			has(said, prose(f.Summary), "summary")
			for _, path := range append(f.Scope.Paths, f.Scope.Hosts...) {
				has(code, terminal.Clean(path), "scope")
			}
			for _, r := range f.Reasons {
				_, r, _ := strings.Cut(r, ": ")
				has(said, prose(r), "reason")
			}
			for _, c := range f.Caveats {
				has(said, prose(c), "caveat")
			}
			for _, e := range f.Evidence {
				has(code, terminal.Clean(e.Text), "line")
			}
			for _, v := range f.Verify {
				has(said, prose(v.Why), "reason to verify")
				has(code, block(v.Command), "command")
			}
			for _, c := range f.Fix {
				has(said, prose(c.Why), "reason to change")
				if c.Kind == "text" {
					has(said, prose(c.Text), "change")
				} else {
					has(code, block(c.Text), "change")
				}
			}
		}
		for _, m := range s.Inputs.MalformedSamples[:min(len(s.Inputs.MalformedSamples), 1)] {
			has(code, terminal.Clean(m.Text), "malformed line")
		}
	}
}

// prose is a sentence, which may quote the log, escapes and all; runs of blanks count as one.
func prose(s string) string {
	return strings.Join(strings.Fields(terminal.Clean(albtext.Decode(s))), " ")
}

// block is lines of code: tabs are wide blanks there.
func block(s string) string {
	lines := strings.Split(s, "\n")
	for i, l := range lines {
		lines[i] = terminal.Clean(strings.ReplaceAll(l, "\t", "    "))
	}
	return strings.Join(lines, "\n")
}

func TestReportOfDemo(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "simulate", "demo", "-o", "logs")
	run(t, dir, "analyze", "logs", "-o", "report.md", "-o", "summary.json", "--bundle", "bundle", "--redact", "none")
	checkReport(t, read(t, filepath.Join(dir, "report.md")), read(t, filepath.Join(dir, "summary.json")))
	checkReport(t, read(t, filepath.Join(dir, "bundle", "report.md")), read(t, filepath.Join(dir, "bundle", "summary.json")))
}

func TestReportWithoutFailures(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "simulate", "clean", "-o", "logs")
	markdown := run(t, dir, "analyze", "logs", "-f", "markdown")
	d := parse("GFM", markdown)
	d.harmless(t)
	d.tables(t)
}

// Whatever clients send, the report is the document that was meant, and shows it.
func TestReportOfHostileLogs(t *testing.T) {
	for i, s := range hostiles {
		if testing.Short() && i%8 != 0 {
			continue
		}
		for form, escape := range map[string]func(string) string{"as logged": logged, "as sent": asSent} {
			t.Run(fmt.Sprintf("%.20q %s", s, form), func(t *testing.T) {
				dir := t.TempDir()
				log := filepath.Base(hostileLog(t, dir, s, escape))
				run(t, dir, "analyze", "--raw-paths", "--redact=none", "-o", "report.md", "-o", "summary.json", "--", log)
				checkReport(t, read(t, filepath.Join(dir, "report.md")), read(t, filepath.Join(dir, "summary.json")))
			})
		}
	}
}

// A comparison has a line for each path, and paths are what clients send.
func TestDiffOfHostileLogs(t *testing.T) {
	dir := t.TempDir()
	for i, s := range hostiles {
		sub := filepath.Join(dir, "after", fmt.Sprint(i))
		if err := os.MkdirAll(sub, 0o777); err != nil {
			t.Fatal(err)
		}
		hostileLog(t, sub, s, logged)
	}
	run(t, dir, "simulate", "clean", "-o", "before")
	by := []string{"--by", "path,time,host,user-agent,path+user-agent", "--raw-paths", "--redact", "none", "--top", "0", "-f", "json"}
	before := run(t, dir, append([]string{"analyze", "before"}, by...)...)
	after := run(t, dir, append([]string{"analyze", "after"}, by...)...)
	for name, data := range map[string][]byte{"before.json": before, "after.json": after} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	markdown := run(t, dir, "diff", "before.json", "after.json", "-f", "markdown", "--top", "0", "--redact", "none")
	d := parse("GFM", markdown)
	d.harmless(t)
	if n := d.tables(t); n < 3 {
		t.Errorf("%d tables", n)
	}
	if got := d.headings(); got[0] != "# What changed" || slices.ContainsFunc(got[1:], func(h string) bool {
		return !slices.Contains([]string{"## Changed", "## All requests", "## Causes", "## Findings", "## Times"}, h)
	}) {
		t.Errorf("headings %q", got)
	}
	code := d.blocks(ast.KindCodeSpan)
	for _, s := range hostiles {
		if !utf8.ValidString(s) || strings.ContainsAny(s, "?#") {
			continue // JSON cannot say it; it is no path
		}
		if path := strings.ReplaceAll(terminal.Clean("/"+s), "|", `\x7C`); !slices.Contains(code, path) {
			t.Errorf("no path %q", path)
		}
	}
}
