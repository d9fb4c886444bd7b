package simulate

import "time"

// A Scenario is a named Config.
type Scenario struct {
	Name   string
	Doc    string // one sentence: what goes wrong, when and for how long
	Config func(seed uint64) Config

	story story // of the discrete-event model's; it draws the parameters
}

// day draws the day of a scenario that has a story.
func (s Scenario) day(seed uint64) Day {
	if s.Name == "clean" {
		return newDay(s.Name, seed)
	}
	return newDay(s.Name, seed, s.story)
}

// Scenarios returns all scenarios, the clean one first. Their seeds vary their
// parameters too.
func Scenarios() []Scenario {
	scenarios := []Scenario{
		{Name: "clean", Doc: "A healthy day: 404s, redirects, fixed responses, scanners, a few application 500s and 460s, deploys that nobody notices, and no 5xx of the load balancer.", story: func(*draft) {}},
		{Name: "keepalive-race", Doc: "Servers close idle connections after 2 to 30 s, before the load balancer does.", story: keepaliveRace},
		{Name: "polling-race", Doc: "The same, met by programs that poll at a fixed interval.", story: pollingRace},
		{Name: "target-crash", Doc: "One target is killed with requests in flight, and starts again, a few times.", story: targetCrash},
		{Name: "all-crash", Doc: "All targets of a group are killed, one after another.", story: allCrash},
		{Name: "connect-refused", Doc: "One target's process is down for minutes, and health checks pass, for they ask another port.", story: connectRefused},
		{Name: "broken-tls", Doc: "Targets fail the TLS handshake.", story: brokenTLS},
		{Name: "connect-timeout", Doc: "A host dies: requests on open connections are not answered, then nobody can connect, until health checks take it out.", story: deadHost},
		{Name: "security-group", Doc: "Nothing reaches any target of a group, health checks neither, so the load balancer fails open.", story: securityGroup},
		{Name: "network-acl", Doc: "Nothing reaches the targets of one zone.", story: networkACL},
		{Name: "bad-node", Doc: "One node of the load balancer reaches no target.", story: badNode},
		{Name: "idle-timeout", Doc: "For a while a path often takes longer than the idle timeout.", story: idleTimeout},
		{Name: "near-timeout", Doc: "A path mostly answers just before the idle timeout, and sometimes after.", story: nearTimeout},
		{Name: "firewall", Doc: "Something on the way forgets idle connections and drops their packets.", story: firewall},
		{Name: "saturation", Doc: "A surge of requests is more than the workers can serve, and their line grows.", story: saturation},
		{Name: "worker-timeout", Doc: "The application server kills requests after 30, 60 or 120 s.", story: workerTimeout},
		{Name: "bad-response", Doc: "A path's answers are no HTTP.", story: badResponse},
		{Name: "short-body", Doc: "A path's answers are shorter than they say.", story: shortBody},
		{Name: "deregistration-cut", Doc: "In deploys the deregistration delay runs out on long requests.", story: deregistrationCut},
		{Name: "shutdown-early", Doc: "In a deploy targets stop while nodes still send to them.", story: shutdownEarly},
		{Name: "cold-start", Doc: "After a deploy new targets are slow at first.", story: coldStart},
		{Name: "no-target", Doc: "A target group is empty for minutes.", story: noTarget},
		{Name: "lambda-error", Doc: "Invocations of a function fail.", story: lambdaFault},
		{Name: "client-abandoned", Doc: "Programs give up before a slow path answers.", story: clientTimeout},
		{Name: "hidden-timeout", Doc: "A host dies, and programs give up before the load balancer does.", story: hiddenDeadHost},
		{Name: "proxy-timeout", Doc: "A proxy in front of the application answers 504.", story: proxyTimeout},
		{Name: "target-5xx", Doc: "The application answers 500 or 503, on a path or from one target.", story: failingPath},
		{Name: "waf-block", Doc: "WAF blocks a wave of scanners.", story: wafBlock},
		{Name: "waf-error", Doc: "WAF does not answer, and the load balancer fails closed.", story: wafError},
		{Name: "auth-error", Doc: "The identity provider fails.", story: authError},
		{Name: "fixed-response", Doc: "A rule answers 503 during maintenance.", story: fixedResponse},
		{Name: "client-error", Doc: "Clients send what the load balancer will not forward.", story: clientError},
		{Name: "stream-reset", Doc: "A gRPC service resets streams.", story: streamReset},
		{Name: "log-gaps", Doc: "Nothing goes wrong, but some objects are never delivered.", story: logGaps},
		{Name: "five-502", Doc: "Within an hour on one group: races, crashes, worker timeouts, malformed answers and requests cut by deregistration.", story: five502},
	}
	for i := range scenarios {
		s := scenarios[i]
		scenarios[i].Config = func(seed uint64) Config { return s.day(seed).Config }
	}
	return append(scenarios,
		Scenario{Name: "demo", Doc: "Half an hour: reports become slower than the idle timeout at minute 6, and one of three web hosts is dead for three minutes from minute 19.", Config: Demo},
		Scenario{Name: "corpus", Doc: "The corpus of the benchmarks: 2.25 million records in 50 objects, 1 % of them failed.", Config: func(seed uint64) Config { return CorpusConfig(seed, 2_250_000) }},
	)
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
