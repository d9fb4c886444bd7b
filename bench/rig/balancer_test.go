//go:build linux

package rig

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

const (
	testHost = "t.example.com"
	testIdle = 300 * time.Millisecond // idle and connect timeout
)

// newBalancer returns a balancer of one node and one group, whose targets are the addresses.
func newBalancer(t *testing.T, addrs ...string) (*balancer, *audience) {
	t.Helper()
	g := &group{arn: "arn:aws:elasticloadbalancing:us-east-1:111122223333:targetgroup/t/0000000000000001"}
	g.register(addrs...)
	b := &balancer{idle: testIdle, connect: testIdle,
		groups: map[string]*group{testHost: g}, rules: map[string]int{testHost: 7}}
	if err := b.start("127.200.9.1"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.close)
	return b, newAudience(testHost, 200, b.nodes)
}

// listen serves each request that comes on any connection by a function, which may close it.
func listen(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.200.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { c.Close() })
			go func() {
				in := bufio.NewReader(c)
				for {
					if _, err := http.ReadRequest(in); err != nil {
						c.Close()
						return
					}
					serve(c)
				}
			}()
		}
	}()
	return l.Addr().String()
}

// after sends a text after 60 ms.
func after(text string) func(net.Conn) {
	return func(c net.Conn) {
		time.Sleep(60 * time.Millisecond)
		io.WriteString(c, text)
	}
}

// thenClose closes the connection after it.
func thenClose(serve func(net.Conn)) func(net.Conn) {
	return func(c net.Conn) {
		serve(c)
		c.Close()
	}
}

func headerOf(bytes int) string {
	const start, end = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: ", "\r\n\r\n"
	return start + strings.Repeat("x", bytes-len(start)-len(end)) + end + "ok"
}

// The rows that AWS documents or real lines show, for each way an exchange can end: which times are measured (x) and
// which are -1, and the least milliseconds from the request to the response.
func TestEndings(t *testing.T) {
	refused := listen(t, nil)
	for _, test := range []struct {
		name   string
		serve  func(net.Conn)
		ending Ending
		status int
		target int // status
		times  string
		wall   time.Duration
	}{
		{"answer", after("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), Answered, 200, 200, "xxx", 60},
		{"chunked", after("HTTP/1.1 404 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"), Answered, 404, 404, "xxx", 60},
		{"close before the header", thenClose(after("")), Reset, 502, 0, "xx-", 60},
		{"close inside the header", thenClose(after("HTTP/1.1 200 OK\r\nX: y")), Reset, 502, 0, "xx-", 60},
		{"reset", func(c net.Conn) { after("")(c); reset(c.(*net.TCPConn)) }, Reset, 502, 0, "xx-", 60},
		{"no colon", after("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"), Malformed, 502, 0, "xx-", 60},
		{"no HTTP", after("hello\r\n\r\n"), Malformed, 502, 0, "xx-", 60},
		{"header of 32 K", after(headerOf(32 << 10)), Answered, 200, 200, "xxx", 60},
		{"header of 33 K", after(headerOf(33 << 10)), Malformed, 502, 0, "xx-", 60},
		{"silence", func(net.Conn) {}, Silent, 504, 0, "x--", 300},
		{"silence inside the header", after("HTTP/1.1 200 OK\r\n"), Silent, 504, 0, "xx-", 360},
		{"short body", after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok"), Short, 504, 200, "xxx", 360},
		{"close inside the body", thenClose(after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok")), Reset, 502, 0, "xx-", 60},
	} {
		t.Run(test.name, func(t *testing.T) {
			b, clients := newBalancer(t, listen(t, test.serve))
			checkEnding(t, b, clients, test.ending, test.status, test.target, test.times, test.wall*time.Millisecond)
		})
	}
	t.Run("refused", func(t *testing.T) {
		b, clients := newBalancer(t, strings.Replace(refused, "127.0.200.1", "127.0.200.2", 1))
		checkEnding(t, b, clients, Refused, 502, 0, "---", 0)
	})
	t.Run("dead host", func(t *testing.T) {
		host, err := newRelay("127.0.200.1:0", refused, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(host.close)
		if err := host.die(); err != nil {
			t.Fatal(err)
		}
		b, clients := newBalancer(t, host.listener.Addr().String())
		checkEnding(t, b, clients, Unreachable, 504, 0, "---", testIdle)
	})
	t.Run("empty group", func(t *testing.T) {
		b, clients := newBalancer(t)
		checkEnding(t, b, clients, NoTarget, 503, 0, "---", 0)
	})
	t.Run("client leaves", func(t *testing.T) {
		b, clients := newBalancer(t, listen(t, func(net.Conn) {}))
		clients.patience = 100 * time.Millisecond
		checkEnding(t, b, clients, Abandoned, 460, 0, "x--", 100*time.Millisecond)
	})
	t.Run("deregistration", func(t *testing.T) {
		addr := listen(t, func(net.Conn) {})
		b, clients := newBalancer(t, addr)
		time.AfterFunc(50*time.Millisecond, func() { b.groups[testHost].deregister(addr, 100*time.Millisecond) })
		checkEnding(t, b, clients, Lapsed, 502, 0, "xx-", 150*time.Millisecond)
	})
}

// checkEnding sends a request and holds what the node logs of it to what it has to be.
func checkEnding(t *testing.T, b *balancer, clients *audience, ending Ending, status, target int, times string, wall time.Duration) {
	t.Helper()
	clients.ask(context.Background(), b.nodes[0], []route{{"/", 1, 0, 0}})
	if _, err := clients.wait(); err != nil {
		t.Fatal(err)
	}
	b.close()
	if len(b.nodes[0].log) != 1 {
		t.Fatalf("%d lines of 1 request", len(b.nodes[0].log))
	}
	e := b.nodes[0].log[0]
	measured := ""
	for _, d := range []time.Duration{e.times.request, e.times.target, e.times.response} {
		measured += map[bool]string{true: "-", false: "x"}[d == notMeasured]
	}
	took := e.at.Sub(e.created)
	// A client's patience begins before the node has its request.
	if e.ending != ending || e.status != status || e.targetStatus != target || measured != times ||
		took < wall-20*time.Millisecond || took >= wall+250*time.Millisecond {
		t.Errorf("ended as %v with %d, target %d, times %s in %v;\nwant %v with %d, target %d, times %s in %v",
			e.ending, e.status, e.targetStatus, measured, took, ending, status, target, times, wall)
	}
}

// Connections are opened by need, one request at a time; the one that was used last is used first, and the load balancer
// closes it after the idle timeout.
func TestPool(t *testing.T) {
	var served []net.Conn // guarded by turn
	turn := make(chan struct{}, 1)
	hold := make(chan time.Duration, 2)
	addr := listen(t, func(c net.Conn) {
		time.Sleep(<-hold)
		turn <- struct{}{}
		served = append(served, c)
		<-turn
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
	})
	b, clients := newBalancer(t, addr)
	ask := func(holds ...time.Duration) {
		for _, d := range holds {
			hold <- d
			clients.ask(t.Context(), b.nodes[0], site[:1])
		}
		clients.asking.Wait()
	}
	ask(80*time.Millisecond, 20*time.Millisecond) // two at once: two connections
	ask(0)
	ask(0)
	time.Sleep(testIdle + 50*time.Millisecond)
	ask(0)
	if clients.err != nil {
		t.Fatal(clients.err)
	}
	turn <- struct{}{}
	quick, slow := served[0], served[1]
	if quick == slow || served[2] != slow || served[3] != slow || served[4] == slow || served[4] == quick {
		var ports []string
		for _, c := range served {
			ports = append(ports, fmt.Sprint(c.RemoteAddr().(*net.TCPAddr).Port))
		}
		t.Errorf("requests came over connections from %v; want a, b, b, b, c", ports)
	}
}

// A target closes each connection 30 ms after its answer, 50 ms away. A request in the meantime meets the close; one after
// it comes over a new connection.
func TestKeepAliveRace(t *testing.T) {
	server := listen(t, thenClose(func(c net.Conn) {
		io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		time.Sleep(30 * time.Millisecond)
	}))
	r, err := newRelay("127.0.200.1:0", server, 50*time.Millisecond)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.close)
	b, clients := newBalancer(t, r.listener.Addr().String())
	for _, pause := range []time.Duration{0, 200 * time.Millisecond, 200 * time.Millisecond, 0} {
		clients.ask(t.Context(), b.nodes[0], site[:1])
		clients.asking.Wait()
		time.Sleep(pause)
	}
	b.close()
	log := b.nodes[0].log
	var endings []Ending
	for _, e := range log {
		endings = append(endings, e.ending)
	}
	if want := []Ending{Answered, Reset, Answered, Answered}; !slices.Equal(endings, want) {
		t.Fatalf("they ended as %v, want %v", endings, want)
	}
	if waited := log[1].times.target; waited > 50*time.Millisecond {
		t.Errorf("the load balancer learned of the close %v after its request; it was on its way for 30 ms", waited)
	}
}

// Both directions of a relay are late by its delay, and so is the end of a connection.
func TestRelay(t *testing.T) {
	const delay = 50 * time.Millisecond
	server := listen(t, thenClose(func(c net.Conn) { io.WriteString(c, "bye") }))
	r, err := newRelay("127.0.200.1:0", server, delay)
	if err != nil {
		t.Fatal(err)
	}
	defer r.close()
	c, err := net.Dial("tcp", r.listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	start := time.Now()
	io.WriteString(c, "GET / HTTP/1.1\r\nHost: t\r\n\r\n")
	text, err := io.ReadAll(c)
	if took := time.Since(start); err != nil || string(text) != "bye" || took < 2*delay || took > 4*delay {
		t.Errorf("%q, %v after %v; want bye after %v", text, err, took, 2*delay)
	}
}
