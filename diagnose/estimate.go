package diagnose

import (
	"math"
	"slices"

	"alblens/internal/cause"
	"alblens/parser"
)

// estimate works out the settings that the finding's times show.
func (s *scene) estimate(f *Finding, b *bundle) {
	add := func(name string, x float64) {
		if x > 0 {
			f.Estimates = append(f.Estimates, Estimate{name, x})
		}
	}
	lb := b.list[0].LoadBalancer
	switch b.cause {
	case cause.IdleTimeout:
		add("idle_timeout_seconds", s.idleTimeouts[lb].at)
	case cause.KeepaliveRace:
		add("server_keepalive_seconds", settled(s.keepalives[b.where].at))
		add("idle_timeout_seconds", s.idleTimeouts[lb].at)
	case cause.WorkerTimeout:
		add("worker_timeout_seconds", settled(earliest(b.list)))
	case cause.ClientAbandoned:
		add("client_timeout_seconds", settled(mostFrequent(b.list, wallOf, 0.02, 0.1, 5).at))
	case cause.Target5xx:
		add("proxy_timeout_seconds", settled(mostFrequent(gatewayErrors(b.list), waitedOf, 0.01, 0.06, 5).at))
	case cause.DeregistrationCut:
		add("deregistration_delay_seconds", s.deregistrationDelay(b))
	}
}

// settled is a time as a setting has it, if it is within 1 % or 50 ms of one.
func settled(x float64) float64 {
	if r := math.Round(x); r >= 1 && math.Abs(x-r) <= math.Max(0.05, 0.01*x) {
		return r
	}
	return math.Round(x*100) / 100
}

func waitedOf(x *suspect) float64 { return waited(x.Failure) }
func wallOf(x *suspect) float64   { return secondsOf(x.Wall()) }

// gatewayErrors are the 502s and 504s that targets made: of a proxy in front of the application.
func gatewayErrors(list []*suspect) []*suspect {
	var out []*suspect
	for _, x := range list {
		if (x.TargetStatus == 504 || x.TargetStatus == 502) && x.TargetTime != parser.NoMicros {
			out = append(out, x)
		}
	}
	return out
}

// mostFrequent is the mode of a time over records, and zero where fewer than least or than a third of them agree.
func mostFrequent(list []*suspect, of func(*suspect) float64, share, width float64, least int) mode {
	var times []float64
	for _, x := range list {
		if t := of(x); t >= 0.2 {
			times = append(times, t)
		}
	}
	slices.Sort(times)
	m := densest(times, share, width)
	if m.within < least || 3*m.within < len(list) {
		return mode{}
	}
	return m
}

// earliest is when the first of the requests were ended: at the limit or up to a second later.
func earliest(list []*suspect) float64 {
	times := make([]float64, len(list))
	for i, x := range list {
		times[i] = waited(x.Failure)
	}
	slices.Sort(times)
	return times[len(times)/50]
}

// noticing is how long it may take until all nodes know of a deregistration, in seconds.
const noticing = 6

// deregistrationDelay is at least the time from the last new request to the cut, less the spacing of requests, and
// little more than the longest, which has the node that noticed soonest. Of these it is the one most likely to be set.
func (s *scene) deregistrationDelay(b *bundle) float64 {
	low, longest, n := 0.0, 0.0, 0.0
	for _, c := range s.cuts {
		if l := s.lives[c.target]; c.cause != cause.DeregistrationCut || l == nil || l.TargetGroup != b.where {
			continue
		}
		low = math.Max(low, c.quiet-math.Min(c.spread, 0.2*c.quiet))
		longest = math.Max(longest, c.quiet)
		n++
	}
	if low == 0 {
		return 0
	}
	high := longest + math.Min(noticing/n, float64(0.2*longest)+1)
	for _, step := range []float64{60, 30, 15, 10, 5} {
		if r := math.Ceil((low-0.05)/step) * step; r <= high { // the spacing is a mean, and times are in milliseconds
			return r
		}
	}
	return math.Round(low)
}
