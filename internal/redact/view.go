package redact

import "strings"

// A view is a text with its escapes undone, until none is left.
type view struct {
	plain string
	at    []int // where each byte of plain begins in the text, and one more for the text's end
}

// decode undoes \xHH and its long form \x000000HH, \" and %HH. Bytes that form an escape only when others are undone are
// undone too: %252E is a dot.
func decode(text string) view {
	if strings.IndexByte(text, '\\') < 0 && strings.IndexByte(text, '%') < 0 {
		return view{plain: text}
	}
	plain, at := make([]byte, 0, len(text)), make([]int, 0, len(text)+1)
	for i := 0; i < len(text); {
		c, size := text[i], 1
		if strings.HasPrefix(text[i:], `\x000000`) && len(text) >= i+10 && isHex(text[i+8]) && isHex(text[i+9]) {
			c, size = unhex(text[i+8], text[i+9]), 10
		}
		plain, at = append(plain, c), append(at, i)
		i += size
		for { // each round takes bytes away, so all rounds together are as many as there are bytes
			c, size := escapeAtEnd(plain)
			if size == 0 {
				break
			}
			plain, at = plain[:len(plain)-size+1], at[:len(at)-size+1]
			plain[len(plain)-1] = c
		}
	}
	return view{string(plain), append(at, len(text))}
}

// escapeAtEnd decodes the escape that b ends with; size is 0 if it ends with none.
func escapeAtEnd(b []byte) (c byte, size int) {
	n := len(b)
	switch {
	case n >= 2 && b[n-2] == '\\' && b[n-1] == '"':
		return '"', 2
	case n >= 3 && b[n-3] == '%' && isHex(b[n-2]) && isHex(b[n-1]):
		return unhex(b[n-2], b[n-1]), 3
	case n >= 4 && b[n-4] == '\\' && b[n-3] == 'x' && isHex(b[n-2]) && isHex(b[n-1]):
		return unhex(b[n-2], b[n-1]), 4
	}
	return 0, 0
}

func isHex(c byte) bool { return c-'0' <= 9 || c|0x20-'a' <= 5 }

func unhex(high, low byte) byte { return digit(high)<<4 | digit(low) }

func digit(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}

// offset is where byte i of plain begins in the text.
func (v *view) offset(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// raw reports whether byte i of plain stands in the text as it is.
func (v *view) raw(i int) bool { return v.offset(i+1)-v.offset(i) == 1 }

// An edit replaces bytes from up to to of a view's plain text.
type edit struct {
	from, to int
	with     string
}

// apply makes the edits, which stand in order and do not overlap, in the text that v is a view of.
func (v *view) apply(text string, edits []edit) string {
	if len(edits) == 0 {
		return text
	}
	var b strings.Builder
	done := 0
	for _, e := range edits {
		b.WriteString(text[done:v.offset(e.from)])
		b.WriteString(e.with)
		done = v.offset(e.to)
	}
	b.WriteString(text[done:])
	return b.String()
}
