package parser

import "io"

// Blocks is where Lines reads from. Next returns the next piece of the text, of any length, which is valid until the
// next call; at the end it returns io.EOF. A block that comes with an error is used first.
type Blocks interface {
	Next() (block []byte, err error)
}

// Lines cuts blocks into lines. The zero value must be Reset before use.
type Lines struct {
	blocks Blocks
	block  []byte // the current one
	begin  int    // of what is not yet handed out of it
	carry  []byte // the beginning of a line whose end is in a later block
	err    error  // of the last Next of blocks, once block is used up
	number int

	feeds       lineFeeds // in block[origin:searched]
	found, next int       // how many, and the first that is not used
	origin      int
	searched    int
}

// Reset starts over with new blocks and keeps the buffers.
func (l *Lines) Reset(blocks Blocks) {
	l.blocks, l.err, l.number, l.carry = blocks, nil, 0, l.carry[:0]
	l.use(nil)
}

// use begins with a block.
func (l *Lines) use(block []byte) {
	l.block, l.begin = block, 0
	l.found, l.next, l.searched = 0, 0, 0
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
	line, ended := l.cut()
	if ended && len(line) <= MaxLine {
		l.number++
		return line, nil
	}
	return l.join(line, ended)
}

// cut takes the text up to the next line feed of the block, or what is left of it.
func (l *Lines) cut() (text []byte, ended bool) {
	if l.next == l.found && !l.search() {
		text = l.block[l.begin:]
		l.begin = len(l.block)
		return text, false
	}
	end := l.origin + int(l.feeds[l.next])
	l.next++
	text = l.block[l.begin:end:end]
	l.begin = end + 1
	return text, true
}

// search finds the next line feeds of the block, if it has any.
func (l *Lines) search() bool {
	for l.searched < len(l.block) {
		l.origin = l.searched
		found, searched := l.feeds.find(l.block[l.origin:min(l.origin+stretch, len(l.block))])
		l.found, l.next, l.searched = found, 0, l.origin+searched
		if found > 0 {
			return true
		}
	}
	return false
}

// join puts together a line that does not lie whole in the current block, and begins with part.
func (l *Lines) join(part []byte, ended bool) ([]byte, error) {
	l.carry = l.carry[:0]
	length := 0
	for {
		length += len(part)
		l.carry = append(l.carry, part[:min(len(part), MaxLine-len(l.carry))]...)
		switch {
		case !ended && l.err == nil:
			var block []byte
			block, l.err = l.blocks.Next()
			l.use(block)
			part, ended = l.cut()
			continue
		case !ended && (l.err != io.EOF || length == 0):
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
