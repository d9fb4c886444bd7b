package settings

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"
)

// near is how far apart the clocks of ECS and the load balancer, and the steps of a task's end, may be.
const near = 2 * time.Minute

// stops calls f for each of the claim's targets whose task stopped at about the time.
func (j *judge) stops(f func(*Task, netip.AddrPort)) {
	for _, target := range addresses(j.c.Targets) {
		for _, t := range sorted(j.s.Tasks) {
			if t.has(target.Addr()) && (j.about(t.Stopped.Time) || j.about(t.Stopping.Time)) {
				f(t, target)
			}
		}
	}
}

func (j *judge) about(at time.Time) bool {
	return !at.IsZero() && !at.Before(j.c.From.Add(-near)) && !at.After(j.c.To.Add(near))
}

// stopWords quotes what ECS says, which may hold what a container printed.
func stopWords(t *Task, target netip.AddrPort) string {
	at := t.Stopped
	if at.IsZero() {
		at = t.Stopping
	}
	words := fmt.Sprintf("the task at %s stopped at %s: %s, %.200q", target, at.Format(time.RFC3339), t.StopCode, t.StoppedReason)
	for _, c := range t.Containers {
		if c.ExitCode != nil && *c.ExitCode != 0 || c.Reason != "" {
			words += fmt.Sprintf("; container %.60q", c.Name)
			if c.ExitCode != nil {
				words += fmt.Sprintf(" exit code %d", *c.ExitCode)
			}
			if c.Reason != "" {
				words += fmt.Sprintf(" %.200q", c.Reason)
			}
		}
	}
	return words
}

// onPurpose reports whether a task was told to stop for a deployment, for scaling or by somebody, and not because it
// failed. See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
func (t *Task) onPurpose() bool {
	switch t.StopCode {
	case "UserInitiated":
		return true
	case "ServiceSchedulerInitiated":
		return !strings.Contains(t.StoppedReason, "health check") && !t.outOfMemory()
	}
	return false
}

// judgeCrash: ECS or EC2 tells of an end that nobody had ordered.
func judgeCrash(j *judge) {
	j.stops(func(t *Task, target netip.AddrPort) {
		switch {
		case t.outOfMemory():
			j.confirm("%s", stopWords(t, target))
		case t.onPurpose():
			j.contradict("%s: it was told to stop", stopWords(t, target))
		default:
			j.confirm("%s", stopWords(t, target))
		}
	})
	for _, target := range addresses(j.c.Targets) {
		for _, t := range sorted(j.s.Tasks) {
			if t.has(target.Addr()) && t.Status == "RUNNING" && t.Started.Before(j.c.From) && !t.Started.IsZero() {
				j.speaksAgainst("the task at %s runs since %s: no container of it has ended, though a process within may have", target, t.Started.Format(time.RFC3339))
			}
		}
	}
	for _, id := range j.instances() {
		if x := j.s.Instances[id]; x != nil {
			for _, since := range []time.Time{x.System.impairedSince(), x.Instance.impairedSince()} {
				if !since.IsZero() && since.Before(j.c.To.Add(near)) {
					j.confirm("instance %s is impaired since %s", id, since.Format(time.RFC3339))
					break
				}
			}
		}
		for _, x := range j.s.Metrics {
			if x.Other == id && strings.HasPrefix(x.Metric, "StatusCheckFailed") && largest(x.within(j.c.From, j.c.To)) > 0 {
				j.confirm("%s of instance %s was 1 at the time", x.Metric, id)
			}
		}
	}
}

// instances are those whose network interfaces have the addresses of the claim's targets.
func (j *judge) instances() []string {
	var ids []string
	for _, a := range addresses(j.c.Targets) {
		if i := j.s.interfaceOf(a.Addr(), j.vpc()); i != nil && i.Attachment.Instance != "" && !slices.Contains(ids, i.Attachment.Instance) {
			ids = append(ids, i.Attachment.Instance)
		}
	}
	return ids
}

// vpc of the claim's target groups; "" when it is not known.
func (j *judge) vpc() string {
	for _, g := range j.groups() {
		if g.VPC != "" {
			return g.VPC
		}
	}
	return ""
}

// judgeShutdown: a deployment, or a task told to stop, at the time.
func judgeShutdown(j *judge) {
	j.stops(func(t *Task, target netip.AddrPort) {
		if t.onPurpose() {
			j.confirm("%s", stopWords(t, target))
		} else {
			j.contradict("%s: nobody had told it to stop", stopWords(t, target))
		}
	})
	j.deployments(j.confirm)
	for _, g := range j.groups() {
		service := j.s.serviceOf(g.Key)
		if service == nil {
			continue
		}
		if d := j.s.TaskDefinitions[service.TaskDefinition]; d != nil {
			for _, c := range d.Containers {
				if c.StopTimeout != nil {
					j.speaksFor("container %.60q is killed %s after SIGTERM", c.Name, secs(*c.StopTimeout))
				}
			}
		}
	}
}

func judgeDeploy(j *judge) {
	j.deployments(j.confirm)
}

// deployments says of each that was under way at the time.
func (j *judge) deployments(say func(string, ...any)) {
	for _, g := range j.groups() {
		for _, x := range sorted(j.s.Services) {
			for _, b := range x.LoadBalancers {
				if groupKey(b.TargetGroup) != g.Key {
					continue
				}
				for _, d := range x.Deployments {
					ended := d.Updated.Time // of one that is complete, when it became so
					if d.Rollout == "IN_PROGRESS" {
						ended = j.c.To
					}
					if !d.Created.IsZero() && d.Created.Before(j.c.To.Add(near)) && ended.After(j.c.From.Add(-near)) {
						say("ECS deployed to %s at the time, from %s on", g.Name(), d.Created.Format(time.RFC3339))
					}
				}
			}
		}
	}
}
