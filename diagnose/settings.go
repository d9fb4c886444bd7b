package diagnose

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alblens/aggregate"
	"alblens/diagnose/advice"
	"alblens/settings"
)

// judgeSettings holds findings against what is configured, and adds the settings that break a rule.
func (s *scene) judgeSettings(list []Finding) []Finding {
	if s.opts.Settings == nil {
		return list
	}
	for i := range list {
		s.confirm(&list[i])
	}
	observed := s.observed()
	breaches, unchecked := s.opts.Settings.Rules(observed)
	s.unchecked = unchecked
	reconciliation := s.opts.Settings.Reconcile(observed)
	s.reconciliation = &reconciliation
	for _, b := range breaches {
		list = append(list, fromBreach(&b, &s.opts.Access))
	}
	return list
}

// confirm says whether the settings speak for a finding.
func (s *scene) confirm(f *Finding) {
	claim := settings.Claim{
		ID: f.ID, LoadBalancers: f.Scope.LoadBalancers, TargetGroups: f.Scope.TargetGroups, Targets: f.Scope.Targets,
		From: f.First, To: f.Last, Estimates: settings.Estimates{},
	}
	for _, e := range f.Estimates {
		claim.Estimates[e.Name] = e.Seconds
	}
	j := s.opts.Settings.Judge(claim)
	switch j.Verdict {
	case settings.Confirmed:
		f.Basis, f.Confidence = Confirmed, round3(1-float64(0.3*(1-f.Confidence)))
	case settings.Contradicted:
		f.Basis, f.Confidence = Contradicted, round3(0.4*f.Confidence)
	}
	f.Reasons = append(f.Reasons, withColon(j.Reasons)...)
	f.Caveats = append(f.Caveats, j.Caveats...)
}

// withColon writes reasons as all others are.
func withColon(reasons []string) []string {
	out := make([]string, len(reasons))
	for i, r := range reasons {
		word, rest, _ := strings.Cut(r, " ")
		out[i] = word + ": " + rest
	}
	return out
}

func fromBreach(b *settings.Breach, access *advice.Access) Finding {
	severity, _ := ParseSeverity(b.Severity)
	f := Finding{
		ID: b.ID, Key: b.Key, Severity: severity, Confidence: 0.95, Basis: Confirmed, Title: b.Title, Summary: b.Summary,
		Scope:   Scope{LoadBalancers: b.LoadBalancers, TargetGroups: b.TargetGroups},
		Reasons: withColon(b.Reasons), Caveats: b.Caveats,
	}
	for _, v := range b.Verify {
		f.Verify = append(f.Verify, Verification{v.Why, access.Extend(v.Command)})
	}
	for _, c := range b.Fix {
		f.Fix = append(f.Fix, Change{c.Why, c.Kind, access.Extend(c.Text)})
	}
	return f
}

// observed is what the log shows, for the settings to be held against.
func (s *scene) observed() *settings.Observed {
	o := &settings.Observed{
		LoadBalancers: s.balancers(), Buckets: s.opts.Buckets,
		From: s.result.Counts.Totals.First, To: s.result.Counts.Totals.Last, Minutes: s.minutes(),
	}
	groups := map[string]*settings.Group{}
	group := func(arn string) *settings.Group {
		g := groups[arn]
		if g == nil {
			g = &settings.Group{ARN: arn, Causes: map[string]uint64{}, Estimates: settings.Estimates{}}
			groups[arn] = g
		}
		return g
	}
	for _, l := range s.result.Evidence.Lives {
		if l.TargetGroup == "" {
			continue
		}
		g := group(l.TargetGroup)
		g.Targets = append(g.Targets, l.Target)
		if row := s.targets[l.Target]; row != nil {
			g.LongestSuccess = max(g.LongestSuccess, float64(row.TargetTime.Max)/1e6)
		}
	}
	for _, b := range s.bundles {
		if b.where == "" || strings.HasPrefix(b.where, "app/") {
			continue
		}
		g := group(b.where)
		g.Causes[b.cause.String()] += uint64(b.count + 0.5)
		for _, e := range b.finding.Estimates {
			g.Estimates[e.Name] = e.Seconds
		}
		for _, x := range b.list {
			if !slices.Contains(g.LoadBalancers, x.LoadBalancer) {
				g.LoadBalancers = append(g.LoadBalancers, x.LoadBalancer)
			}
		}
	}
	for _, arn := range slices.Sorted(maps.Keys(groups)) {
		o.Groups = append(o.Groups, *groups[arn])
	}
	return o
}

// balancers are those in the log that sent to targets, or made a failure.
func (s *scene) balancers() []string {
	seen := map[string]bool{}
	for i := range s.suspects {
		if lb := s.suspects[i].LoadBalancer; lb != "" {
			seen[lb] = true
		}
	}
	for _, l := range s.result.Evidence.Lives {
		seen[l.LoadBalancer] = true
	}
	delete(seen, "")
	return slices.Sorted(maps.Keys(seen))
}

// minutes are the counts that CloudWatch has too, where records were counted by the minute of their response.
func (s *scene) minutes() []settings.Minute {
	if s.result.Counts.TimeBucket != time.Minute || s.opts.ByCreation {
		return nil
	}
	i := slices.IndexFunc(s.result.Counts.Tables, func(t aggregate.Table) bool { return t.By.Is(aggregate.Time) })
	if i < 0 {
		return nil
	}
	var list []settings.Minute
	for _, row := range s.result.Counts.Tables[i].Rows {
		m := settings.Minute{
			Start: row.Start, Requests: row.Requests, ELB5xx: row.ELB5xx, ELB502: row.ELB502, ELB503: row.ELB503, ELB504: row.ELB504,
			Target5xx: row.Target5xx,
		}
		for _, n := range row.Status {
			if n.Status >= 500 && n.Status <= 599 {
				m.ELB5xxAll += n.Requests
			}
		}
		m.ELB5xxAll -= row.Target5xx
		list = append(list, m)
	}
	return list
}
