package simulate

import "time"

// The stories of the faulty scenarios. Each happens between a tenth and four
// fifths of the day, and draws its parameters.

const slowPath = "/api/reports/{int}"

// idleTimeout sets the load balancer's, and has servers wait for longer.
func (d *draft) idleTimeout(limit time.Duration) {
	d.Config.IdleTimeout = limit
	d.sys.Web.KeepAlive, d.sys.API.KeepAlive = limit+15*time.Second, limit+15*time.Second
}

// keepaliveRace: servers that close idle connections before the load balancer
// does. A race needs a request just then, so the fewer and the more spread out
// requests are, the rarer; the rate is that at which there are most.
func keepaliveRace(d *draft) {
	keep := vary[time.Duration](d, 5, 20, 2, 15, 30) * time.Second
	d.Config.Targets = pick(d, 6, 12, 24, 40)
	stall := pick[time.Duration](d, 8, 12) * time.Millisecond
	if keep > 10*time.Second {
		d.Config.Targets, stall = 40, 25*time.Millisecond
	}
	rate := (0.7 + 0.8*d.rng.Float64()) * float64(d.Config.Nodes*d.Config.Targets) / keep.Seconds()
	rate = min(max(rate, 2), 25)
	d.busy(rate, min(time.Duration(110_000/rate)*time.Second, 24*time.Hour))
	d.Config.Swing = 0.3
	d.sys.API.KeepAlive, d.sys.API.Stall = keep, stall
	d.sys.Web.KeepAlive, d.sys.Web.Stall = keep, stall
	d.expect(Expectation{ID: "keepalive-race", Estimates: seconds("server_keepalive_seconds", keep)})
}

// pollingRace is a keep-alive that is as long as a client's pause.
func pollingRace(d *draft) {
	keep := vary[time.Duration](d, 5, 10, 15) * time.Second
	d.Config.Nodes, d.Config.Targets = 2, 3 // one of them api
	d.busy(1.2/keep.Seconds(), 24*time.Hour)
	d.sys.API.KeepAlive, d.sys.API.Stall = keep, 15*time.Millisecond
	d.sys.Pollers = []Poller{{Path: "/api/v1/stock/{int}", Every: keep, Slack: 300 * time.Millisecond, Clients: 2}}
	d.expect(Expectation{ID: "keepalive-race", Estimates: seconds("server_keepalive_seconds", keep)})
}

// targetCrash: a process is killed once or again and again.
func targetCrash(d *draft) {
	d.Config.Targets = pick(d, 4, 8)
	d.busy(pick(d, 18.0, 24), 90*time.Minute)
	d.happen(Incident{Kind: Slow, Group: "api", Median: pick[time.Duration](d, 1000, 3000) * time.Millisecond, Sigma: 0.6})
	i, address := d.target("api")
	crashes := pick(d, 2, 4, 8)
	for n := range crashes {
		d.happen(Incident{
			Kind: Crash, Group: "api", Targets: []int{i}, For: d.minutes(0, 1) + 3*time.Second,
			From: d.part(0.1 + 0.65*float64(n)/float64(crashes)),
		})
	}
	d.expect(Expectation{ID: "target-crash", Targets: []string{address}})
	d.allow("connect-refused", "one-bad-target", "saturation")
}

// allCrash: something that every target answers to by dying.
func allCrash(d *draft) {
	d.busy(pick(d, 15.0, 25), time.Hour)
	d.happen(Incident{Kind: Slow, Group: "api", Median: 1200 * time.Millisecond, Sigma: 0.6})
	for i := range d.Config.Targets / 2 {
		d.happen(Incident{
			Kind: Crash, Group: "api", Targets: []int{i}, For: d.minutes(0, 1) + 5*time.Second,
			From: d.part(0.3) + time.Duration(i)*d.minutes(1, 2),
		})
	}
	d.expect(Expectation{ID: "target-crash"})
	d.allow("connect-refused", "fail-open", "saturation")
}

// connectRefused: the process is down for minutes and health checks pass, for
// they ask another port.
func connectRefused(d *draft) {
	d.busy(pick(d, 5.0, 10, 15), pick[time.Duration](d, 90, 180)*time.Minute)
	serviceDown(d)
}

func serviceDown(d *draft) {
	group := pick(d, "web", "api")
	i, address := d.target(group)
	d.happen(Incident{Kind: ServiceDown, Group: group, Targets: []int{i}, From: d.sometime(0.1, 0.6), For: d.minutes(3, 12)})
	d.expect(Expectation{ID: "connect-refused", Targets: []string{address}})
	d.expect(Expectation{ID: "one-bad-target", Targets: []string{address}})
	d.allow("target-crash")
}

// brokenTLS: a deploy of certificates with which no handshake works.
func brokenTLS(d *draft) {
	d.sys.API.TLS = true
	d.happen(Incident{Kind: BrokenTLS, Group: "api", From: d.sometime(0.2, 0.6), For: d.minutes(5, 15)})
	d.expect(Expectation{ID: "connect-refused"})
	d.allow("fail-open")
}

// deadHost: a host dies. Connections that were open are silent first.
func deadHost(d *draft) {
	d.busy(pick(d, 8.0, 14, 20), pick[time.Duration](d, 90, 120)*time.Minute)
	group := pick(d, "web", "api")
	i, address := d.target(group)
	d.happen(Incident{Kind: HostDead, Group: group, Targets: []int{i}, From: d.sometime(0.1, 0.6), For: d.minutes(8, 20)})
	d.expect(Expectation{ID: "connect-timeout", Targets: []string{address}})
	d.allow("one-bad-target", "target-crash")
}

// securityGroup: nothing reaches any target, health checks neither: fail-open.
func securityGroup(d *draft) {
	group := pick(d, "web", "api")
	d.happen(Incident{Kind: Blocked, Group: group, From: d.sometime(0.2, 0.7), For: d.minutes(4, 15)})
	d.expect(Expectation{ID: "connect-timeout"})
	d.expect(Expectation{ID: "fail-open"})
}

// networkACL: a subnet's rules drop what goes to its targets.
func networkACL(d *draft) {
	d.Config.Targets = pick(d, 12, 18, 24)
	d.busy(pick(d, 14.0, 22), 90*time.Minute)
	zone := d.rng.IntN(zones)
	from, span := d.sometime(0.2, 0.7), d.minutes(5, 15)
	var addresses []string
	for g := range groups {
		var hit []int
		for i := zone; i < d.Config.targetsOf(group(g)); i += zones {
			hit = append(hit, i)
			addresses = append(addresses, targetAddress(group(g), i))
		}
		d.happen(Incident{Kind: Blocked, Group: groupNames[g], Targets: hit, From: from, For: span})
	}
	d.expect(Expectation{ID: "connect-timeout", Targets: addresses})
	d.allow("one-bad-zone", "one-bad-target")
}

// badNode: one node of the load balancer reaches no target.
func badNode(d *draft) {
	from, span := d.sometime(0.2, 0.7), d.minutes(4, 10)
	node := []int{d.rng.IntN(d.Config.Nodes)}
	for _, g := range groupNames {
		d.happen(Incident{Kind: Blocked, Group: g, Nodes: node, From: from, For: span})
	}
	d.expect(Expectation{ID: "connect-timeout"})
	d.expect(Expectation{ID: "one-bad-node"})
	d.allow("fail-open", "one-bad-zone")
}

// idleTimeout: a path that is slower than the load balancer waits.
func idleTimeout(d *draft) {
	limit := vary[time.Duration](d, 60, 120, 300) * time.Second
	d.idleTimeout(limit)
	d.sys.ClientTimeout = 0
	path, group := pick(d, slowPath, "/api/v1/orders/{int}"), "api"
	if d.chance(0.3) {
		path, group = "/search", "web"
	}
	d.happen(Incident{
		Kind: Slow, Group: group, Path: path, From: d.sometime(0.1, 0.5), For: d.minutes(15, 40),
		Median: limit * 6 / 10, Sigma: 0.5 + 0.4*d.rng.Float64(),
	})
	d.expect(Expectation{ID: "idle-timeout", Paths: []string{path}, Estimates: seconds("idle_timeout_seconds", limit)})
	d.allow("near-timeout", "one-bad-path", "client-abandoned")
}

// nearTimeout: answers that mostly come just in time.
func nearTimeout(d *draft) {
	limit := vary[time.Duration](d, 60, 120, 30) * time.Second
	d.idleTimeout(limit)
	d.Config.RequestsPerSecond = max(d.Config.RequestsPerSecond, 4)
	d.sys.ClientTimeout = 0
	d.happen(Incident{
		Kind: Slow, Group: "api", Path: slowPath, From: d.part(0.15), For: d.part(0.55), Median: limit * 78 / 100, Sigma: 0.14,
	})
	d.expect(Expectation{ID: "idle-timeout", Paths: []string{slowPath}, Estimates: seconds("idle_timeout_seconds", limit)})
	d.expect(Expectation{ID: "near-timeout", Paths: []string{slowPath}})
	d.allow("one-bad-path", "client-abandoned")
}

// firewall: something between forgets connections that were idle for a while,
// which is less than the load balancer keeps them.
func firewall(d *draft) {
	d.idleTimeout(vary[time.Duration](d, 300, 60, 120) * time.Second)
	limit := d.Config.IdleTimeout * pick[time.Duration](d, 40, 55, 75) / 100
	d.sys.API.KeepAlive, d.sys.ClientTimeout = 0, 0
	d.Config.Targets = pick(d, 12, 24)
	rate := (1.4 + 0.4*d.rng.Float64()) * float64(d.Config.Nodes*d.Config.Targets) / limit.Seconds()
	d.busy(rate, min(time.Duration(80_000/rate)*time.Second, 24*time.Hour))
	d.Config.Swing = 0
	d.happen(Incident{Kind: Firewall, Group: "api", Limit: limit})
	d.expect(Expectation{ID: "idle-timeout", Estimates: seconds("idle_timeout_seconds", d.Config.IdleTimeout)})
	d.allow("one-bad-path")
}

// saturation: more requests than the workers can serve; the line grows until
// those at its end wait for too long, or are not let in.
func saturation(d *draft) {
	d.Config.Targets = pick(d, 6, 8)
	d.idleTimeout(time.Minute)
	d.sys.API = Server{KeepAlive: 75 * time.Second, Workers: pick(d, 1, 2), Backlog: pick(d, 2048, 100)}
	workers := float64(d.sys.API.Workers * (d.Config.Targets / 2))
	d.busy(workers*3, time.Hour)
	d.Config.Swing = 0
	d.sys.ClientTimeout = 0
	d.happen(Incident{Kind: Surge, From: d.part(0.3), For: d.minutes(6, 10), Factor: pick(d, 5.0, 6, 7)})
	d.expect(Expectation{ID: "saturation"})
	d.allow("idle-timeout", "connect-timeout", "fail-open", "near-timeout", "one-bad-path", "one-bad-target", "client-abandoned")
}

// workerTimeout: an application server that kills what takes too long.
func workerTimeout(d *draft) {
	limits := vary(d, [2]time.Duration{30, 60}, [2]time.Duration{30, 120}, [2]time.Duration{60, 120}, [2]time.Duration{60, 300}, [2]time.Duration{120, 300})
	limit := limits[0] * time.Second
	d.idleTimeout(limits[1] * time.Second)
	d.sys.API = Server{WorkerTimeout: limit, WorkerGrace: pick[time.Duration](d, 50, 300, 900) * time.Millisecond}
	d.sys.ClientTimeout = 0
	d.happen(Incident{Kind: Slow, Group: "api", Path: slowPath, From: d.sometime(0.1, 0.3), For: d.part(0.4), Median: limit * 6 / 10, Sigma: 0.5})
	d.expect(Expectation{ID: "worker-timeout", Paths: []string{slowPath}, Estimates: seconds("worker_timeout_seconds", limit)})
	d.allow("one-bad-path", "near-timeout")
}

// badResponse: a path whose answers are no HTTP, some of them very fast.
func badResponse(d *draft) {
	path, group := "/api/v1/stock/{int}", "api"
	switch d.rng.IntN(3) {
	case 0:
		path = "/api/v1/users/{uuid}/orders"
	case 1:
		path, group = "/account/orders/{int}", "web"
	}
	d.happen(Incident{Kind: Malformed, Group: group, Path: path, From: d.sometime(0.1, 0.5), For: d.minutes(10, 40), Share: pick(d, 0.6, 0.95, 1)})
	d.expect(Expectation{ID: "bad-response", Paths: []string{path}})
	d.allow("one-bad-path")
}

// shortBody: files that are cut off.
func shortBody(d *draft) {
	path := pick(d, "/invoices/{uuid}.pdf", "/images/products/{int}/large.webp")
	d.happen(Incident{Kind: Truncated, Group: "web", Path: path, From: d.sometime(0.1, 0.3), For: d.part(0.4), Share: pick(d, 0.3, 0.8)})
	d.expect(Expectation{ID: "short-body", Paths: []string{path}})
	d.allow("one-bad-path")
}

// deregistrationCut: a delay that is shorter than the requests.
func deregistrationCut(d *draft) {
	delay := vary[time.Duration](d, 20, 30, 45, 15) * time.Second
	d.idleTimeout(pick[time.Duration](d, 120, 300) * time.Second)
	d.Config.Targets = pick(d, 6, 8, 12)
	d.sys.ClientTimeout = 0
	d.sys.Deregistration = delay
	d.busy(pick(d, 14.0, 20), 90*time.Minute)
	for _, path := range []string{slowPath, "/api/v1/recommendations"} {
		d.happen(Incident{Kind: Slow, Group: "api", Path: path, Median: delay * 13 / 10, Sigma: 0.25})
	}
	for _, at := range []float64{0.15, 0.5} {
		d.happen(Incident{Kind: Deploy, Group: "api", From: d.part(at), Batch: pick(d, 1, 2), Graceful: true, Settle: 40 * time.Second})
	}
	d.expect(Expectation{ID: "deregistration-cut", Estimates: seconds("deregistration_delay_seconds", delay)})
	d.allow("deploy", "one-bad-path", "idle-timeout") // so slow a path times out now and then
}

// shutdownEarly: processes stop while nodes still send to them.
func shutdownEarly(d *draft) {
	d.Config.Targets = pick(d, 8, 12, 16)
	d.busy(pick(d, 15.0, 25), time.Hour)
	vanish := d.chance(0.4)
	d.happen(Incident{
		Kind: Deploy, Group: pick(d, "web", "api"), From: d.sometime(0.15, 0.35), Batch: pick(d, 1, 2),
		Stop: pick[time.Duration](d, -3000, -500, 200) * time.Millisecond, Lag: pick[time.Duration](d, 5, 8) * time.Second, Graceful: d.chance(0.6), Vanish: vanish,
	})
	d.expect(Expectation{ID: "shutdown-early"})
	d.allow("deploy", "connect-refused", "target-crash", "connect-timeout")
}

// coldStart: new targets that are slow at first.
func coldStart(d *draft) {
	d.Config.Targets = pick(d, 6, 8)
	d.busy(pick(d, 12.0, 20), time.Hour)
	d.happen(Incident{
		Kind: Deploy, Group: "api", From: d.sometime(0.2, 0.4), Graceful: true, WarmUp: pick[time.Duration](d, 60, 120) * time.Second, Factor: pick(d, 15.0, 30),
		Settle: 30 * time.Second,
	})
	d.expect(Expectation{ID: "cold-start"})
	d.allow("deploy", "near-timeout", "client-abandoned", "idle-timeout")
}

// noTarget: a group without targets.
func noTarget(d *draft) {
	d.happen(Incident{Kind: Emptied, Group: pick(d, "web", "api"), From: d.sometime(0.1, 0.7), For: d.minutes(2, 10)})
	d.expect(Expectation{ID: "no-target"})
	d.allow("deploy", "fail-open")
}

// lambdaFault: invocations that fail, each reason with its own times.
func lambdaFault(d *draft) {
	d.sys.LambdaShare = pick(d, 0.05, 0.15)
	v := Incident{Kind: LambdaFaults, From: d.sometime(0.1, 0.4), For: d.part(0.35), Share: pick(d, 0.2, 0.6), Status: 502}
	v.Reason = vary(d, "LambdaThrottling", "LambdaUnhandled", "LambdaInvalidResponse", "LambdaResponseTooLarge", "LambdaConnectionTimeout")
	switch v.Reason {
	case "LambdaThrottling":
		v.Median = 15 * time.Millisecond
	case "LambdaConnectionTimeout":
		v.Status, v.Median = 504, 10*time.Second
	}
	d.happen(v)
	d.expect(Expectation{ID: "lambda-error"})
	d.allow("one-bad-path")
}

// clientTimeout: programs that wait for less than a slow path takes.
func clientTimeout(d *draft) {
	patience := vary[time.Duration](d, 5, 10, 30, 3, 15) * time.Second
	d.sys.ClientTimeout = patience
	d.happen(Incident{Kind: Slow, Group: "api", Path: slowPath, From: d.part(0.1), For: d.part(0.6), Median: patience * 11 / 10, Sigma: 0.3})
	d.expect(Expectation{ID: "client-abandoned", Paths: []string{slowPath}, Estimates: seconds("client_timeout_seconds", patience)})
	d.allow("one-bad-path", "near-timeout", "idle-timeout")
}

// hiddenDeadHost: programs give up before the load balancer does, so that few
// rows say that nobody can connect.
func hiddenDeadHost(d *draft) {
	patience := pick[time.Duration](d, 3, 5, 5) * time.Second
	d.sys.ClientTimeout, d.sys.Retries = patience, pick(d, 0, 1)
	d.Config.Targets = pick(d, 8, 12)
	d.busy(pick(d, 12.0, 20), 90*time.Minute)
	i, address := d.target("api")
	d.sys.HealthInterval, d.sys.UnhealthyAfter = 30*time.Second, 3
	d.happen(Incident{Kind: HostDead, Group: "api", Targets: []int{i}, From: d.sometime(0.1, 0.5), For: d.minutes(8, 20)})
	d.expect(Expectation{ID: "connect-timeout", Targets: []string{address}})
	d.allow("client-abandoned", "one-bad-target")
}

// proxyTimeout: a proxy beside the application gives up, and says so.
func proxyTimeout(d *draft) {
	limit := vary[time.Duration](d, 30, 10, 15) * time.Second
	d.sys.API.ProxyTimeout = limit
	d.sys.ClientTimeout = 0
	d.happen(Incident{Kind: Slow, Group: "api", Path: slowPath, From: d.part(0.1), For: d.part(0.6), Median: limit * 8 / 10, Sigma: 0.4})
	d.expect(Expectation{ID: "target-5xx", Paths: []string{slowPath}, Estimates: seconds("proxy_timeout_seconds", limit)})
	d.allow("one-bad-path", "near-timeout")
}

// failingPath: an application's own errors, on a path or on one target.
func failingPath(d *draft) {
	v := Incident{Kind: Failing, Group: "api", From: d.sometime(0.1, 0.3), For: d.part(0.4), Status: pick(d, 500, 503)}
	ex := Expectation{ID: "target-5xx"}
	if d.chance(0.5) {
		i, address := d.target("api")
		v.Targets, v.Share, ex.Targets = []int{i}, 0.7, []string{address}
	} else {
		v.Path, v.Share = "/api/v1/products/{int}", 0.5
		ex.Paths = []string{v.Path}
	}
	d.happen(v)
	d.expect(ex)
	d.allow("one-bad-target", "one-bad-path")
}

// wafBlock: a wave of scanners.
func wafBlock(d *draft) {
	d.sys.WAF = true
	d.happen(Incident{Kind: Attack, From: d.sometime(0.1, 0.5), For: d.part(0.25), Factor: max(1, d.Config.RequestsPerSecond/3)})
	d.expect(Expectation{ID: "waf-block"})
	d.allow("one-bad-path")
}

// wafError: WAF does not answer.
func wafError(d *draft) {
	d.sys.WAF = true
	d.happen(Incident{Kind: WAFOutage, From: d.sometime(0.1, 0.6), For: d.minutes(5, 15), Share: pick(d, 0.2, 0.6)})
	d.expect(Expectation{ID: "waf-error"})
}

// authError: the identity provider fails.
func authError(d *draft) {
	d.sys.AuthenticateRule = true
	v := Incident{Kind: AuthFaults, From: d.sometime(0.1, 0.4), For: d.part(0.4), Share: pick(d, 0.4, 0.9), Status: 401, Reason: "AuthInvalidCookie"}
	switch d.rng.IntN(3) {
	case 0:
		v.Status, v.Reason, v.Limit = 500, "AuthTokenEpRequestTimeout", 5*time.Second
	case 1:
		v.Status, v.Reason = 561, "AuthInvalidGrantError"
	}
	d.happen(v)
	d.expect(Expectation{ID: "auth-error"})
	d.allow("one-bad-path")
}

// fixedResponse: a maintenance page, by a rule.
func fixedResponse(d *draft) {
	d.happen(Incident{Kind: Maintenance, Group: pick(d, "web", "api"), From: d.sometime(0.1, 0.6), For: d.part(0.1), Status: 503})
	d.expect(Expectation{ID: "fixed-response"})
}

// clientError: clients that send what cannot be forwarded.
func clientError(d *draft) {
	d.happen(Incident{Kind: BadClients, From: d.sometime(0.1, 0.4), For: d.part(0.4), Factor: max(0.5, d.Config.RequestsPerSecond/8)})
	d.expect(Expectation{ID: "client-error"})
	d.allow("one-bad-path")
}

// streamReset: a gRPC service that resets streams.
func streamReset(d *draft) {
	d.sys.RPCShare = 0.2
	d.happen(Incident{Kind: Resets, From: d.sometime(0.1, 0.4), For: d.part(0.5), Share: pick(d, 0.05, 0.2)})
	d.expect(Expectation{ID: "stream-reset"})
	d.allow("one-bad-path")
}

// logGaps: objects that never come.
func logGaps(d *draft) {
	d.happen(Incident{Kind: LostLogs, Nodes: []int{d.rng.IntN(d.Config.Nodes)}, From: d.sometime(0.2, 0.6), For: d.minutes(10, 30)})
	d.expect(Expectation{ID: "log-gaps"})
}

// five502 is all that makes a 502 on one group within an hour.
func five502(d *draft) {
	keep := vary[time.Duration](d, 2, 5) * time.Second
	limit := vary[time.Duration](d, 30, 45, 30) * time.Second
	delay := pick[time.Duration](d, 5, 8) * time.Second
	d.idleTimeout(time.Minute)
	d.Config.Targets, d.Config.Nodes = 24, 2
	if keep > 2*time.Second {
		d.Config.Targets, d.Config.Nodes = 40, 3
	}
	d.busy(24, 80*time.Minute)
	d.Config.Swing = 0
	d.sys.API = Server{KeepAlive: keep, Stall: 15 * time.Millisecond, WorkerTimeout: limit, WorkerGrace: pick[time.Duration](d, 100, 800) * time.Millisecond}
	d.sys.Deregistration = delay
	d.sys.ClientTimeout = 0
	for _, path := range []string{slowPath, "/api/v1/recommendations"} {
		d.happen(Incident{Kind: Slow, Group: "api", Path: path, From: d.part(0.1), For: d.part(0.75), Median: limit * 55 / 100, Sigma: 0.45})
	}
	bad := pick(d, "/api/v1/stock/{int}", "/api/v1/users/{uuid}", "/api/v1/orders/{int}")
	d.happen(Incident{Kind: Malformed, Group: "api", Path: bad, From: d.sometime(0.15, 0.4), For: d.minutes(8, 25), Share: pick(d, 0.7, 1)})
	var addresses []string
	for n, i := range d.rng.Perm(d.Config.Targets / 2)[:5] {
		d.happen(Incident{Kind: Crash, Group: "api", Targets: []int{i}, From: d.part(0.14 + 0.07*float64(n)), For: d.minutes(0, 1) + 4*time.Second})
		addresses = append(addresses, targetAddress(groupAPI, i))
	}
	d.happen(Incident{Kind: Deploy, Group: "api", From: d.sometime(0.5, 0.6), Batch: 2, Graceful: true, Settle: 35 * time.Second})
	d.expect(Expectation{ID: "keepalive-race", Estimates: seconds("server_keepalive_seconds", keep)})
	d.expect(Expectation{ID: "target-crash", Targets: addresses})
	d.expect(Expectation{ID: "worker-timeout", Paths: []string{slowPath, "/api/v1/recommendations"}, Estimates: seconds("worker_timeout_seconds", limit)})
	d.expect(Expectation{ID: "deregistration-cut", Estimates: seconds("deregistration_delay_seconds", delay)})
	d.expect(Expectation{ID: "bad-response", Paths: []string{bad}})
	d.allow("connect-refused", "one-bad-target", "one-bad-path", "deploy", "near-timeout")
}

// mixes are the days on which several things go wrong: stories that set the
// length and the rate of the day come first.
var mixes = [][]story{
	{deadHost, badResponse, idleTimeout},
	{targetCrash, badResponse, wafBlock},
	{shutdownEarly, idleTimeout, authError},
	{keepaliveRace, badResponse, serviceDown},
	{hiddenDeadHost, noTarget, shortBody},
}
