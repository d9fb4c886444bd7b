package inflate

import "hash/crc32"

var wideVectors = hasAVX512()

// A checksum is the CRC-32 of a text.
type checksum struct {
	crc  uint32
	rest [64]byte // here because what crc32.Update is given escapes
}

// add is crc32.Update with the IEEE table.
func (c *checksum) add(text []byte) {
	if n := len(text) &^ 255; n > 0 && wideVectors {
		foldAVX512(^c.crc, text[:n], &c.rest)
		c.crc = crc32.Update(^uint32(0), crc32.IEEETable, c.rest[:])
		text = text[n:]
	}
	c.crc = crc32.Update(c.crc, crc32.IEEETable, text)
}

// foldAVX512 shrinks text, of a multiple of 256 bytes and not none, to 64 bytes. Their checksum, begun with 0, is that of
// text begun with crc, both without the complements before and after that IEEE's has.
//
//go:noescape
func foldAVX512(crc uint32, text []byte, rest *[64]byte)

// hasAVX512 reports whether processor and system have the instructions of foldAVX512: AVX-512 F and VPCLMULQDQ.
func hasAVX512() bool
