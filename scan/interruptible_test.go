package scan

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
)

func TestInterruptibleReadsAll(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), 50_000)
	for name, r := range map[string]io.Reader{
		"whole":         bytes.NewReader(want),
		"byte by byte":  iotest.OneByteReader(bytes.NewReader(want[:5000])),
		"data with EOF": iotest.DataErrReader(bytes.NewReader(want)),
		"and an error":  io.MultiReader(bytes.NewReader(want), iotest.ErrReader(io.ErrClosedPipe)),
	} {
		p := interruptible(context.Background(), io.NopCloser(r))
		got, err := io.ReadAll(p)
		if !bytes.HasPrefix(want, got) || len(got) < 5000 {
			t.Errorf("%s: %d bytes that are not those written", name, len(got))
		}
		if wantErr := map[bool]error{true: io.ErrClosedPipe}[name == "and an error"]; !errors.Is(err, wantErr) {
			t.Errorf("%s: error %v, want %v", name, err, wantErr)
		}
	}
}

// A pipe whose writer is silent for ever must not keep the run from ending.
func TestInterruptibleEndsWithTheContext(t *testing.T) {
	r, w := io.Pipe()
	defer w.Close()
	ctx, cancel := context.WithCancel(context.Background())
	p := interruptible(ctx, r)
	go func() {
		w.Write([]byte("one"))
		cancel()
	}()
	got, err := io.ReadAll(p)
	if len(got) > 3 || !errors.Is(err, errInterrupted) {
		t.Errorf("got %q and error %v, want at most %q and %v", got, err, "one", errInterrupted)
	}
}
