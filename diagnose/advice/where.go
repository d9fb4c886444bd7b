package advice

import "net/netip"

func oneBadTarget(a *adviser) {
	a.health("Does the health check see it?")
	a.owner("What is it?")
	a.curl("What does it answer, and how fast?", "-o /dev/null --max-time 75")
	for _, target := range a.targets {
		a.check("If it is an instance: are its status checks failing?",
			a.aws("ec2 describe-instance-status --include-all-instances --instance-ids",
				output(a.interfaceOf(target.Addr(), `'NetworkInterfaces[0].Attachment.InstanceId'`))))
	}
	a.records("Its failures.", "any")

	a.deregister("Take it out; the others take its share at once.")
	a.change("text", "Then find out what is different.",
		"Age, version, host, zone, memory, a full disk. If the others have the same fault and only less load, it comes back on them.")
}

func oneBadPath(a *adviser) {
	a.curl("What does a target answer?", "-o /dev/null --max-time 75")
	a.records("Its failures: are all targets among them?", "any")
	a.change("text", "Repair what serves the path.",
		"If it starves the others of workers, a listener rule can send it to a target group of its own. That protects the others; the path still fails.")
}

func oneBadNode(a *adviser) {
	for _, node := range a.nodes {
		a.networkACL("Does the network ACL of the node's subnet pass its traffic?", node)
	}
	a.balancerAttribute("Does the load balancer reach targets of all zones from each node? Unless set, true.", "load_balancing.cross_zone.enabled")
	a.records("Its failures.", "any")
	for _, node := range a.nodes[:min(len(a.nodes), 1)] {
		a.leaveZone("Until it is repaired: shift the traffic away from the node's zone. It needs zonal_shift.config.enabled, and room in the other zones.", node)
	}
	a.change("text", "A node is AWS's.",
		"Repair network ACL and routes of its subnet. If these are right, ask AWS support, with the node's address and the times.")
}

func oneBadZone(a *adviser) {
	a.networkACLs()
	a.groupMetric("How many targets were healthy?", "HealthyHostCount", "Minimum")
	a.owner("Which zone and subnet is it?")
	a.records("Its failures.", "any")
	for _, target := range a.targets[:min(len(a.targets), 1)] {
		a.leaveZone("Until it is repaired: shift the traffic away from the zone. It needs zonal_shift.config.enabled, and room in the other zones.", target.Addr())
	}
	a.change("text", "Then repair the zone.",
		"The subnet's network ACL and routes, or what the targets depend on there; AWS Health tells of the zone itself.")
}

// leaveZone shifts traffic away from the zone of an address for an hour.
func (a *adviser) leaveZone(why string, addr netip.Addr) {
	for _, b := range a.balancers {
		a.cli(why, a.aws("arc-zonal-shift start-zonal-shift --resource-identifier", a.balancerARN(b), "--away-from",
			output(a.text(`'Subnets[0].AvailabilityZoneId'`, "ec2 describe-subnets --subnet-ids", output(a.interfaceOf(addr, `'NetworkInterfaces[0].SubnetId'`)))),
			"--expires-in 1h --comment", word("alblens "+a.ID)))
	}
}
