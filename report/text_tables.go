package report

import (
	"slices"
	"strings"

	"alblens/aggregate"
)

// writeWhere names the worst key of each dimension, so that a concentration shows on the first screen.
func (r *Report) writeWhere(p *page) {
	t := &r.Result.Counts.Totals
	if t.ELB5xx > 0 {
		r.writeWorst(p, "Where the load balancer's 5xx are", elb5xx)
	}
	if t.Target5xx > t.ELB5xx {
		r.writeWorst(p, "Where the targets' 5xx are", target5xx)
	}
}

func (r *Report) writeWorst(p *page, title string, failures func(*aggregate.Stats) uint64) {
	t := &r.Result.Counts.Totals
	g := grid{columns: []column{{head: "worst", key: true}, {head: "", key: true}, {head: "5xx"}, {head: "share of 5xx"},
		{head: "of traffic"}, {head: "own rate"}}}
	for i := range r.Result.Counts.Tables {
		table := &r.Result.Counts.Tables[i]
		if len(table.Rows) < 2 { // nothing to tell apart
			continue
		}
		worst := &table.Rows[0]
		for j := range table.Rows {
			if failures(&table.Rows[j].Stats) > failures(&worst.Stats) {
				worst = &table.Rows[j]
			}
		}
		n := failures(&worst.Stats)
		key := strings.Join(p.keys(table.By, worst), " ")
		if table.By.Is(aggregate.Time) {
			key = p.minute(worst.Start)
		}
		g.rows = append(g.rows, []string{singular(table.By), key, p.paint(alert, count(n)), percent(n, failures(t)),
			percent(worst.Requests, t.Requests), percent(n, worst.Requests)})
	}
	if g.rows == nil {
		return
	}
	p.heading(title, "")
	p.table(&g, nil)
}

// partWords are what a reader calls the parts.
var partWords = map[aggregate.Part]string{
	aggregate.TargetGroup: "target group", aggregate.LoadBalancer: "load balancer", aggregate.UserAgent: "user agent",
}

func singular(d aggregate.Dimension) string {
	words := make([]string, len(d))
	for i, part := range d {
		words[i] = part.String()
		if w, ok := partWords[part]; ok {
			words[i] = w
		}
	}
	return strings.Join(words, " + ")
}

// keys are a row's values as they are shown.
func (p *page) keys(d aggregate.Dimension, row *aggregate.Row) []string {
	keys := make([]string, len(d))
	for i, part := range d {
		switch {
		case row.Other:
			keys[i] = otherKey
		case row.Values[i].Absent:
			keys[i] = "(none)"
		case row.Values[i].Text == "":
			keys[i] = `""`
		case part == aggregate.TargetGroup:
			keys[i] = clean(aggregate.GroupName(row.Values[i].Text))
		default:
			keys[i] = clean(row.Values[i].Text)
		}
	}
	return keys
}

// statColumns and statCells are the columns that tables of failures share.
var statColumns = []column{
	{head: "requests"}, {head: "LB 5xx"}, {head: "502", idle: true, spare: 3}, {head: "503", idle: true, spare: 3},
	{head: "504", idle: true, spare: 3}, {head: "tgt 5xx", idle: true, spare: 2}, {head: "LB rate", idle: true},
	{head: "tgt rate", idle: true, spare: 6}, {head: "tgt p50", idle: true, spare: 7}, {head: "tgt p99", idle: true, spare: 4}, {head: "dur p99", idle: true, spare: 5},
}

func (p *page) statCells(s *aggregate.Stats) []string {
	failures := count(s.ELB5xx)
	if s.ELB5xx > 0 {
		failures = p.paint(alert, failures)
	}
	quantile := func(q aggregate.Quantiles, v int64) string {
		if q.Count == 0 {
			return ""
		}
		return micros(v)
	}
	return []string{count(s.Requests), failures, count(s.ELB502), count(s.ELB503), count(s.ELB504), count(s.Target5xx),
		percent(s.ELB5xx, s.Requests), percent(s.Target5xx, s.Requests), quantile(s.TargetTime, s.TargetTime.P50), quantile(s.TargetTime, s.TargetTime.P99),
		quantile(s.Duration, s.Duration.P99)}
}

func (r *Report) writeTables(p *page) {
	for i := range r.Result.Counts.Tables {
		t := &r.Result.Counts.Tables[i]
		switch {
		case t.By.Is(aggregate.Time) || len(t.Rows) == 0:
		case len(t.Rows) == 1:
			p.line("")
			p.prose("", "All with the same "+singular(t.By)+": "+strings.Join(p.keys(t.By, &t.Rows[0]), " ")+".", indent)
		default:
			r.writeTable(p, t)
		}
	}
}

func (r *Report) writeTable(p *page, t *aggregate.Table) {
	rows, left := r.worst(t)
	var columns []column
	for _, part := range t.By {
		columns = append(columns, column{head: part.String(), key: true})
	}
	withGroup := t.By.Is(aggregate.Target)
	if withGroup {
		columns = append(columns, column{head: "target-group", key: true, idle: true, spare: 6})
	}
	g := grid{columns: append(columns, statColumns...)}
	bounds := false
	for i := range rows {
		cells := p.keys(t.By, &rows[i])
		if withGroup {
			group := ""
			if !rows[i].Other && !rows[i].Group.Absent {
				group = clean(aggregate.GroupName(rows[i].Group.Text))
			}
			cells = append(cells, group)
		}
		stats := p.statCells(&rows[i].Stats)
		if rows[i].LowerBound {
			stats[0], stats[6], stats[7] = "≥"+stats[0], "", "" // rates would be of a part that failed more than the whole
			bounds = true
		}
		g.rows = append(g.rows, append(cells, stats...))
	}
	p.heading("By "+singular(t.By), "")
	p.table(&g, nil)
	if left.Keys > 0 {
		p.prose(faint, indent+counted(uint64(left.Keys), "more key")+": "+counted(left.Requests, "request")+", "+
			count(left.ELB5xx)+" LB 5xx.", indent)
	}
	if t.KeysDropped > 0 {
		p.prose(faint, indent+otherKey+" is "+counted(t.RequestsDropped, "request")+" whose keys did not fit in memory.", indent)
	}
	if bounds {
		p.prose(faint, indent+"≥: some of the key's requests may be among them; --max-memory gives more room.", indent)
	}
}

// quietRows is how many rows without a 5xx stand in a table, to compare with.
const quietRows = 3

// worst picks the rows that are shown: those with a 5xx, up to Top, a few others, and the row of dropped keys.
func (r *Report) worst(t *aggregate.Table) (shown []aggregate.Row, left omitted) {
	if r.Top <= 0 {
		return t.Rows, left
	}
	rows := slices.Clone(t.Rows)
	var other []aggregate.Row
	if n := len(rows); n > 0 && rows[n-1].Other {
		rows, other = rows[:n-1], rows[n-1:]
	}
	slices.SortStableFunc(rows, func(a, b aggregate.Row) int { return compareFailures(&a, &b) })
	failed := 0
	for failed < len(rows) && rows[failed].ELB5xx+rows[failed].Target5xx > 0 {
		failed++
	}
	n := min(r.Top, failed+quietRows, len(rows))
	for _, row := range rows[n:] {
		left.Keys++
		left.Requests += row.Requests
		left.ELB5xx += row.ELB5xx
	}
	return append(rows[:n:n], other...), left
}
