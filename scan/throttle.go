package scan

import (
	"math"
	"sync"
)

// A throttle keeps the Partials that are held at once, whether they grow or wait to be folded, within a budget of bytes,
// however many workers there are. What a growing one will take is not known; it is taken for as large as the largest so
// far. It decides when work begins, never what comes of it.
type throttle struct {
	budget int64

	mu      sync.Mutex
	changed sync.Cond
	growing int
	waiting int64 // bytes of what was read and not folded yet
	largest int64
	next    int // the item that is folded next, which nothing may hold up
}

func newThrottle(budget int64) *throttle {
	t := &throttle{budget: budget}
	t.changed.L = &t.mu
	return t
}

// begin waits until there is room for an item.
func (t *throttle) begin(item int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for item > t.next && t.waiting+int64(t.growing+1)*t.largest > t.budget {
		t.changed.Wait()
	}
	t.growing++
}

// end says how large the item became.
func (t *throttle) end(bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.growing--
	t.waiting += bytes
	t.largest = max(t.largest, bytes)
}

// folded says that the item of that size is held no longer.
func (t *throttle) folded(item int, bytes int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.waiting -= bytes
	t.next = item + 1
	t.changed.Broadcast()
}

// open lets everything begin, for nothing will be folded any more.
func (t *throttle) open() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.budget = math.MaxInt64
	t.changed.Broadcast()
}
