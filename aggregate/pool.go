package aggregate

import "sync"

// A Pool keeps the memory of Sets that were merged into others for the next ones: objects of a log have much the same
// keys, and what is counted of one is soon garbage. It is safe for concurrent use.
type Pool struct {
	mu   sync.Mutex
	sets []*Set
}

// maxPooled is how many bytes a Set that is kept may have needed.
const maxPooled = 4 << 20

// Get returns an empty Set, which comes back when it is merged into another. All Sets of a Pool have the same Options.
func (p *Pool) Get(o Options) *Set {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.sets); n > 0 {
		s := p.sets[n-1]
		p.sets = p.sets[:n-1]
		return s
	}
	s := NewSet(o)
	s.pool = p
	for _, t := range s.tables {
		t.pooled = true
	}
	if s.timeline != nil {
		s.timeline.pooled = true
	}
	return s
}

func (p *Pool) put(s *Set) {
	if s.Bytes() > maxPooled {
		return
	}
	s.reset()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sets = append(p.sets, s)
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

// reset empties s, which was closed, and keeps its memory.
func (s *Set) reset() {
	s.totals.reset()
	clear(s.missing)
	if s.timeline != nil {
		s.timeline.reset()
	}
	for _, t := range s.tables {
		t.reset()
	}
	s.apart, s.direct = 0, 0
}
