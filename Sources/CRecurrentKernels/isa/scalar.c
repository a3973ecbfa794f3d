// Plain C, one element a vector: runs everywhere.
#include "../body/prelude.h"

#define CRK_ISA scalar
#define CRK_VECTOR_BYTES 1
#define CRK_REGISTERS 16
#include "../body/float32.h"
#include "../body/kernels.h"
#include "../body/float64.h"
#include "../body/kernels.h"
