package scan

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// noLeak fails the test if goroutines are left that were not there when it was called.
func noLeak(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		for range 500 {
			if runtime.NumGoroutine() <= before {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		stacks := make([]byte, 64<<10)
		t.Errorf("%d goroutines, %d before:\n%s", runtime.NumGoroutine(), before, stacks[:runtime.Stack(stacks, true)])
	})
}

type emitted struct{ item, n int }

func TestOrdered(t *testing.T) {
	noLeak(t)
	for _, n := range []int{0, 1, 2, 300} {
		for workers := 1; workers <= 8; workers++ {
			var want, got []emitted
			for item := range n {
				for i := range item % 11 { // some emit nothing, some more than fits in a buffer
					want = append(want, emitted{item, i})
				}
			}
			busy := make([]int, workers) // not synchronised: a worker does one item at a time
			taken, err := ordered(context.Background(), n, workers, func(_ context.Context, w, item int, emit func(int) bool) {
				busy[w]++
				if busy[w] != 1 {
					t.Errorf("worker %d does several items at once", w)
				}
				for i := range item % 11 {
					if item%3 == 0 {
						runtime.Gosched()
					}
					if !emit(i) {
						t.Errorf("item %d is not wanted", item)
					}
				}
				busy[w]--
			}, func(item, i int) error {
				got = append(got, emitted{item, i})
				return nil
			})
			if err != nil || taken != n || !slices.Equal(got, want) {
				t.Errorf("%d items, %d workers: %d taken, %v; in order: %v", n, workers, taken, err, slices.Equal(got, want))
			}
		}
	}
}

// TestOrderedBound holds take back, and the workers must wait for it.
func TestOrderedBound(t *testing.T) {
	noLeak(t)
	for workers := 1; workers <= 5; workers++ {
		var begun, taken atomic.Int64
		full := make(chan struct{})
		_, err := ordered(context.Background(), 100, workers, func(_ context.Context, _, item int, emit func(int) bool) {
			b := begun.Add(1)
			if open := b - taken.Load(); open > int64(2*workers) {
				t.Errorf("%d workers: %d items begun and not taken", workers, open)
			}
			if b == int64(2*workers) {
				close(full)
			}
			emit(item)
		}, func(item, _ int) error {
			if item == 0 {
				<-full
				time.Sleep(5 * time.Millisecond) // for one too many to begin
			}
			taken.Add(1)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestOrderedError(t *testing.T) {
	noLeak(t)
	errFull := errors.New("disk full")
	for workers := 1; workers <= 8; workers++ {
		var begun, refused atomic.Int64
		last := -1
		_, err := ordered(context.Background(), 100_000, workers, func(_ context.Context, _, item int, emit func(int) bool) {
			begun.Add(1)
			for i := range 20 {
				if !emit(i) {
					refused.Add(1)
					return
				}
			}
		}, func(item, i int) error {
			if last == 5 {
				t.Errorf("item %d is taken after the error", item)
			}
			if last = item; item == 5 {
				return errFull
			}
			return nil
		})
		if err != errFull {
			t.Errorf("%d workers: %v", workers, err)
		}
		if n := begun.Load(); n > int64(5+4*workers) {
			t.Errorf("%d workers: %d items begun", workers, n)
		}
		if refused.Load() == 0 {
			t.Errorf("%d workers: nobody was told", workers)
		}
	}
}

func TestOrderedCancelled(t *testing.T) {
	noLeak(t)
	for workers := 1; workers <= 8; workers++ {
		ctx, cancel := context.WithCancel(context.Background())
		var mu sync.Mutex
		begun := map[int]bool{}
		next := 0
		taken, err := ordered(ctx, 100_000, workers, func(ctx context.Context, _, item int, emit func(int) bool) {
			mu.Lock()
			begun[item] = true
			mu.Unlock()
			if !emit(item) {
				t.Errorf("%d: what was begun is not wanted", item)
			}
		}, func(item, _ int) error {
			if item != next {
				t.Errorf("took %d, want %d", item, next)
			}
			if next++; next == 10 {
				cancel()
			}
			return nil
		})
		cancel()
		if err != nil {
			t.Errorf("%d workers: %v", workers, err)
		}
		if taken != len(begun) || taken != next || taken < 10 || taken > 10+4*workers {
			t.Errorf("%d workers: %d taken, %d handed out, %d begun", workers, taken, next, len(begun))
		}
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	taken, err := ordered(ctx, 10, 2, func(context.Context, int, int, func(int) bool) { t.Error("begun after the end") },
		func(int, int) error { return nil })
	if taken != 0 || err != nil {
		t.Errorf("%d taken, %v", taken, err)
	}
}
