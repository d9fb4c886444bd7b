package report

import (
	"fmt"
	"strings"

	"alblens/diagnose"
	"alblens/internal/albtext"
)

const (
	shownReasons  = 4
	shownCommands = 2
	shownFix      = 14 // lines
)

// writeFindings is what went wrong and what to do, the worst first.
func (r *Report) writeFindings(p *page) {
	var notes []diagnose.Finding
	begun := false
	for _, f := range r.findings() {
		if f.Severity == diagnose.Info {
			notes = append(notes, f)
			continue
		}
		if begun {
			p.line("")
		} else {
			p.heading("Findings", "")
		}
		begun = true
		r.writeFinding(p, &f)
	}
	if len(notes) == 0 {
		return
	}
	p.heading("Worth knowing", "")
	for _, f := range notes {
		p.prose("", indent+said(f.Title)+": "+said(f.Summary), indent+indent)
	}
}

// said is what a finding says, with names that came from the log.
func said(s string) string { return clean(albtext.Decode(s)) }

func (r *Report) writeFinding(p *page, f *diagnose.Finding) {
	style := bold
	if f.Severity >= diagnose.High {
		style = alert
	}
	p.prose(style, fmt.Sprintf("%s %s  (%s, %.0f %% sure%s)", strings.ToUpper(f.Severity.String()), said(f.Title), f.ID, 100*f.Confidence, basis(f.Basis)), indent)
	const hang = "          "
	part := func(name, s string) {
		for i, l := range p.wrap(hang+s, hang) {
			if i == 0 {
				l = indent + pad(name, len(hang)-len(indent)) + strings.TrimPrefix(l, hang)
			}
			p.line(l)
		}
	}
	// What says more of another finding, and what hardly hurts, has its commands in the other formats.
	brief := f.Severity < diagnose.Medium || strings.HasPrefix(f.ID, "one-bad-")
	part("what", said(f.Summary))
	part("when", r.when(p, f))
	for i, reason := range f.Reasons[:min(len(f.Reasons), shownReasons)] {
		name := ""
		if i == 0 {
			name = "why"
		}
		part(name, said(reason))
	}
	for _, c := range f.Caveats[:min(len(f.Caveats), 1)] {
		part("but", said(c))
	}
	if len(f.Evidence) > 0 {
		e := f.Evidence[0]
		at := place(e.Source, e.Number)
		p.line(indent + pad("see", len(hang)-len(indent)) + cutLeft(at, p.width-len(hang)))
	}
	if brief {
		return
	}
	for i, v := range f.Verify[:min(len(f.Verify), shownCommands)] {
		name := ""
		if i == 0 {
			name = "check"
		}
		part(name, said(v.Why))
		for _, l := range shellLines(v.Command, p.width-len(hang)-2) {
			p.line(hang + indent + p.paint(faint, l))
		}
	}
	if len(f.Fix) > 0 {
		c := f.Fix[0]
		part("fix", said(c.Why))
		lines := strings.Split(c.Text, "\n")
		for i, l := range lines {
			if i == shownFix {
				p.line(hang + indent + p.paint(faint, fmt.Sprintf("… %d lines more in -f json", len(lines)-i)))
				break
			}
			shown := []string{clean(l)} // code breaks where it is broken
			if c.Kind == "text" {
				shown = p.wrapped(shown[0], p.width-len(hang)-2)
			}
			for _, l := range shown {
				p.line(hang + indent + p.paint(faint, l))
			}
		}
	}
}

func basis(b diagnose.Basis) string {
	if b == diagnose.Observed {
		return ""
	}
	return ", " + b.String() + " by the settings"
}

// when is the span, its peak, how many clients it hit, and whether it goes on.
func (r *Report) when(p *page, f *diagnose.Finding) string {
	var words []string
	if !f.First.IsZero() {
		words = append(words, p.between(f.First, f.Last)+" UTC")
	}
	var peak uint64
	for _, e := range f.Episodes {
		peak = max(peak, e.PeakPerMinute)
	}
	if n := len(f.Episodes); n > 1 {
		words = append(words, counted(uint64(n), "episode"))
	}
	if peak > 0 {
		words = append(words, "at most "+count(peak)+" a minute")
	}
	if f.Clients > 0 {
		words = append(words, counted(f.Clients, "client"))
	}
	if f.Ongoing {
		words = append(words, "still going on at the end of the logs")
	}
	return strings.Join(words, "; ")
}

// shellLines breaks a command at blanks outside quotes, so that it can be pasted; before flags, where it can.
func shellLines(command string, width int) []string {
	var words []string
	quote, from := byte(0), 0
	for i := 0; i < len(command); i++ {
		switch c := command[i]; {
		case c == '\\' && quote != '\'':
			i++ // what follows is no quote: 'it'\''s'
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == ' ':
			words = append(words, command[from:i])
			from = i + 1
		}
	}
	words = append(words, command[from:])
	var lines []string
	current := ""
	for i, w := range words {
		needed := displayWidth(w)
		// A flag goes with its value, where one line has room for both.
		if strings.HasPrefix(w, "--") && i+1 < len(words) {
			if both := needed + 1 + displayWidth(words[i+1]); both+4 <= width {
				needed = both
			}
		}
		switch {
		case current == "":
			current = w
		case displayWidth(current)+1+needed+2 > width:
			lines = append(lines, current+` \`)
			current = "  " + w
		default:
			current += " " + w
		}
	}
	lines = append(lines, current)
	for i := range lines {
		lines[i] = clean(lines[i]) // a word may be wider than the page: it has to stay one
	}
	return lines
}

// wrapped breaks a line of prose that is too wide.
func (p *page) wrapped(line string, width int) []string {
	narrow := page{width: width}
	lines := narrow.wrap(line, indent)
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return lines
}
