//go:build linux

package rig

import (
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// A relay is the network between the load balancer and a server: what either side sends, the end of a connection
// included, arrives at the other after a delay. Loopback's own delay of some 50 µs would leave no time in which one side
// has closed a connection and the other does not know.
type relay struct {
	listener *net.TCPListener
	server   string
	delay    time.Duration
	dead     chan struct{} // closed when the host has died

	mu    sync.Mutex
	conns []net.Conn
}

// newRelay listens on addr and relays to server.
func newRelay(addr, server string, delay time.Duration) (*relay, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l.(*net.TCPListener), server: server, delay: delay, dead: make(chan struct{})}
	go r.accept()
	return r, nil
}

func (r *relay) accept() {
	for {
		near, err := r.listener.AcceptTCP()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", r.server)
		if err != nil {
			reset(near)
			continue
		}
		r.keep(near, far)
		go r.join(near, far.(*net.TCPConn))
	}
}

// join carries both directions of a connection until both have ended.
func (r *relay) join(near, far *net.TCPConn) {
	var both sync.WaitGroup
	both.Go(func() { r.pipe(near, far) })
	both.Go(func() { r.pipe(far, near) })
	both.Wait()
	near.Close()
	far.Close()
}

func (r *relay) keep(conns ...net.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.conns = append(r.conns, conns...)
}

// A packet is what was read at once; err stands for the end of the connection.
type packet struct {
	due  time.Time
	data []byte
	err  error
}

// pipe carries one direction of a connection.
func (r *relay) pipe(from, to *net.TCPConn) {
	packets := make(chan packet, 1024)
	go func() {
		for {
			data := make([]byte, 4<<10)
			n, err := from.Read(data)
			packets <- packet{time.Now().Add(r.delay), data[:n], err}
			if err != nil {
				close(packets)
				return
			}
		}
	}()
	for p := range packets {
		time.Sleep(time.Until(p.due))
		select {
		case <-r.dead:
			continue
		default:
		}
		if len(p.data) > 0 {
			to.Write(p.data) // an error shows as the end of the other direction
		}
		switch {
		case p.err == io.EOF:
			to.CloseWrite()
		case p.err != nil:
			reset(to)
		}
	}
}

func reset(c *net.TCPConn) {
	c.SetLinger(0)
	c.Close()
}

// die makes the host vanish: open connections fall silent, and SYNs get no answer, as the queue of connections to
// accept is full for good.
func (r *relay) die() error {
	close(r.dead)
	r.listener.SetDeadline(time.Unix(1, 0)) // ends accept
	raw, err := r.listener.SyscallConn()
	if err != nil {
		return err
	}
	if e := raw.Control(func(fd uintptr) { err = syscall.Listen(int(fd), 0) }); e != nil || err != nil {
		return errors.Join(e, err)
	}
	for range 8 {
		c, err := net.DialTimeout("tcp", r.listener.Addr().String(), 200*time.Millisecond)
		if isTimeout(err) {
			return nil
		} else if err != nil {
			return err
		}
		r.keep(c)
	}
	return errors.New("a queue of length 0 does not fill")
}

func (r *relay) close() {
	r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.conns {
		c.Close()
	}
}
