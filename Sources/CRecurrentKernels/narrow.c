// Weights in 16 bits. The layouts are those that body/weights.h expands.
#include <string.h>

#include "crk.h"

static uint32_t bits_of(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
}

// The upper half, rounded to nearest even; NaN stays NaN.
static uint16_t to_bfloat16(float x) {
  const uint32_t bits = bits_of(x);
  if ((bits & 0x7FFFFFFF) > 0x7F800000) return (uint16_t)(bits >> 16 | 0x40);
  return (uint16_t)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

// Adding 2^(e + 13) to a number of exponent e leaves 10 bits of its mantissa, rounded to nearest even; below 2^-14 a number
// keeps multiples of 2^-24, which adding 0.5 does.
static uint16_t to_float16(float x) {
  const uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000, magnitude = bits & 0x7FFFFFFF;
  if (magnitude > 0x7F800000) return (uint16_t)(sign | 0x7E00);
  if (magnitude >= 0x477FF000) return (uint16_t)(sign | 0x7C00);  // 65520 and above round to infinity
  if (magnitude < 0x38800000) {
    float small;
    memcpy(&small, &magnitude, sizeof small);
    return (uint16_t)(sign | (bits_of(small + 0.5f) - bits_of(0.5f)));
  }
  return (uint16_t)(sign | (magnitude - (112u << 23) + 0xFFF + (magnitude >> 13 & 1)) >> 13);
}

void crk_narrow_weights(int format, const float *packed, size_t count, uint16_t *narrow) {
  for (size_t i = 0; i < count; i++) {
    const size_t group = i / CRK_PANEL * CRK_PANEL, lane = i % CRK_PANEL;
    if (format == CRK_FLOAT16) narrow[i] = to_float16(packed[i]);
    else narrow[group + lane % 8 * 2 + lane / 8] = to_bfloat16(packed[i]);
  }
}
