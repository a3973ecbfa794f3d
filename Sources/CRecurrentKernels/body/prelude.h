// What stands before a file's target attribute.
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "crk.h"

#pragma STDC FP_CONTRACT OFF
#pragma clang diagnostic ignored "-Wpsabi"  // vectors are passed among inlined functions only
#define INLINE static inline __attribute__((always_inline))
#define CRK_UNROLL _Pragma("clang loop unroll(full)")
