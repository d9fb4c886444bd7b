package evidence

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"alblens/parser"
)

// A Load is how busy a target group was in one slot of time, counted where requests were sent.
type Load struct {
	TargetGroup string // ARN
	Start       time.Time
	Requests    uint64
	Busy        time.Duration // of all requests; divided by the slot's width it is how many were under way
	Answered    uint64
	Answering   time.Duration // of the answered ones, from sending to the end of the answer
}

// loads keeps Loads within a bound; when it is passed, slots become twice as wide.
type loads struct {
	level uint
	of    map[string]map[int64]*load
	cells int
}

type load struct{ requests, busy, answered, answering uint64 } // times in ms

const (
	loadWidth = 15_000 // ms
	mostLoads = 60_000
	loadBytes = 64
)

func newLoads() loads { return loads{of: map[string]map[int64]*load{}} }

func (l *loads) width() time.Duration { return loadWidth * time.Millisecond << l.level }

func (l *loads) at(group string, slot int64) *load {
	slots := l.of[group]
	if slots == nil {
		slots = map[int64]*load{}
		l.of[group] = slots
	}
	x := slots[slot]
	if x == nil {
		x = &load{}
		slots[slot] = x
		l.cells++
	}
	return x
}

func (l *loads) add(c *conversation, base parser.Timestamp) {
	origin := int64(base) / microsPerMil
	slot, x := int64(minSlot), (*load)(nil)
	for _, s := range c.spans {
		if s.took&upgraded != 0 {
			continue
		}
		if at := (origin + int64(s.sent)) / loadWidth >> l.level; at != slot {
			slot, x = at, l.at(c.group, at)
		}
		x.requests++
		x.busy += uint64(s.duration())
		if s.took&answered != 0 {
			x.answered++
			x.answering += uint64(s.duration())
		}
	}
}

func (l *loads) merge(o *loads) {
	for l.level < o.level {
		l.widen()
	}
	for group, slots := range o.of {
		for slot, x := range slots {
			l.at(group, slot>>(l.level-o.level)).merge(x)
		}
	}
	l.fit()
}

func (x *load) merge(o *load) {
	x.requests += o.requests
	x.busy += o.busy
	x.answered += o.answered
	x.answering += o.answering
}

func (l *loads) fit() {
	for l.cells > mostLoads && l.level < maxLevel {
		l.widen()
	}
	if l.cells > 2*mostLoads { // more target groups than an account has
		clear(l.of)
		l.cells = 0
	}
}

func (l *loads) widen() {
	wide := loads{level: l.level + 1, of: map[string]map[int64]*load{}}
	for group, slots := range l.of {
		for slot, x := range slots {
			wide.at(group, slot>>1).merge(x)
		}
	}
	*l = wide
}

func (l *loads) freeze() []Load {
	var list []Load
	for group, slots := range l.of {
		for slot, x := range slots {
			list = append(list, Load{
				TargetGroup: group, Start: time.UnixMilli(slot * loadWidth << l.level).UTC(), Requests: x.requests, Answered: x.answered,
				Busy: time.Duration(x.busy) * time.Millisecond, Answering: time.Duration(x.answering) * time.Millisecond,
			})
		}
	}
	slices.SortFunc(list, func(a, b Load) int {
		return cmp.Or(strings.Compare(a.TargetGroup, b.TargetGroup), a.Start.Compare(b.Start))
	})
	return list
}
