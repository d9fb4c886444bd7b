package diagnose

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
)

// fewest is how many targets must come or go together to be a deploy.
const fewest = 2

// A cohort is targets of one group that came up and went within a span.
type cohort struct {
	group      string
	number     int // of those of the group, from 1
	born, died []*evidence.Life
	from, to   parser.Timestamp
}

// cohorts finds the deploys: at least two targets of a group that came and two that went, with no more than half an hour
// between one and the next.
func (s *scene) cohorts() []cohort {
	type edge struct {
		at   parser.Timestamp
		born bool
		life *evidence.Life
	}
	edges := map[string][]edge{}
	for _, l := range s.result.Evidence.Lives {
		if l.Requests < 2*fewSent {
			continue // it comes and goes by chance
		}
		life := s.lives[l.Target]
		patience := max(3*60*second, 20*(l.LastSent-l.FirstSent)/parser.Timestamp(max(l.Requests, 1)))
		if l.FirstSent-s.first > patience {
			edges[l.TargetGroup] = append(edges[l.TargetGroup], edge{l.FirstSent, true, life})
		}
		if s.last-l.LastSent > patience {
			edges[l.TargetGroup] = append(edges[l.TargetGroup], edge{l.LastSent, false, life})
		}
	}
	var list []cohort
	for group, all := range edges {
		slices.SortFunc(all, func(a, b edge) int {
			return cmp.Or(cmp.Compare(a.at, b.at), strings.Compare(a.life.Target, b.life.Target))
		})
		var c cohort
		done := func() {
			if len(c.born) >= fewest && len(c.died) >= fewest {
				list = append(list, c)
			}
		}
		for i, e := range all {
			if i == 0 || e.at-all[i-1].at > 30*60*second {
				done()
				c = cohort{group: group, from: e.at}
			}
			c.to = e.at
			if e.born {
				c.born = append(c.born, e.life)
			} else {
				c.died = append(c.died, e.life)
			}
		}
		done()
	}
	slices.SortFunc(list, func(a, b cohort) int {
		return cmp.Or(strings.Compare(a.group, b.group), cmp.Compare(a.from, b.from))
	})
	for i := range list {
		list[i].number = 1
		if i > 0 && list[i-1].group == list[i].group {
			list[i].number += list[i-1].number
		}
	}
	return list
}

// deploys tells of targets that were replaced.
func (s *scene) deploys() []Finding {
	var list []Finding
	for _, c := range s.cohorts() {
		list = append(list, Finding{
			ID: "deploy", Key: fmt.Sprintf("deploy/%s/%d", s.names[c.group], c.number), Severity: Info, Confidence: 0.8,
			Title:   "Targets of " + groupName(c.group) + " were replaced",
			Summary: fmt.Sprintf("%d targets came and %d went between %s and %s.", len(c.born), len(c.died), clock(c.from), clock(c.to)),
			First:   c.from.Time(), Last: c.to.Time(), Ongoing: s.last-c.to < 5*60*second,
			Scope: Scope{TargetGroups: []string{c.group}},
		})
	}
	return list
}

func clock(t parser.Timestamp) string { return t.Time().Format("15:04:05") }

// shutdowns finds targets of a deploy that were stopped while the load balancer still sent them requests.
func (s *scene) shutdowns() []Finding {
	var list []Finding
	for _, c := range s.cohorts() {
		var failed []*suspect
		var stopped []string
		var lead []float64 // seconds between the last answered request and the last one sent
		for _, l := range c.died {
			n, connecting := len(failed), 0
			from := l.LastAnswered
			if from == parser.NoTimestamp {
				continue
			}
			s.between(l.Target, from-second, l.LastSent+15*second, func(x *suspect) bool {
				switch x.Cause {
				case cause.ConnectRefused, cause.ConnectTimeout:
					connecting++
					failed = append(failed, x)
				case cause.TargetCrash:
					failed = append(failed, x)
				}
				return true
			})
			if connecting == 0 {
				failed = failed[:n] // it was cut off, but nothing was sent to it later
			} else {
				stopped = append(stopped, l.Target)
				lead = append(lead, float64(l.LastSent-from)/1e6)
			}
		}
		if len(stopped) < fewest {
			continue
		}
		slices.Sort(lead)
		slices.SortStableFunc(failed, func(a, b *suspect) int { return cmp.Compare(a.End, b.End) })
		b := &bundle{cause: cause.ConnectRefused, where: c.group, list: failed}
		f := Finding{
			ID: "shutdown-early", Key: fmt.Sprintf("shutdown-early/%s/%d", s.names[c.group], c.number), Confidence: 0.85, Of: s.ofStatus(failed),
			Title: "Targets of " + groupName(c.group) + " stop while requests are still routed to them",
		}
		b.count = weightOf(failed)
		f.Requests = uint64(b.count + 0.5)
		s.describe(&f, failed)
		f.Severity = s.severity(&f, b)
		f.Summary = fmt.Sprintf("%d of %d targets that went in a deploy failed %s in the last seconds of their life: their processes ended before the load balancer stopped to send them requests.",
			len(stopped), len(c.died), plural(f.Requests, "request"))
		f.Reasons = []string{
			fmt.Sprintf("for: %d targets came and %d went between %s and %s", len(c.born), len(c.died), clock(c.from), clock(c.to)),
			fmt.Sprintf("for: requests were sent to them for up to %.0f s after the last one that they answered", lead[len(lead)-1]),
		}
		list = append(list, f)
	}
	return list
}

func plural(n uint64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

// coldStarts finds targets that are slow at first: whose answers took much longer in the first minute than later.
func (s *scene) coldStarts() []Finding {
	type group struct {
		targets     []string
		slow        []float64
		first, last parser.Timestamp
		early       uint64
	}
	groups := map[string]*group{}
	var order []string
	for _, l := range s.result.Evidence.Lives {
		later := l.Answers - l.EarlyAnswers
		if l.FirstSent-s.first < 3*60*second || l.EarlyAnswers < 5 || later < 20 {
			continue
		}
		early := l.EarlyAnswering.Seconds() / float64(l.EarlyAnswers)
		usual := (l.Answering - l.EarlyAnswering).Seconds() / float64(later)
		if early < 1.5*usual || early-usual < 0.01 || usual == 0 {
			continue // times are in milliseconds: below ten of them, a factor says nothing
		}
		g := groups[l.TargetGroup]
		if g == nil {
			g = &group{first: l.FirstSent}
			groups[l.TargetGroup] = g
			order = append(order, l.TargetGroup)
		}
		g.targets = append(g.targets, l.Target)
		g.slow = append(g.slow, early/usual)
		g.first, g.last = min(g.first, l.FirstSent), max(g.last, l.FirstSent)
		g.early += l.EarlyAnswers
	}
	var list []Finding
	for _, arn := range order {
		g := groups[arn]
		if len(g.targets) < fewest {
			continue
		}
		slices.Sort(g.slow)
		list = append(list, Finding{
			ID: "cold-start", Key: "cold-start/" + s.names[arn], Severity: Info, Confidence: 0.6,
			Title: "New targets of " + groupName(arn) + " are slow in their first minute",
			Summary: fmt.Sprintf("answers of %d new targets took %.1f times as long in their first minute as later (%s).",
				len(g.targets), g.slow[len(g.slow)/2], plural(g.early, "request")),
			First: g.first.Time(), Last: g.last.Time(),
			Scope:   Scope{TargetGroups: []string{arn}},
			Reasons: []string{"for: the targets had not been seen before"},
			Caveats: []string{"Slow start lets the load balancer send new targets fewer requests at first."},
		})
	}
	return list
}

// failOpens finds spans in which every target of a group failed at once.
func (s *scene) failOpens() []Finding {
	var list []Finding
	lives := map[string][]*evidence.Life{}
	for i := range s.result.Evidence.Lives {
		l := &s.result.Evidence.Lives[i]
		lives[l.TargetGroup] = append(lives[l.TargetGroup], l)
	}
	for group, suspects := range s.groups {
		if group == "" {
			continue
		}
		byMinute := map[int64][]*suspect{}
		for _, x := range suspects {
			if x.Target == "" || x.ELBStatus < 500 || x.TargetStatus != parser.NoStatus || !ofBackend(x.Cause) {
				continue
			}
			m := int64(x.Start / (60 * second))
			byMinute[m] = append(byMinute[m], x)
		}
		requests := map[int64]float64{}
		for _, l := range s.result.Evidence.Loads {
			if l.TargetGroup == group {
				requests[l.Start.Unix()/60] += float64(l.Requests)
			}
		}
		var failed []*suspect
		minutes := 0
		for m, list := range byMinute {
			if weightOf(list) < 0.5*requests[m] {
				continue
			}
			hit, used := map[string]bool{}, 0
			for _, x := range list {
				hit[x.Target] = true
			}
			for _, l := range lives[group] {
				if l.Sent.Any(l.Slot(parser.Timestamp(m)*60*second), l.Slot(parser.Timestamp(m+1)*60*second-1)) {
					used++
				}
			}
			if used < 2 || len(hit) < used {
				continue
			}
			minutes++
			failed = append(failed, list...)
		}
		if minutes < 3 || len(failed) < 10 {
			continue
		}
		slices.SortFunc(failed, func(a, b *suspect) int {
			return cmp.Or(cmp.Compare(a.End, b.End), cmp.Compare(a.Hash, b.Hash), strings.Compare(a.Source, b.Source), cmp.Compare(a.Line, b.Line))
		})
		f := Finding{
			ID: "fail-open", Key: "fail-open/" + s.names[group], Severity: Medium, Confidence: 0.55,
			Requests: uint64(weightOf(failed) + 0.5), Of: s.ofStatus(failed),
			Title:   "All targets of " + groupName(group) + " fail at once",
			Summary: fmt.Sprintf("in %d minutes every target in use failed at once, most of their requests: where all targets are unhealthy, the load balancer sends to all of them.", minutes),
			Reasons: []string{"for: no target was spared", "against: the log alone does not tell this from an outage that all targets share"},
		}
		s.describe(&f, failed)
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b Finding) int { return strings.Compare(a.Key, b.Key) })
	return list
}

// saturations finds target groups whose latency and concurrency rose before the first timeout.
func (s *scene) saturations() []Finding {
	var list []Finding
	seen := map[string]bool{}
	for _, b := range s.bundles {
		if seen[b.where] || b.cause != cause.IdleTimeout && b.cause != cause.ConnectTimeout && b.cause != cause.WorkerTimeout && b.cause != cause.ClientAbandoned || b.finding.Severity < Medium || len(b.finding.Scope.Paths) > 0 || s.onePath(b) || b.cause == cause.ConnectTimeout && len(b.finding.Scope.Targets) > 0 {
			continue // a slow path raises the means of its group too
		}
		width := s.result.Evidence.LoadWidth
		var calm, before load
		for _, l := range s.result.Evidence.Loads {
			if l.TargetGroup != b.where {
				continue
			}
			switch ahead := b.finding.First.Sub(l.Start); {
			case ahead > 5*time.Minute && ahead <= time.Hour:
				calm.add(&l)
			case ahead >= width && ahead <= width+2*time.Minute: // the slot of the failures is busy with these
				before.add(&l)
			}
		}
		if calm.slots < 8 || before.slots < 2 || calm.answered < 50 || before.answered < 20 || calm.answering == 0 {
			continue
		}
		latency, concurrency := before.latency()/calm.latency(), before.concurrency(width)/calm.concurrency(width)
		if latency < 2 || concurrency < 2 {
			continue
		}
		f := b.finding
		f.ID, f.Key = "saturation", "saturation/"+s.names[b.where]
		f.Severity, f.Confidence = min(f.Severity, Medium), 0.7
		f.Title = "Targets of " + shortName(b.where) + " were saturated before requests timed out"
		f.Summary = fmt.Sprintf("in the two minutes before the first %s, answers took %.1f times as long as in the hour before, and %.1f times as many requests were under way.", b.cause, latency, concurrency)
		f.Reasons = []string{"for: latency and concurrency rose together before the first failure"}
		f.Caveats, f.Estimates = nil, nil
		seen[b.where] = true
		list = append(list, f)
	}
	return list
}

// onePath reports whether most of the records are on one path that has little of the traffic.
func (s *scene) onePath(b *bundle) bool {
	failed := map[string]float64{}
	for _, x := range b.list {
		failed[x.Path] += x.weight
	}
	_, ok := standsOut(failed, s.pathTraffic())
	return ok
}

// load sums slots up.
type load struct {
	slots           int
	answered        uint64
	busy, answering time.Duration
}

func (l *load) add(x *evidence.Load) {
	l.slots++
	l.answered += x.Answered
	l.busy += x.Busy
	l.answering += x.Answering
}

func (l *load) latency() float64 { return l.answering.Seconds() / float64(max(l.answered, 1)) }

func (l *load) concurrency(width time.Duration) float64 {
	return l.busy.Seconds() / (float64(l.slots) * width.Seconds())
}
