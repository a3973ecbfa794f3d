// Sums of many terms: element i goes to virtual lane i mod 16, ascending; the lanes fold by halves; blocks of 4096
// elements are added in order in double. A maximum is compare-and-select along the same tree.
#define VIRTUAL_LANES 16
#define BLOCK 4096

INLINE real NAME(greater_of)(real a, real b) { return a > b ? a : b; }

INLINE real NAME(fold)(int reduction, real *lane) {
  for (int half = VIRTUAL_LANES / 2; half > 0; half /= 2)
    for (int i = 0; i < half; i++)
      lane[i] = reduction == CRK_MAXIMUM_OF ? NAME(greater_of)(lane[i], lane[i + half]) : lane[i] + lane[i + half];
  return lane[0];
}

INLINE vec NAME(accumulate)(int reduction, vec total, vec x) {
  if (reduction == CRK_SUM) return total + x;
  if (reduction == CRK_SUM_OF_SQUARES) return NAME(fma)(x, x, total);
  return x > total ? x : total;  // passes NaN over
}

// One block, of x or, if `exponential`, of exp(x - shift).
INLINE real NAME(reduce_block)(int reduction, int exponential, real shift, const real *x, size_t count) {
  enum { VECTORS = VIRTUAL_LANES / LANES };
  vec total[VECTORS];
  real start = reduction == CRK_MAXIMUM_OF ? -(real)INFINITY : 0;
  CRK_UNROLL for (int v = 0; v < VECTORS; v++) total[v] = NAME(splat)(start);
  size_t i = 0;
  for (; i + VIRTUAL_LANES <= count; i += VIRTUAL_LANES) {
    CRK_UNROLL for (int v = 0; v < VECTORS; v++) {
      vec a = NAME(load)(x + i + v * LANES);
      if (exponential) a = NAME(exp)(a - NAME(splat)(shift));
      total[v] = NAME(accumulate)(reduction, total[v], a);
    }
  }
  real lane[VIRTUAL_LANES];
  CRK_UNROLL for (int v = 0; v < VECTORS; v++) NAME(store)(lane + v * LANES, total[v]);
  for (int l = 0; i < count; i++, l++) {
    vec a = NAME(splat)(x[i]);
    if (exponential) a = NAME(exp)(a - NAME(splat)(shift));
    lane[l] = NAME(accumulate)(reduction, NAME(splat)(lane[l]), a)[0];
  }
  return NAME(fold)(reduction, lane);
}

INLINE double NAME(reduce_all)(int reduction, int exponential, real shift, const real *x, size_t count) {
  double total = reduction == CRK_MAXIMUM_OF ? -(double)INFINITY : 0;
  for (size_t i = 0; i < count; i += BLOCK) {
    size_t length = count - i < BLOCK ? count - i : BLOCK;
    double block = NAME(reduce_block)(reduction, exponential, shift, x + i, length);
    total = reduction != CRK_MAXIMUM_OF ? total + block : total > block ? total : block;
  }
  return total;
}

static double NAME(reduce)(int reduction, const void *x, size_t count) {
  switch (reduction) {
    case CRK_SUM: return NAME(reduce_all)(CRK_SUM, 0, 0, x, count);
    case CRK_SUM_OF_SQUARES: return NAME(reduce_all)(CRK_SUM_OF_SQUARES, 0, 0, x, count);
    default: return NAME(reduce_all)(CRK_MAXIMUM_OF, 0, 0, x, count);
  }
}

static void NAME(softmax_sums)(const void *x_, size_t rows, size_t columns, double *maximum, double *sum) {
  const real *x = x_;
  for (size_t row = 0; row < rows; row++, x += columns) {
    maximum[row] = NAME(reduce_all)(CRK_MAXIMUM_OF, 0, 0, x, columns);
    sum[row] = NAME(reduce_all)(CRK_SUM, 1, (real)maximum[row], x, columns);
  }
}
#undef VIRTUAL_LANES
#undef BLOCK
