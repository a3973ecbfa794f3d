// exp, tanh and sigmoid as fixed trees of fma, multiply, divide and compare-select: at most 1.04, 1.52 and 1.67 ULP
// over all floats (Benchmarks, activation-sweep).
// Both branches are computed and selected, so time does not depend on data. NaN stays NaN.

// Estrin's scheme over n coefficients, lowest degree first: neighbours pair up, x is squared, again.
INLINE vec NAME(polynomial)(const real *coefficients, int n, vec x) {
  vec level[16];
  CRK_UNROLL for (int i = 0; i < n; i++) level[i] = NAME(splat)(coefficients[i]);
  CRK_UNROLL while (n > 1) {
    CRK_UNROLL for (int i = 0; i < n / 2; i++) level[i] = NAME(fma)(level[2 * i + 1], x, level[2 * i]);
    if (n % 2) level[n / 2] = level[n - 1];
    n = (n + 1) / 2;
    x = x * x;
  }
  return level[0];
}

// exp(x) = value * 2^k with value in [0.707, 1.415], for x within the clamps of the callers.
// x = k ln 2 + r (k by adding and subtracting 1.5 * 2^mantissa); exp(r) = 1 + (r + r^2 q(r)).
// Error of the polynomial: 2^-28.3 (float32), 2^-63.7 (float64) relative.
typedef struct { vec value; ivec shifted; } NAME(scaled);

INLINE NAME(scaled) NAME(exp_scaled)(vec x) {
  vec t = NAME(fma)(x, NAME(splat)(LOG2E), NAME(splat)(ROUNDING));
  vec k = t - NAME(splat)(ROUNDING);
  vec r = NAME(fma)(k, NAME(splat)(-LN2_HIGH), x);
  r = NAME(fma)(k, NAME(splat)(-LN2_LOW), r);
  vec q = NAME(polynomial)(NAME(exp_coefficients), EXP_TERMS, r);
  vec value = NAME(splat)(1) + NAME(fma)(r * r, q, r);
  NAME(scaled) result = {value, NAME(bits)(t)};
  return result;
}

// 2^(k + extra); the bits of `shifted` hold k in their lowest places, and what stands above is shifted out.
INLINE vec NAME(power_of_two)(ivec shifted, integer extra) {
  return NAME(from_bits)((shifted + (ivec)(extra + EXPONENT_BIAS)) << MANTISSA_BITS);
}

INLINE vec NAME(clamp_above)(vec x, real limit) { return x > NAME(splat)(limit) ? NAME(splat)(limit) : x; }
INLINE vec NAME(clamp_below)(vec x, real limit) { return x < NAME(splat)(limit) ? NAME(splat)(limit) : x; }
INLINE vec NAME(magnitude)(vec x) { return NAME(from_bits)(NAME(bits)(x) & ~SIGN_BIT); }

// Scaled in two steps, so that results below the smallest normal number are rounded once.
INLINE vec NAME(exp)(vec x) {
  NAME(scaled) e = NAME(exp_scaled)(NAME(clamp_below)(NAME(clamp_above)(x, EXP_HIGHEST), EXP_LOWEST));
  ivec exponent = e.shifted - (ivec)(ROUNDING_BITS - 2 * EXPONENT_BIAS);  // k, biased twice
  ivec half = exponent >> 1;
  return e.value * NAME(from_bits)(half << MANTISSA_BITS) * NAME(from_bits)((exponent - half) << MANTISSA_BITS);
}

// sigmoid(x) = 1 / (1 + e), and below zero e / (1 + e) = e - e (e / (1 + e)), with e = exp(-|x|). The second form
// damps the rounding of the quotient by e. e is carried times 2^SCALE so that it stays normal.
INLINE vec NAME(sigmoid)(vec x) {
  vec a = NAME(clamp_above)(NAME(magnitude)(x), -EXP_LOWEST), down = NAME(splat)(1 / TWO_TO_SCALE);
  NAME(scaled) s = NAME(exp_scaled)(-a);
  vec e = s.value * NAME(power_of_two)(s.shifted, SCALE);
  vec numerator = x < NAME(splat)(0) ? e : NAME(splat)(TWO_TO_SCALE);
  vec quotient = numerator / NAME(fma)(e, down, NAME(splat)(1)) * down;
  return x < NAME(splat)(0) ? NAME(fma)(-e, quotient, e) * down : quotient;
}

// tanh(x) = x + x^3 P(x^2) below 0.5625, (1 - e) / (1 + e) with e = exp(-2|x|) above. Odd to the bit.
// Error of P: 2^-29.4 (float32), 2^-64.9 (float64) relative.
INLINE vec NAME(tanh)(vec x) {
  vec a = NAME(magnitude)(x), square = x * x;
  vec small = NAME(fma)(x * square, NAME(polynomial)(NAME(tanh_coefficients), TANH_TERMS, square), x);
  NAME(scaled) s = NAME(exp_scaled)(-NAME(clamp_above)(a + a, TANH_FLAT));
  vec e = s.value * NAME(power_of_two)(s.shifted, 0);
  vec large = (NAME(splat)(1) - e) / (NAME(splat)(1) + e);
  large = NAME(from_bits)(NAME(bits)(large) | (NAME(bits)(x) & SIGN_BIT));
  return a < NAME(splat)((real)0.5625) ? small : large;
}

// Keeps NaN and the sign of zero.
INLINE vec NAME(relu)(vec x) { return x < NAME(splat)(0) ? NAME(splat)(0) : x; }
