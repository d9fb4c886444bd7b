package main

import (
	goflag "flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"alblens/internal/cause"
)

var update = goflag.Bool("update", false, "write docs/causes.md and the README's table of causes anew")

// docs/causes.md and the README's table say what alblens explain says. After a change of words:
// go test ./cmd/alblens -run TestDocs -update
func TestDocs(t *testing.T) {
	holdFile(t, "../../docs/causes.md", func(string) string { return causesPage() })
	holdFile(t, "../../README.md", func(readme string) string {
		table := regexp.MustCompile(`(?s)(<!-- causes[^\n]*-->\n).*?(<!-- /causes -->)`)
		if !table.MatchString(readme) {
			t.Fatal("the README lacks its marks <!-- causes --> and <!-- /causes -->")
		}
		return table.ReplaceAllString(readme, "${1}"+strings.ReplaceAll(causesTable(), "$", "$$")+"${2}")
	})
}

// holdFile compares a file with what it should be, given what it is.
func holdFile(t *testing.T, name string, want func(string) string) {
	t.Helper()
	got, err := os.ReadFile(name)
	if err != nil && !*update {
		t.Fatal(err)
	}
	expected := want(string(got))
	switch {
	case string(got) == expected:
	case *update:
		if err := os.WriteFile(name, []byte(expected), 0o644); err != nil {
			t.Fatal(err)
		}
	default:
		t.Errorf("%s is not what alblens explain says; renew it: go test ./cmd/alblens -run TestDocs -update", name)
	}
}

func causesTable() string {
	var b strings.Builder
	b.WriteString("| cause | status | what happened |\n|---|---|---|\n")
	for _, d := range cause.Docs() {
		fmt.Fprintf(&b, "| [`%s`](docs/causes.md#%[1]s) | %s | %s |\n", d.Slug, statuses(d), d.Title)
	}
	return b.String()
}

func statuses(d cause.Doc) string {
	if d.Statuses == nil && d.Cause != cause.None {
		return "any"
	}
	var words []string
	for _, s := range d.Statuses {
		words = append(words, fmt.Sprintf("%03d", s))
	}
	return strings.Join(words, ", ")
}

func causesPage() string {
	var b strings.Builder
	b.WriteString(`# Causes and findings

What ` + "`alblens explain`" + ` says, in one page. Each failed record has exactly one cause; findings group records, and some findings are no cause.

`)
	for _, part := range []struct {
		heading string
		docs    []cause.Doc
	}{{"Causes", cause.Docs()}, {"Findings", cause.FindingDocs()}} {
		fmt.Fprintf(&b, "## %s\n\n| | status | what happened |\n|---|---|---|\n", part.heading)
		for _, d := range part.docs {
			fmt.Fprintf(&b, "| [`%s`](#%[1]s) | %s | %s |\n", d.Slug, statuses(d), d.Title)
		}
		for _, d := range part.docs {
			fmt.Fprintf(&b, "\n### %s\n\n%s.\n", d.Slug, d.Title)
			for _, s := range sections(d) {
				fmt.Fprintf(&b, "\n**%s.** %s\n", s.heading, strings.Join(s.paragraphs, "; "))
			}
		}
		b.WriteString("\n")
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

// Words are kept, lines are short, and every section that has something to say is there.
func TestAppendDoc(t *testing.T) {
	for _, d := range cause.AllDocs() {
		text := string(appendDoc(nil, d))
		for i, line := range strings.Split(text, "\n") {
			if i > 0 && len(line) > 80 {
				t.Errorf("%s: %d columns: %q", d.Slug, len(line), line)
			}
		}
		words := strings.Fields(text)
		for _, part := range append([]string{d.Title, d.Shows, d.Alone, d.Alike, d.Verify, d.Fix, d.NotCured}, d.Sources...) {
			if part := strings.Fields(strings.TrimSuffix(part, ".")); !holds(words, part) {
				t.Errorf("%s: %q is not shown", d.Slug, strings.Join(part, " "))
			}
		}
	}
}

// holds reports whether part stands in words in one piece; its last word may be followed by a full stop.
func holds(words, part []string) bool {
	if len(part) == 0 {
		return true
	}
	last := len(part) - 1
	for i := range len(words) - last {
		if slices.Equal(words[i:i+last], part[:last]) && strings.TrimSuffix(words[i+last], ".") == part[last] {
			return true
		}
	}
	return false
}
