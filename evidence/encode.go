package evidence

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"alblens/internal/cause"
	"alblens/internal/wire"
	"alblens/parser"
)

// EncodeKey writes all of o by which two Sets of the same records may differ.
func (o Options) EncodeKey(e *wire.Encoder) {
	o = o.withDefaults()
	for _, n := range []int{o.Samples, o.Failures, o.Texts, o.Lives} {
		e.Int(int64(n))
	}
}

// Encode writes all of the Set but its Options. One that is decoded goes on just as s would.
func (s *Set) Encode(e *wire.Encoder) {
	s.Close()
	e.Len(len(s.causes))
	for i := range s.causes {
		s.causes[i].encode(e)
	}
	s.failures.encode(e)
	s.lives.encode(e)
	s.pools.encode(e)
	s.loads.encode(e)
}

// Decode returns a Set as it was written, with the Options that it had.
func Decode(d *wire.Decoder, o Options) *Set {
	o = o.withDefaults()
	s := &Set{opts: o, failures: newFailures(o), lives: newLives(o.Lives), pools: newPools(), loads: newLoads()}
	if d.Uint() != uint64(len(s.causes)) {
		d.Fail()
	}
	for i := range s.causes {
		s.causes[i].decode(d)
	}
	s.failures.decode(d)
	s.lives.decode(d)
	s.pools.decode(d)
	s.loads.decode(d)
	return s
}

// Bounds of what is decoded, far above what there is in any log: no arithmetic overflows within them.
const (
	maxTime = 1 << 60 // µs
	maxWord = 1 << 34 // of 64 seconds at least
	maxLoad = 1 << 44 // of 15 seconds at least
	maxLine = 1 << 60
)

func decodeWithin(d *wire.Decoder, least, limit int64) int64 {
	v := d.Int()
	if v < least || v >= limit {
		d.Fail()
		return 0
	}
	return v
}

// decodeTime reads a time, which may be absent.
func decodeTime(d *wire.Decoder) parser.Timestamp {
	t := parser.Timestamp(d.Int())
	if t != parser.NoTimestamp && (t <= -maxTime || t >= maxTime) {
		d.Fail()
		return 0
	}
	return t
}

func decodeMicros(d *wire.Decoder) parser.Micros {
	return parser.Micros(decodeWithin(d, int64(parser.NoMicros), maxTime))
}

func decodeStatus(d *wire.Decoder) parser.Status {
	return parser.Status(decodeWithin(d, int64(parser.NoStatus), 1000))
}

func (c *causeSet) encode(e *wire.Encoder) {
	if e.Uint(c.requests); c.requests == 0 {
		return
	}
	e.Int(int64(c.first))
	e.Int(int64(c.last))
	e.Len(len(c.samples))
	for i := range c.samples {
		x := &c.samples[i]
		e.Fixed32(x.hash)
		e.Symbol(x.Source)
		e.Int(int64(x.Line))
		e.Symbol(x.Text)
	}
}

func (c *causeSet) decode(d *wire.Decoder) {
	if c.requests = d.Uint(); c.requests == 0 {
		return
	}
	c.first, c.last = decodeTime(d), decodeTime(d)
	for range d.Len(7) {
		c.samples = append(c.samples, Sample{hash: d.Fixed32(), Source: d.Symbol(), Line: int(decodeWithin(d, 0, maxLine)), Text: d.Symbol()})
	}
	if !slices.IsSortedFunc(c.samples, compareSamples) {
		d.Fail()
	}
}

func (s *failures) encode(e *wire.Encoder) {
	routes, resources := numbers[Route]{}, numbers[Resource]{}
	for i := range s.of {
		class := &s.of[i]
		e.Uint(uint64(class.zeros))
		e.Uint(uint64(class.textZeros))
		e.Len(len(class.list))
		before := parser.Timestamp(0)
		for _, f := range class.list {
			if routes.encode(e, f.Route) {
				for _, text := range f.Route.texts() {
					e.Symbol(*text)
				}
			}
			if resources.encode(e, f.Resource) {
				e.Symbol(f.Host)
				e.Symbol(f.Path)
			}
			f.encode(e, before)
			before = f.Start
		}
	}
}

func (s *failures) decode(d *wire.Decoder) {
	var routes []*Route
	var resources []*Resource
	for i := range s.of {
		class := &s.of[i]
		class.zeros, class.textZeros = int(d.Below(34)), int(d.Below(34))
		n := d.Len(27)
		class.list = make([]*Failure, 0, n)
		before := parser.Timestamp(0)
		for range n {
			f := &Failure{Row: cause.Cause(i)}
			route := d.Below(uint64(len(routes)) + 1)
			if int(route) == len(routes) {
				var r Route
				for _, text := range r.texts() {
					*text = d.Symbol()
				}
				routes = append(routes, s.routes.of(r))
			}
			resource := d.Below(uint64(len(resources)) + 1)
			if int(resource) == len(resources) {
				resources = append(resources, s.resources.of(Resource{d.Symbol(), d.Symbol()}))
			}
			f.Route, f.Resource = routes[route], resources[resource]
			f.decode(d, before)
			before = f.Start
			s.keep(f)
		}
	}
}

// numbers count values from 0 on, in the order in which they are met.
type numbers[V any] map[*V]uint64

// encode writes the number of a value, and reports whether the value itself has to follow.
func (n numbers[V]) encode(e *wire.Encoder, v *V) (first bool) {
	number, met := n[v]
	if !met {
		number = uint64(len(n))
		n[v] = number
	}
	e.Uint(number)
	return !met
}

func (r *Route) texts() [5]*string {
	return [...]*string{&r.LoadBalancer, &r.Node, &r.Target, &r.TargetGroup, &r.Reason}
}

// encode writes f but for its route and resource. It starts near before.
func (f *Failure) encode(e *wire.Encoder, before parser.Timestamp) {
	e.Int(int64(f.ELBStatus))
	e.Int(int64(f.TargetStatus))
	e.Symbol(f.Source)
	e.Int(int64(f.Line))
	e.Int(int64(f.Start - before))
	e.Int(int64(f.End - f.Start))
	for _, t := range []parser.Micros{f.RequestTime, f.TargetTime, f.ResponseTime, f.Idle} {
		e.Int(int64(t))
	}
	e.Fixed64(f.Client)
	e.Fixed32(f.Hash)
	e.Symbol(f.Text) // a sample of its cause may be the same
	e.Int(int64(f.Survivors))
}

func (f *Failure) decode(d *wire.Decoder, before parser.Timestamp) {
	f.ELBStatus, f.TargetStatus = decodeStatus(d), decodeStatus(d)
	f.Source, f.Line = d.Symbol(), int(decodeWithin(d, 0, maxLine))
	f.Start = before + parser.Timestamp(decodeWithin(d, -2*maxTime, 2*maxTime))
	f.End = f.Start + parser.Timestamp(decodeWithin(d, -2*maxTime, 2*maxTime))
	if max(f.Start, f.End) >= maxTime || min(f.Start, f.End) <= -maxTime {
		d.Fail()
	}
	f.RequestTime, f.TargetTime, f.ResponseTime, f.Idle = decodeMicros(d), decodeMicros(d), decodeMicros(d), decodeMicros(d)
	f.Client, f.Hash, f.Text = d.Fixed64(), d.Fixed32(), d.Symbol()
	f.Survivors = int32(decodeWithin(d, 0, 1<<31))
}

func (l *lives) encode(e *wire.Encoder) {
	e.Uint(uint64(l.level))
	e.Len(len(l.of))
	for _, target := range slices.Sorted(maps.Keys(l.of)) {
		x := l.of[target]
		e.Symbol(x.Target)
		e.Symbol(x.TargetGroup)
		e.Symbol(x.LoadBalancer)
		for _, b := range []*Bits{&x.Sent, &x.Answered, &x.Ended} {
			b.encode(e)
		}
		for _, t := range []parser.Timestamp{x.FirstSent, x.LastSent, x.FirstAnswered, x.LastAnswered} {
			e.Int(int64(t))
		}
		e.Uint(x.Requests)
		e.Uint(x.Answers)
		e.Uint(x.EarlyAnswers)
		e.Int(int64(x.Answering))
		e.Int(int64(x.EarlyAnswering))
	}
}

func (l *lives) decode(d *wire.Decoder) {
	l.level = uint(d.Below(maxLevel + 1))
	for range d.Len(18) {
		x := &Life{Target: d.Symbol(), TargetGroup: d.Symbol(), LoadBalancer: d.Symbol()}
		for _, b := range []*Bits{&x.Sent, &x.Answered, &x.Ended} {
			b.decode(d)
		}
		x.FirstSent, x.LastSent, x.FirstAnswered, x.LastAnswered = decodeTime(d), decodeTime(d), decodeTime(d), decodeTime(d)
		x.Requests, x.Answers, x.EarlyAnswers = d.Uint(), d.Uint(), d.Uint()
		x.Answering, x.EarlyAnswering = time.Duration(d.Int()), time.Duration(d.Int())
		l.of[x.Target] = x
	}
	l.count()
}

func (b *Bits) encode(e *wire.Encoder) {
	e.Len(len(b.words))
	if len(b.words) == 0 {
		return
	}
	e.Int(b.first)
	for _, w := range b.words {
		e.Fixed64(w)
	}
}

func (b *Bits) decode(d *wire.Decoder) {
	n := d.Len(8)
	if n == 0 {
		return
	}
	b.first, b.words = decodeWithin(d, -maxWord, maxWord), make([]uint64, n)
	for i := range b.words {
		b.words[i] = d.Fixed64()
	}
}

// encodeTimes writes times that ascend.
func encodeTimes(e *wire.Encoder, times []parser.Timestamp) {
	e.Len(len(times))
	before := parser.Timestamp(0)
	for _, t := range times {
		e.Int(int64(t - before))
		before = t
	}
}

func decodeTimes(d *wire.Decoder, most int) []parser.Timestamp {
	var times []parser.Timestamp
	before := parser.Timestamp(0)
	for range d.Len(1) {
		before += parser.Timestamp(decodeWithin(d, -maxTime, maxTime))
		times = append(times, before)
	}
	if len(times) > most || !slices.IsSorted(times) || before >= maxTime {
		d.Fail()
		return nil
	}
	return times
}

func (p *pools) encode(e *wire.Encoder) {
	e.Len(len(p.tails))
	for _, key := range slices.SortedFunc(maps.Keys(p.tails), func(a, b talk) int {
		return cmp.Or(strings.Compare(a.node, b.node), strings.Compare(a.target, b.target))
	}) {
		e.Symbol(key.node)
		e.Symbol(key.target)
		encodeTimes(e, p.tails[key].freed)
		encodeTimes(e, p.tails[key].starts)
	}
	e.Len(len(p.stops))
	for _, x := range p.stops {
		e.Symbol(x.Node)
		e.Symbol(x.Target)
		e.Int(int64(x.At))
		encodeTimes(e, x.Starts)
	}
	e.Len(len(p.idle))
	for _, group := range slices.Sorted(maps.Keys(p.idle)) {
		e.Symbol(group)
		for _, n := range p.idle[group].Counts {
			e.Uint(n)
		}
	}
}

func (p *pools) decode(d *wire.Decoder) {
	for range d.Len(4) {
		key := talk{d.Symbol(), d.Symbol()}
		p.tails[key] = &tail{decodeTimes(d, mostTail), decodeTimes(d, mostStarts)}
	}
	n := d.Len(4)
	if n > mostStops {
		d.Fail()
		return
	}
	for range n {
		x := Stop{Node: d.Symbol(), Target: d.Symbol(), At: parser.Timestamp(decodeWithin(d, -maxTime, maxTime))}
		x.Starts = decodeTimes(d, mostStarts)
		p.stops = append(p.stops, x)
	}
	for range d.Len(1 + IdleBins) {
		c := p.countsOf(d.Symbol())
		for i := range c.Counts {
			c.Counts[i] = d.Uint()
		}
	}
}

func (l *loads) encode(e *wire.Encoder) {
	e.Uint(uint64(l.level))
	e.Len(len(l.of))
	for _, group := range slices.Sorted(maps.Keys(l.of)) {
		slots := l.of[group]
		e.Symbol(group)
		e.Len(len(slots))
		before := int64(0)
		for _, slot := range slices.Sorted(maps.Keys(slots)) {
			e.Int(slot - before)
			before = slot
			x := slots[slot]
			for _, n := range []uint64{x.requests, x.busy, x.answered, x.answering} {
				e.Uint(n)
			}
		}
	}
}

func (l *loads) decode(d *wire.Decoder) {
	l.level = uint(d.Below(maxLevel + 1))
	for range d.Len(2) {
		group := d.Symbol()
		l.of[group] = map[int64]*load{}
		slot := int64(0)
		for range d.Len(5) {
			slot += decodeWithin(d, -2*maxLoad, 2*maxLoad)
			if slot <= -maxLoad || slot >= maxLoad {
				d.Fail()
				return
			}
			*l.at(group, slot) = load{d.Uint(), d.Uint(), d.Uint(), d.Uint()}
		}
	}
}
