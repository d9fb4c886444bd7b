package report

import (
	"cmp"
	"math"
	"slices"
	"time"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/cause"
)

// An htmlTimeline is what the charts over time show, in columns of one width.
type htmlTimeline struct {
	Start    int64         `json:"start"` // of the first column, seconds since 1970
	Step     int64         `json:"step"`  // of a column, seconds
	Requests []uint64      `json:"requests"`
	Failures []htmlFailure `json:"failures"` // the most frequent first
	Latency  []htmlLatency `json:"latency"`
	Deploys  []htmlDeploy  `json:"deploys"`
	Comings  []htmlComing  `json:"comings"`
}

// An htmlFailure is the failed requests of one cause. Columns without any are left out.
type htmlFailure struct {
	Name  string   `json:"name"`
	Title string   `json:"title"`
	Total uint64   `json:"total"`
	Quiet bool     `json:"quiet"` // lies with clients or was meant, so it is not shown at first
	At    []int    `json:"at"`    // columns
	N     []uint64 `json:"n"`
}

// An htmlLatency is one quantile in milliseconds, nil where there was no request. Of columns wider than what was counted
// it is the highest within.
type htmlLatency struct {
	Name string     `json:"name"`
	Of   []*float64 `json:"of"`
}

type htmlDeploy struct {
	From int64  `json:"from"`
	To   int64  `json:"to"`
	Text string `json:"text"`
}

// An htmlComing is a target's first or last request.
type htmlComing struct {
	At     int64  `json:"at"`
	Gone   bool   `json:"gone"`
	Target string `json:"target"`
	Group  string `json:"group"`
}

// htmlTimeline is nil where nothing was counted by time.
func (r *Report) htmlTimeline(room *htmlRoom) *htmlTimeline {
	rows, bucket := r.timeRows(), r.Result.Counts.TimeBucket
	if len(rows) == 0 || bucket < time.Second {
		return nil
	}
	k := columnWidth(len(rows), room.columns, bucket)
	step := time.Duration(k) * bucket
	requests := make([]uint64, len(rows))
	for i := range rows {
		requests[i] = rows[i].Requests
	}
	t := &htmlTimeline{
		Start: rows[0].Start.Unix(), Step: int64(step / time.Second), Requests: regroup(requests, k), Latency: htmlLatencies(rows, k),
		Deploys: []htmlDeploy{}, Comings: r.htmlComings(room),
	}
	t.Failures = r.failuresByCause(rows[0].Start, step, len(t.Requests))
	if t.Failures == nil {
		t.Failures = failuresByStatus(rows, k)
	}
	for _, f := range r.findings() {
		if f.ID == "deploy" && len(t.Deploys) < room.findings {
			t.Deploys = append(t.Deploys, htmlDeploy{f.First.Unix(), f.Last.Unix(), room.said(f.Title + ": " + f.Summary)})
		}
	}
	return t
}

// failuresByCause places the failed records that were kept, each under the cause that was decided on. Where not all
// were kept, one stands for several. Nil without any.
func (r *Report) failuresByCause(start time.Time, step time.Duration, columns int) []htmlFailure {
	ev := r.Result.Evidence
	kept := [cause.Count]float64{}
	for _, f := range ev.Failures {
		kept[f.Row]++
	}
	weight := [cause.Count]float64{}
	for _, c := range ev.Causes {
		weight[c.Cause] = float64(c.Requests) / max(kept[c.Cause], 1)
	}
	sums := map[cause.Cause][]float64{}
	for _, f := range ev.Failures {
		at := f.End.Time()
		if r.Options.TimeField == "created" {
			at = f.Start.Time()
		}
		column := int(at.Sub(start) / step)
		if at.Before(start) || column >= columns {
			continue
		}
		c := r.causeOf(f)
		if sums[c] == nil {
			sums[c] = make([]float64, columns)
		}
		sums[c][column] += weight[f.Row]
	}
	var list []htmlFailure
	for c := cause.None + 1; int(c) < cause.Count; c++ {
		if sums[c] == nil {
			continue
		}
		list = append(list, sparse(c.String(), title(c), slices.Contains(outside, c), columns, func(i int) uint64 {
			return uint64(math.Round(sums[c][i]))
		}))
	}
	return mostFrequentFirst(list)
}

func (r *Report) causeOf(f *evidence.Failure) cause.Cause {
	if r.Diagnosis != nil {
		if v := r.Diagnosis.Of(f.Source, f.Line, f.Row); v != nil {
			return v.Cause
		}
	}
	return f.Row
}

// failuresByStatus is what the rows alone tell.
func failuresByStatus(rows []aggregate.Row, k int) []htmlFailure {
	list := []htmlFailure{}
	for _, x := range []struct {
		name, title string
		of          func(*aggregate.Row) uint64
	}{
		{"504", "504 made by the load balancer", func(x *aggregate.Row) uint64 { return x.ELB504 }},
		{"502", "502 made by the load balancer", func(x *aggregate.Row) uint64 { return x.ELB502 }},
		{"503", "503 made by the load balancer", func(x *aggregate.Row) uint64 { return x.ELB503 }},
		{"other 5xx", "another 5xx made by the load balancer", func(x *aggregate.Row) uint64 { return x.ELB5xx - x.ELB502 - x.ELB503 - x.ELB504 }},
		{"target-5xx", "5xx made by targets", func(x *aggregate.Row) uint64 { return x.Target5xx }},
	} {
		values := make([]uint64, len(rows))
		for i := range rows {
			values[i] = x.of(&rows[i])
		}
		values = regroup(values, k)
		if f := sparse(x.name, x.title, false, len(values), func(i int) uint64 { return values[i] }); f.Total > 0 {
			list = append(list, f)
		}
	}
	return mostFrequentFirst(list)
}

func sparse(name, title string, quiet bool, columns int, of func(int) uint64) htmlFailure {
	f := htmlFailure{Name: name, Title: title, Quiet: quiet, At: []int{}, N: []uint64{}}
	for i := range columns {
		if n := of(i); n > 0 {
			f.At, f.N, f.Total = append(f.At, i), append(f.N, n), f.Total+n
		}
	}
	return f
}

func mostFrequentFirst(list []htmlFailure) []htmlFailure {
	slices.SortStableFunc(list, func(a, b htmlFailure) int { return -cmp.Compare(a.Total, b.Total) })
	return list
}

func htmlLatencies(rows []aggregate.Row, k int) []htmlLatency {
	list := []htmlLatency{}
	for _, x := range []struct {
		name string
		of   func(*aggregate.Row) (aggregate.Quantiles, int64)
	}{
		{"target time p50", func(x *aggregate.Row) (aggregate.Quantiles, int64) { return x.TargetTime, x.TargetTime.P50 }},
		{"target time p90", func(x *aggregate.Row) (aggregate.Quantiles, int64) { return x.TargetTime, x.TargetTime.P90 }},
		{"target time p99", func(x *aggregate.Row) (aggregate.Quantiles, int64) { return x.TargetTime, x.TargetTime.P99 }},
		{"duration p99", func(x *aggregate.Row) (aggregate.Quantiles, int64) { return x.Duration, x.Duration.P99 }},
	} {
		line := htmlLatency{Name: x.name}
		some := false
		for i := 0; i < len(rows); i += k {
			most := int64(-1)
			for j := i; j < min(i+k, len(rows)); j++ {
				if q, value := x.of(&rows[j]); q.Count > 0 {
					most = max(most, value)
				}
			}
			if most < 0 {
				line.Of = append(line.Of, nil)
				continue
			}
			ms := math.Round(float64(most)/100) / 10
			line.Of, some = append(line.Of, &ms), true
		}
		if some {
			list = append(list, line)
		}
	}
	return list
}

// htmlComings are the targets that came and went, as far as the log tells: a target that is seldom sent to may only
// have been quiet, so the span before or after has to be 20 times its usual pause, and 3 minutes.
func (r *Report) htmlComings(room *htmlRoom) []htmlComing {
	first, last := r.Result.Counts.Totals.First, r.Result.Counts.Totals.Last
	list := []htmlComing{}
	for _, l := range r.Result.Evidence.Lives {
		from, to := l.FirstSent.Time(), l.LastSent.Time()
		patience := max(3*time.Minute, 20*to.Sub(from)/time.Duration(max(l.Requests, 1)))
		target, group := room.cut(l.Target), room.cut(aggregate.GroupName(l.TargetGroup))
		if from.Sub(first) > patience {
			list = append(list, htmlComing{from.Unix(), false, target, group})
		}
		if last.Sub(to) > patience {
			list = append(list, htmlComing{to.Unix(), true, target, group})
		}
	}
	slices.SortStableFunc(list, func(a, b htmlComing) int { return cmp.Compare(a.At, b.At) })
	return list[:min(len(list), 2*room.rows)]
}

// An htmlHeat is a heat map: the keys of one dimension with most impact, over time.
type htmlHeat struct {
	Name  string    `json:"name"`
	Start int64     `json:"start"` // of the first column, seconds since 1970
	Step  int64     `json:"step"`
	Keys  []htmlKey `json:"keys"`
}

// An htmlKey is one key's requests, and how many of these failed, from the first column to the last with any.
type htmlKey struct {
	Key      string   `json:"key"`
	First    int64    `json:"first"` // column
	Requests []uint64 `json:"requests"`
	ELB      []uint64 `json:"elb"`    // 502, 503 and 504 made by the load balancer
	Target   []uint64 `json:"target"` // 5xx made by targets
}

func (r *Report) htmlHeat(room *htmlRoom) []htmlHeat {
	list := []htmlHeat{}
	for _, s := range r.Result.Counts.Series {
		h := htmlHeat{Name: singular(aggregate.Dimension{s.Part}), Step: int64(s.Bucket / time.Second), Start: math.MaxInt64}
		for _, k := range s.Keys {
			if len(k.Points) > 0 {
				h.Start = min(h.Start, k.Points[0].Start.Unix())
			}
		}
		if h.Step <= 0 || h.Start == math.MaxInt64 {
			continue
		}
		for i := range s.Keys[:min(len(s.Keys), room.keys)] {
			h.Keys = append(h.Keys, htmlKeyOf(room, &s.Keys[i], h.Start, h.Step))
		}
		list = append(list, h)
	}
	return list
}

func htmlKeyOf(room *htmlRoom, k *aggregate.KeySeries, start, step int64) htmlKey {
	key := htmlKey{Key: "(none)", Requests: []uint64{}, ELB: []uint64{}, Target: []uint64{}}
	if !k.Key.Absent {
		key.Key = room.said(k.Key.Text)
	}
	for i, x := range k.Points {
		column := (x.Start.Unix() - start) / step
		if i == 0 {
			key.First = column
		}
		for int64(len(key.Requests)) < column-key.First {
			key.Requests, key.ELB, key.Target = append(key.Requests, 0), append(key.ELB, 0), append(key.Target, 0)
		}
		key.Requests, key.ELB, key.Target = append(key.Requests, x.Requests), append(key.ELB, x.ELB502+x.ELB503+x.ELB504), append(key.Target, x.Target5xx)
	}
	return key
}
