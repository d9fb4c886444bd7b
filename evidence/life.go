package evidence

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"time"

	"alblens/parser"
)

// A Life tells when a target took and answered requests. Slots are numbered since 1970.
type Life struct {
	Target       string
	TargetGroup  string        // of its latest request
	LoadBalancer string        // of its latest request: app/name/id
	Width        time.Duration // of a slot: 1 s, or 2, 4, 8 s and so on where there were too many

	Sent     Bits // slots in which a request was sent to it, or tried to
	Answered Bits // slots in which a request was sent that it answered
	Ended    Bits // slots in which an answer of it ended

	FirstSent, LastSent         parser.Timestamp
	FirstAnswered, LastAnswered parser.Timestamp // when the answered ones were sent; NoTimestamp if it never answered
	Requests                    uint64

	// Answers is how many requests the target answered, web sockets left out, and Answering how long that took in all;
	// EarlyAnswers and EarlyAnswering are of those sent in its first minute.
	Answers, EarlyAnswers     uint64
	Answering, EarlyAnswering time.Duration
}

// early is how long a target is new.
const early = 60 * baseWidth

// Slot is the slot of a time.
func (l *Life) Slot(t parser.Timestamp) int64 {
	return slotOf(t, uint(bits.Len64(uint64(l.Width/time.Second))-1))
}

// slotOf is the slot of a time, where slots last 1<<level times baseWidth. It divides by a constant, which processors do
// several times faster than by a variable.
func slotOf(t parser.Timestamp, level uint) int64 {
	slot := int64(t / baseWidth)
	if t%baseWidth < 0 {
		slot--
	}
	return slot >> level
}

// lives keeps the Life of every target within a bound. When it is passed, all slots become twice as wide, so that
// their width depends on the records alone.
type lives struct {
	most  int // bytes
	level uint
	of    map[string]*Life
	words int // of all Bits
}

const (
	baseWidth = parser.Timestamp(1_000_000)
	lifeBytes = 320 // with its share of the map
	maxLevel  = 24  // half a year
)

func newLives(most int) lives { return lives{most: most, of: map[string]*Life{}} }

func (l *lives) find(target string) *Life {
	x := l.of[target]
	if x == nil {
		x = &Life{
			Target: target, FirstSent: parser.NoTimestamp, LastSent: parser.NoTimestamp,
			FirstAnswered: parser.NoTimestamp, LastAnswered: parser.NoTimestamp,
		}
		l.of[target] = x
	}
	return x
}

func (l *lives) add(c *conversation, base parser.Timestamp) {
	x := l.find(c.target)
	first, last := c.spans[0].sent, c.spans[0].sent
	for _, s := range c.spans {
		first, last = min(first, s.sent), max(last, s.sent)
	}
	x.join(base+parser.Timestamp(first)*microsPerMil, base+parser.Timestamp(last)*microsPerMil, c.group, c.balancer)
	for l.cramped(x.Sent.growth(l.slot(x.FirstSent)>>6, l.slot(x.LastSent)>>6)) {
		l.widen()
	}
	l.words -= x.words()
	for _, s := range c.spans {
		sent := base + parser.Timestamp(s.sent)*microsPerMil
		slot := l.slot(sent)
		x.Sent.set(slot)
		if s.took&answered == 0 {
			continue
		}
		took := s.duration()
		x.Answered.set(slot)
		x.Ended.set(l.slot(sent + parser.Timestamp(took)*microsPerMil))
		if x.FirstAnswered == parser.NoTimestamp || sent < x.FirstAnswered {
			x.FirstAnswered = sent
		}
		x.LastAnswered = max(x.LastAnswered, sent)
		if s.took&upgraded != 0 {
			continue
		}
		x.Answers++
		x.Answering += time.Duration(took) * time.Millisecond
		if sent-x.FirstSent < early {
			x.EarlyAnswers++
			x.EarlyAnswering += time.Duration(took) * time.Millisecond
		}
	}
	l.words += x.words()
	x.Requests += uint64(len(c.spans))
}

// join stretches the life over requests that were sent from first to last.
func (x *Life) join(first, last parser.Timestamp, group, balancer string) {
	if x.FirstSent == parser.NoTimestamp || first < x.FirstSent {
		x.FirstSent = first
	}
	if last >= x.LastSent {
		x.LastSent, x.TargetGroup, x.LoadBalancer = last, group, balancer
	}
}

func (l *lives) slot(t parser.Timestamp) int64 { return slotOf(t, l.level) }

func (x *Life) words() int { return len(x.Sent.words) + len(x.Answered.words) + len(x.Ended.words) }

// cramped reports whether slots have to become wider before there is room for so many words more. Logs that are years
// apart, or a clock that is, would take memory for all the time between.
func (l *lives) cramped(growth int) bool { return 8*(l.words+growth) > l.most && l.level < maxLevel }

func (l *lives) merge(o *lives) {
	for l.level < o.level {
		l.widen()
	}
	for o.level < l.level {
		o.widen()
	}
	for target, other := range o.of {
		mine := l.of[target]
		if mine == nil {
			l.of[target] = other
			delete(o.of, target) // lest it be widened twice
			l.words += other.words()
			continue
		}
		for l.cramped(mine.growth(other)) {
			l.widen()
			o.widen()
		}
		l.words -= mine.words()
		mine.Sent.merge(&other.Sent)
		mine.Answered.merge(&other.Answered)
		mine.Ended.merge(&other.Ended)
		l.words += mine.words()
		mine.Answers += other.Answers
		mine.Answering += other.Answering
		switch gap := other.FirstSent - mine.FirstSent; { // what is early of one may be late of both
		case gap < -early:
			mine.EarlyAnswers, mine.EarlyAnswering = other.EarlyAnswers, other.EarlyAnswering
		case gap < early:
			mine.EarlyAnswers += other.EarlyAnswers
			mine.EarlyAnswering += other.EarlyAnswering
		}
		mine.join(other.FirstSent, other.LastSent, other.TargetGroup, other.LoadBalancer)
		if mine.FirstAnswered == parser.NoTimestamp || other.FirstAnswered != parser.NoTimestamp && other.FirstAnswered < mine.FirstAnswered {
			mine.FirstAnswered = other.FirstAnswered
		}
		mine.LastAnswered = max(mine.LastAnswered, other.LastAnswered)
		mine.Requests += other.Requests
	}
	l.fit()
}

// growth is how many words more o takes.
func (x *Life) growth(o *Life) int {
	n := 0
	for _, b := range [][2]*Bits{{&x.Sent, &o.Sent}, {&x.Answered, &o.Answered}, {&x.Ended, &o.Ended}} {
		if len(b[1].words) > 0 {
			n += b[0].growth(b[1].first, b[1].first+int64(len(b[1].words))-1)
		}
	}
	return n
}

// fit widens the slots until the bound holds; where even that does not help, it drops targets.
func (l *lives) fit() {
	for l.bytes() > l.most && l.level < maxLevel && l.words > 8*len(l.of) {
		l.widen()
	}
	if l.bytes() > l.most {
		l.drop()
	}
}

// drop forgets the targets with fewest requests, until half the bound is free.
func (l *lives) drop() {
	list := make([]*Life, 0, len(l.of))
	for _, x := range l.of {
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b *Life) int {
		return cmp.Or(-cmp.Compare(a.Requests, b.Requests), strings.Compare(a.Target, b.Target))
	})
	for _, x := range list[min(len(list), l.most/lifeBytes/2):] {
		delete(l.of, x.Target)
	}
	l.count()
}

func (l *lives) widen() {
	l.level++
	for _, x := range l.of {
		x.Sent.widen()
		x.Answered.widen()
		x.Ended.widen()
	}
	l.count()
}

func (l *lives) count() {
	l.words = 0
	for _, x := range l.of {
		l.words += x.words()
	}
}

func (l *lives) bytes() int { return len(l.of)*lifeBytes + 8*l.words }

func (l *lives) freeze() []Life {
	list := make([]Life, 0, len(l.of))
	for _, x := range l.of {
		x.Sent.trim()
		x.Answered.trim()
		x.Ended.trim()
		x.Width = time.Duration(baseWidth<<l.level) * time.Microsecond
		list = append(list, *x)
	}
	slices.SortFunc(list, func(a, b Life) int { return strings.Compare(a.Target, b.Target) })
	return list
}
