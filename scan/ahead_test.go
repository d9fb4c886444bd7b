package scan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"testing"
)

// blocksOf returns what hands out text in blocks of many sizes, some empty, in one buffer that each call overwrites.
func blocksOf(text []byte, seed uint64, end error) func() ([]byte, error) {
	r := rand.New(rand.NewPCG(seed, 1))
	buffer := make([]byte, 5000)
	return func() ([]byte, error) {
		n := copy(buffer[:r.IntN(len(buffer))], text)
		if text = text[n:]; len(text) == 0 {
			return buffer[:n], end
		}
		return buffer[:n], nil
	}
}

// What is decoded ahead is what was decoded, whatever the blocks and the error that ends them, and each block stands
// until the next is asked for.
func TestAhead(t *testing.T) {
	noLeak(t)
	broken := errors.New("broken")
	for seed := range uint64(50) {
		text := make([]byte, 100_000)
		for i := range text {
			text[i] = byte(uint64(i) * (seed + 3) >> 3)
		}
		end := []error{io.EOF, broken}[seed%2]
		a := newAhead(blocksOf(text, seed, end), func() {})
		var got []byte
		for {
			block, err := a.next()
			got = append(got, block...)
			if err == nil {
				continue
			}
			if _, again := a.next(); err != end || again != end {
				t.Fatalf("seed %d: ends by %v, then %v, want %v", seed, err, again, end)
			}
			break
		}
		a.close()
		if !bytes.Equal(got, text) {
			t.Fatalf("seed %d: %d bytes, want %d, or not the same", seed, len(got), len(text))
		}
	}
}

// An ahead that is closed early ends what it waits for.
func TestAheadClosedEarly(t *testing.T) {
	noLeak(t)
	for blocks := range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		n := 0
		a := newAhead(func() ([]byte, error) {
			if n++; n <= blocks {
				return []byte("x"), nil
			}
			<-ctx.Done() // as a pipe that nothing comes from
			return nil, errInterrupted
		}, cancel)
		for range blocks / 2 {
			if block, err := a.next(); string(block) != "x" || err != nil {
				t.Fatalf("%q, %v", block, err)
			}
		}
		a.close()
		if ctx.Err() == nil {
			t.Error("close did not cancel")
		}
	}
}

// A worker is idle once no item is left that it could begin.
func TestCrew(t *testing.T) {
	c := crew{workers: 2, items: 3}
	for i, step := range []struct {
		begun, ended int64
		idle         bool
	}{{0, 0, false}, {2, 0, false}, {2, 1, false}, {3, 1, false}, {3, 2, true}, {3, 3, true}} {
		c.begun.Store(step.begun)
		c.ended.Store(step.ended)
		if c.idle() != step.idle {
			t.Errorf("step %d, %d begun and %d ended: idle %v, want %v", i, step.begun, step.ended, c.idle(), step.idle)
		}
	}
	if one := (&crew{workers: 1, items: 1}); one.idle() {
		t.Error("a single worker is idle before it has begun")
	}
}
