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
		d := s.deregistrationDelay(b)
		add("deregistration_delay_seconds", float64(d.likeliest))
		add("deregistration_delay_min_seconds", float64(d.low))
		add("deregistration_delay_max_seconds", float64(d.high))
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
