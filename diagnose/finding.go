package diagnose

import "time"

// A Finding is one thing that went wrong, or is worth knowing, with what speaks for it and what to do about it.
type Finding struct {
	ID  string // the slug of a cause, or one of design/contract.md's other slugs; several findings may share it
	Key string // ID and scope, unique in a run and stable from run to run
	// PartOf is the Key of the Finding that this one only says more of; "" for none.
	PartOf string

	Severity   Severity
	Confidence float64 // 0 to 1
	Basis      Basis

	Title   string
	Summary string // one sentence, with the number and its denominator

	Requests uint64 // failed records that belong to it
	Of       uint64 // failed records of the same status in the run

	First, Last time.Time // by creation time, the onset
	Episodes    []Episode // in order of time
	Clients     uint64    // distinct client addresses, within about 2 %
	Ongoing     bool      // still so in the last 5 minutes of the window

	Scope     Scope
	Estimates []Estimate
	Reasons   []string // begin with "for " or "against "
	Caveats   []string
	Evidence  []Line
	Verify    []Verification
	Fix       []Change
}

// An Episode is a span with at most 5 quiet minutes inside.
type Episode struct {
	From, To      time.Time
	Requests      uint64
	PeakPerMinute uint64
}

// Scope is the widest set of keys that a finding is confined to; an empty list stands for no confinement.
type Scope struct {
	LoadBalancers []string // app/name/id
	TargetGroups  []string // ARNs
	Targets       []string // ip:port
	Paths         []string // templates
	Nodes         []string
	Hosts         []string
}

// An Estimate is a setting as the log shows it.
type Estimate struct {
	Name    string // idle_timeout_seconds, server_keepalive_seconds, …
	Seconds float64
}

// A Line is a log line that shows a Finding.
type Line struct {
	Source  string
	Number  int // from 1
	TraceID string
	Text    string // as it stands in the log; it may hold anything a client sent
}

// A Verification is a command that would settle what the log leaves open.
type Verification struct{ Why, Command string }

// A Change is a way to cure or mitigate.
type Change struct {
	Why  string
	Kind string // terraform, cli, nginx, node, python, ecs, …
	Text string
}

// Severity orders findings by harm, see design/contract.md.
type Severity uint8

// The severities, the least first.
const (
	Info Severity = iota
	Low
	Medium
	High
	Critical
)

func (s Severity) String() string {
	return [...]string{"info", "low", "medium", "high", "critical"}[s]
}

// ParseSeverity returns the severity of a name.
func ParseSeverity(name string) (Severity, bool) {
	for s := Info; s <= Critical; s++ {
		if s.String() == name {
			return s, true
		}
	}
	return Info, false
}

// Basis is what a Finding rests on.
type Basis uint8

// Observed is from the log alone; settings confirm or contradict.
const (
	Observed Basis = iota
	Confirmed
	Contradicted
)

func (b Basis) String() string { return [...]string{"observed", "confirmed", "contradicted"}[b] }
