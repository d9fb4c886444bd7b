package report

import (
	"fmt"
	"strings"

	"alblens/internal/mdtext"
	"alblens/internal/shelltext"
	"alblens/partial"
)

// writeDataQuality says what was read, what was not, and by what.
func (m *markdown) writeDataQuality() {
	l := &m.Result.Ledger
	m.block("## Data quality")
	items := []string{fmt.Sprintf("%s: %s read, %s in part, %s not read, %s skipped", counted(uint64(l.Objects), "object"),
		count(uint64(l.Complete)), count(uint64(l.Partial)), count(uint64(l.Failed)), count(uint64(l.Skipped)))}
	items = append(items, fmt.Sprintf("%s = %s + %s malformed + %s outside the window", counted(uint64(l.Lines), "line"),
		counted(uint64(l.Records), "record"), count(uint64(l.Malformed)), count(uint64(l.Filtered))))
	if w := m.window(); w != "" {
		items = append(items, "Window: "+w)
	}
	if m.Diagnosis != nil && m.Diagnosis.Sampled {
		items = append(items, "More records failed than are kept: the counts of causes that one record does not tell are shares of those kept")
	}
	if n := len(l.Duplicates); n > 0 {
		items = append(items, counted(uint64(n), "duplicate")+" left out")
	}
	if s := delivered(l); s != "" {
		items = append(items, "Delivery: "+s)
	}
	if s := m.filling(); s != "" {
		items = append(items, "Still filling: "+s)
	}
	if s := gapsTogether(l); s != "" {
		items = append(items, s)
	}
	m.list(items)
	var gaps, problems []string
	for _, g := range l.Gaps[:min(len(l.Gaps), shownNames)] {
		gaps = append(gaps, fmt.Sprintf("Gap of node %s of %s: %s; %s", mdtext.Code(g.Node), mdtext.Code(g.LoadBalancer), mdSpan(g.From, g.To), m.gapNote(&g)))
	}
	m.list(gaps)
	rest := 0
	for _, p := range l.Problems {
		switch {
		case p.Kind == partial.Skipped:
		case len(problems) == shownNames:
			rest++
		default:
			problems = append(problems, mdtext.Code(p.Name)+": "+mdtext.Prose(p.Kind)+", "+mdtext.Code(p.Error))
		}
	}
	if rest > 0 {
		problems = append(problems, counted(uint64(rest), "more object"))
	}
	m.list(problems)
	if len(l.MalformedSamples) > 0 {
		s := &l.MalformedSamples[0]
		m.block(fmt.Sprintf("A malformed line, %s, field %s: %s", mdtext.Code(place(s.Name, s.Line)), mdtext.Code(s.Field), mdtext.Code(s.Error)))
		m.block(mdtext.Fence("", clean(s.Text)))
	}
	m.block("Written by " + mdtext.Code(strings.TrimSpace("alblens "+m.Version)) + " as " + mdtext.Code(m.command()) + ".")
}

// command is how the program was called, as a shell takes it.
func (r *Report) command() string {
	return strings.TrimSpace("alblens " + shelltext.Args(r.Run.Args))
}
