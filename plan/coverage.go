package plan

import (
	"cmp"
	"slices"
	"time"

	"alblens/internal/logname"
	"alblens/sources"
)

// A Coverage is what a load balancer node delivered, against the object a slot that AWS promises while it has traffic.
type Coverage struct {
	LoadBalancer, Node string
	First, Last        time.Time     // ends of its first and last slot
	Slots              int           // from First to Last, both included
	Delivered          int           // of them, those with an object
	InParts            int           // of those, those with several
	Objects            int           // all of them
	Late               int           // objects, see Late
	Delay              time.Duration // the longest between a slot's end and its object's arrival; -1 when the store does not tell
}

// A Gap is a time for which a load balancer node delivered no object, between times for which it did. An idle node may
// well deliver none.
type Gap struct {
	LoadBalancer, Node string
	From, To           time.Time
	Slots              int // that it lasts
	Others             int // of them, those for which other nodes of the load balancer delivered
}

// A Late object arrived long after its slot had ended.
type Late struct {
	Name               string
	LoadBalancer, Node string
	End, Arrived       time.Time // of its slot; in its store
}

// Delay is how late it was.
func (l *Late) Delay() time.Duration { return l.Arrived.Sub(l.End) }

// Objects usually arrive within five minutes of their slot's end.
const (
	lateAfter = 15 * time.Minute
	// An object that arrived later than this was copied, and its time says nothing of its delivery.
	copiedAfter = 24 * time.Hour
	usualDelay  = 5 * time.Minute
	// A load balancer that delivered nothing for so long, when it should have, delivers no more.
	idle = 3 * logname.Slot
)

// arrived returns how long after its slot an access log came into its store, unless most of them came late: then they were
// copied there.
func (p *Plan) arrived(ref *sources.Ref) (delay time.Duration, ok bool) {
	delay, ok = arrival(ref)
	return delay, ok && !p.copied
}

// mostlyLate reports whether more than half of the access logs came late, or at a time that cannot be.
func mostlyLate(objects []sources.Ref) bool {
	logs, late := 0, 0
	for i := range objects {
		if objects[i].Log.Kind != logname.Access {
			continue
		}
		logs++
		if delay, ok := arrival(&objects[i]); ok && delay > lateAfter || !ok && timed(&objects[i]) {
			late++
		}
	}
	return 2*late > logs
}

// timed reports whether a store tells when the object was last changed. A file's time is that of the copy, and tells
// nothing: ETags tell stores from disks.
func timed(ref *sources.Ref) bool { return ref.ETag != "" && !ref.Modified.IsZero() }

// arrival is how long after its slot an access log was last changed, where that may be when it was delivered.
func arrival(ref *sources.Ref) (delay time.Duration, ok bool) {
	if ref.Log.Kind != logname.Access || !timed(ref) {
		return 0, false
	}
	delay = ref.Modified.Sub(ref.Log.End)
	return max(delay, 0), -usualDelay <= delay && delay <= copiedAfter // clocks differ a little
}

// A Delivery is how one object of a plan came.
type Delivery struct {
	Part, Parts int           // its number, from 1, among the objects of its node and slot; 0 where its name tells no slot
	Delay       time.Duration // between its slot's end and its arrival; -1 when the store does not tell
	Late        bool
	Filling     bool // more may come for its slot
}

// Delivery tells how object i came.
func (p *Plan) Delivery(i int) Delivery {
	d := Delivery{Delay: -1}
	ref := &p.Objects[i]
	if ref.Log.Kind != logname.Access {
		return d
	}
	first, last := i, i // its neighbours of the same slot
	for first > 0 && sameSlot(&p.Objects[first-1], ref) {
		first--
	}
	for last < len(p.Objects)-1 && sameSlot(&p.Objects[last+1], ref) {
		last++
	}
	d.Part, d.Parts = i-first+1, last-first+1
	if delay, ok := p.arrived(ref); ok {
		d.Delay, d.Late = delay, delay > lateAfter
	}
	d.Filling = !p.Filling.IsZero() && ref.Log.End.After(p.Filling)
	return d
}

func sameSlot(a, b *sources.Ref) bool {
	return a.Log.Kind == logname.Access && b.Log.Kind == logname.Access &&
		a.Log.LoadBalancer == b.Log.LoadBalancer && a.Log.Node == b.Log.Node && a.Log.End.Equal(b.Log.End)
}

// cover fills in Coverage, Gaps, Late and Filling. now is when the listing began.
func (p *Plan) cover(sel sources.Selection, now time.Time) {
	type node struct{ lb, ip string }
	at := map[node]int{}             // index in Coverage and parts
	var parts []int                  // objects of the last slot
	ends := map[string][]time.Time{} // of the slots that a load balancer delivered for, ascending
	longest := time.Duration(-1)
	var newest time.Time
	p.copied = mostlyLate(p.Objects)
	for i := range p.Objects { // by load balancer, end and node
		ref := &p.Objects[i]
		if ref.Log.Kind != logname.Access {
			continue
		}
		n, end := node{ref.Log.LoadBalancer, ref.Log.Node}, ref.Log.End
		if list := ends[n.lb]; len(list) == 0 || !list[len(list)-1].Equal(end) {
			ends[n.lb] = append(list, end)
		}
		k, ok := at[n]
		if !ok {
			k = len(p.Coverage)
			at[n] = k
			p.Coverage = append(p.Coverage, Coverage{LoadBalancer: n.lb, Node: n.ip, First: end, Delay: -1})
			parts = append(parts, 0)
		}
		c := &p.Coverage[k]
		if c.Objects == 0 || !c.Last.Equal(end) {
			if from, to := c.Last, end.Add(-logname.Slot); c.Objects > 0 && from.Before(to) {
				slots := int((to.Sub(from) + logname.Slot - 1) / logname.Slot)
				p.Gaps = append(p.Gaps, Gap{LoadBalancer: n.lb, Node: n.ip, From: from, To: to, Slots: slots})
			}
			c.Delivered++
			c.Last = end
			parts[k] = 0
		}
		if parts[k]++; parts[k] == 2 {
			c.InParts++
		}
		c.Objects++
		if delay, ok := p.arrived(ref); ok {
			c.Delay, longest, newest = max(c.Delay, delay), max(longest, delay), later(newest, end)
			if delay > lateAfter {
				c.Late++
				p.Late = append(p.Late, Late{ref.Name, n.lb, n.ip, end, ref.Modified})
			}
		}
	}
	for i := range p.Coverage {
		c := &p.Coverage[i]
		c.Slots = int(c.Last.Sub(c.First)/logname.Slot) + 1
	}
	for i := range p.Gaps {
		g := &p.Gaps[i]
		g.Others = within(ends[g.LoadBalancer], g.From, g.To)
	}
	slices.SortFunc(p.Coverage, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.LoadBalancer, b.LoadBalancer), cmp.Compare(a.Node, b.Node))
	})
	slices.SortFunc(p.Gaps, func(a, b Gap) int {
		return cmp.Or(cmp.Compare(a.LoadBalancer, b.LoadBalancer), a.From.Compare(b.From), cmp.Compare(a.Node, b.Node))
	})
	from := now.Add(-max(longest, usualDelay)).UTC()
	live := newest.After(from.Add(-idle)) // else there is nothing to come: the logs are old, or the load balancer is gone
	wanted := sel.Until.IsZero() || sel.Until.Add(sel.Late).After(from)
	if longest >= 0 && live && wanted {
		p.Filling = from
	}
}

// within is how many of the times, which ascend, are after from and not after to.
func within(times []time.Time, from, to time.Time) int {
	after := func(t time.Time) int {
		i, _ := slices.BinarySearchFunc(times, t, func(x, t time.Time) int {
			if x.After(t) {
				return 1
			}
			return -1
		})
		return i
	}
	return after(to) - after(from)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
