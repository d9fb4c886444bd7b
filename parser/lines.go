package parser

import (
	"bytes"
	"io"
)

// Blocks is where Lines reads from. Next returns the next piece of the text, of any length, which is valid until the
// next call; at the end it returns io.EOF. A block that comes with an error is used first.
type Blocks interface {
	Next() (block []byte, err error)
}

// Lines cuts blocks into lines. The zero value must be Reset before use.
type Lines struct {
	blocks Blocks
	block  []byte // what is not yet handed out of the current block
	carry  []byte // the beginning of a line whose end is in a later block
	err    error  // of the last Next of blocks, once block is used up
	number int
}

// Reset starts over with new blocks and keeps the buffers.
func (l *Lines) Reset(blocks Blocks) {
	*l = Lines{blocks: blocks, carry: l.carry[:0]}
}

// Number is that of the line returned last, from 1.
func (l *Lines) Number() int { return l.number }

// Pending is how many bytes of a line had been read when the blocks failed. Such a line is never handed out, for a
// cut line can look like a whole one.
func (l *Lines) Pending() int { return len(l.carry) }

// Next returns the next line without its line feed; the last one needs none. The line is valid until the next call.
// A line longer than MaxLine gives its beginning and ErrTooLong, and the ones behind it are read as usual. At the end
// it returns io.EOF, or the error of the blocks.
func (l *Lines) Next() ([]byte, error) {
	if i := bytes.IndexByte(l.block, '\n'); i >= 0 && len(l.carry) == 0 && i <= MaxLine {
		line := l.block[:i:i]
		l.block = l.block[i+1:]
		l.number++
		return line, nil
	}
	return l.join()
}

// join puts together a line that does not lie whole in the current block.
func (l *Lines) join() ([]byte, error) {
	l.carry = l.carry[:0]
	length := 0
	for {
		i := bytes.IndexByte(l.block, '\n')
		part := l.block
		if i >= 0 {
			part = l.block[:i]
			l.block = l.block[i+1:]
		} else {
			l.block = nil
		}
		length += len(part)
		l.carry = append(l.carry, part[:min(len(part), MaxLine-len(l.carry))]...)
		if i < 0 && l.err == nil {
			l.block, l.err = l.blocks.Next()
			continue
		}
		if i < 0 && (l.err != io.EOF || length == 0) {
			return nil, l.err
		}
		line := l.carry
		l.carry = l.carry[:0]
		l.number++
		if length > MaxLine {
			return line, ErrTooLong
		}
		return line, nil
	}
}
