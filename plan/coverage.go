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
	Objects            int           // a slot may come in several parts
	Delay              time.Duration // the longest between a slot's end and its object's arrival; -1 when the store does not tell
}

// A Late object arrived long after its slot had ended.
type Late struct {
	Name string
	By   time.Duration // after the end of its slot
}

// Objects usually arrive within five minutes of their slot's end.
const (
	lateAfter = 15 * time.Minute
	// An object that arrived later than this was copied, and its time says nothing of its delivery.
	copiedAfter = 24 * time.Hour
	usualDelay  = 5 * time.Minute
	// A load balancer that delivered nothing for so long, when it should have, delivers no more.
	idle = 3 * logname.Slot
)

// arrived returns how long after its slot an access log came into its store. A file's time is no arrival: it is that of
// the copy. ETags tell stores from disks.
func arrived(ref sources.Ref) (delay time.Duration, ok bool) {
	if ref.Log.Kind != logname.Access || ref.ETag == "" || ref.Modified.IsZero() {
		return 0, false
	}
	delay = max(ref.Modified.Sub(ref.Log.End), 0)
	return delay, delay <= copiedAfter
}

// cover fills in Coverage, Late and Filling. now is when the listing began.
func (p *Plan) cover(sel sources.Selection, now time.Time) {
	type node struct{ lb, ip string }
	at := map[node]int{} // index in Coverage
	longest := time.Duration(-1)
	var newest time.Time
	for _, ref := range p.Objects { // by load balancer, end and node
		if ref.Log.Kind != logname.Access {
			continue
		}
		n := node{ref.Log.LoadBalancer, ref.Log.Node}
		i, ok := at[n]
		if !ok {
			i = len(p.Coverage)
			at[n] = i
			p.Coverage = append(p.Coverage, Coverage{LoadBalancer: n.lb, Node: n.ip, First: ref.Log.End, Delay: -1})
		}
		c := &p.Coverage[i]
		if c.Objects++; !c.Last.Equal(ref.Log.End) {
			c.Delivered++
			c.Last = ref.Log.End
		}
		if delay, ok := arrived(ref); ok {
			c.Delay, longest, newest = max(c.Delay, delay), max(longest, delay), later(newest, ref.Log.End)
			if delay > lateAfter {
				p.Late = append(p.Late, Late{ref.Name, delay})
			}
		}
	}
	for i := range p.Coverage {
		c := &p.Coverage[i]
		c.Slots = int(c.Last.Sub(c.First)/logname.Slot) + 1
	}
	slices.SortFunc(p.Coverage, func(a, b Coverage) int {
		return cmp.Or(cmp.Compare(a.LoadBalancer, b.LoadBalancer), cmp.Compare(a.Node, b.Node))
	})
	from := now.Add(-max(longest, usualDelay)).UTC()
	live := newest.After(from.Add(-idle)) // else there is nothing to come: the logs are old, or the load balancer is gone
	wanted := sel.Until.IsZero() || sel.Until.Add(sel.Late).After(from)
	if longest >= 0 && live && wanted {
		p.Filling = from
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
