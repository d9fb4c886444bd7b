package pathtemplate

import "math/bits"

// classes are where bytes of each kind occur in a path of at most 64 bytes, bit 0 being the first.
type classes struct {
	digits, hexLetters, letters uint64
	others                      uint64 // @ and %
	separators                  uint64 // dashes included
	slashes, dashes             uint64
}

// uuidDashes are those of a UUID that begins with the first byte.
const uuidDashes = 1<<8 | 1<<13 | 1<<18 | 1<<23

// appendClassified is Append for a path shorter than maxWord whose classes are known.
func appendClassified(dst, path []byte, c *classes) []byte {
	slashes := c.slashes | 1<<len(path)
	hex := c.digits | c.hexLetters
	copied := 0 // of path, into dst
	for left := c.digits | c.others; left != 0; {
		i := bits.TrailingZeros64(left)
		start := bits.Len64(c.slashes & (1<<i - 1))
		end := i + bits.TrailingZeros64(slashes>>i)
		segment := uint64(1)<<end - 1<<start
		left &^= segment
		name := "{int}"
		switch {
		case segment&(c.letters|c.others|c.separators) == 0:
		case segment&(c.others|c.separators) == 0 && end-start < minHex: // v1
			continue
		case segment&^hex == 0:
			name = "{hex}"
		case end-start == 36 && segment&^(hex|c.dashes) == 0 && segment&c.dashes == uuidDashes<<start:
			name = "{uuid}"
		default:
			dst = append(dst, path[copied:start]...)
			dst = appendSegment(dst, path[start:end], c.kindsIn(segment))
			copied = end
			continue
		}
		dst = append(dst, path[copied:start]...)
		dst = append(dst, name...)
		copied = end
	}
	return append(dst, path[copied:]...)
}

// kindsIn returns what appendSegment must know of what occurs in a segment.
func (c *classes) kindsIn(segment uint64) (k kind) {
	if segment&c.digits != 0 {
		k |= digit
	}
	if segment&c.letters != 0 {
		k |= letter
	}
	if segment&c.others != 0 {
		k |= at | percent
	}
	if segment&c.separators != 0 {
		k |= separator
	}
	return k
}
