//go:build !alblens_safe && (amd64 || arm64)

package inflate

import "unsafe"

// Here nothing checks bounds: each caller says why it is within them. Both machines are little-endian, and load and
// store words at any address.

func at(b []byte, i int) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), i) }

func load64(b []byte, i int) uint64 { return *(*uint64)(at(b, i)) }

func store64(b []byte, i int, v uint64) { *(*uint64)(at(b, i)) = v }

func store16(b []byte, i int, v uint16) { *(*uint16)(at(b, i)) = v }

// copy16 copies 16 bytes that do not overlap.
func copy16(b []byte, to, from int) { *(*[16]byte)(at(b, to)) = *(*[16]byte)(at(b, from)) }
