package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/mdtext"
)

// Markdown writes the report as a draft of a post-mortem: what happened and to how many, when, why and how sure that is,
// what to do next, and what was not read. It is CommonMark with the tables of GFM. Times are UTC. Whatever text of a log
// there is in it stands in code, and does nothing.
func Markdown(w io.Writer, r *Report) error {
	m := &markdown{Report: r}
	m.writeHead()
	if r.Result.Counts.Totals.Requests > 0 {
		m.writeImpact()
		m.writeTimeline()
		m.writeCauses()
		m.writeNextSteps()
	}
	m.writeDataQuality()
	_, err := io.WriteString(w, m.b.String())
	return err
}

// A markdown is the document as far as it is written.
type markdown struct {
	*Report
	b strings.Builder
}

// Lists and tables end here; who needs more has the JSON.
const (
	shownEpisodes = 50
	shownNames    = 10
)

// block writes a paragraph, a heading, a list or a table, apart from what stands before.
func (m *markdown) block(text string) {
	if m.b.Len() > 0 {
		m.b.WriteString("\n")
	}
	m.b.WriteString(strings.TrimSuffix(text, "\n") + "\n")
}

// list writes items of a list, of Markdown each.
func (m *markdown) list(items []string) {
	if len(items) > 0 {
		m.block("- " + strings.Join(items, "\n- "))
	}
}

func (m *markdown) writeHead() {
	title := "# Errors behind the load balancer"
	if t := &m.Result.Counts.Totals; t.Requests > 0 {
		title += ", " + mdSpan(t.First, t.Last) + " UTC"
	}
	m.block(title)
	if !m.Complete() {
		m.block("**Incomplete:** " + mdtext.Prose(strings.Join(m.missing(), ", ")) + ". The numbers cover a part of the logs; see Data quality.")
	}
	m.block("**" + mdtext.Prose(m.verdict()) + "**")
	if leading := m.leading(); len(leading) > 0 {
		m.block("Most of all: " + mdtext.Prose(said(leading[0].Summary)))
	}
}

// leading are the findings that accuse somebody; without a Diagnosis there are none.
func (r *Report) leading() (list []diagnose.Finding) {
	for _, f := range r.findings() {
		if f.Severity > diagnose.Info {
			list = append(list, f)
		}
	}
	return list
}

func (m *markdown) writeImpact() {
	t := &m.Result.Counts.Totals
	m.block("## Impact")
	table := mdtext.NewTable("what", "how much")
	table.Row("requests", count(t.Requests))
	table.Row("5xx of the load balancer", withShare(t.ELB5xx, t.Requests, byCode(t)))
	table.Row("5xx of targets", withShare(t.Target5xx, t.Requests, ""))
	if t.ELB460 > 0 {
		table.Row("clients gave up (460)", withShare(t.ELB460, t.Requests, ""))
	}
	if clients := m.clients(); clients != "" {
		table.Row("distinct clients that met an error", clients)
	}
	kind, failures := "5xx of the load balancer", elb5xx
	if t.ELB5xx == 0 {
		kind, failures = "5xx of targets", target5xx
	}
	if times := m.failing(failures); times.buckets > 0 {
		width := m.Result.Counts.TimeBucket
		table.Row("time with a "+kind, fmt.Sprintf("%s of %s", span(time.Duration(times.buckets)*width), span(time.Duration(len(m.timeRows()))*width)))
		table.Row("peak", fmt.Sprintf("%s within %s from %s", count(failures(&times.worst.Stats)), span(width), mdTime(times.worst.Start)))
		table.Row("from – to", mdSpan(times.first, times.last.Add(width)))
	}
	if len(m.leading()) > 0 {
		table.Row("still happening at the end of the log", m.ongoing())
	}
	m.block(table.String())
}

func withShare(n, of uint64, detail string) string {
	s := count(n)
	if n > 0 {
		s += " (" + percent(n, of) + ")"
	}
	if detail != "" {
		s += ": " + detail
	}
	return s
}

// clients are of one finding, for those of several may be the same.
func (m *markdown) clients() string {
	var most uint64
	findings := m.leading()
	for _, f := range findings {
		most = max(most, f.Clients)
	}
	switch {
	case most == 0:
		return ""
	case len(findings) == 1:
		return "about " + count(most)
	}
	return "about " + count(most) + " for the finding with most; those of others may be the same"
}

// A failing is when failures of a kind were, in buckets of time.
type failing struct {
	buckets     int
	worst       *aggregate.Row // the first of several
	first, last time.Time      // starts of buckets
}

func (m *markdown) failing(failures func(*aggregate.Stats) uint64) (f failing) {
	rows := m.timeRows()
	for i := range rows {
		row := &rows[i]
		if failures(&row.Stats) == 0 {
			continue
		}
		if f.buckets == 0 {
			f.first = row.Start
		}
		f.last = row.Start
		f.buckets++
		if f.worst == nil || failures(&row.Stats) > failures(&f.worst.Stats) {
			f.worst = row
		}
	}
	return f
}

func (m *markdown) ongoing() string {
	var last time.Time
	var ids []string
	for _, f := range m.leading() {
		if f.Last.After(last) {
			last = f.Last
		}
		if f.Ongoing && !slices.Contains(ids, mdtext.Code(f.ID)) {
			ids = append(ids, mdtext.Code(f.ID))
		}
	}
	if len(ids) > 0 {
		return "**yes**: " + strings.Join(ids, ", ")
	}
	s := "no"
	if !last.IsZero() {
		s += "; the last began at " + mdTime(last)
	}
	return s
}

// writeTimeline lists the episodes of all findings, deploys and what else is only worth knowing too, but for findings that
// tell where another one is: they have its episodes.
func (m *markdown) writeTimeline() {
	type moment struct {
		diagnose.Episode
		finding *diagnose.Finding
	}
	var moments []moment
	findings := m.findings()
	for i := range findings {
		f := &findings[i]
		if strings.HasPrefix(f.ID, "one-bad-") {
			continue
		}
		for _, e := range f.Episodes {
			moments = append(moments, moment{e, f})
		}
		if len(f.Episodes) == 0 && !f.First.IsZero() {
			moments = append(moments, moment{diagnose.Episode{From: f.First, To: f.Last}, f})
		}
	}
	if len(moments) == 0 {
		return
	}
	slices.SortStableFunc(moments, func(a, b moment) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	m.block("## Timeline")
	table := mdtext.NewTable("from", "to", "how bad", "what", " requests", " peak per minute")
	for _, x := range moments[:min(len(moments), shownEpisodes)] {
		requests, peak := "", ""
		if x.Requests > 0 {
			requests, peak = count(x.Requests), count(x.PeakPerMinute)
		}
		table.Row(mdTime(x.From), mdTime(x.To), x.finding.Severity.String(), mdtext.Prose(said(x.finding.Title)), requests, peak)
	}
	m.block(table.String())
	if rest := len(moments) - shownEpisodes; rest > 0 {
		m.block(counted(uint64(rest), "later episode") + " not shown.")
	}
	if m.twoClocks() {
		m.block("These are the times at which requests came in; Impact goes by when they were answered.")
	}
}

func mdTime(t time.Time) string { return t.UTC().Format(time.DateTime) }

// mdSpan is a span of time; the day stands once if it can.
func mdSpan(from, to time.Time) string {
	end := mdTime(to)
	if from.UTC().Format(dayLayout) == to.UTC().Format(dayLayout) {
		end = to.UTC().Format(time.TimeOnly)
	}
	return mdTime(from) + " – " + end
}
