package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"alblens/aggregate"
	"alblens/diagnose"
	"alblens/internal/cause"
	"alblens/internal/mdtext"
)

func (m *markdown) writeCauses() {
	m.block("## Causes")
	table := mdtext.NewTable("cause", "what happened", " requests", " of all")
	rows := 0
	for _, c := range m.attributed() {
		table.Row(mdtext.Code(c.String()), mdtext.Prose(title(c)), count(m.attribution(c)), percent(m.attribution(c), m.Result.Counts.Totals.Requests))
		rows++
	}
	if rows == 0 {
		m.block("Nothing failed.")
		return
	}
	m.block(table.String())
	findings := m.findings()
	for i := range findings {
		m.writeFinding(&findings[i], findings[:i])
	}
}

// attributed are the causes that occur, the most frequent first, and last those that lie with clients or were meant.
func (r *Report) attributed() (list []cause.Cause) {
	for c := cause.None + 1; c <= cause.Unattributed; c++ {
		if r.attribution(c) > 0 {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(a, b cause.Cause) int {
		if x, y := slices.Contains(outside, a), slices.Contains(outside, b); x != y {
			if x {
				return 1
			}
			return -1
		}
		switch x, y := r.attribution(a), r.attribution(b); {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return 0
	})
	return list
}

var bases = map[diagnose.Basis]string{
	diagnose.Observed: "from the logs alone", diagnose.Confirmed: "confirmed by the settings", diagnose.Contradicted: "contradicted by the settings",
}

func (m *markdown) writeFinding(f *diagnose.Finding, above []diagnose.Finding) {
	m.block("### " + mdtext.Prose(said(f.Title)))
	m.block(fmt.Sprintf("**%s**, %.0f %% sure, %s. %s", severityWord(f.Severity), 100*f.Confidence, bases[f.Basis], mdtext.Prose(said(f.Summary))))
	var confined, facts []string
	for _, s := range []struct {
		name string
		keys []string
	}{
		{"load balancer", f.Scope.LoadBalancers}, {"target group", f.Scope.TargetGroups}, {"target", f.Scope.Targets},
		{"path", f.Scope.Paths}, {"node", f.Scope.Nodes}, {"host", f.Scope.Hosts},
	} {
		if len(s.keys) > 0 {
			confined = append(confined, s.name+" "+names(s.keys))
		}
	}
	if confined != nil {
		facts = append(facts, "Confined to "+strings.Join(confined, "; "))
	}
	for _, e := range f.Estimates {
		facts = append(facts, fmt.Sprintf("Estimate: %s = %s", mdtext.Code(e.Name), strconv.FormatFloat(e.Seconds, 'g', 4, 64)))
	}
	for _, reason := range f.Reasons {
		facts = append(facts, mdtext.Prose(said(speaking(reason))))
	}
	for _, c := range f.Caveats {
		facts = append(facts, "Caveat: "+mdtext.Prose(said(c)))
	}
	m.list(facts)
	m.writeEvidence(f, above)
}

// severityWord is a severity at the start of a sentence.
func severityWord(s diagnose.Severity) string {
	word := s.String()
	return strings.ToUpper(word[:1]) + word[1:]
}

// speaking says of a reason which way it speaks.
func speaking(reason string) string {
	if rest, ok := strings.CutPrefix(reason, "for: "); ok {
		return "Speaks for it: " + rest
	}
	if rest, ok := strings.CutPrefix(reason, "against: "); ok {
		return "Speaks against it: " + rest
	}
	return reason
}

// writeEvidence shows lines as they stand in the log, once: a finding above, of the cause that this one narrows down, may
// have the same.
func (m *markdown) writeEvidence(f *diagnose.Finding, above []diagnose.Finding) {
	if len(f.Evidence) == 0 {
		return
	}
	same := func(l, k diagnose.Line) bool { return l.Source == k.Source && l.Number == k.Number }
	for _, x := range above {
		if slices.EqualFunc(x.Evidence, f.Evidence, same) {
			m.block("Evidence: the lines of “" + mdtext.Prose(said(x.Title)) + "” above.")
			return
		}
	}
	var places, lines []string
	for i, l := range f.Evidence {
		if i == 0 || l.Source != f.Evidence[i-1].Source {
			places = append(places, mdtext.Code(l.Source)+" line "+strconv.Itoa(l.Number))
		} else {
			places[len(places)-1] += ", " + strconv.Itoa(l.Number)
		}
		lines = append(lines, clean(l.Text))
	}
	m.block("Evidence, from")
	m.list(places)
	m.block(mdtext.Fence("", strings.Join(lines, "\n")))
}

// names are keys as code, a target group's by its name.
func names(keys []string) string {
	var list []string
	for _, k := range keys[:min(len(keys), shownNames)] {
		list = append(list, mdtext.Code(said(aggregate.GroupName(k))))
	}
	if rest := len(keys) - shownNames; rest > 0 {
		list = append(list, count(uint64(rest))+" more")
	}
	return strings.Join(list, ", ")
}

// languages are what a fence says of a change's kind, where sites colour it by that.
var languages = map[string]string{
	"terraform": "hcl", "cli": "sh", "nginx": "nginx", "node": "js", "python": "python", "ecs": "json", "kubernetes": "yaml",
}

// writeNextSteps gathers the commands that settle what is open and the changes that help, a finding after the other.
func (m *markdown) writeNextSteps() {
	findings := slices.DeleteFunc(slices.Clone(m.findings()), func(f diagnose.Finding) bool { return len(f.Verify)+len(f.Fix) == 0 })
	if len(findings) == 0 {
		return
	}
	m.block("## Next steps")
	for _, f := range findings {
		m.block("### For: " + mdtext.Prose(said(f.Title)))
		for _, v := range f.Verify {
			m.task("Verify: "+mdtext.Prose(said(v.Why)), "sh", v.Command)
		}
		for _, c := range f.Fix {
			if c.Kind == "text" {
				m.block("- [ ] Fix: " + mdtext.Prose(said(c.Why+" "+c.Text)))
				continue
			}
			m.task("Fix ("+mdtext.Prose(c.Kind)+"): "+mdtext.Prose(said(c.Why)), languages[c.Kind], c.Text)
		}
	}
}

// task writes an item to tick off, with its code in it.
func (m *markdown) task(what, language, code string) {
	const inItem = "\n  "
	fence := strings.TrimSuffix(mdtext.Fence(language, code), "\n")
	m.block("- [ ] " + what + "\n" + inItem + strings.ReplaceAll(fence, "\n", inItem))
}
