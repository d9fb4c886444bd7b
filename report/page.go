package report

import (
	"bytes"
	"strings"
	"time"

	"alblens/internal/terminal"
)

// A page collects lines of text that are no wider than it. Text from logs goes through clean first.
type page struct {
	b     bytes.Buffer
	width int
	color bool
	day   string // times on it are shown without it
}

// A style is the parameters of an SGR sequence. None says anything that the text does not say too.
type style string

const (
	bold  style = "1"
	faint style = "2"
	loud  style = "1;7"
	alert style = "1;33" // yellow, which the colour-blind tell from the rest
)

func (p *page) paint(s style, text string) string {
	if !p.color || s == "" || text == "" {
		return text
	}
	return "\x1b[" + string(s) + "m" + text + "\x1b[0m"
}

func clean(s string) string { return terminal.Clean(s) }

func (p *page) line(s string) {
	p.b.WriteString(strings.TrimRight(s, " "))
	p.b.WriteByte('\n')
}

// heading begins a section.
func (p *page) heading(title, note string) {
	p.line("")
	lines := p.wrap(title, "")
	if note != "" && len(lines) == 1 && displayWidth(title)+1+displayWidth(note) <= p.width {
		p.line(p.paint(bold, title) + " " + p.paint(faint, note))
		return
	}
	for _, l := range lines {
		p.line(p.paint(bold, l))
	}
	if note != "" {
		p.prose(faint, indent+note, indent)
	}
}

// prose writes a paragraph, its further lines behind hang.
func (p *page) prose(s style, text, hang string) {
	for _, l := range p.wrap(text, hang) {
		p.line(p.paint(s, strings.TrimRight(l, " ")))
	}
}

// wrap breaks text at blanks, but not between a number and its unit or within 5 × 502. A word that is wider than the page
// is cut.
func (p *page) wrap(text, hang string) []string {
	start := text[:len(text)-len(strings.TrimLeft(text, " "))]
	var lines []string
	current, empty := start, true
	words := strings.Fields(text)
	for i := 0; i < len(words); i++ {
		word := words[i]
		for i+1 < len(words) && sticks(words[i], words[i+1]) {
			i++
			word += " " + words[i]
		}
		if !empty && displayWidth(current)+1+displayWidth(word) > p.width {
			lines = append(lines, current)
			current, empty = hang, true
		}
		if !empty {
			current += " "
		}
		current += cut(word, p.width-displayWidth(current))
		empty = false
	}
	return append(lines, current)
}

// sticks reports whether two words in a row stand on one line.
func sticks(word, next string) bool {
	return word == "×" || isNumber(word) && (next == "×" || isUnit(next))
}

func isNumber(word string) bool {
	digits := strings.TrimLeft(word, "(<-")
	return digits != "" && strings.Trim(digits, "0123456789.,") == "" && digits[len(digits)-1] >= '0'
}

func isUnit(word string) bool {
	switch strings.TrimRight(word, ".,;:)") {
	case "%", "ms", "s", "min", "h", "d", "B", "KiB", "MiB", "GiB", "TiB":
		return true
	}
	return false
}

// table writes a grid. notes, if any, are the lines below each row.
func (p *page) table(g *grid, notes [][]string) {
	for i, l := range g.lines(p.width) {
		if i == 0 {
			p.line(p.paint(faint, l))
			continue
		}
		p.line(l)
		if notes == nil {
			continue
		}
		for _, note := range notes[i-1] {
			p.line(p.paint(faint, note))
		}
	}
}

const dayLayout = "2006-01-02"

// clock is a time to the second, with the day unless that is the page's.
func (p *page) clock(t time.Time) string {
	if day := t.UTC().Format(dayLayout); day != p.day {
		return day + " " + t.UTC().Format(time.TimeOnly)
	}
	return t.UTC().Format(time.TimeOnly)
}

// between is a span of time; the day stands once if it can.
func (p *page) between(from, to time.Time) string {
	end := p.clock(to)
	if from.UTC().Format(dayLayout) == to.UTC().Format(dayLayout) {
		end = to.UTC().Format(time.TimeOnly)
	}
	return p.clock(from) + " – " + end
}
