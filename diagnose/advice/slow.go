package advice

import (
	"fmt"
	"math"
)

// idleTimeout advises where requests are cut at the idle timeout or come near it.
func idleTimeout(a *adviser) {
	idle, _ := a.idleTimeout()
	a.balancerAttribute(fmt.Sprintf("Is this what the records lasted? %s.", capital(a.idleTimeoutText())), "idle_timeout.timeout_seconds")
	a.groupMetric("How long do successes take? Near the timeout, the application is slow; far below, packets were dropped.", "TargetResponseTime", "p99")
	a.health("Were the targets healthy? A host that died fails its pooled connections the same way.")
	a.slowCurl("How long does the target take without the load balancer?", idle)
	a.records("The records.", "idle-timeout")

	a.change("text", "The cure: answer within the timeout.",
		fmt.Sprintf("Let the path answer within %d s: a faster query, a page of results at a time, or 202 at once and the work in the background.", idle))
	raised := min(2*idle, 4000)
	a.setIdleTimeout(fmt.Sprintf("Only where the answer has to take long; %s. This hides a slow backend: clients wait longer, and each keeps a worker busy. "+
		"It does not cure clients, CDNs and proxies with shorter timeouts. Raise the servers' keep-alive to %d s with it, or keepalive-race comes next.",
		a.idleTimeoutText(), above(raised)), raised)
}

// slowCurl measures the time to the first byte.
func (a *adviser) slowCurl(why string, idle int) {
	a.curl(why, "-o /dev/null --max-time", script(fmt.Sprint(2*idle)), `-w '%{http_code} after %{time_starttransfer} s\n'`)
}

// workerTimeout advises where the application server ends requests at a fixed age.
func workerTimeout(a *adviser) {
	idle, _ := a.idleTimeout()
	limit := a.estimate("worker_timeout_seconds")
	a.balancerAttribute(fmt.Sprintf("The server's limit has to be below this; %s.", a.idleTimeoutText()), "idle_timeout.timeout_seconds")
	a.groupMetric("How long do successes take?", "TargetResponseTime", "p99")
	a.slowCurl("Does the target end the request by itself, and after how long?", idle)
	a.records("The records: one target time, over all targets.", "worker-timeout")

	seen := "The limit is unknown."
	if limit > 0 {
		seen = fmt.Sprintf("The limit is %s.", span(limit))
	}
	a.change("text", "The cure: a faster path. "+seen,
		"Let the path answer sooner, or 202 at once and the work in the background. A longer limit hides a slow path, and above the idle timeout it turns 502 into 504.")
	raised := idle - 5
	if float64(raised) <= limit || raised <= 0 {
		raised = int(math.Ceil(2 * limit))
		seen += fmt.Sprintf(" As %s, that has to be raised first.", a.idleTimeoutText())
	} else {
		seen += fmt.Sprintf(" %s; a longer limit than that is of no use.", capital(a.idleTimeoutText()))
	}
	for _, s := range []struct{ kind, name, setting string }{
		{"python", "gunicorn's sync workers are killed at --timeout (30 s unless set).", "gunicorn --timeout %d"},
		{"python", "uWSGI kills workers at harakiri.", "harakiri = %d"},
		{"ruby", "Unicorn kills workers at timeout (60 s unless set).", "timeout %d"},
	} {
		a.change(s.kind, s.name+" "+seen, fmt.Sprintf(s.setting, raised))
	}
}

func saturation(a *adviser) {
	a.groupMetric("Did load rise before the first failure?", "RequestCountPerTarget", "Sum")
	a.groupMetric("Did latency?", "TargetResponseTime", "p99")
	a.health("Did health checks fail under the load?")
	a.owner("Which instance or task is it? Look at its CPU and memory.")
	a.records("What failed.", "any")

	a.scale("Scale on requests, early enough: latency rises before the failures do.")
	a.change("text", "What this does not cure.",
		"More targets on a full database make that slower. Scaling takes minutes: a short spike needs room kept free, or a limit per target that refuses at once.")
}

// scale follows the number of requests for each target.
func (a *adviser) scale(why string) {
	if len(a.balancers) != 1 || len(a.groups) == 0 {
		a.change("text", why, "Target tracking on ALBRequestCountPerTarget; how many requests a target serves well is unknown: a load test tells.")
		return
	}
	g := a.groups[0]
	name := label(g.name)
	a.terraform(why+" How many requests a minute a target serves well is unknown: a load test tells. The name of the group that holds the targets is unknown too. For ECS the same is aws_appautoscaling_policy.",
		`variable "requests_per_target" {
  type        = number
  description = "requests a minute that one target serves well"
}`,
		resource("aws_autoscaling_policy", name+"_requests",
			arg("name", quoted(g.name+"-requests")),
			arg("autoscaling_group_name", "aws_autoscaling_group."+name+".name"),
			arg("policy_type", `"TargetTrackingScaling"`),
			nested("target_tracking_configuration",
				arg("target_value", "var.requests_per_target"),
				nested("predefined_metric_specification",
					arg("predefined_metric_type", `"ALBRequestCountPerTarget"`),
					arg("resource_label", quoted(a.balancers[0].dimension()+"/"+g.dimension()))))))
}

func clientAbandoned(a *adviser) {
	idle, _ := a.idleTimeout()
	patience := a.estimate("client_timeout_seconds")
	seen := "The client's timeout is unknown."
	if patience > 0 {
		seen = fmt.Sprintf("The client's timeout is %s.", span(patience))
	}
	a.groupMetric("How long do successes take? "+seen, "TargetResponseTime", "p99")
	a.groupMetric("Connections that failed: behind a short client timeout these are connect timeouts in disguise.", "TargetConnectionErrorCount", "Sum")
	a.slowCurl("How long does the target take?", idle)
	a.records("The records.", "client-abandoned")

	if patience > 0 {
		a.change("text", "The cure: answer before the client leaves. "+seen,
			fmt.Sprintf("Let the path answer within %s; or raise the client's timeout above the slowest answer, and let it retry only what may run twice.", span(patience)))
	} else {
		a.change("text", "The cure: answer before the client leaves. "+seen,
			"Let the path answer sooner; or raise the client's timeout above the slowest answer, and let it retry only what may run twice.")
	}
	a.change("text", "What does not cure it.",
		"A longer idle timeout changes nothing: the client goes first. The target often goes on working for a client that has left.")
}
