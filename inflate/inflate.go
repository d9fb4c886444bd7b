// Package inflate turns the bytes of an object into blocks of text. Gzip is told by its magic bytes, and all members
// are read, for AWS writes objects of several; anything else is text as it stands.
//
// The decoder follows libdeflate's: a 64-bit buffer of bits, tables that resolve a symbol and its extra bits in one
// look-up, matches copied by words past their end. A file each:
//
//   - input.go: a window of the object, and the bits taken from it
//   - header.go: what is around the deflate data of a member
//   - deflate.go: the headers of deflate blocks, and stored blocks
//   - huffman.go: code lengths to tables
//   - decode.go: the symbols of a block
//   - crc_amd64.s: checksums by AVX-512, where the processor has it; hash/crc32 elsewhere
//   - bits_unsafe.go: words loaded and stored; bits_safe.go is its twin with bounds checked, under the build tag
//     alblens_safe and on machines other than amd64 and arm64
package inflate

import (
	"errors"
	"io"
)

// BlockSize is the length of a full block: small enough to stay in the second-level cache until it is parsed.
const BlockSize = 256 << 10

var (
	// ErrTruncated says that the object ends in the middle of its gzip data.
	ErrTruncated = errors.New("cut short: the gzip data ends in the middle")
	// ErrCorrupt says that the gzip data is damaged.
	ErrCorrupt = errors.New("damaged gzip data")
)

const (
	history = 32 << 10 // as far back as a match goes
	full    = history + BlockSize
)

// A Reader reads one object after the other and keeps its buffers, which are in it. The zero value must be Reset before
// use. It is not safe for concurrent use, and not to be copied.
type Reader struct {
	in   input
	step func(*Reader) error // does the next part of the work, as far as the block has room
	err  error               // the end of the object, or what is wrong with it
	pos  int                 // end of the text in out
	cut  int                 // end of what Next returned of it

	begin  int      // of the member's text in out; 0 if that is no longer there
	summed int      // end of the text that digest and size cover
	digest checksum // of the member's text
	size   uint32   // of the member's text

	final  bool // the deflate block is the member's last
	fixed  bool // codes are those of blocks that bring none
	stored int  // what is left of a stored block

	// The arrays are in place, so that the loop in decode.go addresses all of them by one register.
	codes codes
	out   [outSize]byte // the history bytes before the block, the block, and what is decoded beyond it
}

// Reset starts over with a new object. It reads nothing yet.
func (r *Reader) Reset(object io.Reader) {
	r.in.reset(object)
	r.step, r.err = (*Reader).sniff, nil
	r.pos, r.cut = history, history
	r.begin, r.summed = history, history
}

// Compressed is how many bytes of the object were read so far.
func (r *Reader) Compressed() int64 { return r.in.read }

// Next returns the next block, which is valid until the next call and not to be changed, for matches go back to it; and
// at the end io.EOF. Another error can come with the last bytes before the fault: ErrTruncated, ErrCorrupt, or what the
// object failed with. The text up to there is that of every symbol whose bits are all in front of the fault.
func (r *Reader) Next() ([]byte, error) {
	r.slide()
	for r.pos < full && r.err == nil {
		r.err = r.step(r)
	}
	r.cut = min(r.pos, full)
	r.sum(r.cut)
	block := r.out[history:r.cut:r.cut]
	if r.cut < r.pos {
		return block, nil
	}
	return block, r.err
}

// slide moves what was returned out of the block, and keeps its end as history.
func (r *Reader) slide() {
	by := r.cut - history
	copy(r.out[:], r.out[by:r.pos])
	r.pos -= by
	r.cut -= by
	r.summed -= by
	r.begin = max(0, r.begin-by)
}

// sum brings digest and size up to end.
func (r *Reader) sum(end int) {
	if r.summed < end {
		r.digest.add(r.out[r.summed:end])
		r.size += uint32(end - r.summed)
		r.summed = end
	}
}
