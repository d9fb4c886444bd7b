package compare

import (
	"bytes"
	"io"
	"strings"
	"unicode/utf8"

	"alblens/internal/terminal"
)

// Text writes the Result in aligned columns. top is how many changes it shows; 0 is all. There are no control characters
// but line feeds.
func Text(w io.Writer, r *Result, top int) error {
	p := r.newPage(top)
	var b bytes.Buffer
	b.WriteString("before  " + terminal.Clean(r.Before.title()) + "\nafter   " + terminal.Clean(r.After.title()) + "\n")
	for _, n := range r.Notes {
		b.WriteString("Note: " + terminal.Clean(n) + "\n")
	}
	rows := [][]string{columnsOf(&heads)}
	for _, s := range p.sections {
		for i := range s.lines {
			rows = append(rows, columnsOf(&s.lines[i]))
		}
	}
	widths := widths(rows)
	row := 1
	for i, s := range p.sections {
		title := "\n" + s.title
		if s.note != "" {
			title += " (" + s.note + ")"
		}
		b.WriteString(title + "\n")
		if i == 0 {
			align(&b, rows[0], widths)
		}
		for range s.lines {
			align(&b, rows[row], widths)
			row++
		}
	}
	b.WriteString("\n")
	for _, n := range p.notes {
		b.WriteString(n + "\n")
	}
	_, err := w.Write(b.Bytes())
	return err
}

// longestKey is how many characters of a key are shown.
const longestKey = 60

func columnsOf(l *line) []string {
	what := l.what
	if l.key != "" {
		what += " " + terminal.Cut(terminal.Clean(l.key), longestKey)
	}
	return []string{what, l.metric, l.before, l.beforeRate, l.after, l.afterRate, l.change, l.more, l.probability}
}

func widths(rows [][]string) []int {
	w := make([]int, len(rows[0]))
	for _, cells := range rows {
		for i, c := range cells {
			w[i] = max(w[i], utf8.RuneCountInString(c))
		}
	}
	return w
}

// leftAligned are the columns of words; the others are of numbers.
const leftAligned = 2

func align(b *bytes.Buffer, cells []string, widths []int) {
	line := ""
	for i, c := range cells {
		fill := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c))
		if i < leftAligned {
			c += fill
		} else {
			c = fill + c
		}
		line += "  " + c
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}
