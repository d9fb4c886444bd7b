#include "textflag.h"

// func lineFeedsAVX512(text []byte, at *lineFeeds) (n, searched int)
//
// How many there are in 64 bytes is seldom more than one, and whether it is one or none no processor can guess: the place of
// the first is written in any case.
TEXT ·lineFeedsAVX512(SB), NOSPLIT, $0-48
	MOVQ text_base+0(FP), SI
	MOVQ text_len+8(FP), CX
	MOVQ at+24(FP), DI
	LEAQ (4*64)(DI), R9 // the last place with room for 64 more: lineFeeds has 128
	XORL DX, DX         // searched

	MOVL         $0x0a, AX
	VPBROADCASTB AX, Z0
	SUBQ         $64, CX

next:
	CMPQ     DX, CX
	JGT      done
	CMPQ     DI, R9
	JHI      done
	VPCMPEQB (SI)(DX*1), Z0, K1
	KMOVQ    K1, AX
	TZCNTQ   AX, BX
	ADDL     DX, BX
	MOVL     BX, (DI)
	POPCNTQ  AX, R8
	CMPQ     R8, $1
	JHI      several
	LEAQ     (DI)(R8*4), DI
	ADDQ     $64, DX
	JMP      next

several:
	TZCNTQ AX, BX
	ADDL   DX, BX
	MOVL   BX, (DI)
	ADDQ   $4, DI
	BLSRQ  AX, AX
	JNZ    several
	ADDQ   $64, DX
	JMP    next

done:
	SUBQ at+24(FP), DI
	SHRQ $2, DI
	MOVQ DI, n+32(FP)
	MOVQ DX, searched+40(FP)
	VZEROUPPER
	RET

// func slashAndQueryAVX512(text []byte) (slashes, queries uint64)
TEXT ·slashAndQueryAVX512(SB), NOSPLIT, $0-40
	MOVQ text_base+0(FP), SI
	MOVQ text_len+8(FP), CX

	MOVL         $0x2f, AX
	VPBROADCASTB AX, Z1
	MOVL         $0x3f, AX
	VPBROADCASTB AX, Z2
	MOVQ         $-1, AX
	BZHIQ        CX, AX, AX // as many ones as there are bytes
	KMOVQ        AX, K1
	VMOVDQU8.Z   (SI), K1, Z0
	VPCMPEQB     Z0, Z1, K2
	VPCMPEQB     Z0, Z2, K3
	KMOVQ        K2, slashes+24(FP)
	KMOVQ        K3, queries+32(FP)
	VZEROUPPER
	RET
