package advice

import (
	"slices"
	"strings"
	"time"
)

// Facts are what a finding knows. All but ID may be missing; what is malformed is not used.
type Facts struct {
	ID string // slug of the finding

	LoadBalancers []string // app/name/id, as logged
	TargetGroups  []string // ARNs
	Targets       []string // ip:port, as logged
	Paths         []string // templates
	Examples      []string // paths as requested, without queries, of some of the finding's records
	Nodes         []string // IP addresses
	Hosts         []string
	TraceIDs      []string // as logged
	Reasons       []string // error_reason, as logged

	Partition, Account, Region string // "" where unknown; TargetGroups tell them too

	// Estimates by their names in the summary: idle_timeout_seconds, server_keepalive_seconds, worker_timeout_seconds,
	// client_timeout_seconds, proxy_timeout_seconds, deregistration_delay_seconds.
	Estimates map[string]float64
	Longest   time.Duration // the longest request that succeeded; 0 where unknown

	From, To time.Time // the finding's span by creation time; zero where unknown
	Access   Access
}

// An Access is how a run came to what it read, so that commands come to the same.
type Access struct {
	Sources []string // as arguments of alblens; none where they cannot be read again
	Flags   []string // of alblens, by which the sources are read as they were: --profile=prod
	Profile string   // of the AWS CLI; "" where none was given
	Region  string   // that the AWS CLI is to use where the log tells none; "" for its own
}

// Extend adds to a command of the AWS CLI, one that holds no other, the profile, and the region if it names none.
func (x *Access) Extend(command string) string {
	if !strings.HasPrefix(command, "aws ") {
		return command
	}
	region := x.Region
	if strings.Contains(command, " --region ") {
		region = ""
	}
	return string(x.extend(script(command), region))
}

func (x *Access) extend(command script, region string) script {
	if regionPattern.MatchString(region) {
		command = sh(command, "--region", word(region))
	}
	if x.Profile != "" {
		command = sh(command, "--profile", word(x.Profile))
	}
	return command
}

// A Verification is a command that would settle what the log leaves open. It only reads.
type Verification struct {
	Why     string
	Command string // for a POSIX shell, one line
}

// A Change is a way to cure or to mitigate.
type Change struct {
	Why  string
	Kind string // terraform, cli, nginx, node, python, ecs, kubernetes, …; text for what no configuration does
	Text string
}

// For returns what would settle a finding and what would cure it, the best first. Both are empty for an ID without
// advice. The same Facts give the same answer.
func For(f Facts) ([]Verification, []Change) {
	a := &adviser{scope: newScope(f)}
	if advise, ok := families[f.ID]; ok {
		advise(a)
	}
	return a.verify, a.fix
}

// families tells which function knows a finding.
var families = map[string]func(*adviser){
	"connect-timeout":        connectTimeout,
	"connect-refused":        connectRefused,
	"setting-security-group": securityGroup,
	"setting-nacl":           networkACL,

	"keepalive-race":    keepalive,
	"setting-keepalive": keepalive,

	"idle-timeout":         idleTimeout,
	"near-timeout":         idleTimeout,
	"setting-idle-timeout": idleTimeout,
	"worker-timeout":       workerTimeout,
	"saturation":           saturation,
	"client-abandoned":     clientAbandoned,

	"target-5xx":   target5xx,
	"target-crash": targetCrash,
	"bad-response": badResponse,
	"short-body":   shortBody,
	"stream-reset": streamReset,

	"deregistration-cut":     deregistration,
	"setting-deregistration": deregistration,
	"setting-stop-timeout":   stopTimeout,
	"shutdown-early":         shutdownEarly,
	"deploy":                 deploy,
	"cold-start":             coldStart,

	"no-target":            noTarget,
	"fail-open":            failOpen,
	"setting-health-check": healthCheck,

	"lambda-error": lambdaError,

	"auth-error":     authError,
	"waf-block":      wafBlock,
	"waf-error":      wafError,
	"fixed-response": fixedResponse,
	"client-error":   clientError,

	"one-bad-target": oneBadTarget,
	"one-bad-path":   oneBadPath,
	"one-bad-node":   oneBadNode,
	"one-bad-zone":   oneBadZone,

	"unattributed":        unattributed,
	"log-gaps":            logGaps,
	"format-drift":        formatDrift,
	"setting-access-logs": accessLogs,
}

// An adviser collects the advice on one finding.
type adviser struct {
	scope
	verify []Verification
	fix    []Change
}

// check adds a command, unless it is there.
func (a *adviser) check(why string, command script) {
	if !slices.ContainsFunc(a.verify, func(v Verification) bool { return v.Command == string(command) }) {
		a.verify = append(a.verify, Verification{why, string(command)})
	}
}

func (a *adviser) change(kind, why, text string) {
	a.fix = append(a.fix, Change{why, kind, text})
}

func (a *adviser) cli(why string, command script) { a.change("cli", why, string(command)) }

func (a *adviser) terraform(why string, blocks ...hcl) {
	a.change("terraform", why, string(file(blocks)))
}
