// exp, tanh and sigmoid as fixed trees of fma, multiply, divide and compare-select: at most 1.04, 1.52 and 1.67 ULP
// over all floats (Benchmarks, activation-sweep).
// Both branches are computed and selected, so time does not depend on data. NaN stays NaN.
#define SPLAT(s) ((vec)(real)(s))

// Estrin's scheme over n coefficients, lowest degree first: neighbours pair up, x is squared, again.
INLINE vec NAME(polynomial)(const real *coefficients, int n, vec x) {
  vec level[16];
  CRK_UNROLL for (int i = 0; i < n; i++) level[i] = SPLAT(coefficients[i]);
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
// `extra` is added to k in the lowest places of `shifted`. It changes no rounding: k would be rounded otherwise only where
// x LOG2E lies halfway between integers, and as LOG2E's odd part has more bits than k, that happens for no x but 0.
typedef struct { vec value; ivec shifted; } NAME(scaled);

INLINE NAME(scaled) NAME(exp_scaled)(vec x, int extra) {
  vec t = NAME(fma)(x, SPLAT(LOG2E), SPLAT(ROUNDING + extra));
  vec k = t - SPLAT(ROUNDING + extra);
  vec r = NAME(fma)(k, SPLAT(-LN2_HIGH), x);
  r = NAME(fma)(k, SPLAT(-LN2_LOW), r);
  vec q = NAME(polynomial)(EXP_COEFFICIENTS, EXP_TERMS, r);
  vec value = SPLAT(1) + NAME(fma)(r * r, q, r);
  NAME(scaled) result = {value, NAME(bits)(t)};
  return result;
}

// 2^(k + extra - bias) as `shifted` holds k + extra in its lowest places; what stands above is shifted out.
INLINE vec NAME(power_of_two)(ivec shifted) { return NAME(from_bits)(shifted << MANTISSA_BITS); }

// Written as one instruction of x86 has it: the second operand where the first is no more (no less), or either is NaN.
INLINE vec NAME(clamp_above)(vec x, real limit) { return SPLAT(limit) < x ? SPLAT(limit) : x; }
INLINE vec NAME(clamp_below)(vec x, real limit) { return SPLAT(limit) > x ? SPLAT(limit) : x; }
INLINE vec NAME(magnitude)(vec x) { return NAME(from_bits)(NAME(bits)(x) & ~SIGN_BIT); }
INLINE vec NAME(below_zero)(vec x) { return NAME(from_bits)(NAME(bits)(x) | SIGN_BIT); }  // -|x|
// `negative` where x has its sign bit, else `positive`.
INLINE vec NAME(by_sign)(vec x, vec negative, vec positive) { return (NAME(signs))x < 0 ? negative : positive; }

// Scaled in two steps, so that results below the smallest normal number are rounded once.
INLINE vec NAME(exp)(vec x) {
  NAME(scaled) e = NAME(exp_scaled)(NAME(clamp_below)(NAME(clamp_above)(x, EXP_HIGHEST), EXP_LOWEST), 0);
  ivec exponent = e.shifted - (ivec)(ROUNDING_BITS - 2 * EXPONENT_BIAS);  // k, biased twice
  ivec half = exponent >> 1;
  return e.value * NAME(from_bits)(half << MANTISSA_BITS) * NAME(from_bits)((exponent - half) << MANTISSA_BITS);
}

// sigmoid(x) = 1 / (1 + e), and below zero e / (1 + e) = e - e (e / (1 + e)), with e = exp(-|x|). The second form
// damps the rounding of the quotient by e. e is carried times 2^SCALE so that it stays normal; where e itself does not,
// e (e / (1 + e)) is too small to count. At -0 both forms give 1/2.
INLINE vec NAME(sigmoid)(vec x) {
  vec down = SPLAT(1 / TWO_TO_SCALE);
  NAME(scaled) s = NAME(exp_scaled)(NAME(clamp_below)(NAME(below_zero)(x), EXP_LOWEST), SCALE + EXPONENT_BIAS);
  vec e = s.value * NAME(power_of_two)(s.shifted);
  vec quotient = NAME(by_sign)(x, e, SPLAT(TWO_TO_SCALE)) / NAME(fma)(e, down, SPLAT(1));
  return NAME(by_sign)(x, NAME(fma)(-(e * down), quotient, e), quotient) * down;
}

// tanh(x) = x + x^3 P(x^2) below 0.5625, (1 - e) / (1 + e) with e = exp(-2|x|) above. Odd to the bit.
// Error of P: 2^-29.4 (float32), 2^-64.9 (float64) relative.
INLINE vec NAME(tanh)(vec x) {
  vec a = NAME(below_zero)(x), square = x * x;
  vec small = NAME(fma)(x * square, NAME(polynomial)(TANH_COEFFICIENTS, TANH_TERMS, square), x);
  NAME(scaled) s = NAME(exp_scaled)(NAME(clamp_below)(a + a, -TANH_FLAT), EXPONENT_BIAS);
  vec e = s.value * NAME(power_of_two)(s.shifted);
  vec large = (SPLAT(1) - e) / (SPLAT(1) + e);
  large = NAME(from_bits)(NAME(bits)(large) | (NAME(bits)(x) & SIGN_BIT));
  return a > SPLAT((real)-0.5625) ? small : large;
}

// Keeps NaN and the sign of zero.
INLINE vec NAME(relu)(vec x) { return x < SPLAT(0) ? SPLAT(0) : x; }
#undef SPLAT
