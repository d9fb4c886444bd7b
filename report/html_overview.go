package report

import (
	"fmt"
	"strings"
	"time"
)

// An htmlOverview is the 5xx over the whole of the logs, drawn where the findings' strips stand below it.
type htmlOverview struct {
	ELB, Target    string // the bars, as paths in a box of overviewWidth by overviewHeight; "" without any
	Peak, Per      string // most 5xx of a column, and a column's width
	First, Last    string
	Columns, Total string // for who cannot see it
}

const (
	overviewWidth   = 1000
	overviewHeight  = 40
	overviewColumns = 250
)

// htmlOverview is nil where there is no 5xx, or but one bucket of time.
func (r *Report) htmlOverview(p *page) *htmlOverview {
	rows, bucket := r.timeRows(), r.Result.Counts.TimeBucket
	if len(rows) < 2 {
		return nil
	}
	elb, target := make([]uint64, len(rows)), make([]uint64, len(rows))
	for i := range rows {
		elb[i], target[i] = rows[i].ELB5xx, rows[i].Target5xx
	}
	k := columnWidth(len(rows), overviewColumns, bucket)
	elb, target = regroup(elb, k), regroup(target, k)
	total, most := uint64(0), uint64(0)
	for i := range elb {
		total, most = total+elb[i]+target[i], max(most, elb[i]+target[i])
	}
	if total == 0 {
		return nil
	}
	first, last := r.drawn()
	return &htmlOverview{
		ELB: bars(elb, nil, most), Target: bars(target, elb, most),
		Peak: count(most), Per: span(time.Duration(k) * bucket), Columns: count(uint64(len(elb))), Total: count(total),
		First: p.minute(first), Last: p.minute(last),
	}
}

// bars is a path of a bar a value, on top of those below, scaled so that most is as high as the box. What is not nothing
// can be seen.
func bars(values, below []uint64, most uint64) string {
	var b strings.Builder
	width := overviewWidth / float64(len(values))
	height := func(n uint64) float64 {
		if n == 0 {
			return 0
		}
		return max(overviewHeight*float64(n)/float64(most), 1.5)
	}
	for i, n := range values {
		if n == 0 {
			continue
		}
		bottom := float64(overviewHeight)
		if below != nil {
			bottom -= height(below[i])
		}
		fmt.Fprintf(&b, "M%.1f %.1fv-%.1fh%.1fv%.1fz", float64(i)*width, bottom, height(n), width, height(n))
	}
	return b.String()
}
