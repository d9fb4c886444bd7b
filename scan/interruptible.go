package scan

import (
	"context"
	"io"
)

// interruptible makes reads of a pipe end with the context. A read that waits for another program cannot be stopped, so
// it is done on a goroutine of its own, which ends with it.
func interruptible(ctx context.Context, r io.ReadCloser) io.ReadCloser {
	p := &pipe{ctx: ctx, r: r, done: make(chan read, 1)}
	p.begin(make([]byte, pipeBuffer))
	return p
}

type pipe struct {
	ctx  context.Context
	r    io.ReadCloser
	done chan read // the read that is under way
	last read
	rest []byte // what of the last read is not handed out yet
}

type read struct {
	buffer []byte
	n      int
	err    error
}

const pipeBuffer = 64 << 10

func (p *pipe) begin(buffer []byte) {
	go func() {
		n, err := p.r.Read(buffer)
		p.done <- read{buffer, n, err}
	}()
}

func (p *pipe) Read(dst []byte) (int, error) {
	for len(p.rest) == 0 {
		if p.last.err != nil {
			return 0, p.last.err
		}
		if p.last.buffer != nil {
			p.begin(p.last.buffer)
		}
		select {
		case p.last = <-p.done:
			p.rest = p.last.buffer[:p.last.n]
		case <-p.ctx.Done():
			p.last = read{err: errInterrupted}
		}
	}
	n := copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

func (p *pipe) Close() error { return p.r.Close() }
