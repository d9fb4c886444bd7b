package inflate

import "encoding/binary"

const (
	maxLits  = 286 // lengths that a block's header gives; what a block without tables has beyond them is invalid
	maxDists = 30

	// The longest header of a block: kind and counts, the lengths of the code for code lengths, and each code length by
	// itself with the longest code and the most extra bits: 3+14 + 19*3 + (286+30)*(7+7) = 4498 bits.
	maxHeader = (3+14+preCodes*3+(maxLits+maxDists)*(preBits+7))/8 + 1
)

// preOrder is the order in which the lengths of the code for code lengths come.
var preOrder = [preCodes]uint8{16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15}

// block reads the header of a deflate block.
func (r *Reader) block() error {
	in := &r.in
	in.fill(maxHeader)
	in.refill()
	r.final = in.take(1) == 1
	r.step = (*Reader).symbols
	valid := true
	switch in.take(2) {
	case 0:
		r.step = (*Reader).storedSize
	case 1:
		if !r.fixed {
			r.codes, r.fixed = *fixedCodes(), true
		}
	case 2:
		r.fixed = false
		valid = r.dynamicCodes()
	case 3:
		valid = false
	}
	switch {
	case in.overrun():
		return in.short()
	case !valid:
		return errDeflate
	}
	return nil
}

// blockEnd goes on behind a deflate block.
func (r *Reader) blockEnd() {
	r.step = (*Reader).block
	if r.final {
		r.step = (*Reader).trailer
	}
}

func (r *Reader) storedSize() error {
	in := &r.in
	in.align()
	if !in.fill(4) {
		return in.short()
	}
	n := binary.LittleEndian.Uint16(in.buf[in.pos:])
	if binary.LittleEndian.Uint16(in.buf[in.pos+2:]) != ^n {
		return errDeflate
	}
	in.pos += 4
	r.stored = int(n)
	r.step = (*Reader).storedText
	return nil
}

func (r *Reader) storedText() error {
	for r.stored > 0 && r.pos < full {
		if !r.in.fill(1) {
			return r.in.short()
		}
		n := r.in.copy(r.out[r.pos:min(r.pos+r.stored, full)])
		r.pos += n
		r.stored -= n
	}
	if r.stored == 0 {
		r.blockEnd()
	}
	return nil
}

// dynamicCodes reads the tables of a block, and reports whether they are valid. It may overrun, by less than maxHeader.
func (r *Reader) dynamicCodes() bool {
	in := &r.in
	lits, dists, pres := int(in.take(5))+257, int(in.take(5))+1, int(in.take(4))+4
	if lits > maxLits || dists > maxDists {
		return false
	}
	var preLengths [preCodes]uint8
	for _, symbol := range preOrder[:pres] {
		in.refill()
		preLengths[symbol] = uint8(in.take(3))
	}
	var pre [1 << preBits]entry
	if !build(pre[:], preBits, preLengths[:], preSymbols[:]) {
		return false
	}
	var lengths [maxLits + maxDists]uint8
	n := lits + dists
	for i := 0; i < n; {
		in.refill()
		e := pre[in.bits&(1<<preBits-1)]
		in.take(e.uses())
		if e&special != 0 {
			return false
		}
		symbol := uint8(e >> 16)
		if symbol < 16 {
			lengths[i] = symbol
			i++
			continue
		}
		var length uint8
		var times int
		switch symbol {
		case 16:
			if i == 0 {
				return false
			}
			length = lengths[i-1]
			times = 3 + int(in.take(2))
		case 17:
			times = 3 + int(in.take(3))
		case 18:
			times = 11 + int(in.take(7))
		}
		if times > n-i {
			return false
		}
		for range times {
			lengths[i] = length
			i++
		}
	}
	return build(r.codes.lit[:], litBits, lengths[:lits], litSymbols[:]) &&
		build(r.codes.dist[:], distBits, lengths[lits:n], distSymbols[:])
}
