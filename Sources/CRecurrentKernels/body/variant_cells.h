// The arithmetic of cells that depart from PyTorch's; rows, slots and units as in cells.h. Gates stay the sums they are, which
// is all that is saved of them: the way back computes the rest again.

// crk_variant with its numbers rounded.
typedef struct {
  NAME(function) gate, candidate, output;
  int plain;                    // the functions are PyTorch's
  real clip;
  int coupled;
  const real *pi, *pf, *po;     // null without peepholes
} NAME(variant);

INLINE NAME(variant) NAME(variant_of)(const crk_variant *v, size_t width) {
  const real *p = v->peepholes;
  return (NAME(variant)){
      .gate = NAME(numbers_of)(v->gate), .candidate = NAME(numbers_of)(v->candidate),
      .output = NAME(numbers_of)(v->output),
      .plain = v->gate.code == CRK_SIGMOID && v->candidate.code == CRK_TANH && v->output.code == CRK_TANH,
      .clip = (real)v->clip, .coupled = v->coupled, .pi = p, .pf = p ? p + width : NULL, .po = p ? p + 2 * width : NULL};
}

// One copy of all functions for all places that call them; vectors go through memory.
static __attribute__((noinline)) void NAME(apply)(const NAME(function) *f, real *x) {
  NAME(store)(x, NAME(value)(*f, NAME(load)(x)));
}
static __attribute__((noinline)) void NAME(apply_back)(const NAME(function) *f, real *x, real *slope) {
  const NAME(valued) result = NAME(value_and_slope)(*f, NAME(load)(x));
  NAME(store)(x, result.value);
  NAME(store)(slope, result.slope);
}

INLINE vec NAME(through)(const NAME(function) *f, vec x) {
  real values[LANES];
  NAME(store)(values, x);
  NAME(apply)(f, values);
  return NAME(load)(values);
}

INLINE vec NAME(bounded)(const NAME(variant) *v, vec x) {
  return NAME(within)(x, NAME(splat)(-v->clip), NAME(splat)(v->clip));
}
INLINE vec NAME(gate)(const int plain, const NAME(variant) *v, vec x) {
  x = NAME(bounded)(v, x);
  return plain ? NAME(sigmoid)(x) : NAME(through)(&v->gate, x);
}
INLINE vec NAME(candidate)(const int plain, const NAME(variant) *v, vec x) {
  x = NAME(bounded)(v, x);
  return plain ? NAME(tanh)(x) : NAME(through)(&v->candidate, x);
}
// A sum with its peephole.
INLINE vec NAME(peep)(const real *p, size_t j, vec c, vec z) { return p ? NAME(fma)(NAME(load)(p + j), c, z) : z; }

// h = f(g).
static void NAME(rnn_variant_row)(const NAME(variant) *v, const real *g, size_t from, size_t to, real *h, size_t size) {
  for (size_t j = from; j < to && j < size; j += LANES)
    NAME(put)(h, NAME(candidate)(0, v, NAME(load)(g + j)), j, size);
}

INLINE void NAME(lstm_variant_units)(const int plain, const NAME(variant) *v, const real *gates, size_t width, size_t from,
                                     size_t to, real *c, real *h, size_t size, real *saved) {
  for (size_t j = from; j < to; j += LANES) {
    const vec before = j < size ? NAME(next)(c, 1, j, size) : NAME(splat)(0);
    const vec i = NAME(gate)(plain, v, NAME(peep)(v->pi, j, before, NAME(load)(gates + j)));
    const vec f = v->coupled ? NAME(splat)(1) - i
                             : NAME(gate)(plain, v, NAME(peep)(v->pf, j, before, NAME(load)(gates + width + j)));
    const vec g = NAME(candidate)(plain, v, NAME(load)(gates + 2 * width + j));
    const vec cell = NAME(fma)(f, before, i * g);
    const vec o = NAME(gate)(plain, v, NAME(peep)(v->po, j, cell, NAME(load)(gates + 3 * width + j)));
    const vec t = plain ? NAME(tanh)(cell) : NAME(through)(&v->output, cell);
    if (j < size) NAME(put)(c, cell, j, size), NAME(put)(h, o * t, j, size);
    if (saved) NAME(store)(saved + j, cell);
  }
}

// i, f = a(z + p c), f = 1 - i if coupled; c = fma(f, c, i b(z)); o = a(z + p c) of the new c; h = o t(c).
static void NAME(lstm_variant_row)(const NAME(variant) *v, const real *gates, size_t width, size_t from, size_t to, real *c,
                                   real *h, size_t size, real *saved) {
  if (v->plain) NAME(lstm_variant_units)(1, v, gates, width, from, to, c, h, size, saved);
  else NAME(lstm_variant_units)(0, v, gates, width, from, to, c, h, size, saved);
}

INLINE void NAME(gru_variant_units)(const int plain, const NAME(variant) *v, int before, const real *gates, size_t width,
                                    size_t from, size_t to, const real *previous, real *h, size_t size) {
  for (size_t j = from; j < to && j < size; j += LANES) {
    const vec nx = NAME(load)(gates + 3 * width + j);
    const vec z = NAME(gate)(plain, v, NAME(load)(gates + width + j));
    vec sum = nx;
    if (!before) sum = NAME(fma)(NAME(gate)(plain, v, NAME(load)(gates + j)), NAME(load)(gates + 2 * width + j), nx);
    const vec n = NAME(candidate)(plain, v, sum);
    NAME(put)(h, NAME(fma)(z, NAME(next)(previous, 1, j, size) - n, n), j, size);
  }
}

// n = b(fma(r, nh, nx)), or b of slot 3 as it is if the reset came `before` the product; h = fma(z, h - n, n).
static void NAME(gru_variant_row)(const NAME(variant) *v, int before, const real *gates, size_t width, size_t from, size_t to,
                                  const real *previous, real *h, size_t size) {
  if (v->plain) NAME(gru_variant_units)(1, v, before, gates, width, from, to, previous, h, size);
  else NAME(gru_variant_units)(0, v, before, gates, width, from, to, previous, h, size);
}

// Slot 2 = r h, which the candidate's product reads.
static void NAME(gru_reset_row)(const NAME(variant) *v, real *gates, size_t width, size_t from, size_t to,
                                const real *previous, size_t size) {
  for (size_t j = from; j < to && j < size; j += LANES) {
    const vec sum = NAME(load)(gates + j), h = NAME(next)(previous, 1, j, size);
    NAME(store)(gates + 2 * width + j, (v->plain ? NAME(gate)(1, v, sum) : NAME(gate)(0, v, sum)) * h);
  }
}

// c of a step whose h is known.
static void NAME(lstm_variant_row_again)(const NAME(variant) *v, const real *gates, size_t width, real *c, real *saved) {
  for (size_t j = 0; j < width; j += LANES) {
    const vec before = NAME(load)(c + j);
    const vec i = NAME(gate)(0, v, NAME(peep)(v->pi, j, before, NAME(load)(gates + j)));
    const vec f = v->coupled ? NAME(splat)(1) - i
                             : NAME(gate)(0, v, NAME(peep)(v->pf, j, before, NAME(load)(gates + width + j)));
    const vec cell = NAME(fma)(f, before, i * NAME(candidate)(0, v, NAME(load)(gates + 2 * width + j)));
    NAME(store)(c + j, cell);
    NAME(store)(saved + j, cell);
  }
}

// The value, and its derivative with respect to x.
INLINE NAME(valued) NAME(back_through)(const int plain, const int is_gate, const NAME(function) *f, vec x) {
  if (plain) {
    const vec one = NAME(splat)(1), a = is_gate ? NAME(sigmoid)(x) : NAME(tanh)(x);
    return (NAME(valued)){a, is_gate ? a * (one - a) : NAME(fma)(-a, a, one)};
  }
  real values[LANES], slopes[LANES];
  NAME(store)(values, x);
  NAME(apply_back)(f, values, slopes);
  return (NAME(valued)){NAME(load)(values), NAME(load)(slopes)};
}
INLINE NAME(valued) NAME(back_bounded)(const int plain, const int is_gate, const NAME(variant) *v, vec x) {
  const vec high = NAME(splat)(v->clip), zero = NAME(splat)(0);
  NAME(valued) result = NAME(back_through)(plain, is_gate, is_gate ? &v->gate : &v->candidate, NAME(bounded)(v, x));
  result.slope = x > high ? zero : -high > x ? zero : result.slope;
  return result;
}
// d times a slope; where a function is flat, nothing goes back, be d infinite.
INLINE vec NAME(carried)(vec d, vec slope) { return slope == NAME(splat)(0) ? NAME(splat)(0) : d * slope; }

static void NAME(rnn_variant_row_back)(const NAME(variant) *v, size_t size, const real *dh, real *g) {
  for (size_t j = 0; j < size; j += LANES)
    NAME(store)(g + j, NAME(carried)(NAME(load)(dh + j), NAME(back_bounded)(0, 0, v, NAME(load)(g + j)).slope));
}

// As lstm_row_back, with t = t(c). Peepholes carry do to c and di, df to the c before; coupled, di = dc (g - c) and df = 0.
INLINE void NAME(lstm_variant_units_back)(const int plain, const NAME(variant) *v, real *gates, size_t width,
                                          const real *cell, const real *previous, const real *dh, real *dc, real *m) {
  const vec one = NAME(splat)(1), zero = NAME(splat)(0);
  for (size_t j = 0; j < width; j += LANES) {
    const vec c = NAME(load)(cell + j), before = NAME(load)(previous + j), d = NAME(load)(dh + j);
    const NAME(valued) i = NAME(back_bounded)(plain, 1, v, NAME(peep)(v->pi, j, before, NAME(load)(gates + j)));
    NAME(valued) f = {one - i.value, zero};
    if (!v->coupled)
      f = NAME(back_bounded)(plain, 1, v, NAME(peep)(v->pf, j, before, NAME(load)(gates + width + j)));
    const NAME(valued) g = NAME(back_bounded)(plain, 0, v, NAME(load)(gates + 2 * width + j));
    const NAME(valued) o = NAME(back_bounded)(plain, 1, v, NAME(peep)(v->po, j, c, NAME(load)(gates + 3 * width + j)));
    const NAME(valued) t = NAME(back_through)(plain, 0, &v->output, c);
    const vec to_o = NAME(carried)(d * t.value, o.slope);
    const vec dcell = NAME(peep)(v->po, j, to_o, NAME(fma)(d * o.value, t.slope, NAME(load)(dc + j)));
    const vec di = v->coupled ? NAME(fma)(-dcell, before, dcell * g.value) : dcell * g.value;
    const vec to_i = NAME(carried)(di, i.slope), to_f = NAME(carried)(dcell * before, f.slope);
    NAME(store)(gates + j, to_i);
    NAME(store)(gates + width + j, to_f);
    NAME(store)(gates + 2 * width + j, NAME(carried)(dcell * i.value, g.slope));
    NAME(store)(gates + 3 * width + j, to_o);
    NAME(store)(dc + j, NAME(peep)(v->pf, j, to_f, NAME(peep)(v->pi, j, to_i, dcell * f.value)));
    if (m) NAME(store)(m + j, o.value * t.value);
  }
}

static void NAME(lstm_variant_row_back)(const NAME(variant) *v, real *gates, size_t width, const real *cell,
                                        const real *previous, const real *dh, real *dc, real *m) {
  if (v->plain) NAME(lstm_variant_units_back)(1, v, gates, width, cell, previous, dh, dc, m);
  else NAME(lstm_variant_units_back)(0, v, gates, width, cell, previous, dh, dc, m);
}

INLINE void NAME(gru_variant_units_back)(const int plain, const NAME(variant) *v, int reset_before, real *gates,
                                         size_t width, size_t size, const real *previous, real *dh) {
  for (size_t j = 0; j < size; j += LANES) {
    const vec d = NAME(load)(dh + j), h = NAME(next)(previous, 1, j, size), nx = NAME(load)(gates + 3 * width + j);
    const NAME(valued) z = NAME(back_bounded)(plain, 1, v, NAME(load)(gates + width + j));
    NAME(valued) r, n;
    vec nh, dnx;
    if (!reset_before) {
      nh = NAME(load)(gates + 2 * width + j);
      r = NAME(back_bounded)(plain, 1, v, NAME(load)(gates + j));
      n = NAME(back_bounded)(plain, 0, v, NAME(fma)(r.value, nh, nx));
    } else n = NAME(back_bounded)(plain, 0, v, nx);
    dnx = NAME(carried)(NAME(fma)(-d, z.value, d), n.slope);
    if (!reset_before) {
      NAME(store)(gates + j, NAME(carried)(dnx * nh, r.slope));
      NAME(store)(gates + 2 * width + j, dnx * r.value);
    }
    NAME(store)(gates + width + j, NAME(carried)(d * (h - n.value), z.slope));
    NAME(store)(gates + 3 * width + j, dnx);
    NAME(store)(dh + j, d * z.value);
  }
}

// As gru_row_back; where the reset came before the product, slots r and m stay until gru_reset_row_back.
static void NAME(gru_variant_row_back)(const NAME(variant) *v, int reset_before, real *gates, size_t width, size_t size,
                                       const real *previous, real *dh) {
  if (v->plain) NAME(gru_variant_units_back)(1, v, reset_before, gates, width, size, previous, dh);
  else NAME(gru_variant_units_back)(0, v, reset_before, gates, width, size, previous, dh);
}

// With dm, the derivative of m = r h: dr = dm h, dh += dm r.
static void NAME(gru_reset_row_back)(const NAME(variant) *v, real *gates, size_t size, const real *previous,
                                     const real *dm, real *dh) {
  for (size_t j = 0; j < size; j += LANES) {
    const vec d = NAME(load)(dm + j), sum = NAME(load)(gates + j);
    const NAME(valued) r = v->plain ? NAME(back_bounded)(1, 1, v, sum) : NAME(back_bounded)(0, 1, v, sum);
    NAME(store)(gates + j, NAME(carried)(d * NAME(next)(previous, 1, j, size), r.slope));
    NAME(store)(dh + j, NAME(fma)(d, r.value, NAME(load)(dh + j)));
  }
}
