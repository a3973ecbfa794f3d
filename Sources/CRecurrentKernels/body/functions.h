// The functions that a variant's gates, candidate and cell state may go through, and their derivatives. Numbers are rounded
// to real first; comparisons select, so NaN stays NaN.
#define SPLAT(s) ((vec)(real)(s))

// log(1 + e) for e in 0...1: with s = e / (2 + e), 2s + s s^2 Q(s^2), and 2s = e - s e, which damps the rounding of s.
// Error of Q: 2^-31.3 (float32), 2^-62.8 (float64) relative.
INLINE vec NAME(log1p)(vec e) {
  const vec s = e / (SPLAT(2) + e), square = s * s;
  return NAME(fma)(s * square, NAME(polynomial)(LOG1P_COEFFICIENTS, LOG1P_TERMS, square), NAME(fma)(-s, e, e));
}

// log(1 + exp(x)), at most 2.1 ULP (float32, over a fifth of all floats).
INLINE vec NAME(softplus)(vec x) {
  return (SPLAT(0) > x ? SPLAT(0) : x) + NAME(log1p)(NAME(exp)(NAME(below_zero)(x)));
}

INLINE vec NAME(within)(vec x, vec low, vec high) {
  const vec at_most = x > high ? high : x;
  return low > at_most ? low : at_most;
}

// A function with its numbers as the kernels use them.
typedef struct { int code; real alpha, beta; } NAME(function);

INLINE NAME(function) NAME(numbers_of)(crk_function f) {
  return (NAME(function)){f.code, (real)f.alpha, (real)f.beta};
}

INLINE vec NAME(value)(NAME(function) f, vec x) {
  const vec zero = SPLAT(0), one = SPLAT(1), alpha = SPLAT(f.alpha), beta = SPLAT(f.beta);
  switch (f.code) {
    case CRK_TANH: return NAME(tanh)(x);
    case CRK_SIGMOID: return NAME(sigmoid)(x);
    case CRK_RELU: return NAME(relu)(x);
    case CRK_AFFINE: return NAME(fma)(alpha, x, beta);
    case CRK_LEAKY_RELU: return zero > x ? alpha * x : x;
    case CRK_THRESHOLDED_RELU: return alpha > x ? zero : x;
    case CRK_SCALED_TANH: return alpha * NAME(tanh)(beta * x);
    case CRK_HARD_SIGMOID: return NAME(within)(NAME(fma)(alpha, x, beta), zero, one);
    case CRK_ELU: return zero > x ? alpha * (NAME(exp)(x) - one) : x;
    case CRK_SOFTSIGN: return x / (one + NAME(magnitude)(x));
    default: return NAME(softplus)(x);
  }
}

typedef struct { vec value, slope; } NAME(valued);

// The derivative at a kink is PyTorch's: that of the flatter, or of the left, side.
INLINE NAME(valued) NAME(value_and_slope)(NAME(function) f, vec x) {
  const vec zero = SPLAT(0), one = SPLAT(1), alpha = SPLAT(f.alpha), beta = SPLAT(f.beta);
  vec a, b;
  switch (f.code) {
    case CRK_TANH: return a = NAME(tanh)(x), (NAME(valued)){a, NAME(fma)(-a, a, one)};
    case CRK_SIGMOID: return a = NAME(sigmoid)(x), (NAME(valued)){a, a * (one - a)};
    case CRK_RELU: return (NAME(valued)){NAME(relu)(x), x > zero ? one : zero};
    case CRK_AFFINE: return (NAME(valued)){NAME(fma)(alpha, x, beta), alpha};
    case CRK_LEAKY_RELU: return (NAME(valued)){zero > x ? alpha * x : x, x > zero ? one : alpha};
    case CRK_THRESHOLDED_RELU: return (NAME(valued)){alpha > x ? zero : x, x > alpha ? one : zero};
    case CRK_SCALED_TANH: a = NAME(tanh)(beta * x); return (NAME(valued)){alpha * a, alpha * beta * NAME(fma)(-a, a, one)};
    case CRK_HARD_SIGMOID:
      a = NAME(fma)(alpha, x, beta);
      return (NAME(valued)){NAME(within)(a, zero, one), a > zero ? (one > a ? alpha : zero) : zero};
    case CRK_ELU:
      a = NAME(exp)(x);
      return (NAME(valued)){zero > x ? alpha * (a - one) : x, x > zero ? one : alpha * a};
    case CRK_SOFTSIGN: a = one + NAME(magnitude)(x), b = one / a; return (NAME(valued)){x / a, b * b};
    default: return (NAME(valued)){NAME(softplus)(x), NAME(sigmoid)(x)};
  }
}
#undef SPLAT
