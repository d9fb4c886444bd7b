package settings

import "strings"

// judgeIdleTimeout: the estimate is the timeout that is set, or it is not.
func judgeIdleTimeout(j *judge) {
	shown, ok := j.c.Estimates["idle_timeout_seconds"]
	if !ok {
		return
	}
	for _, key := range j.balancers() {
		b := j.s.LoadBalancers[key]
		if b == nil {
			continue
		}
		idle, ok := b.IdleTimeout()
		if !ok {
			continue
		}
		j.caveat(j.s.nowCaveat())
		if differ(shown, idle) {
			j.contradict("the idle timeout of %s is %s, the log shows %s", b.Name(), secs(idle), secs(shown))
		} else {
			j.confirm("the idle timeout of %s is %s, as the log shows", b.Name(), secs(idle))
		}
	}
}

// judgeKeepalive: a server that keeps connections longer than the load balancer does cannot be the one to close them.
func judgeKeepalive(j *judge) {
	keepalive, ok := j.c.Estimates["server_keepalive_seconds"]
	if !ok {
		return
	}
	for _, key := range j.balancers() {
		b := j.s.LoadBalancers[key]
		if b == nil {
			continue
		}
		idle, ok := b.IdleTimeout()
		if !ok {
			continue
		}
		j.caveat(j.s.nowCaveat())
		if keepalive <= idle {
			j.confirm("the load balancer reuses connections that were idle for up to %s, the servers close them after %s", secs(idle), secs(keepalive))
		} else {
			j.contradict("the load balancer closes idle connections itself, after %s, before the servers do after %s", secs(idle), secs(keepalive))
		}
	}
}

func judgeDeregistration(j *judge) {
	shown, ok := j.c.Estimates["deregistration_delay_seconds"]
	low, high := j.c.Estimates["deregistration_delay_min_seconds"], j.c.Estimates["deregistration_delay_max_seconds"]
	for _, g := range j.groups() {
		delay, known := g.DeregistrationDelay()
		switch {
		case !known:
			continue
		case !ok:
			j.speaksFor("the deregistration delay of %s is %s", g.Name(), secs(delay))
		case differ(shown, delay) && (delay < low || delay > high):
			j.contradict("the deregistration delay of %s is %s, the log shows %s", g.Name(), secs(delay), secs(shown))
		default:
			j.confirm("the deregistration delay of %s is %s, as the log shows", g.Name(), secs(delay))
		}
		j.caveat(j.s.nowCaveat())
	}
}

// judgeFixedResponse: a rule of the load balancer answers, or none does.
func judgeFixedResponse(j *judge) {
	for _, key := range j.balancers() {
		found := false
		look := func(where string, actions []Action) {
			for _, a := range actions {
				if status := a.FixedResponse.Status; a.Type == "fixed-response" && (strings.HasPrefix(status, "4") || strings.HasPrefix(status, "5")) {
					found = true
					j.confirm("%s answers %.3q", where, status)
				}
			}
		}
		rules, listeners := 0, 0
		for _, x := range sorted(j.s.ListenerRules) {
			if x.Balancer == key {
				rules++
				look("a rule of "+nameOf(key), x.Actions)
			}
		}
		for _, x := range sorted(j.s.Listeners) {
			if x.Balancer == key {
				listeners++
				look("a listener of "+nameOf(key)+" by default", x.Actions)
			}
		}
		if !found && rules > 0 && listeners > 0 {
			j.speaksAgainst("no rule of %s answers 4xx or 5xx", nameOf(key))
		}
		if rules+listeners > 0 {
			j.caveat(j.s.nowCaveat())
		}
	}
}
