//go:build !amd64

package inflate

import "hash/crc32"

// A checksum is the CRC-32 of a text.
type checksum struct{ crc uint32 }

func (c *checksum) add(text []byte) { c.crc = crc32.Update(c.crc, crc32.IEEETable, text) }
