package parser

import "math/bits"

// find finds the line feeds of what it searches of text, which is all unless they are many, and returns how many there are.
func (f *lineFeeds) find(text []byte) (n, searched int) {
	if !wideVectors {
		return f.findSlowly(text)
	}
	n, searched = lineFeedsAVX512(text, f)
	if searched > len(text)-64 && n <= len(f)-64 { // less than 64 bytes are left
		for ; searched < len(text); searched++ {
			if text[searched] == '\n' {
				f[n] = uint32(searched)
				n++
			}
		}
	}
	return n, searched
}

// lineFeedsAVX512 is find for 64 bytes at a time, and leaves what is less than that.
//
//go:noescape
func lineFeedsAVX512(text []byte, at *lineFeeds) (n, searched int)

// slashAndQuery returns where the first slash and the first question mark of a text are, -1 for none.
func slashAndQuery(text []byte) (slash, query int) {
	if !wideVectors || len(text) > 255 {
		return slashAndQuerySlowly(text)
	}
	slashes, queries := slashAndQueryAVX512(text)
	slash, query = bits.TrailingZeros64(slashes), bits.TrailingZeros64(queries)
	if len(text) > 64 && max(slash, query) == 64 {
		return slashAndQuerySlowly(text)
	}
	if slash == 64 {
		slash = -1
	}
	if query == 64 {
		query = -1
	}
	return slash, query
}

// slashAndQueryAVX512 tells which of the first 64 bytes of a text, which has at most 255, are slashes and question marks.
//
//go:noescape
func slashAndQueryAVX512(text []byte) (slashes, queries uint64)
