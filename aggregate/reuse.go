package aggregate

// NewReusable returns an empty Set that is copied, not moved, where it is merged into another, so that Reset can make it
// empty again and keep its memory: objects of a log have much the same keys, and what was counted of one would soon be
// garbage.
func NewReusable(o Options) *Set {
	s := NewSet(o)
	s.reusable = true
	for _, t := range s.tables {
		t.reusable = true
	}
	if s.timeline != nil {
		s.timeline.reusable = true
	}
	return s
}

// A Set keeps the most that each entry ever took, and busy keys may come at another place in each object: these bound what
// that can grow to.
const (
	maxReused = 4 << 20 // bytes that a Set may have needed
	maxUses   = 8
)

// Reset makes a Set of NewReusable as good as new after it was merged into another. It reports false for one that is not
// worth it, or not of NewReusable, which must not be used again.
func (s *Set) Reset() bool {
	if s.uses++; !s.reusable || s.uses > maxUses || s.Bytes() > maxReused {
		return false
	}
	s.totals.reset()
	clear(s.missing)
	if s.timeline != nil {
		s.timeline.reset()
	}
	for _, t := range s.tables {
		t.reset()
	}
	s.apart, s.direct = 0, 0
	return true
}

// spares are empty things with the room that they had.
type spares[T any] []*T

// take returns a spare, or a new one.
func (s *spares[T]) take() *T {
	n := len(*s)
	if n == 0 {
		return new(T)
	}
	x := (*s)[n-1]
	*s = (*s)[:n-1]
	return x
}
