package scan

import (
	"context"
	"io"
	"sync"

	"alblens/plan"
	"alblens/sources"
)

// fetcher opens objects ahead of the workers that read them, so that the time until a store answers is not waited for
// object by object.
type fetcher struct {
	ctx    context.Context
	source sources.Source
	plan   *plan.Plan
	ahead  int

	mu    sync.Mutex
	begun map[int]opened // by number in the plan
	next  int            // the first object not begun
	wg    sync.WaitGroup
}

// opened is an object on its way.
type opened chan result

type result struct {
	body io.ReadCloser
	err  error
}

// get waits for the object. It may be called once.
func (o opened) get() (io.ReadCloser, error) {
	r := <-o
	return r.body, r.err
}

func newFetcher(ctx context.Context, src sources.Source, p *plan.Plan, ahead int) *fetcher {
	return &fetcher{ctx: ctx, source: src, plan: p, ahead: max(ahead, 1), begun: map[int]opened{}}
}

// take returns the object with the given number and begins those behind it. Every number is taken once, in order but
// for a few that workers overtake each other by.
func (f *fetcher) take(item int) opened {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.next < len(f.plan.Objects) && f.next < item+f.ahead {
		o := make(opened, 1)
		ref := f.plan.Objects[f.next]
		f.begun[f.next] = o
		f.next++
		f.wg.Go(func() {
			body, err := f.source.Open(f.ctx, ref)
			o <- result{body, err}
		})
	}
	o := f.begun[item]
	delete(f.begun, item)
	return o
}

// close waits for what is under way and closes what was opened and never taken.
func (f *fetcher) close() {
	f.wg.Wait()
	for _, o := range f.begun {
		if r := <-o; r.body != nil {
			r.body.Close()
		}
	}
}
