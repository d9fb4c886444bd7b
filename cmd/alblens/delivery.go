package main

import (
	"fmt"
	"strings"
	"time"

	"alblens/partial"
	"alblens/plan"
	"alblens/report"
	"alblens/sources"
)

// tellCoverage says which files the load balancers' nodes delivered, how late, and for which times they have none.
func tellCoverage(p *plan.Plan, std streams) {
	for _, c := range p.Coverage {
		line := fmt.Sprintf("%s, node %s: files of %d of %d times five minutes", c.LoadBalancer, c.Node, c.Delivered, c.Slots)
		if c.InParts > 0 {
			line += fmt.Sprintf(", of %d in several parts", c.InParts)
		}
		if c.Delay >= 0 {
			line += fmt.Sprintf(", the last to come %v after its time", c.Delay.Round(time.Second))
		}
		std.say("%s", line)
	}
	for _, g := range p.Gaps {
		std.say("%s, node %s: no file of the %d times five minutes after %s; other nodes have files of %d of them", g.LoadBalancer, g.Node,
			g.Slots, g.From.Format("2006-01-02T15:04Z"), g.Others)
	}
}

// tellObjects tells of each object, in the order of the plan, what it held and how it came.
func tellObjects(p *plan.Plan, std streams) func(*sources.Ref, *partial.Ledger, bool) {
	next := 0
	return func(ref *sources.Ref, l *partial.Ledger, cached bool) {
		did := "read"
		if cached {
			did = "took from the cache"
		}
		d := p.Delivery(next)
		next++
		std.say("%s %s: %s, %d malformed, %d outside the selection, %d bytes%s", did, ref.Name, counted(l.Records, "record"), l.Malformed, l.Filtered, l.CompressedBytes,
			deliveryWords(d))
	}
}

// deliveryWords tells how an object came, where that is known, behind a semicolon.
func deliveryWords(d plan.Delivery) string {
	var words []string
	if d.Parts > 1 {
		words = append(words, fmt.Sprintf("part %d of %d", d.Part, d.Parts))
	}
	if d.Delay >= 0 {
		words = append(words, fmt.Sprintf("came %v after its time", d.Delay.Round(time.Second)))
	}
	if d.Late {
		words = append(words, "late")
	}
	if d.Filling {
		words = append(words, "its time may still fill")
	}
	if words == nil {
		return ""
	}
	return "; " + strings.Join(words, ", ")
}

// slotOf is what the bundle's ledger says of the slot of object i; nil where its name tells none.
func slotOf(p *plan.Plan, i int) *report.BundleSlot {
	d := p.Delivery(i)
	if d.Parts == 0 {
		return nil
	}
	log := &p.Objects[i].Log
	s := &report.BundleSlot{LoadBalancer: log.LoadBalancer, Node: log.Node, End: log.End, Part: d.Part, Parts: d.Parts, Late: d.Late, Filling: d.Filling}
	if d.Delay >= 0 {
		s.Delay = new(d.Delay.Seconds())
	}
	return s
}
