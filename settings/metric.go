package settings

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Series is a metric over time. CloudWatch leaves out most points that would be zero.
type Series struct {
	Metric       string        // RequestCount, CPUUtilization, …
	Statistic    string        // Sum, Maximum, …
	Period       time.Duration // what a point stands for
	LoadBalancer string        // app/name/id, or ""
	TargetGroup  string        // targetgroup/name/id, or ""
	Other        string        // an instance's id or service/CLUSTER/NAME of ECS, or ""
	Points       []Point       // by time
}

// A Point is the value of a metric from Start on.
type Point struct {
	Start time.Time
	Value float64
}

// minute is the period that is taken where a label tells none.
const minute = time.Minute

var (
	metricPattern    = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_]*$`)
	statisticPattern = regexp.MustCompile(`^(?:Sum|Average|Minimum|Maximum|SampleCount|p[0-9.]+)$`)
)

// parseLabel reads what get-metric-data was told to print with a series, as nothing else in its output says of what it
// is: words in any order, "RequestCount Sum 60 app/shop/50dc6c495c0c9188". Statistic and period may be missing.
func parseLabel(label string) (x Series, ok bool) {
	x.Period = minute
	for word := range strings.FieldsSeq(label) {
		seconds, err := strconv.Atoi(word)
		switch {
		case err == nil && seconds > 0 && seconds <= 86400:
			x.Period = time.Duration(seconds) * time.Second
		case keyPattern.MatchString(word):
			x.LoadBalancer = word
		case strings.HasPrefix(word, "targetgroup/"):
			x.TargetGroup = word
		case statisticPattern.MatchString(word):
			x.Statistic = word
		case x.Metric == "" && metricPattern.MatchString(word):
			x.Metric = word
		case idPattern.MatchString(word), strings.HasPrefix(word, "service/"):
			x.Other = word
		default:
			return x, false
		}
	}
	return x, x.Metric != "" && x.LoadBalancer+x.TargetGroup+x.Other != ""
}

func (x *Series) same(y *Series) bool {
	return x.Metric == y.Metric && x.Statistic == y.Statistic && x.Period == y.Period &&
		x.LoadBalancer == y.LoadBalancer && x.TargetGroup == y.TargetGroup && x.Other == y.Other
}

// within returns the points that have to do with a span.
func (x *Series) within(from, to time.Time) []Point {
	var list []Point
	for _, p := range x.Points {
		if p.Start.Add(x.Period).After(from) && !p.Start.After(to) {
			list = append(list, p)
		}
	}
	return list
}

// spans reports whether the points reach from the beginning of a span to its end, give or take one.
func (x *Series) spans(from, to time.Time) bool {
	if len(x.Points) == 0 {
		return false
	}
	first, last := x.Points[0].Start, x.Points[len(x.Points)-1].Start
	return !first.After(from.Add(x.Period)) && last.Add(2*x.Period).After(to)
}

func sum(points []Point) float64 {
	total := 0.0
	for _, p := range points {
		total += p.Value
	}
	return total
}

func largest(points []Point) float64 {
	most := 0.0
	for _, p := range points {
		most = max(most, p.Value)
	}
	return most
}

func (l *loader) metrics(doc document) {
	type result struct {
		Label      string
		Timestamps []Instant
		Values     []float64
		StatusCode string // Complete, PartialData, InternalError, Forbidden
	}
	for _, r := range items[result](l, doc, "MetricDataResults") {
		x, ok := parseLabel(r.Label)
		switch {
		case !ok:
			l.problem("the label %.120q does not tell which metric of what it is: METRIC STATISTIC SECONDS app/NAME/ID", r.Label)
			continue
		case len(r.Timestamps) != len(r.Values):
			l.problem("%s: %d times for %d values", x.Metric, len(r.Timestamps), len(r.Values))
			continue
		case r.StatusCode == "Forbidden", r.StatusCode == "InternalError":
			l.problem("%s: CloudWatch says %s", x.Metric, r.StatusCode)
			continue
		}
		if x.LoadBalancer != "" {
			l.about(x.LoadBalancer)
		} else if x.TargetGroup != "" {
			l.about(x.TargetGroup)
		}
		for i, at := range r.Timestamps {
			x.Points = append(x.Points, Point{at.Time, r.Values[i]})
		}
		i := slices.IndexFunc(l.s.Metrics, x.same) // the CLI prints each page of a series apart
		if i < 0 {
			l.s.Metrics = append(l.s.Metrics, &x)
		} else {
			l.s.Metrics[i].Points = append(l.s.Metrics[i].Points, x.Points...)
		}
	}
}

// finishMetrics sorts points, and of several for one time keeps the one read last.
func (s *Settings) finishMetrics() {
	for _, x := range s.Metrics {
		slices.SortStableFunc(x.Points, func(a, b Point) int { return a.Start.Compare(b.Start) })
		kept := x.Points[:0]
		for i, p := range x.Points {
			if i+1 == len(x.Points) || !x.Points[i+1].Start.Equal(p.Start) {
				kept = append(kept, p)
			}
		}
		x.Points = kept
	}
}
