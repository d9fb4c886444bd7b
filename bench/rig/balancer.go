//go:build linux

package rig

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A balancer is a load balancer of several nodes that share the groups and nothing else. The host of a request names
// its group.
type balancer struct {
	idle    time.Duration // idle timeout of both sides
	connect time.Duration // to open a connection to a target; 10 s at AWS
	groups  map[string]*group
	rules   map[string]int // priority of a host's rule
	nodes   []*node
}

// A node is one of the load balancer's addresses, with pools and a log of its own.
type node struct {
	of      *balancer
	addr    string // ip:port that clients connect to
	ip      string
	server  *http.Server
	stopped chan struct{}

	mu    sync.Mutex
	pools map[*target]*pool
	turns map[*group]int
	log   []entry
}

// An entry is a line of the log, with what the line does not say.
type entry struct {
	record
	host   string
	ending Ending
}

// start opens a node on an address of loopback.
func (b *balancer) start(ip string) error {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, "0"))
	if err != nil {
		return err
	}
	n := &node{
		of: b, addr: l.Addr().String(), ip: ip, stopped: make(chan struct{}),
		pools: map[*target]*pool{}, turns: map[*group]int{},
	}
	n.server = &http.Server{
		Handler:     n,
		IdleTimeout: b.idle,
		ErrorLog:    log.New(io.Discard, "", 0),
		ConnContext: func(ctx context.Context, c net.Conn) context.Context {
			return context.WithValue(ctx, clientKey{}, c.(*client))
		},
	}
	b.nodes = append(b.nodes, n)
	go func() {
		defer close(n.stopped)
		n.server.Serve(clients{l})
	}()
	return nil
}

// close lets what is in flight end and stops all nodes. Their logs may be read after it.
func (b *balancer) close() {
	ctx, cancel := context.WithTimeout(context.Background(), b.connect+b.idle)
	defer cancel()
	for _, n := range b.nodes {
		n.server.Shutdown(ctx)
		n.server.Close()
		<-n.stopped
		n.mu.Lock()
		for _, p := range n.pools {
			p.close()
		}
		n.mu.Unlock()
	}
}

// ServeHTTP takes a request, which has no body, to its group's next target and logs how that ended.
func (n *node) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e := entry{host: r.Host}
	e.created = time.Now()
	from := r.Context().Value(clientKey{}).(*client)
	g := n.of.groups[r.Host]
	if g == nil || r.ContentLength != 0 {
		http.Error(w, "the rig has no such host, or takes no body", http.StatusNotImplemented)
		return
	}
	e.request = r.Method + " http://" + r.Host + ":80" + r.RequestURI + " " + r.Proto
	e.agent, e.client, e.connection = r.UserAgent(), r.RemoteAddr, from.id
	e.group, e.rule, e.node = g.arn, n.of.rules[r.Host], n.ip
	e.trace = traceID(e.created)

	var a *answer
	e.times = times{notMeasured, notMeasured, notMeasured}
	if p := n.pool(g); p == nil {
		e.ending = NoTarget
	} else {
		e.target = p.target.addr
		r.Header.Set("X-Amzn-Trace-Id", e.trace)
		r.Header.Set("X-Forwarded-For", strings.Split(r.RemoteAddr, ":")[0])
		e.ending, e.times, a = p.exchange(r, e.created)
	}
	if a != nil {
		e.targetStatus = a.status
	}
	e.at = time.Now()
	e.status = reply(w, e.ending, a)
	e.received, e.sent = from.received.Swap(0), from.sent.Swap(0)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.log = append(n.log, e)
}

// pool chooses the group's next target and returns the connections to it, nil if there is no target.
func (n *node) pool(g *group) *pool {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.turns[g]++
	t := g.pick(n.turns[g])
	if t == nil {
		return nil
	}
	p := n.pools[t]
	if p == nil {
		p = &pool{target: t, idle: n.of.idle, connect: n.of.connect}
		n.pools[t] = p
	}
	return p
}

// reply answers the client and returns the status. All of it is sent when it returns.
func reply(w http.ResponseWriter, end Ending, a *answer) int {
	status, body := end.status(), []byte(nil)
	switch end {
	case Answered:
		status, body = a.status, a.body
		for key, values := range a.header {
			if key != "Connection" && key != "Keep-Alive" && key != "Content-Length" && key != "Transfer-Encoding" {
				w.Header()[key] = values
			}
		}
	case Abandoned:
		return status
	default:
		body = stockBody(status)
		w.Header().Set("Server", "awselb/2.0")
		w.Header().Set("Content-Type", "text/html")
		w.Header().Set("Connection", "keep-alive")
	}
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.WriteHeader(status)
	w.Write(body)
	http.NewResponseController(w).Flush()
	return status
}

// traceID is an X-Amzn-Trace-Id: the time, and 12 random bytes that tell it from all others.
func traceID(at time.Time) string {
	var b [12]byte
	rand.Read(b[:])
	return fmt.Sprintf("Root=1-%08x-%x", at.Unix(), b)
}

// clients accepts connections that know their id and count their bytes.
type clients struct{ net.Listener }

type client struct {
	net.Conn
	id             string
	received, sent atomic.Int64
}

type clientKey struct{}

func (l clients) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	var b [16]byte
	rand.Read(b[:])
	return &client{Conn: c, id: "TID_" + hex.EncodeToString(b[:])}, nil
}

func (c *client) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.received.Add(int64(n))
	return n, err
}

func (c *client) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	c.sent.Add(int64(n))
	return n, err
}
