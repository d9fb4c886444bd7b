//go:build linux

package rig

import (
	"slices"
	"sync"
	"time"
)

// A group is a target group: the targets that take new requests. It is safe for concurrent use.
type group struct {
	arn string

	mu      sync.Mutex
	targets []*target
}

// A target is one registration of an address. An address that is registered again is a new target.
type target struct {
	addr   string
	lapsed chan struct{} // closed when the deregistration delay is over
}

func (g *group) register(addrs ...string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, addr := range addrs {
		g.targets = append(g.targets, &target{addr: addr, lapsed: make(chan struct{})})
	}
}

// deregister takes an address out: no new requests, and what is in flight after the delay is cut.
func (g *group) deregister(addr string, delay time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.targets = slices.DeleteFunc(g.targets, func(t *target) bool {
		if t.addr != addr {
			return false
		}
		time.AfterFunc(delay, func() { close(t.lapsed) })
		return true
	})
}

// pick returns the target of a turn, nil when there is none.
func (g *group) pick(turn int) *target {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.targets) == 0 {
		return nil
	}
	return g.targets[turn%len(g.targets)]
}
