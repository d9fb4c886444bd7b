package parser

import "bytes"

// lineFeeds is where line feeds are in a text.
type lineFeeds [128]uint32

// stretch is how much text is searched in one go: as much as the first-level cache holds until it is parsed.
const stretch = 16 << 10

func (f *lineFeeds) findSlowly(text []byte) (n, searched int) {
	for n < len(f) {
		i := bytes.IndexByte(text[searched:], '\n')
		if i < 0 {
			return n, len(text)
		}
		f[n] = uint32(searched + i)
		n++
		searched += i + 1
	}
	return n, searched
}

func slashAndQuerySlowly(text []byte) (slash, query int) {
	return bytes.IndexByte(text, '/'), bytes.IndexByte(text, '?')
}
