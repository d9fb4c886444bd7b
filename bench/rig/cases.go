//go:build linux

package rig

import (
	"context"
	"math/rand/v2"
	"slices"
	"syscall"
	"time"
)

// The world's settings. The idle timeout is short, to see many, and above the servers' keep-alives, or there would be no
// race. The connect timeout is AWS's, which nobody can set.
const (
	span           = 40 * time.Second // how long clients ask
	idleTimeout    = 4 * time.Second
	connectTimeout = 10 * time.Second

	networkDelay    = 20 * time.Millisecond // each way; more than between zones, to meet in a minute what takes a day there
	never           = 10 * time.Minute      // a keep-alive that no case lives to see
	workerTimeout   = 2 * time.Second
	deregisterDelay = 2 * time.Second
	clientPatience  = 1500 * time.Millisecond
)

// A Case is one thing that goes wrong in one target group.
type Case struct {
	Name  string
	Needs string // the program it runs beside Go's, such as nginx; "" for none

	causes map[Ending]string                         // what each ending of an exchange that failed was
	run    func(ctx context.Context, s *scene) error // comes back when no more requests will be sent
}

// Missing says why the case cannot run on this machine; nil if it can.
func (c Case) Missing() error {
	if c.Needs == "" {
		return nil
	}
	_, err := findProgram(c.Needs)
	return err
}

// Cases returns all there are.
func Cases() []Case {
	return []Case{
		{Name: "keepalive-race-nginx", Needs: nginxProgram, run: raceNginx, causes: map[Ending]string{Reset: "keepalive-race"}},
		{Name: "keepalive-race-node", Needs: nodeProgram, run: raceNode, causes: map[Ending]string{Reset: "keepalive-race"}},
		{Name: "idle-timeout", Needs: nodeProgram, run: slowReports, causes: map[Ending]string{Silent: "idle-timeout"}},
		{Name: "connect-timeout", run: deadHost, causes: map[Ending]string{
			Unreachable: "connect-timeout",
			Silent:      "connect-timeout", // pooled connections to the dead host fail first
		}},
		{Name: "connect-refused", Needs: nginxProgram, run: stoppedServer, causes: map[Ending]string{
			Refused: "connect-refused",
			Reset:   "target-crash", // what little was in flight
		}},
		{Name: "target-crash", run: killedServer, causes: map[Ending]string{
			Reset:   "target-crash",
			Refused: "connect-refused", // until it is back
		}},
		{Name: "bad-response", run: badResponses, causes: map[Ending]string{Malformed: "bad-response"}},
		{Name: "short-body", run: shortBodies, causes: map[Ending]string{Short: "short-body"}},
		{Name: "worker-timeout", run: fixedWorkerTimeout, causes: map[Ending]string{Reset: "worker-timeout"}},
		{Name: "deregistration-cut", Needs: nodeProgram, run: rollingDeregistration, causes: map[Ending]string{Lapsed: "deregistration-cut"}},
		{Name: "no-target", run: emptyGroup, causes: map[Ending]string{NoTarget: "no-target"}},
		{Name: "client-abandoned", run: impatientClients, causes: map[Ending]string{Abandoned: "client-abandoned"}},
	}
}

// with adds routes to the ordinary traffic.
func with(routes ...route) []route { return slices.Concat(site, routes) }

func raceNginx(ctx context.Context, s *scene) error {
	addrs := s.addrs(1)
	server, err := s.nginx(2*time.Second, addrs)
	if err != nil {
		return err
	}
	return s.race(ctx, server)
}

func raceNode(ctx context.Context, s *scene) error {
	server := s.nodeJS(1500*time.Millisecond, s.addrs(1))
	return s.race(ctx, server)
}

// race has pages asked for with gaps about the server's keep-alive, so that now and then the load balancer uses a
// connection that the server has just closed.
func (s *scene) race(ctx context.Context, server *server) error {
	if err := s.start(ctx, server); err != nil {
		return err
	}
	keepAlive, err := closesAfter(server.addrs[0])
	if err != nil {
		return err
	}
	s.estimate("keepalive-race", "server_keepalive_seconds", keepAlive)
	for range 3 {
		if _, err := s.relayed(server.addrs[0], networkDelay); err != nil {
			return err
		}
	}
	gap := func() time.Duration {
		switch n := rand.IntN(10); {
		case n < 3:
			return between(50*time.Millisecond, keepAlive*6/10)
		case n < 9:
			return between(keepAlive-100*time.Millisecond, keepAlive+60*time.Millisecond)
		}
		return between(keepAlive+200*time.Millisecond, keepAlive+time.Second)
	}
	s.eachNode(func(n *node) { s.clients.pages(ctx, n, 12, span, gap) })
	return nil
}

// slowReports has a path that takes longer than the idle timeout more often than not.
func slowReports(ctx context.Context, s *scene) error {
	server := s.nodeJS(never, s.addrs(3))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.estimate("idle-timeout", "idle_timeout_seconds", idleTimeout)
	s.clients.steady(ctx, 14, span, with(route{"/reports/%d", 20, time.Second, 8 * time.Second}))
	return nil
}

// deadHost loses one of three hosts for good.
func deadHost(ctx context.Context, s *scene) error {
	server := s.goServer(0, s.addrs(1))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	var hosts []*relay
	for range 3 {
		host, err := s.relayed(server.addrs[0], time.Millisecond)
		if err != nil {
			return err
		}
		hosts = append(hosts, host)
	}
	var failed error
	s.meanwhile(func() {
		sleep(ctx, span/2)
		failed = hosts[1].die()
	})
	s.clients.steady(ctx, 15, span, site)
	s.join()
	return failed
}

// stoppedServer has one of three servers shut down, listener first, and come back after a while.
func stoppedServer(ctx context.Context, s *scene) error {
	var servers []*server
	for range 3 {
		server, err := s.nginx(never, s.addrs(1))
		if err != nil {
			return err
		}
		if err := s.start(ctx, server); err != nil {
			return err
		}
		servers = append(servers, server)
		s.group.register(server.addrs...)
	}
	var failed error
	s.meanwhile(func() {
		sleep(ctx, span/3)
		servers[2].stop(syscall.SIGQUIT)
		sleep(ctx, span/5)
		failed = servers[2].start(ctx)
	})
	s.clients.steady(ctx, 20, span, site)
	s.join()
	return failed
}

// killedServer has one of two servers killed, twice, with requests in flight, and started again two seconds later.
func killedServer(ctx context.Context, s *scene) error {
	victim, other := s.goServer(0, s.addrs(1)), s.goServer(0, s.addrs(1))
	for _, server := range []*server{victim, other} {
		if err := s.start(ctx, server); err != nil {
			return err
		}
		s.group.register(server.addrs...)
	}
	var failed error
	s.meanwhile(func() {
		for range 2 {
			sleep(ctx, span/3)
			victim.stop(syscall.SIGKILL)
			sleep(ctx, 2*time.Second)
			if failed = victim.start(ctx); failed != nil {
				return
			}
		}
	})
	s.clients.steady(ctx, 40, span, with(route{"/checkout/%d", 70, time.Second, 2 * time.Second}))
	s.join()
	return failed
}

// badResponses has two paths that no HTTP client can read.
func badResponses(ctx context.Context, s *scene) error {
	return s.spoiled(ctx, 12,
		route{"/malformed/%d", 15, 20 * time.Millisecond, 60 * time.Millisecond},
		route{"/large-header/%d", 15, 20 * time.Millisecond, 60 * time.Millisecond})
}

// shortBodies has a path that promises more than it sends.
func shortBodies(ctx context.Context, s *scene) error {
	return s.spoiled(ctx, 12, route{"/short-body/%d", 10, 20 * time.Millisecond, 60 * time.Millisecond})
}

// spoiled asks servers for the site and for routes that fail whenever they are asked for.
func (s *scene) spoiled(ctx context.Context, rate float64, routes ...route) error {
	server := s.goServer(0, s.addrs(3))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.clients.steady(ctx, rate, span, with(routes...))
	return nil
}

// fixedWorkerTimeout has an application server that ends whatever takes longer than two seconds.
func fixedWorkerTimeout(ctx context.Context, s *scene) error {
	server := s.goServer(workerTimeout, s.addrs(3))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.estimate("worker-timeout", "worker_timeout_seconds", workerTimeout)
	s.clients.steady(ctx, 14, span, with(route{"/export/%d", 20, 500 * time.Millisecond, 3500 * time.Millisecond}))
	return nil
}

// rollingDeregistration takes two of three targets out, one after the other, with a delay shorter than the requests.
func rollingDeregistration(ctx context.Context, s *scene) error {
	server := s.nodeJS(never, s.addrs(3))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.estimate("deregistration-cut", "deregistration_delay_seconds", deregisterDelay)
	s.meanwhile(func() {
		for _, addr := range server.addrs[:2] {
			sleep(ctx, span/3)
			s.group.deregister(addr, deregisterDelay)
		}
	})
	s.clients.steady(ctx, 40, span, with(route{"/batches/%d", 200, 3 * time.Second, 3800 * time.Millisecond}))
	s.join()
	return nil
}

// emptyGroup has all targets deregistered for a while.
func emptyGroup(ctx context.Context, s *scene) error {
	server := s.goServer(0, s.addrs(2))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.meanwhile(func() {
		sleep(ctx, span/2)
		for _, addr := range server.addrs {
			s.group.deregister(addr, deregisterDelay)
		}
		sleep(ctx, span/8)
		s.group.register(server.addrs...)
	})
	s.clients.steady(ctx, 15, span, site)
	s.join()
	return nil
}

// impatientClients leave after a second and a half.
func impatientClients(ctx context.Context, s *scene) error {
	server := s.goServer(0, s.addrs(3))
	if err := s.start(ctx, server); err != nil {
		return err
	}
	s.group.register(server.addrs...)
	s.estimate("client-abandoned", "client_timeout_seconds", clientPatience)
	s.clients.patience = clientPatience
	s.clients.steady(ctx, 14, span, with(route{"/search", 20, 500 * time.Millisecond, 3 * time.Second}))
	return nil
}

func between(low, high time.Duration) time.Duration {
	return low + time.Duration(rand.Int64N(int64(high-low)))
}
