//go:build linux

package rig

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// A server is a process that listens on some addresses of loopback. It dies with the process of the rig.
type server struct {
	addrs []string
	path  string
	args  []string
	log   string // file of its standard error

	cmd    *exec.Cmd
	exited chan struct{}
}

// Programs that cases need, found by findProgram.
const (
	nginxProgram = "nginx"
	nodeProgram  = "node"
)

// findProgram looks where Debian keeps servers, too: users' PATH does not.
func findProgram(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		if path, e := exec.LookPath("/usr/sbin/" + name); e == nil {
			return path, nil
		}
	}
	return path, err
}

// buildGoServer compiles the server of package goserver into a folder.
func buildGoServer(ctx context.Context, dir string) (string, error) {
	path := filepath.Join(dir, "goserver")
	out, err := exec.CommandContext(ctx, "go", "build", "-buildvcs=false", "-o", path, "alblens/bench/rig/goserver").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, out)
	}
	return path, nil
}

// goServer ends a request that takes longer than worker, if that is not 0, by closing the connection.
func goServer(path, dir string, worker time.Duration, addrs []string) *server {
	return &server{
		addrs: addrs,
		path:  path, args: append([]string{"-worker", worker.String()}, addrs...),
		log: logOf(dir, addrs),
	}
}

//go:embed node.js
var nodeScript string

func nodeServer(path, dir string, keepAlive time.Duration, addrs []string) *server {
	return &server{
		addrs: addrs,
		path:  path, args: append([]string{"-e", nodeScript, fmt.Sprint(keepAlive.Milliseconds())}, addrs...),
		log: logOf(dir, addrs),
	}
}

// nginxServer writes a configuration of its own, so that nginx needs no rights and no file of the system.
func nginxServer(path, dir string, keepAlive time.Duration, addrs []string) (*server, error) {
	home, err := os.MkdirTemp(dir, nginxProgram)
	if err != nil {
		return nil, err
	}
	var conf strings.Builder
	fmt.Fprintf(&conf, "daemon off; master_process off; pid nginx.pid;\nevents { worker_connections 1024; }\nhttp {\n"+
		"access_log off; keepalive_timeout %dms; keepalive_requests 1000000;\n", keepAlive.Milliseconds())
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		fmt.Fprintf(&conf, "%s_temp_path %s;\n", kind, kind)
	}
	conf.WriteString("server {\n")
	for _, addr := range addrs {
		fmt.Fprintf(&conf, "listen %s;\n", addr)
	}
	conf.WriteString("location / { return 200 ok\\n; }\n}\n}\n")
	if err := os.WriteFile(filepath.Join(home, "nginx.conf"), []byte(conf.String()), 0o666); err != nil {
		return nil, err
	}
	return &server{
		addrs: addrs,
		path:  path, args: []string{"-p", home, "-c", "nginx.conf", "-e", "stderr"},
		log: logOf(dir, addrs),
	}, nil
}

func logOf(dir string, addrs []string) string { return filepath.Join(dir, addrs[0]+".stderr") }

// start runs the server and waits until it listens, up to 10 s. It may be started again after stop.
func (s *server) start(ctx context.Context) error {
	log, err := os.Create(s.log)
	if err != nil {
		return err
	}
	defer log.Close()
	s.cmd = exec.Command(s.path, s.args...)
	s.cmd.Stderr = log
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := s.cmd.Start(); err != nil {
		return err
	}
	s.exited = make(chan struct{})
	go func() {
		defer close(s.exited)
		s.cmd.Wait()
	}()
	for _, addr := range s.addrs {
		if err := s.await(ctx, addr); err != nil {
			s.stop(syscall.SIGKILL)
			said, _ := os.ReadFile(s.log)
			return fmt.Errorf("start %s: %w: %.1000s", filepath.Base(s.path), err, said)
		}
	}
	return nil
}

func (s *server) await(ctx context.Context, addr string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		var d net.Dialer
		c, err := d.DialContext(ctx, "tcp", addr)
		if err == nil {
			return c.Close()
		}
		select {
		case <-s.exited:
			return errors.New("it exited")
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stop signals the server's process group and waits for the end.
func (s *server) stop(sig syscall.Signal) {
	select {
	case <-s.exited: // its number may be another's by now
	default:
		syscall.Kill(-s.cmd.Process.Pid, sig)
		<-s.exited
	}
}

// closesAfter asks once and returns how long the server then keeps the idle connection, at most 30 s.
func closesAfter(addr string) (time.Duration, error) {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if _, err := io.WriteString(c, "GET / HTTP/1.1\r\nHost: rig\r\n\r\n"); err != nil {
		return 0, err
	}
	c.SetReadDeadline(time.Now().Add(30 * time.Second))
	var last time.Time
	for buf := make([]byte, 4<<10); ; last = time.Now() {
		if _, err := c.Read(buf); err == io.EOF && !last.IsZero() {
			return time.Since(last), nil
		} else if err != nil {
			return 0, fmt.Errorf("keep-alive of %s: %w", addr, err)
		}
	}
}
