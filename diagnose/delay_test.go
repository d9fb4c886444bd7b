package diagnose

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"alblens/evidence"
	"alblens/internal/cause"
	"alblens/parser"
)

// A leaving is a target that is taken out of a group: nodes learn of it after the lags, and send to it every so often
// until then.
type leaving struct {
	delay time.Duration
	lags  []time.Duration
	every time.Duration
	known int // of how many last requests
}

func (l leaving) scene(targets int) (*scene, *bundle) {
	rnd := rand.New(rand.NewPCG(1, 2))
	s := &scene{stopsOf: map[string][]evidence.Stop{}}
	for i := range targets {
		target := fmt.Sprintf("10.0.0.%d:80", i)
		begin := noon.Add(time.Duration(i) * time.Minute)
		at := micros(begin.Add(l.delay))
		s.cuts = append(s.cuts, cut{target: target, group: web, at: at, cause: cause.DeregistrationCut})
		for n, lag := range l.lags {
			last := micros(begin.Add(lag - time.Duration(rnd.Float64()*float64(l.every))))
			x := evidence.Stop{Node: fmt.Sprint(n), Target: target, At: at}
			for k := range l.known {
				x.Starts = append(x.Starts, last-parser.Timestamp((l.known-1-k)*int(l.every/time.Microsecond)))
			}
			s.stopsOf[target] = append(s.stopsOf[target], x)
		}
	}
	return s, &bundle{where: web, cause: cause.DeregistrationCut}
}

// Where requests are dense the first node tells by how long it was silent that the delay is no shorter than it is. Longer
// it may be by a second or two.
func TestDeregistrationDelay(t *testing.T) {
	lags := []time.Duration{300 * ms, 1100 * ms, 2 * seconds, 3700 * ms}
	for name, c := range map[string]struct {
		leaving
		targets   int
		want, low int
	}{
		"a usual delay":                    {leaving{30 * seconds, lags, 50 * ms, 12}, 1, 30, 30},
		"the default":                      {leaving{300 * seconds, lags, 50 * ms, 12}, 3, 300, 300},
		"no usual one":                     {leaving{12 * seconds, lags, 50 * ms, 12}, 3, 12, 12},
		"nodes learn of it at once":        {leaving{7 * seconds, []time.Duration{0, 0}, 50 * ms, 12}, 3, 7, 7},
		"few requests of many nodes":       {leaving{20 * seconds, lags, 2 * seconds, 12}, 12, 20, 20},
		"no node learns of it for 1.6 s":   {leaving{23 * seconds, []time.Duration{1600 * ms, 2 * seconds}, 50 * ms, 12}, 3, 22, 21}, // the first is silent for 21.4 s
		"requests too rare to tell":        {leaving{30 * seconds, lags[:1], 40 * seconds, 12}, 1, 0, 0},
		"too few requests to tell how oft": {leaving{30 * seconds, lags, 50 * ms, 3}, 1, 0, 0},
	} {
		s, b := c.scene(c.targets)
		if got := s.deregistrationDelay(b); got.likeliest != c.want || got.low != c.low || got.high < c.want || got.high > c.want+2 {
			t.Errorf("%s: %+v, want %d", name, got, c.want)
		}
	}
	s, b := leaving{30 * seconds, lags, 50 * ms, 12}.scene(1)
	b.where = "another group"
	if got := s.deregistrationDelay(b); got != (delay{}) {
		t.Errorf("of another group: %+v", got)
	}
}

// Many cuts take no longer than a moment, and a target that was sent nothing for an hour before does not matter.
func TestManyCuts(t *testing.T) {
	l := leaving{45 * seconds, []time.Duration{500 * ms, 2 * seconds}, 100 * ms, 12}
	s, b := l.scene(2000)
	for i := range s.stopsOf["10.0.0.7:80"] {
		for k := range s.stopsOf["10.0.0.7:80"][i].Starts {
			s.stopsOf["10.0.0.7:80"][i].Starts[k] -= 3600 * second
		}
	}
	begin := time.Now()
	if got := s.deregistrationDelay(b); got.likeliest != 45 || got.low != 45 {
		t.Errorf("%+v", got)
	}
	if took := time.Since(begin); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}
