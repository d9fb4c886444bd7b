package aggregate

import (
	"unsafe"

	"alblens/internal/sketch"
	"alblens/parser"
)

// A sample is what a record adds to each of its cells, worked out once.
type sample struct {
	status      parser.Status
	byELB       bool // a 5xx that the load balancer made
	byTarget    bool // a 5xx that the target made
	missing     missing
	received    int64
	sent        int64
	targetTime  parser.Micros
	duration    parser.Micros // NoMicros for web sockets too
	targetPlace sketch.Bucket
	durPlace    sketch.Bucket
	seen        parser.Timestamp
	bucket      int64 // of time, at the base width
}

// missing is which of the three processing times a record lacks.
type missing uint8

const (
	noRequestTime missing = 1 << iota
	noTargetTime
	noResponseTime
)

// take sets all of s but the bucket. It writes in place, for the copies of a value that is returned would wait for its
// parts to be stored.
func (s *sample) take(r *parser.Record, o *Options) {
	s.status = r.ELBStatus
	s.byELB, s.byTarget = r.MadeByLoadBalancer(), r.MadeByTarget()
	s.received, s.sent = max(r.ReceivedBytes, 0), max(r.SentBytes, 0)
	s.targetTime = r.TargetTime
	s.seen = Timestamp(r, o.ByCreation)
	s.duration = parser.NoMicros
	if !r.Type.WebSocket() {
		s.duration = r.Duration()
	}
	s.missing = 0
	if r.RequestTime == parser.NoMicros {
		s.missing |= noRequestTime
	}
	if r.TargetTime == parser.NoMicros {
		s.missing |= noTargetTime
	} else {
		s.targetPlace = sketch.BucketOf(int64(s.targetTime))
	}
	if r.ResponseTime == parser.NoMicros {
		s.missing |= noResponseTime
	}
	if s.duration != parser.NoMicros {
		s.durPlace = sketch.BucketOf(int64(s.duration))
	}
}

// bucketOf rounds down, before 1970 too.
func bucketOf(t parser.Timestamp, width int64) int64 {
	b := int64(t) / width
	if int64(t) < 0 && int64(t)%width != 0 {
		b--
	}
	return b
}

// A cell counts the records of one key.
type cell struct {
	requests uint64
	elb5xx   uint64
	target   uint64        // 5xx made by the target
	status   statusCount   // the status met first, nearly always 200
	begun    bool          // there is such a status
	others   []statusCount // further statuses

	noRequest, noTarget, noResponse uint64
	received, sent                  uint64
	first, last                     parser.Timestamp
	targetTime, duration            sketch.Sketch
}

type statusCount struct {
	status parser.Status
	all    uint64
	byELB  uint64
}

const (
	cellBytes   = int(unsafe.Sizeof(cell{}))
	statusBytes = int(unsafe.Sizeof(statusCount{}))
)

// add counts s and returns the bytes by which the cell grew.
func (c *cell) add(s *sample) (grown int) {
	if c.requests == 0 {
		c.first, c.last = s.seen, s.seen
	}
	c.requests++
	c.first = min(c.first, s.seen)
	c.last = max(c.last, s.seen)
	c.received += uint64(s.received)
	c.sent += uint64(s.sent)

	n := &c.status
	if s.status != n.status || !c.begun {
		n, grown = c.statusOf(s.status)
	}
	n.all++
	if s.byELB {
		n.byELB++
		c.elb5xx++
	}
	if s.byTarget {
		c.target++
	}
	if s.missing != 0 {
		c.noRequest += uint64(s.missing & noRequestTime)
		c.noTarget += uint64(s.missing & noTargetTime >> 1)
		c.noResponse += uint64(s.missing & noResponseTime >> 2)
	}
	if s.targetTime != parser.NoMicros {
		grown += c.targetTime.Add(int64(s.targetTime), s.targetPlace)
	}
	if s.duration != parser.NoMicros {
		grown += c.duration.Add(int64(s.duration), s.durPlace)
	}
	return grown
}

// statusOf finds the count of a status among the few that a key has.
func (c *cell) statusOf(status parser.Status) (n *statusCount, grown int) {
	if !c.begun {
		c.begun, c.status.status = true, status
	}
	if c.status.status == status {
		return &c.status, 0
	}
	for i := range c.others {
		if c.others[i].status == status {
			return &c.others[i], 0
		}
	}
	c.others = append(c.others, statusCount{status: status})
	return &c.others[len(c.others)-1], statusBytes
}

// statuses calls f for every status that was counted.
func (c *cell) statuses(f func(statusCount)) {
	if c.status.all > 0 {
		f(c.status)
	}
	for _, n := range c.others {
		f(n)
	}
}

// merge adds o to c. o is left as it is.
func (c *cell) merge(o *cell) (grown int) {
	if o.requests == 0 {
		return 0
	}
	if c.requests == 0 {
		c.first, c.last = o.first, o.last
	}
	c.first = min(c.first, o.first)
	c.last = max(c.last, o.last)
	c.requests += o.requests
	c.elb5xx += o.elb5xx
	c.target += o.target
	c.noRequest += o.noRequest
	c.noTarget += o.noTarget
	c.noResponse += o.noResponse
	c.received += o.received
	c.sent += o.sent
	o.statuses(func(m statusCount) {
		n, g := c.statusOf(m.status)
		n.all += m.all
		n.byELB += m.byELB
		grown += g
	})
	grown += c.targetTime.Merge(&o.targetTime)
	return grown + c.duration.Merge(&o.duration)
}

// reset empties c and keeps its memory.
func (c *cell) reset() {
	c.targetTime.Reset()
	c.duration.Reset()
	*c = cell{others: c.others[:0], targetTime: c.targetTime, duration: c.duration}
}

// subtract takes what entries have, which was added before, away from c. First and last stay as they are.
func (c *cell) subtract(list []*entry) {
	targetTimes, durations := make([]*sketch.Sketch, len(list)), make([]*sketch.Sketch, len(list))
	for i, o := range list {
		c.requests -= o.requests
		c.elb5xx -= o.elb5xx
		c.target -= o.target
		c.noRequest -= o.noRequest
		c.noTarget -= o.noTarget
		c.noResponse -= o.noResponse
		c.received -= o.received
		c.sent -= o.sent
		o.statuses(func(m statusCount) {
			n, _ := c.statusOf(m.status)
			n.all -= m.all
			n.byELB -= m.byELB
		})
		targetTimes[i], durations[i] = &o.targetTime, &o.duration
	}
	c.targetTime.Subtract(targetTimes...)
	c.duration.Subtract(durations...)
}
