package advice

import (
	"slices"
	"strings"
)

func authError(a *adviser) {
	a.metric("Errors on the load balancer's side: it could not ask the identity provider.", "ELBAuthError", "Sum")
	a.metric("Failures that the identity provider or the client caused.", "ELBAuthFailure", "Sum")
	a.rules("Which client id, issuer and endpoints does the rule have?")
	a.records("The records; error_reason says which.", "auth-error")

	if len(a.reasons()) == 0 {
		a.change("text", "The error reasons are unknown here.", "error_reason of the records names what to repair; see alblens explain auth-error.")
	}
	if len(a.reasonsWith("EpRequest", "JWKSRequest")) > 0 {
		a.allowEgress("The load balancer itself asks the identity provider, over port 443, and waits 5 s. Its subnets need a way to the internet too.")
	}
	if seen := a.reasonsWith("Cookie", "Nonce", "StateParam", "CodeParam"); len(seen) > 0 {
		a.change("text", strings.Join(seen, ", ")+": users who took too long, used an old tab or a bookmark of the login page.",
			"No harm in small numbers. If every login fails, compare the redirect URI at the identity provider with the load balancer's: https, the host as users see it, and the path /oauth2/idpresponse.")
	}
	if seen := a.reasonsWith("GrantError", "IdToken", "TokenResponse", "UserinfoResponse"); len(seen) > 0 {
		a.change("text", strings.Join(seen, ", ")+": what the identity provider answered cannot be used.",
			"Compare client id, client secret, issuer and endpoints of the rule with the provider's; claims must stay below 11 KB.")
	}
	if seen := a.reasonsWith("JWT", "JWKSResponse"); len(seen) > 0 {
		a.change("text", strings.Join(seen, ", ")+": the token or the key set does not hold.",
			"Compare issuer and claims of the rule with the token, and the key set with the limits: at most 150 KB and 10 keys. Tokens that ran out go on failing: clients have to renew them.")
	}
}

// reasonsWith returns the error reasons that hold one of parts.
func (s *scope) reasonsWith(parts ...string) []string {
	return slices.DeleteFunc(s.reasons(), func(reason string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(reason, part) })
	})
}

// allowEgress lets the load balancers reach port 443 anywhere.
func (a *adviser) allowEgress(why string) {
	var blocks []hcl
	for _, b := range a.balancers {
		blocks = append(blocks, balancerData(b),
			resource("aws_vpc_security_group_egress_rule", label(b.name)+"_to_provider",
				arg("security_group_id", "tolist(data.aws_lb."+label(b.name)+".security_groups)[0]"),
				arg("cidr_ipv4", `"0.0.0.0/0"`), arg("ip_protocol", `"tcp"`), arg("from_port", "443"), arg("to_port", "443")))
	}
	if len(blocks) == 0 {
		a.change("text", why, "The load balancer is unknown here: its security groups need an outbound rule for TCP port 443.")
		return
	}
	a.terraform(why, blocks...)
}

func wafBlock(a *adviser) {
	a.findBalancers()
	for _, b := range a.balancers {
		a.check("Which web ACL and rules are in force?", a.aws("wafv2 get-web-acl-for-resource --resource-arn", a.balancerARN(b)))
	}
	a.records("The records.", "waf-block")
	a.change("text", "Nothing, if these clients are not welcome.",
		"Else set the rule that matched to count, look at what it matches, and narrow it. The web ACL's sampled requests name the rule; the access log does not.")
}

func wafError(a *adviser) {
	a.balancerAttribute("Does the load balancer forward what WAF did not judge? Unless set, false.", "waf.fail_open.enabled")
	a.records("The records.", "waf-error")

	const why = "Where answering weighs more than filtering: forward what WAF did not judge. It lets through what no rule has seen, and does not make WAF answer."
	var blocks []hcl
	for _, b := range a.balancers {
		blocks = append(blocks, resource("aws_lb", label(b.name), arg("name", quoted(b.name)), arg("enable_waf_fail_open", "true")))
	}
	if len(blocks) == 0 {
		a.change("text", why, "The load balancer is unknown here: set its attribute waf.fail_open.enabled to true.")
		return
	}
	a.terraform(why+" In the resource that is there, with its other arguments.", blocks...)
	for _, b := range a.balancers {
		a.cli(why, a.setBalancer(b, "Key=waf.fail_open.enabled,Value=true"))
	}
}

func fixedResponse(a *adviser) {
	a.rules("Which rule answers? Compare its priority with matched_rule_priority of the records; 0 is the default action.")
	a.records("The records.", "fixed-response")
	a.change("text", "Nothing, if the rule is meant.", "Else correct the rule's conditions, or its place among the others: the first that fits answers.")
}

func clientError(a *adviser) {
	a.records("The records: look at request, classification_reason and user_agent.", "client-error")
	a.metric("Requests that do not follow RFC 7230.", "DesyncMitigationMode_NonCompliant_Request_Count", "Sum")
	a.balancerAttribute("Which requests are refused for that? defensive, unless set, refuses the severe ones.", "routing.http.desync_mitigation_mode")
	a.groupSettings("For 464: which protocol version does the target group speak?")
	a.change("text", "It depends on the status.",
		"400: what classification_reason says, and headers below 64 KB in all. 408: a client that stalls. 414: parameters into the body. 463: a proxy chain that adds to X-Forwarded-For without end. "+
			"464: a target group for the protocol that the clients speak. 507: a shorter redirect. Scanners make most of these on a public load balancer: nothing to repair.")
}
