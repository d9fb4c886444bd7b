package diagnose

import (
	"fmt"
	"math"
	"slices"
	"strconv"

	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
)

// judgeTimeouts looks at the 504s of requests that were sent. The load balancer's idle timeout is where their durations
// crowd. A target from which nothing came meanwhile, and that then could not be connected to, lost its packets.
func (s *scene) judgeTimeouts() {
	s.findAttempts()
	byLB := map[string][]*suspect{}
	for i := range s.suspects {
		if x := &s.suspects[i]; x.Row == cause.IdleTimeout {
			byLB[x.LoadBalancer] = append(byLB[x.LoadBalancer], x)
		}
	}
	for lb, list := range byLB {
		walls := make([]float64, len(list))
		for i, x := range list {
			walls[i] = silence(x.Failure)
		}
		slices.Sort(walls)
		m := densest(walls, 0.01, 0.2)
		m.at = whole(m.at, 0.25)
		if usual := densest(nearDefault(walls), 0.01, 2); m.within < 3 && usual.within >= m.within {
			m, m.at = usual, defaultIdle // too few to tell otherwise
		}
		s.idleTimeouts[lb] = m
		agree := ""
		if m.within >= 3 {
			agree = fmt.Sprintf("for: %s 504s ended after %s s, the idle timeout as it seems", count(uint64(m.within)), number(m.at))
		}
		for _, x := range list {
			s.judgeTimeout(x, m, agree)
		}
	}
}

const defaultIdle = 60 // s; "The default is 60 seconds"

// nearDefault are those of some sorted times that the default idle timeout explains.
func nearDefault(times []float64) []float64 {
	from, _ := slices.BinarySearch(times, defaultIdle-1)
	to, _ := slices.BinarySearch(times, defaultIdle+1)
	return times[from:to]
}

// judgeShortBodies looks at the 504s of responses that had begun: that they end after the idle timeout, or all after the
// same time, speaks for it.
func (s *scene) judgeShortBodies() {
	byLB := map[string][]*suspect{}
	for i := range s.suspects {
		if x := &s.suspects[i]; x.Row == cause.ShortBody {
			byLB[x.LoadBalancer] = append(byLB[x.LoadBalancer], x)
		}
	}
	for lb, list := range byLB {
		waits := make([]float64, len(list))
		for i, x := range list {
			waits[i] = afterFirstByte(x.Failure)
		}
		slices.Sort(waits)
		m := densest(waits, 0.01, 0.3)
		for _, x := range list {
			x.Reasons = []string{fmt.Sprintf("for: the target's response had begun after %.2f s, and it ended %.1f s later", math.Max(0, secondsOf(x.TargetTime)), afterFirstByte(x.Failure))}
			near := func(t float64) bool { return math.Abs(afterFirstByte(x.Failure)-t) < math.Max(1, 0.02*t) }
			switch timeout := s.idleTimeouts[lb]; {
			case timeout.within >= 3 && near(timeout.at):
				x.Confidence = 0.85
				x.Reasons = append(x.Reasons, fmt.Sprintf("for: %s s is the idle timeout, as other 504s show", number(timeout.at)))
			case m.within >= 3 && near(m.at):
				x.Confidence = 0.8
				x.Reasons = append(x.Reasons, fmt.Sprintf("for: %s ended after as long, as by a timeout", count(uint64(m.within))))
			}
		}
	}
}

// afterFirstByte is how long a request lasted from the first byte of its response on, in seconds.
func afterFirstByte(f *evidence.Failure) float64 {
	return secondsOf(f.Wall() - max(f.RequestTime, 0) - max(f.TargetTime, 0))
}

// silence is for how long the target had said nothing, in seconds.
func silence(f *evidence.Failure) float64 {
	return float64(f.Wall()-max(f.RequestTime, 0)) / 1e6
}

// judgeTimeout judges one of the 504s by the timeout that they crowd at; agree is the reason if enough do.
func (s *scene) judgeTimeout(x *suspect, timeout mode, agree string) {
	off := math.Abs(silence(x.Failure) - timeout.at)
	if off > math.Max(1, 0.02*timeout.at) {
		x.Cause, x.Confidence = cause.Unattributed, 0.3
		x.Reasons = []string{fmt.Sprintf("against idle-timeout: it took %.1f s, where others took %s s", float64(x.Wall())/1e6, number(timeout.at))}
		return
	}
	x.Confidence = 0.75
	x.Reasons = make([]string, 1, 3)
	x.Reasons[0] = "for: sent to the target, no answer, and it ended after " + strconv.FormatFloat(float64(x.Wall())/1e6, 'f', 1, 64) + " s"
	if agree != "" {
		x.Confidence = 0.93
		x.Reasons = append(x.Reasons, agree)
	}
	if s.lostHost(x) {
		x.Cause, x.Confidence = cause.ConnectTimeout, 0.88
		x.Reasons = append(x.Reasons[:1], "for: from then on the node could not connect to the target either, so its packets were dropped, this one's on a connection that was open already")
		return
	}
	l := s.lives[x.Target]
	if l == nil {
		return
	}
	if l.Ended.Any(l.Slot(x.Sent())+1, l.Slot(x.End)-1) {
		x.Reasons = append(x.Reasons, "for: the target answered other requests meanwhile, so it could be reached")
		x.Confidence = math.Max(x.Confidence, 0.9)
		return
	}
	x.Confidence = math.Min(x.Confidence, 0.7)
	x.Reasons = append(x.Reasons, "against: nothing else came from the target meanwhile, so its packets may have been dropped")
}

// attempts are when a node tried in vain to connect to a target, and when it sent it requests that it never answered.
type attempts struct{ connects, sent []parser.Timestamp }

type nodeTarget struct{ node, target string }

func (s *scene) findAttempts() {
	for i := range s.suspects {
		x := &s.suspects[i]
		if x.Row != cause.ConnectTimeout && x.Row != cause.IdleTimeout {
			continue
		}
		key := nodeTarget{x.Node, x.Target}
		a := s.attempts[key]
		if a == nil {
			a = &attempts{}
			s.attempts[key] = a
		}
		if x.Row == cause.ConnectTimeout {
			a.connects = append(a.connects, x.Start)
		} else {
			a.sent = append(a.sent, x.Sent())
		}
	}
	for _, a := range s.attempts {
		slices.Sort(a.connects)
		slices.Sort(a.sent)
	}
}

// lostHost reports whether the request went to a host that had stopped answering packets. Such a node uses up its open
// connections first and then fails to connect; it opens none as long as one is free. So no request is sent any more once
// connecting fails. Where one is, the host can be reached, and is slow.
func (s *scene) lostHost(x *suspect) bool {
	a := s.attempts[nodeTarget{x.Node, x.Target}]
	if a == nil {
		return false
	}
	i, _ := slices.BinarySearch(a.connects, x.Sent()-2*second)
	if i == len(a.connects) || a.connects[i] > x.End+60*second {
		return false
	}
	first := a.connects[i]
	if i > 0 && first-a.connects[i-1] < 60*second {
		return false // connecting had failed before this one was sent
	}
	from, _ := slices.BinarySearch(a.sent, first+2*second)
	to, _ := slices.BinarySearch(a.sent, first+120*second)
	return to-from < 2
}

// judgeRefused looks at the 502s without a connection.
func (s *scene) judgeRefused() {
	for i := range s.suspects {
		x := &s.suspects[i]
		if x.Row != cause.ConnectRefused {
			continue
		}
		x.Reasons = []string{"for: all three times are -1 and it ended at once"}
		near := 0
		s.between(x.Target, x.End-30*second, x.End+30*second, func(y *suspect) bool {
			if y.Row == cause.ConnectRefused && y != x {
				near++
			}
			return near < 3
		})
		l := s.lives[x.Target]
		alive := l != nil && l.Answered.Count(l.Slot(x.End), l.Slot(x.End)) > 0
		switch {
		case near >= 1 && !alive:
			x.Confidence = 0.95
			x.Reasons = append(x.Reasons, "for: other connections to the target were refused, and it answered nothing in that second")
		case near >= 2:
			x.Confidence = 0.85
			x.Reasons = append(x.Reasons, "for: other connections to the target were refused within half a minute")
		case alive:
			x.Confidence = 0.55
			x.Reasons = append(x.Reasons, "against: the target answered others in the same second; it may have closed this connection before it was used")
		case near == 0 && l != nil && answeredAround(l, x.End):
			x.Confidence = 0.6
			x.Reasons = append(x.Reasons, "against: the target answered before and after, and refused nothing else within half a minute; it may have closed this connection before it was used")
		default:
			x.Confidence = 0.75
		}
	}
}

// answeredAround reports whether the target answered requests that were sent before a time, and some sent after.
func answeredAround(l *evidence.Life, at parser.Timestamp) bool {
	_, before := l.Answered.Previous(l.Slot(at) - 1)
	_, after := l.Answered.Next(l.Slot(at) + 1)
	return before && after
}

// number prints seconds without needless digits.
func number(x float64) string {
	if x == math.Trunc(x) {
		return fmt.Sprintf("%.0f", x)
	}
	return fmt.Sprintf("%.2f", x)
}

func secondsOf(m parser.Micros) float64 { return float64(m) / 1e6 }
