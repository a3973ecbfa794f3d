// x86-64 with AVX-512 F, BW, DQ and VL.
#include "../body/prelude.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma,f16c"))), apply_to = function)
#define CRK_ISA avx512
#define CRK_VECTOR_BYTES 64
#define CRK_REGISTERS 32
#include "../body/float32.h"
#include "../body/kernels.h"
#include "../body/float64.h"
#include "../body/kernels.h"
#pragma clang attribute pop
#endif
