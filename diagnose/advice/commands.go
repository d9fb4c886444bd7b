package advice

import (
	"cmp"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"alblens/internal/shelltext"
)

// aws is a command of the AWS CLI in the load balancer's region, if that is known.
func (s *scope) aws(parts ...script) script {
	return s.Access.extend(sh(append([]script{"aws"}, parts...)...), cmp.Or(s.Region, s.Access.Region))
}

// text is an aws command whose answer is a shell's words.
func (s *scope) text(query script, parts ...script) script {
	return s.aws(sh(parts...), "--query", query, "--output text")
}

// balancerARN is the ARN as a word; where account or region are unknown, the output of a command that asks for it.
func (s *scope) balancerARN(b loadBalancer) script {
	if s.Partition == "" || s.Region == "" || s.Account == "" {
		return output(s.text(`'LoadBalancers[0].LoadBalancerArn'`, "elbv2 describe-load-balancers --names", word(b.name)))
	}
	return word("arn:" + s.Partition + ":elasticloadbalancing:" + s.Region + ":" + s.Account + ":loadbalancer/" + b.dimension())
}

// findBalancers asks for the ARNs where the log does not tell account and region.
func (a *adviser) findBalancers() {
	if a.Account != "" && a.Region != "" && a.Partition != "" {
		return
	}
	for _, b := range a.balancers {
		a.check("The log does not tell the load balancer's account and region: unknown. This finds it, if the AWS CLI is set to both.",
			a.aws("elbv2 describe-load-balancers --names", word(b.name)))
	}
}

// balancerAttribute asks for one attribute of each load balancer.
func (a *adviser) balancerAttribute(why string, key script) {
	a.findBalancers()
	for _, b := range a.balancers {
		a.check(why, a.text(`"Attributes[?Key=='`+key+`'].Value"`, "elbv2 describe-load-balancer-attributes --load-balancer-arn", a.balancerARN(b)))
	}
}

// groupAttribute asks for one attribute of each target group.
func (a *adviser) groupAttribute(why string, key script) {
	for _, g := range a.groups {
		a.check(why, a.text(`"Attributes[?Key=='`+key+`'].Value"`, "elbv2 describe-target-group-attributes --target-group-arn", word(g.arn)))
	}
}

// health asks for the state of the targets of each group.
func (a *adviser) health(why string) {
	for _, g := range a.groups {
		a.check(why, a.aws("elbv2 describe-target-health --target-group-arn", word(g.arn),
			`--query 'TargetHealthDescriptions[].[Target.Id,Target.Port,TargetHealth.State,TargetHealth.Reason]' --output table`))
	}
}

// groupSettings asks how each target group is set, its health check included.
func (a *adviser) groupSettings(why string) {
	if len(a.groups) == 0 {
		return
	}
	var arns []string
	for _, g := range a.groups {
		arns = append(arns, g.arn)
	}
	a.check(why, a.aws("elbv2 describe-target-groups --target-group-arns", words(arns)))
}

// metric asks CloudWatch for a metric of each load balancer, over the time of the finding.
func (a *adviser) metric(why, name, statistic string) {
	for _, b := range a.balancers {
		a.points(why, name, statistic, "Name=LoadBalancer,Value="+b.dimension())
	}
}

// groupOnly are the metrics that CloudWatch has for a target group only, not for a load balancer as a whole.
var groupOnly = map[string]bool{"HealthyHostCount": true, "UnHealthyHostCount": true, "RequestCountPerTarget": true}

// groupMetric is metric for each target group. Of several load balancers it is not known which has the group; then it is
// for the load balancers.
func (a *adviser) groupMetric(why, name, statistic string) {
	if !groupOnly[name] && (len(a.groups) == 0 || len(a.balancers) > 1) {
		a.metric(why, name, statistic)
		return
	}
	for _, b := range a.balancers {
		for _, g := range a.groups {
			a.points(why, name, statistic, "Name=LoadBalancer,Value="+b.dimension(), "Name=TargetGroup,Value="+g.dimension())
		}
	}
}

func (a *adviser) points(why, name, statistic string, dimensions ...string) {
	if a.From.IsZero() {
		return
	}
	from, to := a.span()
	period := 60
	for to.Sub(from)/time.Second > time.Duration(period)*1440 { // "The maximum number of data points returned from a single call is 1,440"
		period *= 5
	}
	flag := script("--statistics")
	if strings.HasPrefix(statistic, "p") {
		flag = "--extended-statistics"
	}
	a.check(why, a.aws("cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name", word(name),
		"--dimensions", words(dimensions), "--start-time", word(utc(from)), "--end-time", word(utc(to)),
		"--period", word(strconv.Itoa(period)), flag, word(statistic)))
}

// span is the time of the finding in whole minutes, with a little before it.
func (s *scope) span() (from, to time.Time) {
	to = s.To
	if to.Before(s.From) {
		to = s.From
	}
	return s.From.Truncate(time.Minute).Add(-5 * time.Minute), to.Truncate(time.Minute).Add(2 * time.Minute)
}

// events asks CloudTrail who did something around the time of the finding.
func (a *adviser) events(why, name string) {
	if a.From.IsZero() {
		return
	}
	from, to := a.span()
	a.check(why, a.aws("cloudtrail lookup-events --lookup-attributes", word("AttributeKey=EventName,AttributeValue="+name),
		"--start-time", word(utc(from.Add(-10*time.Minute))), "--end-time", word(utc(to)),
		`--query 'Events[].[EventTime,Username,Resources[0].ResourceName]' --output table`))
}

// records prints the finding's records, of any cause if it is no cause itself.
func (a *adviser) records(why, cause string, more ...script) {
	sources, flags := a.Access.Sources, a.Access.Flags
	for _, source := range sources {
		if printable(source) != source || strings.HasPrefix(source, "-") {
			return
		}
	}
	if len(sources) == 0 || slices.ContainsFunc(flags, func(f string) bool { return printable(f) != f }) {
		return
	}
	command := sh("alblens records", words(sources), script(shelltext.Args(flags)), "--cause", word(cause))
	if !a.From.IsZero() {
		until := a.To
		if until.Before(a.From) {
			until = a.From
		}
		command = sh(command, "--time-field created --since", word(utc(a.From.Truncate(time.Second))),
			"--until", word(utc(until.Truncate(time.Second).Add(time.Second))))
	}
	if len(a.targets) == 1 && len(a.Targets) == 1 {
		command = sh(command, "--target="+word(a.Targets[0]))
	}
	if len(a.Paths) == 1 && templatePath.MatchString(a.Paths[0]) && printable(a.Paths[0]) == a.Paths[0] {
		command = sh(command, "--path="+word(a.Paths[0]))
	}
	a.check(why, sh(command, sh(more...)))
}

// templatePath is a path that `alblens records --path` takes for itself, not for another pattern.
var templatePath = regexp.MustCompile(`^(?:[^*?\[\]{}\\]|\{[a-z0-9]+\})+$`)

// curlPath is a path as a URL may hold it, of at most maxCurlPath bytes.
var curlPath = regexp.MustCompile(`^/[A-Za-z0-9._~!$&'()*+,;=:@%/{}-]*$`)

const maxCurlPath = 501

// request is a path to ask a target for: one that was requested, else the finding's template. It is "" if there is none
// that curl takes.
func (s *scope) request() string {
	for _, list := range [][]string{s.Examples, s.Paths} {
		for _, path := range list {
			if len(path) <= maxCurlPath && curlPath.MatchString(path) {
				return path
			}
		}
	}
	return ""
}

// curl asks each target for the finding's path, or for / where it has none.
func (a *adviser) curl(why string, options ...script) {
	path := a.request()
	if path == "" {
		path = "/"
	}
	a.curlPath(why, path, options...)
}

func (a *adviser) curlPath(why, path string, options ...script) {
	if strings.ContainsRune(path, '{') {
		why += " What stands in braces is any value: put in a real one."
	}
	for _, target := range a.targets {
		a.check(why+" From inside the VPC; https if the target group's protocol is HTTPS.",
			sh("curl -sv --http1.1 --globoff --path-as-is", sh(options...), a.hostHeader(), word("http://"+target.String()+path)))
	}
}

func (s *scope) hostHeader() script {
	host := s.host()
	if host == "" {
		return ""
	}
	return "-H " + word("Host: "+host)
}

// interfaceOf is the network interface of an address as the words of an answer.
func (s *scope) interfaceOf(addr netip.Addr, query script) script {
	name := "addresses.private-ip-address"
	if addr.Is6() {
		name = "ipv6-addresses.ipv6-address"
	}
	return s.text(query, "ec2 describe-network-interfaces --filters", word("Name="+name+",Values="+addr.String()))
}

// owner tells what a target is: an instance, a task, a pod's interface.
func (a *adviser) owner(why string) {
	for _, target := range a.targets {
		a.check(why, a.interfaceOf(target.Addr(), `'NetworkInterfaces[].[NetworkInterfaceId,InterfaceType,Attachment.InstanceId,AvailabilityZone,SubnetId,Description]'`))
	}
}

// stoppedTasks lists why ECS stopped tasks of late: ECS keeps them for an hour.
func (a *adviser) stoppedTasks(why string) {
	a.check(why, `for c in $(`+a.text(`'clusterArns[]'`, "ecs list-clusters")+`); do `+
		`for t in $(`+a.text(`'taskArns[]'`, `ecs list-tasks --cluster "$c" --desired-status STOPPED`)+`); do `+
		a.text(`'tasks[].[stoppedAt,stopCode,stoppedReason,containers[0].exitCode,containers[0].reason,taskArn]'`, `ecs describe-tasks --cluster "$c" --tasks "$t"`)+
		`; done; done`)
}

// rules lists the rules of every listener.
func (a *adviser) rules(why string) {
	a.findBalancers()
	for _, b := range a.balancers {
		a.check(why, `for l in $(`+a.text(`'Listeners[].ListenerArn'`, "elbv2 describe-listeners --load-balancer-arn", a.balancerARN(b))+`); do `+
			a.aws(`elbv2 describe-rules --listener-arn "$l"`)+`; done`)
	}
}
