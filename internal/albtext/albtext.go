// Package albtext decodes the escapes of quoted fields: the load balancer writes quotes, backslashes, control characters
// and all that is not ASCII as \xHH.
package albtext

import "bytes"

// Decode returns s with the escapes decoded.
func Decode(s string) string {
	if bytes.IndexByte([]byte(s), '\\') < 0 {
		return s
	}
	return string(AppendDecoded(nil, []byte(s)))
}

// AppendDecoded appends v with the escapes decoded: \xHH, the long form \x000000HH that some lines of 2020 have,
// and \" as other tools write it.
func AppendDecoded(dst, v []byte) []byte {
	for {
		i := bytes.IndexByte(v, '\\')
		if i < 0 || i == len(v)-1 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		v = v[i:]
		switch c, size := escape(v); {
		case size > 0:
			dst, v = append(dst, c), v[size:]
		default:
			dst, v = append(dst, '\\'), v[1:]
		}
	}
}

// escape decodes the escape that v begins with; size is 0 if it is none.
func escape(v []byte) (c byte, size int) {
	if len(v) >= 2 && v[1] == '"' {
		return '"', 2
	}
	if len(v) < 4 || v[1] != 'x' {
		return 0, 0
	}
	if len(v) >= 10 && bytes.HasPrefix(v[2:], []byte("000000")) {
		if hi, lo := unhex(v[8]), unhex(v[9]); hi|lo < 16 {
			return hi<<4 | lo, 10
		}
	}
	if hi, lo := unhex(v[2]), unhex(v[3]); hi|lo < 16 {
		return hi<<4 | lo, 4
	}
	return 0, 0
}

// unhex returns 255 for what is no hexadecimal digit.
func unhex(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
