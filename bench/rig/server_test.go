//go:build linux

package rig

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"time"
)

// A run that is stopped says so soon, and leaves no process behind, as no run does.
func TestStoppedRun(t *testing.T) {
	stop := errors.New("stop")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(3*time.Second, func() { cancel(stop) })
	var cases []Case
	for _, c := range Cases() {
		if c.Missing() == nil {
			cases = append(cases, c)
		}
	}
	start := time.Now()
	if _, err := Run(ctx, t.TempDir(), cases...); !errors.Is(err, stop) {
		t.Errorf("it ended with %v", err)
	}
	if took := time.Since(start); took > 15*time.Second {
		t.Errorf("it took %v", took)
	}
	if pid, err := syscall.Wait4(-1, nil, syscall.WNOHANG, nil); err != syscall.ECHILD {
		t.Errorf("there is a child %d, %v", pid, err)
	}
}

// A server that was killed refuses connections, and can be started again.
func TestServer(t *testing.T) {
	dir := t.TempDir()
	path, err := buildGoServer(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	const addr = "127.0.200.3:8080"
	s := goServer(path, dir, 0, []string{addr})
	for range 2 {
		if err := s.start(t.Context()); err != nil {
			t.Fatal(err)
		}
		s.stop(syscall.SIGKILL)
		if _, err := net.Dial("tcp", addr); !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("dial: %v", err)
		}
	}
}
