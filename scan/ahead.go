package scan

import (
	"context"
	"sync/atomic"
)

// A crew is the workers of a run. It may be used from any goroutine.
type crew struct {
	workers, items int
	begun, ended   atomic.Int64
}

// idle reports whether a worker has nothing to do, and never will: an object that is still read then may take two cores.
func (c *crew) idle() bool {
	begun := c.begun.Load()
	return begun == int64(c.items) && begun-c.ended.Load() < int64(c.workers)
}

// An ahead decodes an object on a goroutine of its own while the blocks before are parsed. It is not safe for concurrent
// use.
type ahead struct {
	decoded chan block
	free    chan []byte // buffers, as many as there may be
	last    block       // that was handed out, if any was
	handed  bool
	cancel  context.CancelFunc
}

type block struct {
	text []byte
	err  error
}

// aheadBlocks is how many decoded blocks there are at most: one is parsed, one is waiting, one is being filled.
const aheadBlocks = 3

// newAhead begins to decode. next must not be called by anybody else until close has returned; it ends by an error, soon
// after cancel.
func newAhead(next func() ([]byte, error), cancel context.CancelFunc) *ahead {
	a := &ahead{decoded: make(chan block, aheadBlocks), free: make(chan []byte, aheadBlocks), cancel: cancel}
	for range aheadBlocks {
		a.free <- nil
	}
	go func() {
		defer close(a.decoded)
		for buffer := range a.free {
			text, err := next()
			a.decoded <- block{append(buffer[:0], text...), err}
			if err != nil {
				return
			}
		}
	}()
	return a
}

// next is the next block, which is valid until the next call.
func (a *ahead) next() ([]byte, error) {
	if a.last.err != nil {
		return nil, a.last.err
	}
	if a.handed {
		a.free <- a.last.text
	}
	a.last, a.handed = <-a.decoded, true
	return a.last.text, a.last.err
}

// close ends the decoding, wherever it is, and waits for that.
func (a *ahead) close() {
	a.cancel()
	close(a.free)
	for range a.decoded {
	}
}
