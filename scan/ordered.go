package scan

import (
	"context"
	"sync"
)

// ordered runs work for the items 0 to n-1 on several goroutines, in the order of their numbers, and hands what each
// emits to take, on the caller's goroutine, in that order too. At most 2 × workers items are begun and not yet taken.
// When the context ends no further items are begun; those begun are finished and taken. An error of take ends the
// run and is returned. It returns how many items were taken.
func ordered[T any](ctx context.Context, n, workers int, work func(ctx context.Context, worker, item int, emit func(T) bool), take func(item int, v T) error) (int, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	type job struct {
		item int
		out  chan T
	}
	jobs := make(chan job)
	begun := make(chan job, 2*workers-1) // one more is with take
	abandoned := make(chan struct{})     // closed once take has failed: nobody listens any more

	var wg sync.WaitGroup
	for w := range workers {
		wg.Go(func() {
			for j := range jobs {
				work(ctx, w, j.item, func(v T) bool {
					select {
					case j.out <- v:
						return true
					case <-abandoned:
						return false
					}
				})
				close(j.out)
			}
		})
	}
	wg.Go(func() {
		defer close(begun)
		defer close(jobs)
		for i := range n {
			if ctx.Err() != nil {
				return
			}
			j := job{i, make(chan T, 4)}
			select { // room first, so that no more than its capacity wait
			case begun <- j:
			case <-ctx.Done():
				return
			}
			jobs <- j
		}
	})

	taken := 0
	var err error
	for j := range begun {
		for v := range j.out {
			if err == nil {
				if err = take(j.item, v); err != nil {
					close(abandoned)
					stop()
				}
			}
		}
		taken++
	}
	wg.Wait()
	return taken, err
}
