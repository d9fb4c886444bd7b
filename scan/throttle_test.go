package scan

import (
	"context"
	"sync/atomic"
	"testing"
)

// However many workers there are, no more is held than the budget and what could not be known: the first items, before
// any was measured. The item to be folded next is never held up, or nothing would ever end.
func TestThrottle(t *testing.T) {
	const items, workers, size, budget = 500, 32, 10, 60
	throttle := newThrottle(budget)
	var held, most atomic.Int64
	var began atomic.Int64
	work := func(_ context.Context, _, item int, emit func(int64) bool) {
		throttle.begin(item)
		if n := held.Add(size); began.Add(1) > workers && n > most.Load() {
			most.Store(n)
		}
		throttle.end(size)
		emit(size)
	}
	taken, err := ordered(context.Background(), items, workers, work, func(item int, bytes int64) error {
		held.Add(-bytes)
		throttle.folded(item, bytes)
		return nil
	})
	if taken != items || err != nil {
		t.Fatalf("%d of %d items taken, error %v", taken, items, err)
	}
	if most.Load() > budget+size { // the next item may begin whatever is held
		t.Errorf("%d bytes were held at once, the budget is %d", most.Load(), budget)
	}
}

func TestThrottleHoldsUpAllButTheNext(t *testing.T) {
	throttle := newThrottle(10)
	throttle.begin(0)
	throttle.end(100)
	done := make(chan bool)
	go func() {
		throttle.begin(2)
		done <- true
	}()
	select {
	case <-done:
		t.Fatal("item 2 began beyond the budget")
	default:
	}
	throttle.folded(0, 100)
	throttle.begin(1) // must not wait: it is next
	throttle.end(1)
	throttle.folded(1, 1)
	<-done
}

// A strict run that ends at the first bad line must not leave workers waiting for room.
func TestThrottleOpens(t *testing.T) {
	throttle := newThrottle(10)
	throttle.begin(0)
	throttle.end(100)
	done := make(chan bool)
	for i := range 5 {
		go func() {
			throttle.begin(2 + i)
			done <- true
		}()
	}
	throttle.open()
	for range 5 {
		<-done
	}
}
