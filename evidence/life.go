package evidence

import (
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
	Width        time.Duration // of a slot: 1 s, or more where there were too many

	Sent     Bits // slots in which a request was sent to it, or tried to
	Answered Bits // slots in which a request was sent that it answered
	Ended    Bits // slots in which an answer of it ended

	FirstSent, LastSent         parser.Timestamp
	FirstAnswered, LastAnswered parser.Timestamp // when the answered ones were sent; NoTimestamp if it never answered
	Requests                    uint64

	// Answers is how many requests the target answered, and Answering how long that took in all; EarlyAnswers and
	// EarlyAnswering are of those sent in its first minute.
	Answers, EarlyAnswers     uint64
	Answering, EarlyAnswering time.Duration
}

// early is how long a target is new.
const early = 60 * baseWidth

// Slot is the slot of a time.
func (l *Life) Slot(t parser.Timestamp) int64 {
	return slotOf(t, parser.Timestamp(l.Width.Microseconds()))
}

func slotOf(t, width parser.Timestamp) int64 {
	if t < 0 {
		return int64((t+1)/width) - 1
	}
	return int64(t / width)
}

// lives keeps the Life of every target within a bound. When it is passed, all slots become twice as wide, so that
// their width depends on the records alone.
type lives struct {
	most  int // bytes
	level uint
	of    map[string]*Life
	words int // of all Bits, when last counted
}

const (
	baseWidth = parser.Timestamp(1_000_000)
	lifeBytes = 320 // with its share of the map
	maxLevel  = 16  // 18 hours
)

func newLives(most int) lives { return lives{most: most, of: map[string]*Life{}} }

func (l *lives) find(target string) *Life {
	x := l.of[target]
	if x == nil {
		x = &Life{Target: target, FirstSent: parser.NoTimestamp, FirstAnswered: parser.NoTimestamp, LastAnswered: parser.NoTimestamp}
		l.of[target] = x
	}
	return x
}

func (l *lives) add(c *conversation, base parser.Timestamp) {
	x := l.find(c.target)
	width := baseWidth << l.level
	var last parser.Timestamp = parser.NoTimestamp
	for _, s := range c.spans {
		sent := base + parser.Timestamp(s.sent)*microsPerMil
		slot := int64(sent / width)
		x.Sent.set(slot)
		last = max(last, sent)
		if x.FirstSent == parser.NoTimestamp || sent < x.FirstSent {
			x.FirstSent = sent
		}
		if s.took&answered == 0 {
			continue
		}
		x.Answered.set(slot)
		x.Ended.set(int64((sent + parser.Timestamp(s.duration())*microsPerMil) / width))
		if x.FirstAnswered == parser.NoTimestamp || sent < x.FirstAnswered {
			x.FirstAnswered = sent
		}
		x.LastAnswered = max(x.LastAnswered, sent)
		x.Answers++
		x.Answering += time.Duration(s.duration()) * time.Millisecond
		if s.took&upgraded == 0 && sent-x.FirstSent < early {
			x.EarlyAnswers++
			x.EarlyAnswering += time.Duration(s.duration()) * time.Millisecond
		}
	}
	x.Requests += uint64(len(c.spans))
	if last >= x.LastSent || x.TargetGroup == "" {
		x.TargetGroup, x.LoadBalancer = c.group, c.balancer
	}
	x.LastSent = max(x.LastSent, last)
}

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
			continue
		}
		mine.Sent.merge(&other.Sent)
		mine.Answered.merge(&other.Answered)
		mine.Ended.merge(&other.Ended)
		if other.LastSent >= mine.LastSent {
			mine.TargetGroup, mine.LoadBalancer = other.TargetGroup, other.LoadBalancer
		}
		mine.Answers += other.Answers
		mine.Answering += other.Answering
		switch gap := other.FirstSent - mine.FirstSent; { // what is early of one may be late of both
		case gap < -early:
			mine.EarlyAnswers, mine.EarlyAnswering = other.EarlyAnswers, other.EarlyAnswering
		case gap < early:
			mine.EarlyAnswers += other.EarlyAnswers
			mine.EarlyAnswering += other.EarlyAnswering
		}
		mine.FirstSent, mine.LastSent = min(mine.FirstSent, other.FirstSent), max(mine.LastSent, other.LastSent)
		if mine.FirstAnswered == parser.NoTimestamp || other.FirstAnswered != parser.NoTimestamp && other.FirstAnswered < mine.FirstAnswered {
			mine.FirstAnswered = other.FirstAnswered
		}
		mine.LastAnswered = max(mine.LastAnswered, other.LastAnswered)
		mine.Requests += other.Requests
	}
	l.fit()
}

// fit widens the slots until the bound holds; where even that does not help, it drops targets.
func (l *lives) fit() {
	l.count()
	for l.bytes() > l.most && l.level < maxLevel && l.words > 8*len(l.of) {
		l.widen()
		l.count()
	}
	if l.bytes() > 2*l.most {
		l.drop()
	}
}

// drop forgets the targets with fewest requests, until half the bound
// is free.
func (l *lives) drop() {
	list := l.freeze()
	slices.SortStableFunc(list, func(a, b Life) int {
		return int(min(max(int64(b.Requests)-int64(a.Requests), -1), 1))
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
}

func (l *lives) count() {
	l.words = 0
	for _, x := range l.of {
		l.words += len(x.Sent.words) + len(x.Answered.words) + len(x.Ended.words)
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
