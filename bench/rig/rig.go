//go:build linux

package rig

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// nodeIPs are the load balancer's nodes, one a zone.
var nodeIPs = []string{"127.200.1.10", "127.200.2.10", "127.200.3.10"}

// Run plays the cases at the same time, all of them if none is named, behind one load balancer. It takes about a
// minute. Each case's log goes to dir/<name> and the log of all together to dir/mixed, for "alblens analyze"; the
// truth of each, returned in this order with the mixed one last, also to dir/<name>.truth.json.
//
// An error means that the world did not do what the cases asked of it, or that ctx was done first: no log is to be
// judged by such a run. It is a *StallError where the machine was too busy. No process outlives it.
func Run(ctx context.Context, dir string, cases ...Case) ([]Truth, error) {
	if len(cases) == 0 {
		cases = Cases()
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	tools, err := findTools(ctx, cases)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(tools.dir)

	b := &balancer{idle: idleTimeout, connect: connectTimeout, groups: map[string]*group{}, rules: map[string]int{}}
	defer b.close()
	for _, ip := range nodeIPs {
		if err := b.start(ip); err != nil {
			return nil, err
		}
	}
	scenes := make([]*scene, len(cases))
	for i, c := range cases {
		g := &group{arn: fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:targetgroup/%s/%016x", region, account, c.Name, i+1)}
		b.groups[host(c)], b.rules[host(c)] = g, i+1
		scenes[i] = &scene{number: i + 1, group: g, clients: newAudience(host(c), i+1, b.nodes), tools: tools}
	}

	truths := make([]Truth, len(cases))
	stalled := watchStalls()
	var all sync.WaitGroup
	for i, c := range cases {
		all.Go(func() {
			s := scenes[i]
			defer s.close()
			err := c.run(ctx, s)
			asked, askErr := s.clients.wait()
			if err := errors.Join(err, askErr); err != nil {
				cancel(fmt.Errorf("%s: %w", c.Name, err)) // the first one is the reason of the others
			}
			truths[i] = Truth{Case: c.Name, Dir: filepath.Join(dir, c.Name), Requests: asked, Estimates: s.estimates}
		})
	}
	all.Wait()
	b.close()
	if longest := stalled(); longest > mostStalled {
		return nil, &StallError{longest}
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return write(dir, b, cases, truths)
}

// host is the name that a case's clients ask for.
func host(c Case) string { return c.Name + ".example.com" }

// findTools finds or builds the servers.
func findTools(ctx context.Context, cases []Case) (*tools, error) {
	t := &tools{}
	for _, c := range cases {
		if err := c.Missing(); err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
	}
	// A case that needs them has them.
	t.nginx, _ = findProgram(nginxProgram)
	t.node, _ = findProgram(nodeProgram)
	var err error
	if t.dir, err = os.MkdirTemp("", "alblens-rig"); err != nil {
		return nil, err
	}
	if t.goServer, err = buildGoServer(ctx, t.dir); err != nil {
		os.RemoveAll(t.dir)
		return nil, err
	}
	return t, nil
}

// write completes the truths by what ended how, adds the mixed one, and writes them and the logs.
func write(dir string, b *balancer, cases []Case, truths []Truth) ([]Truth, error) {
	mixed := Truth{Case: Mixed, Dir: filepath.Join(dir, Mixed), Causes: map[string]string{}}
	var unexplained []error
	for i, c := range cases {
		t := &truths[i]
		t.Causes = map[string]string{}
		for _, n := range b.nodes {
			var log []entry
			for _, e := range n.log {
				if e.host != host(c) {
					continue
				}
				log = append(log, e)
				if e.ending == Answered && e.status == 200 {
					continue
				}
				cause := c.causes[e.ending]
				if cause == "" {
					unexplained = append(unexplained, fmt.Errorf("%s: a request ended as %s with %d, which the case does not do: %s",
						c.Name, e.ending, e.status, e.appendLine(nil)))
				}
				t.Causes[e.trace], mixed.Causes[e.trace] = cause, cause
			}
			if err := writeLogs(t.Dir, n.ip, log); err != nil {
				return nil, err
			}
		}
		mixed.Requests += t.Requests
		mixed.Estimates = append(mixed.Estimates, t.Estimates...)
	}
	for _, n := range b.nodes {
		if err := writeLogs(mixed.Dir, n.ip, n.log); err != nil {
			return nil, err
		}
	}
	if unexplained != nil {
		return nil, errors.Join(unexplained...)
	}
	truths = append(truths, mixed)
	for i := range truths {
		text, err := json.MarshalIndent(&truths[i], "", "  ")
		if err != nil {
			return nil, err
		}
		if err := os.WriteFile(truths[i].Dir+".truth.json", append(text, '\n'), 0o666); err != nil {
			return nil, err
		}
	}
	return truths, nil
}
