package scan

import (
	"context"
	"io"
	"testing"
	"time"

	"alblens/sources"
)

// fading is a source whose objects fall silent where they should end, as a server may, until the context of Open ends.
type fading struct{ *memory }

func (s fading) Open(ctx context.Context, ref sources.Ref) (io.ReadCloser, error) {
	body, err := s.memory.Open(ctx, ref)
	return fadingBody{body, ctx}, err
}

type fadingBody struct {
	io.ReadCloser
	ctx context.Context
}

func (b fadingBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err == io.EOF {
		<-b.ctx.Done()
		err = b.ctx.Err()
	}
	return n, err
}

// An object that falls silent while it is decoded ahead keeps nobody waiting who needs no more of it.
func TestFading(t *testing.T) {
	noLeak(t)
	text := other + logText(0, 1200) // more than a block, and less than is decoded ahead
	for jobs := 1; jobs <= 3; jobs++ {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		m := &memory{objects: []object{{name: "a.log", body: text}}}
		_, err := Summarize(ctx, fading{m}, m.plan(t), options(), Config{Jobs: jobs, Strict: true})
		if err == nil || ctx.Err() != nil {
			t.Errorf("%d jobs: %v, %v", jobs, err, ctx.Err())
		}
		cancel()
		m.check(t)
	}
}
