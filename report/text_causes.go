package report

import (
	"cmp"
	"slices"
	"strconv"

	"alblens/evidence"
	"alblens/internal/cause"
)

// outside are causes that lie with clients or were meant: they come last, however many there are.
var outside = []cause.Cause{cause.FixedResponse, cause.WAFBlock, cause.ClientError, cause.ClientAbandoned, cause.StreamReset}

// causes are those that occur, the most frequent first.
func (r *Report) causes() []evidence.CauseCount {
	var causes, last []evidence.CauseCount
	for _, c := range r.Result.Evidence.Causes {
		if slices.Contains(outside, c.Cause) {
			last = append(last, c)
		} else {
			causes = append(causes, c)
		}
	}
	return append(causes, last...)
}

func (r *Report) writeCauses(p *page) {
	if r.Diagnosis != nil {
		r.writeAttribution(p)
		return
	}
	causes := r.causes()
	if len(causes) == 0 {
		return
	}
	p.heading("Why", "(provisional: from single records; look-alikes are not told apart yet)")
	g := grid{columns: []column{{head: "cause", key: true}, {head: "requests"}, {head: "of all"}, {head: "first – last"}}}
	var notes [][]string
	for _, c := range causes {
		g.rows = append(g.rows, []string{
			c.Cause.String(), count(c.Requests), percent(c.Requests, r.Result.Counts.Totals.Requests), p.between(c.First, c.Last),
		})
		notes = append(notes, p.causeNotes(&c))
	}
	p.table(&g, notes)
}

// writeAttribution is how many records each cause explains.
func (r *Report) writeAttribution(p *page) {
	var causes, last []cause.Cause
	for c := cause.None + 1; int(c) < cause.Count; c++ {
		switch {
		case r.attribution(c) == 0:
		case slices.Contains(outside, c):
			last = append(last, c)
		default:
			causes = append(causes, c)
		}
	}
	for _, list := range [][]cause.Cause{causes, last} {
		slices.SortStableFunc(list, func(a, b cause.Cause) int { return -cmp.Compare(r.attribution(a), r.attribution(b)) })
	}
	causes = append(causes, last...)
	if len(causes) == 0 {
		return
	}
	note := ""
	if r.Diagnosis.Sampled {
		note = "(shares of a sample, as more failed than could be kept)"
	}
	p.heading("Causes", note)
	g := grid{columns: []column{{head: "cause", key: true}, {head: "requests"}, {head: "of all"}, {head: "", left: true, spare: 1}}}
	for _, c := range causes {
		n := r.attribution(c)
		g.rows = append(g.rows, []string{c.String(), count(n), percent(n, r.Result.Counts.Totals.Requests), title(c)})
	}
	p.table(&g, nil)
}

// sampleTail is how much of the end of an object's name tells it from its neighbours: the time, the node, the random
// string, and then the line.
const sampleTail = len("…_20261120T1405Z_203.0.113.100_1a2b3c4d.log.gz:123456")

func (p *page) causeNotes(c *evidence.CauseCount) []string {
	hang := indent + indent
	lines := p.wrap(hang+title(c.Cause), hang)
	if len(c.Samples) == 0 {
		return lines
	}
	sample := place(c.Samples[0].Source, c.Samples[0].Line)
	last := &lines[len(lines)-1]
	if room := p.width - displayWidth(*last+", as "); room >= min(sampleTail, displayWidth(sample)) {
		*last += ", as " + cutLeft(sample, room)
		return lines
	}
	return append(lines, cutName(hang+"as ", c.Samples[0].Source, ":"+strconv.Itoa(c.Samples[0].Line), p.width))
}

func title(c cause.Cause) string {
	for _, d := range cause.Docs() {
		if d.Cause == c {
			return d.Title
		}
	}
	return ""
}
