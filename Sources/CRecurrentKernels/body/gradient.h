// Gradients of weights and biases: sums over rows, in segments. Each element is one chain; lanes are elements.
#define VPP NAME(vectors_per_panel)

INLINE const real *NAME(gradient_row)(const crk_gradient *q, size_t r) {
  const ptrdiff_t at = q->b_rows ? q->b_rows[r] : (ptrdiff_t)r;
  if (at >= 0) return (const real *)q->b + at * q->b_stride;
  return (const real *)q->first + ~at * q->first_stride;
}

// A gradient's tile is 6 columns of A by `narrow` vectors of B, a block 8 tiles. The sums of a block's tiles stop after
// `gradient_depth` rows and go on later, so that one panel of B stays in the first cache while the tiles pass by. Packed
// panels and tiles are a line longer than their rows: none begins a multiple of 4096 bytes behind another.
enum {
  NAME(gradient_tile) = 6, NAME(gradient_tiles) = 8, NAME(gradient_block) = 48, NAME(gradient_depth) = 256,
  NAME(gradient_ahead) = 12,  // rows
};

INLINE const real *NAME(gradient_a)(const crk_gradient *q, size_t r) {
  return (const real *)q->a + (q->a_rows ? (size_t)q->a_rows[r] : r) * q->a_stride;
}

INLINE void NAME(prefetch)(const real *p, size_t count) {
  for (size_t i = 0; i < count; i += 64 / sizeof(real)) __builtin_prefetch(p + i);
  __builtin_prefetch(p + count - 1);
}

INLINE size_t NAME(gradient_panel)(size_t rows) { return (rows + 1) * CRK_PANEL; }

static void NAME(pack_gradient_rows)(const crk_gradient *q, size_t first, size_t rows, real *packed) {
  for (size_t r = 0; r < rows; r++, packed += CRK_PANEL) {
    const real *b = NAME(gradient_row)(q, first + r);
    if (r + NAME(gradient_ahead) < rows)
      NAME(prefetch)(NAME(gradient_row)(q, first + r + NAME(gradient_ahead)), q->columns);
    real *to = packed;
    size_t j = 0;
    for (; j + CRK_PANEL <= q->columns; j += CRK_PANEL, to += NAME(gradient_panel)(rows))
      CRK_UNROLL for (size_t v = 0; v < CRK_PANEL; v += LANES) NAME(store)(to + v, NAME(load)(b + j + v));
    if (j < q->columns)
      for (size_t v = 0; v < CRK_PANEL; v++) to[v] = j + v < q->columns ? b[j + v] : 0;
  }
}

INLINE size_t NAME(gradient_place)(const crk_gradient *q, size_t n) {
  return n / q->run_length * q->run_stride + n % q->run_length;
}

// `count` columns of A from n on become one tile [rows][gradient_tile]; what is missing to a tile is zero.
static void NAME(pack_gradient_tile)(const crk_gradient *q, size_t first, size_t rows, size_t n, size_t count,
                                     real *packed) {
  size_t place[NAME(gradient_tile)];
  for (size_t j = 0; j < NAME(gradient_tile); j++) place[j] = NAME(gradient_place)(q, n + j);
  for (size_t r = 0; r < rows; r++) {
    const real *a = NAME(gradient_a)(q, first + r);
    for (size_t j = 0; j < NAME(gradient_tile); j++) *packed++ = j < count ? a[place[j]] : 0;
  }
}

// A's columns n ..< n + count in rows of one segment: [tile][rows][gradient_tile]. Whole tiles are copied 8 elements at a
// time, of which the next row overwrites two; tiles that end a run or the range are taken apart afterwards.
static void NAME(pack_gradient_columns)(const crk_gradient *q, size_t first, size_t rows, size_t n, size_t count,
                                        real *packed) {
  enum { TILE = NAME(gradient_tile), TILES = NAME(gradient_tiles), COPIED = 8, AHEAD = NAME(gradient_ahead) };
  const size_t tile = rows * TILE + CRK_PANEL, start = NAME(gradient_place)(q, n);
  size_t place[TILES];
  int whole[TILES];
  for (size_t i = 0; i < TILES; i++) {
    const size_t at = n + i * TILE, inside = at % q->run_length;
    whole[i] = at + COPIED <= q->to && inside + TILE <= q->run_length;
    place[i] = whole[i] ? NAME(gradient_place)(q, at) : start;
  }
  if (n + COPIED <= q->to) {
    real *to = packed;
    for (size_t r = 0; r < rows; r++, to += TILE) {
      const real *a = NAME(gradient_a)(q, first + r);
      if (r + AHEAD < rows) NAME(prefetch)(NAME(gradient_a)(q, first + r + AHEAD) + start, NAME(gradient_block) + COPIED - TILE);
      CRK_UNROLL for (size_t i = 0; i < TILES; i++) {
        memcpy(to + i * tile, a + place[i], COPIED * sizeof(real));
      }
    }
  }
  for (size_t i = 0; i * TILE < count; i++)
    if (!whole[i]) NAME(pack_gradient_tile)(q, first, rows, n + i * TILE, count - i * TILE, packed + i * tile);
}

// Where a tile's sums begin and what becomes of them: `rows` rows of C from c on, `columns` left from its first vector.
typedef struct {
  real *c;
  size_t c_stride, rows, columns;
  int start;
} NAME(gradient_target);

INLINE vec NAME(gradient_start)(const NAME(gradient_target) *t, int i, int v) {
  const size_t at = (size_t)v * LANES;
  if (t->start != CRK_FROM_C || (size_t)i >= t->rows || at >= t->columns) return NAME(splat)(0);
  return NAME(next)(t->c + i * t->c_stride, 1, at, t->columns);
}

INLINE void NAME(gradient_finish)(const NAME(gradient_target) *t, int i, int v, vec sum) {
  const size_t at = (size_t)v * LANES;
  if ((size_t)i >= t->rows || at >= t->columns) return;
  real *c = t->c + i * t->c_stride;
  NAME(put)(c, t->start == CRK_ADD_TO_C ? NAME(next)(c, 1, at, t->columns) + sum : sum, at, t->columns);
}

// One tile over `depth` rows, b[v] being vector v's place in its panel. The first rows of a segment start as the target
// says, the last finish so; between them the sums rest in `sums`.
INLINE void NAME(gradient_sums)(const int V, const real *a, size_t depth, const real *const *b, int begins, int ends,
                                real *sums, const NAME(gradient_target) *t) {
  enum { TILE = NAME(gradient_tile) };
  vec sum[TILE][8];
  CRK_UNROLL for (int i = 0; i < TILE; i++) {
    __builtin_prefetch(t->c + (size_t)i * t->c_stride);
    CRK_UNROLL for (int v = 0; v < V; v++)
        sum[i][v] = begins ? NAME(gradient_start)(t, i, v) : NAME(load)(sums + (i * V + v) * LANES);
  }
  for (size_t k = 0; k < depth; k++, a += TILE) {
    vec weight[8];
    CRK_UNROLL for (int v = 0; v < V; v++) weight[v] = NAME(load)(b[v] + k * CRK_PANEL);
    CRK_UNROLL for (int i = 0; i < TILE; i++) {
      vec x = NAME(splat)(a[i]);
      CRK_UNROLL for (int v = 0; v < V; v++) sum[i][v] = NAME(fma)(weight[v], x, sum[i][v]);
    }
  }
  CRK_UNROLL for (int i = 0; i < TILE; i++) {
    CRK_UNROLL for (int v = 0; v < V; v++) {
      if (ends) NAME(gradient_finish)(t, i, v, sum[i][v]);
      else NAME(store)(sums + (i * V + v) * LANES, sum[i][v]);
    }
  }
}

// V vectors of B from `v0` on, for all tiles of a block.
INLINE void NAME(gradient_group)(const int V, const crk_gradient *q, size_t n, size_t count, size_t rows, real *c,
                                 int start, const real *a, const real *b, size_t v0) {
  enum { TILE = NAME(gradient_tile), DEPTH = NAME(gradient_depth) };
  real sums[NAME(gradient_tiles)][TILE * 8 * LANES];
  const size_t tile = rows * TILE + CRK_PANEL;
  for (size_t k = 0; k < rows; k += DEPTH) {
    const size_t depth = rows - k < DEPTH ? rows - k : DEPTH;
    const real *weights[8];
    CRK_UNROLL for (int v = 0; v < V; v++)
        weights[v] = b + (v0 + v) / VPP * NAME(gradient_panel)(rows) + (v0 + v) % VPP * LANES + k * CRK_PANEL;
    for (size_t i = 0; i * TILE < count; i++) {
      const NAME(gradient_target) target = {
          c + (n + i * TILE) * q->c_stride + v0 * LANES, q->c_stride, count - i * TILE, q->columns - v0 * LANES, start};
      NAME(gradient_sums)(V, a + i * tile + k * TILE, depth, weights, k == 0, k + depth == rows, sums[i], &target);
    }
  }
}

// What a segment's rows do with its sums: `open` keeps them where the segment goes on from an earlier piece or into a
// later one.
INLINE int NAME(starts_segment)(const crk_piece *p, size_t first) { return (p->rank + first) % CRK_SEGMENT == 0; }
INLINE size_t NAME(rows_of_segment)(const crk_piece *p, size_t first, size_t rows) {
  const size_t left = CRK_SEGMENT - (p->rank + first) % CRK_SEGMENT;
  return rows - first < left ? rows - first : left;
}
INLINE int NAME(stays_open)(const crk_piece *p, size_t end, size_t rows) {
  return end == rows && p->more && (p->rank + end) % CRK_SEGMENT != 0;
}

// The open segment has all its rows: its sums are added to C, or become it.
static void NAME(close_segment)(const crk_gradient *q, size_t from, size_t to, int is_first) {
  for (size_t n = from; n < to; n++) {
    const real *open = (const real *)q->piece.open + n * q->c_stride;
    real *c = (real *)q->c + n * q->c_stride;
    for (size_t j = 0; j < q->columns; j += LANES) {
      const vec sum = NAME(next)(open, 1, j, q->columns);
      NAME(put)(c, is_first ? sum : NAME(next)(c, 1, j, q->columns) + sum, j, q->columns);
    }
  }
}

// One block of A's columns by all of B.
static void NAME(gradient_block_rows)(const crk_gradient *q, size_t n, size_t count, size_t rows, real *c, int start,
                                      const real *a, const real *b) {
  const size_t vectors = (q->columns + LANES - 1) / LANES;
  size_t v = 0;
  for (; v + NAME(narrow) <= vectors; v += NAME(narrow))
    NAME(gradient_group)(NAME(narrow), q, n, count, rows, c, start, a, b, v);
  for (; v < vectors; v++) NAME(gradient_group)(1, q, n, count, rows, c, start, a, b, v);
}

// Rows of one segment, to C or to its open sums: B packed into panels, A's columns block by block into tiles. A second
// gradient goes along with the same tiles.
static void NAME(gradient_segment)(const crk_gradient *q, size_t first, size_t rows, int to_open, int start) {
  const crk_gradient *also = q->also;
  real *a = q->scratch, *b = a + NAME(gradient_tiles) * (CRK_SEGMENT * NAME(gradient_tile) + CRK_PANEL);
  real *b_also = b + (q->columns + CRK_PANEL - 1) / CRK_PANEL * NAME(gradient_panel)(rows);
  NAME(pack_gradient_rows)(q, first, rows, b);
  if (also) NAME(pack_gradient_rows)(also, first, rows, b_also);
  for (size_t n = q->from; n < q->to; n += NAME(gradient_block)) {
    const size_t count = q->to - n < NAME(gradient_block) ? q->to - n : NAME(gradient_block);
    NAME(pack_gradient_columns)(q, first, rows, n, count, a);
    NAME(gradient_block_rows)(q, n, count, rows, to_open ? q->piece.open : q->c, start, a, b);
    if (also)
      NAME(gradient_block_rows)(also, n, count, rows, to_open ? also->piece.open : also->c, start, a, b_also);
  }
}

// B's rows are one-hot: a chain of fma(a, 0, sum) and fma(a, 1, sum) from +0 never is -0, so it is the sum of those a whose
// row has its one here, as long as every a is finite (else a times zero is NaN).
enum { NAME(one_hot_block) = 4 * CRK_PANEL };

INLINE uint32_t NAME(one_hot_place)(const crk_gradient *q, size_t r) {
  return q->one_hot[q->b_rows ? (size_t)q->b_rows[r] : r];
}

// Column n of A has an infinity or NaN in these rows: the chains of all columns of B, as they are written.
static void NAME(one_hot_chains)(const crk_gradient *q, size_t first, size_t rows, size_t n, real *c, int start) {
  const size_t place = NAME(gradient_place)(q, n);
  for (size_t k = 0; k < q->columns; k++) {
    vec sum = NAME(splat)(start == CRK_FROM_C ? c[k] : 0);
    for (size_t r = first; r < first + rows; r++)
      sum = NAME(fma)(NAME(splat)(NAME(gradient_a)(q, r)[place]), NAME(splat)(NAME(one_hot_place)(q, r) == k), sum);
    c[k] = start == CRK_ADD_TO_C ? c[k] + sum[0] : sum[0];
  }
}

// Columns n ..< n + count of A, within one run: sums [columns of B][one_hot_block] in `sums`, then to C.
static void NAME(one_hot_columns)(const crk_gradient *q, size_t first, size_t rows, size_t n, size_t count, real *c,
                                  int start, real *sums) {
  enum { WIDTH = NAME(one_hot_block), VECTORS = WIDTH / LANES };
  const size_t place = NAME(gradient_place)(q, n);
  vec finite[VECTORS];
  real is_finite[WIDTH];
  CRK_UNROLL for (int v = 0; v < VECTORS; v++) finite[v] = NAME(splat)(0);
  for (size_t k = 0; k < q->columns; k++)
    for (size_t i = 0; i < WIDTH; i++)
      sums[k * WIDTH + i] = start == CRK_FROM_C && i < count ? c[(n + i) * q->c_stride + k] : 0;
  for (size_t r = first; r < first + rows; r++) {
    const real *a = NAME(gradient_a)(q, r) + place;
    if (r + NAME(gradient_ahead) < first + rows)
      NAME(prefetch)(NAME(gradient_a)(q, r + NAME(gradient_ahead)) + place, count);
    real *sum = sums + NAME(one_hot_place)(q, r) * WIDTH;
    for (size_t v = 0; v * LANES < count; v++) {
      const vec x = NAME(next)(a, 1, v * LANES, count);
      NAME(store)(sum + v * LANES, NAME(load)(sum + v * LANES) + x);
      finite[v] = NAME(fma)(x, NAME(splat)(0), finite[v]);
    }
  }
  CRK_UNROLL for (int v = 0; v < VECTORS; v++) NAME(store)(is_finite + v * LANES, finite[v]);
  for (size_t i = 0; i < count; i++) {
    real *row = c + (n + i) * q->c_stride;
    if (is_finite[i] != 0) NAME(one_hot_chains)(q, first, rows, n + i, row, start);
    else if (start == CRK_ADD_TO_C) for (size_t k = 0; k < q->columns; k++) row[k] = row[k] + sums[k * WIDTH + i];
    else for (size_t k = 0; k < q->columns; k++) row[k] = sums[k * WIDTH + i];
  }
}

static void NAME(one_hot_segment)(const crk_gradient *q, size_t first, size_t rows, int to_open, int start) {
  for (size_t n = q->from, count; n < q->to; n += count) {
    const size_t left = q->run_length - n % q->run_length;
    count = q->to - n < NAME(one_hot_block) ? q->to - n : NAME(one_hot_block);
    if (count > left) count = left;
    NAME(one_hot_columns)(q, first, rows, n, count, to_open ? q->piece.open : q->c, start, q->scratch);
  }
}

static void NAME(gradient)(const crk_gradient *q) {
  void (*const segment)(const crk_gradient *, size_t, size_t, int, int) =
      q->one_hot ? NAME(one_hot_segment) : NAME(gradient_segment);
  const crk_piece *p = &q->piece;
  for (size_t first = 0, rows; first < q->rows; first += rows) {
    rows = NAME(rows_of_segment)(p, first, q->rows);
    const int begins = NAME(starts_segment)(p, first), open = NAME(stays_open)(p, first + rows, q->rows);
    const int is_first = p->rank + first < CRK_SEGMENT;
    if (begins && !open) {
      segment(q, first, rows, 0, is_first ? CRK_FROM_ZERO : CRK_ADD_TO_C);
    } else {
      segment(q, first, rows, 1, begins ? CRK_FROM_ZERO : CRK_FROM_C);
      if (!open) NAME(close_segment)(q, q->from, q->to, is_first);
      if (!open && q->also) NAME(close_segment)(q->also, q->from, q->to, is_first);
    }
  }
}

// Columns j ..< j + V vectors of column_sums.
INLINE void NAME(column_group)(const int V, const real *a, size_t a_stride, const ptrdiff_t *a_rows, size_t rows,
                               const crk_piece *p, real *c, size_t columns, size_t j) {
  real *open = p->open;
  vec total[8], segment[8];
  CRK_UNROLL for (int v = 0; v < V; v++) {
    total[v] = NAME(next)(c, 1, j + v * LANES, columns);
    segment[v] = NAME(starts_segment)(p, 0) ? NAME(splat)(0) : NAME(next)(open, 1, j + v * LANES, columns);
  }
  for (size_t r = 0; r < rows; r++) {
    const real *row = a + (a_rows ? (size_t)a_rows[r] : r) * a_stride;
    if (r + 8 < rows) NAME(prefetch)(a + (a_rows ? (size_t)a_rows[r + 8] : r + 8) * a_stride + j, V * LANES);
    CRK_UNROLL for (int v = 0; v < V; v++) segment[v] = segment[v] + NAME(next)(row, 1, j + v * LANES, columns);
    if (r + 1 < rows && (p->rank + r + 1) % CRK_SEGMENT != 0) continue;
    const int stays = NAME(stays_open)(p, r + 1, rows);
    CRK_UNROLL for (int v = 0; v < V; v++) {
      if (stays) NAME(put)(open, segment[v], j + v * LANES, columns);
      else total[v] = total[v] + segment[v];
      segment[v] = NAME(splat)(0);
    }
  }
  CRK_UNROLL for (int v = 0; v < V; v++) NAME(put)(c, total[v], j + v * LANES, columns);
}

static void NAME(column_sums)(const void *a, size_t a_stride, const ptrdiff_t *a_rows, size_t rows,
                              const crk_piece *piece, void *c, size_t columns) {
  const crk_piece all = {0}, *p = piece ? piece : &all;
  size_t j = 0;
  for (; j + 8 * LANES <= columns; j += 8 * LANES)
    NAME(column_group)(8, a, a_stride, a_rows, rows, p, c, columns, j);
  for (; j < columns; j += LANES) NAME(column_group)(1, a, a_stride, a_rows, rows, p, c, columns, j);
}

// Rows [0, rows) of one vector of columns, j on: a chain of products for each column.
INLINE void NAME(diagonal_group)(const crk_gradient *q, size_t j) {
  const crk_piece *p = &q->piece;
  real *open = p->open;
  vec total = NAME(next)(q->c, 1, j, q->columns);
  vec segment = NAME(starts_segment)(p, 0) ? NAME(splat)(0) : NAME(next)(open, 1, j, q->columns);
  for (size_t r = 0; r < q->rows; r++) {
    const vec a = NAME(next)(NAME(gradient_a)(q, r), 1, j, q->columns);
    segment = NAME(fma)(a, NAME(next)(NAME(gradient_row)(q, r), 1, j, q->columns), segment);
    if (r + 1 < q->rows && (p->rank + r + 1) % CRK_SEGMENT != 0) continue;
    if (NAME(stays_open)(p, r + 1, q->rows)) NAME(put)(open, segment, j, q->columns);
    else total = total + segment;
    segment = NAME(splat)(0);
  }
  NAME(put)(q->c, total, j, q->columns);
}

static void NAME(diagonal)(const crk_gradient *q) {
  for (size_t j = 0; j < q->columns; j += LANES) NAME(diagonal_group)(q, j);
}
#undef VPP
