package compare

import (
	"bytes"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"alblens/internal/terminal"
)

const (
	defaultWidth = 120
	minWidth     = 80
	longestKey   = 60 // characters of a key that are shown, at most
	shortestKey  = 24 // and at least: before, columns give way
)

// Text writes the Result in aligned columns. width is that of the screen, 0 for 120, and 80 at least: where it is narrow
// keys are cut, and then columns are left out. top is how many changes it shows; 0 is all. There are no control
// characters but line feeds.
func Text(w io.Writer, r *Result, top, width int) error {
	if width == 0 {
		width = defaultWidth
	}
	width = max(width, minWidth)
	p := r.newPage(top)
	var b bytes.Buffer
	say := func(text, hang string) { b.WriteString(wrap(terminal.Clean(text), hang, width)) }
	say("before  "+r.Before.title("before"), "        ")
	say("after   "+r.After.title("after"), "        ")
	for _, n := range r.Notes {
		say("Note: "+n, "  ")
	}
	t := tableOf(p, width)
	for i, s := range p.sections {
		title := s.title
		if s.note != "" {
			title += " (" + s.note + ")"
		}
		b.WriteString("\n")
		say(title, "  ")
		if i == 0 {
			t.write(&b, &t.heads)
		}
		for j := range s.lines {
			t.write(&b, &s.lines[j])
		}
	}
	b.WriteString("\n")
	if t.left != "" {
		say("There is no room for "+t.left+": -f json has all.", "  ")
	}
	for _, n := range p.notes {
		if t.left == "" || !strings.HasPrefix(n, aboutQ) && !strings.HasPrefix(n, aboutFacts) {
			say(n, "  ")
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}

// A column is one of a table.
type column struct {
	of    func(*line) string
	words bool // aligned to the left
	width int
}

// A table lays out lines.
type table struct {
	columns []column
	heads   line
	left    string // what there is no room for; "" if there is
}

const gap = 2 // before each column

// tableOf fits the columns to the lines of a page and to a width.
func tableOf(p *page, width int) *table {
	t := &table{heads: heads, columns: []column{
		{of: func(l *line) string { return l.title(longestKey) }, words: true},
		{of: func(l *line) string { return l.metric }, words: true},
		{of: func(l *line) string { return l.before }},
		{of: func(l *line) string { return l.beforeRate }},
		{of: func(l *line) string { return l.after }},
		{of: func(l *line) string { return l.afterRate }},
		{of: func(l *line) string { return l.change }},
		{of: func(l *line) string { return l.more }},
		{of: func(l *line) string { return l.probability }},
	}}
	const key, before, after, q = 0, 2, 4, 8
	lines := []*line{&t.heads}
	for _, s := range p.sections {
		for i := range s.lines {
			lines = append(lines, &s.lines[i])
		}
	}
	for i := range t.columns {
		c := &t.columns[i]
		for _, l := range lines {
			c.width = max(c.width, utf8.RuneCountInString(c.of(l)))
		}
	}
	room := width
	for _, c := range t.columns[1:] {
		room -= gap + c.width
	}
	room -= gap
	wanted := min(t.columns[key].width, shortestKey)
	drop := func(i int) {
		room += gap + t.columns[i].width
		t.columns[i].of = nil
	}
	if room < wanted {
		drop(q)
		t.left = "q"
	}
	if room < wanted {
		drop(before)
		drop(after)
		t.heads.beforeRate, t.heads.afterRate = t.heads.before, t.heads.after
		t.left = "counts and q"
	}
	if t.columns[key].width > room {
		t.columns[key].of = func(l *line) string { return terminal.Cut(l.title(longestKey), room) }
		t.columns[key].width = room
	}
	t.columns = slices.DeleteFunc(t.columns, func(c column) bool { return c.of == nil })
	return t
}

// title is what a line is of, in at most as many characters of its key.
func (l *line) title(longest int) string {
	if l.key == "" {
		return l.what
	}
	return l.what + " " + terminal.Cut(terminal.Clean(l.key), longest)
}

func (t *table) write(b *bytes.Buffer, l *line) {
	row := ""
	for _, c := range t.columns {
		text := c.of(l)
		fill := strings.Repeat(" ", c.width-utf8.RuneCountInString(text))
		if c.words {
			text += fill
		} else {
			text = fill + text
		}
		row += strings.Repeat(" ", gap) + text
	}
	b.WriteString(strings.TrimRight(row, " ") + "\n")
}

// wrap breaks a text at blanks, its further lines behind hang, and ends it with a line feed.
func wrap(text, hang string, width int) string {
	lines := []string{""}
	for i, word := range strings.Split(text, " ") {
		last := &lines[len(lines)-1]
		switch {
		case i == 0:
			*last = word
		case utf8.RuneCountInString(*last)+1+utf8.RuneCountInString(word) > width:
			lines = append(lines, hang+word)
		default:
			*last += " " + word
		}
	}
	return strings.Join(lines, "\n") + "\n"
}
