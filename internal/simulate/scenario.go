package simulate

import "time"

// A Scenario is a named Config.
type Scenario struct {
	Name   string
	Doc    string // one sentence: what goes wrong, when and for how long
	Config func(seed uint64) Config
}

// Scenarios returns all scenarios, the clean one first.
func Scenarios() []Scenario {
	return []Scenario{
		{
			"clean",
			"Half an hour of a healthy shop: 404s, redirects, fixed responses, scanners, a few application 500s, and no 5xx of the load balancer.",
			func(seed uint64) Config {
				return Config{Seed: seed, Duration: 30 * time.Minute, RequestsPerSecond: 20}
			},
		},
		{
			"idle-timeout",
			"Half an hour: from minute 8, for a quarter of an hour, reports take about 30 s and often longer than the idle timeout of 60 s.",
			func(seed uint64) Config {
				return Config{Seed: seed, Duration: 30 * time.Minute, RequestsPerSecond: 20, Faults: []Fault{
					{Cause: IdleTimeout, From: 8 * time.Minute, For: 15 * time.Minute, Path: "/api/reports/{int}", Median: 30 * time.Second},
				}}
			},
		},
		{
			"connect-timeout",
			"Half an hour: from minute 10, for four minutes, one host of twelve api targets does not answer connection attempts.",
			func(seed uint64) Config {
				return Config{Seed: seed, Duration: 30 * time.Minute, RequestsPerSecond: 20, Targets: 24, Faults: []Fault{
					{Cause: ConnectTimeout, From: 10 * time.Minute, For: 4 * time.Minute, Group: "api", Target: 7},
				}}
			},
		},
		{
			"demo",
			"Half an hour: reports become slower than the idle timeout at minute 6, and one of three web hosts is dead for three minutes from minute 19.",
			Demo,
		},
		{
			"corpus",
			"The corpus of the benchmarks: 2.25 million records in 50 objects, 1 % of them failed.",
			func(seed uint64) Config { return CorpusConfig(seed, 2_250_000) },
		},
	}
}

// Lookup finds a scenario by name.
func Lookup(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Demo is a small incident of two causes.
func Demo(seed uint64) Config {
	return Config{
		Seed:              seed,
		Duration:          30 * time.Minute,
		RequestsPerSecond: 20,
		Faults: []Fault{
			{Cause: IdleTimeout, From: 6 * time.Minute, For: 16 * time.Minute, Path: "/api/reports/{int}", Median: 40 * time.Second},
			{Cause: ConnectTimeout, From: 19 * time.Minute, For: 3 * time.Minute, Group: "web", Target: 1},
		},
	}
}

// CorpusConfig is about as many records as asked for, 45 000 an object, from
// two nodes: more records take more time, not a higher rate. About 1 % of them
// failed, spread evenly: the applications' own errors, idle timeouts of slow
// paths and a host that drops connections.
func CorpusConfig(seed uint64, records int) Config {
	const nodes, perObject = 2, 45_000
	slots := max(1, (records+nodes*perObject/2)/(nodes*perObject))
	span := time.Duration(slots) * slotWidth
	return Config{
		Seed:              seed,
		Start:             time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC),
		Duration:          span,
		RequestsPerSecond: float64(max(records, 1)) / span.Seconds(),
		Nodes:             nodes,
		Targets:           24,
		ApplicationError:  0.0055,
		Faults: []Fault{
			{Cause: IdleTimeout, Path: "/api/reports/{int}", Share: 0.5},
			{Cause: IdleTimeout, Path: "/api/export", Median: 40 * time.Second},
			{Cause: ConnectTimeout, Group: "api", Target: 5, Share: 0.03},
		},
	}
}
