// x86-64 with AVX2, FMA and F16C.
#include "../body/prelude.h"

#if defined(__x86_64__)
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)
#define CRK_ISA avx2
#define CRK_VECTOR_BYTES 32
#define CRK_REGISTERS 16
#include "../body/float32.h"
#include "../body/kernels.h"
#include "../body/float64.h"
#include "../body/kernels.h"
#pragma clang attribute pop
#endif
