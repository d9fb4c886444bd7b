// Package terminal makes text from log lines safe to show: nothing in it can steer the terminal or turn the direction
// of the text around it.
package terminal

import (
	"io"
	"strings"
	"unicode/utf8"

	"alblens/internal/jsontext"
)

const hex = "0123456789ABCDEF"

// Clean returns s with control characters, marks of direction and bytes that are no UTF-8 as \xHH for each of their
// bytes, which is how the load balancer writes them too. Line feeds and tabs are no exception.
func Clean(s string) string {
	if isClean(s) {
		return s
	}
	return string(appendClean(make([]byte, 0, len(s)+16), s, false))
}

func isClean(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return true
}

func appendClean(dst []byte, s string, lines bool) []byte {
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case lines && (r == '\n' || r == '\t'), !jsontext.Steers(r) && !(r == utf8.RuneError && size == 1):
			dst = append(dst, s[:size]...)
		default:
			for _, c := range []byte(s[:size]) {
				dst = append(dst, '\\', 'x', hex[c>>4], hex[c&15])
			}
		}
		s = s[size:]
	}
	return dst
}

// Writer returns a writer that cleans what goes through it, but for line feeds and tabs. A character that is split
// between two writes is taken for bytes that are no UTF-8.
func Writer(w io.Writer) io.Writer { return cleaner{w} }

type cleaner struct{ w io.Writer }

func (c cleaner) Write(p []byte) (int, error) {
	if _, err := c.w.Write(appendClean(make([]byte, 0, len(p)), string(p), true)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Cut shortens s to at most width characters, the last of them "…" if it was longer.
func Cut(s string, width int) string {
	if utf8.RuneCountInString(s) <= width {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		if width--; width <= 0 {
			break
		}
		b.WriteRune(r)
	}
	return b.String() + "…"
}
