// One time step of a cell, finished in registers: the chains of a tile of units start from the biases, run over the
// input, then over the hidden state, and the cell's pointwise part follows at once. Weights are those of pack_gates.
//
// A step of one row is bound by reading its weights, each of which it uses once; below some 20 units by the latency of its
// chains. So a tile has as many chains as hide the latency of fma, in one stream of weights; and every other step walks
// the tiles backwards, so that what the caches kept of one step's end is what the next begins with.

#define VPP NAME(vectors_per_panel)

// One step of `rows` rows of a cell. Strides count elements between rows; H' is units rounded up to CRK_PANEL.
//
// A chain starts from start[slot * H' + unit]; slots as in crk_forward (GRU: r z nh nx). In a stream that is the bias, with
// start_stride 0. In a sequence it may be a row of gates that hold the input's part already: then input_size is 0, w and x
// are not read, and a GRU's slot nh holds its bias. Both give the same bits.
// next must not overlap h; next_c may be c; saved may be start.
typedef struct {
  size_t rows, units, input_size, hidden_size;  // hidden_size: elements of a row of h
  const void *w, *u;  // first panels, in the format that goes with the call; panels are depth rows of weights apart
  size_t depth;
  int far;            // whether weights come from beyond the second cache
  const real *start; size_t start_stride;
  const real *x; size_t x_stride;
  const real *h; size_t h_stride;               // rows padded to CRK_PANEL
  const real *c; real *next_c; size_t c_stride; // LSTM: [rows, H']
  real *next; size_t next_stride;               // the new h, rows padded to CRK_PANEL
  real *y; size_t y_stride;                     // the new h once more, units elements a row; may be null
  real *saved; size_t saved_stride;             // the gates as crk_forward saves them; may be null
} NAME(cell_step);

// A tile: R rows from `row`, V vectors of units from vector `phase` of panel `panel` on. R, V and, where a tile is no
// smaller than a panel, phase are constants.
typedef struct { size_t row, panel, phase; } NAME(place);

INLINE size_t NAME(first_unit)(NAME(place) at, int v) { return at.panel * CRK_PANEL + (at.phase + v) * LANES; }

// Bytes ahead of what is read that are asked for where weights come from beyond the second cache: on Zen 3 the third then
// gives 25 instead of 18 bytes a cycle. From the second, asking costs more than it brings.
enum { NAME(ahead) = 1024 };

// What a tile's weights of one k occupy, as the caches' lines of 64 bytes.
INLINE void NAME(fetch)(const int G, const int V, const int format, const void *weights, const size_t group[8]) {
  const size_t bytes = CRK_PANEL * (format == CRK_FULL ? sizeof(real) : 2);
  CRK_UNROLL for (int v = 0; v < V; v += VPP) {
    const char *next = (const char *)weights + group[v] * bytes + NAME(ahead);
    CRK_UNROLL for (size_t line = 0; line < G * bytes; line += 64) __builtin_prefetch(next + line);
  }
}

// A pseudo-format: full weights as sequences have them, each gate a matrix of its own, of one panel.
enum { NAME(apart) = 3 };

// sum[r][slot][v] = the chain over k, ascending. Gate 2 sums in slot `third`. Panels are `depth` rows of weights.
INLINE void NAME(gate_chains)(const int R, const int G, const int V, const int third, const int format, const int far,
                         vec sum[3][4][8], const void *weights, size_t depth, NAME(place) at, const real *x,
                         size_t x_stride, size_t count) {
  const size_t gate = format == NAME(apart) ? count : 1, term = format == NAME(apart) ? 1 : G;
  size_t group[8];
  CRK_UNROLL for (int v = 0; v < V; v++) group[v] = (at.panel + (at.phase + v) / VPP) * depth * G;
  for (size_t k = 0; k < count; k++) {
    vec input[3];
    if (far) NAME(fetch)(G, V, format, weights, group);
    CRK_UNROLL for (int r = 0; r < R; r++) input[r] = NAME(splat)(x[r * x_stride + k]);
    CRK_UNROLL for (int g = 0; g < G; g++) {
      CRK_UNROLL for (int v = 0; v < V; v++) {
        const vec weight = NAME(weights)(format, weights, group[v] + g * gate, (at.phase + v) % VPP * LANES);
        const int slot = g == 2 ? third : g;
        CRK_UNROLL for (int r = 0; r < R; r++) sum[r][slot][v] = NAME(fma)(weight, input[r], sum[r][slot][v]);
      }
    }
    CRK_UNROLL for (int v = 0; v < V; v++) group[v] += term;
  }
}

INLINE void NAME(gate_sums)(const int R, const int G, const int slots, const int V, const int format, vec sum[3][4][8],
                            const NAME(cell_step) *q, NAME(place) at) {
  const size_t width = NAME(padded)(q->units), depth = q->depth;
  CRK_UNROLL for (int r = 0; r < R; r++)
    CRK_UNROLL for (int s = 0; s < slots; s++)
      CRK_UNROLL for (int v = 0; v < V; v++) {
        const size_t place = (at.row + r) * q->start_stride + s * width + NAME(first_unit)(at, v);
        sum[r][s][v] = slots > 1 || q->start ? NAME(load)(q->start + place) : NAME(splat)(0);
      }
  const real *x = q->x + at.row * q->x_stride, *h = q->h + at.row * q->h_stride;
  const int third = G == 3 ? 3 : 2;
  if (R == 1 && q->far) {
    NAME(gate_chains)(R, G, V, third, format, 1, sum, q->w, depth, at, x, q->x_stride, q->input_size);
    NAME(gate_chains)(R, G, V, 2, format, 1, sum, q->u, depth, at, h, q->h_stride, q->hidden_size);
  } else {
    NAME(gate_chains)(R, G, V, third, format, 0, sum, q->w, depth, at, x, q->x_stride, q->input_size);
    NAME(gate_chains)(R, G, V, 2, format, 0, sum, q->u, depth, at, h, q->h_stride, q->hidden_size);
  }
}

INLINE void NAME(give_hidden)(const NAME(cell_step) *q, size_t row, size_t unit, vec h) {
  NAME(store)(q->next + row * q->next_stride + unit, h);
  if (q->y && unit < q->units) NAME(put)(q->y + row * q->y_stride, h, unit, q->units);
}

INLINE void NAME(save_gates)(const NAME(cell_step) *q, size_t row, size_t unit, vec a, vec b, vec c, vec d) {
  const size_t width = NAME(padded)(q->units);
  real *saved = q->saved + row * q->saved_stride + unit;
  NAME(store)(saved, a);
  NAME(store)(saved + width, b);
  NAME(store)(saved + 2 * width, c);
  NAME(store)(saved + 3 * width, d);
}

// h = the sum itself (a projection), tanh or relu of it.
INLINE void NAME(rnn_tile)(const int R, const int V, const int format, int kind, const NAME(cell_step) *q,
                           NAME(place) at) {
  vec sum[3][4][8];
  NAME(gate_sums)(R, 1, 1, V, format, sum, q, at);
  CRK_UNROLL for (int r = 0; r < R; r++) {
    CRK_UNROLL for (int v = 0; v < V; v++) {
      vec h = sum[r][0][v];
      if (kind == CRK_RNN_TANH) h = NAME(tanh)(h);
      if (kind == CRK_RNN_RELU) h = NAME(relu)(h);
      NAME(give_hidden)(q, at.row + r, NAME(first_unit)(at, v), h);
    }
  }
}

// c = fma(f, c, i g); h = o tanh(c). The output gate is not needed before tanh(c), so both run side by side.
INLINE void NAME(lstm_tile)(const int R, const int V, const int format, int kind, const NAME(cell_step) *q,
                            NAME(place) at) {
  (void)kind;
  vec sum[3][4][8], cell[3][8];
  NAME(gate_sums)(R, 4, 4, V, format, sum, q, at);
  CRK_UNROLL for (int r = 0; r < R; r++) {
    CRK_UNROLL for (int v = 0; v < V; v++) {
      const size_t place = (at.row + r) * q->c_stride + NAME(first_unit)(at, v);
      sum[r][0][v] = NAME(sigmoid)(sum[r][0][v]);
      sum[r][1][v] = NAME(sigmoid)(sum[r][1][v]);
      sum[r][2][v] = NAME(tanh)(sum[r][2][v]);
      cell[r][v] = NAME(fma)(sum[r][1][v], NAME(load)(q->c + place), sum[r][0][v] * sum[r][2][v]);
      NAME(store)(q->next_c + place, cell[r][v]);
    }
  }
  CRK_UNROLL for (int r = 0; r < R; r++) {
    CRK_UNROLL for (int v = 0; v < V; v++) {
      const size_t unit = NAME(first_unit)(at, v);
      const vec o = NAME(sigmoid)(sum[r][3][v]);
      NAME(give_hidden)(q, at.row + r, unit, o * NAME(tanh)(cell[r][v]));
      if (q->saved) NAME(save_gates)(q, at.row + r, unit, sum[r][0][v], sum[r][1][v], sum[r][2][v], o);
    }
  }
}

// n = tanh(fma(r, nh, nx)); h = fma(z, h - n, n).
INLINE void NAME(gru_tile)(const int R, const int V, const int format, int kind, const NAME(cell_step) *q,
                           NAME(place) at) {
  (void)kind;
  vec sum[3][4][8];
  NAME(gate_sums)(R, 3, 4, V, format, sum, q, at);
  CRK_UNROLL for (int r = 0; r < R; r++) {
    CRK_UNROLL for (int v = 0; v < V; v++) {
      const size_t unit = NAME(first_unit)(at, v);
      const vec reset = NAME(sigmoid)(sum[r][0][v]), z = NAME(sigmoid)(sum[r][1][v]);
      const vec n = NAME(tanh)(NAME(fma)(reset, sum[r][2][v], sum[r][3][v]));
      const vec h = NAME(load)(q->h + (at.row + r) * q->h_stride + unit);
      NAME(give_hidden)(q, at.row + r, unit, NAME(fma)(z, h - n, n));
      if (q->saved) NAME(save_gates)(q, at.row + r, unit, reset, z, sum[r][2][v], n);
    }
  }
}

// Vectors of a tile of one row: enough chains to hide the latency of fma, as many as there are registers for.
#if CRK_VECTOR_BYTES == 1
enum { NAME(lstm_vectors) = 2, NAME(gru_vectors) = 2, NAME(rnn_vectors) = 4 };
#elif CRK_REGISTERS >= 32
enum { NAME(lstm_vectors) = 4, NAME(gru_vectors) = 4, NAME(rnn_vectors) = 8 };
#else
enum { NAME(lstm_vectors) = 2, NAME(gru_vectors) = 4, NAME(rnn_vectors) = 8 };
#endif

// V vectors from `vector` on. `gates` is a constant, and so is `aligned`: whether a panel begins at `vector`.
INLINE void NAME(cell_tile)(const int gates, const int R, const int V, const int format, const int aligned, int kind,
                            const NAME(cell_step) *q, size_t row, size_t vector) {
  const NAME(place) at = {row, vector / VPP, aligned ? 0 : vector % VPP};
  if (gates == 4) NAME(lstm_tile)(R, V, format, kind, q, at);
  else if (gates == 3) NAME(gru_tile)(R, V, format, kind, q, at);
  else NAME(rnn_tile)(R, V, format, kind, q, at);
}

// The vectors that are left of a row of tiles of `most`.
INLINE void NAME(rest)(const int gates, const int R, const int most, const int format, int kind,
                       const NAME(cell_step) *q, size_t row, size_t vector, size_t end) {
  const int aligned = (most == 8 ? 4 : most) % VPP == 0;
  if (most == 8 && end - vector >= 4) {
    NAME(cell_tile)(gates, R, 4, format, aligned, kind, q, row, vector);
    vector += 4;
  }
  if (end - vector == 1) NAME(cell_tile)(gates, R, 1, format, aligned, kind, q, row, vector);
  else if (most > 2 && end - vector == 2) NAME(cell_tile)(gates, R, 2, format, aligned, kind, q, row, vector);
  else if (most > 2 && end - vector == 3) NAME(cell_tile)(gates, R, 3, format, aligned, kind, q, row, vector);
}

// R rows over all units, tiles of `most` vectors, from the last tile to the first if `backwards`. Three vectors of LSTM
// cells go at once, as two tiles would each wait for a latency.
INLINE void NAME(cell_rows)(const int gates, const int R, const int most, const int format, int kind, int backwards,
                            const NAME(cell_step) *q, size_t row) {
  const size_t vectors = (q->units + LANES - 1) / LANES, tiles = vectors / most;
  if (gates == 4 && R == 1 && most == 2 && VPP == 2 && vectors == 3) {
    NAME(cell_tile)(gates, R, 3, format, 1, kind, q, row, 0);
    return;
  }
  for (size_t i = 0; i <= tiles; i++) {
    const size_t tile = backwards ? tiles - i : i;
    if (tile < tiles) NAME(cell_tile)(gates, R, most, format, most % VPP == 0, kind, q, row, tile * most);
    else NAME(rest)(gates, R, most, format, kind, q, row, tile * most, vectors);
  }
}

// R rows over vectors from ..< to, V at a time, as many as are whole. A macro, because without optimization every function
// inlined here would be compiled for every kind.
#define TILES(cell, R, V, format, row, from, to)                                                                      \
  for (size_t i = 0, tiles = ((to) - (from)) / (V); i < tiles; i++) {                                                 \
    const size_t v = (from) + (backwards ? tiles - 1 - i : i) * (V);                                                  \
    NAME(cell##_tile)(R, V, format, kind, q, (NAME(place)){row, v / VPP, (V) % VPP ? v % VPP : 0});                   \
  }

// Three rows or two share the loads of full weights; four are twice two. What is returned is the first row left.
#define SHARED(cell, wide, pairs)                                                                                     \
  static size_t NAME(shared_##cell)(int kind, int backwards, const NAME(cell_step) *q) {                              \
    const size_t vectors = (q->units + LANES - 1) / LANES, whole = vectors / (wide) * (wide);                         \
    size_t row = 0;                                                                                                   \
    if (CRK_VECTOR_BYTES == 1) return 0;                                                                              \
    for (; row + 3 <= q->rows && !((pairs) && row + 4 == q->rows); row += 3) {                                        \
      TILES(cell, 3, wide, CRK_FULL, row, 0, vectors)                                                                 \
      TILES(cell, 3, 1, CRK_FULL, row, whole, vectors)                                                                \
    }                                                                                                                 \
    for (; (pairs) && row + 2 <= q->rows; row += 2) {                                                                 \
      TILES(cell, 2, wide, CRK_FULL, row, 0, vectors)                                                                 \
      TILES(cell, 2, 1, CRK_FULL, row, whole, vectors)                                                                \
    }                                                                                                                 \
    return row;                                                                                                       \
  }
SHARED(lstm, 1, 1)
SHARED(gru, 1, q->units <= CRK_PANEL)  // a pair of larger rows waits for registers
SHARED(rnn, 4, 1)
#undef SHARED

// Rows from `row` on, one after another.
INLINE void NAME(cell_in)(const int gates, const int most, const int format, int kind, int backwards,
                          const NAME(cell_step) *q, size_t row) {
  for (; row < q->rows; row++) NAME(cell_rows)(gates, 1, most, format, kind, backwards, q, row);
}

// One function for each kind and format.
#define ALONE(cell) 0
#define TOGETHER(cell) (q->rows > 1 ? NAME(shared_##cell)(kind, backwards, q) : 0)
#define CELL(name, format, shared)                                                                                    \
  static void NAME(lstm_##name)(int kind, int backwards, const NAME(cell_step) *q) {                                  \
    NAME(cell_in)(4, NAME(lstm_vectors), format, kind, backwards, q, shared(lstm));                                   \
  }                                                                                                                   \
  static void NAME(gru_##name)(int kind, int backwards, const NAME(cell_step) *q) {                                   \
    NAME(cell_in)(3, NAME(gru_vectors), format, kind, backwards, q, shared(gru));                                     \
  }                                                                                                                   \
  static void NAME(rnn_##name)(int kind, int backwards, const NAME(cell_step) *q) {                                   \
    NAME(cell_in)(1, NAME(rnn_vectors), format, kind, backwards, q, shared(rnn));                                     \
  }                                                                                                                   \
  INLINE void NAME(cell_##name)(int kind, int backwards, const NAME(cell_step) *q) {                                  \
    if (kind == CRK_LSTM) NAME(lstm_##name)(kind, backwards, q);                                                      \
    else if (kind == CRK_GRU) NAME(gru_##name)(kind, backwards, q);                                                   \
    else NAME(rnn_##name)(kind, backwards, q);                                                                        \
  }
CELL(full, CRK_FULL, TOGETHER)
#if MANTISSA_BITS == 23
CELL(bfloat16, CRK_BFLOAT16, ALONE)
CELL(float16, CRK_FLOAT16, ALONE)
#endif
#undef CELL
#undef ALONE
#undef TOGETHER

// A step of one cell. With `backwards`, tiles go from the last unit to the first: no bit depends on it.
static void NAME(cell)(int kind, int format, int backwards, const NAME(cell_step) *q) {
#if MANTISSA_BITS == 23
  if (format == CRK_BFLOAT16) return NAME(cell_bfloat16)(kind, backwards, q);
  if (format == CRK_FLOAT16) return NAME(cell_float16)(kind, backwards, q);
#endif
  (void)format;
  NAME(cell_full)(kind, backwards, q);
}
