//go:build linux

package rig

import (
	"fmt"
	"maps"
	"slices"
)

// A Truth is what a log has to be read as. It is stored as JSON beside the log.
type Truth struct {
	Case      string            // Mixed for the log of all cases
	Dir       string            // holds the log, and nothing else
	Requests  int               // that clients sent, so lines of the log
	Causes    map[string]string // of every failed request: trace id as logged → slug of the cause
	Estimates []Estimate
}

// Mixed is the name of the log that holds the lines of all cases.
const Mixed = "mixed"

// An Estimate is a time that the log shows and the case knows: the server's or the load balancer's setting, or what the
// server did when asked.
type Estimate struct {
	Cause       string // slug of the finding
	TargetGroup string // ARN
	Name        string // such as server_keepalive_seconds
	Seconds     float64
}

// Mismatches compares a diagnosis, as trace id → slug, with the truth. Absent and "" stand for no failure. Each answer
// is a kind of mistake, how often it was made, and one trace id of it; none: every request is judged right.
func (t *Truth) Mismatches(diagnosis map[string]string) []string {
	type mistake struct{ want, got string }
	made := map[mistake][]string{}
	for trace, want := range t.Causes {
		if got := diagnosis[trace]; got != want {
			made[mistake{want, got}] = append(made[mistake{want, got}], trace)
		}
	}
	for trace, got := range diagnosis {
		if _, failed := t.Causes[trace]; !failed && got != "" {
			made[mistake{"", got}] = append(made[mistake{"", got}], trace)
		}
	}
	var all []string
	for m, traces := range made {
		all = append(all, fmt.Sprintf("%s: %q taken for %q: %d requests, such as %s",
			t.Case, m.want, m.got, len(traces), slices.Min(traces)))
	}
	slices.Sort(all)
	return all
}

// Counts returns how many requests have each cause.
func (t *Truth) Counts() map[string]int {
	counts := map[string]int{}
	for cause := range maps.Values(t.Causes) {
		counts[cause]++
	}
	return counts
}
