package advice

import (
	"fmt"
	"strings"
)

// keepalive advises where targets close idle connections before the load balancer does.
func keepalive(a *adviser) {
	idle, known := a.idleTimeout()
	wanted := above(idle)
	a.balancerAttribute(fmt.Sprintf("The server's keep-alive has to be longer than this; %s.", a.idleTimeoutText()), "idle_timeout.timeout_seconds")
	a.curlPath("How long does the server keep an idle connection? It says so in a Keep-Alive header, if at all; else hold the connection open and wait for its end.", "/", "-o /dev/null --max-time 15")
	a.groupMetric("Connections that failed: a race is none of these, so few are to be expected.", "TargetConnectionErrorCount", "Sum")
	a.records("The records: each comes after a pause on its target, on any path.", "keepalive-race")

	limit := 0
	if known {
		limit = idle
	}
	kept := a.estimate("server_keepalive_seconds")
	family := fitting(kept, limit)
	var names []string
	for _, s := range family {
		names = append(names, s.name)
	}
	switch {
	case len(family) > 0:
		a.keepFor(wanted, family, fmt.Sprintf("The pauses before the failures begin at %s, the default of %s.", span(kept), orList(names)))
	case kept > 0:
		a.keepFor(wanted, servers[:common], fmt.Sprintf("The pauses before the failures begin at %s, no server's default: somebody set it.", span(kept)))
	default:
		a.keepFor(wanted, servers[:common], "Which server it is and how long it waits is unknown.")
	}
	if len(family) == 0 {
		var others []string
		for _, s := range servers[common:] {
			if setting := s.keep(wanted); !strings.Contains(setting, "\n") {
				others = append(others, s.name+": "+setting)
			}
		}
		a.change("text", "The same for other servers.", strings.Join(others, "\n"))
	}
	if lower := int(kept * 0.8); lower >= 10 {
		a.setIdleTimeout(fmt.Sprintf("Where the server cannot be changed: let the load balancer close first, after %d s. It then cuts off every request that is silent for longer, with 504.", lower), lower)
	}
	a.change("text", "What this does not cure.",
		"Every proxy between load balancer and application needs it too. Requests that fail in flight (crashes, worker timeouts) go on failing.")
}

func (a *adviser) keepFor(seconds int, family []server, seen string) {
	for _, s := range family {
		a.change(s.kind, fmt.Sprintf("%s then keeps idle connections for %d s; %s. %s", s.name, seconds, a.idleTimeoutText(), seen), s.keep(seconds))
	}
}

// setIdleTimeout sets the idle timeout of every load balancer.
func (a *adviser) setIdleTimeout(why string, seconds int) {
	seconds = min(seconds, 4000) // "The valid range is 1-4000 seconds"
	var blocks []hcl
	for _, b := range a.balancers {
		blocks = append(blocks, resource("aws_lb", label(b.name), arg("name", quoted(b.name)), arg("idle_timeout", number(seconds))))
	}
	if len(blocks) == 0 {
		a.change("text", why, fmt.Sprintf("The load balancer is unknown here: set its attribute idle_timeout.timeout_seconds to %d.", seconds))
		return
	}
	a.terraform(why+" In the resource that is there, with its other arguments.", blocks...)
	for _, b := range a.balancers {
		a.cli(why, a.setBalancer(b, script(fmt.Sprintf("Key=idle_timeout.timeout_seconds,Value=%d", seconds))))
	}
}

func (s *scope) setBalancer(b loadBalancer, attribute script) script {
	return s.aws("elbv2 modify-load-balancer-attributes --load-balancer-arn", s.balancerARN(b), "--attributes", attribute)
}
