package simulate

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"time"
)

// A Day is a log to hold the diagnosis to: what was injected stands in Config,
// what should be found in Expect.
type Day struct {
	Name   string
	Config Config
	Faulty bool
	Expect []Expectation
	Allow  []string // ids of findings that may come beside; any other above info is wrong
}

// An Expectation is a finding that a Day asks for. Empty lists ask for nothing.
type Expectation struct {
	ID string

	// Estimates are settings by their names in the summary, in seconds:
	// idle_timeout_seconds, server_keepalive_seconds, worker_timeout_seconds,
	// client_timeout_seconds, proxy_timeout_seconds and
	// deregistration_delay_seconds.
	Estimates map[string]float64

	Targets []string // address:port
	Paths   []string // names of routes
}

// ProofDays are the days that the diagnosis is proved on, always the same:
// three of each faulty scenario, with other settings each time, ten on which
// several things go wrong at once, on five of them all that makes a 502, and
// twenty that are clean.
func ProofDays() []Day {
	var days []Day
	for _, s := range Scenarios() {
		if s.story == nil || s.Name == "clean" || s.Name == "five-502" {
			continue
		}
		for seed := range uint64(3) {
			days = append(days, s.day(seed+1))
		}
	}
	for seed := range uint64(5) {
		days = append(days, newDay("five-502", seed+1, five502))
	}
	for i, stories := range mixes {
		days = append(days, newDay("mixed", uint64(i)+1, stories...))
	}
	for seed := range uint64(20) {
		days = append(days, newDay("clean", seed+1))
	}
	return days
}

// A story makes a day of one on which something goes wrong.
type story func(d *draft)

// A draft is a Day in the making: its settings are drawn, and each story adds
// to them.
type draft struct {
	Day
	sys  *System
	rng  *rand.Rand
	seed uint64
}

// newDay draws an ordinary day and tells the stories.
func newDay(name string, seed uint64, stories ...story) Day {
	h := fnv.New64a()
	h.Write([]byte(name))
	d := &draft{rng: rand.New(rand.NewPCG(seed, h.Sum64())), sys: &System{}, seed: seed}
	d.Name = fmt.Sprintf("%s-%d", name, seed)
	d.ordinary()
	for _, tell := range stories {
		d.Faulty = true
		d.allow("unattributed", "client-abandoned") // of everyday noise
		tell(d)
	}
	if !d.Faulty && d.chance(0.4) { // slow, and meant to be
		d.happen(Incident{Kind: Slow, Group: "api", Path: slowPath, Median: pick[time.Duration](d, 3, 6) * time.Second, Sigma: 0.4})
		d.sys.ClientTimeout = 0
	}
	d.everydayDeploy()
	d.Config.System = d.sys
	slices.Sort(d.Allow)
	d.Allow = slices.DeleteFunc(slices.Compact(d.Allow), func(id string) bool {
		return slices.ContainsFunc(d.Expect, func(ex Expectation) bool { return ex.ID == id })
	})
	return d.Day
}

// ordinary draws the settings of a day on which nothing goes wrong: servers
// keep connections for longer than the load balancer.
func (d *draft) ordinary() {
	hours := []time.Duration{2, 3, 4, 6, 8, 12}
	d.Config = Config{
		Seed:             d.seed,
		Start:            time.Date(2026, 11, 2+d.rng.IntN(18), d.rng.IntN(24), 5*d.rng.IntN(12), 0, 0, time.UTC),
		Duration:         pick(d, hours...) * time.Hour,
		Swing:            0.3 * d.rng.Float64(),
		Nodes:            2 + d.rng.IntN(3),
		Targets:          pick(d, 4, 6, 8, 10, 12, 16, 24),
		IdleTimeout:      pick[time.Duration](d, 60, 60, 60, 120, 300) * time.Second,
		ApplicationError: 0.002,
	}
	d.records(30_000, 90_000)
	keep := d.Config.IdleTimeout + pick[time.Duration](d, 5, 15, 60)*time.Second
	*d.sys = System{
		Web:              Server{KeepAlive: keep},
		API:              Server{KeepAlive: pick(d, keep, 0)},
		HealthInterval:   pick[time.Duration](d, 10, 15, 30) * time.Second,
		Deregistration:   pick[time.Duration](d, 120, 300) * time.Second,
		UnhealthyAfter:   pick(d, 2, 3),
		ClockSkew:        pick[time.Duration](d, 5, 25, 25, 50) * time.Millisecond,
		SplitSlots:       pick(d, 0, 0.05, 0.3),
		WAF:              d.rng.IntN(3) == 0,
		AuthenticateRule: d.rng.IntN(3) == 0,
		LambdaShare:      pick(d, 0, 0.02),
		RPCShare:         pick(d, 0, 0.02),
		ClientTimeout:    pick[time.Duration](d, 0, 0, 30) * time.Second,
		Retries:          pick(d, 0, 0, 1),
	}
	if d.rng.IntN(2) == 0 {
		d.sys.Pollers = append(d.sys.Pollers, Poller{Path: "/api/v1/products/{int}", Every: pick[time.Duration](d, 5, 10, 60) * time.Second})
	}
}

// records sets the rate for a number of records between two.
func (d *draft) records(from, to int) {
	n := float64(from + d.rng.IntN(to-from))
	d.Config.RequestsPerSecond = n / d.Config.Duration.Seconds()
}

// busy makes the log short and its rate high: so many requests a second for a
// while.
func (d *draft) busy(rate float64, span time.Duration) {
	d.Config.Duration, d.Config.RequestsPerSecond = span, rate
}

// everydayDeploy ends most days with a deploy that nobody notices.
func (d *draft) everydayDeploy() {
	if d.rng.IntN(3) == 0 {
		return
	}
	for _, v := range d.sys.Incidents {
		if v.Kind == Deploy {
			return
		}
	}
	d.happen(Incident{
		Kind: Deploy, From: d.part(0.82), Group: pick(d, "web", "api"), Batch: 1 + d.Config.Targets/6, Graceful: true,
		WarmUp: 20 * time.Second, Factor: 1.5, Settle: 45 * time.Second,
	})
	d.allow("deploy")
}

// part is a share of the day's length, in whole seconds.
func (d *draft) part(share float64) time.Duration {
	return (time.Duration(share * float64(d.Config.Duration))).Truncate(time.Second)
}

// sometime is between two shares of the day.
func (d *draft) sometime(from, to float64) time.Duration {
	return d.part(from + (to-from)*d.rng.Float64())
}

// minutes draws a number of them between two.
func (d *draft) minutes(from, to int) time.Duration {
	return time.Duration(from*60+d.rng.IntN((to-from)*60+1)) * time.Second
}

func (d *draft) happen(v Incident) { d.sys.Incidents = append(d.sys.Incidents, v) }

func (d *draft) expect(ex Expectation) { d.Expect = append(d.Expect, ex) }

func (d *draft) allow(ids ...string) { d.Allow = append(d.Allow, ids...) }

func (d *draft) chance(share float64) bool { return d.rng.Float64() < share }

// target draws one of a group.
func (d *draft) target(group string) (index int, address string) {
	g, _ := groupByName(group)
	index = d.rng.IntN(d.Config.targetsOf(g))
	return index, targetAddress(g, index)
}

func pick[T any](d *draft, values ...T) T { return values[d.rng.IntN(len(values))] }

// vary takes the values in turn from seed to seed: for what makes days of one
// scenario different.
func vary[T any](d *draft, values ...T) T {
	return values[(d.seed+uint64(len(values))-1)%uint64(len(values))]
}

func seconds(name string, d time.Duration) map[string]float64 {
	return map[string]float64{name: d.Seconds()}
}
