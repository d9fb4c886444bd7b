package report

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"alblens/aggregate"
)

func (r *Report) timeRows() []aggregate.Row {
	for i := range r.Result.Counts.Tables {
		if t := &r.Result.Counts.Tables[i]; t.By.Is(aggregate.Time) {
			return t.Rows
		}
	}
	return nil
}

// writeOverview draws the whole span, a line for the requests and one for each kind of failure.
func (r *Report) writeOverview(p *page) {
	rows := r.timeRows()
	if len(rows) < 2 {
		return
	}
	bucket := r.Result.Counts.TimeBucket
	lines := []struct {
		name  string
		style style
		of    func(*aggregate.Stats) uint64
	}{
		{"requests", "", func(s *aggregate.Stats) uint64 { return s.Requests }},
		{"LB 5xx", alert, elb5xx},
		{"target 5xx", alert, target5xx},
	}
	const name, peak = 14, 18 // columns of what stands before and behind the drawing
	k := columnWidth(len(rows), p.width-name-peak, bucket)
	p.heading("Over time", "(UTC; a column is "+span(time.Duration(k)*bucket)+"; each line has its own scale)")
	for _, l := range lines {
		values := make([]uint64, len(rows))
		for i := range rows {
			values[i] = l.of(&rows[i].Stats)
		}
		values = regroup(values, k)
		if maxOf(values) == 0 {
			continue
		}
		p.line(indent + pad(l.name, name-len(indent)) + p.paint(l.style, sparkline(values)) + "  peak " + count(maxOf(values)))
	}
	first, last := p.minute(rows[0].Start), p.minute(rows[len(rows)-1].Start)
	axis := strings.Repeat(" ", name) + first
	if room := (len(rows)+k-1)/k - len(first) - len(last); room > 0 {
		axis += strings.Repeat(" ", room) + last
	}
	p.line(p.paint(faint, axis))
}

func elb5xx(s *aggregate.Stats) uint64    { return s.ELB5xx }
func target5xx(s *aggregate.Stats) uint64 { return s.Target5xx }

func pad(s string, width int) string { return s + strings.Repeat(" ", max(0, width-displayWidth(s))) }

// minute is a time without seconds where it has none, with the day unless that is the page's.
func (p *page) minute(t time.Time) string { return strings.TrimSuffix(p.clock(t), ":00") }

// worstBucket is the bucket with most 5xx, the first of several, and how many there are with any.
func (r *Report) worstBucket() (worst *aggregate.Row, failed int) {
	rows := r.timeRows()
	for i := range rows {
		if rows[i].ELB5xx+rows[i].Target5xx == 0 {
			continue
		}
		failed++
		if worst == nil || compareFailures(&rows[i], worst) < 0 {
			worst = &rows[i]
		}
	}
	return worst, failed
}

// compareFailures puts the row with more 5xx made by the load balancer first, then the one with more 5xx of targets.
func compareFailures(a, b *aggregate.Row) int {
	return cmp.Or(cmp.Compare(b.ELB5xx, a.ELB5xx), cmp.Compare(b.Target5xx, a.Target5xx))
}

const worstBuckets = 10

func (r *Report) writeWorstBuckets(p *page) {
	worst, failed := r.worstBucket()
	if failed < 2 {
		return
	}
	rows := slices.Clone(r.timeRows())
	slices.SortStableFunc(rows, func(a, b aggregate.Row) int { return compareFailures(&a, &b) })
	rows = rows[:min(failed, worstBuckets)]
	width := 10
	if p.width >= 140 {
		width = 30
	}
	failures := elb5xx
	if worst.ELB5xx == 0 {
		failures = target5xx
	}
	most := failures(&worst.Stats)
	g := grid{columns: slices.Concat([]column{{head: "start", key: true}}, statColumns, []column{{left: true, spare: 1}})}
	for i := range rows {
		row := &rows[i]
		g.rows = append(g.rows, slices.Concat([]string{p.minute(row.Start)}, p.statCells(&row.Stats),
			[]string{p.paint(alert, bar(failures(&row.Stats), most, width))}))
	}
	title, note := "Worst minutes", "UTC"
	if r.twoClocks() {
		note += ", by the response; findings by the request"
	}
	if bucket := r.Result.Counts.TimeBucket; bucket != time.Minute {
		title = "Worst spans of " + span(bucket)
		if bucket > r.Result.Counts.Bucket {
			note += "; there would be too many of " + span(r.Result.Counts.Bucket)
		}
	}
	p.heading(title, "("+note+")")
	p.table(&g, nil)
	if failed > len(rows) {
		p.prose(faint, indent+count(uint64(failed-len(rows)))+" more with a 5xx.", indent)
	}
}
