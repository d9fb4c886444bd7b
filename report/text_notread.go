package report

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"alblens/partial"
)

const (
	shownProblems = 10
	shownNotBegun = 3
	shownOthers   = 5 // of gaps, duplicates, reasons to skip
)

// place is where a line stands.
func place(name string, line int) string { return clean(name) + ":" + strconv.Itoa(line) }

// writeNotRead names what was left out, and why.
func (r *Report) writeNotRead(p *page) {
	l := &r.Result.Ledger
	real := slices.IndexFunc(l.Problems, func(x partial.Problem) bool { return x.Kind == partial.Skipped })
	if real < 0 {
		real = len(l.Problems)
	}
	problems, skipped := l.Problems[:real], l.Problems[real:]
	filling := r.filling()
	if len(l.Problems)+len(l.Gaps)+len(l.Duplicates) == 0 && l.Malformed == 0 && !l.Interrupted && filling == "" {
		return
	}
	p.heading("Not read", "")
	if l.Interrupted {
		p.prose("", indent+"The run was interrupted: what it had not begun by then is missing.", indent)
	}
	if filling != "" {
		p.prose("", indent+"Still filling: "+filling+".", indent)
	}
	var begun, notBegun []partial.Problem
	for _, x := range problems {
		if x.NotBegun() {
			notBegun = append(notBegun, x)
		} else {
			begun = append(begun, x)
		}
	}
	told := ""
	list(p, begun, shownProblems, "more objects", func(x partial.Problem) {
		kept := ""
		if x.RecordsKept > 0 {
			kept = " (" + counted(uint64(x.RecordsKept), "record") + " of it count)"
		}
		p.line(indent + cutName(x.Kind+": ", x.Name, kept, p.width-len(indent)))
		if x.Error != told { // a bucket that is denied is denied for every object
			p.prose(faint, indent+indent+cut(clean(x.Error), 3*p.width), indent+indent)
			told = x.Error
		}
	})
	list(p, notBegun, shownNotBegun, "more objects not begun", func(x partial.Problem) {
		p.line(indent + cutName("not begun: ", x.Name, "", p.width-len(indent)))
	})
	r.writeMalformed(p)
	reasons := map[string]int{}
	for _, x := range skipped {
		reasons[x.Error]++
	}
	list(p, byFrequency(reasons), shownOthers, "more reasons to skip", func(reason string) {
		p.prose("", indent+"skipped "+counted(uint64(reasons[reason]), "object")+": "+cut(clean(reason), 3*p.width), indent+indent)
	})
	list(p, l.Gaps, shownOthers, "more gaps", func(x partial.Gap) {
		p.prose("", fmt.Sprintf("%sgap: nothing of node %s of %s for %s UTC; %s", indent, clean(x.Node), clean(x.LoadBalancer),
			p.between(x.From, x.To), r.gapNote(&x)), indent+indent)
	})
	if len(l.Gaps) > 0 {
		p.prose(faint, indent+gapHint, indent)
	}
	list(p, l.Duplicates, shownOthers, "more duplicates", func(x partial.Duplicate) {
		p.line(indent + cutName("duplicate: ", x.Name, "", p.width-len(indent)))
		p.line(p.paint(faint, indent+indent+cutName("same as ", x.SameAs, "", p.width-2*len(indent))))
	})
}

func (r *Report) writeMalformed(p *page) {
	l := &r.Result.Ledger
	if l.Malformed == 0 {
		return
	}
	p.prose("", fmt.Sprintf("%smalformed: %s, %s of all (limit %s)", indent, counted(uint64(l.Malformed), "line"),
		percent(uint64(l.Malformed), uint64(l.Lines)), percent(uint64(r.Options.MaxMalformed*1e6), 1e6)), indent)
	samples := l.MalformedSamples[:min(1, len(l.MalformedSamples))]
	if l.Malformed == l.Lines {
		samples = l.MalformedSamples[:min(3, len(l.MalformedSamples))]
	}
	for _, s := range samples {
		fault := fmt.Sprintf(":%d:%d: %s: %s", s.Line, s.Column, clean(s.Field), clean(s.Error))
		p.line(indent + indent + cutName("", s.Name, cut(fault, p.width-2*len(indent)-shortestName), p.width-2*len(indent)))
		p.line(p.paint(faint, cut(indent+indent+clean(s.Text), p.width)))
	}
}

// shortestName is what of a name is shown where there is little room.
const shortestName = 24

// cutName puts a name between what says its role and what follows, and takes the width from its beginning.
func cutName(before, name, after string, width int) string {
	return before + cutLeft(clean(name), width-displayWidth(before)-displayWidth(after)) + after
}

// list shows the first few of several.
func list[T any](p *page, all []T, most int, noun string, show func(T)) {
	for _, x := range all[:min(most, len(all))] {
		show(x)
	}
	if n := len(all) - most; n > 0 {
		p.prose(faint, indent+"… and "+count(uint64(n))+" "+noun, indent)
	}
}

// byFrequency returns the keys, the most frequent first.
func byFrequency(n map[string]int) []string {
	return slices.SortedFunc(maps.Keys(n), func(a, b string) int {
		return cmp.Or(n[b]-n[a], strings.Compare(a, b))
	})
}
