//go:build linux

package rig

import (
	"bufio"
	"context"
	"errors"
	"math"
	"net"
	"slices"
	"sync"
	"time"
)

// maxResponseHeader is what AWS allows for all headers of a response: "32 K".
const maxResponseHeader = 32 << 10

// A pool holds the idle connections of one node to one target. None is opened ahead of need, and the one used last is
// used first.
type pool struct {
	target  *target
	idle    time.Duration // after which an unused connection is closed
	connect time.Duration // to open one

	mu   sync.Mutex
	free []*conn
}

// A conn is a connection to a target that carries one request at a time. Someone always listens: first has the arrival
// of the next response's first byte, or of the connection's end.
type conn struct {
	net.Conn
	pool  *pool
	in    *bufio.Reader
	left  *budget
	timer *time.Timer // closes the connection while it is idle
	first chan arrival
}

type arrival struct {
	at  time.Time
	err error
}

// get takes the connection that was used last or opens one.
func (p *pool) get(ctx context.Context) (*conn, error) {
	if c := p.take(); c != nil {
		return c, nil
	}
	d := net.Dialer{Timeout: p.connect}
	nc, err := d.DialContext(ctx, "tcp", p.target.addr)
	if err != nil {
		return nil, err
	}
	left := &budget{Conn: nc}
	c := &conn{Conn: nc, pool: p, in: bufio.NewReader(left), left: left, first: make(chan arrival, 1)}
	c.listen()
	return c, nil
}

func (p *pool) take() *conn {
	p.mu.Lock()
	defer p.mu.Unlock()
	n := len(p.free)
	if n == 0 {
		return nil
	}
	c := p.free[n-1]
	p.free = p.free[:n-1]
	c.timer.Stop()
	return c
}

// put gives a connection back after a whole response.
func (p *pool) put(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c.timer = time.AfterFunc(p.idle, func() {
		if p.remove(c) {
			c.Close()
		}
	})
	p.free = append(p.free, c)
	c.listen()
}

// remove reports whether the connection was idle; it no longer is.
func (p *pool) remove(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.Index(p.free, c)
	if i < 0 {
		return false
	}
	p.free = slices.Delete(p.free, i, i+1)
	c.timer.Stop()
	return true
}

func (p *pool) close() {
	for c := p.take(); c != nil; c = p.take() {
		c.Close()
	}
}

// listen waits for the next byte. On an idle connection it can only be the end: the target has closed it.
func (c *conn) listen() {
	c.left.bytes = maxResponseHeader
	go func() {
		_, err := c.in.Peek(1)
		a := arrival{time.Now(), err}
		if c.pool.remove(c) {
			c.Close()
			return
		}
		c.first <- a
	}()
}

// A budget is a connection that reads no more than it may.
type budget struct {
	net.Conn
	bytes int
}

var errHeaderTooLarge = errors.New("response header too large")

const unlimited = math.MaxInt

func (b *budget) Read(p []byte) (int, error) {
	if b.bytes <= 0 {
		return 0, errHeaderTooLarge
	}
	n, err := b.Conn.Read(p[:min(len(p), b.bytes)])
	b.bytes -= n
	return n, err
}
