package parser

import (
	"bytes"
	"encoding/binary"
	"math/bits"
)

// begins is where each field of a line begins, with its quotes, and where one more would: two bytes behind the end of the
// last. There is room for sixteen more that vectors write.
type begins [maxFast + 1 + 16]uint32

// maxFast is how many fields a line may have for the fast path.
const maxFast = 64

// splitFast does what split does for lines of the form that nearly all have, and reports whether line is one: fields
// between single blanks, quotes around some of them and nowhere else.
func (r *Record) splitFast(line []byte) bool {
	if len(line) < 64 {
		return false
	}
	n, backslash := fields(line, &r.begin)
	if n < MinFields || backslash && bytes.Contains(line, escapedQuote) {
		return false
	}
	r.Fields = n
	return true
}

var escapedQuote = []byte(`\"`)

// split finds the fields: text up to the next blank, or up to the closing quote for a field that opens with one.
func (r *Record) split(line []byte) error {
	n := 0
	for i := 0; i < len(line); i++ {
		if n < len(r.begin) {
			r.begin[n] = uint32(i)
		}
		end := 0
		if line[i] != '"' {
			if end = bareEnd(line, i); end == i {
				return r.fail(i+1, clampField(n), ErrEmptyField)
			}
		} else {
			if end = quoteEnd(line, i+1) + 1; end == 0 {
				return r.fail(i+1, clampField(n), ErrUnclosed)
			}
			if end < len(line) && line[end] != ' ' {
				return r.fail(end+1, clampField(n), ErrAfterQuote)
			}
		}
		n++
		i = end
	}
	if n < MinFields {
		return r.fail(len(line)+1, Field(n), ErrTooFewFields)
	}
	if n < len(r.begin) {
		r.begin[n] = uint32(len(line) + 1)
	}
	r.Fields = n
	return nil
}

func clampField(n int) Field { return Field(min(n, 255)) }

// bareEnd returns the index of the first blank at or after i, or len(line). Most bare fields are shorter than three
// words, for which looking at these is faster than to call IndexByte.
func bareEnd(line []byte, i int) int {
	for n := 0; n < 3 && i+8 <= len(line); n++ {
		w := binary.LittleEndian.Uint64(line[i:]) ^ ' '*lowBits
		if hit := (w - lowBits) &^ w & highBits; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
		i += 8
	}
	if j := bytes.IndexByte(line[i:], ' '); j >= 0 {
		return i + j
	}
	return len(line)
}

// quoteEnd returns the index of the closing quote of the field whose text starts at i, or -1. AWS writes a quote
// inside as \x22; logs that went through other tools have \", which is honoured too.
func quoteEnd(line []byte, i int) int {
	for {
		j := bytes.IndexByte(line[i:], '"')
		if j < 0 {
			return -1
		}
		i += j
		slashes := 0
		for i-slashes > 0 && line[i-slashes-1] == '\\' {
			slashes++
		}
		if slashes%2 == 0 {
			return i
		}
		i++
	}
}
