// Package inflate turns the bytes of an object into blocks of text. Gzip is told by its magic bytes, and all members
// are read, for AWS writes objects of several; anything else is text as it stands.
package inflate

import (
	"bufio"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// BlockSize is the length of a full block: small enough to stay in the second-level cache until it is parsed.
const BlockSize = 256 << 10

var (
	// ErrTruncated says that the object ends in the middle of its gzip data.
	ErrTruncated = errors.New("cut short: the gzip data ends in the middle")
	// ErrCorrupt says that the gzip data is damaged.
	ErrCorrupt = errors.New("damaged gzip data")
)

// A Reader reads one object after the other and keeps its buffers. The zero value must be Reset before use. It is not
// safe for concurrent use.
type Reader struct {
	object  counter
	src     *bufio.Reader
	member  *gzip.Reader
	gzipped bool
	begun   bool
	block   []byte
	err     error
}

// counter counts what is read of the object, and keeps its error apart from those of the gzip data.
type counter struct {
	r    io.Reader
	read int64
	err  error
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.read += int64(n)
	if err != nil && err != io.EOF {
		c.err = err
	}
	return n, err
}

// Reset starts over with a new object. It reads nothing yet.
func (r *Reader) Reset(object io.Reader) {
	r.object = counter{r: object}
	if r.src == nil {
		r.src = bufio.NewReaderSize(nil, 64<<10)
		r.block = make([]byte, BlockSize)
		r.member = new(gzip.Reader)
	}
	r.src.Reset(&r.object)
	r.begun, r.gzipped, r.err = false, false, nil
}

// Compressed is how many bytes of the object were read so far.
func (r *Reader) Compressed() int64 { return r.object.read }

// Next returns the next block, which is valid until the next call, and at the end io.EOF. Another error can come with
// the last bytes before the fault: ErrTruncated, ErrCorrupt, or what the object failed with.
func (r *Reader) Next() ([]byte, error) {
	if !r.begun {
		r.begun = true
		r.err = r.begin()
	}
	n := 0
	for n < len(r.block) && r.err == nil {
		var m int
		m, r.err = r.read(r.block[n:])
		n += m
	}
	return r.block[:n], r.err
}

func (r *Reader) begin() error {
	magic, err := r.src.Peek(2)
	if len(magic) < 2 || magic[0] != 0x1f || magic[1] != 0x8b {
		if err != nil && err != io.EOF {
			return err
		}
		return nil
	}
	r.gzipped = true
	return r.openMember()
}

func (r *Reader) read(p []byte) (int, error) {
	if !r.gzipped {
		return r.src.Read(p)
	}
	n, err := r.member.Read(p)
	if err == io.EOF {
		return n, r.nextMember()
	}
	return n, r.fault(err)
}

func (r *Reader) openMember() error {
	if err := r.member.Reset(r.src); err != nil {
		if err == io.EOF {
			err = io.ErrUnexpectedEOF
		}
		return r.fault(err)
	}
	r.member.Multistream(false)
	return nil
}

// nextMember goes on behind the end of a member. Zeros there are padding, as tapes and some uploads leave.
func (r *Reader) nextMember() error {
	for {
		b, err := r.src.Peek(1)
		switch {
		case err == io.EOF:
			return io.EOF
		case err != nil:
			return err
		case b[0] != 0:
			return r.openMember()
		}
		r.src.Discard(1)
	}
}

func (r *Reader) fault(err error) error {
	switch {
	case err == nil:
		return nil
	case r.object.err != nil:
		return r.object.err
	case err == io.ErrUnexpectedEOF:
		return ErrTruncated
	}
	return fmt.Errorf("%w: %v", ErrCorrupt, err)
}
