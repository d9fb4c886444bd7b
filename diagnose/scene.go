package diagnose

import (
	"math"
	"strings"
	"sync"
	"time"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
	"alblens/partial"
	"alblens/settings"
)

// A scene is the records of a run and what stands around them, arranged to be asked.
type scene struct {
	result   *partial.Result
	opts     Options
	suspects []suspect         // by the time of their end
	routes   []*evidence.Route // that suspects have, by suspect.route
	sampled  bool

	names    map[string]string // of target groups and load balancers, in keys
	lives    map[string]*evidence.Life
	byTarget map[string][]*suspect // by the time of their end
	groups   map[string][]*suspect // by target group ARN; "" for none
	paths    map[string]*aggregate.Row
	targets  map[string]*aggregate.Row
	idle     map[string]*evidence.IdleCounts
	first    parser.Timestamp // of the records
	last     parser.Timestamp

	// What badKeys weighs failures against, made when first asked for.
	pathTraffic, nodeTraffic func() map[string]float64

	idleTimeouts map[string]mode // by load balancer
	keepalives   map[string]mode // by target group
	attempts     map[nodeTarget]*attempts
	cuts         []cut
	stopsOf      map[string][]evidence.Stop // by target
	bundles      []*bundle

	unchecked      []settings.Unchecked
	reconciliation *settings.Reconciliation
}

func newScene(r *partial.Result, o Options) *scene {
	s := &scene{
		result: r, opts: o,
		lives: map[string]*evidence.Life{}, byTarget: map[string][]*suspect{}, groups: map[string][]*suspect{},
		paths: map[string]*aggregate.Row{}, targets: map[string]*aggregate.Row{}, idle: map[string]*evidence.IdleCounts{},
		idleTimeouts: map[string]mode{}, keepalives: map[string]mode{},
		attempts: map[nodeTarget]*attempts{}, stopsOf: map[string][]evidence.Stop{},
	}
	kept := [cause.Count]uint64{}
	for _, f := range r.Evidence.Failures {
		kept[f.Row]++
	}
	weights := [cause.Count]float64{}
	for _, c := range r.Evidence.Causes {
		if kept[c.Cause] > 0 {
			weights[c.Cause] = float64(c.Requests) / float64(kept[c.Cause])
		}
		s.sampled = s.sampled || kept[c.Cause] < c.Requests
	}
	s.arrange(r.Evidence.Failures, &weights)
	for i := range r.Evidence.Lives {
		s.lives[r.Evidence.Lives[i].Target] = &r.Evidence.Lives[i]
	}
	for _, x := range r.Evidence.Stops {
		s.stopsOf[x.Target] = append(s.stopsOf[x.Target], x)
	}
	for i := range r.Evidence.Idle {
		s.idle[r.Evidence.Idle[i].TargetGroup] = &r.Evidence.Idle[i]
	}
	for i := range r.Counts.Tables {
		t := &r.Counts.Tables[i]
		var rows map[string]*aggregate.Row
		switch {
		case t.By.Is(aggregate.Path):
			s.paths = make(map[string]*aggregate.Row, len(t.Rows))
			rows = s.paths
		case t.By.Is(aggregate.Target):
			rows = s.targets
		default:
			continue
		}
		for k := range t.Rows {
			if row := &t.Rows[k]; !row.Other && !row.Values[0].Absent {
				rows[row.Values[0].Text] = row
			}
		}
	}
	s.pathTraffic = sync.OnceValue(func() map[string]float64 { return s.requestsBy(aggregate.Path) })
	s.nodeTraffic = sync.OnceValue(func() map[string]float64 { return s.requestsBy(aggregate.Node) })
	s.names = s.findNames()
	s.first = micros(r.Counts.Totals.First)
	s.last = micros(r.Counts.Totals.Last)
	return s
}

// arrange makes the suspects, and lists them by target and target group. Few routes are shared by all, so that most is
// looked up by route.
func (s *scene) arrange(failures []*evidence.Failure, weights *[cause.Count]float64) {
	type lists struct{ target, group *[]*suspect }
	targets, groups := map[string]*[]*suspect{}, map[string]*[]*suspect{}
	listOf := func(lists map[string]*[]*suspect, key string) *[]*suspect {
		if lists[key] == nil {
			lists[key] = new([]*suspect)
		}
		return lists[key]
	}
	numbers := map[*evidence.Route]int{}
	var of []lists // by route
	s.suspects = make([]suspect, len(failures))
	for i, f := range failures {
		n, met := numbers[f.Route]
		if !met {
			n = len(of)
			numbers[f.Route] = n
			s.routes = append(s.routes, f.Route)
			of = append(of, lists{listOf(targets, f.Target), listOf(groups, f.TargetGroup)})
		}
		x := &s.suspects[i]
		*x = suspect{Failure: f, route: n, weight: weights[f.Row]}
		*of[n].target, *of[n].group = append(*of[n].target, x), append(*of[n].group, x)
	}
	for target, list := range targets {
		s.byTarget[target] = *list
	}
	delete(s.byTarget, "") // no target
	for group, list := range groups {
		s.groups[group] = *list
	}
}

func micros(t time.Time) parser.Timestamp { return parser.Timestamp(t.UnixMicro()) }

const second = parser.Timestamp(1_000_000)

// quietBefore is for how long a target had been sent nothing at a time, and the mean time between requests to it
// before that. It is exact for the end of a target's life, and within the width of the life's slots before.
func (s *scene) quietBefore(l *evidence.Life, at parser.Timestamp) (quiet, spacing parser.Timestamp) {
	width := parser.Timestamp(l.Width.Microseconds())
	before, ok := l.Sent.Previous(l.Slot(at))
	if !ok {
		return 0, 0
	}
	quiet = max(at-(parser.Timestamp(before)+1)*width, 0)
	if l.LastSent <= at {
		quiet = at - l.LastSent
	}
	return quiet, s.spacingBefore(l, before)
}

// fewSent is in how many slots less a target must have been sent something before it is known how often it is.
const fewSent = 5

// spacingBefore is the mean time between requests in the minutes that end with a slot. Where requests are few, it is that
// of the target's life till then, and all of the log where even these are too few to miss the next.
func (s *scene) spacingBefore(l *evidence.Life, slot int64) parser.Timestamp {
	width := parser.Timestamp(l.Width.Microseconds())
	first := l.Slot(l.FirstSent)
	from := max(slot-int64(300*second/width), first)
	span := parser.Timestamp(slot-from+1) * width
	n := l.Sent.Count(from, slot)
	if n < fewSent {
		all := l.Sent.Count(first, slot)
		if all < fewSent && l.Requests < 4*fewSent {
			return s.last - s.first
		}
		return max(span/parser.Timestamp(max(n, 1)), parser.Timestamp(slot-first+1)*width/parser.Timestamp(max(all, 1)))
	}
	if 2*n < int(slot-from+1) {
		return span / parser.Timestamp(n)
	}
	// More often than the slots tell.
	return min(span/parser.Timestamp(slot-from+1), (l.LastSent-l.FirstSent)/parser.Timestamp(max(l.Requests, 1)))
}

// quietAfter is how long it took from a time on until a request was sent to the target that it answered; never is
// whether there was none any more.
func (s *scene) quietAfter(l *evidence.Life, at parser.Timestamp) (quiet parser.Timestamp, never bool) {
	width := parser.Timestamp(l.Width.Microseconds())
	next, ok := l.Answered.Next(l.Slot(at) + 1)
	if !ok {
		return max(s.last-at, 0), true
	}
	return parser.Timestamp(next)*width - at, false
}

// sentAfter is quietAfter for any request, answered or not.
func (s *scene) sentAfter(l *evidence.Life, at parser.Timestamp) (quiet parser.Timestamp, never bool) {
	width := parser.Timestamp(l.Width.Microseconds())
	next, ok := l.Sent.Next(l.Slot(at) + 1)
	if !ok {
		return max(s.last-at, 0), true
	}
	return parser.Timestamp(next)*width - at, false
}

// between calls f for the failed records of a target that ended in [from, to].
func (s *scene) between(target string, from, to parser.Timestamp, f func(*suspect) bool) {
	list := s.byTarget[target]
	i := searchEnd(list, from)
	for ; i < len(list) && list[i].End <= to; i++ {
		if !f(list[i]) {
			return
		}
	}
}

func searchEnd(list []*suspect, from parser.Timestamp) int {
	low, high := 0, len(list)
	for low < high {
		if m := (low + high) / 2; list[m].End < from {
			low = m + 1
		} else {
			high = m
		}
	}
	return low
}

// groupName is the name in a target group's ARN.
func groupName(arn string) string {
	if arn == "" {
		return ""
	}
	return aggregate.GroupName(arn)
}

// loadBalancerName is the name in app/name/id.
func loadBalancerName(id string) string {
	parts := strings.Split(id, "/")
	if len(parts) == 3 {
		return parts[1]
	}
	return id
}

func round3(x float64) float64 { return math.Round(x*1000) / 1000 }
