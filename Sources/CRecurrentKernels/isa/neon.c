// 64-bit Arm, where NEON and fma are always there.
#include "../body/prelude.h"

#if defined(__aarch64__)
#define CRK_ISA neon
#define CRK_VECTOR_BYTES 16
#define CRK_REGISTERS 32
#include "../body/float32.h"
#include "../body/kernels.h"
#include "../body/float64.h"
#include "../body/kernels.h"
#endif
