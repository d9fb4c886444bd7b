package evidence

import (
	"encoding/binary"

	"alblens/parser"
)

// A Scratch is room that Sets use one after the other. It is not safe for concurrent use.
type Scratch struct{ traffic traffic }

// traffic is the requests of a stretch of the log, a few bytes each: what has to be put in order before it tells
// anything, and is then forgotten.
type traffic struct {
	base          parser.Timestamp // what spans are relative to
	spans         int
	conversations []*conversation         // that have spans, by their first: what others left in the index plays no part
	index         map[topic]*conversation // with their room
	recent        [256]*conversation      // by a cheap hash: there are few, and they take turns
	routes        [1024]routed            // by the route's last bits: those in use follow one another
}

// routed is the conversation of the records with a route.
type routed struct {
	route uint64
	*conversation
}

// A talk is who talks to whom.
type talk struct{ node, target string }

// A topic is who talks to whom as a member of which target group: a target may be in several.
type topic struct {
	talk
	group string // ARN
}

// A conversation is the requests that one load balancer node sent to one target of a group.
type conversation struct {
	topic
	end      uint64 // of the group
	balancer string // app/name/id
	spans    []span
	failures []*Failure // kept ones whose connection broke
	broken   []int      // their spans
}

// A span is when one request was under way, in milliseconds.
type span struct {
	sent uint32 // after the base
	took uint32 // with flags in the top bits
}

const (
	answered          = 1 << 31 // the target gave a status
	unconnected       = 1 << 30 // it was never sent
	upgraded          = 1 << 29 // a web socket: the connection does not come back
	tookMask          = 1<<29 - 1
	mostSpans         = 1 << 17
	mostConversations = 4096                           // that keep their room
	baseMargin        = parser.Timestamp(1<<31) * 1000 // 24 days either side
	microsPerMil      = 1000
)

func (s span) duration() uint32 { return s.took & tookMask }
func (s span) end() uint32      { return s.sent + s.duration() }

// add notes a record that has a target, and reports whether there is room for more.
func (t *traffic) add(r *parser.Record, node []byte, route uint64, f *Failure) bool {
	c := t.of(r, node, route)
	if t.spans == 0 {
		t.base = r.Time - baseMargin
	}
	if len(c.spans) == 0 {
		t.conversations = append(t.conversations, c)
		if lb := r.Text(parser.FieldELB); c.balancer != string(lb) {
			c.balancer = string(lb)
		}
	}
	sent := startOf(r)
	x := span{}
	if r.RequestTime == parser.NoMicros {
		x.took |= unconnected
	} else {
		sent += parser.Timestamp(r.RequestTime)
	}
	if r.TargetStatus != parser.NoStatus {
		x.took |= answered
	}
	if r.Type.WebSocket() {
		x.took |= upgraded
	}
	x.sent = uint32(min(max((sent-t.base)/microsPerMil, 0), 1<<32-1-tookMask))
	x.took |= uint32(min(max((r.Time-sent)/microsPerMil, 0), tookMask))
	c.spans = append(c.spans, x)
	if f != nil && brokeConnection(f) {
		c.failures, c.broken = append(c.failures, f), append(c.broken, len(c.spans)-1)
	}
	t.spans++
	return t.spans < mostSpans
}

// brokeConnection reports whether a request was sent on a connection that then broke, so that it matters how long that
// had been idle. The 504s, which are silent, would cost a replay for nothing.
func brokeConnection(f *Failure) bool {
	return f.ELBStatus == 502 && f.TargetStatus == parser.NoStatus && f.RequestTime != parser.NoMicros
}

func (t *traffic) of(r *parser.Record, node []byte, route uint64) *conversation {
	if route == 0 {
		return t.find(node, r)
	}
	x := &t.routes[route%uint64(len(t.routes))]
	if x.route != route {
		*x = routed{route, t.find(node, r)}
	}
	return x.conversation
}

func (t *traffic) find(node []byte, r *parser.Record) *conversation {
	target, group := r.Text(parser.FieldTarget), r.Text(parser.FieldTargetGroupARN)
	slot := &t.recent[hint(target)]
	if c := *slot; c != nil && c.target == string(target) && c.node == string(node) && c.end == ending(group) {
		return c
	}
	if t.index == nil {
		t.index = map[topic]*conversation{}
	}
	key := topic{talk{string(node), string(target)}, string(group)}
	c := t.index[key]
	if c == nil {
		c = &conversation{topic: key, end: ending(group)}
		t.index[key] = c
	}
	*slot = c
	return c
}

// hint is a place in recent.
func hint(target []byte) int {
	return int(ending(target) * 0x9e3779b97f4a7c15 >> 56)
}

// ending is the last eight bytes: targets differ near their ends, and target groups' ARNs end in an id that AWS draws.
func ending(b []byte) uint64 {
	if n := len(b); n >= 8 {
		return binary.LittleEndian.Uint64(b[n-8:])
	}
	return uint64(len(b))
}

// reset forgets the requests and keeps the room for as many.
func (t *traffic) reset() {
	t.spans = 0
	for _, c := range t.conversations {
		clear(c.failures)
		c.spans, c.failures, c.broken = c.spans[:0], c.failures[:0], c.broken[:0]
	}
	clear(t.conversations)
	t.conversations = t.conversations[:0]
	if len(t.index) > mostConversations {
		*t = traffic{}
	}
}
