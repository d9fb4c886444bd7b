package diagnose

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
)

// judgeBroken looks at the 502s of requests that were sent and whose connection then broke: a race with the server's
// keep-alive, a crash, the end of the deregistration delay, a worker's time limit, or a response that the load balancer
// could not use. One row does not tell them apart. What happened to a target at one instant is told first; what is
// left is weighed by how well each cause would explain the times, the idle times and the paths.
func (s *scene) judgeBroken() {
	for group, list := range s.groups {
		var rest []*suspect
		for _, x := range list {
			if isBroken(x.Failure) {
				rest = append(rest, x)
			}
		}
		if len(rest) == 0 {
			continue
		}
		limits := findLimits(rest)
		rest = s.judgeCuts(rest, limits)
		s.weigh(group, rest, limits)
	}
	slices.SortFunc(s.cuts, func(a, b cut) int {
		return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.target, b.target), cmp.Compare(a.group, b.group))
	})
}

func isBroken(f *evidence.Failure) bool {
	return f.ELBStatus == 502 && f.Target != "" && f.TargetStatus == parser.NoStatus && f.RequestTime != parser.NoMicros && f.ResponseTime == parser.NoMicros &&
		f.Row != cause.LambdaError && f.Row != cause.WAFBlock && f.Row != cause.FixedResponse
}

// waited is for how long the target had had the request, in seconds.
func waited(f *evidence.Failure) float64 {
	if f.TargetTime != parser.NoMicros {
		return secondsOf(f.TargetTime)
	}
	return secondsOf(f.Wall() - max(f.RequestTime, 0))
}

// A cut is an instant at which a target dropped what it had in flight.
type cut struct {
	target string
	group  string // target group ARN
	at     parser.Timestamp
	cause  cause.Cause
	quiet  float64 // seconds for which the target had been sent nothing
	back   float64 // seconds until it answered again; 0: never
	spread float64 // seconds between requests to it before
	n      int
}

// judgeCuts takes those out that were cut off at one instant together with their target.
func (s *scene) judgeCuts(list []*suspect, limits limits) (rest []*suspect) {
	byTarget := map[string][]*suspect{}
	var order []string
	for _, x := range list {
		if byTarget[x.Target] == nil {
			order = append(order, x.Target)
		}
		byTarget[x.Target] = append(byTarget[x.Target], x)
	}
	for _, target := range order {
		mine := byTarget[target]
		for len(mine) > 0 {
			n := 1
			for n < len(mine) && mine[n].End-mine[n-1].End <= 80_000 {
				n++
			}
			if n == 1 && limits.of(waited(mine[0].Failure)) >= 0 {
				rest = append(rest, mine[0])
			} else {
				rest = append(rest, s.judgeInstant(target, mine[:n])...)
			}
			mine = mine[n:]
		}
	}
	slices.SortStableFunc(rest, func(a, b *suspect) int { return cmp.Compare(a.End, b.End) })
	return rest
}

// judgeInstant looks at the records of one target that ended at one instant, and returns those that it cannot explain.
func (s *scene) judgeInstant(target string, list []*suspect) (rest []*suspect) {
	l := s.lives[target]
	if l == nil {
		return list
	}
	at := list[0].End
	survivors := int32(0)
	longest, distinct := 0.0, 0
	for i, x := range list {
		survivors = max(survivors, x.Survivors)
		longest = math.Max(longest, waited(x.Failure))
		if x.Sent() < at && (i == 0 || absolute(x.Start-list[i-1].Start) > 30_000) {
			distinct++ // it was under way at that instant
		}
	}
	quiet, spacing := s.quietBefore(l, at)
	patience := max(5*second, 8*spacing)
	sent, neverSent := s.sentAfter(l, at)
	back, never := s.quietAfter(l, at)
	refused := 0
	s.between(target, at, at+min(back, 90*second)+second, func(y *suspect) bool {
		if y.Row == cause.ConnectRefused || y.Row == cause.ConnectTimeout {
			refused++
		}
		return refused < 3
	})
	c := cut{target: target, group: list[0].TargetGroup, at: at, quiet: float64(quiet) / 1e6, spread: float64(spacing) / 1e6, n: len(list)}
	if !never {
		c.back = float64(back) / 1e6
	}
	confidence := 0.0
	var reasons []string
	switch {
	case survivors == 0 && refused == 0 && (quiet >= max(second, 2*spacing) || quiet >= second && distinct >= 2) && longest >= c.quiet-1 &&
		(neverSent && s.last-at > max(5*second, 5*spacing) || !neverSent && sent >= max(30*second, 10*spacing)):
		// A target that dies in service goes on being sent requests until health checks notice.
		c.cause, confidence = cause.DeregistrationCut, 0.8
		reasons = []string{fmt.Sprintf("for: the target had been sent no new request for %.0f s, where one came every %.1f s before, and none came after", c.quiet, c.spread)}
		if quiet >= patience {
			confidence = 0.95
		}
	case survivors == 0 && refused >= 1 && back > 300_000:
		c.cause, confidence = cause.TargetCrash, 0.95
		reasons = []string{"for: right after it, connections to the target were refused"}
	case survivors == 0 && (len(list) > 1 || longest >= 0.1) && (back >= max(3*second, 8*spacing) && !never || never && s.last-at >= max(3*second, 8*spacing)):
		c.cause, confidence = cause.TargetCrash, 0.9
		reasons = []string{fmt.Sprintf("for: the target, which had been sent a request every %.1f s, answered none for %.0f s after it", c.spread, float64(back)/1e6)}
		if len(list) == 1 {
			confidence = 0.8
		}
	case distinct >= 3 && survivors == 0, distinct >= 2 && survivors == 0 && longest >= 0.3 && differentPaths(list):
		c.cause, confidence = cause.TargetCrash, 0.8
		if distinct >= 4 {
			confidence = 0.93
		}
	default:
		return list
	}
	if len(list) > 1 {
		reasons = append(reasons, fmt.Sprintf("for: %s requests on the target ended within %.0f ms, and none survived", count(uint64(len(list))), float64(list[len(list)-1].End-at)/1000))
	}
	for _, x := range list {
		x.Cause, x.Confidence, x.Reasons = c.cause, confidence, reasons
	}
	s.cuts = append(s.cuts, c)
	return nil
}

func differentPaths(list []*suspect) bool {
	for _, x := range list[1:] {
		if x.Path != list[0].Path {
			return true
		}
	}
	return false
}

func absolute(t parser.Timestamp) parser.Timestamp {
	if t < 0 {
		return -t
	}
	return t
}
