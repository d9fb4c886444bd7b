package advice

import (
	"fmt"
	"math"
)

const (
	defaultDelay = 300  // s; AWS: "The default is 300 seconds"
	longestDelay = 3600 // s; AWS: "The range is 0-3600 seconds"
)

// deregistration advises where the deregistration delay is shorter than requests.
func deregistration(a *adviser) {
	delay := a.estimate("deregistration_delay_seconds")
	seen := fmt.Sprintf("The delay is unknown, %d s unless set.", defaultDelay)
	if delay > 0 {
		seen = fmt.Sprintf("The delay is about %s.", span(delay))
	}
	if a.Longest > 0 {
		seen += fmt.Sprintf(" The longest request that succeeded took %s.", span(a.Longest.Seconds()))
	}
	a.groupAttribute("Is the delay longer than the longest request? "+seen, "deregistration_delay.timeout_seconds")
	a.events("Were targets deregistered that long before the failures?", "DeregisterTargets")
	a.stoppedTasks("On ECS: were tasks stopped at these times? ECS tells for an hour.")
	a.records("The records: one instant, one target.", "deregistration-cut")

	a.setDelay("The delay has to be longer than the longest request. "+seen+" Each deploy then takes that long while such requests run; requests without an end are cut all the same.", a.longerDelay(delay))
	a.setStopTimeout("On ECS the container is killed after stopTimeout, whatever the delay is.")
	a.change("kubernetes", "On Kubernetes the pod is killed after its grace period, whatever the delay is.", fmt.Sprintf("terminationGracePeriodSeconds: %d", a.longerDelay(delay)+15))
}

// longerDelay is a deregistration delay in seconds that the longest request fits into, or twice what it is.
func (a *adviser) longerDelay(delay float64) int {
	longest := math.Ceil(a.Longest.Seconds())
	if longest > delay && longest <= longestDelay {
		return min(above(int(longest)), longestDelay)
	}
	if delay == 0 {
		delay = defaultDelay
	}
	return min(int(math.Ceil(2*delay)), longestDelay)
}

func (a *adviser) setDelay(why string, seconds int) {
	a.setGroup(why, "deregistration_delay", "deregistration_delay.timeout_seconds", seconds)
}

// setGroup sets an attribute of every target group, by its names in Terraform and in the API.
func (a *adviser) setGroup(why string, argument hcl, key string, value int) {
	var blocks []hcl
	for _, g := range a.groups {
		blocks = append(blocks, resource("aws_lb_target_group", label(g.name), arg("name", quoted(g.name)), arg(argument, number(value))))
	}
	if len(blocks) == 0 {
		a.change("text", why, fmt.Sprintf("The target group is unknown here: set its attribute %s to %d.", key, value))
		return
	}
	a.terraform(why+" In the resource that is there, with its other arguments.", blocks...)
	for _, g := range a.groups {
		a.cli(why, a.aws("elbv2 modify-target-group-attributes --target-group-arn", word(g.arn),
			"--attributes", word(fmt.Sprintf("Key=%s,Value=%d", key, value))))
	}
}

// setStopTimeout sets how long ECS waits between SIGTERM and SIGKILL. 120 s is as long as Fargate allows.
func (a *adviser) setStopTimeout(why string) {
	seconds := 120
	if longest := int(math.Ceil(a.Longest.Seconds())); longest > 0 {
		seconds = min(above(longest), seconds)
	}
	a.change("ecs", why+" In the container definition; 30 s unless set, at most 120 s on Fargate.", fmt.Sprintf(`{"stopTimeout": %d}`, seconds))
}

func stopTimeout(a *adviser) {
	a.check("What is stopTimeout of the running tasks? 30 s where there is none.",
		`for c in $(`+a.text(`'clusterArns[]'`, "ecs list-clusters")+`); do `+
			`for t in $(`+a.text(`'taskArns[]'`, `ecs list-tasks --cluster "$c"`)+`); do `+
			a.text(`'taskDefinition.[family,containerDefinitions[].[name,stopTimeout]]'`, "ecs describe-task-definition --task-definition",
				output(a.text(`'tasks[0].taskDefinitionArn'`, `ecs describe-tasks --cluster "$c" --tasks "$t"`)))+
			`; done; done`)
	a.stoppedTasks("Were tasks killed? Exit code 137. ECS tells for an hour.")
	longest := "The longest request is unknown here."
	if a.Longest > 0 {
		longest = fmt.Sprintf("The longest request that succeeded took %s.", span(a.Longest.Seconds()))
	}
	a.setStopTimeout("Longer than the longest request. " + longest)
	a.change("text", "For the process.",
		"Handle SIGTERM: take nothing new, finish what runs, exit. A process that exits at once never uses stopTimeout. Requests longer than 120 s on Fargate have to resume, or move to a queue.")
}

// preStop keeps a pod serving for a while after it is to go.
const preStop = `terminationGracePeriodSeconds: 60
containers:
  - name: app
    readinessProbe:
      tcpSocket:
        port: http
    lifecycle:
      preStop:
        sleep: # of Kubernetes 1.30 and newer; before, exec with command: [sleep, "20"]
          seconds: 20`

func shutdownEarly(a *adviser) {
	a.events("When was each target deregistered? Its last success before that: the process went first.", "DeregisterTargets")
	a.stoppedTasks("On ECS: when and why did tasks stop? ECS tells for an hour.")
	a.health("Are targets still registered that are gone?")
	a.records("The records: the last seconds of each target.", "any", "--status 502,504")

	a.change("kubernetes", "A pause before SIGTERM: the load balancer learns of the deregistration a few seconds after the pod does. app and http stand for the container and its port.", preStop)
	a.change("text", "On ECS and systemd, in the process.",
		"After SIGTERM go on serving for 20 s, with Connection: close, then end what is in flight and exit; stopTimeout or TimeoutStopSec must be longer than both. On Spot, begin at the interruption notice.")
	if len(a.groups) == 1 && len(a.targets) > 0 {
		a.deregister("In a script that stops a target: deregister first.")
		a.cli("And wait until nothing is in flight; stop the process after it.",
			a.aws("elbv2 wait target-deregistered --target-group-arn", word(a.groups[0].arn), "--targets", word(fmt.Sprintf("Id=%s,Port=%d", a.targets[0].Addr(), a.targets[0].Port()))))
	}
	a.change("text", "What this does not cure.", "Requests longer than the grace are still cut.")
}

func deploy(a *adviser) {
	a.events("Who registered targets?", "RegisterTargets")
	a.events("Who deregistered targets?", "DeregisterTargets")
	a.health("Is the group whole again?")
	a.records("Did anything fail during the deploy?", "any")
}

func coldStart(a *adviser) {
	a.groupAttribute("Is there a slow start? 0 is none.", "slow_start.duration_seconds")
	a.groupSettings("Does the health check ask what only a warm application answers?")
	a.events("When were the targets registered?", "RegisterTargets")
	a.records("The records.", "any")

	a.setGroup("A slow start gives new targets their share little by little. It does not apply where all targets are registered at once, nor with least outstanding requests or weighted random.",
		"slow_start", "slow_start.duration_seconds", 60)
	a.change("text", "The cure: be ready before the first request.",
		"Let the health check's path answer 200 only when connections are open and caches warm: one passed check is enough for a new target to get requests.")
}
