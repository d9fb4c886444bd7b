package compare

import (
	"io"
	"strings"

	"alblens/internal/mdtext"
)

// Markdown writes the Result as tables of Markdown. top is how many changes it shows; 0 is all.
func Markdown(w io.Writer, r *Result, top int) error {
	p := r.newPage(top)
	var b strings.Builder
	b.WriteString("# What changed\n\n- Before: " + mdtext.Prose(r.Before.title("before")) + "\n- After: " + mdtext.Prose(r.After.title("after")) + "\n")
	for _, n := range r.Notes {
		b.WriteString("- Note: " + mdtext.Prose(n) + "\n")
	}
	for _, s := range p.sections {
		b.WriteString("\n## " + s.title + "\n\n")
		if s.lines == nil {
			continue
		}
		if s.note != "" {
			b.WriteString(strings.ToUpper(s.note[:1]) + s.note[1:] + ".\n\n")
		}
		t := mdtext.NewTable("what", "failure", " before", " rate", " after", " rate", " change", " more/h", " q")
		for _, l := range s.lines {
			what := l.what
			if l.key != "" {
				what += " " + mdtext.Code(l.key)
			}
			t.Row(what, l.metric, l.before, l.beforeRate, l.after, l.afterRate, l.change, l.more, l.probability)
		}
		b.WriteString(t.String())
	}
	b.WriteString("\n")
	for _, n := range p.notes {
		b.WriteString("- " + n + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
