#include "textflag.h"

// func outcomeAVX512(text *byte, numbers *[8]uint32) bool
TEXT ·outcomeAVX512(SB), NOSPLIT, $0-17
	MOVQ text+0(FP), SI
	MOVQ numbers+8(FP), DI
	MOVB $0, ret+16(FP)

	// Digits become 0 to 9, and what is between them 0.
	VMOVDQU (SI), Y0
	VPXOR   form<>(SB), Y0, Y0
	VPCMPUB $2, most<>(SB), Y0, K1
	KMOVD   K1, AX
	CMPL    AX, $-1
	JNE     no

	// Four digits a number, then pairs of digits, then pairs of these.
	VMOVDQU    order<>(SB), Y1
	VPERMB     Y0, Y1, Y0
	VPMADDUBSW tens<>(SB), Y0, Y0
	VPMADDWD   hundreds<>(SB), Y0, Y0
	VMOVDQU    Y0, (DI)
	MOVB       $1, ret+16(FP)

no:
	VZEROUPPER
	RET

#define FOUR(name, a, b, c, d) \
	DATA name+0(SB)/8, a  \
	DATA name+8(SB)/8, b  \
	DATA name+16(SB)/8, c \
	DATA name+24(SB)/8, d \
	GLOBL name(SB), RODATA|NOPTR, $32

// "0.000 0.000 0.000 000 000 ", and what is behind it does not matter.
FOUR(form<>, $0x2e30203030302e30, $0x30302e3020303030, $0x3030203030302030, $0x0000000000002030)
FOUR(most<>, $0x0009000909090009, $0x0909000900090909, $0x0909000909090009, $0xffffffffffff0009)

// Where the digits of each number are. Statuses have three, and one that is 0: a point.
FOUR(order<>, $0x0a09080604030200, $0x14131201100f0e0c, $0x0101010118171601, $0x0101010101010101)
FOUR(tens<>, $0x010a010a010a010a, $0x010a010a010a010a, $0x010a010a010a010a, $0x010a010a010a010a)
FOUR(hundreds<>, $0x0001006400010064, $0x0001006400010064, $0x0001006400010064, $0x0001006400010064)
