// The arithmetic of the cells. g is a row's gate slots, each `width` (H') wide; the forward rows take units from ..< to, whole
// panels, and touch the first `size` elements of c and h.

// h = tanh(g) or relu(g).
INLINE void NAME(rnn_row)(int relu, const real *g, size_t from, size_t to, real *h, size_t size) {
  for (size_t j = from; j < to && j < size; j += LANES) {
    vec z = NAME(load)(g + j);
    NAME(put)(h, relu ? NAME(relu)(z) : NAME(tanh)(z), j, size);
  }
}

// c = fma(f, c, i g); h = o tanh(c).
INLINE void NAME(lstm_row)(real *gates, size_t width, size_t from, size_t to, real *c, real *h, size_t size,
                           real *saved) {
  for (size_t j = from; j < to; j += LANES) {
    vec i = NAME(sigmoid)(NAME(load)(gates + j)), f = NAME(sigmoid)(NAME(load)(gates + width + j));
    vec g = NAME(tanh)(NAME(load)(gates + 2 * width + j)), o = NAME(sigmoid)(NAME(load)(gates + 3 * width + j));
    vec cell = NAME(fma)(f, j < size ? NAME(next)(c, 1, j, size) : NAME(splat)(0), i * g);
    if (j < size) NAME(put)(c, cell, j, size), NAME(put)(h, o * NAME(tanh)(cell), j, size);
    if (!saved) continue;
    NAME(store)(saved + j, cell);
    NAME(store)(gates + j, i);
    NAME(store)(gates + width + j, f);
    NAME(store)(gates + 2 * width + j, g);
    NAME(store)(gates + 3 * width + j, o);
  }
}

// n = tanh(fma(r, nh, nx)); h = fma(z, h - n, n), the old h read from `previous`. Slots: r z nh nx; saved: r z nh n.
INLINE void NAME(gru_row)(real *gates, size_t width, size_t from, size_t to, const real *previous, real *h,
                          size_t size, int save) {
  for (size_t j = from; j < to; j += LANES) {
    vec r = NAME(sigmoid)(NAME(load)(gates + j)), z = NAME(sigmoid)(NAME(load)(gates + width + j));
    vec nh = NAME(load)(gates + 2 * width + j), nx = NAME(load)(gates + 3 * width + j);
    vec n = NAME(tanh)(NAME(fma)(r, nh, nx));
    if (j < size) NAME(put)(h, NAME(fma)(z, NAME(next)(previous, 1, j, size) - n, n), j, size);
    if (!save) continue;
    NAME(store)(gates + j, r);
    NAME(store)(gates + width + j, z);
    NAME(store)(gates + 3 * width + j, n);
  }
}

// The gates and c of a step whose h is known: what lstm_row saves, from the same pre-activations.
INLINE void NAME(lstm_row_again)(real *gates, size_t width, real *c, real *saved) {
  for (size_t j = 0; j < width; j += LANES) {
    vec i = NAME(sigmoid)(NAME(load)(gates + j)), f = NAME(sigmoid)(NAME(load)(gates + width + j));
    vec g = NAME(tanh)(NAME(load)(gates + 2 * width + j)), o = NAME(sigmoid)(NAME(load)(gates + 3 * width + j));
    vec cell = NAME(fma)(f, NAME(load)(c + j), i * g);
    NAME(store)(c + j, cell);
    NAME(store)(saved + j, cell);
    NAME(store)(gates + j, i);
    NAME(store)(gates + width + j, f);
    NAME(store)(gates + 2 * width + j, g);
    NAME(store)(gates + 3 * width + j, o);
  }
}

// The same of gru_row.
INLINE void NAME(gru_row_again)(real *gates, size_t width) {
  for (size_t j = 0; j < width; j += LANES) {
    vec r = NAME(sigmoid)(NAME(load)(gates + j)), z = NAME(sigmoid)(NAME(load)(gates + width + j));
    vec nh = NAME(load)(gates + 2 * width + j), nx = NAME(load)(gates + 3 * width + j);
    NAME(store)(gates + j, r);
    NAME(store)(gates + width + j, z);
    NAME(store)(gates + 3 * width + j, NAME(tanh)(NAME(fma)(r, nh, nx)));
  }
}

// tanh: dz = dh (1 - h^2), as fma(-h, h, 1). relu: dz = h > 0 ? dh : 0. h is read from y, H wide.
INLINE void NAME(rnn_row_back)(int relu, const real *h, size_t size, const real *dh, real *g) {
  for (size_t j = 0; j < size; j += LANES) {
    vec a = NAME(next)(h, 1, j, size), d = NAME(load)(dh + j);
    vec slope = NAME(fma)(-a, a, NAME(splat)(1));
    NAME(store)(g + j, relu ? (a > NAME(splat)(0) ? d : NAME(splat)(0)) : d * slope);
  }
}

// With t = tanh(c): do = dh t, dc += dh o (1 - t^2); di = dc g, df = dc c_prev, dg = dc i, dc_prev = dc f;
// through sigmoid s: d s (1 - s), through tanh: d (1 - g^2).
INLINE void NAME(lstm_row_back)(real *gates, size_t width, const real *cell, const real *previous, const real *dh,
                                real *dc, real *m) {
  const vec one = NAME(splat)(1);
  for (size_t j = 0; j < width; j += LANES) {
    vec i = NAME(load)(gates + j), f = NAME(load)(gates + width + j);
    vec g = NAME(load)(gates + 2 * width + j), o = NAME(load)(gates + 3 * width + j);
    vec t = NAME(tanh)(NAME(load)(cell + j)), d = NAME(load)(dh + j);
    vec dcell = NAME(fma)(d * o, NAME(fma)(-t, t, one), NAME(load)(dc + j));
    NAME(store)(gates + j, dcell * g * (i * (one - i)));
    NAME(store)(gates + width + j, dcell * NAME(load)(previous + j) * (f * (one - f)));
    NAME(store)(gates + 2 * width + j, dcell * i * NAME(fma)(-g, g, one));
    NAME(store)(gates + 3 * width + j, d * t * (o * (one - o)));
    NAME(store)(dc + j, dcell * f);
    if (m) NAME(store)(m + j, o * t);
  }
}

// dz = dh (h_prev - n), dn = fma(-dh, z, dh); through tanh: dnx = dn (1 - n^2); dr = dnx nh, dnh = dnx r.
// dh becomes dh z, the part that reaches h_prev directly. Slots on return: r z nh nx.
INLINE void NAME(gru_row_back)(real *gates, size_t width, size_t size, const real *previous, real *dh) {
  const vec one = NAME(splat)(1);
  for (size_t j = 0; j < size; j += LANES) {
    vec r = NAME(load)(gates + j), z = NAME(load)(gates + width + j);
    vec nh = NAME(load)(gates + 2 * width + j), n = NAME(load)(gates + 3 * width + j);
    vec d = NAME(load)(dh + j), h = NAME(next)(previous, 1, j, size);
    vec dnx = NAME(fma)(-d, z, d) * NAME(fma)(-n, n, one);
    NAME(store)(gates + j, dnx * nh * (r * (one - r)));
    NAME(store)(gates + width + j, d * (h - n) * (z * (one - z)));
    NAME(store)(gates + 2 * width + j, dnx * r);
    NAME(store)(gates + 3 * width + j, dnx);
    NAME(store)(dh + j, d * z);
  }
}
