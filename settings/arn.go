package settings

import "regexp"

// An ARN names a load balancer or a target group.
type ARN struct {
	Text      string
	Partition string // aws, aws-cn, aws-us-gov
	Region    string
	Account   string // 12 digits
	Resource  string // app/name/id or targetgroup/name/id: what logs and CloudWatch call it
}

// The patterns are strict, for what fits them stands in commands as it is.
const (
	account  = `([0-9]{12})`
	region   = `([a-z]{2}(?:-[a-z]+)+-[0-9]+)`
	nameID   = `[A-Za-z0-9](?:[A-Za-z0-9-]{0,31})/[0-9a-f]{16}`
	balancer = `app/` + nameID
	group    = `targetgroup/` + nameID
)

var (
	arnPattern      = regexp.MustCompile(`^arn:(aws(?:-[a-z]+)*):elasticloadbalancing:` + region + `:` + account + `:(?:loadbalancer/(` + balancer + `)|(` + group + `))$`)
	listenerPattern = regexp.MustCompile(`^arn:aws(?:-[a-z]+)*:elasticloadbalancing:` + region + `:` + account + `:listener(?:-rule)?/(` + balancer + `)(?:/[0-9a-f]{16}){1,2}$`)
	ecsPattern      = regexp.MustCompile(`^arn:aws(?:-[a-z]+)*:ecs:` + region + `:` + account + `:[a-z-]+/[A-Za-z0-9_/:-]+$`)
	idPattern       = regexp.MustCompile(`^[a-z]+-[0-9a-f]{8,32}$`) // sg-…, subnet-…, eni-…, i-…
	keyPattern      = regexp.MustCompile(`^` + balancer + `$`)
)

// ParseARN takes apart the ARN of an Application Load Balancer or a target group. It refuses what AWS would not write.
func ParseARN(text string) (ARN, bool) {
	m := arnPattern.FindStringSubmatch(text)
	if m == nil {
		return ARN{}, false
	}
	return ARN{Text: text, Partition: m[1], Region: m[2], Account: m[3], Resource: m[4] + m[5]}, true
}

// IsLoadBalancer reports whether name is of the form app/name/id, as logs name an Application Load Balancer.
func IsLoadBalancer(name string) bool { return keyPattern.MatchString(name) }

// groupKey is what TargetGroups has for an ARN; "" for what is none.
func groupKey(arn string) string {
	a, _ := ParseARN(arn)
	return a.Resource
}
