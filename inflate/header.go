package inflate

import (
	"encoding/binary"
	"fmt"
)

// https://www.rfc-editor.org/rfc/rfc1952, section 2.3
const (
	headerSize  = 10
	trailerSize = 8

	flagHeaderCRC = 1 << 1
	flagExtra     = 1 << 2
	flagName      = 1 << 3
	flagComment   = 1 << 4
	flagsReserved = 7 << 5 // "must be zero"

	maxString = 512 // of a name or comment with its zero, as in compress/gzip
)

var (
	errHeader   = fmt.Errorf("%w: gzip: invalid header", ErrCorrupt)
	errChecksum = fmt.Errorf("%w: gzip: invalid checksum", ErrCorrupt)
	errDeflate  = fmt.Errorf("%w: deflate: invalid data", ErrCorrupt)
)

// sniff tells gzip from text.
func (r *Reader) sniff() error {
	in := &r.in
	r.step = (*Reader).plain
	if in.fill(2) && in.buf[in.pos] == 0x1f && in.buf[in.pos+1] == 0x8b {
		r.step = (*Reader).header
	}
	return nil
}

// plain passes text on, which has no checksum.
func (r *Reader) plain() error {
	if !r.in.fill(1) {
		return r.in.err
	}
	r.pos += r.in.copy(r.out[r.pos:full])
	r.summed = r.pos
	return nil
}

// header reads the header of a member.
func (r *Reader) header() error {
	in := &r.in
	whole := in.fill(headerSize)
	magic := in.buf[in.pos:min(in.pos+3, in.end)]
	switch {
	case string(magic) != "\x1f\x8b\x08"[:len(magic)]:
		return errHeader
	case !whole:
		return in.short()
	}
	flags := in.buf[in.pos+3]
	if flags&flagsReserved != 0 {
		return errHeader
	}
	sum := in.skip(headerSize, 0)
	if flags&flagExtra != 0 {
		if !in.fill(2) {
			return in.short()
		}
		n := int(binary.LittleEndian.Uint16(in.buf[in.pos:]))
		sum = in.skip(2, sum)
		for n > 0 {
			if !in.fill(1) {
				return in.short()
			}
			part := min(n, in.end-in.pos)
			sum = in.skip(part, sum)
			n -= part
		}
	}
	for _, flag := range []byte{flagName, flagComment} {
		for n, last := 0, flags&flag == 0; !last; n++ {
			switch {
			case n == maxString:
				return errHeader
			case !in.fill(1):
				return in.short()
			}
			last = in.buf[in.pos] == 0
			sum = in.skip(1, sum)
		}
	}
	if flags&flagHeaderCRC != 0 {
		if !in.fill(2) {
			return in.short()
		}
		if binary.LittleEndian.Uint16(in.buf[in.pos:]) != uint16(sum) {
			return errHeader
		}
		in.pos += 2
	}
	r.deflate()
	return nil
}

// deflate starts on deflate data.
func (r *Reader) deflate() {
	r.begin, r.summed, r.digest.crc, r.size = r.pos, r.pos, 0, 0
	r.step = (*Reader).block
}

// trailer holds the member's text against its checksum and length.
func (r *Reader) trailer() error {
	in := &r.in
	in.align()
	if !in.fill(trailerSize) {
		return in.short()
	}
	r.sum(r.pos)
	digest := binary.LittleEndian.Uint32(in.buf[in.pos:])
	size := binary.LittleEndian.Uint32(in.buf[in.pos+4:])
	if digest != r.digest.crc || size != r.size {
		return errChecksum
	}
	in.pos += trailerSize
	r.step = (*Reader).padding
	return nil
}

// padding goes on behind the end of a member. Zeros there are padding, as tapes and some uploads leave.
func (r *Reader) padding() error {
	in := &r.in
	for in.fill(1) {
		for ; in.pos < in.end; in.pos++ {
			if in.buf[in.pos] != 0 {
				r.step = (*Reader).header
				return nil
			}
		}
	}
	return in.err
}
