#include "textflag.h"

// FOLD multiplies the text in a register by the power of x that moves it 2048 or 512 bits on, and adds what stands there.
#define FOLD(text, by, next, t) \
	VPCLMULQDQ $0x00, by, text, t \
	VPCLMULQDQ $0x11, by, text, text \
	VPTERNLOGQ $0x96, next, t, text

// func foldAVX512(crc uint32, text []byte, rest *[64]byte)
//
// It is "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction" (Gopal et al., Intel, 2009) with four
// registers of 512 bits.
TEXT ·foldAVX512(SB), NOSPLIT, $0-40
	MOVL crc+0(FP), AX
	MOVQ text_base+8(FP), SI
	MOVQ text_len+16(FP), CX
	MOVQ rest+32(FP), DI

	VMOVDQU64       (SI), Z0
	VMOVDQU64       64(SI), Z1
	VMOVDQU64       128(SI), Z2
	VMOVDQU64       192(SI), Z3
	VMOVD           AX, X4
	VPXORQ          Z4, Z0, Z0
	VBROADCASTI32X4 by2048<>(SB), Z8
	JMP             more

next:
	FOLD(Z0, Z8, (SI), Z4)
	FOLD(Z1, Z8, 64(SI), Z5)
	FOLD(Z2, Z8, 128(SI), Z6)
	FOLD(Z3, Z8, 192(SI), Z7)

more:
	ADDQ $256, SI
	SUBQ $256, CX
	JNZ  next

	VBROADCASTI32X4 by512<>(SB), Z8
	FOLD(Z0, Z8, Z1, Z4)
	FOLD(Z0, Z8, Z2, Z4)
	FOLD(Z0, Z8, Z3, Z4)
	VMOVDQU64       Z0, (DI)
	VZEROUPPER
	RET

// x^(n+32) and x^(n-32) modulo the polynomial, their bits reversed and shifted by one, for n = 2048 and 512.
DATA by2048<>+0(SB)/8, $0x11542778a
DATA by2048<>+8(SB)/8, $0x1322d1430
GLOBL by2048<>(SB), RODATA|NOPTR, $16

DATA by512<>+0(SB)/8, $0x154442bd4
DATA by512<>+8(SB)/8, $0x1c6e41596
GLOBL by512<>(SB), RODATA|NOPTR, $16

// func hasAVX512() bool
TEXT ·hasAVX512(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	TESTL $0x08000000, CX // OSXSAVE
	JZ   no
	XORL CX, CX
	XGETBV
	ANDL $0xe6, AX // the system keeps the registers
	CMPL AX, $0xe6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	TESTL $0x00010000, BX // AVX-512 F
	JZ   no
	TESTL $0x00000400, CX // VPCLMULQDQ
	JZ   no
	MOVB $1, ret+0(FP)

no:
	RET
