package report

import (
	"fmt"
	"time"

	"alblens/partial"
)

// delivered says what the nodes delivered that objects' names tell of; "" for none.
func delivered(l *partial.Ledger) string {
	if len(l.Nodes) == 0 {
		return ""
	}
	var slots, withObject, inParts, late int
	longest := time.Duration(-1)
	for i := range l.Nodes {
		n := &l.Nodes[i]
		slots, withObject, inParts, late = slots+n.Slots, withObject+n.Delivered, inParts+n.InParts, late+n.Late
		longest = max(longest, n.Delay)
	}
	s := fmt.Sprintf("%s, objects for %s of %s of %s", counted(uint64(len(l.Nodes)), "node"), count(uint64(withObject)),
		counted(uint64(slots), "slot"), span(partial.Slot))
	if inParts > 0 {
		s += fmt.Sprintf(", %s of them in several parts", count(uint64(inParts)))
	}
	switch {
	case late > 0:
		s += fmt.Sprintf("; %s late, the last to come %s after its slot", counted(uint64(late), "object"), span(longest))
	case longest >= 0:
		s += fmt.Sprintf("; the last to come was there %s after its slot", span(longest))
	}
	return s
}

// gapsTogether says how much the gaps are, and what they may be; "" for none.
func gapsTogether(l *partial.Ledger) string {
	if len(l.Gaps) == 0 {
		return ""
	}
	slots, others := 0, 0
	for _, g := range l.Gaps {
		slots, others = slots+g.Slots, others+g.Others
	}
	return fmt.Sprintf("%s, %s without an object between slots with one, in %s of which other nodes delivered. %s",
		counted(uint64(len(l.Gaps)), "gap"), counted(uint64(slots), "slot"), count(uint64(others)), gapHint)
}

const gapHint = "An idle node delivers nothing: a gap is a hint, no proof of loss."

// gapNote is what else is known of a gap.
func (r *Report) gapNote(g *partial.Gap) string {
	s := ""
	switch {
	case g.Others == 0:
		s = "nor of its other nodes"
	case g.Others == g.Slots:
		s = "its other nodes delivered"
	default:
		s = fmt.Sprintf("its other nodes delivered in %d of %d slots", g.Others, g.Slots)
	}
	if !r.Run.Filling.IsZero() && g.To.After(r.Run.Filling) {
		s += "; it may still come"
	}
	return s
}

// filling says which logs may still come; "" for none.
func (r *Report) filling() string {
	if r.Run.Filling.IsZero() {
		return ""
	}
	return "objects of slots that end after " + r.Run.Filling.UTC().Format(time.DateTime) + " UTC may still come: the newest minutes are not complete"
}
