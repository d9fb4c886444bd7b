package evidence

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"alblens/parser"
)

// A call is a request as a test tells it. Times are milliseconds after noon.
type call struct {
	node, target, group string
	at, took            int // creation, and from there to the response
	as                  how
	path                string
	old                 bool // a line from before creation time and node were logged
	socket              bool
}

type how int

const (
	succeeds how = iota
	breaks       // 502 after it was sent
	refused      // 502 before
	silent       // 504 after it was sent
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func (c call) line() string {
	const layout = "2006-01-02T15:04:05.000000Z"
	seconds := fmt.Sprintf("%d.%03d", c.took/1000, c.took%1000)
	if c.took < 0 {
		seconds = "0.000"
	}
	outcome := map[how]string{
		succeeds: "0.000 " + seconds + " 0.000 200 200", breaks: "0.000 " + seconds + " -1 502 -",
		refused: "-1 -1 -1 502 -", silent: "0.000 -1 -1 504 -",
	}[c.as]
	kind := "https"
	if c.socket {
		kind = "wss"
	}
	created, end := noon.Add(time.Duration(c.at)*time.Millisecond), noon.Add(time.Duration(c.at+c.took)*time.Millisecond)
	line := fmt.Sprintf(`%s %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 %s %s 321 456 "GET https://shop.example:443%s HTTP/1.1" "curl/8.9.1" - - %s`,
		kind, end.Format(layout), c.target, outcome, c.path, c.group)
	if c.old {
		return line
	}
	return line + fmt.Sprintf(` "Root=1-2" "shop.example" "-" 0 %s "forward" "-" "-" "-" "-" "-" "-" "TID_1" "-" "-" "-" "%s"`, created.Format(layout), c.node)
}

// sent is when the call went to the target, in milliseconds after noon.
func (c call) sent() int {
	if c.old && (c.as == refused || c.as == silent) {
		return c.at + c.took // such a line tells no more
	}
	return c.at
}

// ended is when it was over; a clock that ran backwards leaves no time in between.
func (c call) ended() int { return max(c.at+c.took, c.sent()) }

func stamp(ms int) parser.Timestamp {
	return parser.Timestamp(noon.UnixMicro()) + parser.Timestamp(ms)*1000
}

// feed adds calls in the order of a log: by their end.
func feed(t testing.TB, s *Set, source string, calls []call) {
	t.Helper()
	var r parser.Record
	for i, c := range calls {
		if err := r.Parse([]byte(c.line())); err != nil {
			t.Fatalf("%v\n%s", err, c.line())
		}
		s.Add(&r, &Place{Source: source, Line: i + 1, Node: []byte("10.0.0.99"), Route: c.route(i), Path: (*parser.Record).Path})
	}
}

// route is one of three that calls of the same node, target and group have, or for each fourth call none.
func (c call) route(i int) uint64 {
	if i%4 == 0 {
		return 0
	}
	h := fnv.New64a()
	fmt.Fprint(h, i%4, c.nodeOf(), c.target, c.group)
	return h.Sum64()
}

// resultOf reads calls as one object.
func resultOf(t testing.TB, o Options, calls []call) *Result {
	t.Helper()
	s := NewSet(o, nil)
	feed(t, s, "a.log", calls)
	return s.Freeze()
}

// randomCalls are n calls over some minutes: several nodes, IPv6 targets, web sockets, old lines, clocks that run
// backwards, and all kinds of failures.
func randomCalls(rnd *rand.Rand, n int) []call {
	nodes := []string{"10.0.0.1", "10.0.0.2", "10.0.0.3"}
	targets := []string{"10.0.1.1:80", "10.0.1.2:80", "[2001:db8::7]:8080"}
	calls := make([]call, n)
	for i := range calls {
		c := call{
			node: nodes[rnd.IntN(len(nodes))], at: rnd.IntN(900_000), took: rnd.IntN(1 + rnd.IntN(3000)),
			path: fmt.Sprint("/", i), as: succeeds,
		}
		which := rnd.IntN(len(targets))
		c.target, c.group = targets[which], []string{"arn:web", "arn:web", "arn:six"}[which]
		switch rnd.IntN(12) {
		case 0:
			c.as = breaks
		case 1:
			c.as, c.took = refused, rnd.IntN(3)
		case 2:
			c.as, c.took = silent, 60_000
		case 3:
			c.socket, c.took = true, rnd.IntN(400_000)
		case 4:
			c.old = true
		case 5:
			c.took = -rnd.IntN(20)
		}
		calls[i] = c
	}
	slices.SortStableFunc(calls, func(a, b call) int { return cmp.Compare(a.at+a.took, b.at+b.took) })
	return calls
}

// nodeOf is the node as it is logged, or else as the object's name tells.
func (c call) nodeOf() string {
	if c.old {
		return "10.0.0.99"
	}
	return c.node
}
