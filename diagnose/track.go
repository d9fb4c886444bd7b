package diagnose

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"alblens/internal/cause"
)

// An Event is what is new of a finding since it was last told of.
type Event struct {
	Kind    EventKind
	Finding Finding  // as it is now; of one that ended, as it was found last
	Before  *Finding // as it was told last; nil for one that appeared
	What    []string // of a Changed one, from EventWords: what differs from Before
	Again   bool     // of an Appeared one: it had ended before
	Quiet   bool     // of an Ended one: its requests ended. If not, it is no longer found, or has left the window
}

// EventKind is what became of a finding.
type EventKind uint8

// The kinds of Events.
const (
	Appeared EventKind = iota
	Changed
	Ended
)

func (k EventKind) String() string { return [...]string{"appeared", "changed", "ended"}[k] }

// EventWords are what can differ, in the order of an Event's.
var EventWords = []string{"severity", "basis", "cause", "requests", "confidence"}

// When a Tracker speaks. A finding may hover about a threshold, and logs come in pieces: a node's file a minute before the
// other's. So worse is told at once, and better when it has lasted.
const (
	settling   = 2 * time.Minute  // a finding below Medium has to be there this long before it is told of
	lasting    = 10 * time.Minute // so long is one gone, or less severe, before that is told; twice as long each further time
	pausing    = 5 * time.Minute  // at least between two changes of one finding's numbers; twice as long each further time
	longest    = time.Hour        // that any of these becomes
	forgetting = 2 * longest      // a finding that ended and is not there any more
	ongoing    = 5 * time.Minute  // what Finding.Ongoing speaks of

	growth     = 2.0 // times as many requests, and
	leastMore  = 5   // so many more, are an event
	confidence = 0.2 // so is a confidence that is this much more or less
)

// A Tracker compares diagnoses of a window that slides, and tells what changed, each thing once. The zero value has seen
// nothing. It is not safe for concurrent use.
type Tracker struct {
	// Least is the lowest severity that is told of.
	Least Severity

	known   map[string]*tracked // by key
	started bool
}

// tracked is what is known of one finding.
type tracked struct {
	state  trackedState
	now    Finding // as found last
	told   Finding // as told last; not while pending
	since  time.Time
	active time.Time // of the log: its latest sign of life
	absent time.Time // since when it is not found; zero if it is
	lower  time.Time // since when it is less severe than told; zero if it is not
	spoke  time.Time // when it was last told of
	last   time.Time // active, when it ended
	quiet  time.Duration
	hold   time.Duration
	pause  time.Duration
}

type trackedState uint8

const (
	pending trackedState = iota
	open
	over
)

// Update compares. now is the time, seen that up to which there are records; findings are those of the latest diagnosis,
// whether it is new or not.
func (t *Tracker) Update(now, seen time.Time, findings []Finding) []Event {
	if t.known == nil {
		t.known = map[string]*tracked{}
	}
	var events []Event
	found := map[string]bool{}
	for _, f := range findings {
		if f.Severity < t.Least {
			continue
		}
		found[f.Key] = true
		k := t.known[f.Key]
		if k == nil {
			k = &tracked{since: now, quiet: lasting, hold: lasting, pause: pausing, active: f.Last}
			if old := t.renamed(&f, findings); old != nil {
				k = old
			}
			t.known[f.Key] = k
		}
		events = append(events, k.update(now, seen, f, !t.started)...)
	}
	for _, key := range slices.Sorted(maps.Keys(t.known)) {
		if !found[key] {
			events = append(events, t.miss(now, key)...)
		}
	}
	t.started = true
	return events
}

// renamed returns what was known under another cause of the same place, which is no longer found, and takes it out: more
// of the log made another cause likelier for the same requests.
func (t *Tracker) renamed(f *Finding, findings []Finding) *tracked {
	place, ok := placeOf(f)
	if !ok {
		return nil
	}
	for _, key := range slices.Sorted(maps.Keys(t.known)) {
		k := t.known[key]
		other, ok := placeOf(&k.now)
		gone := !slices.ContainsFunc(findings, func(f Finding) bool { return f.Key == key })
		if ok && other == place && gone && k.state == open && !f.First.After(k.now.Last) && !f.Last.Before(k.now.First) {
			delete(t.known, key)
			return k
		}
	}
	return nil
}

// placeOf is where a finding of a cause is, as its key says.
func placeOf(f *Finding) (place string, ok bool) {
	id, place, found := strings.Cut(f.Key, "/")
	_, known := cause.Parse(id)
	return place, found && known
}

// Open are the findings that were told of and have not ended, the worst first.
func (t *Tracker) Open() []Finding {
	var list []Finding
	for _, key := range slices.Sorted(maps.Keys(t.known)) {
		if k := t.known[key]; k.state == open {
			list = append(list, k.now)
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return int(b.Severity) - int(a.Severity) })
	return list
}

// update takes a finding as it is now.
func (k *tracked) update(now, seen time.Time, f Finding, first bool) []Event {
	k.absent = time.Time{}
	sign := f.Last
	if latest := seen.Add(-ongoing); f.Ongoing && latest.After(sign) { // Last is when the request began
		sign = latest
	}
	if sign.After(k.active) {
		k.active = sign
	}
	k.now = f
	ended := !f.Last.IsZero() && seen.Sub(k.active) >= k.quiet
	switch k.state {
	case pending:
		if f.Severity < Medium && now.Sub(k.since) < settling && !first {
			return nil
		}
		events := []Event{k.say(now, Event{Kind: Appeared})}
		if k.state = open; ended {
			events = append(events, k.end(now, true))
		}
		return events
	case over:
		if ended || !f.Last.IsZero() && !k.active.After(k.last) {
			return nil
		}
		k.state, k.lower = open, time.Time{}
		return []Event{k.say(now, Event{Kind: Appeared, Again: true})}
	}
	if ended {
		return []Event{k.end(now, true)}
	}
	if what := k.differs(now); len(what) > 0 {
		before := k.told
		return []Event{k.say(now, Event{Kind: Changed, Before: &before, What: what})}
	}
	return nil
}

// differs is what is worth telling of a finding that is open.
func (k *tracked) differs(now time.Time) (what []string) {
	f, told := &k.now, &k.told
	switch {
	case f.Severity > told.Severity:
		what = append(what, "severity")
	case f.Severity == told.Severity:
		k.lower = time.Time{}
	case k.lower.IsZero():
		k.lower = now
	case now.Sub(k.lower) >= k.hold:
		what = append(what, "severity")
		k.lower, k.hold = time.Time{}, min(2*k.hold, longest)
	}
	if what == nil && now.Sub(k.spoke) < k.pause {
		return nil
	}
	if f.Basis != told.Basis {
		what = append(what, "basis")
	}
	if secondary(f.ID) == 1 { // its numbers are another's
		return what
	}
	if f.ID != told.ID {
		what = append(what, "cause")
	}
	if float64(f.Requests) >= growth*float64(told.Requests) && f.Requests >= told.Requests+leastMore {
		what = append(what, "requests")
	}
	if math.Abs(f.Confidence-told.Confidence) >= confidence {
		what = append(what, "confidence")
	}
	if what != nil {
		k.pause = min(2*k.pause, longest)
	}
	return what
}

func (k *tracked) say(now time.Time, c Event) Event {
	c.Finding, k.told, k.spoke = k.now, k.now, now
	return c
}

func (k *tracked) end(now time.Time, quiet bool) Event {
	k.state, k.last, k.absent = over, k.active, time.Time{}
	k.quiet, k.hold = min(2*k.quiet, longest), min(2*k.hold, longest)
	before := k.told
	return k.say(now, Event{Kind: Ended, Before: &before, Quiet: quiet})
}

// miss takes note that a finding is not there.
func (t *Tracker) miss(now time.Time, key string) []Event {
	k := t.known[key]
	if k.absent.IsZero() {
		k.absent = now
	}
	switch {
	case k.state == pending, k.state == over && now.Sub(k.absent) >= forgetting:
		delete(t.known, key)
	case k.state == open && now.Sub(k.absent) >= k.hold:
		c := k.end(now, false)
		k.absent = now
		return []Event{c}
	}
	return nil
}
