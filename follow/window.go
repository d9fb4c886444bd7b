package follow

import (
	"maps"
	"slices"
	"strings"
	"time"

	"alblens/internal/logname"
	"alblens/partial"
	"alblens/plan"
	"alblens/sources"
)

// A window holds what the objects of a span of time yielded, by the five minutes that they cover, within a budget of bytes.
type window struct {
	options *partial.Options
	span    time.Duration
	budget  int64

	floor   time.Time // slots that ended by then have left
	slots   map[time.Time]*slot
	objects map[string]*object  // of all slots, by name
	names   map[identity]string // of those that AWS named: one that was moved or copied is not read again
	files   map[string]string   // of these too, by their file names alone: nor one that was packed or unpacked
	bytes   int64               // of all Partials
}

// A slot is the objects that cover the same five minutes.
type slot struct {
	end     time.Time
	objects map[string]*object
	// merged is what objects yielded that were folded because the budget was spent; nil for none.
	merged *partial.Partial
}

// An object is what became of one.
type object struct {
	ref     sources.Ref
	slot    *slot
	part    *partial.Partial // nil if nothing was read of it, or that is in slot.merged
	merged  bool             // it is
	problem *partial.Problem // why it was not read to its end; nil if it was
	told    bool             // of problem
	tries   int              // that failed and may yet succeed
	again   time.Time        // when the next is due; zero for none
}

type identity struct {
	base string
	size int64
}

func newWindow(o *partial.Options, span time.Duration, budget int64) window {
	return window{
		options: o, span: span, budget: budget,
		slots: map[time.Time]*slot{}, objects: map[string]*object{}, names: map[identity]string{}, files: map[string]string{},
	}
}

// ahead is how far clocks may differ.
const ahead = 2 * logname.Slot

// endOf is the end of the five minutes that an object covers. One whose name does not tell goes by its last change.
func endOf(ref *sources.Ref) time.Time {
	if ref.Log.End.IsZero() {
		return ref.Modified.Truncate(logname.Slot).Add(logname.Slot).UTC()
	}
	return ref.Log.End
}

// identify returns what tells an object of AWS's wherever it lies; ok is false for others.
func identify(ref *sources.Ref) (id identity, ok bool) {
	return identity{ref.Log.Base, ref.Size}, ref.Log.Kind == logname.Access && ref.Size >= 0
}

// slide drops the slots that have left, and returns the objects among them that were never read. It reports whether
// anything was lost that had been.
func (w *window) slide(now time.Time) (unread []*object, changed bool) {
	if floor := now.Add(-w.span); floor.After(w.floor) {
		w.floor = floor
	}
	for _, s := range w.inOrder() {
		if s.end.After(w.floor) {
			break
		}
		changed = changed || s.merged != nil
		for _, o := range s.objects {
			if o.part == nil && !o.again.IsZero() {
				unread = append(unread, o)
			}
			changed = changed || o.part != nil
		}
		w.drop(s)
	}
	slices.SortFunc(unread, func(a, b *object) int { return plan.Compare(a.ref, b.ref) })
	return unread, changed
}

func (w *window) inOrder() []*slot {
	return slices.SortedFunc(maps.Values(w.slots), func(a, b *slot) int { return a.end.Compare(b.end) })
}

func (s *slot) inOrder() []*object {
	return slices.SortedFunc(maps.Values(s.objects), func(a, b *object) int { return plan.Compare(a.ref, b.ref) })
}

func (w *window) drop(s *slot) {
	for _, o := range s.objects {
		w.remove(o)
	}
	if s.merged != nil {
		w.bytes -= s.merged.Bytes()
	}
	delete(w.slots, s.end)
}

func (w *window) remove(o *object) {
	if o.part != nil {
		w.bytes -= o.part.Bytes()
	}
	delete(o.slot.objects, o.ref.Name)
	delete(w.objects, o.ref.Name)
	if id, ok := identify(&o.ref); ok && w.names[id] == o.ref.Name {
		delete(w.names, id)
	}
	if w.files[o.ref.Log.Base] == o.ref.Name {
		delete(w.files, o.ref.Log.Base)
	}
}

// sameAs returns the name of an object that holds what one of AWS's that is not in the window does; "" for none.
func (w *window) sameAs(ref *sources.Ref) string {
	id, ok := identify(ref)
	if !ok {
		return ""
	}
	if same := w.names[id]; same != "" {
		return same
	}
	if o := w.twin(ref); o != nil && (o.part != nil && o.problem == nil || o.merged) {
		return o.ref.Name
	}
	return ""
}

// twin returns the object that is ref's file of AWS's packed, or unpacked; nil for none.
func (w *window) twin(ref *sources.Ref) *object {
	const gz = ".gz"
	other := ref.Log.Base + gz
	if plain, packed := strings.CutSuffix(ref.Log.Base, gz); packed {
		other = plain
	}
	return w.objects[w.files[other]]
}

// waits reports whether there are objects that could not be read yet.
func (w *window) waits() bool {
	for _, o := range w.objects {
		if !o.again.IsZero() {
			return true
		}
	}
	return false
}

// put takes an object in, in the place of another of its name, or of its twin if that was not read to its end. It reports
// whether the window had to become shorter.
func (w *window) put(o *object, end time.Time) (shorter bool) {
	if old := w.objects[o.ref.Name]; old != nil {
		w.remove(old)
	}
	if twin := w.twin(&o.ref); twin != nil && twin.problem != nil && !twin.merged && o.part != nil {
		w.remove(twin)
	}
	s := w.slots[end]
	if s == nil {
		s = &slot{end: end, objects: map[string]*object{}}
		w.slots[end] = s
	}
	o.slot = s
	s.objects[o.ref.Name], w.objects[o.ref.Name] = o, o
	if id, ok := identify(&o.ref); ok {
		w.names[id], w.files[o.ref.Log.Base] = o.ref.Name, o.ref.Name
	}
	if o.part != nil {
		w.bytes += o.part.Bytes()
	}
	return w.fit()
}

// fit keeps the budget. The objects of the oldest slots are folded first, which loses nothing but that they cannot be
// told apart any more; if that is not enough, the oldest slots leave.
func (w *window) fit() (shorter bool) {
	for _, s := range w.inOrder() {
		if w.bytes <= w.budget {
			return false
		}
		w.merge(s)
	}
	for _, s := range w.inOrder() {
		if w.bytes <= w.budget || len(w.slots) == 1 {
			break
		}
		w.floor, shorter = s.end, true
		w.drop(s)
	}
	return shorter
}

// merge folds what the objects of a slot yielded.
func (w *window) merge(s *slot) {
	parts := 0
	for _, o := range s.inOrder() {
		if o.part == nil {
			continue
		}
		w.bytes -= o.part.Bytes()
		if s.merged == nil {
			s.merged = partial.Empty(w.options)
		} else if parts == 0 {
			w.bytes -= s.merged.Bytes()
		}
		parts++
		s.merged.Fold(o.part)
		o.part, o.merged = nil, true
	}
	if parts > 0 {
		w.bytes += s.merged.Bytes()
	}
}

// whole folds what all objects yielded; those of which nothing was read are in its ledger.
func (w *window) whole() *partial.Partial {
	whole := partial.Empty(w.options)
	for _, s := range w.inOrder() {
		if s.merged != nil {
			whole.Fold(s.merged.Clone())
		}
		for _, o := range s.inOrder() {
			switch {
			case o.part != nil:
				whole.Fold(o.part.Clone())
			case o.problem != nil && !o.merged:
				whole.Ledger.AddProblem(*o.problem)
			}
		}
	}
	return whole
}
