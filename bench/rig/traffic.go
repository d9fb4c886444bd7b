//go:build linux

package rig

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// A route is a path that is asked for. Servers answer after a time drawn evenly from [min, max].
type route struct {
	path     string // %d is a number drawn for each request
	weight   int    // how often, relative to the others
	min, max time.Duration
}

// site is the ordinary traffic of every case.
var site = []route{
	{"/", 20, 0, 5 * time.Millisecond},
	{"/api/items/%d", 30, 5 * time.Millisecond, 40 * time.Millisecond},
	{"/static/app.js", 20, 0, 2 * time.Millisecond},
}

// An audience asks the nodes of a load balancer for the routes of one host.
type audience struct {
	host     string
	nodes    []*node
	clients  []*http.Client
	patience time.Duration // after which clients leave; 0: they wait

	asking sync.WaitGroup
	mu     sync.Mutex
	asked  int
	err    error // the first that is not a client's own leaving
}

// newAudience returns clients at 16 addresses in 127.100.number.0/24.
func newAudience(host string, number int, nodes []*node) *audience {
	a := &audience{host: host, nodes: nodes}
	for i := range 16 {
		d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 100, byte(number), byte(i+1))}}
		a.clients = append(a.clients, &http.Client{Transport: &http.Transport{
			DialContext:         d.DialContext,
			MaxIdleConnsPerHost: 64,
			IdleConnTimeout:     time.Second, // below the load balancer's, or clients would race as it does
		}})
	}
	return a
}

// ask sends a node one request for one of the routes and comes back at once.
func (a *audience) ask(ctx context.Context, n *node, routes []route) {
	a.mu.Lock()
	a.asked++
	a.mu.Unlock()
	a.asking.Go(func() {
		if err := a.get(ctx, n, pickRoute(routes)); err != nil {
			a.mu.Lock()
			defer a.mu.Unlock()
			if a.err == nil {
				a.err = err
			}
		}
	})
}

func (a *audience) get(ctx context.Context, n *node, r route) error {
	wait := r.min + time.Duration(rand.Int64N(int64(r.max-r.min)+1))
	path := strings.ReplaceAll(r.path, "%d", fmt.Sprint(1+rand.IntN(500)))
	url := fmt.Sprintf("http://%s%s?ms=%d", n.addr, path, wait.Milliseconds())

	patient := ctx
	if a.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, a.patience)
		defer cancel()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	request.Host = a.host
	request.Header.Set("User-Agent", "rig/1")
	response, err := a.clients[rand.IntN(len(a.clients))].Do(request)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
	}
	if ctx.Err() != nil && patient.Err() == nil {
		return nil // it left, as it does
	}
	return err
}

// steady asks at a mean rate per second for a time, each request independent of the others.
func (a *audience) steady(ctx context.Context, rate float64, d time.Duration, routes []route) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; {
		a.ask(ctx, a.nodes[rand.IntN(len(a.nodes))], routes)
		sleep(ctx, time.Duration(rand.ExpFloat64()/rate*float64(time.Second)))
	}
}

// pages asks a node for some resources at nearly the same time, then for nothing for a gap, and so on for a time.
func (a *audience) pages(ctx context.Context, n *node, resources int, d time.Duration, gap func() time.Duration) {
	for end := time.Now().Add(d); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, gap()) {
		for range resources {
			a.ask(ctx, n, site)
			sleep(ctx, time.Duration(rand.Int64N(int64(2*time.Millisecond))))
		}
	}
}

// wait returns how many requests were asked, when all are over.
func (a *audience) wait() (asked int, err error) {
	a.asking.Wait()
	for _, c := range a.clients {
		c.CloseIdleConnections()
	}
	return a.asked, a.err
}

func pickRoute(routes []route) route {
	total := 0
	for _, r := range routes {
		total += r.weight
	}
	n := rand.IntN(total)
	for _, r := range routes {
		if n -= r.weight; n < 0 {
			return r
		}
	}
	panic("BUG: weights")
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
