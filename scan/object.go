package scan

import (
	"context"
	"errors"
	"fmt"
	"io"

	"alblens/inflate"
	"alblens/internal/logname"
	"alblens/parser"
	"alblens/partial"
	"alblens/sources"
)

// A reader reads objects one after the other and keeps its buffers.
type reader struct {
	meter  *Meter
	crew   *crew
	blocks inflate.Reader
	ahead  *ahead // nil until a worker is idle
	lines  parser.Lines
	ctx    context.Context
	cancel context.CancelFunc
	stored int64 // of the object at hand, as last told to the meter
	text   int64
}

// sink takes the lines of an object.
type sink interface {
	// Line takes the next line; err is what is wrong with it already. An error ends the object.
	Line(line []byte, number int, err error) error
	// Empty reports whether no line so far was a record.
	Empty() bool
}

// sniff is how much text an object whose name tells nothing may hold before its first record.
const sniff = 64 << 10

var (
	// errOther is of an object with a log's name that holds something else: the error message of a failed download, say.
	errOther       = errors.New("no line is a record, though the name is that of an access log")
	errNoRecords   = errors.New("no access log: no line in its first 64 KiB is a record")
	errInterrupted = errors.New(partial.Interrupted)
)

// read hands the lines of an object to a sink. It returns why the object was not read to its end, or nil, and
// separately an error of the sink. It ends with the context of the object's body.
func (r *reader) read(ref sources.Ref, from result, to sink) (*partial.Problem, error) {
	r.stored, r.text = 0, 0
	if from.err != nil {
		return problem(ref.Name, from.err), nil
	}
	defer from.cancel()
	r.ctx, r.cancel, r.ahead = from.ctx, from.cancel, nil
	stream := from.body
	defer func() {
		if r.ahead != nil {
			r.ahead.close()
		}
		stream.Close()
	}()
	if ref.Size < 0 {
		stream = interruptible(from.ctx, stream)
	}
	r.blocks.Reset(stream)
	r.lines.Reset(r)
	unsure := !ref.Named && ref.Log.Kind != logname.Access
	sniffed := 0      // bytes of lines; r.text is a block ahead of them
	var refused error // what the sink said first: it does not matter if the object turns out to be no access log
	for {
		line, err := r.lines.Next()
		if err != nil && err != parser.ErrTooLong {
			return r.end(ref, err, unsure, to.Empty()), nil
		}
		if err := to.Line(line, r.lines.Number(), err); err != nil && refused == nil {
			refused = err
		}
		if refused != nil && !(unsure && to.Empty()) {
			return nil, refused
		}
		if sniffed += len(line) + 1; unsure && sniffed >= sniff {
			if to.Empty() {
				return &partial.Problem{Name: ref.Name, Kind: partial.Skipped, Error: errNoRecords.Error()}, nil
			}
			unsure = false
		}
	}
}

// end says what an object is that ended by err: unsure is whether it may be no log at all, empty that no line was a record.
func (r *reader) end(ref sources.Ref, err error, unsure, empty bool) *partial.Problem {
	switch {
	case err == io.EOF && empty && unsure:
		return &partial.Problem{Name: ref.Name, Kind: partial.Skipped, Error: errNoRecords.Error()}
	case err == io.EOF && empty && ref.Log.Kind == logname.Access && r.lines.Number() > 0:
		return problem(ref.Name, errOther)
	case err == io.EOF:
		return nil
	}
	p := problem(ref.Name, err)
	if n := r.lines.Pending(); n > 0 {
		p.Error += fmt.Sprintf("; the last %d bytes are part of a line, and left out", n)
	}
	return p
}

// Next is the object's next block. It is decoded ahead from when there is a core for it.
func (r *reader) Next() ([]byte, error) {
	if r.ahead == nil && r.crew.idle() {
		r.ahead = newAhead(r.decode, r.cancel)
	}
	if r.ahead != nil {
		return r.ahead.next()
	}
	return r.decode()
}

// decode is the object's next block. Looking at the context here stops a long object soon.
func (r *reader) decode() ([]byte, error) {
	if r.ctx.Err() != nil {
		return nil, errInterrupted
	}
	block, err := r.blocks.Next()
	r.text += int64(len(block))
	r.meter.bytes.Add(int64(len(block)))
	r.meter.stored.Add(r.blocks.Compressed() - r.stored)
	r.stored = r.blocks.Compressed()
	return block, err
}

func problem(name string, err error) *partial.Problem {
	if p, ok := errors.AsType[*sources.Problem](err); ok {
		return &partial.Problem{Name: p.Name, Kind: string(p.Kind), Error: p.Reason()}
	}
	kind := string(sources.Unreadable)
	switch {
	case errors.Is(err, errInterrupted), errors.Is(err, context.Canceled):
		kind, err = partial.Interrupted, errInterrupted
	case errors.Is(err, inflate.ErrTruncated):
		kind = string(sources.Truncated)
	case errors.Is(err, inflate.ErrCorrupt), err == errOther:
		kind = "corrupt"
	}
	return &partial.Problem{Name: name, Kind: kind, Error: err.Error()}
}
