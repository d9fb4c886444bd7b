package compare

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A page is the Result as a reader sees it, whatever the format.
type page struct {
	sections []section
	notes    []string
}

type section struct {
	title, note string
	lines       []line
}

// A line is a comparison in words. Only key may hold text of a log, and needs the format's escaping.
type line struct {
	what, key, metric         string
	before, beforeRate        string
	after, afterRate          string
	change, more, probability string
}

var heads = line{metric: "", before: "before", beforeRate: "rate", after: "after", afterRate: "rate", change: "change", more: "more/h", probability: "q"}

const (
	unchanged = "~"
	fact      = "–" // no test told it from noise

	// Notes on what stands in the column q begin with these.
	aboutQ     = "q: "
	aboutFacts = fact + ": "
)

// newPage takes at most top changes, or all if top is 0.
func (r *Result) newPage(top int) *page {
	p := &page{}
	p.changes(r, top)
	p.totals(r)
	p.findings(r)
	p.times(r)
	quiet := 0
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Noise && c.Dimension != Total && c.Dimension != Cause {
			quiet++
		}
	}
	p.notes = append(p.notes, "~: chance may explain it, as far as the failures' bursts and the number of comparisons tell.",
		"more/h: requests that fail in an hour beyond those that would at the old rate.",
		aboutQ+"of changes with this q or less, the share that chance made.")
	if slices.ContainsFunc(r.Findings, func(c FindingChange) bool { return c.isFact() && !c.Noise && c.Q > falseShare }) {
		p.notes = append(p.notes, aboutFacts+"a high or critical cause that only one side has, and what it explains. It may be too short to be told from chance by its rate.")
	}
	if quiet > 0 {
		p.notes = append(p.notes, plural(quiet, "rate of a key", "rates of keys")+" within noise not shown.")
	}
	if r.Skipped > 0 {
		p.notes = append(p.notes, plural(r.Skipped, "key with failures", "keys with failures")+" not compared, for one side knows only a part of them: "+
			"alblens analyze -f json --top 0 cuts none, and more --max-memory drops fewer.")
	}
	return p
}

func (p *page) changes(r *Result, top int) {
	s := section{title: "Changed", note: "the most harm first; of about equal harm, what says most about where"}
	for i := range r.Changes {
		c := &r.Changes[i]
		if c.Noise {
			break
		}
		if top > 0 && len(s.lines) == top {
			p.notes = append(p.notes, "More changed than is shown; --top 0 shows all.")
			break
		}
		s.lines = append(s.lines, c.line())
	}
	if s.lines == nil {
		s.title, s.note = "No rate changed beyond noise", ""
	}
	p.sections = append(p.sections, s)
}

func (p *page) totals(r *Result) {
	all, causes := section{title: "All requests"}, section{title: "Causes"}
	for _, m := range metrics { // in their order, whatever the rank
		for i := range r.Changes {
			if c := &r.Changes[i]; c.Dimension == Total && c.Metric == m.name && c.Before.Failed+c.After.Failed > 0 {
				all.lines = append(all.lines, c.line())
			}
		}
	}
	for i := range r.Changes {
		if c := &r.Changes[i]; c.Dimension == Cause {
			causes.lines = append(causes.lines, c.line())
		}
	}
	p.add(all)
	p.add(causes)
}

func (p *page) findings(r *Result) {
	s := section{title: "Findings"}
	for i := range r.Findings {
		c := &r.Findings[i]
		l := c.line()
		l.what, l.key = c.Presence.String(), c.Key[0]
		switch {
		case c.Presence == New:
			l.metric = c.SeverityAfter
		case c.Presence == Gone:
			l.metric = c.SeverityBefore
		case c.SeverityBefore == c.SeverityAfter:
			l.metric = c.SeverityAfter
		default:
			l.metric = c.SeverityBefore + " → " + c.SeverityAfter
		}
		s.lines = append(s.lines, l)
	}
	p.add(s)
}

func (p *page) times(r *Result) {
	s := section{title: "Times", note: "of all requests"}
	for i := range r.Times {
		c := &r.Times[i]
		l := line{metric: c.Quantile, beforeRate: millis(c.BeforeMS), afterRate: millis(c.AfterMS), change: unchanged, probability: probability(c.Q)}
		for _, clock := range clocks {
			if clock.name == c.Metric {
				l.what = clock.title
			}
		}
		if !c.Noise {
			l.change = change(c.BeforeMS, c.AfterMS)
		}
		s.lines = append(s.lines, l)
	}
	p.add(s)
}

func (p *page) add(s section) {
	if s.lines != nil {
		p.sections = append(p.sections, s)
	}
}

func (c *Change) line() line {
	l := line{
		what: c.Dimension, key: strings.Join(c.Key, " "), metric: c.title(),
		before: count(c.Before.Failed), beforeRate: percent(c.Before), after: count(c.After.Failed), afterRate: percent(c.After),
		change: unchanged, probability: probability(c.Q),
	}
	switch {
	case c.Presence == New && c.Dimension != AFinding:
		l.before, l.beforeRate = "new", "all: "+l.beforeRate
	case c.Presence == Gone && c.Dimension != AFinding:
		l.after, l.afterRate = "gone", "all: "+l.afterRate
	}
	if !c.Noise {
		l.change, l.more = change(c.Before.Rate(), c.After.Rate()), signed(c.Harm)
	}
	if !c.Noise && c.Q > falseShare {
		l.probability = fact
	}
	return l
}

func (c *Change) title() string {
	for _, m := range metrics {
		if m.name == c.Metric {
			return m.title
		}
	}
	return ""
}

// title tells of a side; label is what it is called beside that.
func (s *Side) title(label string) string {
	name := ""
	if s.Name != "" && s.Name != label {
		name = s.Name + ": "
	}
	return fmt.Sprintf("%s%s – %s UTC, %s, %s requests, %s an hour", name, s.First.Format(time.DateTime), s.Last.Format(time.DateTime),
		hours(s.Span), count(s.Requests), count(uint64(math.Round(s.PerHour(s.Requests)))))
}

func hours(d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	case d < 48*time.Hour:
		return fmt.Sprintf("%.1f h", d.Hours())
	}
	return fmt.Sprintf("%.1f d", d.Hours()/24)
}

func count(n uint64) string {
	s := strconv.FormatUint(n, 10)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(uint64(n)) + " " + many
}

// percent keeps three digits, and shows what is rare as more than nothing.
func percent(c Count) string {
	switch share := 100 * c.Rate(); {
	case c.Failed == 0:
		return "0 %"
	case share < 0.001:
		return "<0.001 %"
	case share < 0.1:
		return fmt.Sprintf("%.3f %%", share)
	case share < 10:
		return fmt.Sprintf("%.2f %%", share)
	default:
		return fmt.Sprintf("%.1f %%", share)
	}
}

func change(before, after float64) string {
	switch {
	case before == after:
		return "0 %"
	case before == 0:
		return "from 0"
	case after/before >= 10:
		return fmt.Sprintf("×%.0f", after/before)
	default:
		return fmt.Sprintf("%+.0f %%", 100*(after/before-1))
	}
}

func signed(perHour float64) string {
	switch size := math.Abs(perHour); {
	case size < 0.05:
		return fmt.Sprintf("%+.2g", perHour)
	case size < 10:
		return fmt.Sprintf("%+.1f", perHour)
	}
	s := count(uint64(math.Round(math.Abs(perHour))))
	if perHour < 0 {
		return "-" + s
	}
	return "+" + s
}

func millis(ms float64) string {
	switch {
	case ms < 9.95:
		return fmt.Sprintf("%.1f ms", ms)
	case ms < 999.5:
		return fmt.Sprintf("%.0f ms", ms)
	}
	return fmt.Sprintf("%.2f s", ms/1e3)
}

func probability(q float64) string {
	if q < 0.001 {
		return "<0.001"
	}
	return fmt.Sprintf("%.3f", q)
}
