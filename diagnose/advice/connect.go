package advice

import (
	"fmt"
	"net/netip"
)

func connectTimeout(a *adviser) {
	a.health("Is the target healthy, and if not, why? A dead host is Target.Timeout.")
	a.targetGroupsOfNetwork()
	a.networkACLs()
	a.groupMetric("Connections that failed, over all nodes: the same minutes as in the log?", "TargetConnectionErrorCount", "Sum")
	a.groupMetric("TLS handshakes that failed: if these are as many, the network is open and the handshake is at fault.", "TargetTLSNegotiationErrorCount", "Sum")
	a.curlPath("Does the target take a connection at all?", "/", "-o /dev/null --connect-timeout 10 --max-time 15")
	a.owner("What is behind the address? An interface that is gone is a target that was removed and not deregistered.")
	a.records("The records.", a.ID)

	a.admit("If a security group is at fault: admit the load balancer on the port.")
	a.passACL("If a network ACL is at fault: it is stateless, so the port in and the answers back both need a rule.")
	if len(a.targets) == 1 {
		a.deregister("If only this target is dead: take it out.")
	}
	a.change("text", "What no setting cures.",
		"The connect timeout of 10 s is fixed. If the target's queue of new connections is full, the answer is more targets, not a longer wait.")
}

func connectRefused(a *adviser) {
	a.health("Is the target healthy, and if not, why?")
	a.stoppedTasks("On ECS: why did tasks stop? ECS tells for an hour.")
	a.events("Was it deregistered only after it stopped?", "DeregisterTargets")
	a.groupMetric("TLS handshakes that failed: if these are as many, the process listens and its certificate or protocol is at fault.", "TargetTLSNegotiationErrorCount", "Sum")
	a.groupMetric("Connections that failed, over all nodes: the same minutes as in the log?", "TargetConnectionErrorCount", "Sum")
	a.curlPath("Does the process listen?", "/", "-o /dev/null --max-time 15")
	a.records("The records.", a.ID)

	a.change("kubernetes", "A pod is to get traffic only while it listens: ready before, and a pause between deregistration and SIGTERM after.", preStop)
	a.change("text", "For the process.",
		"Listen on the registered port of all addresses (0.0.0.0 or ::, not 127.0.0.1) before the target is registered; restart on a crash; on SIGTERM go on listening until the target is deregistered. "+
			"This does not cure what makes the process stop.")
}

func securityGroup(a *adviser) {
	a.targetGroupsOfNetwork()
	a.groupSettings("Which port does the health check use? It needs a rule of its own if it is not the traffic port.")
	a.admit("Admit the load balancer on the port. It does not cure a process that does not listen: that refuses (502).")
}

func networkACL(a *adviser) {
	a.networkACLs()
	a.passACL("A network ACL is stateless: the port in and the answers back both need a rule. It does not cure what the security groups refuse.")
}

// targetGroupsOfNetwork asks for the security groups of both sides.
func (a *adviser) targetGroupsOfNetwork() {
	for _, target := range a.targets {
		groups := a.interfaceOf(target.Addr(), `'join(`+"`,`"+`,NetworkInterfaces[].Groups[].GroupId)'`)
		a.check(fmt.Sprintf("Do the target's security groups admit the load balancer's on port %d, and on the health check's port?", target.Port()),
			a.aws("ec2 describe-security-group-rules --filters", `"Name=group-id,Values=$(`+groups+`)"`,
				`--query 'SecurityGroupRules[].[GroupId,IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4,CidrIpv6,ReferencedGroupInfo.GroupId]' --output table`))
	}
	a.findBalancers()
	for _, b := range a.balancers {
		groups := a.text(`'join(`+"`,`"+`,LoadBalancers[].SecurityGroups[])'`, "elbv2 describe-load-balancers --names", word(b.name))
		a.check("Which are the load balancer's, and do these let it send there?",
			a.aws("ec2 describe-security-group-rules --filters", `"Name=group-id,Values=$(`+groups+`)"`,
				`--query 'SecurityGroupRules[].[GroupId,IsEgress,IpProtocol,FromPort,ToPort,CidrIpv4,CidrIpv6,ReferencedGroupInfo.GroupId]' --output table`))
	}
}

// networkACLs asks for the network ACLs of the targets' subnets.
func (a *adviser) networkACLs() {
	for _, target := range a.targets {
		a.networkACL(fmt.Sprintf("Does the subnet's network ACL pass port %d in, and 1024 to 65535 back? The first rule that fits decides.", target.Port()), target.Addr())
	}
}

func (a *adviser) networkACL(why string, addr netip.Addr) {
	a.check(why, a.aws("ec2 describe-network-acls --filters",
		`"Name=association.subnet-id,Values=$(`+a.interfaceOf(addr, `'NetworkInterfaces[0].SubnetId'`)+`)"`,
		`--query 'NetworkAcls[].Entries[].[Egress,RuleNumber,RuleAction,Protocol,CidrBlock,Ipv6CidrBlock,PortRange.From,PortRange.To]' --output table`))
}

// targetInterface looks the target's network interface up by its address.
func targetInterface(target netip.Addr) hcl {
	name := "addresses.private-ip-address"
	if target.Is6() {
		name = "ipv6-addresses.ipv6-address"
	}
	return data("aws_network_interface", "target",
		nested("filter", arg("name", quoted(name)), arg("values", "["+quoted(target.String())+"]")))
}

func balancerData(b loadBalancer) hcl {
	return data("aws_lb", label(b.name), arg("name", quoted(b.name)))
}

// admit lets the first load balancer reach the first target; the rest is alike.
func (a *adviser) admit(why string) {
	if len(a.targets) == 0 || len(a.balancers) == 0 {
		a.change("text", why, "Load balancer or target are unknown here: the targets' security group needs an inbound rule, protocol TCP, for the targets' port, from the load balancer's security group.")
		return
	}
	b, target := a.balancers[0], a.targets[0]
	port := number(int(target.Port()))
	a.terraform(why, balancerData(b), targetInterface(target.Addr()),
		resource("aws_vpc_security_group_ingress_rule", label(b.name)+"_to_target",
			arg("security_group_id", "tolist(data.aws_network_interface.target.security_groups)[0]"),
			arg("referenced_security_group_id", "tolist(data.aws_lb."+label(b.name)+".security_groups)[0]"),
			arg("ip_protocol", `"tcp"`), arg("from_port", port), arg("to_port", port)))
	group := a.text(`'LoadBalancers[0].SecurityGroups[0]'`, "elbv2 describe-load-balancers --names", word(b.name))
	a.cli(why, a.aws("ec2 authorize-security-group-ingress --group-id", output(a.interfaceOf(target.Addr(), `'NetworkInterfaces[0].Groups[0].GroupId'`)),
		"--ip-permissions", script(fmt.Sprintf(`"IpProtocol=tcp,FromPort=%d,ToPort=%[1]d,UserIdGroupPairs=[{GroupId=$(%s)}]"`, target.Port(), group))))
}

// passACL lets traffic of the target's VPC pass the network ACL of its subnet, both ways.
func (a *adviser) passACL(why string) {
	if len(a.targets) == 0 {
		a.change("text", why, "The targets are unknown here: their subnets' network ACLs need an inbound rule for the targets' port from the load balancer's subnets, and an outbound one for ports 1024 to 65535 to these.")
		return
	}
	target := a.targets[0]
	port := number(int(target.Port()))
	cidr := arg("cidr_block", "data.aws_vpc.target.cidr_block")
	if target.Addr().Is6() {
		cidr = arg("ipv6_cidr_block", "data.aws_vpc.target.ipv6_cidr_block")
	}
	rule := func(name, egress, from, to hcl) hcl {
		return resource("aws_network_acl_rule", name,
			arg("network_acl_id", "tolist(data.aws_network_acls.target.ids)[0]"),
			arg("rule_number", "90"), arg("egress", egress), arg("protocol", `"tcp"`), arg("rule_action", `"allow"`),
			cidr, arg("from_port", from), arg("to_port", to))
	}
	a.terraform(why+" The rule number has to be below that of the rule that denies.",
		targetInterface(target.Addr()),
		data("aws_vpc", "target", arg("id", "data.aws_network_interface.target.vpc_id")),
		data("aws_network_acls", "target", nested("filter",
			arg("name", `"association.subnet-id"`), arg("values", "[data.aws_network_interface.target.subnet_id]"))),
		rule("target_in", "false", port, port), rule("target_back", "true", "1024", "65535"))
}

// deregister takes targets out of their group. With several groups it is not known which one they are of.
func (a *adviser) deregister(why string) {
	if len(a.groups) != 1 || len(a.targets) == 0 {
		return
	}
	var ids []string
	for _, target := range a.targets {
		ids = append(ids, fmt.Sprintf("Id=%s,Port=%d", target.Addr(), target.Port()))
	}
	a.cli(why+" This is for target type ip; for type instance the id is the instance's, as describe-target-health shows it.",
		a.aws("elbv2 deregister-targets --target-group-arn", word(a.groups[0].arn), "--targets", words(ids)))
}
