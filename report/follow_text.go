package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"alblens/diagnose"
)

// text is a line for each event, and below what is new and hurts a second one that says where to look. Times are UTC; each
// line begins with one, and a word that says what it is, so that lines can be picked out of a log of many programs.
func (m *Moment) text(t TextOptions) []byte {
	p := &page{width: t.Width, color: t.Color}
	switch m.Kind {
	case Start:
		words := m.state() + fmt.Sprintf("; polling every %s, window %s", span(m.Interval), span(m.Window))
		m.say(p, "", "START", words)
	case News:
		for i := range m.Events {
			m.event(p, &m.Events[i])
		}
	case Stop:
		m.say(p, "", "STOP", fmt.Sprintf("%s; %s open; %s", m.Why, counted(uint64(len(m.Open)), "finding"), m.state()))
		for i := range m.Open {
			f := &m.Open[i]
			m.say(p, loudness(f), "OPEN", finding(f, since(f, m.At)))
		}
	}
	return p.b.Bytes()
}

// say writes a line behind the time and a word.
func (m *Moment) say(p *page, s style, word, text string) {
	line := fmt.Sprintf("%s %-6s %s", m.At.UTC().Format("2006-01-02 15:04:05Z"), word, text)
	if p.width == 0 {
		p.line(p.paint(s, line))
		return
	}
	p.prose(s, line, indent)
}

func loudness(f *diagnose.Finding) style {
	if f.Severity >= diagnose.High {
		return alert
	}
	return bold
}

// state is what the window holds.
func (m *Moment) state() string {
	l, t := &m.Result.Ledger, &m.Result.Counts.Totals
	if t.Requests == 0 {
		return "no requests in the window"
	}
	s := fmt.Sprintf("%s with %s from %s to %s, 5xx of the load balancer %s, of targets %s", counted(uint64(l.Complete+l.Partial), "object"),
		counted(t.Requests, "request"), at(t.First, m.At), at(t.Last, m.At), count(t.ELB5xx), count(t.Target5xx))
	if n := l.Failed; n > 0 {
		s += fmt.Sprintf("; %s not readable", counted(uint64(n), "object"))
	}
	return s
}

// at is a time of day, with the day unless it is that of now.
func at(t, now time.Time) string {
	layout := "15:04:05Z"
	if t, now := t.UTC(), now.UTC(); t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		layout = "2006-01-02 15:04:05Z"
	}
	return t.UTC().Format(layout)
}

func (m *Moment) event(p *page, e *diagnose.Event) {
	f := &e.Finding
	switch e.Kind {
	case diagnose.Appeared:
		word := "NEW"
		if e.Again {
			word = "AGAIN"
		}
		m.say(p, loudness(f), word, finding(f, since(f, m.At)))
		if f.Severity >= diagnose.Medium && !strings.HasPrefix(f.ID, "one-bad-") { // which says more of another
			p.line(p.paint(faint, indent+indent+p.see(f)))
		}
	case diagnose.Changed:
		m.say(p, loudness(f), changeWord(e), finding(f, was(e), since(f, m.At)))
	case diagnose.Ended:
		why := "no longer found"
		if e.Quiet {
			why = "none since " + at(f.Last, m.At)
		}
		if !f.First.IsZero() {
			why = "began " + at(f.First, m.At) + ", " + why
		}
		m.say(p, faint, "ENDED", finding(f, why))
	}
}

// see says where to look further: at a line, whose object's name ends as the page does, and at what explains the cause.
func (p *page) see(f *diagnose.Finding) string {
	explain := "alblens explain " + f.ID
	if len(f.Evidence) == 0 {
		return "see " + explain
	}
	at := place(f.Evidence[0].Source, f.Evidence[0].Number)
	if p.width > 0 {
		at = cutLeft(at, p.width-len(indent+indent+"see ; "+explain))
	}
	return "see " + at + "; " + explain
}

// changeWord is the weightiest change, in a word.
func changeWord(e *diagnose.Event) string {
	switch e.What[0] {
	case "severity":
		if e.Finding.Severity > e.Before.Severity {
			return "WORSE"
		}
		return "BETTER"
	case "cause":
		return "CAUSE"
	case "requests":
		return "MORE"
	}
	return "NOW"
}

// was is what it was before.
func was(e *diagnose.Event) string {
	var words []string
	for _, what := range e.What {
		switch what {
		case "severity":
			words = append(words, e.Before.Severity.String())
		case "cause":
			words = append(words, said(e.Before.Key))
		case "requests":
			words = append(words, count(e.Before.Requests)+" of "+count(e.Before.Of))
		case "confidence":
			words = append(words, sure(e.Before))
		case "basis":
			words = append(words, e.Before.Basis.String())
		}
	}
	return "was " + strings.Join(words, ", ")
}

func sure(f *diagnose.Finding) string { return fmt.Sprintf("%.0f %% sure", 100*f.Confidence) }

// finding is what a finding says, in a line: how bad, its key, the number and its denominator, and where.
func finding(f *diagnose.Finding, more ...string) string {
	s := fmt.Sprintf("%-8s %s: %s", strings.ToUpper(f.Severity.String()), said(f.Key), strings.TrimSuffix(said(f.Summary), "."))
	if keys := places(f, s); keys != "" {
		s += "; on " + keys
	}
	more = append([]string{sure(f) + basis(f.Basis)}, more...)
	return s + " (" + strings.Join(slices.DeleteFunc(more, func(s string) bool { return s == "" }), "; ") + ")"
}

// shownPlaces is how many targets and paths a line names.
const shownPlaces = 3

// places are the targets and paths that a finding is confined to, where s does not name them.
func places(f *diagnose.Finding, s string) string {
	words := strings.Fields(s)
	for i, w := range words {
		words[i] = strings.TrimRight(w, ",;:.")
	}
	var names []string
	for _, list := range [][]string{f.Scope.Targets, f.Scope.Paths} {
		for _, key := range list {
			if key != "-" && !slices.Contains(words, said(key)) {
				names = append(names, said(key))
			}
		}
	}
	if n := len(names); n > shownPlaces {
		names = append(names[:shownPlaces], fmt.Sprintf("%d more", n-shownPlaces))
	}
	return strings.Join(names, ", ")
}

// since says when a finding began, its peak and how many clients it hit.
func since(f *diagnose.Finding, now time.Time) string {
	var words []string
	if !f.First.IsZero() {
		words = append(words, "since "+at(f.First, now))
	}
	var peak uint64
	for _, e := range f.Episodes {
		peak = max(peak, e.PeakPerMinute)
	}
	if peak > 0 {
		words = append(words, "at most "+count(peak)+" a minute")
	}
	if f.Clients > 0 {
		words = append(words, counted(f.Clients, "client"))
	}
	return strings.Join(words, ", ")
}
