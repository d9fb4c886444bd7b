package advice

func noTarget(a *adviser) {
	a.health("Is the group empty, or are all targets unused (in a zone that is not enabled)?")
	a.groupMetric("When did the last target go? Minutes without a point had none.", "HealthyHostCount", "Minimum")
	a.events("Who deregistered the last one?", "DeregisterTargets")
	a.rules("Which rule sends to the group?")
	a.records("The records.", "no-target")

	blocks := []hcl{}
	for _, g := range a.groups {
		blocks = append(blocks, resource("aws_ecs_service", label(g.name), arg("deployment_minimum_healthy_percent", "100"), arg("deployment_maximum_percent", "200")))
	}
	if len(blocks) > 0 {
		a.terraform("On ECS: no old task stops before a new one serves. In the service that is there; its name is unknown here.", blocks...)
	}
	a.change("text", "Whatever registers the targets.",
		"Register new targets before the last old one goes; a minimum size above 0 for whatever scales; in a blue/green switch, change the rule after the new group is healthy. "+
			"Targets that are registered and unhealthy do not give 503: see alblens explain fail-open.")
}

func failOpen(a *adviser) {
	a.groupMetric("Requests that were routed because no target was healthy: any is a proof, none refutes it.", "UnhealthyRoutingRequestCount", "Sum")
	a.groupMetric("How many targets were unhealthy?", "UnHealthyHostCount", "Maximum")
	a.health("Are they still, and why?")
	a.groupSettings("Which port, path, matcher and timeout does the health check have?")
	a.records("What failed.", "any", "--status 502,504")

	a.repairHealthCheck("If the health check is at fault: the traffic port, and a timeout above the path's slowest answer.")
	a.change("text", "If the targets are at fault.",
		"Repair what all of them depend on. A health check that asks a shared dependency takes all targets out together: let it ask the process alone. "+
			"Failing open itself is right: the other choice is no answer at all.")
}

func healthCheck(a *adviser) {
	a.groupSettings("Which port, path, matcher and timeout does the health check have?")
	a.health("What does it say? Target.ResponseCodeMismatch is path or matcher, Target.Timeout is port, security group or latency.")
	a.curlPath("What does the target answer? Put in the health check's path and port where these differ.", "/", "-o /dev/null --max-time 15")
	a.targetGroupsOfNetwork()

	a.repairHealthCheck("The traffic port, and a timeout above the path's slowest answer. Path and matcher are unknown here: a path that answers 200 fast.")
	a.change("text", "What this does not cure.", "A check that always passes keeps dead targets in.")
}

// repairHealthCheck lets the health check ask the traffic port with patience.
func (a *adviser) repairHealthCheck(why string) {
	var blocks []hcl
	for _, g := range a.groups {
		blocks = append(blocks, resource("aws_lb_target_group", label(g.name), arg("name", quoted(g.name)),
			nested("health_check", arg("port", `"traffic-port"`), arg("interval", "15"), arg("timeout", "10"),
				arg("healthy_threshold", "2"), arg("unhealthy_threshold", "3"))))
	}
	if len(blocks) == 0 {
		return
	}
	a.terraform(why+" In the resource that is there, with its other arguments.", blocks...)
	for _, g := range a.groups {
		a.cli(why, a.aws("elbv2 modify-target-group --target-group-arn", word(g.arn),
			"--health-check-port traffic-port --health-check-interval-seconds 15 --health-check-timeout-seconds 10 --healthy-threshold-count 2 --unhealthy-threshold-count 3"))
	}
}
