package diagnose

import (
	"fmt"
	"math"
	"slices"

	"alblens/aggregate"
	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
)

// A mixture weighs the causes of broken connections that are no event of their target. Each cause has a density of the
// times that it leaves and a number of records that it explains; these numbers are found by expectation maximisation.
type mixture struct {
	list      []*suspect
	keepalive mode // of idle times; at is 0 if none stands out
	workers   limits
	race      shape           // of waiting times in races
	paths     map[string]*bad // with responses that may be unusable
	idle      *evidence.IdleCounts
	idled     float64 // how many it counts, and one
	requests  float64 // to the target group
}

// bad is what a path's failures look like.
type bad struct {
	n        float64 // records on the path
	requests float64 // of the path, in the minutes in which it failed
	median   float64 // of its waiting times, seconds
	sigma    float64 // of their logarithm
	traffic  float64 // share of the target group's requests
	explains float64 // records that unusable responses explain
}

const (
	raceScale = 0.012 // s: a reset comes back in a round trip
	raceMost  = 0.1   // s
)

// weigh gives each record the cause that explains it best, and its share of the explanation as confidence.
func (s *scene) weigh(group string, list []*suspect, limits limits) {
	if len(list) == 0 {
		return
	}
	m := &mixture{list: list, workers: limits, idle: s.idle[group], idled: 1, paths: map[string]*bad{}}
	if m.idle != nil {
		for _, n := range m.idle.Counts {
			m.idled += float64(n)
		}
	}
	m.findPaths(s, group)
	m.findKeepalive()
	s.keepalives[group] = m.keepalive
	m.solve()
}

// limits are the times after which an application server ends requests: waiting times that are all the same.
type limits []mode

func findLimits(list []*suspect) limits {
	var times []float64
	for _, x := range list {
		if t := waited(x.Failure); t >= 0.9 {
			times = append(times, t)
		}
	}
	slices.Sort(times)
	var found limits
	for len(times) >= 3 && len(found) < 4 {
		w := densestOf(times, limitWidth)
		if w.within < 3 || float64(w.within) < 0.3*float64(w.around) && w.within < 8 {
			break
		}
		// Chance: how many would lie in so narrow a window if the times around it were spread evenly.
		expected := float64(w.around) * math.Max(w.hi-w.low, 0.01) / (1.5 * w.at)
		if float64(w.within) < float64(4*expected)+2 {
			break
		}
		found = append(found, w)
		from, _ := slices.BinarySearch(times, w.low)
		to, _ := slices.BinarySearch(times, w.hi+1e-9)
		times = slices.Delete(times, from, to)
	}
	return found
}

// limitWidth is how far the times of one limit lie apart: some servers look once a second which workers are over it.
func limitWidth(t float64) float64 { return math.Max(0.06, math.Min(1.1, 0.06*t)) }

// of returns which limit a time is at, or -1.
func (l limits) of(t float64) int {
	for i, w := range l {
		if slack := math.Max(0.03, 0.006*w.at); t >= w.low-slack && t <= w.hi+slack {
			return i
		}
	}
	return -1
}

// findPaths looks at how much of each path's traffic failed, and what times it fails after.
func (m *mixture) findPaths(s *scene, group string) {
	times := map[string][]float64{}
	minutes := map[string]map[int64]bool{}
	for _, x := range m.list {
		t := waited(x.Failure)
		if m.workers.of(t) >= 0 {
			continue
		}
		times[x.Path] = append(times[x.Path], t)
		if minutes[x.Path] == nil {
			minutes[x.Path] = map[int64]bool{}
		}
		minutes[x.Path][int64(x.End/(60*second))] = true
	}
	for _, l := range s.result.Evidence.Loads {
		if l.TargetGroup == group {
			m.requests += float64(l.Requests)
		}
	}
	for path, list := range times {
		b := &bad{n: float64(len(list)), requests: s.pathRequests(path, minutes[path])}
		slices.Sort(list)
		b.median, b.sigma = list[len(list)/2]+0.0005, 0.7
		if row := s.paths[path]; row != nil {
			if q := row.TargetTime; q.Count > 20 {
				b.sigma = math.Max(0.3, math.Log(float64(q.P90+1000)/float64(q.P50+1000))/1.28)
			}
			if m.requests > 0 {
				b.traffic = math.Min(1, float64(row.Requests)/m.requests)
			}
		}
		m.paths[path] = b
	}
}

// pathRequests is how many requests a path had in the given minutes.
func (s *scene) pathRequests(path string, minutes map[int64]bool) float64 {
	for _, series := range s.result.Counts.Series {
		if series.Part != aggregate.Path {
			continue
		}
		for _, k := range series.Keys {
			if k.Key.Absent || k.Key.Text != path {
				continue
			}
			n := uint64(0)
			width := int64(series.Bucket.Minutes())
			for _, p := range k.Points {
				from := p.Start.Unix() / 60
				for at := from; at < from+max(width, 1); at++ {
					if minutes[at] {
						n += p.Requests
						break
					}
				}
			}
			return float64(n)
		}
	}
	if row := s.paths[path]; row != nil {
		return float64(row.Requests)
	}
	return 0
}

// findKeepalive looks for the idle time after which reused connections break.
func (m *mixture) findKeepalive() {
	var idle []float64
	for _, x := range m.list {
		if x.Idle == parser.NoMicros || waited(x.Failure) > raceMost || secondsOf(x.Idle) < 0.3 {
			continue
		}
		if b := m.paths[x.Path]; b != nil && b.n >= 5 && b.requests > 0 && b.n/b.requests > 0.3 {
			continue
		}
		idle = append(idle, secondsOf(x.Idle))
	}
	slices.Sort(idle)
	k := densest(idle, 0.03, 0.15)
	if k.within < 3 || float64(k.within) < 0.25*float64(len(idle)) {
		return
	}
	expected := float64(k.around) * math.Max(k.hi-k.low, 0.05) / (1.5 * k.at)
	if float64(k.within) < 3*expected {
		return
	}
	m.keepalive = k
}

// explanation is one cause's share in a record.
type explanation struct {
	cause  cause.Cause
	weight float64
}

// solve alternates between sharing records out and counting the shares.
func (m *mixture) solve() {
	race, crash := 0.0, 0.0
	workers := make([]float64, len(m.workers))
	for _, x := range m.list {
		t := waited(x.Failure)
		switch i := m.workers.of(t); {
		case i >= 0:
			workers[i]++
		case t <= raceMost:
			race++
		}
	}
	for _, b := range m.paths {
		if b.requests > 0 && b.n >= 3 {
			b.explains = b.n * math.Min(1, 2*b.n/b.requests)
		}
	}
	crash = 0.5
	shares := make([][]explanation, len(m.list))
	races := make([]float64, len(m.list))
	for range 12 {
		newRace, newCrash := 0.0, 0.0
		newWorkers := make([]float64, len(workers))
		for _, b := range m.paths {
			b.n = 0 // summed up anew
		}
		for i, x := range m.list {
			e := m.explain(x, race, crash, workers, shares[i][:0])
			shares[i] = e
			newRace += e[0].weight
			races[i] = e[0].weight
			newCrash += e[1].weight
			if b := m.paths[x.Path]; b != nil {
				b.n += e[2].weight
			}
			for k := range workers {
				newWorkers[k] += e[3+k].weight
			}
		}
		if m.keepalive.at > 0 {
			m.race.fit(m.list, races)
		}
		race, crash = newRace+0.3, newCrash+0.1 // none is ruled out
		copy(workers, newWorkers)
		for _, b := range m.paths {
			b.explains = b.n
		}
	}
	for i, x := range m.list {
		m.decide(x, shares[i])
	}
}

// explain shares a record out among the causes.
func (m *mixture) explain(x *suspect, race, crash float64, workers []float64, e []explanation) []explanation {
	t := waited(x.Failure)
	raceIdle, otherIdle := m.idleDensity(x.Idle)
	traffic := 0.01
	b := m.paths[x.Path]
	if b != nil {
		traffic = math.Max(b.traffic, 1e-4)
	}
	e = append(e,
		explanation{cause.KeepaliveRace, race * traffic * m.race.density(t) * raceIdle},
		explanation{cause.TargetCrash, crash * traffic * crashTime(t) * otherIdle})
	unusable := 0.0
	if b != nil && b.explains > 0 {
		unusable = b.explains * logNormal(t+0.0005, b.median, b.sigma) * otherIdle
		if b.requests > 0 && b.explains/b.requests < 0.02 && b.traffic > 0.001 {
			unusable *= 0.05 // so rare that the path is hardly the cause
		}
	}
	e = append(e, explanation{cause.BadResponse, unusable})
	for k, n := range workers {
		density := 0.0
		if m.workers.of(t) == k {
			density = 1 / math.Max(0.02*m.workers[k].at, 0.06)
		}
		e = append(e, explanation{cause.WorkerTimeout, n * density * otherIdle * 0.2})
	}
	sum := 1e-9
	for _, x := range e {
		sum += x.weight
	}
	for i := range e {
		e[i].weight /= sum
	}
	return e
}

// A shape is the waiting times in races: as a round trip is long at first, and then as those are that are surely races.
type shape struct{ median, sigma float64 }

func (r shape) density(t float64) float64 {
	d := 0.97 * math.Exp(-t/raceScale) / raceScale
	if t <= raceMost {
		d += 0.03 / raceMost
	}
	if r.sigma == 0 {
		return d
	}
	return float64(0.85*logNormal(t+0.0005, r.median, r.sigma)) + float64(0.15*d)
}

// fit takes the shape from records, each with its share.
func (r *shape) fit(list []*suspect, shares []float64) {
	var n, sum, squares float64
	for i, x := range list {
		y := math.Log(waited(x.Failure) + 0.0005)
		n += shares[i]
		sum += float64(shares[i] * y)
		squares += float64(shares[i] * y * y)
	}
	if n < 10 {
		return
	}
	mean := sum / n
	r.median, r.sigma = math.Exp(mean), math.Max(0.3, math.Sqrt(math.Max(0, squares/n-float64(mean*mean))))
}

// crashTime spreads evenly over the logarithm of 1 ms to 300 s.
func crashTime(t float64) float64 {
	return 1 / (math.Max(t, 0.001) * math.Log(300_000))
}

func logNormal(t, median, sigma float64) float64 {
	z := math.Log(t/median) / sigma
	return math.Exp(-z*z/2) / (t * sigma * math.Sqrt(2*math.Pi))
}

// idleDensity is how likely an idle time is in a race, and in whatever else: then it is as it was for requests that
// were answered.
func (m *mixture) idleDensity(idle parser.Micros) (race, other float64) {
	if idle == parser.NoMicros {
		return 0.1, 0.3
	}
	t := secondsOf(idle)
	other = 0.02
	if m.idle != nil {
		if bin := evidence.IdleBin(idle); bin >= 0 {
			near := 0.0
			for k := max(bin-2, 0); k <= min(bin+2, evidence.IdleBins-1); k++ {
				near += float64(m.idle.Counts[k])
			}
			width := t * 0.45
			other = (near + 0.05) / m.idled / width
		} else {
			other = 1
		}
	}
	if m.keepalive.at == 0 {
		if t < 0.3 {
			return 0.2 * other, other
		}
		return other, other
	}
	slack := math.Max(0.1, 0.02*m.keepalive.at)
	width := m.keepalive.hi - m.keepalive.low + 2*slack
	if t >= m.keepalive.low-slack && t <= m.keepalive.hi+slack {
		return 0.8/width + float64(0.2*other), other
	}
	return 0.2 * other, other
}

// decide takes the cause with the largest share.
func (m *mixture) decide(x *suspect, e []explanation) {
	byCause := map[cause.Cause]float64{}
	best := cause.Unattributed
	for _, part := range e {
		byCause[part.cause] += part.weight
	}
	for _, c := range []cause.Cause{cause.KeepaliveRace, cause.WorkerTimeout, cause.BadResponse, cause.TargetCrash} {
		if byCause[c] > byCause[best] {
			best = c
		}
	}
	t := waited(x.Failure)
	x.Cause, x.Confidence, x.Reasons = best, math.Min(byCause[best], 0.97), nil
	switch best {
	case cause.KeepaliveRace:
		x.Reasons = append(x.Reasons, fmt.Sprintf("for: the connection broke %.0f ms after the request was sent on it", t*1000))
		switch {
		case m.keepalive.at > 0 && x.Idle != parser.NoMicros && math.Abs(secondsOf(x.Idle)-m.keepalive.at) < math.Max(0.5, 0.05*m.keepalive.at):
			x.Reasons = append(x.Reasons, fmt.Sprintf("for: it had been idle for %.1f s, as in %s others", secondsOf(x.Idle), count(uint64(m.keepalive.within-1))))
		case x.Idle == parser.NoMicros:
			x.Reasons = append(x.Reasons, "against: no idle connection is known that it could have reused")
			x.Confidence = math.Min(x.Confidence, 0.7)
		case m.keepalive.at == 0:
			x.Confidence = math.Min(x.Confidence, 0.65)
		default:
			x.Reasons = append(x.Reasons, fmt.Sprintf("against: it seems to have been idle for %.1f s, where others had been for %s s", secondsOf(x.Idle), number(m.keepalive.at)))
			x.Confidence = math.Min(x.Confidence, 0.8)
		}
	case cause.WorkerTimeout:
		w := m.workers[m.workers.of(t)]
		x.Reasons = append(x.Reasons, fmt.Sprintf("for: %s requests broke after %.2f to %.2f s", count(uint64(w.within)), w.low, w.hi))
		if w.within < 5 {
			x.Confidence = math.Min(x.Confidence, 0.8)
		}
	case cause.BadResponse:
		b := m.paths[x.Path]
		x.Reasons = append(x.Reasons, fmt.Sprintf("for: %s of %s requests of the path broke in the minutes in which it failed", count(uint64(b.explains+0.5)), count(uint64(b.requests))))
	case cause.TargetCrash:
		x.Reasons = append(x.Reasons, "for: nothing else explains it", "against: no other request on the target ended with it")
		x.Confidence = math.Min(x.Confidence, 0.55)
	}
	x.Confidence = round3(x.Confidence)
	if byCause[best] < 0.4 {
		x.Cause, x.Confidence = cause.Unattributed, round3(1-byCause[best])
	}
}
