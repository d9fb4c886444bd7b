package settings

import "net/netip"

// judgeConnectTimeout: something on the way is shut, or CloudWatch counted connections that came to nothing.
func judgeConnectTimeout(j *judge) {
	j.counted("TargetConnectionErrorCount")
	for _, arn := range j.c.TargetGroups {
		for _, key := range j.balancers() {
			w, missing := j.s.newWay(key, arn, j.c.Targets)
			if missing != "" || len(w.targets) == 0 {
				continue
			}
			open, checked := true, true
			for _, look := range []func(way) ([]fault, string){j.s.securityFaults, j.s.aclFaults, j.s.routeFaults} {
				faults, unchecked := look(w)
				checked = checked && unchecked == ""
				for i, f := range faults {
					open = false
					if i < maxFaults {
						j.confirm("%s", f.what)
					}
				}
			}
			checked = checked && len(j.s.guards(w)) > 0
			if open && checked {
				j.speaksAgainst("security groups, network ACLs and routes let the load balancer reach %s: the hosts do not answer", countTargets(w.targets))
			}
			if !open || checked {
				j.caveat(j.s.nowCaveat())
			}
		}
	}
}

// judgeConnectRefused: refused connections and failed TLS handshakes look alike in the log; metrics tell them apart.
func judgeConnectRefused(j *judge) {
	j.counted("TargetConnectionErrorCount", "TargetTLSNegotiationErrorCount")
	for _, g := range j.groups() {
		switch g.Protocol {
		case "HTTP":
			j.speaksFor("%s speaks HTTP with its targets: no TLS handshake can have failed", g.Name())
		case "HTTPS":
			points, known := j.points("TargetTLSNegotiationErrorCount")
			switch {
			case sum(points) > 0:
				j.speaksFor("%s speaks HTTPS with its targets, and TLS handshakes failed", g.Name())
			case known && j.collected():
				j.speaksFor("%s speaks HTTPS with its targets, but no TLS handshake failed: connections were refused", g.Name())
			default:
				j.caveat(g.Name() + " speaks HTTPS with its targets: TLS handshakes may have failed, which TargetTLSNegotiationErrorCount would tell")
			}
		}
	}
	j.stops(func(t *Task, target netip.AddrPort) { j.speaksFor("%s", stopWords(t, target)) })
}
