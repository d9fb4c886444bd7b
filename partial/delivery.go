package partial

import (
	"time"

	"alblens/internal/logname"
)

// Slot is the time one object of a node covers.
const Slot = logname.Slot

// A Duplicate is an object that was not read because SameAs has the same AWS file name and size, or the same content.
type Duplicate struct {
	Name, SameAs string
	ByContent    bool // the names differ, the contents do not
}

// A Gap is a time for which a load balancer node delivered nothing, between times for which it did. An idle node delivers
// nothing, so that a gap is no proof of loss.
type Gap struct {
	LoadBalancer, Node string
	From, To           time.Time
	Slots              int // that it lasts
	Others             int // of them, those for which other nodes of the load balancer delivered
}

// A NodeDelivery is what a load balancer node delivered, Slot by Slot.
type NodeDelivery struct {
	LoadBalancer, Node string
	First, Last        time.Time     // ends of its first and last slot
	Slots              int           // from First to Last, both included: as many objects as AWS promises while it has traffic
	Delivered          int           // of them, those with an object
	InParts            int           // of those, those with several
	Objects            int           // all of them
	Late               int           // of them, those that came long after their slot
	Delay              time.Duration // the longest between a slot's end and its object's arrival; -1 when the store does not tell
}

// A LateObject arrived long after its slot had ended.
type LateObject struct {
	Name               string
	LoadBalancer, Node string
	End, Arrived       time.Time // of its slot; in its store
}

// Delay is how late it was.
func (l *LateObject) Delay() time.Duration { return l.Arrived.Sub(l.End) }
