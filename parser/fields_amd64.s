#include "textflag.h"

// MASKS sets AX to where the 64 bytes at SI are blanks and BX to where they are quotes, bit 0 being the first byte, and
// adds to Y13 where they are backslashes.
#define MASKS \
	VMOVDQU   (SI), Y0    \
	VMOVDQU   32(SI), Y1  \
	VPCMPEQB  Y0, Y10, Y2 \
	VPCMPEQB  Y1, Y10, Y3 \
	VPMOVMSKB Y2, AX      \
	VPMOVMSKB Y3, R8      \
	SHLQ      $32, R8     \
	ORQ       R8, AX      \
	VPCMPEQB  Y0, Y11, Y2 \
	VPCMPEQB  Y1, Y11, Y3 \
	VPMOVMSKB Y2, BX      \
	VPMOVMSKB Y3, R9      \
	SHLQ      $32, R9     \
	ORQ       R9, BX      \
	VPCMPEQB  Y0, Y12, Y0 \
	VPCMPEQB  Y1, Y12, Y1 \
	VPOR      Y0, Y13, Y13 \
	VPOR      Y1, Y13, Y13

// STORE writes where the field behind the first of the blanks in R9 begins, and takes the blank away.
#define STORE(offset) \
	TZCNTQ R9, AX         \
	ADDQ   R10, AX        \
	MOVL   AX, offset(R8) \
	BLSRQ  R9, R9

// FIELDS takes the masks in AX and BX, sets R9 to the blanks that end fields, BX to how many these are, R8 to the last of
// begin that is written and DI to the last that will be. Inside:
//
//	R8  what is inside quotes, the opening one included: a product without carries with ones is the parity of all bits
//	    below; then opening quotes
//	AX  first bytes of fields
//	R15 closing quotes, and BX what is behind them
//
// Opening quotes are first bytes, behind closing ones a field ends, and none ends where it begins. 64 is maxFast.
#define FIELDS \
	VMOVQ      BX, X0 \
	VPCLMULQDQ $0, X14, X0, X0 \
	VMOVQ      X0, R8 \
	XORQ       R11, R8 \
	MOVQ       R8, R11 \
	SARQ       $63, R11 \
	ANDNQ      AX, R8, R9 \
	LEAQ       (R12)(R9*2), AX \
	MOVQ       R9, R12 \
	SHRQ       $63, R12 \
	ANDNQ      BX, R8, R15 \
	ANDQ       BX, R8 \
	LEAQ       (R13)(R15*2), BX \
	MOVQ       R15, R13 \
	SHRQ       $63, R13 \
	ANDNQ      R8, AX, R8 \
	ORQ        R8, DX \
	ANDNQ      BX, R9, BX \
	ORQ        BX, DX \
	ANDQ       R9, AX \
	ORQ        AX, DX \
	POPCNTQ    R9, BX \
	MOVQ       DI, R8 \
	LEAQ       (DI)(BX*4), DI \
	MOVQ       DI, AX \
	SUBQ       begin+24(FP), AX \
	CMPQ       AX, $(64*4) \
	JGT        unusual

// func fieldsAVX2(line []byte, begin *begins) (n int, backslash bool)
//
// It is the first stage of simdjson, shrunk to one line: masks of 64 bytes, one bit a byte, tell where fields end, and their
// bits become numbers. What is carried from one 64 bytes to the next:
//
//	R10 the position of their second byte
//	R11 all ones if they begin inside quotes
//	R12 1 if a field begins with their first byte
//	R13 1 if the byte before them is a closing quote
//	DX  not 0 once there was something unusual
//	DI  the last of begin that is written
TEXT ·fieldsAVX2(SB), NOSPLIT, $0-41
	MOVQ line_base+0(FP), SI
	MOVQ line_len+8(FP), CX
	MOVQ begin+24(FP), DI

	MOVQ         $0x2020202020202020, AX // blank
	VMOVQ        AX, X0
	VPBROADCASTQ X0, Y10
	MOVQ         $0x2222222222222222, AX // quote
	VMOVQ        AX, X0
	VPBROADCASTQ X0, Y11
	MOVQ         $0x5c5c5c5c5c5c5c5c, AX // backslash
	VMOVQ        AX, X0
	VPBROADCASTQ X0, Y12
	VPXOR        Y13, Y13, Y13
	VPCMPEQB     Y14, Y14, Y14

	MOVL $0, (DI)
	MOVL $1, R10
	XORL R11, R11
	MOVL $1, R12
	XORL R13, R13
	XORL DX, DX

next:
	SUBQ $64, CX
	JLT  rest
	MASKS
	ADDQ $64, SI

fields:
	FIELDS
	// Four at a time, though some are none: the processor cannot guess how many there are.
store:
	STORE(4)
	STORE(8)
	STORE(12)
	STORE(16)
	ADDQ $16, R8
	SUBQ $4, BX
	JGT  store

	ADDQ  $64, R10
	TESTQ CX, CX
	JGE   next

	ORQ    R11, DX
	JNZ    unusual
	SUBQ   begin+24(FP), DI
	SHRQ   $2, DI
	MOVQ   DI, n+32(FP)
	VPTEST Y13, Y13
	SETNE  backslash+40(FP)
	VZEROUPPER
	RET

	// Fewer than 64 bytes are left. They are the highest of the line's last 64; a blank is put behind them.
rest:
	MOVL $1, AX
	XORL BX, BX
	LEAQ 64(CX), R15
	TESTQ R15, R15
	JZ   fields
	ADDQ CX, SI
	MASKS
	NEGQ CX
	SHRQ CX, AX
	SHRQ CX, BX
	BTSQ R15, AX
	NEGQ CX
	JMP  fields

unusual:
	MOVQ $0, n+32(FP)
	MOVB $0, backslash+40(FP)
	VZEROUPPER
	RET

// MASKS512 is MASKS, but that backslashes are added to K4.
#define MASKS512 \
	VMOVDQU64 (SI), Z0     \
	VPCMPEQB  Z0, Z10, K1  \
	VPCMPEQB  Z0, Z11, K2  \
	VPCMPEQB  Z0, Z12, K3  \
	KMOVQ     K1, AX       \
	KMOVQ     K2, BX       \
	KORQ      K3, K4, K4

// func fieldsAVX512(line []byte, begin *begins) (n int, backslash bool)
//
// It is fieldsAVX2 with masks from one comparison, and without a loop over their bits: the numbers 0 to 63 are compressed
// by the mask.
TEXT ·fieldsAVX512(SB), NOSPLIT, $0-41
	MOVQ line_base+0(FP), SI
	MOVQ line_len+8(FP), CX
	MOVQ begin+24(FP), DI

	MOVL         $0x20, AX // blank
	VPBROADCASTB AX, Z10
	MOVL         $0x22, AX // quote
	VPBROADCASTB AX, Z11
	MOVL         $0x5c, AX // backslash
	VPBROADCASTB AX, Z12
	KXORQ        K4, K4, K4
	VPCMPEQB     Y14, Y14, Y14
	VMOVDQU64    positions<>(SB), Z15

	MOVL $0, (DI)
	MOVL $1, R10
	XORL R11, R11
	MOVL $1, R12
	XORL R13, R13
	XORL DX, DX

next:
	SUBQ $64, CX
	JLT  rest
	MASKS512
	ADDQ $64, SI

fields:
	FIELDS

	KMOVQ         R9, K5
	VPCOMPRESSB.Z Z15, K5, Z1
	VPBROADCASTD  R10, Z3
	VPMOVZXBD     X1, Z2
	VPADDD        Z2, Z3, Z2
	VMOVDQU32     Z2, 4(R8)
	CMPQ          BX, $16
	JGT           more

stored:
	ADDQ  $64, R10
	TESTQ CX, CX
	JGE   next

	ORQ      R11, DX
	JNZ      unusual
	SUBQ     begin+24(FP), DI
	SHRQ     $2, DI
	MOVQ     DI, n+32(FP)
	KORTESTQ K4, K4
	SETNE    backslash+40(FP)
	VZEROUPPER
	RET

	// Fields have a byte at least, so 32 of them end in 64 bytes at most, or else the line is unusual.
more:
	VEXTRACTI32X4 $1, Z1, X1
	VPMOVZXBD     X1, Z2
	VPADDD        Z2, Z3, Z2
	VMOVDQU32     Z2, 68(R8)
	JMP           stored

rest:
	MOVL $1, AX
	XORL BX, BX
	LEAQ 64(CX), R15
	TESTQ R15, R15
	JZ   fields
	ADDQ CX, SI
	MASKS512
	NEGQ CX
	SHRQ CX, AX
	SHRQ CX, BX
	BTSQ R15, AX
	NEGQ CX
	JMP  fields

unusual:
	MOVQ $0, n+32(FP)
	MOVB $0, backslash+40(FP)
	VZEROUPPER
	RET

DATA positions<>+0(SB)/8, $0x0706050403020100
DATA positions<>+8(SB)/8, $0x0f0e0d0c0b0a0908
DATA positions<>+16(SB)/8, $0x1716151413121110
DATA positions<>+24(SB)/8, $0x1f1e1d1c1b1a1918
DATA positions<>+32(SB)/8, $0x2726252423222120
DATA positions<>+40(SB)/8, $0x2f2e2d2c2b2a2928
DATA positions<>+48(SB)/8, $0x3736353433323130
DATA positions<>+56(SB)/8, $0x3f3e3d3c3b3a3938
GLOBL positions<>(SB), RODATA|NOPTR, $64

// func hasAVX2() bool
TEXT ·hasAVX2(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL AX, AX
	CPUID
	CMPL AX, $7
	JLT  no
	MOVL $1, AX
	XORL CX, CX
	CPUID
	ANDL $0x18800002, CX // OSXSAVE, AVX, POPCNT and PCLMULQDQ
	CMPL CX, $0x18800002
	JNE  no
	XORL CX, CX
	XGETBV
	ANDL $6, AX // the system keeps the registers
	CMPL AX, $6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $0x28, BX // BMI1 and AVX2
	CMPL BX, $0x28
	JNE  no
	MOVB $1, ret+0(FP)

no:
	RET

// func hasAVX512() bool
TEXT ·hasAVX512(SB), NOSPLIT, $0-1
	MOVB $0, ret+0(FP)
	XORL CX, CX
	XGETBV
	ANDL $0xe6, AX // the system keeps the registers
	CMPL AX, $0xe6
	JNE  no
	MOVL $7, AX
	XORL CX, CX
	CPUID
	ANDL $0xc0010100, BX // AVX-512 F, BW and VL, and BMI2
	CMPL BX, $0xc0010100
	JNE  no
	ANDL $0x42, CX // VBMI and VBMI2
	CMPL CX, $0x42
	JNE  no
	MOVB $1, ret+0(FP)

no:
	RET
