package follow

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"alblens/internal/logname"
	"alblens/partial"
	"alblens/plan"
	"alblens/scan"
	"alblens/sources"
)

const a, b = "203.0.113.10", "203.0.113.13"

func minutes(n int) time.Duration { return time.Duration(n) * time.Minute }

// Objects that stand in the window at first are read, older ones are not; each stays until its five minutes have left.
func TestWindowSlides(t *testing.T) {
	r := newRig(t, nil)
	r.store.put(key(noon.Add(-minutes(65)), a, "old"), lines(noon.Add(-minutes(70)), 1, 200))
	r.store.put(key(noon.Add(-minutes(55)), a, "x"), lines(noon.Add(-minutes(60)), 2, 200))
	r.store.put(key(noon.Add(-minutes(5)), a, "y"), lines(noon.Add(-minutes(10)), 4, 200))
	r.poll(0)
	r.holds(6)
	if n := r.store.opened[key(noon.Add(-minutes(65)), a, "old")]; n != 0 {
		t.Errorf("an object from before the window was opened %d times", n)
	}
	if want := noon.Add(-time.Hour); !r.store.since.Equal(want) {
		t.Errorf("listed since %v, want %v", r.store.since, want)
	}
	if r.poll(minutes(1)) {
		t.Error("a poll that finds nothing new changed something")
	}
	if r.poll(minutes(3)); len(r.Objects()) != 2 {
		t.Errorf("%d objects in the window, want 2", len(r.Objects()))
	}
	if !r.poll(minutes(1)) { // 12:05: the five minutes up to 11:05 leave
		t.Error("an object left and nothing changed")
	}
	r.holds(4)
	r.poll(minutes(50))
	r.holds(0)
	for name, n := range r.store.opened {
		if n != 1 {
			t.Errorf("%s was opened %d times", name, n)
		}
	}
}

// Several parts of one five minutes, some of them late.
func TestLate(t *testing.T) {
	r := newRig(t, nil)
	end := noon.Add(-minutes(5))
	r.store.put(key(end, a, "one"), lines(noon.Add(-minutes(10)), 1, 200))
	r.poll(0)
	r.store.put(key(end, a, "two"), lines(noon.Add(-minutes(10)), 2, 200))
	o := r.store.objects[key(end, a, "two")]
	o.modified = end.Add(minutes(20))
	r.store.objects[key(end, a, "two")] = o
	r.poll(minutes(15))
	r.holds(3)
	r.store.put(key(end, b, "three"), lines(noon.Add(-minutes(10)), 4, 200))
	r.poll(minutes(25))
	r.holds(7)
	r.store.put(key(end, b, "four"), lines(noon.Add(-minutes(10)), 8, 200)) // too late: its time has left
	r.poll(minutes(16))
	r.holds(0)
	if want := []string{key(end, a, "two") + " came 20m0s after its time"}; !gocmp.Equal(r.more, want) {
		t.Errorf("told %q, want %q", r.more, want)
	}
}

// An object that lies in two places, or moved, is read once.
func TestDuplicates(t *testing.T) {
	r := newRig(t, nil)
	name, body := key(noon, a, "x"), lines(noon.Add(-minutes(5)), 3, 200)
	r.store.put("in/"+name, body)
	r.poll(0)
	r.store.put("archive/"+name, body) // sorts before the one that was read
	r.poll(minutes(1))
	delete(r.store.objects, "in/"+name)
	r.poll(minutes(1))
	r.poll(minutes(1))
	r.holds(3)
	if want := []string{"left out archive/" + name + ": the same as in/" + name}; !gocmp.Equal(r.more, want) {
		t.Errorf("told %q, want %q", r.more, want)
	}
	// A copy by another name is told by its ETag, in either order.
	hash := `"0123456789abcdef0123456789abcdef"`
	second := key(noon, b, "y")
	r.store.objects["copy-of-y.gz"] = stored{body: body, etag: hash, modified: noon}
	r.poll(minutes(1))
	r.holds(6)
	r.store.objects[second] = stored{body: body, etag: hash}
	r.poll(minutes(1))
	r.holds(6)
	if r.store.opened["archive/"+name] != 0 || r.store.opened[second] != 0 {
		t.Errorf("opened: %v", r.store.opened)
	}
	r.says()
}

// A file that is unpacked or packed in its place, as gunzip and gzip do, is read once.
func TestUnpacked(t *testing.T) {
	packed := key(noon, a, "x") // ends in .gz
	plain := strings.TrimSuffix(packed, ".gz")
	body := lines(noon.Add(-minutes(5)), 3, 200)
	for _, c := range []struct{ before, after string }{{packed, plain}, {plain, packed}} {
		r := newRig(t, nil)
		put := func(name string) {
			if r.store.put(name, body); name == packed {
				r.store.put(name, compress(t, body))
			}
		}
		put(c.before)
		r.poll(0)
		r.holds(3)
		put(c.after) // both are there while one is written
		r.poll(minutes(1))
		r.holds(3)
		delete(r.store.objects, c.before)
		for range 2 {
			r.poll(minutes(1))
			r.holds(3)
		}
		if r.store.opened[c.after] != 0 {
			t.Errorf("%s was opened after %s", c.after, c.before)
		}
		if want := []string{"left out " + c.after + ": the same as " + c.before}; c.before == plain && !gocmp.Equal(r.more, want) {
			t.Errorf("told %q, want %q", r.more, want)
		}
		r.says()
	}
	// Of what could not be read before nothing is known.
	r := newRig(t, nil)
	r.store.objects[packed] = stored{body: compress(t, body), etag: `"1"`, err: fails(packed, sources.Denied)}
	r.store.put(key(noon, b, "y"), lines(noon.Add(-minutes(5)), 1, 200))
	r.poll(0)
	delete(r.store.objects, packed)
	r.store.put(plain, body)
	r.poll(minutes(1))
	r.holds(4)
	// What was read while it was copied is not the whole.
	r = newRig(t, nil)
	body = lines(noon.Add(-minutes(5)), 5000, 200)
	whole := compress(t, body)
	r.store.put(packed, whole[:len(whole)/2])
	r.poll(0)
	if n := r.Whole().Freeze().Counts.Totals.Requests; n == 0 || n == 5000 {
		t.Errorf("%d records of half a file", n)
	}
	delete(r.store.objects, packed)
	r.store.put(plain, body)
	for range 2 {
		r.poll(minutes(1))
		r.holds(5000)
	}
	delete(r.store.objects, plain)
	r.store.put(packed, whole)
	r.poll(minutes(1))
	r.holds(5000)
}

func TestReplaced(t *testing.T) {
	r := newRig(t, nil)
	x := key(noon, a, "x")
	r.store.put(x, lines(noon.Add(-minutes(5)), 3, 200))
	r.poll(0)
	r.store.objects[x] = stored{body: lines(noon.Add(-minutes(5)), 10, 200), etag: `"new"`}
	if !r.poll(minutes(1)) {
		t.Error("nothing changed")
	}
	r.holds(10)
	r.says(x + " was replaced since it was read: it is read anew")

	// The new content cannot be read yet: the old one stays meanwhile.
	r.store.objects[x] = stored{body: lines(noon.Add(-minutes(5)), 20, 200), etag: `"newer"`, err: fails(x, sources.Unreachable)}
	r.poll(minutes(1))
	r.holds(10)
	r.says(x + " was replaced since it was read: it is read anew")
	r.poll(minutes(1))
	r.holds(10)
	r.store.objects[x] = stored{body: lines(noon.Add(-minutes(5)), 20, 200), etag: `"newer"`}
	r.poll(minutes(5))
	r.holds(20)
	r.says()
}

// A file that is still being written is cut off when it is read first; that is said only if it stays so.
func TestFileBeingWritten(t *testing.T) {
	r := newRig(t, nil)
	whole := compress(t, lines(noon.Add(-minutes(5)), 500, 200))
	x := key(noon, a, "x")
	file := func(size int, at time.Duration) {
		r.store.objects[x] = stored{body: whole[:size], modified: noon.Add(at)}
	}
	file(len(whole)/2, 0)
	r.poll(0)
	file(len(whole), time.Second)
	r.poll(minutes(1))
	r.holds(500)
	r.says()

	file(len(whole)-7, minutes(2))
	r.poll(minutes(1))
	r.says(x + " was replaced since it was read: it is read anew")
	r.poll(minutes(1))
	if len(r.said) != 1 || !strings.HasPrefix(r.said[0], x+": ") {
		t.Errorf("said %q, want that the file is cut off", r.said)
	}
	r.said = nil
	r.poll(minutes(1))
	r.says()
}

// What cannot be read is told once and tried again, less and less often; then it is as if nothing had been.
func TestRetry(t *testing.T) {
	r := newRig(t, nil)
	x, y := key(noon, a, "x"), key(noon, b, "y")
	r.store.put(x, lines(noon.Add(-minutes(5)), 1, 200))
	r.poll(0)
	for _, name := range []string{y, key(noon, b, "z")} {
		r.store.objects[name] = stored{body: lines(noon.Add(-minutes(5)), 2, 200), etag: `"` + name + `"`, err: fails(name, sources.Denied)}
	}
	for range 20 {
		r.poll(minutes(1))
	}
	r.says(y + ": no luck; tried again, with 1 object more")
	// At 0, then 1, 2, 4 and from then on 5 minutes apart: 0 1 3 7 12 17 of the twenty polls.
	if n := r.store.opened[y]; n != 6 {
		t.Errorf("tried %d times in 20 minutes, want 6", n)
	}
	r.holds(1)
	if l := r.Whole().Freeze().Ledger; l.Failed != 2 || l.Complete != 1 || l.Objects != 3 {
		t.Errorf("the ledger has %d failed and %d complete of %d objects", l.Failed, l.Complete, l.Objects)
	}
	for _, name := range []string{y, key(noon, b, "z")} {
		o := r.store.objects[name]
		o.err = nil
		r.store.objects[name] = o
	}
	r.poll(minutes(5))
	r.holds(5)
	r.says()
	if l := r.Whole().Freeze().Ledger; l.Failed != 0 || l.Complete != 3 {
		t.Errorf("the ledger has %d failed and %d complete objects", l.Failed, l.Complete)
	}
}

// Where the connection broke in the middle of an object, that is read anew, and counts once. One that is cut short where it
// lies stays as it is.
func TestBrokenConnection(t *testing.T) {
	r := newRig(t, nil)
	x, y := key(noon, a, "x"), key(noon, b, "y")
	body := lines(noon.Add(-minutes(5)), 8, 200)
	r.store.put(key(noon, b, "w"), lines(noon.Add(-minutes(5)), 1, 200))
	r.store.put(x, body)
	o := r.store.objects[x]
	o.broken = fails(x, sources.Truncated)
	r.store.objects[x] = o
	r.poll(0)
	r.holds(1)
	o.broken = nil
	r.store.objects[x] = o
	r.store.put(y, lines(noon.Add(-minutes(5)), 4, 200)[:20]) // of a gzip
	r.poll(minutes(5))
	for range 10 {
		r.poll(minutes(2))
	}
	r.holds(9)
	if n := r.store.opened[y]; n != 1 {
		t.Errorf("an object that is cut short was opened %d times", n)
	}
	if n := r.store.opened[x]; n != 2 {
		t.Errorf("an object whose connection broke once was opened %d times", n)
	}
}

func TestUnreadLeaves(t *testing.T) {
	r := newRig(t, nil)
	x := key(noon, a, "x")
	r.store.put(key(noon.Add(minutes(30)), a, "later"), lines(noon, 1, 200))
	r.store.objects[x] = stored{body: []byte("x"), etag: `"x"`, err: fails(x, sources.Throttled)}
	r.poll(minutes(30))
	r.says(x + ": no luck; tried again")
	r.poll(minutes(30))
	r.says("1 object left the window without having been read, the first: "+x, "no new object for 30 min: there is no traffic, or no delivery")
}

// A listing that fails is told once, waited for longer each time, and told when it works again.
func TestListingFails(t *testing.T) {
	r := newRig(t, nil)
	r.store.put(key(noon, a, "x"), lines(noon.Add(-minutes(5)), 1, 200))
	r.poll(0)
	r.store.problem = fails("s3://logs/", sources.Throttled)
	for i, want := range []time.Duration{minutes(2), minutes(4), minutes(5), minutes(5)} {
		r.poll(minutes(1))
		if got := r.pause(); got != want {
			t.Errorf("after %d failures the pause is %v, want %v", i+1, got, want)
		}
	}
	r.holds(1)
	r.says("s3://logs/: no luck; tried again")
	r.store.problem = nil
	r.poll(minutes(1))
	r.says("s3://logs/ can be listed again")
	r.store.problem = fails("s3://logs/", sources.Denied)
	for i, change := range []bool{true, false} {
		if r.poll(minutes(1)) != change {
			t.Errorf("failure %d: a change is not %v", i+1, change)
		}
		l := r.Whole().Freeze().Ledger
		if want := []partial.Problem{{Name: "s3://logs/", Kind: "denied", Error: "no luck"}}; !gocmp.Equal(l.Problems, want) || l.Failed != 1 {
			t.Errorf("problems %+v, want %+v", l.Problems, want)
		}
	}
	r.store.problem = nil
	if !r.poll(minutes(1)) || r.Whole().Freeze().Ledger.Failed != 0 {
		t.Error("what can be listed again is a problem all the same")
	}
	if got := r.pause(); got != minutes(1) {
		t.Errorf("the pause is %v", got)
	}
}

// At first, what goes wrong ends the run, as it does without --follow.
func TestFailsAtFirst(t *testing.T) {
	r := newRig(t, nil)
	r.store.problem = fails("s3://logs/", sources.Denied)
	if _, err := r.Poll(context.Background()); err == nil || err.Error() != "s3://logs/: no luck" {
		t.Errorf("error %v", err)
	}
	r = newRig(t, nil)
	x := key(noon, a, "x")
	r.store.objects[x] = stored{body: []byte("x"), etag: `"x"`, err: fails(x, sources.Denied)}
	if _, err := r.Poll(context.Background()); err == nil || err.Error() != "nothing could be read: "+x+": no luck" {
		t.Errorf("error %v", err)
	}
	r = newRig(t, nil) // one that can be read is enough
	r.store.objects[x] = stored{body: []byte("x"), etag: `"x"`, err: fails(x, sources.Denied)}
	r.store.put(key(noon, b, "y"), lines(noon.Add(-minutes(5)), 1, 200))
	r.poll(0)
	r.says(x + ": no luck; tried again")
}

// An empty place is waited at, and silence is told once.
func TestSilence(t *testing.T) {
	r := newRig(t, nil)
	r.poll(0)
	r.says("store: it holds nothing yet; waiting", "no access log of the last 1 h yet; waiting")
	r.poll(minutes(20))
	r.says()
	r.store.put(key(noon.Add(minutes(20)), a, "x"), lines(noon.Add(minutes(15)), 1, 200))
	r.poll(minutes(5))
	r.says("objects come")
	r.poll(minutes(14))
	r.says()
	r.poll(minutes(2))
	r.says("no new object for 16 min: there is no traffic, or no delivery")
	r.poll(minutes(30))
	r.says()
}

// Objects without AWS's names go by their last change, and one that holds no log is opened once.
func TestOtherNames(t *testing.T) {
	r := newRig(t, nil)
	r.store.objects["old.log"] = stored{body: lines(noon, 1, 200), etag: `"1"`, modified: noon.Add(-minutes(66))}
	r.store.objects["new.log"] = stored{body: lines(noon, 2, 200), etag: `"2"`, modified: noon.Add(-minutes(50))}
	r.store.objects["ahead.log"] = stored{body: lines(noon, 4, 200), etag: `"3"`, modified: noon.Add(4 * time.Minute)}
	r.store.objects["future.log"] = stored{body: lines(noon, 8, 200), etag: `"5"`, modified: time.Date(2999, 1, 1, 0, 0, 0, 0, time.UTC)}
	r.store.objects["notes.txt"] = stored{body: []byte("nothing to see\n"), etag: `"4"`, modified: noon}
	r.poll(0)
	r.holds(6)
	r.poll(minutes(20))
	r.holds(4)
	r.poll(minutes(50))
	r.holds(0)
	r.says("future.log is of 2999-01-01T00:05:00Z, a time to come, and left out: is this machine's clock right?",
		"no new object for 20 min: there is no traffic, or no delivery")
	if n := r.store.opened["notes.txt"]; n != 1 {
		t.Errorf("notes.txt was opened %d times", n)
	}
}

// What the window holds is what reading its objects at once yields, however they came.
func TestWholeIsSummarize(t *testing.T) {
	r := newRig(t, nil)
	day := simulated(t, 40*time.Minute, 10, noon.Add(-minutes(40)))
	late := day[3]
	for i, o := range day {
		if i != 3 {
			r.store.put(o.Key, o.Body)
		}
		if i%4 == 0 {
			r.poll(0)
		}
	}
	r.store.put(late.Key, late.Body)
	r.poll(minutes(1))
	p, err := plan.Build(context.Background(), r.store, sources.Selection{})
	if err != nil {
		t.Fatal(err)
	}
	whole, err := scan.Summarize(context.Background(), r.store, p, r.c.Options, scan.Config{})
	if err != nil {
		t.Fatal(err)
	}
	want, got := whole.Freeze(), r.Whole().Freeze()
	want.Ledger.Gaps, want.Ledger.Nodes, want.Ledger.Late = nil, nil, nil // which only a whole listing shows
	if want.Counts.Totals.ELB5xx < 20 {
		t.Fatalf("only %d failures", want.Counts.Totals.ELB5xx)
	}
	for what, pair := range map[string][2]any{
		"ledger": {got.Ledger, want.Ledger}, "totals": {got.Counts.Totals, want.Counts.Totals}, "failures": {got.Evidence.Failures, want.Evidence.Failures},
		"lives": {len(got.Evidence.Lives), len(want.Evidence.Lives)}, "idle": {got.Evidence.Idle, want.Evidence.Idle}, "loads": {got.Evidence.Loads, want.Evidence.Loads},
	} {
		if d := gocmp.Diff(pair[0], pair[1]); d != "" {
			t.Errorf("%s: got -, want +:\n%s", what, d)
		}
	}
}

// A window that would take too much folds its oldest objects, which loses nothing, and then becomes shorter.
func TestBudget(t *testing.T) {
	whole := newRig(t, nil)
	day := simulated(t, 55*time.Minute, 10, noon.Add(-minutes(55)))
	for _, o := range day {
		whole.store.put(o.Key, o.Body)
	}
	whole.poll(0)
	all := whole.Whole().Freeze()
	full := whole.window.bytes

	r := newRig(t, func(c *Config) { c.Memory = full * 4 / 5 })
	r.store = whole.store
	r.src = whole.store
	r.poll(0)
	if got := r.Whole().Freeze(); got.Counts.Totals.Requests != all.Counts.Totals.Requests || got.Ledger.Objects != all.Ledger.Objects {
		t.Errorf("folding lost something: %d requests of %d", got.Counts.Totals.Requests, all.Counts.Totals.Requests)
	}
	if r.window.bytes > full*4/5 {
		t.Errorf("%d bytes are held, of %d", r.window.bytes, full*4/5)
	}
	r.says()
	for name, o := range r.store.objects {
		if strings.Contains(name, "_20261120T1110Z_") {
			r.store.objects[name] = stored{body: o.body, etag: `"other"`}
		}
	}
	r.poll(minutes(1))
	if len(r.said) == 0 || !strings.HasSuffix(r.said[0], "was replaced since it was read; what it held before stays counted") {
		t.Errorf("said %q of an object that was folded and replaced", r.said)
	}

	r = newRig(t, func(c *Config) { c.Memory = full / 8 })
	r.store, r.src = whole.store, whole.store
	r.poll(0)
	r.says("the window is shorter than 1 h, for what it holds would take more than its part of --max-memory")
	got := r.Whole().Freeze()
	if n := got.Counts.Totals.Requests; n == 0 || n >= all.Counts.Totals.Requests || !got.Counts.Totals.Last.Equal(all.Counts.Totals.Last) {
		t.Errorf("%d requests of %d are left, the last %v", n, all.Counts.Totals.Requests, got.Counts.Totals.Last)
	}
	if r.window.bytes > full/8 && len(r.window.slots) > 1 {
		t.Errorf("%d bytes are held, of %d", r.window.bytes, full/8)
	}
}

// Whoever ends following gets what was read, and what was not begun is a problem.
func TestInterrupted(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	r := newRig(t, func(c *Config) {
		c.Reading = func(*plan.Plan) (scan.Config, func()) {
			stop()
			return scan.Config{Jobs: 1}, func() {}
		}
	})
	r.store.put(key(noon, a, "x"), lines(noon.Add(-minutes(5)), 1, 200))
	err := r.Run(ctx, func(bool) error { t.Error("told of a poll that was interrupted"); return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	r = newRig(t, nil)
	for _, node := range []string{a, b} {
		r.store.put(key(noon, node, "x"), lines(noon.Add(-minutes(5)), 1, 200))
	}
	if _, err := r.Poll(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	if l := r.Whole().Freeze().Ledger; l.Failed != 2 || l.Problems[0].Kind != "interrupted" {
		t.Errorf("the ledger has %d failed objects: %v", l.Failed, l.Problems)
	}
}

// Run polls at the interval, and ends with the error of whoever is told.
func TestRun(t *testing.T) {
	var waits []time.Duration
	r := newRig(t, nil)
	r.c.Clock.Wait = func(_ context.Context, d time.Duration) error {
		waits = append(waits, d)
		r.now = r.now.Add(d)
		if len(waits) == 2 {
			r.store.put(key(r.now.Truncate(logname.Slot), a, "x"), lines(r.now.Add(-minutes(5)), 1, 200))
		}
		return nil
	}
	enough := errors.New("enough")
	var told []bool
	err := r.Run(context.Background(), func(changed bool) error {
		if told = append(told, changed); len(told) == 4 {
			return enough
		}
		return nil
	})
	if err != enough {
		t.Errorf("error %v", err)
	}
	if want := []time.Duration{minutes(1), minutes(1), minutes(1)}; !gocmp.Equal(waits, want) {
		t.Errorf("waits %v, want %v", waits, want)
	}
	if want := []bool{false, false, true, false}; !gocmp.Equal(told, want) {
		t.Errorf("changed: %v, want %v", told, want)
	}
}
