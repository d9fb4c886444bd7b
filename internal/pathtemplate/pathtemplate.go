// Package pathtemplate groups request paths that differ only in identifiers: /users/17 and /users/18 are both
// /users/{int}. Words are never touched, so /api/users and /api/orders stay apart.
package pathtemplate

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/bits"
	"regexp"
	"strings"
)

// Templates turns paths into templates. It is safe for concurrent use.
type Templates struct{ own []rule }

type rule struct {
	match *regexp.Regexp
	name  []byte
}

// New returns the built-in templates preceded by one's own, each "RE=NAME": a path that RE matches becomes NAME, in
// which $1 or ${word} stand for what the groups of RE matched. The first match wins.
func New(own []string) (*Templates, error) {
	t := &Templates{}
	for _, spec := range own {
		i := strings.LastIndexByte(spec, '=')
		if i <= 0 || i == len(spec)-1 || spec[i+1:] == "-" { // - means that there is no path
			return nil, fmt.Errorf("path template %q: want RE=NAME", spec)
		}
		re, err := regexp.Compile(spec[:i])
		if err != nil {
			return nil, fmt.Errorf("path template %q: %w", spec, err)
		}
		t.own = append(t.own, rule{re, []byte(spec[i+1:])})
	}
	return t, nil
}

// Own returns one's own templates as New takes them.
func (t *Templates) Own() []string {
	var specs []string
	for _, r := range t.own {
		specs = append(specs, r.match.String()+"="+string(r.name))
	}
	return specs
}

// maxTemplate bounds what is taken of a path, for a request line may hold 16 KB of it.
const maxTemplate = 256

// Append appends the template of path, which is without its query, to dst.
func (t *Templates) Append(dst, path []byte) []byte {
	for _, r := range t.own {
		if m := r.match.FindSubmatchIndex(path); m != nil {
			return r.match.Expand(dst, r.name, path, m)
		}
	}
	switch {
	case len(path) >= maxWord:
		return appendLong(dst, path)
	case vectors && len(path) > 0:
		var c classes
		classify(path, &c)
		return appendClassified(dst, path, &c)
	}
	return appendShort(dst, path)
}

// appendShort is Append for a path shorter than maxWord.
func appendShort(dst, path []byte) []byte {
	copied := 0 // of path, into dst
	for start := 0; ; {
		i := special(path, start)
		if i == len(path) {
			return append(dst, path[copied:]...)
		}
		segment := i
		for segment > start && path[segment-1] != '/' {
			segment--
		}
		var kinds kind
		end := segment
		for end < len(path) && path[end] != '/' {
			kinds |= kindOf[path[end]]
			end++
		}
		start = end
		if end-segment < minHex && kinds != digit && kinds&^(digit|letter|hexLetter) == 0 { // v1
			continue
		}
		dst = append(dst, path[copied:segment]...)
		dst = appendSegment(dst, path[segment:end], kinds)
		copied = end
	}
}

// special returns the index of the first byte from i on that can be part of an identifier: a digit, @ or %. It is
// len(path) if there is none.
func special(path []byte, i int) int {
	const low, high = 0x0101010101010101, 0x8080808080808080
	for ; i+8 <= len(path); i += 8 {
		w := binary.LittleEndian.Uint64(path[i:])
		digits := w ^ '0'*low // 0 to 9 for digits
		digits = ^(digits | (digits&^high + 0x76*low))
		ats, percents := w^'@'*low, w^'%'*low // 0 for these
		ats, percents = (ats-low)&^ats, (percents-low)&^percents
		if hit := (digits | ats | percents) & high; hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for ; i < len(path); i++ {
		if kindOf[path[i]]&(digit|at|percent) != 0 {
			break
		}
	}
	return i
}

// appendLong is Append for a path in which a segment can be too long for a word, or the path for a template.
func appendLong(dst, path []byte) []byte {
	limit := len(dst) + maxTemplate
	for i := 0; i < len(path); {
		var kinds kind
		j := i
		for j < len(path) && path[j] != '/' {
			kinds |= kindOf[path[j]]
			j++
		}
		if kinds&(digit|at|percent) == 0 && j-i < maxWord {
			dst = append(dst, path[i:j]...)
		} else {
			dst = appendSegment(dst, path[i:j], kinds)
		}
		if j < len(path) {
			dst = append(dst, '/')
			j++
		}
		i = j
		if len(dst) >= limit {
			return append(dst[:limit], "…"...)
		}
	}
	return dst
}

type kind uint8

const (
	digit kind = 1 << iota
	hexLetter
	letter // hexLetter's included
	separator
	at
	percent
	slash // as what separates segments
	dash  // a separator too
)

const (
	maxWord  = 64 // a segment longer than this is no word
	minToken = 16 // letters and digits without a separator, mixed
	minHex   = 8
)

var kindOf = func() (k [256]kind) {
	for c := '0'; c <= '9'; c++ {
		k[c] = digit
	}
	for c := 'a'; c <= 'z'; c++ {
		k[c], k[c-32] = letter, letter
	}
	for c := 'a'; c <= 'f'; c++ {
		k[c], k[c-32] = letter|hexLetter, letter|hexLetter
	}
	for _, c := range ".-_~:,;=+!()" {
		k[c] = separator
	}
	k['@'], k['%'], k['/'] = at, percent, slash
	k['-'] |= dash
	return k
}()

// appendSegment appends a segment, in which the kinds occur and which may hold an identifier.
func appendSegment(dst, seg []byte, kinds kind) []byte {
	switch {
	case kinds == digit:
		return append(dst, "{int}"...)
	case kinds&^(digit|letter|hexLetter) == 0 && len(seg) < minHex: // v1
		return append(dst, seg...)
	case kinds&digit != 0 && isUUID(seg):
		return append(dst, "{uuid}"...)
	case kinds&digit != 0 && isDate(seg):
		return append(dst, "{date}"...)
	case kinds&(at|percent) != 0 && isEmail(seg):
		return append(dst, "{email}"...)
	}
	start := len(dst)
	for i := 0; i < len(seg); {
		j := i
		var kinds kind
		for j < len(seg) && kindOf[seg[j]]&(separator|at) == 0 {
			kinds |= kindOf[seg[j]]
			j++
		}
		dst = appendWord(dst, seg[i:j], kinds)
		if j < len(seg) {
			dst = append(dst, seg[j])
			j++
		}
		i = j
	}
	if len(dst)-start >= maxWord {
		return append(dst[:start], "{token}"...)
	}
	return dst
}

// appendWord appends a run without separators, in which the kinds occur.
func appendWord(dst, word []byte, kinds kind) []byte {
	switch {
	case kinds == digit:
		return append(dst, "{int}"...)
	case kinds&digit != 0 && len(word) >= minHex && isHex(word):
		return append(dst, "{hex}"...)
	case kinds&digit != 0 && kinds&letter != 0 && len(word) >= minToken:
		return append(dst, "{token}"...)
	}
	return append(dst, word...)
}

func isHex(b []byte) bool {
	for _, c := range b {
		if kindOf[c]&(digit|hexLetter) == 0 {
			return false
		}
	}
	return true
}

func isUUID(b []byte) bool {
	return len(b) == 36 && b[8] == '-' && b[13] == '-' && b[18] == '-' && b[23] == '-' &&
		isHex(b[:8]) && isHex(b[9:13]) && isHex(b[14:18]) && isHex(b[19:23]) && isHex(b[24:])
}

// isDate tells 2026-11-20, 2026-11, and either with a time behind it.
func isDate(b []byte) bool {
	if len(b) < 7 || b[4] != '-' || !isDigits(b[:4]) || !isDigits(b[5:7]) || (b[0] != '1' && b[0] != '2') {
		return false
	}
	rest := b[7:]
	if len(rest) >= 3 && rest[0] == '-' && isDigits(rest[1:3]) {
		rest = rest[3:]
	}
	return len(rest) == 0 || rest[0] == 'T' && len(rest) > 2 && isDigits(rest[1:3])
}

func isDigits(b []byte) bool {
	for _, c := range b {
		if kindOf[c] != digit {
			return false
		}
	}
	return len(b) > 0
}

func isEmail(b []byte) bool {
	i, sign := bytes.IndexByte(b, '@'), 1
	if i < 0 {
		i, sign = bytes.Index(b, encodedAt), 3
	}
	return i > 0 && bytes.IndexByte(b[i+sign:], '.') > 0
}

var encodedAt = []byte("%40")
