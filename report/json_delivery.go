package report

import (
	"alblens/internal/jsontext"
	"alblens/partial"
)

func appendGap(b []byte, g partial.Gap) []byte {
	o := jsontext.Begin(b).String("lb", g.LoadBalancer).String("node", g.Node)
	instant(o, "from", g.From)
	instant(o, "to", g.To)
	return o.Int("slots", int64(g.Slots)).Int("slots_others_delivered", int64(g.Others)).End()
}

func appendDuplicate(b []byte, d partial.Duplicate) []byte {
	by := "name"
	if d.ByContent {
		by = "content"
	}
	return jsontext.Begin(b).String("name", d.Name).String("same_as", d.SameAs).String("by", by).End()
}

// appendDelivery appends what the load balancers' nodes delivered, whose objects' names tell it.
func appendDelivery(b []byte, l *partial.Ledger) []byte {
	o := jsontext.Begin(b).Int("slot_seconds", int64(partial.Slot.Seconds()))
	o.Key("nodes").Append(func(b []byte) []byte { return appendLines(b, l.Nodes, appendNode) })
	o.Key("late").Append(func(b []byte) []byte { return appendLines(b, l.Late, appendLate) })
	return o.End()
}

func appendNode(b []byte, n partial.NodeDelivery) []byte {
	o := jsontext.Begin(b).String("lb", n.LoadBalancer).String("node", n.Node)
	instant(o, "first_slot_end", n.First)
	instant(o, "last_slot_end", n.Last)
	o.Int("slots", int64(n.Slots)).Int("slots_delivered", int64(n.Delivered)).Int("slots_in_parts", int64(n.InParts))
	o.Int("objects", int64(n.Objects)).Int("objects_late", int64(n.Late))
	if n.Delay < 0 {
		return o.Null("longest_delay_seconds").End()
	}
	return o.Decimal("longest_delay_seconds", n.Delay.Microseconds()).End()
}

func appendLate(b []byte, x partial.LateObject) []byte {
	o := jsontext.Begin(b).String("name", x.Name).String("lb", x.LoadBalancer).String("node", x.Node)
	instant(o, "slot_end", x.End)
	instant(o, "arrived", x.Arrived)
	return o.Decimal("delay_seconds", x.Delay().Microseconds()).End()
}
