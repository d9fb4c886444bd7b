package aggregate

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

// The oracle says a second time, in the plainest way, what is to be counted: it keeps all rows, groups them with maps,
// and sorts latencies. It reads rows, never lines, so that it owes nothing to the parser.
type oracle struct {
	byCreation bool
	bucket     time.Duration
	templates  bool
}

// seen is the time by which a row is counted.
func (o oracle) seen(r row) time.Time {
	if o.byCreation && !r.created.IsZero() {
		return r.created
	}
	return r.at
}

// start is the start of the bucket that holds t. Buckets are counted from 1970.
func (o oracle) start(t time.Time) time.Time {
	since1970 := t.Sub(time.Unix(0, 0))
	rest := since1970 % o.bucket
	if rest < 0 {
		rest += o.bucket
	}
	return t.Add(-rest).UTC()
}

// text is what a row has for one part of a dimension, "-" for nothing.
func (o oracle) text(p Part, r row) string {
	switch p {
	case Target:
		return r.target
	case Path:
		if o.templates {
			return r.template
		}
		return r.path
	case Time:
		return o.start(o.seen(r)).Format(time.RFC3339)
	case TargetGroup:
		return r.group
	case Host:
		switch {
		case r.sni != "-" && r.sni != "":
			return r.sni
		case r.method == "-":
			return "-"
		}
		return r.urlHost
	case Method:
		return r.method
	case LoadBalancer:
		return r.lb
	case Node:
		if r.node == "-" && r.objectsNode != "" {
			return r.objectsNode
		}
		return r.node
	case Client:
		return r.clientIP
	case Status:
		return r.elb
	case Rule:
		return r.rule
	case UserAgent:
		return r.agent
	}
	panic("unknown part")
}

func (o oracle) values(d Dimension, r row) []Value {
	values := make([]Value, len(d))
	for i, p := range d {
		if text := o.text(p, r); text == "-" {
			values[i] = Value{Absent: true}
		} else {
			values[i] = Value{Text: text}
		}
	}
	return values
}

func isFailure(status string) bool { return len(status) == 3 && status[0] == '5' }

func madeByTarget(r row) bool { return isFailure(r.tgt) && isFailure(r.elb) }

// madeByLB is the contract's elb_5xx: a 5xx that is not the target's, and that no rule gave on purpose.
func madeByLB(r row) bool {
	actions := strings.Split(r.actions, ",")
	last := actions[len(actions)-1]
	return isFailure(r.elb) && !isFailure(r.tgt) && last != "fixed-response" && last != "waf"
}

func (o oracle) stats(rows []row) Stats {
	s := Stats{}
	status := map[int]uint64{}
	var targetTimes, durations []int64
	for _, r := range rows {
		s.Requests++
		status[statusNumber(r.elb)]++
		if madeByLB(r) {
			s.ELB5xx++
			switch r.elb {
			case "500":
				s.ELB500++
			case "502":
				s.ELB502++
			case "503":
				s.ELB503++
			case "504":
				s.ELB504++
			}
		}
		if r.elb == "460" {
			s.ELB460++
		}
		if madeByTarget(r) {
			s.Target5xx++
		}
		for i, missing := range []*uint64{&s.MissingRequestTime, &s.MissingTargetTime, &s.MissingResponseTime} {
			if r.times[i] < 0 {
				*missing++
			}
		}
		s.ReceivedBytes += number(r.received)
		s.SentBytes += number(r.sent)
		if seen := o.seen(r); s.Requests == 1 {
			s.First, s.Last = seen, seen
		} else {
			if seen.Before(s.First) {
				s.First = seen
			}
			if seen.After(s.Last) {
				s.Last = seen
			}
		}
		if r.times[1] >= 0 {
			targetTimes = append(targetTimes, r.times[1])
		}
		if !r.created.IsZero() && !r.at.Before(r.created) && r.kind != "ws" && r.kind != "wss" {
			durations = append(durations, r.at.Sub(r.created).Microseconds())
		}
	}
	for code, n := range status {
		s.Status = append(s.Status, StatusCount{code, n})
	}
	slices.SortFunc(s.Status, func(a, b StatusCount) int { return a.Status - b.Status })
	s.TargetTime, s.Duration = exact(targetTimes), exact(durations)
	return s
}

func statusNumber(text string) int {
	if text == "-" {
		return NoStatus
	}
	return int(number(text))
}

// number is 0 for "-".
func number(text string) uint64 {
	n, _ := strconv.ParseUint(text, 10, 64)
	return n
}

// exact is the quantiles by sorting: the value at rank ⌈q·n⌉.
func exact(values []int64) Quantiles {
	n := len(values)
	if n == 0 {
		return Quantiles{}
	}
	slices.Sort(values)
	at := func(percent int) int64 { return values[(n*percent+99)/100-1] }
	return Quantiles{Count: uint64(n), P50: at(50), P90: at(90), P99: at(99), Max: values[n-1]}
}

// groups sorts rows by what they have for d. keys are in the order in which they come.
func (o oracle) groups(d Dimension, rows []row) (keys []string, byKey map[string][]row) {
	byKey = map[string][]row{}
	for _, r := range rows {
		key := fmt.Sprint(o.values(d, r))
		if byKey[key] == nil {
			keys = append(keys, key)
		}
		byKey[key] = append(byKey[key], r)
	}
	return keys, byKey
}

// table is the table of any dimension but time alone.
func (o oracle) table(d Dimension, rows []row) Table {
	t := Table{By: d, Rows: []Row{}}
	keys, byKey := o.groups(d, rows)
	for _, key := range keys {
		same := byKey[key]
		row := Row{Values: o.values(d, same[0]), Group: Value{Absent: true}, Stats: o.stats(same)}
		if d.String() == "target" {
			row.Group = mainGroup(same)
		}
		t.Rows = append(t.Rows, row)
	}
	slices.SortFunc(t.Rows, byImpact)
	return t
}

// byImpact is the contract's order: 5xx made by the load balancer, then requests, then key.
func byImpact(a, b Row) int {
	return cmp.Or(
		-cmp.Compare(a.ELB5xx, b.ELB5xx),
		-cmp.Compare(a.Requests, b.Requests),
		slices.CompareFunc(a.Values, b.Values, func(a, b Value) int { return cmp.Compare(shown(a), shown(b)) }),
	)
}

func shown(v Value) string {
	if v.Absent {
		return "-"
	}
	return v.Text
}

func mainGroup(rows []row) Value {
	count := map[string]int{}
	for _, r := range rows {
		if r.group != "-" {
			count[r.group]++
		}
	}
	best := Value{Absent: true}
	for group, n := range count {
		if best.Absent || n > count[best.Text] || n == count[best.Text] && group < best.Text {
			best = Value{Text: group}
		}
	}
	return best
}

// timeline has a row for each bucket from the first to the last.
func (o oracle) timeline(rows []row) []Row {
	if len(rows) == 0 {
		return nil
	}
	byStart := map[time.Time][]row{}
	first, last := o.start(o.seen(rows[0])), o.start(o.seen(rows[0]))
	for _, r := range rows {
		start := o.start(o.seen(r))
		byStart[start] = append(byStart[start], r)
		if start.Before(first) {
			first = start
		}
		if start.After(last) {
			last = start
		}
	}
	var out []Row
	for start := first; !start.After(last); start = start.Add(o.bucket) {
		out = append(out, Row{Values: []Value{{Text: start.Format(time.RFC3339)}}, Start: start, Stats: o.stats(byStart[start])})
	}
	return out
}

// series is that of the twenty worst keys, in buckets wide enough that there are at most 720 of them.
func (o oracle) series(p Part, rows []row) Series {
	worst := o.table(Dimension{p}, rows).Rows
	worst = worst[:min(len(worst), 20)]
	for {
		s := Series{Part: p, Bucket: o.bucket}
		var first, last time.Time
		for _, w := range worst {
			k := KeySeries{Key: w.Values[0], Points: []Point{}}
			for _, r := range rows {
				if o.values(Dimension{p}, r)[0] != k.Key {
					continue
				}
				start := o.start(o.seen(r))
				if first.IsZero() || start.Before(first) {
					first = start
				}
				if start.After(last) {
					last = start
				}
				i, found := slices.BinarySearchFunc(k.Points, start, func(p Point, t time.Time) int { return p.Start.Compare(t) })
				if !found {
					k.Points = slices.Insert(k.Points, i, Point{Start: start})
				}
				k.Points[i].add(r)
			}
			s.Keys = append(s.Keys, k)
		}
		if last.Sub(first) < 720*o.bucket {
			return s
		}
		o.bucket *= 2
	}
}

func (p *Point) add(r row) {
	p.Requests++
	if madeByTarget(r) {
		p.Target5xx++
	}
	if madeByLB(r) {
		switch r.elb {
		case "502":
			p.ELB502++
		case "503":
			p.ELB503++
		case "504":
			p.ELB504++
		}
	}
}

func (o oracle) missing(rows []row) []Missing {
	byStatus := map[int]*Missing{}
	for _, r := range rows {
		which := ""
		for i, letter := range []string{"r", "t", "p"} {
			if r.times[i] < 0 {
				which += letter
			}
		}
		if which == "" {
			continue
		}
		status := statusNumber(r.elb)
		if byStatus[status] == nil {
			byStatus[status] = &Missing{Status: status}
		}
		switch m := byStatus[status]; which {
		case "rtp":
			m.All++
		case "tp":
			m.TargetResponse++
		case "p":
			m.Response++
		default:
			m.Other++
		}
	}
	list := []Missing{}
	for _, m := range byStatus {
		list = append(list, *m)
	}
	slices.SortFunc(list, func(a, b Missing) int { return a.Status - b.Status })
	return list
}

// result is all of it, when nothing is too much.
func (o oracle) result(by []Dimension, rows []row) *Result {
	r := &Result{Bucket: o.bucket, TimeBucket: o.bucket, Totals: o.stats(rows), Missing: o.missing(rows)}
	for _, d := range by {
		switch d.String() {
		case "time":
			r.Tables = append(r.Tables, Table{By: d, Rows: o.timeline(rows)})
			continue
		case "target", "path":
			r.Series = append(r.Series, o.series(d[0], rows))
		}
		r.Tables = append(r.Tables, o.table(d, rows))
	}
	return r
}

// diff is "" for equal values, and else what differs, got behind - and want behind +.
func diff(got, want any) string {
	if reflect.DeepEqual(got, want) { // gocmp.Diff takes long to find nothing
		return ""
	}
	return gocmp.Diff(got, want)
}

// checkResult compares a Result with the oracle's: quantiles within 1 %, all else exactly.
func checkResult(t *testing.T, got, want *Result) {
	t.Helper()
	checkStats(t, "totals", got.Totals, want.Totals)
	if len(got.Tables) != len(want.Tables) {
		t.Fatalf("%d tables, want %d", len(got.Tables), len(want.Tables))
	}
	for i := range got.Tables {
		checkTable(t, got.Tables[i], want.Tables[i])
	}
	for _, x := range []struct {
		name      string
		got, want any
	}{
		{"bucket", got.Bucket, want.Bucket},
		{"time bucket", got.TimeBucket, want.TimeBucket},
		{"missing", got.Missing, want.Missing},
		{"series", got.Series, want.Series},
	} {
		if d := diff(x.got, x.want); d != "" {
			t.Errorf("%s: got -, want +:\n%s", x.name, d)
		}
	}
}

func checkTable(t *testing.T, got, want Table) {
	t.Helper()
	name := got.By.String()
	if name != want.By.String() || got.KeysDropped != want.KeysDropped || got.RequestsDropped != want.RequestsDropped {
		t.Errorf("table of %s drops %d keys, %d requests; want %s, %d, %d", name, got.KeysDropped, got.RequestsDropped,
			want.By, want.KeysDropped, want.RequestsDropped)
	}
	if len(got.By) > 1 { // the order of combinations with equal numbers is not told
		got.Rows = slices.SortedStableFunc(slices.Values(got.Rows), byImpact)
	}
	if len(got.Rows) != len(want.Rows) {
		t.Errorf("by %s: %d rows, want %d", name, len(got.Rows), len(want.Rows))
		return
	}
	for i, g := range got.Rows {
		w := want.Rows[i]
		what := fmt.Sprintf("by %s, row %d %v", name, i, w.Values)
		checkStats(t, what, g.Stats, w.Stats)
		g.Stats, w.Stats = Stats{}, Stats{}
		if d := diff(g, w); d != "" {
			t.Errorf("%s: got -, want +:\n%s", what, d)
		}
		if t.Failed() {
			return // one row tells enough
		}
	}
}

func checkStats(t *testing.T, what string, got, want Stats) {
	t.Helper()
	checkQuantiles(t, what+": target time", got.TargetTime, want.TargetTime)
	checkQuantiles(t, what+": duration", got.Duration, want.Duration)
	got.TargetTime, got.Duration = want.TargetTime, want.Duration
	if d := diff(got, want); d != "" {
		t.Errorf("%s: got -, want +:\n%s", what, d)
	}
}

func checkQuantiles(t *testing.T, what string, got, want Quantiles) {
	t.Helper()
	near := func(a, b int64) bool { return max(a-b, b-a)*100 <= b }
	if got.Count != want.Count || got.Max != want.Max ||
		!near(got.P50, want.P50) || !near(got.P90, want.P90) || !near(got.P99, want.P99) {
		t.Errorf("%s: got %+v, want %+v within 1 %%", what, got, want)
	}
}
