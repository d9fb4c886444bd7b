package report

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/albtext"
	"alblens/internal/cause"
)

// An htmlFinding is a finding as it is shown.
type htmlFinding struct {
	ID, Severity, Title, Summary string
	Anchor                       string
	Open                         bool // its details are shown at first
	Requests, Of, Share          string
	Confidence                   string
	Sure                         int // the same, in percent
	Basis                        string
	When                         string
	From, To                     int64 // seconds since 1970, with some room on either side; equal where there is no time
	Strip                        []htmlSpan
	For, Against, Caveats        []string
	Scope, Estimates             []htmlNamed
	Episodes                     []htmlEpisode
	MoreEpisodes                 int
	Evidence                     []htmlLine
	Verify, Fix                  []htmlBlock
	About                        *cause.Doc
}

// An htmlSpan is a part of the run's time, in per mille of it.
type htmlSpan struct{ X, Width int }

type htmlNamed struct {
	Name   string
	Values []htmlValue
}

// An htmlValue is a name, and what it is short for, if anything.
type htmlValue struct{ Text, Long string }

type htmlEpisode struct{ When, Lasted, Requests, Peak string }

type htmlLine struct{ Place, TraceID, Text string }

// An htmlBlock is a command to run or a change to make. Prose is a text that is neither.
type htmlBlock struct{ Why, Kind, Code, Prose string }

type htmlSeverity struct {
	Name  string
	Count int
}

// htmlFindings are the findings that there is room for, and how many more there are.
func (r *Report) htmlFindings(p *page, room *htmlRoom) (shown []htmlFinding, more int) {
	all := r.findings()
	n := min(len(all), room.findings)
	for i := range all[:n] {
		shown = append(shown, r.htmlFinding(p, room, &all[i], i))
	}
	return shown, len(all) - n
}

func (r *Report) htmlSeverities() []htmlSeverity {
	var list []htmlSeverity
	for s := diagnose.Critical; ; s-- {
		n := 0
		for _, f := range r.findings() {
			if f.Severity == s {
				n++
			}
		}
		if n > 0 {
			list = append(list, htmlSeverity{s.String(), n})
		}
		if s == diagnose.Info {
			return list
		}
	}
}

// opened is how many findings are shown with all that is known of them, if they are of some harm and do not only say
// more of another one. The others open on a click.
const opened = 2

func (r *Report) htmlFinding(p *page, room *htmlRoom, f *diagnose.Finding, i int) htmlFinding {
	h := htmlFinding{
		ID: room.cut(f.ID), Severity: f.Severity.String(), Title: room.said(f.Title), Summary: sentence(room.said(f.Summary)),
		Anchor: fmt.Sprintf("finding-%d", i+1), Open: i < opened && f.Severity >= diagnose.Medium && !strings.HasPrefix(f.ID, "one-bad-"),
		Confidence: fmt.Sprintf("%.0f %%", 100*f.Confidence), Sure: int(100*f.Confidence + 0.5), Basis: basisWords[f.Basis],
		When: sentence(r.when(p, f)), Strip: r.htmlStrip(f), Caveats: room.saidAll(f.Caveats), Scope: htmlScope(room, &f.Scope),
	}
	if f.Of > 0 {
		h.Requests, h.Of, h.Share = count(f.Requests), count(f.Of), percent(f.Requests, f.Of)
	}
	if !f.First.IsZero() {
		margin := max(2*time.Minute, f.Last.Sub(f.First)/5)
		h.From, h.To = f.First.Add(-margin).Unix(), f.Last.Add(margin).Unix()
	}
	for _, reason := range room.saidAll(f.Reasons) {
		if against, ok := strings.CutPrefix(reason, "against"); ok {
			h.Against = append(h.Against, sentence(strings.TrimLeft(against, ": ")))
		} else {
			h.For = append(h.For, sentence(strings.TrimLeft(strings.TrimPrefix(reason, "for"), ": ")))
		}
	}
	for _, e := range f.Estimates[:min(len(f.Estimates), room.items)] {
		name := strings.ReplaceAll(strings.TrimSuffix(e.Name, "_seconds"), "_", " ")
		h.Estimates = append(h.Estimates, htmlNamed{room.cut(name), []htmlValue{{Text: fmt.Sprintf("%.4g s", e.Seconds)}}})
	}
	for _, e := range f.Episodes[:min(len(f.Episodes), room.items)] {
		h.Episodes = append(h.Episodes, htmlEpisode{p.between(e.From, e.To), span(e.To.Sub(e.From)), count(e.Requests), count(e.PeakPerMinute)})
	}
	h.MoreEpisodes = len(f.Episodes) - len(h.Episodes)
	for _, e := range f.Evidence[:min(len(f.Evidence), room.items)] {
		h.Evidence = append(h.Evidence, htmlLine{room.cut(place(e.Source, e.Number)), room.cut(e.TraceID), room.cut(e.Text)})
	}
	for _, v := range f.Verify[:min(len(f.Verify), room.items)] {
		h.Verify = append(h.Verify, room.block(v.Why, "shell", v.Command))
	}
	for _, c := range f.Fix[:min(len(f.Fix), room.items)] {
		h.Fix = append(h.Fix, room.block(c.Why, c.Kind, c.Text))
	}
	if doc := docOf(f.ID); doc != nil {
		h.About = doc
	}
	return h
}

var basisWords = map[diagnose.Basis]string{
	diagnose.Observed: "from the logs alone", diagnose.Confirmed: "confirmed by the settings", diagnose.Contradicted: "contradicted by the settings",
}

func (room *htmlRoom) said(s string) string { return room.cut(albtext.Decode(s)) }

func (room *htmlRoom) saidAll(list []string) []string {
	var out []string
	for _, s := range list[:min(len(list), room.items)] {
		out = append(out, room.said(s))
	}
	return out
}

// block does not cut what is meant to be run: half a command does another thing.
func (room *htmlRoom) block(why, kind, text string) htmlBlock {
	b := htmlBlock{Why: room.said(why), Kind: room.cut(kind)}
	switch {
	case len(text) > 10*room.text:
		b.Prose = "Too long for this page; -f json has it."
	case kind == "text":
		b.Kind, b.Prose = "", cleanLines(text)
	default:
		b.Code = cleanLines(text)
	}
	return b
}

// sentence begins with a capital letter and ends with a full stop.
func sentence(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 {
		return s
	}
	s = string(unicode.ToUpper(first)) + s[size:]
	if strings.HasSuffix(s, ".") || strings.HasSuffix(s, "?") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

// drawn is the time that strips and charts show: whole buckets, where any were counted.
func (r *Report) drawn() (from, to time.Time) {
	if rows := r.timeRows(); len(rows) > 0 {
		return rows[0].Start, rows[len(rows)-1].Start.Add(r.Result.Counts.TimeBucket)
	}
	return r.Result.Counts.Totals.First, r.Result.Counts.Totals.Last
}

// htmlStrip places the episodes, or the finding's span where it has none, in the time that is drawn.
func (r *Report) htmlStrip(f *diagnose.Finding) []htmlSpan {
	first, last := r.drawn()
	whole := last.Sub(first)
	if whole <= 0 || f.First.IsZero() {
		return nil
	}
	at := func(t time.Time) int {
		return int(math.Round(min(max(1000*float64(t.Sub(first))/float64(whole), 0), 1000)))
	}
	episodes := f.Episodes
	if len(episodes) == 0 {
		episodes = []diagnose.Episode{{From: f.First, To: f.Last}}
	}
	var list []htmlSpan
	for _, e := range episodes {
		s := htmlSpan{X: at(e.From)}
		s.Width = max(at(e.To)-s.X, 6)
		s.X = min(s.X, 1000-s.Width)
		if n := len(list); n > 0 && s.X <= list[n-1].X+list[n-1].Width { // cannot be told apart
			list[n-1].Width = max(list[n-1].Width, s.X+s.Width-list[n-1].X)
			continue
		}
		list = append(list, s)
	}
	return list
}

func htmlScope(room *htmlRoom, s *diagnose.Scope) []htmlNamed {
	var list []htmlNamed
	add := func(name string, values []string, short func(string) string) {
		if len(values) == 0 {
			return
		}
		n := htmlNamed{Name: name}
		for _, v := range values[:min(len(values), room.items)] {
			text := room.cut(short(v))
			if long := room.cut(v); long != text {
				n.Values = append(n.Values, htmlValue{text, long})
			} else {
				n.Values = append(n.Values, htmlValue{Text: text})
			}
		}
		list = append(list, n)
	}
	same := func(s string) string { return s }
	add("load balancer", s.LoadBalancers, same)
	add("target group", s.TargetGroups, aggregate.GroupName)
	add("target", s.Targets, same)
	add("path", s.Paths, albtext.Decode)
	add("node", s.Nodes, same)
	add("host", s.Hosts, albtext.Decode)
	return list
}

func docOf(slug string) *cause.Doc {
	for _, d := range cause.AllDocs() {
		if d.Slug == slug {
			return &d
		}
	}
	return nil
}
