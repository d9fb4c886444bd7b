package inflate

import (
	"hash/crc32"
	"io"
)

const (
	inSize = 64 << 10

	// What takes bits without asking whether they are there goes at most a block's header beyond end, and one symbol
	// (48 bits); the word that is loaded there is 8 bytes long.
	inSlack = maxHeader + 16

	maxEmpty = 100 // times that an object returns neither bytes nor an error, as in bufio
)

// input is a window of an object, and the bits that were taken from it.
type input struct {
	src   io.Reader
	err   error  // of the object, behind end
	read  int64  // bytes of the object so far
	pos   int    // of the next byte that is not in bits
	end   int    // of what was read; zeros follow when the object ends there
	bits  uint64 // the next bits, lowest first
	count uint   // how many of them count, less than 64; those above are the first ones at pos, or zero
	buf   [inSize + inSlack]byte
}

func (in *input) reset(src io.Reader) {
	in.src, in.err, in.read = src, nil, 0
	in.pos, in.end, in.bits, in.count = 0, 0, 0, 0
}

// giveBack gives whole bytes in bits back to the window. They are still there, in front of pos.
func (in *input) giveBack() {
	in.pos -= int(in.count >> 3)
	in.count &= 7
	in.bits &= 1<<in.count - 1
}

// align drops the bits up to the next byte, and gives the others back.
func (in *input) align() {
	in.giveBack()
	in.bits, in.count = 0, 0
}

// fill sees to it that n bytes are in the window, and reports whether they are: not if the object ends before.
func (in *input) fill(n int) bool {
	in.giveBack()
	if in.end-in.pos >= n {
		return true
	}
	if in.err != nil {
		return false
	}
	in.end = copy(in.buf[:], in.buf[in.pos:in.end])
	in.pos = 0
	for empty := 0; in.end < n && in.err == nil; {
		var m int
		m, in.err = in.src.Read(in.buf[in.end:inSize])
		in.end += m
		in.read += int64(m)
		if m > 0 {
			empty = 0
		} else if empty++; empty == maxEmpty && in.err == nil {
			in.err = io.ErrNoProgress
		}
	}
	if in.err != nil {
		clear(in.buf[in.end : in.end+inSlack])
	}
	return in.end >= n
}

// refill makes at least 56 bits count. They can be zeros beyond the end of the object; overrun tells when one is taken.
func (in *input) refill() { in.bits, in.count, in.pos = in.refilled(in.bits, in.count, in.pos) }

// refilled is refill on the caller's variables. It loads a word and counts as many of its bytes as bits has room for
// without a branch: 7 bytes less those there are, and count becomes 56 and what it was beyond whole bytes.
func (in *input) refilled(bits uint64, count uint, pos int) (uint64, uint, int) {
	return bits | load64(in.buf[:], pos)<<(count&63), count | 56, pos + 7 - int(count>>3&7)
}

// take takes n of the bits.
func (in *input) take(n uint) uint {
	v := in.bits & (1<<n - 1)
	in.bits >>= n
	in.count -= n
	return uint(v)
}

// overrun reports whether more bits were taken than the object has.
func (in *input) overrun() bool { return in.pos*8-int(in.count) > in.end*8 }

// short is why there are no more bytes: the object's error, or that it ends.
func (in *input) short() error {
	if in.err == io.EOF {
		return ErrTruncated
	}
	return in.err
}

// copy takes bytes, as far as they are in the window and p has room.
func (in *input) copy(p []byte) int {
	n := copy(p, in.buf[in.pos:in.end])
	in.pos += n
	return n
}

// skip takes n bytes that are in the window, and returns the checksum with them.
func (in *input) skip(n int, sum uint32) uint32 {
	sum = crc32.Update(sum, crc32.IEEETable, in.buf[in.pos:in.pos+n])
	in.pos += n
	return sum
}
