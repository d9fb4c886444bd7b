//go:build linux

package rig

import (
	"context"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"
)

// A scene is where a case plays: its target group, its clients, its servers. close ends all it started.
type scene struct {
	number  int // of the case: its addresses are 127.0.number.0/24, its clients' 127.100.number.0/24
	group   *group
	clients *audience
	tools   *tools

	estimates []Estimate
	hosts     int
	servers   []*server
	relays    []*relay
	others    sync.WaitGroup
}

// tools are the paths of programs, and a folder for what servers write.
type tools struct{ nginx, node, goServer, dir string }

// addrs returns free addresses, each of another host.
func (s *scene) addrs(n int) []string {
	var addrs []string
	for range n {
		s.hosts++
		ip := fmt.Sprintf("127.0.%d.%d", s.number, s.hosts)
		l, err := net.Listen("tcp", ip+":0")
		if err != nil {
			panic("BUG: " + err.Error()) // all of 127.0.0.0/8 is this host's
		}
		addrs = append(addrs, l.Addr().String())
		l.Close()
	}
	return addrs
}

func (s *scene) nginx(keepAlive time.Duration, addrs []string) (*server, error) {
	return nginxServer(s.tools.nginx, s.tools.dir, keepAlive, addrs)
}

func (s *scene) nodeJS(keepAlive time.Duration, addrs []string) *server {
	return nodeServer(s.tools.node, s.tools.dir, keepAlive, addrs)
}

func (s *scene) goServer(worker time.Duration, addrs []string) *server {
	return goServer(s.tools.goServer, s.tools.dir, worker, addrs)
}

func (s *scene) start(ctx context.Context, server *server) error {
	if err := server.start(ctx); err != nil {
		return err
	}
	s.servers = append(s.servers, server)
	return nil
}

// relayed registers a target of another address, which reaches the server over a network.
func (s *scene) relayed(server string, delay time.Duration) (*relay, error) {
	addr := s.addrs(1)[0]
	r, err := newRelay(addr, server, delay)
	if err != nil {
		return nil, err
	}
	s.relays = append(s.relays, r)
	s.group.register(addr)
	return r, nil
}

func (s *scene) estimate(cause, name string, d time.Duration) {
	s.estimates = append(s.estimates, Estimate{cause, s.group.arn, name, d.Seconds()})
}

// meanwhile does something beside the traffic; join waits for it.
func (s *scene) meanwhile(f func()) { s.others.Go(f) }

func (s *scene) join() { s.others.Wait() }

// eachNode does something for all nodes at once and waits.
func (s *scene) eachNode(f func(*node)) {
	var all sync.WaitGroup
	for _, n := range s.clients.nodes {
		all.Go(func() { f(n) })
	}
	all.Wait()
}

func (s *scene) close() {
	s.join()
	for _, server := range s.servers {
		server.stop(syscall.SIGKILL)
	}
	for _, r := range s.relays {
		r.close()
	}
}
