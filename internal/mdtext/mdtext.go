// Package mdtext makes text of any origin part of a Markdown document (CommonMark, and the tables of GFM) in which it does
// nothing: no markup, no HTML, no link, no mention, no control characters, no turned direction.
package mdtext

import (
	"strings"
	"time"
	"unicode"

	"alblens/internal/terminal"
)

// Code is s as a code span: what is not prose, such as a path or an address. Characters that steer stand as \xHH.
func Code(s string) string {
	s = terminal.Clean(s)
	if s == "" {
		s = `""`
	}
	ticks := strings.Repeat("`", longestRun(s, '`')+1)
	// One blank on each side is taken off again, and keeps ticks at an end from the fence.
	if s[0] == '`' || s[len(s)-1] == '`' || s[0] == ' ' && s[len(s)-1] == ' ' && strings.Trim(s, " ") != "" {
		s = " " + s + " "
	}
	return ticks + s + ticks
}

// Prose is a sentence. Words of it that are no plain words, such as paths, addresses and markup, become code spans. Line
// feeds and other runs of blanks become one blank.
func Prose(s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = word(terminal.Clean(w))
	}
	return escapeStart(strings.Join(words, " "))
}

const (
	opening = `("'“‘`
	closing = `.,;:!?)"'”’`
)

func word(w string) string {
	core := strings.TrimLeft(w, opening)
	before := w[:len(w)-len(core)]
	core = strings.TrimRight(core, closing)
	after := w[len(before)+len(core):]
	// Two colons: some sites turn :words: into pictures.
	if core == "" || isPlain(core) && (strings.Count(w, ":") < 2 || isClock(core)) {
		return w
	}
	return before + Code(core) + after
}

// isClock reports whether a word is a time of day, 14:05:09: no picture has a name of two digits.
func isClock(w string) bool {
	_, err := time.Parse(time.TimeOnly, w)
	return err == nil
}

// isPlain reports whether a word means nothing to Markdown and to its extensions that make links.
func isPlain(w string) bool {
	if w[0] == '/' || strings.Contains(w, "://") || strings.Contains(strings.ToLower(w), "www.") {
		return false
	}
	for _, r := range w {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(`.,;:%'"()-+=/?!–—…×±≈≥≤→µ°“”‘’`, r) {
			return false
		}
	}
	return true
}

// escapeStart keeps the start of a line from being a list, a definition, a rule, an underline or a heading.
func escapeStart(s string) string {
	digits := len(s) - len(strings.TrimLeft(s, "0123456789"))
	switch {
	case s == "":
		return s
	case strings.ContainsRune("-+=:", rune(s[0])):
		return `\` + s
	case digits > 0 && digits < len(s) && (s[digits] == '.' || s[digits] == ')'):
		return s[:digits] + `\` + s[digits:]
	}
	return s
}

// Fence is lines of code, such as log lines or a command, as a block that ends with a line feed. info names their
// language; it must be a plain word or empty.
func Fence(info, text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, l := range lines {
		lines[i] = terminal.Clean(strings.ReplaceAll(l, "\t", "    "))
	}
	body := strings.Join(lines, "\n")
	ticks := strings.Repeat("`", max(3, longestRun(body, '`')+1))
	return ticks + info + "\n" + body + "\n" + ticks + "\n"
}

// A Table collects the rows of a table.
type Table struct{ b strings.Builder }

// NewTable returns a table with the heads of its columns, of which those that begin with a blank are aligned to the right.
func NewTable(heads ...string) *Table {
	t := &Table{}
	rule := make([]string, len(heads))
	for i, h := range heads {
		rule[i] = "---"
		if strings.HasPrefix(h, " ") {
			rule[i] = "---:"
		}
		heads[i] = strings.TrimSpace(h)
	}
	t.Row(heads...)
	t.b.WriteString("| " + strings.Join(rule, " | ") + " |\n")
	return t
}

// Row adds a row of cells, each of them Code, Prose or plain. A bar in code stands as \x7C, for how it is escaped there
// differs between sites.
func (t *Table) Row(cells ...string) {
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\x7C`)
	}
	t.b.WriteString("| " + strings.Join(cells, " | ") + " |\n")
}

// String is the table; it ends with a line feed.
func (t *Table) String() string { return t.b.String() }

func longestRun(s string, c byte) int {
	longest, run := 0, 0
	for i := range len(s) {
		run++
		if s[i] != c {
			run = 0
		}
		longest = max(longest, run)
	}
	return longest
}
