// Products. One output is one ascending chain of fma; lanes are outputs, so nothing here can change a bit.
enum { NAME(vectors_per_panel) = CRK_PANEL / LANES };
#define VPP NAME(vectors_per_panel)

static void NAME(pack_rows)(const void *b_, size_t b_stride, size_t columns, size_t depth, void *packed_) {
  const real *b = b_;
  real *packed = packed_;
  for (size_t first = 0; first < columns; first += CRK_PANEL)
    for (size_t k = 0; k < depth; k++)
      for (size_t j = first; j < first + CRK_PANEL; j++) *packed++ = j < columns ? b[j * b_stride + k] : 0;
}

static void NAME(pack_columns)(const void *b_, size_t b_stride, size_t columns, size_t depth, void *packed_) {
  const real *b = b_;
  real *packed = packed_;
  for (size_t first = 0; first < columns; first += CRK_PANEL)
    for (size_t k = 0; k < depth; k++)
      for (size_t j = first; j < first + CRK_PANEL; j++) *packed++ = j < columns ? b[k * b_stride + j] : 0;
}

// R rows by V vectors: sums go on by `length` terms. Row i of A is a + i * row_step, its term k another k * k_step on; the
// weights of vector v follow b[v], CRK_PANEL elements a term. R and V are constants, so all sums live in registers.
INLINE void NAME(chains)(const int R, const int V, const real *a, size_t row_step, size_t k_step, const real *b_[8],
                         size_t length, vec sum[8][8]) {
  const real *b[8], *a3 = a + 3 * row_step;  // two pointers reach six rows without arithmetic
  CRK_UNROLL for (int v = 0; v < V; v++) b[v] = b_[v];
  for (size_t k = 0; k < length; k++, a += k_step, a3 += k_step) {
    vec weight[8], x[8];
    if (R < V) {  // hold whichever of the two is fewer
      CRK_UNROLL for (int i = 0; i < R; i++) x[i] = NAME(splat)(i < 3 ? a[i * row_step] : a3[(i - 3) * row_step]);
      CRK_UNROLL for (int v = 0; v < V; v++) {
        vec w = NAME(load)(b[v]);
        CRK_UNROLL for (int i = 0; i < R; i++) sum[i][v] = NAME(fma)(w, x[i], sum[i][v]);
      }
    } else {
      CRK_UNROLL for (int v = 0; v < V; v++) weight[v] = NAME(load)(b[v]);
      CRK_UNROLL for (int i = 0; i < R; i++) {
        vec x = NAME(splat)(i < 3 ? a[i * row_step] : a3[(i - 3) * row_step]);
        CRK_UNROLL for (int v = 0; v < V; v++) sum[i][v] = NAME(fma)(weight[v], x, sum[i][v]);
      }
    }
    CRK_UNROLL for (int v = 0; v < V; v++) b[v] += CRK_PANEL;
  }
}

// Where the sums of LANES outputs start: c is their place in C, of which `left` columns are there.
INLINE vec NAME(tile_start)(int start, const real *bias, const real *c, ptrdiff_t left) {
  if (start == CRK_FROM_BIAS) return NAME(load)(bias);
  if (start != CRK_FROM_C || left <= 0) return NAME(splat)(0);
  return NAME(next)(c, 1, 0, (size_t)left);
}

INLINE void NAME(tile_finish)(int start, real *c, ptrdiff_t left, vec sum) {
  if (left <= 0) return;
  NAME(put)(c, start == CRK_ADD_TO_C ? NAME(next)(c, 1, 0, (size_t)left) + sum : sum, 0, (size_t)left);
}

// R rows by V vectors, from vector `v0` on. `start` and `left` are constants for tiles that lie inside of C.
INLINE void NAME(tile_at)(const int R, const int V, const int transposed, int start, ptrdiff_t left,
                          const crk_product *q, size_t row, size_t v0) {
  const size_t length = q->run_length, runs = q->runs, run_stride = q->run_stride, panel = runs * length * CRK_PANEL;
  const size_t a_stride = q->a_stride, c_stride = q->c_stride;
  const real *b[8], *bias = (const real *)q->bias + v0 * LANES;
  vec sum[8][8];
  CRK_UNROLL for (int v = 0; v < V; v++)
      b[v] = (const real *)q->b + (v0 + v) / VPP * panel + (v0 + v) % VPP * LANES;

  real *c = (real *)q->c + row * c_stride + v0 * LANES;
  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++)
        sum[i][v] = NAME(tile_start)(start, bias + v * LANES, c + i * c_stride + v * LANES, left - v * LANES);

  const real *a = (const real *)q->a + (transposed ? row : row * a_stride);
  for (size_t run = 0; run < runs; run++, a += run_stride) {
    NAME(chains)(R, V, a, transposed ? 1 : a_stride, transposed ? a_stride : 1, b, length, sum);
    CRK_UNROLL for (int v = 0; v < V; v++) b[v] += length * CRK_PANEL;
  }

  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++)
        NAME(tile_finish)(start, c + i * c_stride + v * LANES, left - v * LANES, sum[i][v]);
}

INLINE void NAME(tile)(const int R, const int V, const int transposed, const crk_product *q, size_t row, size_t v0) {
  const ptrdiff_t left = (ptrdiff_t)q->columns - (ptrdiff_t)(v0 * LANES), whole = V * LANES;
  if (left < whole) NAME(tile_at)(R, V, transposed, q->start, left, q, row, v0);
  else if (q->start == CRK_FROM_C) NAME(tile_at)(R, V, transposed, CRK_FROM_C, whole, q, row, v0);
  else if (q->start == CRK_FROM_BIAS) NAME(tile_at)(R, V, transposed, CRK_FROM_BIAS, whole, q, row, v0);
  else NAME(tile_at)(R, V, transposed, q->start, whole, q, row, v0);
}

// Few rows take more columns at once, so that enough independent chains hide the latency of fma.
#if CRK_REGISTERS >= 32
enum { NAME(wide) = 8, NAME(middle) = 8, NAME(narrow) = 4 };
#else
enum { NAME(wide) = 8, NAME(middle) = 4, NAME(narrow) = 2 };
#endif

// R rows over vectors from ..< to: tiles of V vectors, then narrow ones, then single ones.
INLINE void NAME(strip)(const int R, const int V, const int transposed, const crk_product *q, size_t row, size_t from,
                        size_t to) {
  size_t v = from;
  for (; v + V <= to; v += V) NAME(tile)(R, V, transposed, q, row, v);
  if (V > NAME(narrow))
    for (; v + NAME(narrow) <= to; v += NAME(narrow)) NAME(tile)(R, NAME(narrow), transposed, q, row, v);
  for (; v < to; v++) NAME(tile)(R, 1, transposed, q, row, v);
}

static void NAME(rows)(int rows, const crk_product *q, size_t row, size_t from, size_t to) {
  switch (rows) {
    case 1: NAME(strip)(1, NAME(wide), 0, q, row, from, to); break;
    case 2: NAME(strip)(2, NAME(middle), 0, q, row, from, to); break;
    case 3: NAME(strip)(3, NAME(middle), 0, q, row, from, to); break;
    case 4: NAME(strip)(4, NAME(narrow), 0, q, row, from, to); break;
    case 5: NAME(strip)(5, NAME(narrow), 0, q, row, from, to); break;
    default: NAME(strip)(6, NAME(narrow), 0, q, row, from, to); break;
  }
}

static void NAME(transposed_rows)(int rows, const crk_product *q, size_t row, size_t from, size_t to) {
  for (; rows >= 6; rows -= 6, row += 6) NAME(strip)(6, NAME(narrow), 1, q, row, from, to);
  for (; rows >= 2; rows -= 2, row += 2) NAME(strip)(2, NAME(narrow), 1, q, row, from, to);
  if (rows) NAME(strip)(1, NAME(narrow), 1, q, row, from, to);
}

// Blocks of rows small enough that A stays in the second cache while every panel of B passes by.
static void NAME(product)(const crk_product *q) {
  const size_t vectors = (q->columns + LANES - 1) / LANES, group = NAME(narrow);
  size_t block = 32768 / (q->runs * q->run_length + 1);
  block = block < 6 ? 6 : block - block % 6;
  for (size_t first = 0; first < q->rows; first += block) {
    const size_t end = first + block < q->rows ? first + block : q->rows;
    const size_t tiles = (end - first + 5) / 6;
    const size_t step = tiles > 1 ? group : vectors;
    for (size_t v = 0; v < vectors; v += step) {
      const size_t to = v + step < vectors ? v + step : vectors;
      for (size_t tile = 0; tile < tiles; tile++) {
        const size_t row = first + (end - first) * tile / tiles, next = first + (end - first) * (tile + 1) / tiles;
        if (q->transposed) NAME(transposed_rows)((int)(next - row), q, row, v, to);
        else NAME(rows)((int)(next - row), q, row, v, to);
      }
    }
  }
}

// A product that goes on from C, over single vectors of columns: vector v's weights follow b[v], its place in a row of C is
// at[v]. Whole vectors of C are written.
typedef struct {
  size_t rows, vectors, length;
  const real *a; size_t a_stride;
  const real *const *b; const size_t *at;
  real *c; size_t c_stride;
} NAME(strips);

// The columns that panels from ..< to of each gate take up; `weights` is packed [gate][panel][length][CRK_PANEL].
enum { NAME(step_group) = 4 };
typedef struct {
  size_t count;
  const real *b[4 * NAME(step_group) * VPP];
  size_t at[4 * NAME(step_group) * VPP];
} NAME(columns);

INLINE NAME(columns) NAME(gate_columns)(const real *weights, size_t width, size_t length, size_t gates, size_t from,
                                        size_t to) {
  NAME(columns) columns;
  columns.count = 0;
  for (size_t gate = 0; gate < gates; gate++)
    for (size_t j = from * CRK_PANEL; j < to * CRK_PANEL; j += LANES) {
      const size_t panel = (gate * width + j) / CRK_PANEL;
      columns.b[columns.count] = weights + panel * CRK_PANEL * length + j % CRK_PANEL;
      columns.at[columns.count++] = gate * width + j;
    }
  return columns;
}

INLINE void NAME(strips_tile)(const int R, const int V, const NAME(strips) *q, size_t row, size_t v0, size_t k,
                              size_t length) {
  const size_t c_stride = q->c_stride;
  real *c[8];
  const real *b[8];
  vec sum[8][8];
  CRK_UNROLL for (int v = 0; v < V; v++) {
    c[v] = q->c + row * c_stride + q->at[v0 + v];
    b[v] = q->b[v0 + v] + k * CRK_PANEL;
  }
  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++) sum[i][v] = NAME(load)(c[v] + i * c_stride);
  NAME(chains)(R, V, q->a + row * q->a_stride + k, q->a_stride, 1, b, length, sum);
  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++) NAME(store)(c[v] + i * c_stride, sum[i][v]);
}

// Vectors `from` ..< `to` of R rows.
INLINE void NAME(strips_rows)(const int R, const int V, const NAME(strips) *q, size_t row, size_t from, size_t to,
                              size_t k, size_t length) {
  size_t v = from;
  for (; v + V <= to; v += V) NAME(strips_tile)(R, V, q, row, v, k, length);
  if (V > NAME(narrow))
    for (; v + NAME(narrow) <= to; v += NAME(narrow)) NAME(strips_tile)(R, NAME(narrow), q, row, v, k, length);
  for (; v < to; v++) NAME(strips_tile)(R, 1, q, row, v, k, length);
}

static void NAME(strips_of)(size_t rows, const NAME(strips) *q, size_t row, size_t from, size_t to, size_t k,
                            size_t length) {
  switch (rows) {
    case 1: NAME(strips_rows)(1, NAME(wide), q, row, from, to, k, length); break;
    case 2: NAME(strips_rows)(2, NAME(middle), q, row, from, to, k, length); break;
    case 3: NAME(strips_rows)(3, NAME(middle), q, row, from, to, k, length); break;
    case 4: NAME(strips_rows)(4, NAME(narrow), q, row, from, to, k, length); break;
    case 5: NAME(strips_rows)(5, NAME(narrow), q, row, from, to, k, length); break;
    default: NAME(strips_rows)(6, NAME(narrow), q, row, from, to, k, length); break;
  }
}

// With more rows than one tile has, few columns at a time, k in blocks of which the weights stay in the first cache.
static void NAME(add_product)(const NAME(strips) *q) {
  const size_t tiles = (q->rows + 5) / 6, step = tiles > 1 ? NAME(narrow) : q->vectors;
  const size_t most = tiles > 1 && q->length > 384 ? 256 : q->length;
  for (size_t k = 0; k < q->length; k += most) {
    const size_t length = q->length - k < most ? q->length - k : most;
    for (size_t v = 0; v < q->vectors; v += step) {
      const size_t to = v + step < q->vectors ? v + step : q->vectors;
      for (size_t tile = 0; tile < tiles; tile++) {
        const size_t row = q->rows * tile / tiles, next = q->rows * (tile + 1) / tiles;
        NAME(strips_of)(next - row, q, row, v, to, k, length);
      }
    }
  }
}

INLINE const real *NAME(gradient_row)(const crk_gradient *q, size_t r) {
  const ptrdiff_t at = q->b_rows ? q->b_rows[r] : (ptrdiff_t)r;
  if (at >= 0) return (const real *)q->b + at * q->b_stride;
  return (const real *)q->first + ~at * q->first_stride;
}

// Columns of A that one block copies side by side.
enum { NAME(gradient_block) = 48 };

static void NAME(pack_gradient_rows)(const crk_gradient *q, size_t first, size_t rows, real *packed) {
  for (size_t j = 0; j < q->columns; j += CRK_PANEL) {
    const size_t width = q->columns - j < CRK_PANEL ? q->columns - j : CRK_PANEL;
    for (size_t r = 0; r < rows; r++, packed += CRK_PANEL) {
      const real *b = NAME(gradient_row)(q, first + r) + j;
      CRK_UNROLL for (size_t v = 0; v < CRK_PANEL; v += LANES) {
        vec part = v < width ? NAME(next)(b, 1, v, width) : NAME(splat)(0);
        NAME(store)(packed + v, part);
      }
    }
  }
}

// A's columns n ..< n + count of one segment, side by side: [rows][gradient_block].
static void NAME(pack_gradient_columns)(const crk_gradient *q, size_t first, size_t rows, size_t n, size_t count,
                                        real *packed) {
  for (size_t r = 0; r < rows; r++, packed += NAME(gradient_block)) {
    const size_t at = q->a_rows ? (size_t)q->a_rows[first + r] : first + r;
    const real *a = (const real *)q->a + at * q->a_stride;
    for (size_t i = 0; i < count;) {
      const size_t inside = (n + i) % q->run_length, left = q->run_length - inside;
      const size_t length = left < count - i ? left : count - i;
      memcpy(packed + i, a + (n + i) / q->run_length * q->run_stride + inside, length * sizeof(real));
      i += length;
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
static void NAME(close_segment)(const crk_gradient *q, int is_first) {
  for (size_t n = q->from; n < q->to; n++) {
    const real *open = (const real *)q->piece.open + n * q->c_stride;
    real *c = (real *)q->c + n * q->c_stride;
    for (size_t j = 0; j < q->columns; j += LANES) {
      const vec sum = NAME(next)(open, 1, j, q->columns);
      NAME(put)(c, is_first ? sum : NAME(next)(c, 1, j, q->columns) + sum, j, q->columns);
    }
  }
}

// Rows of one segment: B packed into panels, blocks of A's columns copied together, then the plain product.
static void NAME(gradient_segment)(const crk_gradient *q, size_t first, size_t rows, void *c, int start) {
  real *b = q->scratch, *a = b + (q->columns + CRK_PANEL) * CRK_SEGMENT;
  NAME(pack_gradient_rows)(q, first, rows, b);
  for (size_t n = q->from; n < q->to; n += NAME(gradient_block)) {
    const size_t count = q->to - n < NAME(gradient_block) ? q->to - n : NAME(gradient_block);
    NAME(pack_gradient_columns)(q, first, rows, n, count, a);
    const crk_product product = {
        .rows = count, .columns = q->columns, .runs = 1, .run_length = rows,
        .a = a, .a_stride = NAME(gradient_block), .transposed = 1, .b = b,
        .c = (real *)c + n * q->c_stride, .c_stride = q->c_stride, .start = start};
    NAME(product)(&product);
  }
}

static void NAME(gradient)(const crk_gradient *q) {
  const crk_piece *p = &q->piece;
  for (size_t first = 0, rows; first < q->rows; first += rows) {
    rows = NAME(rows_of_segment)(p, first, q->rows);
    const int begins = NAME(starts_segment)(p, first), open = NAME(stays_open)(p, first + rows, q->rows);
    const int is_first = p->rank + first < CRK_SEGMENT;
    if (begins && !open) {
      NAME(gradient_segment)(q, first, rows, q->c, is_first ? CRK_FROM_ZERO : CRK_ADD_TO_C);
    } else {
      NAME(gradient_segment)(q, first, rows, p->open, begins ? CRK_FROM_ZERO : CRK_FROM_C);
      if (!open) NAME(close_segment)(q, is_first);
    }
  }
}

static void NAME(column_sums)(const void *a_, size_t a_stride, const ptrdiff_t *a_rows, size_t rows,
                              const crk_piece *piece, void *c_, size_t columns) {
  const crk_piece all = {0}, *p = piece ? piece : &all;
  const real *a = a_;
  real *c = c_, *open = p->open;
  for (size_t j = 0; j < columns; j += LANES) {
    vec total = NAME(next)(c, 1, j, columns);
    vec segment = NAME(starts_segment)(p, 0) ? NAME(splat)(0) : NAME(next)(open, 1, j, columns);
    for (size_t r = 0; r < rows; r++) {
      const real *row = a + (a_rows ? (size_t)a_rows[r] : r) * a_stride;
      segment = segment + NAME(next)(row, 1, j, columns);
      if (NAME(stays_open)(p, r + 1, rows)) NAME(put)(open, segment, j, columns);
      else if ((p->rank + r + 1) % CRK_SEGMENT == 0 || r + 1 == rows) {
        total = total + segment;
        segment = NAME(splat)(0);
      }
    }
    NAME(put)(c, total, j, columns);
  }
}
#undef VPP
