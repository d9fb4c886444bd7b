package aggregate

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"alblens/internal/sketch"
	"alblens/parser"
)

// timeLayout is RFC 3339 in UTC; buckets begin on whole seconds.
const timeLayout = "2006-01-02T15:04:05Z"

// A Result is what was counted, sorted. It is plain data: tests may write one as a literal.
type Result struct {
	Bucket     time.Duration // as asked for
	TimeBucket time.Duration // of the rows of the time dimension: wider than Bucket where there would be too many
	Totals     Stats
	Missing    []Missing
	Tables     []Table // in the order of Options.By
	Series     []Series
}

// A Table is the rows of one dimension, by impact (5xx made by the load balancer, then requests, then key), or by
// time for the time dimension alone.
type Table struct {
	By   Dimension
	Rows []Row
	// KeysDropped is how often a full table dropped a key. The last row then is (other): all requests that are not in
	// the rows before it, RequestsDropped of them.
	KeysDropped, RequestsDropped uint64
}

// A Row is one key's counts.
type Row struct {
	Values []Value // one for each part of the dimension
	Other  bool    // the row of dropped keys; Values are empty
	// LowerBound says that some of the key's requests may be in the row of dropped keys: the key was dropped, or met
	// after others were.
	LowerBound bool
	Start      time.Time // of a row of the time dimension
	Group      Value     // of a target: the ARN of the target group with most of its requests
	Stats
}

// A Value is the text of one part of a key as it stands in the log, for a target group its ARN, for time the start
// of the bucket in RFC 3339.
type Value struct {
	Text   string
	Absent bool // "-" in the log
}

// Stats are the counts of a key. Byte counts leave out absent ones.
type Stats struct {
	Requests                       uint64
	Status                         []StatusCount // by status
	ELB5xx                         uint64        // 5xx that the load balancer made, and no rule on purpose
	ELB500, ELB502, ELB503, ELB504 uint64        // ELB5xx by status
	ELB460                         uint64
	Target5xx                      uint64
	// Records in which the processing time is -1.
	MissingRequestTime, MissingTargetTime, MissingResponseTime uint64
	ReceivedBytes, SentBytes                                   uint64
	First, Last                                                time.Time // zero without requests, and in the row (other)
	TargetTime, Duration                                       Quantiles
}

// A StatusCount is how often the load balancer answered with a status.
type StatusCount struct {
	Status   int // NoStatus for "-"
	Requests uint64
}

// NoStatus stands for "-", a connection that ended without an answer.
const NoStatus = int(parser.NoStatus)

// Quantiles are in microseconds, within 1 %. Max is exact, but in the row (other). All are 0 if Count is.
type Quantiles struct {
	Count              uint64
	P50, P90, P99, Max int64
}

// Missing is how often which of the three processing times were -1, for one status.
type Missing struct {
	Status                               int // NoStatus for "-"
	All, TargetResponse, Response, Other uint64
}

// A Series is the counts over time of the keys with most impact.
type Series struct {
	Part   Part
	Bucket time.Duration
	Keys   []KeySeries
}

// KeySeries has the buckets in which the key had requests, in order of time.
type KeySeries struct {
	Key    Value
	Points []Point
}

// A Point is one bucket of a series.
type Point struct {
	Start                                       time.Time
	Requests, ELB502, ELB503, ELB504, Target5xx uint64
}

const (
	seriesKeys  = 20
	seriesSlots = 720 // what a heat map can show
)

// Freeze returns what was counted. The Set must not be used again.
func (s *Set) Freeze() *Result {
	s.settle()
	r := &Result{Bucket: s.opts.Bucket, TimeBucket: s.opts.Bucket, Totals: s.totals.freeze(), Missing: s.freezeMissing()}
	tables := s.tables
	for _, d := range s.opts.By {
		if d.Is(Time) {
			rows, width := s.timeline.freeze(s.opts.Bucket.Microseconds())
			r.TimeBucket = time.Duration(width) * time.Microsecond
			r.Tables = append(r.Tables, Table{By: d, Rows: rows})
			continue
		}
		t := tables[0]
		tables = tables[1:]
		worst := t.byImpact()
		r.Tables = append(r.Tables, t.freeze(worst, &s.totals))
		if t.withSeries {
			r.Series = append(r.Series, t.freezeSeries(worst, s.opts.Bucket))
		}
	}
	return r
}

func (s *Set) freezeMissing() []Missing {
	list := []Missing{}
	for status, m := range s.missing {
		list = append(list, Missing{
			Status:         int(status),
			All:            m[noRequestTime|noTargetTime|noResponseTime],
			TargetResponse: m[noTargetTime|noResponseTime],
			Response:       m[noResponseTime],
			Other:          m[noRequestTime] + m[noTargetTime] + m[noRequestTime|noTargetTime] + m[noRequestTime|noResponseTime],
		})
	}
	slices.SortFunc(list, func(a, b Missing) int { return a.Status - b.Status })
	return list
}

// byImpact sorts by 5xx made by the load balancer, then requests, then values.
func (t *table) byImpact() []*entry {
	list := t.list()
	slices.SortFunc(list, func(a, b *entry) int {
		switch {
		case a.elb5xx != b.elb5xx:
			return descending(a.elb5xx, b.elb5xx)
		case a.requests != b.requests:
			return descending(a.requests, b.requests)
		case len(t.dim) == 1:
			return strings.Compare(a.key, b.key)
		}
		return slices.CompareFunc(t.dim.texts(a.key), t.dim.texts(b.key), strings.Compare)
	})
	return list
}

func (t *table) freeze(worst []*entry, totals *cell) Table {
	out := Table{By: t.dim, Rows: make([]Row, 0, len(t.entries)+1), KeysDropped: t.dropped}
	for _, e := range worst {
		out.Rows = append(out.Rows, Row{Values: t.dim.split(e.key), LowerBound: e.part, Group: e.mainGroup(), Stats: e.cell.freeze()})
	}
	other := cell{}
	if t.dropped > 0 {
		other.merge(totals)
		other.subtract(worst)
	}
	if other.requests > 0 {
		out.RequestsDropped = other.requests
		stats := other.freeze()
		stats.First, stats.Last = time.Time{}, time.Time{} // known of the totals only
		out.Rows = append(out.Rows, Row{Other: true, Stats: stats})
	}
	return out
}

// split undoes keyOf.
func (d Dimension) split(key string) []Value {
	values := make([]Value, len(d))
	for i, text := range d.texts(key) {
		values[i] = valueOf(text)
	}
	return values
}

// texts are the values of a key as the log has them.
func (d Dimension) texts(key string) []string {
	if len(d) == 1 {
		return []string{key}
	}
	texts := make([]string, len(d))
	for i := range d {
		value, rest, ok := cutValue(key)
		if !ok {
			panic("BUG: a combined key that keyOf did not make")
		}
		texts[i], key = value, rest
	}
	return texts
}

// cutValue cuts the first part off a combined key.
func cutValue(key string) (value, rest string, ok bool) {
	n, size := binary.Uvarint([]byte(key))
	if size <= 0 || n > uint64(len(key)-size) {
		return "", "", false
	}
	return key[size : size+int(n)], key[size+int(n):], true
}

func valueOf(text string) Value {
	if text == string(absent) {
		return Value{Absent: true}
	}
	return Value{Text: text}
}

func (e *entry) mainGroup() Value {
	best := Value{Absent: true}
	var most uint64
	for _, g := range e.groups {
		if g.requests > most || g.requests == most && g.arn < best.Text {
			best, most = Value{Text: g.arn}, g.requests
		}
	}
	return best
}

func (t *table) freezeSeries(worst []*entry, bucket time.Duration) Series {
	out := Series{Part: t.dim[0]}
	worst = worst[:min(len(worst), seriesKeys)]
	first, last := int64(1)<<62, -int64(1)<<62
	for _, e := range worst {
		if n := len(e.series); n > 0 {
			first, last = min(first, e.series[0].slot), max(last, e.series[n-1].slot)
		}
	}
	by := uint(0)
	for last>>by-first>>by >= seriesSlots {
		by++
	}
	width := bucket.Microseconds() << (t.level + by)
	out.Bucket = time.Duration(width) * time.Microsecond
	for _, e := range worst {
		e.series.widen(by)
		k := KeySeries{Key: valueOf(e.key), Points: make([]Point, len(e.series))}
		for i, p := range e.series {
			k.Points[i] = Point{
				Start:    parser.Timestamp(p.slot * width).Time(),
				Requests: p.requests, ELB502: p.elb502, ELB503: p.elb503, ELB504: p.elb504, Target5xx: p.tgt,
			}
		}
		out.Keys = append(out.Keys, k)
	}
	return out
}

func (c *cell) freeze() Stats {
	s := Stats{
		Requests: c.requests, ELB5xx: c.elb5xx, Target5xx: c.target,
		MissingRequestTime: c.noRequest, MissingTargetTime: c.noTarget, MissingResponseTime: c.noResponse,
		ReceivedBytes: c.received, SentBytes: c.sent,
		TargetTime: quantiles(&c.targetTime), Duration: quantiles(&c.duration),
	}
	if c.requests > 0 {
		s.First, s.Last = c.first.Time(), c.last.Time()
	}
	c.statuses(func(n statusCount) {
		if n.all == 0 { // of a cell that others were subtracted from
			return
		}
		s.Status = append(s.Status, StatusCount{int(n.status), n.all})
		switch n.status {
		case 500:
			s.ELB500 = n.byELB
		case 502:
			s.ELB502 = n.byELB
		case 503:
			s.ELB503 = n.byELB
		case 504:
			s.ELB504 = n.byELB
		case 460:
			s.ELB460 = n.all
		}
	})
	slices.SortFunc(s.Status, func(a, b StatusCount) int { return a.Status - b.Status })
	return s
}

func quantiles(s *sketch.Sketch) Quantiles {
	if s.Count() == 0 {
		return Quantiles{}
	}
	q := s.Quantiles(100, 50, 90, 99)
	return Quantiles{Count: s.Count(), P50: q[0], P90: q[1], P99: q[2], Max: s.Max()}
}

// GroupName returns the name in a target group's ARN, or all of it if it has another form.
func GroupName(arn string) string {
	_, rest, ok := strings.Cut(arn, ":targetgroup/")
	if !ok {
		return arn
	}
	name, _, _ := strings.Cut(rest, "/")
	return name
}
