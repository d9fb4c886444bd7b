// Package jsontext appends JSON text piece by piece, in an order that the caller decides.
package jsontext

import (
	"strconv"
	"unicode/utf8"
)

const hex = "0123456789abcdef"

// AppendString appends s as a JSON string. Bytes that are no UTF-8 become U+FFFD. Besides what JSON demands, it escapes
// characters that steer terminals or turn the direction of text, for the output may be looked at as it is.
func AppendString[T string | []byte](dst []byte, s T) []byte {
	dst = append(dst, '"')
	start := 0
	for i := 0; i < len(s); {
		c := s[i]
		if c >= ' ' && c < 0x7f && c != '"' && c != '\\' {
			i++
			continue
		}
		dst = append(dst, s[start:i]...)
		var r rune
		size := 1
		if c < utf8.RuneSelf {
			r = rune(c)
		} else {
			r, size = utf8.DecodeRuneInString(string(s[i:min(i+utf8.UTFMax, len(s))]))
		}
		dst = appendRune(dst, r)
		i += size
		start = i
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

func appendRune(dst []byte, r rune) []byte {
	switch {
	case r == '"' || r == '\\':
		return append(dst, '\\', byte(r))
	case r == '\n':
		return append(dst, '\\', 'n')
	case r == '\t':
		return append(dst, '\\', 't')
	case r == '\r':
		return append(dst, '\\', 'r')
	case Steers(r):
		return append(dst, '\\', 'u', hex[r>>12&15], hex[r>>8&15], hex[r>>4&15], hex[r&15])
	}
	return utf8.AppendRune(dst, r)
}

// Steers reports whether a character, shown as it is, could do something to a terminal or to the direction of the text
// around it: control characters, line and paragraph separators, marks of direction, the byte order mark.
func Steers(r rune) bool {
	return r < ' ' || r >= 0x7f && r <= 0x9f || r >= 0x200b && r <= 0x200f || r >= 0x2028 && r <= 0x202e ||
		r >= 0x2060 && r <= 0x206f || r == 0x061c || r == 0xfeff
}

// An Object appends the members of a JSON object to a buffer. Its methods return it, so that calls can be chained.
type Object struct {
	b     []byte
	first bool
}

// Begin starts an object behind dst.
func Begin(dst []byte) *Object { return &Object{append(dst, '{'), true} }

// End closes the object and returns the buffer.
func (o *Object) End() []byte { return append(o.b, '}') }

// Key appends a member's name; its value must follow through Append.
func (o *Object) Key(name string) *Object {
	if !o.first {
		o.b = append(o.b, ',', ' ')
	}
	o.first = false
	o.b = AppendString(o.b, name)
	o.b = append(o.b, ':', ' ')
	return o
}

// Append replaces the buffer by what f makes of it.
func (o *Object) Append(f func(dst []byte) []byte) *Object {
	o.b = f(o.b)
	return o
}

// String appends a member.
func (o *Object) String(name, value string) *Object {
	o.Key(name)
	o.b = AppendString(o.b, value)
	return o
}

// Null appends a member that is absent.
func (o *Object) Null(name string) *Object {
	o.Key(name)
	o.b = append(o.b, "null"...)
	return o
}

// Bool appends a member.
func (o *Object) Bool(name string, value bool) *Object {
	o.Key(name)
	o.b = strconv.AppendBool(o.b, value)
	return o
}

// Int appends a member.
func (o *Object) Int(name string, value int64) *Object {
	o.Key(name)
	o.b = strconv.AppendInt(o.b, value, 10)
	return o
}

// Uint appends a member.
func (o *Object) Uint(name string, value uint64) *Object {
	o.Key(name)
	o.b = strconv.AppendUint(o.b, value, 10)
	return o
}

// Decimal appends a member whose value is millionths, without zeros at its end.
func (o *Object) Decimal(name string, millionths int64) *Object {
	o.Key(name)
	o.b = AppendDecimal(o.b, millionths, 6)
	return o
}

// AppendDecimal appends value / 10^places exactly, without zeros at its end.
func AppendDecimal(dst []byte, value int64, places int) []byte {
	if value < 0 {
		dst, value = append(dst, '-'), -value
	}
	unit := int64(1)
	for range places {
		unit *= 10
	}
	dst = strconv.AppendInt(dst, value/unit, 10)
	rest := value % unit
	if rest == 0 {
		return dst
	}
	dst = append(dst, '.')
	for rest > 0 {
		unit /= 10
		dst = append(dst, byte('0'+rest/unit))
		rest %= unit
	}
	return dst
}
