package diagnose

import (
	"slices"
	"time"

	"alblens/diagnose/advice"
	"alblens/parser"
)

// advise fills in what would settle a finding, and what would cure it.
func (s *scene) advise(f *Finding) {
	facts := advice.Facts{
		ID:            f.ID,
		LoadBalancers: f.Scope.LoadBalancers, TargetGroups: f.Scope.TargetGroups, Targets: f.Scope.Targets, Paths: f.Scope.Paths,
		Nodes: f.Scope.Nodes, Hosts: f.Scope.Hosts,
		Estimates: map[string]float64{}, Longest: s.longest(f), From: f.First, To: f.Last, Access: s.opts.Access,
	}
	for _, e := range f.Estimates {
		facts.Estimates[e.Name] = e.Seconds
	}
	for _, l := range f.Evidence {
		if l.TraceID != "" {
			facts.TraceIDs = append(facts.TraceIDs, l.TraceID)
		}
		var r parser.Record
		if l.Text == "" || r.Parse([]byte(l.Text)) != nil {
			continue
		}
		if path := r.Path(); path != nil && !slices.Contains(facts.Examples, string(path)) {
			facts.Examples = append(facts.Examples, string(path))
		}
		if reason := r.Text(parser.FieldErrorReason); len(reason) > 0 && !slices.Contains(facts.Reasons, string(reason)) {
			facts.Reasons = append(facts.Reasons, string(reason))
		}
	}
	verify, fix := advice.For(facts)
	for _, v := range verify {
		f.Verify = append(f.Verify, Verification(v))
	}
	for _, c := range fix {
		f.Fix = append(f.Fix, Change(c))
	}
}

// longest is the longest time that a target of the finding's groups took to begin an answer.
func (s *scene) longest(f *Finding) time.Duration {
	var most int64
	for _, row := range s.targets {
		if slices.Contains(f.Scope.TargetGroups, row.Group.Text) {
			most = max(most, row.TargetTime.Max)
		}
	}
	return time.Duration(most) * time.Microsecond
}
