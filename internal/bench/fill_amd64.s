// SPDX-License-Identifier: Apache-2.0

#include "textflag.h"

// func fillBytes(b []byte, v byte)
TEXT ·fillBytes(SB), NOSPLIT, $0-25
	MOVQ b_base+0(FP), DI
	MOVQ b_len+8(FP), CX
	MOVB v+24(FP), AL
	CLD
	REP; STOSB
	RET
