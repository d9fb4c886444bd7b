package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/internal/cause"
	"alblens/internal/terminal"
)

// An htmlTable is a table that scripts sort and filter by what its cells show.
type htmlTable struct {
	ID, Name string // the dimension, for machines and for people
	Columns  []htmlColumn
	Rows     []htmlRow
	Notes    []string
}

type htmlColumn struct {
	Head, Help string
	Key        bool // text of the log
}

// An htmlRow begins with the cells of its keys.
type htmlRow struct {
	Keys   []htmlValue
	Cells  []string
	Failed bool // has a 5xx
	Bad    bool // has a 5xx made by the load balancer
}

// A statColumn shows a number of a row. It is left out where no row has one.
type statColumn struct {
	head, help string
	of         func(*aggregate.Stats) string // "" for none
}

func numbered(n uint64) string {
	if n == 0 {
		return ""
	}
	return count(n)
}

func rated(n, of uint64) string {
	if n == 0 {
		return ""
	}
	return percent(n, of)
}

func timed(q aggregate.Quantiles, v int64) string {
	if q.Count == 0 {
		return ""
	}
	return micros(v)
}

// htmlColumns are the columns of numbers, given the totals.
func htmlColumns(totals *aggregate.Stats) []statColumn {
	return []statColumn{
		{"requests", "", func(s *aggregate.Stats) string { return count(s.Requests) }},
		{"of traffic", "share of all requests", func(s *aggregate.Stats) string { return rated(s.Requests, totals.Requests) }},
		{"LB 5xx", "5xx made by the load balancer", func(s *aggregate.Stats) string { return numbered(s.ELB5xx) }},
		{"of LB 5xx", "share of all 5xx made by the load balancer", func(s *aggregate.Stats) string { return rated(s.ELB5xx, totals.ELB5xx) }},
		{"LB rate", "5xx made by the load balancer, of the row's requests", func(s *aggregate.Stats) string { return rated(s.ELB5xx, s.Requests) }},
		{"502", "made by the load balancer", func(s *aggregate.Stats) string { return numbered(s.ELB502) }},
		{"503", "made by the load balancer", func(s *aggregate.Stats) string { return numbered(s.ELB503) }},
		{"504", "made by the load balancer", func(s *aggregate.Stats) string { return numbered(s.ELB504) }},
		{"460", "clients that gave up first", func(s *aggregate.Stats) string { return numbered(s.ELB460) }},
		{"tgt 5xx", "5xx made by targets", func(s *aggregate.Stats) string { return numbered(s.Target5xx) }},
		{"tgt rate", "5xx made by targets, of the row's requests", func(s *aggregate.Stats) string { return rated(s.Target5xx, s.Requests) }},
		{"tgt p50", "target time, median, within 1 %", func(s *aggregate.Stats) string { return timed(s.TargetTime, s.TargetTime.P50) }},
		{"tgt p99", "target time, 99th percentile, within 1 %", func(s *aggregate.Stats) string { return timed(s.TargetTime, s.TargetTime.P99) }},
		{"dur p99", "duration, failures included, 99th percentile, within 1 %", func(s *aggregate.Stats) string { return timed(s.Duration, s.Duration.P99) }},
	}
}

// parts of a bound row's numbers would be misleading: the rates of what is only a part of the key's requests.
var rateHeads = []string{"of traffic", "of LB 5xx", "LB rate", "tgt rate"}

// maxTables bounds how many dimensions are shown.
const maxTables = 20

func (r *Report) htmlTables(p *page, room *htmlRoom) []htmlTable {
	var list []htmlTable
	for i := range r.Result.Counts.Tables {
		if t := &r.Result.Counts.Tables[i]; !t.By.Is(aggregate.Time) && len(t.Rows) > 0 && len(list) < maxTables {
			list = append(list, r.htmlTable(p, room, t))
		}
	}
	return list
}

func (r *Report) htmlTable(p *page, room *htmlRoom, t *aggregate.Table) htmlTable {
	limited := *r
	if r.Top <= 0 || r.Top > room.rows {
		limited.Top = room.rows
	}
	rows, left := limited.rows(t)
	h := htmlTable{ID: t.By.String(), Name: sentenceHead(singular(t.By))}
	for _, part := range t.By {
		h.Columns = append(h.Columns, htmlColumn{Head: singular(aggregate.Dimension{part}), Key: true})
	}
	withGroup := t.By.Is(aggregate.Target)
	if withGroup {
		h.Columns = append(h.Columns, htmlColumn{Head: "target group", Help: "the one with most of the target's requests", Key: true})
	}
	bounds := false
	for i := range rows {
		row := &rows[i]
		x := htmlRow{Failed: row.ELB5xx+row.Target5xx > 0, Bad: row.ELB5xx > 0}
		for j, key := range p.keys(t.By, row) {
			long := key
			if t.By[j] == aggregate.TargetGroup && !row.Other && !row.Values[j].Absent {
				long = clean(row.Values[j].Text)
			}
			x.Keys = append(x.Keys, room.key(key, long))
		}
		if withGroup && !row.Other && !row.Group.Absent {
			name := clean(aggregate.GroupName(row.Group.Text))
			x.Keys = append(x.Keys, room.key(name, name)) // its ARN is in the target groups' own table
		} else if withGroup {
			x.Keys = append(x.Keys, htmlValue{})
		}
		bounds = bounds || row.LowerBound
		h.Rows = append(h.Rows, x)
	}
	for _, c := range htmlColumns(&r.Result.Counts.Totals) {
		cells := make([]string, len(rows))
		for i := range rows {
			cells[i] = c.of(&rows[i].Stats)
			switch {
			case rows[i].LowerBound && slices.Contains(rateHeads, c.head):
				cells[i] = ""
			case rows[i].LowerBound && c.head == "requests":
				cells[i] = "≥" + cells[i]
			}
		}
		h.addColumn(c.head, c.help, cells)
	}
	if t.By.Is(aggregate.Target) {
		// The year makes the table wider than a screen, and stands at the top of the page.
		year := ""
		if totals := &r.Result.Counts.Totals; totals.First.UTC().Year() == totals.Last.UTC().Year() {
			year = totals.First.UTC().Format("2006-")
		}
		for _, c := range []struct {
			head string
			of   func(*aggregate.Row) time.Time
		}{{"first seen", func(x *aggregate.Row) time.Time { return x.First }}, {"last seen", func(x *aggregate.Row) time.Time { return x.Last }}} {
			cells := make([]string, len(rows))
			for i := range rows {
				if at := c.of(&rows[i]); !at.IsZero() {
					cells[i] = strings.TrimPrefix(p.clock(at), year)
				}
			}
			h.addColumn(c.head, "UTC", cells)
		}
	}
	if left.Keys > 0 {
		h.Notes = append(h.Notes, fmt.Sprintf("%s not shown: %s, %s 5xx of the load balancer. They are those with fewest failures; --top and -f json give more.",
			counted(uint64(left.Keys), "key"), counted(left.Requests, "request"), count(left.ELB5xx)))
	}
	if t.KeysDropped > 0 {
		h.Notes = append(h.Notes, otherKey+" is "+counted(t.RequestsDropped, "request")+" whose keys did not fit in memory; --max-memory gives more room.")
	}
	if bounds {
		h.Notes = append(h.Notes, "≥: some of the key's requests may be among "+otherKey+".")
	}
	return h
}

// longestKey is how much of a key a cell shows. More of it is in the cell's title.
const longestKey = 120

// key is what a cell shows of a key, and what that is short for.
func (room *htmlRoom) key(text, long string) htmlValue {
	v := htmlValue{Text: terminal.Cut(text, min(longestKey, room.text))}
	if long = terminal.Cut(long, min(1000, room.text)); long != v.Text {
		v.Long = long
	}
	return v
}

// addColumn adds a column unless it is empty.
func (h *htmlTable) addColumn(head, help string, cells []string) {
	if !slices.ContainsFunc(cells, func(s string) bool { return s != "" }) {
		return
	}
	h.Columns = append(h.Columns, htmlColumn{Head: head, Help: help})
	for i := range h.Rows {
		h.Rows[i].Cells = append(h.Rows[i].Cells, cells[i])
	}
}

func sentenceHead(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// shownMinutes is how many of the worst buckets of time are in a table.
const shownMinutes = 25

// htmlMinutes is the buckets of time with most 5xx; nil where there are none.
func (r *Report) htmlMinutes(p *page) *htmlTable {
	worst, failed := r.worstBucket()
	if worst == nil {
		return nil
	}
	rows := slices.Clone(r.timeRows())
	slices.SortStableFunc(rows, func(a, b aggregate.Row) int { return compareFailures(&a, &b) })
	rows = rows[:min(failed, shownMinutes)]
	h := &htmlTable{ID: "minutes", Name: "Worst minutes", Columns: []htmlColumn{{Head: "start, UTC", Key: true}}}
	if bucket := r.Result.Counts.TimeBucket; bucket != time.Minute {
		h.Name = "Worst spans of " + span(bucket)
	}
	for i := range rows {
		h.Rows = append(h.Rows, htmlRow{Keys: []htmlValue{{Text: p.minute(rows[i].Start)}}, Failed: true, Bad: rows[i].ELB5xx > 0})
	}
	for _, c := range htmlColumns(&r.Result.Counts.Totals) {
		cells := make([]string, len(rows))
		for i := range rows {
			cells[i] = c.of(&rows[i].Stats)
		}
		h.addColumn(c.head, c.help, cells)
	}
	if failed > len(rows) {
		h.Notes = append(h.Notes, counted(uint64(failed-len(rows)), "span")+" more with a 5xx.")
	}
	return h
}

// An htmlCause is a cause and how many records it explains.
type htmlCause struct {
	Name, Title, Requests, Share string
	PerMille                     int // of the most frequent
}

func (r *Report) htmlCauses() []htmlCause {
	var causes []cause.Cause
	for c := cause.None + 1; int(c) < cause.Count; c++ {
		if r.attribution(c) > 0 {
			causes = append(causes, c)
		}
	}
	slices.SortStableFunc(causes, func(a, b cause.Cause) int { return -cmp.Compare(r.attribution(a), r.attribution(b)) })
	var list []htmlCause
	for _, c := range causes {
		n := r.attribution(c)
		list = append(list, htmlCause{c.String(), title(c), count(n), percent(n, r.Result.Counts.Totals.Requests), perMille(n, r.attribution(causes[0]))})
	}
	return list
}

// perMille is at least 4 of what is not nothing, so that it can be seen.
func perMille(n, of uint64) int {
	if n == 0 || of == 0 {
		return 0
	}
	return max(int(1000*float64(n)/float64(of)), 4)
}

// An htmlWorst is the key of a dimension with most 5xx, and what it has of the traffic.
type htmlWorst struct {
	Dimension, Key, Long   string
	Failures, Share, Usual string
	SharePerMille, Of      int // of the 5xx, and of the traffic
	Rate                   string
}

// htmlWhere shows concentrations: of the load balancer's 5xx, or where it made none, of the targets'.
func (r *Report) htmlWhere(p *page, room *htmlRoom) (list []htmlWorst, of string) {
	totals := &r.Result.Counts.Totals
	failures, of := elb5xx, "the load balancer's 5xx"
	if totals.ELB5xx == 0 {
		failures, of = target5xx, "the targets' 5xx"
	}
	if failures(totals) == 0 {
		return nil, ""
	}
	for i := range r.Result.Counts.Tables {
		t := &r.Result.Counts.Tables[i]
		if len(t.Rows) < 2 || t.By.Is(aggregate.Time) || len(list) == maxTables {
			continue
		}
		worst := &t.Rows[0]
		for j := range t.Rows {
			if failures(&t.Rows[j].Stats) > failures(&worst.Stats) {
				worst = &t.Rows[j]
			}
		}
		n := failures(&worst.Stats)
		key := strings.Join(p.keys(t.By, worst), " ")
		shown := room.key(key, key)
		list = append(list, htmlWorst{
			Dimension: sentenceHead(singular(t.By)), Key: shown.Text, Long: shown.Long, Failures: count(n),
			Share: percent(n, failures(totals)), Usual: percent(worst.Requests, totals.Requests), Rate: percent(n, worst.Requests),
			SharePerMille: perMille(n, failures(totals)), Of: perMille(worst.Requests, totals.Requests),
		})
	}
	return list, of
}
