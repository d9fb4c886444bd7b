package inflate

import (
	"math/bits"
	"sync"
)

// https://www.rfc-editor.org/rfc/rfc1951, section 3.2
const (
	litCodes  = 288 // literals, the end of the block, lengths
	distCodes = 32
	preCodes  = 19 // code lengths
	endCode   = 256
	maxLength = 15 // bits of a code

	litBits  = 11
	distBits = 8
	preBits  = 7 // no code of a code length is longer

	// The most entries that a table takes with its subtables: what `enough 288 11 15` and `enough 32 8 15` of zlib's
	// examples print.
	litSize  = 2342
	distSize = 402
)

// codes are the tables of a deflate block.
type codes struct {
	lit  [litSize]entry
	dist [distSize]entry
}

// An entry tells what the next bits mean:
//
//	bits 0 to 7    how many bits it takes, extra bits and a second literal's included
//	bits 8 to 11   how many of them are its code, the first literal's if there are two; the bits that index a subtable
//	bits 12 to 15  the kind
//	bits 16 to 31  a literal, and above it a second; a length, distance or code length without its extra bits; where a
//	               subtable begins
type entry uint32

const (
	literal entry = 1 << 15
	single  entry = literal | 1<<12 // bits 12 and 13 count the literals
	double  entry = literal | 2<<12
	special entry = 1 << 14 // invalid, but with one of these:
	pointer entry = special | 1<<13
	endmark entry = special | 1<<12
)

func (e entry) uses() uint { return uint(e & 0xff) }

// codeUses is of literals: what the first of them takes.
func (e entry) codeUses() uint { return uint(e >> 8 & 15) }

// literals is how many they are.
func (e entry) literals() int { return int(e >> 12 & 3) }

// value is a length or distance, of the bits that begin with its code.
func (e entry) value(bits uint64) int {
	return int(e>>16) + int(bits&(1<<(e&63)-1)>>(e>>8&15))
}

// sub is the index of the entry in the subtable e points to, of the bits behind those that led to e. It is within the
// table because build made both; who uses it has it checked.
func (e entry) sub(bits uint64) uint64 { return uint64(e>>16) + bits&(1<<(e>>8&15)-1) }

// The entries of the symbols, but for the code: build adds its length, to bits 0 to 7 and to bits 8 to 11.
var (
	litSymbols = func() (s [litCodes]entry) {
		for i := range endCode {
			s[i] = single | entry(i)<<16
		}
		s[endCode] = endmark
		base := 3
		for i := endCode + 1; i < 285; i++ {
			extra := max(0, (i-257)/4-1)
			s[i] = entry(base<<16 | extra)
			base += 1 << extra
		}
		s[285] = 258 << 16
		s[286], s[287] = special, special
		return s
	}()

	distSymbols = func() (s [distCodes]entry) {
		base := 1
		for i := range 30 {
			extra := max(0, i/2-1)
			s[i] = entry(base<<16 | extra)
			base += 1 << extra
		}
		s[30], s[31] = special, special
		return s
	}()

	preSymbols = func() (s [preCodes]entry) {
		for i := range s {
			s[i] = entry(i << 16)
		}
		return s
	}()
)

// fixedCodes are the tables of blocks that bring none.
var fixedCodes = sync.OnceValue(func() *codes {
	var lits [litCodes]uint8
	for i := range lits {
		switch {
		case i < 144, i >= 280:
			lits[i] = 8
		case i < 256:
			lits[i] = 9
		default:
			lits[i] = 7
		}
	}
	var dists [distCodes]uint8
	for i := range dists {
		dists[i] = 5
	}
	var c codes
	build(c.lit[:], litBits, lits[:], litSymbols[:])
	build(c.dist[:], distBits, dists[:], distSymbols[:])
	return &c
})

// build makes the table of a canonical code: 1<<width entries, for the next width bits, and behind them the subtables
// of the codes that are longer. It reports whether the lengths are a code: complete; or of one bit for one symbol; or
// empty. Other incomplete ones are none, as in compress/flate and zlib.
func build(table []entry, width int, lengths []uint8, symbols []entry) bool {
	var count, first, next, literals [maxLength + 1]int
	for _, n := range lengths {
		count[n]++
	}
	count[0] = 0
	used, space := 0, 0 // codes, and of all 1<<maxLength the bit strings that begin with one
	for n := 1; n <= maxLength; n++ {
		first[n] = used
		used += count[n]
		space += count[n] << (maxLength - n)
	}
	scanty := used == 0 || used == 1 && count[1] == 1
	if space != 1<<maxLength && !scanty {
		return false
	}

	// In the order in which codes are given out: by length, then by symbol, so literals before what else is as long.
	var sorted [litCodes]entry
	next = first
	for i, n := range lengths {
		if n != 0 {
			e := symbols[i]
			sorted[next[n]] = e
			next[n]++
			literals[n] += int(e >> 15 & 1)
		}
	}
	if scanty {
		for i := range 1 << width {
			table[i] = special
			if used == 1 {
				table[i] += 1<<8 | 1
			}
		}
		for i := 0; i < 1<<width && used == 1; i += 2 {
			table[i] = sorted[0] + (1<<8 | 1)
		}
		return true
	}

	// Codes come with their first bit lowest, so that the table of what takes up to n bits, repeated, is that of n+1 but
	// for what takes n+1. Two literals are an entry where both fit, instead of the first one's own.
	var given [litCodes]uint16 // the codes
	code, at := 0, 0           // the next one, and how many were given
	for n := 1; n <= width; n++ {
		half := 1 << (n - 1)
		copy(table[half:2*half], table[:half])
		for range count[n] {
			table[code] = sorted[at] + entry(n<<8|n)
			given[at] = uint16(code)
			code = following(code, n)
			at++
		}
		for n1 := 1; n1 < n; n1++ {
			ones, twos := first[n1], first[n-n1]
			for i := ones; i < ones+literals[n1]; i++ {
				e := sorted[i] + double - single + entry(n1<<8|n)
				for j := twos; j < twos+literals[n-n1]; j++ {
					table[given[i]|given[j]<<n1] = e | sorted[j]<<8&0xff000000
				}
			}
		}
	}
	prefix, start, end := -1, 0, 1<<width
	for n := width + 1; n <= maxLength; n++ {
		for left := count[n]; left > 0; left-- {
			if low := code & (1<<width - 1); low != prefix {
				// The codes from here on begin with the same bits until they fill the subtable, so count on to its size.
				sub := n - width
				for filled := left; filled < 1<<sub; {
					sub++
					filled = 2*filled + count[width+sub]
				}
				prefix, start, end = low, end, end+1<<sub
				table[prefix] = pointer | entry(start<<16|sub<<8|width)
			}
			e := sorted[at] + entry((n-width)<<8|(n-width))
			for i := start + code>>width; i < end; i += 1 << (n - width) {
				table[i] = e
			}
			code = following(code, n)
			at++
		}
	}
	return true
}

// following is the code of n bits behind code, both with their first bit lowest: the last 0 becomes 1, and the 1s behind
// it 0.
func following(code, n int) int {
	zeros := code ^ (1<<n - 1)
	bit := 1 << bits.Len(uint(zeros)) >> 1
	return code&(bit-1) | bit
}
