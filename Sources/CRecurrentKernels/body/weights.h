// Weights as they are stored: as reals, or (float32 only) as 16-bit numbers that are expanded exactly where they are read.
//
// Panels keep their order. In each group of 16, bfloat16 stands in pairs, weight j in the lower half of word j and weight
// j + 8 in the upper, so that one mask or one shift expands a whole vector; float16 stands in order.
#if MANTISSA_BITS == 23
typedef uint32_t NAME(words) __attribute__((ext_vector_type(LANES > 8 ? 8 : LANES), aligned(4), may_alias));

INLINE vec NAME(bfloat16_weights)(const uint16_t *group, size_t lane) {
#if CRK_VECTOR_BYTES == 64
  (void)lane;
  const NAME(words) pair = *(const NAME(words) *)group;
  const ivec twice = __builtin_shufflevector(pair, pair, 0, 1, 2, 3, 4, 5, 6, 7, 0, 1, 2, 3, 4, 5, 6, 7);
  const ivec shift = {16, 16, 16, 16, 16, 16, 16, 16, 0, 0, 0, 0, 0, 0, 0, 0};
  return NAME(from_bits)((twice << shift) & 0xFFFF0000);
#else
  const ivec pair = *(const NAME(words) *)(group + 2 * (lane % 8));
  return NAME(from_bits)(lane < 8 ? pair << 16 : pair & (ivec)0xFFFF0000u);
#endif
}

INLINE vec NAME(float16_weights)(const uint16_t *weights) {
#if CRK_VECTOR_BYTES > 1
  typedef _Float16 half __attribute__((ext_vector_type(LANES), aligned(2), may_alias));
  return __builtin_convertvector(*(const half *)weights, vec);
#else
  const uint32_t bits = *weights, special = (bits & 0x7C00) == 0x7C00 ? 0x7F800000 : 0;
  const vec magnitude = NAME(from_bits)((ivec)((bits & 0x7FFF) << 13)) * NAME(splat)(0x1p112f);
  return NAME(from_bits)(NAME(bits)(magnitude) | (ivec)(special | (bits & 0x8000) << 16));
#endif
}
#endif

// LANES weights from `lane` on of group `group` of CRK_PANEL.
INLINE vec NAME(weights)(const int format, const void *weights, size_t group, size_t lane) {
  const size_t at = group * CRK_PANEL;
#if MANTISSA_BITS == 23
  if (format == CRK_BFLOAT16) return NAME(bfloat16_weights)((const uint16_t *)weights + at, lane);
  if (format == CRK_FLOAT16) return NAME(float16_weights)((const uint16_t *)weights + at + lane);
#endif
  return NAME(load)((const real *)weights + at + lane);
}
