package main

import (
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"time"

	"alblens/internal/logname"
	"alblens/sources"
)

// A giveUp is a source of objects of another time, one a slot, whose reader loses patience once it has seen two of them
// listed without a window.
type giveUp struct {
	sources.Source
	first     time.Time
	interrupt func()
}

func (s giveUp) List(ctx context.Context, selection sources.Selection) iter.Seq2[sources.Ref, error] {
	return func(yield func(sources.Ref, error) bool) {
		for i := range 10 {
			if err := ctx.Err(); err != nil {
				yield(sources.Ref{}, err)
				return
			}
			ref := sources.Ref{Name: "x", Log: logname.Name{Kind: logname.Access, End: s.first.Add(time.Duration(i+1) * logname.Slot)}}
			if !selection.Since.IsZero() {
				return // none is of that time
			}
			if i == 2 {
				s.interrupt()
			}
			if !yield(ref, nil) {
				return
			}
		}
	}
}

// Whoever interrupts the search for other times gets what it found by then.
func TestInterruptedSearchForOtherTimes(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	src := giveUp{first: time.Date(2026, 11, 20, 14, 0, 0, 0, time.UTC), interrupt: interrupt}
	since := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	in := &input{since: "2030-01-01", there: func(ctx context.Context) string { return datedThere(ctx, src) }}
	_, err := in.list(ctx, src, streams{nil, io.Discard, io.Discard}, since, time.Time{})
	exit, ok := errors.AsType[*exitError](err)
	if !ok || exit.code != exitInterrupted {
		t.Fatalf("%v, want exit code 130", err)
	}
	const want = "no access log found for that time; those listed before the interrupt are of 2026-11-20T14:00Z to 2026-11-20T14:15Z"
	if err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}
