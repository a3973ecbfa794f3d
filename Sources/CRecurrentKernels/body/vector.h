// Vectors of the instruction set at hand, from clang's vector types: the same source for every width.
// Expects: real, integer, LANES, NAME(x) (adds the type's suffix), CRK_UNROLL.
typedef real NAME(vec) __attribute__((ext_vector_type(LANES)));
typedef integer NAME(ivec) __attribute__((ext_vector_type(LANES)));
typedef signed_integer NAME(signs) __attribute__((ext_vector_type(LANES)));
typedef real NAME(loose) __attribute__((ext_vector_type(LANES), aligned(sizeof(real)), may_alias));
#if LANES > 1
typedef real NAME(loose_half) __attribute__((ext_vector_type(LANES / 2), aligned(sizeof(real)), may_alias));
#endif
#define vec NAME(vec)
#define ivec NAME(ivec)

INLINE vec NAME(load)(const real *p) { return *(const NAME(loose) *)p; }
INLINE void NAME(store)(real *p, vec v) { *(NAME(loose) *)p = v; }
INLINE vec NAME(splat)(real s) { return (vec)s; }
INLINE vec NAME(fma)(vec a, vec b, vec c) { return __builtin_elementwise_fma(a, b, c); }
INLINE ivec NAME(bits)(vec v) { return (ivec)v; }
INLINE vec NAME(from_bits)(ivec v) { return (vec)v; }

// The first `count` lanes, fewer than all; the others are zero. The lower half is moved at once if it is among them.
INLINE vec NAME(load_part)(const real *p, size_t count) {
  real buffer[LANES] = {0};
  size_t i = 0;
#if LANES > 1
  if (count >= LANES / 2) {
    *(NAME(loose_half) *)buffer = *(const NAME(loose_half) *)p;
    i = LANES / 2;
  }
#endif
  for (; i < count; i++) buffer[i] = p[i];
  return NAME(load)(buffer);
}

INLINE void NAME(store_part)(real *p, vec v, size_t count) {
  real buffer[LANES];
  size_t i = 0;
#if LANES > 1
  if (count >= LANES / 2) {
    *(NAME(loose_half) *)p = v.lo;
    i = LANES / 2;
  }
  if (i == count) return;
#endif
  NAME(store)(buffer, v);
  for (; i < count; i++) p[i] = buffer[i];
}

// LANES elements from p[i] on, of which `count - i` are there. A stride of 0 repeats one element.
INLINE vec NAME(next)(const real *p, size_t stride, size_t i, size_t count) {
  if (stride == 0) return NAME(splat)(*p);
  return count - i >= LANES ? NAME(load)(p + i) : NAME(load_part)(p + i, count - i);
}

INLINE void NAME(put)(real *p, vec v, size_t i, size_t count) {
  if (count - i >= LANES) NAME(store)(p + i, v);
  else NAME(store_part)(p + i, v, count - i);
}
