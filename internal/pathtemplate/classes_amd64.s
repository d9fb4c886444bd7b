#include "textflag.h"

// func classifyAVX512(path []byte, c *classes)
TEXT ·classifyAVX512(SB), NOSPLIT, $0-32
	MOVQ path_base+0(FP), SI
	MOVQ path_len+8(FP), CX
	MOVQ c+24(FP), DI

	NEGQ  CX
	MOVQ  $-1, AX
	SHRQ  CX, AX // as many ones as the path has bytes: of the count the lowest 6 bits matter
	KMOVQ AX, K1

	// Bits 0 to 6 of a byte choose among the 128 of two registers; those with bit 7 are of no kind.
	VMOVDQU8.Z (SI), K1, Z0
	VPMOVB2M   Z0, K2
	KANDNQ     K1, K2, K2
	VMOVDQU64  ·kindOf+0(SB), Z1
	VPERMI2B.Z ·kindOf+64(SB), Z1, K2, Z0

	VPTESTMB digits<>(SB), Z0, K1
	VPTESTMB hexLetters<>(SB), Z0, K2
	VPTESTMB letters<>(SB), Z0, K3
	VPTESTMB others<>(SB), Z0, K4
	VPTESTMB separators<>(SB), Z0, K5
	VPTESTMB slashes<>(SB), Z0, K6
	VPTESTMB dashes<>(SB), Z0, K7
	KMOVQ    K1, 0(DI)
	KMOVQ    K2, 8(DI)
	KMOVQ    K3, 16(DI)
	KMOVQ    K4, 24(DI)
	KMOVQ    K5, 32(DI)
	KMOVQ    K6, 40(DI)
	KMOVQ    K7, 48(DI)
	VZEROUPPER
	RET

#define EIGHT(name, at, word) \
	DATA name+(at+0)(SB)/8, word \
	DATA name+(at+8)(SB)/8, word \
	DATA name+(at+16)(SB)/8, word \
	DATA name+(at+24)(SB)/8, word \
	DATA name+(at+32)(SB)/8, word \
	DATA name+(at+40)(SB)/8, word \
	DATA name+(at+48)(SB)/8, word \
	DATA name+(at+56)(SB)/8, word \
	GLOBL name(SB), RODATA|NOPTR, $64

// The bits of kinds.
EIGHT(digits<>, 0, $0x0101010101010101)
EIGHT(hexLetters<>, 0, $0x0202020202020202)
EIGHT(letters<>, 0, $0x0404040404040404)
EIGHT(others<>, 0, $0x3030303030303030)
EIGHT(separators<>, 0, $0x0808080808080808)
EIGHT(slashes<>, 0, $0x4040404040404040)
EIGHT(dashes<>, 0, $0x8080808080808080)
