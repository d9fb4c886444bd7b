package settings

import (
	"fmt"
	"slices"
	"time"
)

// A Reconciliation is the log's counts beside CloudWatch's.
type Reconciliation struct {
	Counts    []Count
	Unchecked []string // metrics that could not be compared, and why
}

// A Count compares one metric over the buckets of CloudWatch's period that the log covers whole.
type Count struct {
	Metric          string
	Buckets         int // compared
	Period          time.Duration
	Log, CloudWatch uint64
	Differ          []Difference // in order of time
	Reading         Reading      // of HTTPCode_ELB_5XX_Count and RequestCount; else SameReading
}

// A Difference is a bucket of which the two do not say the same.
type Difference struct {
	Start           time.Time
	Log, CloudWatch uint64
}

// Reading is how the log was counted, so that CloudWatch's counts are met.
type Reading uint8

// Of the 5xx, both readings say the same where no rule answered 5xx on purpose.
const (
	SameReading  Reading = iota // both readings give the same counts
	WithoutRules                // elb_5xx: without fixed responses and WAF
	WithRules                   // every 5xx of the load balancer's own
	AtMost                      // CloudWatch's is a part of what the log counts: they differ where it is more
)

func (r Reading) String() string {
	return [...]string{"both readings", "without what rules answered", "with what rules answered", "all records"}[r]
}

// metrics of CloudWatch and what the log has for them.
var reconciled = []struct {
	metric string
	count  func(Minute) uint64
}{
	{"RequestCount", func(m Minute) uint64 { return m.Routed }},
	{"HTTPCode_ELB_5XX_Count", nil}, // by its two readings
	{"HTTPCode_ELB_502_Count", func(m Minute) uint64 { return m.ELB502 }},
	{"HTTPCode_ELB_503_Count", func(m Minute) uint64 { return m.ELB503 }},
	{"HTTPCode_ELB_504_Count", func(m Minute) uint64 { return m.ELB504 }},
	{"HTTPCode_Target_5XX_Count", func(m Minute) uint64 { return m.Target5xx }},
}

// Reconcile compares the log's counts with CloudWatch's sums, which o.From and o.To, the span that the log covers whole,
// limit. CloudWatch counts by the time of the response. Access logs are best effort: a log that has less proves nothing
// wrong.
func (s *Settings) Reconcile(o *Observed) Reconciliation {
	var r Reconciliation
	if s == nil {
		s = newSettings()
	}
	switch {
	case len(s.Metrics) == 0:
		r.Unchecked = []string{"CloudWatch's counts: get-metric-data is missing"}
		return r
	case len(o.Minutes) == 0:
		r.Unchecked = []string{"CloudWatch's counts: they are by the minute of the response, and the log was not counted so"}
		return r
	}
	for _, x := range reconciled {
		cloud, why := s.sums(o, x.metric)
		if why != "" {
			r.Unchecked = append(r.Unchecked, x.metric+": "+why)
			continue
		}
		if x.metric == "RequestCount" && !slices.ContainsFunc(o.Minutes, func(m Minute) bool { return m.Routed > 0 }) {
			r.Counts = append(r.Counts, atMost(compare(x.metric, cloud, o, func(m Minute) uint64 { return m.Requests })))
			continue
		}
		if x.count != nil {
			r.Counts = append(r.Counts, compare(x.metric, cloud, o, x.count))
			continue
		}
		without := compare(x.metric, cloud, o, func(m Minute) uint64 { return m.ELB5xx })
		with := compare(x.metric, cloud, o, func(m Minute) uint64 { return m.ELB5xxAll })
		without.Reading, with.Reading = WithoutRules, WithRules
		switch a, b := without.distance(), with.distance(); {
		case without.Log == with.Log:
			without.Reading = SameReading
			r.Counts = append(r.Counts, without)
		case b < a:
			r.Counts = append(r.Counts, with)
		default:
			r.Counts = append(r.Counts, without)
		}
	}
	return r
}

// buckets are CloudWatch's sums over the load balancers of the log.
type buckets struct {
	period time.Duration
	values map[int64]uint64 // by Unix time
}

// sums needs a series for each load balancer, all of one period, and RequestCount over all of the time: a metric has no
// points where it is zero, and where nobody asked.
func (s *Settings) sums(o *Observed, metric string) (buckets, string) {
	b := buckets{values: map[int64]uint64{}}
	if len(o.LoadBalancers) == 0 || !o.From.Before(o.To) {
		return b, "the log shows no load balancer or no time"
	}
	for _, key := range o.LoadBalancers {
		x := s.total(key, metric)
		switch {
		case x == nil:
			return b, fmt.Sprintf("get-metric-data has no sums for %s", key)
		case b.period != 0 && x.Period != b.period:
			return b, "get-metric-data has periods that differ"
		case !x.spans(o.From, o.To):
			if of := s.total(key, "RequestCount"); of == nil || !of.spans(o.From, o.To) {
				return b, fmt.Sprintf("get-metric-data was not asked for all of the log's time of %s", key)
			}
		}
		b.period = x.Period
		for _, p := range x.Points {
			b.values[p.Start.Unix()] += uint64(max(0, p.Value+0.5))
		}
	}
	if o.firstWhole(b.period).Add(b.period).After(o.To) {
		return b, fmt.Sprintf("the log covers none of its periods of %g s whole", b.period.Seconds())
	}
	return b, ""
}

// firstWhole is when the first period begins that the log does not begin within.
func (o *Observed) firstWhole(period time.Duration) time.Time {
	first := o.From.UTC().Truncate(period)
	if first.Before(o.From) {
		first = first.Add(period)
	}
	return first
}

// total is a load balancer's series of sums over all its target groups.
func (s *Settings) total(key, metric string) *Series {
	for _, x := range s.Metrics {
		if x.Metric == metric && x.LoadBalancer == key && x.TargetGroup == "" && x.Other == "" && (x.Statistic == "Sum" || x.Statistic == "") {
			return x
		}
	}
	return nil
}

func compare(metric string, cloud buckets, o *Observed, count func(Minute) uint64) Count {
	c := Count{Metric: metric, Period: cloud.period}
	log := map[int64]uint64{}
	for _, m := range o.Minutes {
		log[m.Start.Truncate(cloud.period).Unix()] += count(m)
	}
	for at := o.firstWhole(cloud.period); !at.Add(cloud.period).After(o.To); at = at.Add(cloud.period) {
		d := Difference{at, log[at.Unix()], cloud.values[at.Unix()]}
		c.Buckets++
		c.Log += d.Log
		c.CloudWatch += d.CloudWatch
		if d.Log != d.CloudWatch {
			c.Differ = append(c.Differ, d)
		}
	}
	return c
}

// atMost is a comparison with all records, some of which CloudWatch does not count: RequestCount has those alone for which
// a target was chosen. Where it is more all the same, the log lacks records, or they are in another bucket: AWS does not
// say that a request is counted when it is answered. See
// https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-cloudwatch-metrics.html
func atMost(c Count) Count {
	c.Reading = AtMost
	c.Differ = slices.DeleteFunc(c.Differ, func(d Difference) bool { return d.CloudWatch < d.Log })
	return c
}

// distance is by how many requests the two differ, bucket by bucket.
func (c Count) distance() (n uint64) {
	for _, d := range c.Differ {
		n += max(d.Log, d.CloudWatch) - min(d.Log, d.CloudWatch)
	}
	return n
}
