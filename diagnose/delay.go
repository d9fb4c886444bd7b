package diagnose

import (
	"cmp"
	"math"
	"slices"

	"alblens/internal/cause"
)

// The log shows when nodes stopped sending to a target and when what it still had was cut, not when it was deregistered:
// with a longer delay, and nodes that learn of deregistrations by so much later, it would be the same. AWS says that "the
// load balancer stops routing requests to a target as soon as you deregister it"
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/application/load-balancer-target-groups.html#registered-targets);
// people see requests for some seconds more. So the first node is taken to learn of it soon, the others later, and the
// delay to be a whole number of seconds, most likely one that people set.
const (
	soon      = 0.5  // s until the first node learns of a deregistration: the mean, where longer is ever less likely
	usual     = 5.0  // how much more likely a usual delay is than another
	late      = 0.2  // s by which a cut comes late, or clocks differ: the mean
	longestIn = 10   // s within which all nodes learn of it
	sure      = 0.9  // of the range that is said
	stray     = 0.05 // share of the nodes that stopped at any time in a minute
)

var usualDelays = []int{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600, 900, 1200, 1800, 3600}

// A stop is how a node stopped sending to a target that was taken out.
type stop struct {
	quiet float64   // seconds from its last request to the cut
	gaps  []float64 // seconds between its last requests
	span  float64   // sum of the gaps
}

// A delay is a deregistration delay in seconds, and the range that it is in with a probability of 90 %.
type delay struct{ likeliest, low, high int }

// deregistrationDelay is the delay that explains best how nodes stopped; zero where that tells too little.
func (s *scene) deregistrationDelay(b *bundle) delay {
	stops := s.stops(b)
	if len(stops) == 0 {
		return delay{}
	}
	firsts := firstStops(stops)
	weights := make([]float64, 0, 64)
	start := max(1, int(firsts[0].before))
	all, best := 0.0, 0
	for d := start; float64(d) <= firsts[len(firsts)-1].before+longestIn; d++ {
		w := 0.0
		for _, f := range firsts {
			if lag := float64(d) - f.before; lag >= 0 {
				w += f.likelihood * math.Exp(-lag/soon)
			} else {
				w += f.likelihood * math.Exp(lag/late)
			}
		}
		if slices.Contains(usualDelays, d) {
			w *= usual
		}
		weights = append(weights, w)
		all += w
		if w > weights[best] {
			best = len(weights) - 1
		}
	}
	low, high := best, best
	for within := weights[best]; within < sure*all; {
		switch {
		case high+1 == len(weights) || low > 0 && weights[low-1] >= weights[high+1]:
			low--
			within += weights[low]
		default:
			high++
			within += weights[high]
		}
	}
	x := delay{start + best, start + low, start + high}
	if 4*(x.high-x.low) > 12+x.likeliest {
		return delay{}
	}
	return x
}

// stops are those of the nodes and targets whose requests a deregistration cut, the most telling ones.
func (s *scene) stops(b *bundle) []stop {
	const enough, fewest = 64, 4
	var list []stop
	for _, c := range s.cuts {
		if c.cause != cause.DeregistrationCut || c.group != b.where {
			continue
		}
		for _, x := range s.stopsOf[c.target] {
			if absolute(x.At-c.at) > second || len(x.Starts) < fewest {
				continue
			}
			last := len(x.Starts) - 1
			y := stop{quiet: float64(x.At-x.Starts[last]) / 1e6, span: float64(x.Starts[last]-x.Starts[0]) / 1e6}
			for i, t := range x.Starts[1:] {
				y.gaps = append(y.gaps, float64(t-x.Starts[i])/1e6)
			}
			if y.span > 0 {
				list = append(list, y)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b stop) int { return cmp.Compare(a.span/float64(len(a.gaps)), b.span/float64(len(b.gaps))) })
	return list[:min(len(list), enough)]
}

// since is how likely it is that no more than so many seconds have passed since the last request, while they go on.
func (x *stop) since(seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	sum := 0.0
	for _, gap := range x.gaps {
		sum += math.Min(gap, seconds)
	}
	return sum / x.span
}

// A firstStop is how likely it is that the first node stopped so many seconds before a cut.
type firstStop struct{ before, likelihood float64 }

// firstStops weighs when nodes stopped at the earliest. How much later than that they may have stopped is as likely to be
// anything from a quarter of a second on; each stops at any time in between.
func firstStops(stops []stop) []firstStop {
	var earliest, latest []float64
	for _, x := range stops {
		earliest, latest = append(earliest, x.quiet-slices.Max(x.gaps)), append(latest, x.quiet)
	}
	slices.Sort(earliest)
	slices.Sort(latest)
	from, to := math.Max(earliest[len(earliest)/2], 0), latest[len(latest)/2]+longestIn
	const most = 600
	step := math.Max(0.1, (to-from)/most)

	var list []firstStop
	best := math.Inf(-1)
	for i := 0; i <= int((to-from)/step); i++ {
		before := from + float64(float64(i)*step)
		logs := make([]float64, 0, 16)
		for within := 0.25; within <= longestIn; within *= 1.3 {
			sum := 0.0
			for j := range stops {
				x := &stops[j]
				p := (x.since(x.quiet-before+within) - x.since(x.quiet-before)) / within
				sum += math.Log(float64((1-stray)*p) + stray/60)
			}
			logs = append(logs, sum)
		}
		top := slices.Max(logs)
		sum := 0.0
		for _, l := range logs {
			sum += math.Exp(l - top)
		}
		list = append(list, firstStop{before, top + math.Log(sum)})
		best = math.Max(best, top+math.Log(sum))
	}
	for i := range list {
		list[i].likelihood = math.Exp(list[i].likelihood - best)
	}
	return list
}
