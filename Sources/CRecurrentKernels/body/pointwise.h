// Loops over elements.
#define EACH(expression)                                   \
  for (size_t i = 0; i < count; i += LANES) {              \
    vec a = NAME(next)(x, x_stride, i, count);             \
    NAME(put)(y, expression, i, count);                    \
  }                                                        \
  break;

static void NAME(unary)(int operation, const void *x_, size_t x_stride, void *y_, size_t count) {
  const real *x = x_;
  real *y = y_;
  switch (operation) {
    case CRK_NEGATE: EACH(-a)
    case CRK_ABSOLUTE: EACH(NAME(magnitude)(a))
    case CRK_SQUARE_ROOT: EACH(__builtin_elementwise_sqrt(a))
    case CRK_RECIPROCAL: EACH(NAME(splat)(1) / a)
    case CRK_EXP: EACH(NAME(exp)(a))
    case CRK_TANH: EACH(NAME(tanh)(a))
    case CRK_SIGMOID: EACH(NAME(sigmoid)(a))
    case CRK_RELU: EACH(NAME(relu)(a))
    case CRK_SQUARE: EACH(a * a)
    case CRK_SOFTPLUS: EACH(NAME(softplus)(a))
  }
}
#undef EACH

#define EACH(expression)                                   \
  for (size_t i = 0; i < count; i += LANES) {              \
    vec a = NAME(next)(x, x_stride, i, count);             \
    vec b = NAME(next)(z, z_stride, i, count);             \
    NAME(put)(y, expression, i, count);                    \
  }                                                        \
  break;

static void NAME(binary)(int operation, const void *x_, size_t x_stride, const void *z_, size_t z_stride, void *y_,
                         size_t count) {
  const real *x = x_, *z = z_;
  real *y = y_;
  switch (operation) {
    case CRK_ADD: EACH(a + b)
    case CRK_SUBTRACT: EACH(a - b)
    case CRK_MULTIPLY: EACH(a * b)
    case CRK_DIVIDE: EACH(a / b)
    case CRK_GREATER: EACH(a > b ? NAME(splat)(1) : NAME(splat)(0))
    case CRK_MAXIMUM: EACH(a > b ? a : b)
  }
}
#undef EACH

static void NAME(scaled_add)(double scale, const void *x_, size_t x_stride, void *y_, size_t count) {
  const real *x = x_;
  real *y = y_;
  for (size_t i = 0; i < count; i += LANES) {
    vec a = NAME(next)(x, x_stride, i, count), b = NAME(next)(y, 1, i, count);
    NAME(put)(y, NAME(fma)(NAME(splat)((real)scale), a, b), i, count);
  }
}
