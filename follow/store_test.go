package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"alblens/aggregate"
	"alblens/internal/logname"
	"alblens/internal/pathtemplate"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

// A stored object, as S3 has it: told by its ETag.
type stored struct {
	broken   error // of the connection, in the middle of the body
	body     []byte
	etag     string
	modified time.Time
	err      error // of opening it
}

// A store is a Source whose objects a test changes between polls.
type store struct {
	objects map[string]stored
	problem error          // of listing
	opened  map[string]int // how often, by name
	since   time.Time      // of the latest listing
}

func newStore() *store { return &store{objects: map[string]stored{}, opened: map[string]int{}} }

func (s *store) put(name string, body []byte) {
	s.objects[name] = stored{body: body, etag: fmt.Sprintf(`"%x"`, len(s.opened)<<20+len(s.objects)<<10+len(body))}
}

func (s *store) List(_ context.Context, sel sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		s.since = sel.Since
		if s.problem != nil {
			yield(sources.Ref{}, s.problem)
			return
		}
		if len(s.objects) == 0 {
			yield(sources.Ref{}, &sources.Problem{Name: "store", Kind: sources.NotFound, Err: sources.Nothing("it holds nothing")})
		}
		for _, name := range slices.Sorted(maps.Keys(s.objects)) {
			o := s.objects[name]
			ref := sources.Ref{Name: name, Size: int64(len(o.body)), ETag: o.etag, Modified: o.modified, Log: logname.Parse(name)}
			ok, err := sel.Screen(ref)
			if (ok || err != nil) && !yield(ref, err) {
				return
			}
		}
	}
}

func (s *store) Open(_ context.Context, ref sources.Ref) (io.ReadCloser, error) {
	s.opened[ref.Name]++
	o, ok := s.objects[ref.Name]
	switch {
	case !ok:
		return nil, &sources.Problem{Name: ref.Name, Kind: sources.NotFound, Err: errors.New("deleted")}
	case o.err != nil:
		return nil, o.err
	case o.broken != nil:
		return io.NopCloser(io.MultiReader(bytes.NewReader(o.body[:len(o.body)/2]), iotest.ErrReader(o.broken))), nil
	}
	return io.NopCloser(bytes.NewReader(o.body)), nil
}

func fails(name string, kind sources.Kind) error {
	return &sources.Problem{Name: name, Kind: kind, Err: errors.New("no luck")}
}

// noon is when the tests begin.
var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// key is the name of the object of a node whose five minutes end at a time.
func key(end time.Time, node, random string) string {
	return "AWSLogs/111122223333/elasticloadbalancing/eu-west-1" + end.Format("/2006/01/02/") +
		"111122223333_elasticloadbalancing_eu-west-1_app.shop.50dc6c495c0c9188_" + end.Format(logname.Stamp) + "_" + node + "_" + random + ".log.gz"
}

// lines are n requests from a time on, a second apart, with a status.
func lines(from time.Time, n, status int) []byte {
	var b strings.Builder
	for i := range n {
		at := from.Add(time.Duration(i) * time.Second).Format("2006-01-02T15:04:05.000000Z")
		took, target := "0.010", fmt.Sprint(status)
		if status == 504 {
			took, target = "-1", "-"
		}
		fmt.Fprintf(&b, `http %s app/shop/50dc6c495c0c9188 203.0.113.7:50123 10.0.1.9:80 0.001 %s 0.000 %d %s 321 456 `+
			`"GET http://shop.example:80/cart HTTP/1.1" "curl/8.9.1" - - arn:web "-" "-" "-" 0 %s`+"\n", at, took, status, target, at)
	}
	return []byte(b.String())
}

// A rig is a Follower of a store, whose clock a test moves.
type rig struct {
	*Follower
	t     *testing.T
	store *store
	now   time.Time
	said  []string
	more  []string // with -v
}

func newRig(t *testing.T, change func(*Config)) *rig {
	r := &rig{t: t, store: newStore(), now: noon}
	o := partial.DefaultOptions()
	templates, err := pathtemplate.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	o.Aggregate = aggregate.Options{Paths: templates}
	c := Config{
		Interval: time.Minute, Window: time.Hour, Memory: 1 << 30, Options: &o,
		Reading: func(*plan.Plan) (scan.Config, func()) { return scan.Config{Jobs: 1}, func() {} },
		Say:     func(format string, args ...any) { r.said = append(r.said, fmt.Sprintf(format, args...)) },
		Detail:  func(format string, args ...any) { r.more = append(r.more, fmt.Sprintf(format, args...)) },
		Clock:   Clock{Now: func() time.Time { return r.now }},
	}
	if change != nil {
		change(&c)
	}
	r.Follower = New(r.store, c)
	return r
}

// poll polls after a time, and returns whether anything changed.
func (r *rig) poll(after time.Duration) bool {
	r.t.Helper()
	r.now = r.now.Add(after)
	changed, err := r.Poll(context.Background())
	if err != nil {
		r.t.Fatal(err)
	}
	return changed
}

// holds checks how many requests the window holds.
func (r *rig) holds(want uint64) {
	r.t.Helper()
	if got := r.Whole().Freeze().Counts.Totals.Requests; got != want {
		r.t.Errorf("%s: the window holds %d requests, want %d", r.now.Format(time.TimeOnly), got, want)
	}
}

// says checks what was said since it was last asked.
func (r *rig) says(want ...string) {
	r.t.Helper()
	if !slices.Equal(r.said, want) {
		r.t.Errorf("%s: said %q, want %q", r.now.Format(time.TimeOnly), r.said, want)
	}
	r.said = nil
}
