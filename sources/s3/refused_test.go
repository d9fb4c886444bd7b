package s3_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"alblens/internal/s3test"
	"alblens/sources"
	"alblens/sources/s3"
)

// script is a server that answers one connection after the other as its lines say: "" refuses the connection, "silent"
// lets it time out, all else is a status with a body. The last line is for all that follow.
type script struct {
	lines []string
	dials int
}

func (s *script) dial(context.Context, string, string) (net.Conn, error) {
	line := s.lines[min(s.dials, len(s.lines)-1)]
	s.dials++
	if fault, ok := map[string]error{"": syscall.ECONNREFUSED, "silent": syscall.ETIMEDOUT}[line]; ok {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 9000},
			Err: os.NewSyscallError("connect", fault)}
	}
	client, server := net.Pipe()
	go func() {
		defer server.Close()
		if _, err := http.ReadRequest(bufio.NewReader(server)); err != nil {
			return
		}
		status, body, _ := strings.Cut(line, "\n")
		fmt.Fprintf(server, "HTTP/1.1 %s\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
	}()
	return client, nil
}

const (
	oneObject = "200 OK\n<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>logs/a.log</Key><Size>1</Size></Contents></ListBucketResult>"
	slowDown  = "503 Slow Down\n<Error><Code>SlowDown</Code><Message>Please reduce your request rate.</Message></Error>"
)

// Where nobody has ever answered, a refused connection is told within two seconds, however many sources there are and with
// or without a region to find; once somebody has, it is waited for as before. The clock is the test's own.
func TestRefused(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	times := func(n int, line string) []string { return strings.Split(strings.Repeat(line+"|", n-1)+line, "|") }
	const nobody = "192.0.2.1:9000: connect: connection refused (nothing listens at http://store.example:9000"
	for name, c := range map[string]struct {
		lines    []string
		attempts string // AWS_MAX_ATTEMPTS
		region   string
		says     string // "": the object is listed
		from, to time.Duration
		dials    int // 0: as many as fit in
	}{
		"never":                   {lines: []string{""}, region: "eu-west-3", says: nobody, to: 2 * time.Second},
		"never, many attempts":    {lines: []string{""}, attempts: "100", region: "eu-west-3", says: nobody, from: 1500 * time.Millisecond, to: 2 * time.Second},
		"never, no region":        {lines: []string{""}, says: nobody, to: 2 * time.Second},
		"never, one attempt":      {lines: []string{""}, attempts: "1", region: "eu-west-3", says: nobody, dials: 1},
		"just about to start":     {lines: []string{"", "", oneObject}, region: "eu-west-3", to: time.Second, dials: 3},
		"restarts":                {lines: append(append([]string{slowDown}, times(10, "")...), oneObject), attempts: "12", region: "eu-west-3", from: 10 * time.Second, to: 3 * time.Minute, dials: 12},
		"has answered, then gone": {lines: []string{slowDown, ""}, attempts: "12", region: "eu-west-3", says: nobody, from: 10 * time.Second, to: 3 * time.Minute, dials: 12},
		"never, but silent":       {lines: []string{"silent"}, attempts: "12", region: "eu-west-3", says: "connection timed out (check the network and --endpoint-url)", from: 10 * time.Second, to: 3 * time.Minute, dials: 12},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("AWS_MAX_ATTEMPTS", c.attempts)
			synctest.Test(t, func(t *testing.T) {
				server := &script{lines: c.lines}
				store := s3.New(s3.Options{EndpointURL: "http://store.example:9000", Region: c.region, Dial: server.dial})
				began := time.Now()
				ref, err := first(t, store, "s3://bucket/logs/")
				took := time.Since(began)
				if c.says == "" && (err != nil || ref.Name != "s3://bucket/logs/a.log") {
					t.Errorf("got %+v, %v", ref, err)
				} else if c.says != "" {
					wantProblem(t, err, sources.Unreachable, c.says)
				}
				if took < c.from || took > c.to {
					t.Errorf("took %v, want %v to %v", took, c.from, c.to)
				}
				if c.dials > 0 && server.dials != c.dials {
					t.Errorf("%d connections, want %d", server.dials, c.dials)
				}
				if c.says == nobody && c.dials == 0 {
					for _, other := range []string{"s3://bucket/more/", "s3://another/logs/"} {
						_, err := first(t, store, other)
						wantProblem(t, err, sources.Unreachable, c.says)
					}
					if took := time.Since(began); took > c.to {
						t.Errorf("three sources took %v, want at most %v", took, c.to)
					}
				}
			})
		})
	}
}

// The outage of a server that has answered is one of the run's, not only of the request's.
func TestRefusedLater(t *testing.T) {
	s3test.Isolate(t)
	t.Setenv("AWS_ACCESS_KEY_ID", "key")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_MAX_ATTEMPTS", "12")
	synctest.Test(t, func(t *testing.T) {
		server := &script{lines: []string{oneObject, ""}}
		store := s3.New(s3.Options{EndpointURL: "http://store.example:9000", Region: "eu-west-3", Dial: server.dial})
		ref, err := first(t, store, "s3://bucket/logs/")
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		_, err = store.Open(t.Context(), ref)
		wantProblem(t, err, sources.Unreachable, "connection refused (nothing listens at http://store.example:9000")
		if took := time.Since(began); server.dials != 13 || took < 10*time.Second {
			t.Errorf("%d connections within %v, want 1 and 12 more in over 10s", server.dials, took)
		}
	})
}
