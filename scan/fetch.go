package scan

import (
	"context"
	"io"
	"sync"

	"alblens/sources"
)

// fetcher opens objects ahead of the workers that read them, so that the time until a store answers is not waited for
// object by object.
type fetcher struct {
	ctx     context.Context
	stop    context.CancelFunc // ends what is under way: no object is wanted any more
	source  sources.Source
	objects []sources.Ref
	kept    func(ref *sources.Ref) bool // whether an object need not be opened
	ahead   int

	mu    sync.Mutex
	begun map[int]opened // by number
	next  int            // the first object not begun
	wg    sync.WaitGroup
}

// opened is an object on its way.
type opened chan result

type result struct {
	body   io.ReadCloser
	ctx    context.Context // of the body
	cancel context.CancelFunc
	err    error
	kept   bool // the object was not opened
}

func newFetcher(ctx context.Context, src sources.Source, objects []sources.Ref, ahead int, kept func(*sources.Ref) bool) *fetcher {
	ctx, stop := context.WithCancel(ctx)
	return &fetcher{ctx: ctx, stop: stop, source: src, objects: objects, kept: kept, ahead: max(ahead, 1), begun: map[int]opened{}}
}

// open opens an object, whether or not it is kept.
func (f *fetcher) open(ref *sources.Ref) result {
	ctx, cancel := context.WithCancel(f.ctx)
	body, err := f.source.Open(ctx, *ref)
	if err != nil {
		cancel()
	}
	return result{body: body, ctx: ctx, cancel: cancel, err: err}
}

// take waits for the object with the given number and begins those behind it. Every number is taken once, in order but
// for a few that workers overtake each other by.
func (f *fetcher) take(item int) result { return <-f.begin(item) }

func (f *fetcher) begin(item int) opened {
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.next < len(f.objects) && f.next < item+f.ahead {
		o := make(opened, 1)
		ref := &f.objects[f.next]
		f.begun[f.next] = o
		f.next++
		f.wg.Go(func() {
			if f.kept(ref) {
				o <- result{kept: true}
				return
			}
			o <- f.open(ref)
		})
	}
	o := f.begun[item]
	delete(f.begun, item)
	return o
}

// close ends what is under way and closes what was opened and never taken.
func (f *fetcher) close() {
	f.stop()
	f.wg.Wait()
	for _, o := range f.begun {
		if r := <-o; r.body != nil {
			r.body.Close()
		}
	}
}
