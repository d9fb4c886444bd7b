package evidence

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"
	"unsafe"

	"alblens/internal/cause"
	"alblens/parser"
)

// A Failure is a failed record in short.
type Failure struct {
	Row          cause.Cause // what the record alone suggests
	ELBStatus    parser.Status
	TargetStatus parser.Status

	// Shared by all failures that have the same, and never nil.
	*Route
	*Resource

	Start, End                            parser.Timestamp // creation (or an estimate where it is absent) and response
	RequestTime, TargetTime, ResponseTime parser.Micros
	Client                                uint64 // hash of the address

	Source string
	Line   int    // from 1
	Text   string // of the line, "" where too many failed
	Hash   uint32 // of the line's bytes

	// Idle is how long the connection to the target had been idle when the request was sent, in microseconds, if the
	// one that was used last is taken first: the log does not name connections. NoMicros where none is known to have
	// been idle.
	Idle parser.Micros
	// Survivors is how many answered requests of the same node and target were under way when this one failed.
	Survivors int32
}

// A Route is what a request went through, and what AWS says of how it ended. A field is "" where it is absent.
type Route struct {
	LoadBalancer, Node, Target, TargetGroup string
	Reason                                  string // error_reason
}

// A Resource is what a request asked for.
type Resource struct{ Host, Path string }

// Sent is when the request went to the target.
func (f *Failure) Sent() parser.Timestamp {
	return f.Start + parser.Timestamp(max(f.RequestTime, 0))
}

// Wall is the time from creation to response.
func (f *Failure) Wall() parser.Micros { return parser.Micros(f.End - f.Start) }

func compareFailures(a, b *Failure) int {
	if a.End != b.End { // nearly always
		return cmp.Compare(a.End, b.End)
	}
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Hash, b.Hash),
		strings.Compare(a.Source, b.Source), cmp.Compare(a.Line, b.Line))
}

// failures keeps failed records within two bounds: how many, and how much text. When one is passed, the cause that has
// most is thinned by half, by the hash of the line, as often as it takes.
type failures struct {
	most, mostText int
	of             [cause.Count]failureClass
	kept, text     int
	routes         shared[Route]
	resources      shared[Resource]
}

type failureClass struct {
	list []*Failure
	// Records are kept, and their texts, whose hashes have that many leading zeros.
	zeros, textZeros int
	text             int // bytes
}

const failureBytes = int(unsafe.Sizeof(Failure{})) + 8

func newFailures(o Options) failures {
	return failures{most: o.Failures, mostText: o.Texts, routes: newShared[Route](), resources: newShared[Resource]()}
}

func drawn(hash uint32, zeros int) bool { return bits.LeadingZeros32(hash) >= zeros }

// add keeps a failed record, and returns nil where it does not.
func (s *failures) add(r *parser.Record, c cause.Cause, hash uint32, at *Place, node []byte) *Failure {
	class := &s.of[c]
	if !drawn(hash, class.zeros) {
		return nil
	}
	f := &Failure{
		Row: c, ELBStatus: r.ELBStatus, TargetStatus: r.TargetStatus,
		Route: s.route(r, node), Resource: s.resource(r.Host(), at.Path(r)),
		Start: startOf(r), End: r.Time, RequestTime: r.RequestTime, TargetTime: r.TargetTime, ResponseTime: r.ResponseTime,
		Client: clientOf(r),
		Source: at.Source, Line: at.Line, Hash: hash, Idle: parser.NoMicros,
	}
	if drawn(hash, class.textZeros) && len(r.Line) <= maxSample {
		f.Text = string(r.Line)
	}
	s.keep(f)
	s.fit()
	return f
}

// startOf is when the request came in. Lines from before 2018 do not say; there the three times are all there is.
func startOf(r *parser.Record) parser.Timestamp {
	if r.CreationTime != parser.NoTimestamp {
		return r.CreationTime
	}
	return r.Time - parser.Timestamp(max(r.RequestTime, 0)+max(r.TargetTime, 0)+max(r.ResponseTime, 0))
}

// clientOf is FNV-1a of the client's address.
func clientOf(r *parser.Record) uint64 {
	ip, _ := parser.SplitAddress(r.Text(parser.FieldClient))
	h := uint64(14695981039346656037)
	for _, c := range ip {
		h = (h ^ uint64(c)) * 1099511628211
	}
	return h
}

// shared holds one copy of each value.
type shared[V named] struct {
	values map[V]*V
	bytes  int
}

type named interface {
	comparable
	bytes() int // with its place in the map
}

const sharedBytes = 64 // of the map, a value

func (r Route) bytes() int {
	return 2*int(unsafe.Sizeof(r)) + sharedBytes + len(r.LoadBalancer) + len(r.Node) + len(r.Target) + len(r.TargetGroup) + len(r.Reason)
}

func (r Resource) bytes() int {
	return 2*int(unsafe.Sizeof(r)) + sharedBytes + len(r.Host) + len(r.Path)
}

func newShared[V named]() shared[V] { return shared[V]{values: map[V]*V{}} }

func (s *shared[V]) of(v V) *V {
	p, ok := s.values[v]
	if !ok {
		p = &v
		s.put(p)
	}
	return p
}

// put makes p the copy of its value, if there is none.
func (s *shared[V]) put(p *V) {
	if _, ok := s.values[*p]; !ok {
		s.values[*p] = p
		s.bytes += (*p).bytes()
	}
}

func (s *shared[V]) clear() {
	clear(s.values)
	s.bytes = 0
}

// maxName is how many bytes of a name are kept: clients choose paths and hosts, of up to 16 KB.
const maxName = 1 << 10

func name(b []byte) []byte { return b[:min(len(b), maxName)] }

func (s *failures) route(r *parser.Record, node []byte) *Route {
	var target []byte
	if r.HasTarget() {
		target = r.Text(parser.FieldTarget)
	}
	balancer, target, group := name(r.Text(parser.FieldELB)), name(target), name(r.Text(parser.FieldTargetGroupARN))
	node, reason := name(node), name(r.Text(parser.FieldErrorReason))
	// As the key of a lookup, unlike as an argument, the strings cost no copies.
	if p, ok := s.routes.values[Route{string(balancer), string(node), string(target), string(group), string(reason)}]; ok {
		return p
	}
	return s.routes.of(Route{string(balancer), string(node), string(target), string(group), string(reason)})
}

func (s *failures) resource(host, path []byte) *Resource {
	host, path = name(host), name(path)
	if p, ok := s.resources.values[Resource{string(host), string(path)}]; ok {
		return p
	}
	return s.resources.of(Resource{string(host), string(path)})
}

func (s *failures) keep(f *Failure) {
	class := &s.of[f.Row]
	class.list = append(class.list, f)
	s.kept++
	class.text += len(f.Text)
	s.text += len(f.Text)
}

// fit thins until both bounds hold.
func (s *failures) fit() {
	for s.kept > s.most {
		class := s.largest(func(c *failureClass) int { return len(c.list) })
		class.zeros++
		s.filter(class)
		s.forget()
	}
	for s.text > s.mostText {
		class := s.largest(func(c *failureClass) int { return c.text })
		class.textZeros++
		s.filter(class)
	}
}

func (s *failures) largest(size func(*failureClass) int) *failureClass {
	best := &s.of[0]
	for i := range s.of {
		if size(&s.of[i]) > size(best) {
			best = &s.of[i]
		}
	}
	return best
}

// filter drops what the zeros of a class no longer draw.
func (s *failures) filter(class *failureClass) {
	s.kept -= len(class.list)
	s.text -= class.text
	class.text = 0
	list := class.list[:0]
	for _, f := range class.list {
		if !drawn(f.Hash, class.zeros) {
			continue
		}
		if !drawn(f.Hash, class.textZeros) {
			f.Text = ""
		}
		class.text += len(f.Text)
		list = append(list, f)
	}
	clear(class.list[len(list):])
	class.list = list
	s.kept += len(list)
	s.text += class.text
}

// forget drops what no failure shares any more.
func (s *failures) forget() {
	s.routes.clear()
	s.resources.clear()
	for i := range s.of {
		for _, f := range s.of[i].list {
			s.routes.put(f.Route)
			s.resources.put(f.Resource)
		}
	}
}

func (s *failures) merge(o *failures) {
	for i := range s.of {
		mine, other := &s.of[i], &o.of[i]
		thinned := mine.zeros < other.zeros
		if mine.zeros < other.zeros || mine.textZeros < other.textZeros {
			mine.zeros, mine.textZeros = max(mine.zeros, other.zeros), max(mine.textZeros, other.textZeros)
			s.filter(mine)
		}
		if thinned {
			s.forget()
		}
		for _, f := range other.list {
			if !drawn(f.Hash, mine.zeros) {
				continue
			}
			if !drawn(f.Hash, mine.textZeros) {
				f.Text = ""
			}
			f.Route, f.Resource = s.routes.of(*f.Route), s.resources.of(*f.Resource)
			s.keep(f)
		}
	}
	s.fit()
}

func (s *failures) list() []*Failure {
	list := make([]*Failure, 0, s.kept)
	for i := range s.of {
		list = append(list, s.of[i].list...)
	}
	return list
}

// sorted is list by the time of their end.
func (s *failures) sorted() []*Failure {
	type timed struct {
		end parser.Timestamp // beside the pointer, for most comparisons need no more
		*Failure
	}
	list := s.list()
	byEnd := make([]timed, len(list))
	for i, f := range list {
		byEnd[i] = timed{f.End, f}
	}
	slices.SortFunc(byEnd, func(a, b timed) int {
		if a.end != b.end {
			return cmp.Compare(a.end, b.end)
		}
		return compareFailures(a.Failure, b.Failure)
	})
	for i := range byEnd {
		list[i] = byEnd[i].Failure
	}
	return list
}

func (s *failures) bytes() int {
	return s.kept*failureBytes + s.text + s.routes.bytes + s.resources.bytes
}
