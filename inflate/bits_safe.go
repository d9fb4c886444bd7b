//go:build alblens_safe || !(amd64 || arm64)

package inflate

import "encoding/binary"

func load64(b []byte, i int) uint64 { return binary.LittleEndian.Uint64(b[i:]) }

func store64(b []byte, i int, v uint64) { binary.LittleEndian.PutUint64(b[i:], v) }

func store16(b []byte, i int, v uint16) { binary.LittleEndian.PutUint16(b[i:], v) }

// copy16 copies 16 bytes that do not overlap.
func copy16(b []byte, to, from int) { *(*[16]byte)(b[to:]) = *(*[16]byte)(b[from:]) }
