package follow

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"alblens/internal/logname"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

// Config says what to follow, and how.
type Config struct {
	Interval time.Duration // between two polls
	Window   time.Duration // how long what was read stays
	Memory   int64         // bytes that what the objects of the window yielded may take
	Options  *partial.Options
	// Reading says how to read the objects of a plan; done is called when they are.
	Reading func(p *plan.Plan) (c scan.Config, done func())
	// Say takes what goes wrong, and when it has gone over; Detail, which may be nil, what became of single objects.
	Say, Detail func(format string, args ...any)
	Clock       Clock
}

// A Clock tells the time and lets it pass. The zero value is the real one.
type Clock struct {
	Now  func() time.Time
	Wait func(ctx context.Context, d time.Duration) error // returns the context's error if that ends first
}

func (c Clock) withDefaults() Clock {
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Wait == nil {
		c.Wait = wait
	}
	return c
}

func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// A Follower follows a Source. It is not safe for concurrent use.
type Follower struct {
	c      Config
	src    sources.Source
	window window
	polled bool

	troubles troubles
	failures int               // polls on end that could not list everything
	latest   time.Time         // when the last object came
	silent   bool              // and it was told that none did since
	short    bool              // it was told that the window is shorter than asked for
	skipped  map[string]bool   // of the latest listing: what was passed over
	copies   map[string]bool   // and what was read under another name
	unlisted []partial.Problem // and what could not be listed
}

// New returns a Follower that has read nothing yet.
func New(src sources.Source, c Config) *Follower {
	c.Clock = c.Clock.withDefaults()
	if c.Detail == nil {
		c.Detail = func(string, ...any) {}
	}
	return &Follower{c: c, src: src, window: newWindow(c.Options, c.Window, c.Memory), troubles: troubles{say: c.Say}}
}

// Whole folds what the window holds: the Partial is the caller's. Among its problems is what could not be listed of late.
func (f *Follower) Whole() *partial.Partial {
	whole := f.window.whole()
	for _, p := range f.unlisted {
		whole.Ledger.AddProblem(p)
	}
	return whole
}

// Objects are those of the window, in no order.
func (f *Follower) Objects() []sources.Ref {
	var list []sources.Ref
	for _, o := range f.window.objects {
		list = append(list, o.ref)
	}
	return list
}

// Run polls until the context ends or tell, which is called after each poll, fails, and returns that error. changed says
// whether the window holds something else than before. Before tell is called for the first time Run may fail because there
// is nothing to follow: nothing could be listed, or not one object read.
func (f *Follower) Run(ctx context.Context, tell func(changed bool) error) error {
	for {
		changed, err := f.Poll(ctx)
		if err == nil {
			err = tell(changed)
		}
		if err == nil {
			err = f.c.Clock.Wait(ctx, f.pause())
		}
		if err != nil {
			return err
		}
	}
}

// longestPause bounds how far apart polls are when listing fails, unless the interval is longer.
const longestPause = 5 * time.Minute

// pause is twice as long after each poll on end that could not list everything.
func (f *Follower) pause() time.Duration {
	d := f.c.Interval
	for range f.failures {
		if d >= longestPause {
			break
		}
		d = min(2*d, longestPause)
	}
	return d
}

// Poll reads what is new. Its error is the context's, but for the first time.
func (f *Follower) Poll(ctx context.Context) (changed bool, err error) {
	now := f.c.Clock.Now().UTC()
	unread, changed := f.window.slide(now)
	if n := len(unread); n > 0 {
		f.c.Say("%s left the window without having been read, the first: %s", objects(n), unread[0].ref.Name)
	}
	// The window begins within a file's five minutes, and that file holds wanted records.
	p, err := plan.Build(ctx, f.src, sources.Selection{Since: f.window.floor})
	if err != nil {
		return changed, err
	}
	other, err := f.listed(p)
	changed = changed || other
	if err != nil {
		return changed, err
	}
	fresh := f.fresh(p, now)
	came, err := f.read(ctx, fresh, now)
	changed = changed || came
	if err == nil && !f.polled && !came {
		err = f.nothingRead()
	}
	if err != nil {
		return changed, err
	}
	f.tellUnread()
	f.troubles.next()
	f.tellSilence(now, came)
	f.polled = true
	return changed, nil
}

// read takes what the objects of a plan yield, and reports whether that is more than nothing. Its error is the context's;
// what was not begun then is kept as a problem.
func (f *Follower) read(ctx context.Context, fresh *plan.Plan, now time.Time) (came bool, err error) {
	if len(fresh.Objects) == 0 {
		return false, ctx.Err()
	}
	c, done := f.c.Reading(fresh)
	defer done()
	taken, err := scan.Partials(ctx, f.src, fresh, f.c.Options, c, func(item int, part *partial.Partial) error {
		came = f.take(fresh.Objects[item], part, now) || came
		return nil
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		for _, ref := range fresh.Objects[taken:] {
			if f.window.objects[ref.Name] == nil {
				problem := scan.NotBegun(ref.Name)
				f.window.put(&object{ref: ref, problem: &problem}, endOf(&ref))
			}
		}
	}
	return came, err
}

// listed tells of what could not be listed, and reports whether that is something else than before. If it is everything,
// and at first, it is an error.
func (f *Follower) listed(p *plan.Plan) (changed bool, err error) {
	skipped := map[string]bool{}
	var unlisted []partial.Problem
	for _, problem := range p.Problems {
		_, nothing := errors.AsType[sources.Nothing](problem)
		switch {
		case problem.Kind == sources.Skipped:
			if skipped[problem.Name] = true; !f.skipped[problem.Name] {
				f.c.Detail("skipped %s", problem.Error())
			}
		case nothing && problem.Hint == "": // else it is no place where anything can come
			f.troubles.met("nothing "+problem.Name, fmt.Sprintf("%s yet; waiting", problem.Error()), "")
		default:
			if !f.polled && len(p.Objects) == 0 {
				return false, problem
			}
			unlisted = append(unlisted, partial.Problem{Name: problem.Name, Kind: string(problem.Kind), Error: problem.Reason()})
			f.troubles.met("list "+problem.Name+" "+string(problem.Kind), problem.Error()+"; tried again",
				fmt.Sprintf("%s can be listed again", problem.Name))
		}
	}
	changed = !slices.Equal(f.unlisted, unlisted)
	f.skipped, f.unlisted = skipped, unlisted
	f.failures++
	if len(unlisted) == 0 {
		f.failures = 0
	}
	return changed, nil
}

// fresh is the plan of what is to be read now: what is new, or another than it was, and what failed and is due again.
func (f *Follower) fresh(p *plan.Plan, now time.Time) *plan.Plan {
	late := map[string]time.Duration{}
	for _, l := range p.Late {
		late[l.Name] = l.Delay()
	}
	fresh := &plan.Plan{}
	copies := f.findCopies(p)
	for _, ref := range p.Objects {
		if copies[ref.Name] || !f.within(&ref, now) || !f.due(&ref, now) {
			continue
		}
		if by := late[ref.Name]; by > 0 && f.polled {
			f.c.Detail("%s came %v after its time", ref.Name, by.Round(time.Second))
		}
		fresh.Objects = append(fresh.Objects, ref)
		fresh.Bytes += ref.Size
	}
	return fresh
}

// findCopies returns the objects of a plan that were read under another name.
func (f *Follower) findCopies(p *plan.Plan) map[string]bool {
	read := map[string]string{} // by what the plan has in its place
	for _, d := range p.Duplicates {
		if f.window.objects[d.Name] != nil {
			read[d.SameAs] = d.Name
		}
	}
	told := f.copies
	f.copies = map[string]bool{}
	for _, ref := range p.Objects {
		if f.window.objects[ref.Name] != nil {
			continue
		}
		same := cmp.Or(read[ref.Name], f.window.sameAs(&ref))
		if same == "" {
			continue
		}
		if f.copies[ref.Name] = true; !told[ref.Name] {
			f.c.Detail("left out %s: the same as %s", ref.Name, same)
		}
	}
	return f.copies
}

// within reports whether an object lies in the window and can be read again and again.
func (f *Follower) within(ref *sources.Ref, now time.Time) bool {
	end := endOf(ref)
	switch {
	case ref.Size < 0:
		f.troubles.met("pipe "+ref.Name, ref.Name+": not a regular file, and left out: it cannot be read as it grows", "")
	case end.After(now.Add(ahead)):
		f.troubles.met("ahead", fmt.Sprintf("%s is of %s, a time to come, and left out: is this machine's clock right?", ref.Name, end.Format(time.RFC3339)), "")
	default:
		return end.After(f.window.floor)
	}
	return false
}

// due reports whether an object is to be read now.
func (f *Follower) due(ref *sources.Ref, now time.Time) bool {
	o := f.window.objects[ref.Name]
	switch {
	case o == nil:
		return true
	case now.Before(o.again):
		return false
	case !sameVersion(&o.ref, ref):
		return f.replaced(o, ref)
	case !o.again.IsZero():
		return true
	}
	if o.problem != nil && !o.told && o.problem.Kind != partial.Skipped { // and it is not just being written
		f.c.Say("%s: %s", o.problem.Name, o.problem.Error)
	}
	o.told = true
	return false
}

// sameVersion reports whether two listings of an object show the same content. Stores tell by ETag; a file's time and size
// have to do.
func sameVersion(a, b *sources.Ref) bool {
	return a.ETag == b.ETag && a.Size == b.Size && (a.ETag != "" || a.Modified.Equal(b.Modified))
}

// replaced tells that an object is another than the one that was read, and reports whether to read it.
func (f *Follower) replaced(o *object, ref *sources.Ref) bool {
	growing := ref.ETag == "" && ref.Size >= o.ref.Size && (o.problem != nil && !o.told || ref.Log.Kind != logname.Access)
	switch {
	case o.merged:
		f.c.Say("%s was replaced since it was read; what it held before stays counted", ref.Name)
		o.ref = *ref
		return false
	case o.part != nil && !growing && o.tries == 0:
		f.c.Say("%s was replaced since it was read: it is read anew", ref.Name)
	}
	return true
}

// take keeps what an object yielded, and reports whether that is more than nothing.
func (f *Follower) take(ref sources.Ref, part *partial.Partial, now time.Time) bool {
	old := f.window.objects[ref.Name]
	o := &object{ref: ref, part: part}
	if problems := part.Ledger.Problems; len(problems) > 0 {
		o.problem = &problems[0]
		kind := sources.Kind(o.problem.Kind)
		if kind == sources.Truncated && ref.ETag != "" && part.Ledger.CompressedBytes < ref.Size {
			kind = sources.Unreachable // the connection broke; the object itself is whole
		}
		switch kind {
		case sources.Skipped:
			f.c.Detail("skipped %s: %s", o.problem.Name, o.problem.Error)
			o.part = nil
		case sources.NotFound: // deleted since it was listed
			f.c.Detail("%s: %s", o.problem.Name, o.problem.Error)
			return false
		case sources.Unreadable, sources.Unreachable, sources.Throttled, sources.Denied, sources.Expired, sources.Changed, sources.Archived:
			// It may yet be read. What came before the fault is not counted, lest it count twice.
			if old != nil {
				o.tries = old.tries
			}
			o.part, o.again = nil, now.Add(retryAfter(f.c.Interval, o.tries))
			o.tries++
			if old != nil && old.part != nil { // what it held before is better than nothing
				old.tries, old.again = o.tries, o.again
				return false
			}
		}
	}
	changed := o.part != nil || old != nil && old.part != nil
	if f.window.put(o, endOf(&ref)) {
		if !f.short {
			f.c.Say("the window is shorter than %s, for what it holds would take more than its part of --max-memory", span(f.c.Window))
		}
		f.short = true
	}
	return changed
}

// retryAfter is when an object is tried again that failed as often before.
func retryAfter(interval time.Duration, tries int) time.Duration {
	return max(interval, min(interval<<min(tries, 20), longestPause))
}

// nothingRead is the error of a first poll that could read none of the objects that it found; nil if none was wanted.
func (f *Follower) nothingRead() error {
	for _, s := range f.window.inOrder() {
		for _, o := range s.inOrder() {
			if !o.again.IsZero() {
				return fmt.Errorf("nothing could be read: %s: %s", o.problem.Name, o.problem.Error)
			}
		}
	}
	return nil
}

// tellUnread tells of the objects that wait to be tried again.
func (f *Follower) tellUnread() {
	byKind := map[string][]*object{}
	var kinds []string
	for _, s := range f.window.inOrder() {
		for _, o := range s.inOrder() {
			if o.again.IsZero() || o.problem == nil {
				continue
			}
			if byKind[o.problem.Kind] == nil {
				kinds = append(kinds, o.problem.Kind)
			}
			byKind[o.problem.Kind] = append(byKind[o.problem.Kind], o)
		}
	}
	for _, kind := range kinds {
		p := byKind[kind][0].problem
		text := fmt.Sprintf("%s: %s; tried again", p.Name, p.Error)
		if n := len(byKind[kind]) - 1; n > 0 {
			text += fmt.Sprintf(", with %s more", objects(n))
		}
		f.troubles.met("read "+kind, text, "")
	}
}

// silence is how long no object may come before that is worth a word. Traffic or not, a quarter of an hour is three times
// what a node takes to deliver.
const silence = 3 * logname.Slot

// tellSilence tells when no object came for long, and when one did.
func (f *Follower) tellSilence(now time.Time, came bool) {
	switch {
	case came:
		if f.silent {
			f.c.Say("objects come")
		}
		f.latest, f.silent = now, false
	case !f.polled:
		f.c.Say("no access log of the last %s yet; waiting", span(f.c.Window))
		f.latest, f.silent = now, true
	case now.Sub(f.latest) >= silence && !f.silent && f.failures == 0 && !f.window.waits():
		f.c.Say("no new object for %s: there is no traffic, or no delivery", span(now.Sub(f.latest)))
		f.silent = true
	}
}

// span is a length of time in words.
func span(d time.Duration) string {
	if minutes := int(d.Round(time.Minute) / time.Minute); minutes%60 != 0 || minutes == 0 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%.0f h", d.Hours())
}

func objects(n int) string {
	if n == 1 {
		return "1 object"
	}
	return fmt.Sprintf("%d objects", n)
}
