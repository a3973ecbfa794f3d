// Products. One output is one ascending chain of fma; lanes are outputs, so nothing here can change a bit.
enum { NAME(vectors_per_panel) = CRK_PANEL / LANES };
#define VPP NAME(vectors_per_panel)

// One panel [depth][CRK_PANEL], `step` elements between its rows, of `count` rows of B, whose weights are contiguous. The
// first loop takes square blocks, so that it reads and writes whole lines.
INLINE void NAME(pack_panel)(const real *b, size_t b_stride, size_t count, size_t depth, real *packed, size_t step) {
  size_t k = 0;
  if (count >= CRK_PANEL)
    for (; k + CRK_PANEL <= depth; k += CRK_PANEL)
      for (size_t j = 0; j < CRK_PANEL; j++)
        CRK_UNROLL for (size_t i = 0; i < CRK_PANEL; i++) packed[(k + i) * step + j] = b[j * b_stride + k + i];
  for (; k < depth; k++)
    for (size_t j = 0; j < CRK_PANEL; j++) packed[k * step + j] = j < count ? b[j * b_stride + k] : 0;
}

static void NAME(pack_rows)(const void *b_, size_t b_stride, size_t columns, size_t depth, void *packed_) {
  const real *b = b_;
  real *packed = packed_;
  for (size_t first = 0; first < columns; first += CRK_PANEL, packed += depth * CRK_PANEL)
    NAME(pack_panel)(b + first * b_stride, b_stride, columns - first, depth, packed, CRK_PANEL);
}

static void NAME(pack_columns)(const void *b_, size_t b_stride, size_t columns, size_t depth, void *packed_) {
  const real *b = b_;
  real *packed = packed_;
  for (size_t first = 0; first < columns; first += CRK_PANEL) {
    const size_t count = columns - first;
    for (size_t k = 0; k < depth; k++, packed += CRK_PANEL) {
      const real *row = b + k * b_stride + first;
      if (count >= CRK_PANEL) memcpy(packed, row, CRK_PANEL * sizeof(real));
      else for (size_t j = 0; j < CRK_PANEL; j++) packed[j] = j < count ? row[j] : 0;
    }
  }
}

// What a tile asks the caches for while it computes: a part of the columns that come next, from `next` on (null: nothing),
// `stride` bytes further with each term. Spread so, misses wait in nobody's way; all at once they would fill their queue.
typedef struct { const char *next; size_t stride, panel; } NAME(request);

INLINE void NAME(ask)(const int V, NAME(request) *request) {
  CRK_UNROLL for (int j = 0; j == 0 || j < V * LANES; j += CRK_PANEL)
      __builtin_prefetch(request->next + j / CRK_PANEL * request->panel, 0, 2);
  request->next += request->stride;
}

// One term of R by V sums. a3 is three rows below a: two pointers reach six rows without arithmetic.
INLINE void NAME(term)(const int R, const int V, const real *a, const real *a3, size_t a_stride, const real *b[8],
                       vec sum[8][8]) {
  vec weight[8], x[8];
  if (R < V) {  // hold whichever of the two is fewer
    CRK_UNROLL for (int i = 0; i < R; i++) x[i] = NAME(splat)(i < 3 ? a[i * a_stride] : a3[(i - 3) * a_stride]);
    CRK_UNROLL for (int v = 0; v < V; v++) {
      vec w = NAME(load)(b[v]);
      CRK_UNROLL for (int i = 0; i < R; i++) sum[i][v] = NAME(fma)(w, x[i], sum[i][v]);
    }
  } else {
    CRK_UNROLL for (int v = 0; v < V; v++) weight[v] = NAME(load)(b[v]);
    CRK_UNROLL for (int i = 0; i < R; i++) {
      vec x = NAME(splat)(i < 3 ? a[i * a_stride] : a3[(i - 3) * a_stride]);
      CRK_UNROLL for (int v = 0; v < V; v++) sum[i][v] = NAME(fma)(weight[v], x, sum[i][v]);
    }
  }
  CRK_UNROLL for (int v = 0; v < V; v++) b[v] += CRK_PANEL;
}

// R rows by V vectors: sums go on by `length` terms. Row i of A is a + i * a_stride; the weights of vector v follow b[v],
// CRK_PANEL elements a term. R and V are constants, so all sums live in registers. Three rows or fewer are one tile, which
// reads its columns as soon as it could ask for them.
INLINE void NAME(chains)(const int R, const int V, const real *a, size_t a_stride, const real *const *b_, size_t length,
                         NAME(request) *request, vec sum[8][8]) {
  const real *b[8], *a3 = a + 3 * a_stride;
  CRK_UNROLL for (int v = 0; v < V; v++) b[v] = b_[v];
  if (R > 3 && request && request->next)
    for (size_t k = 0; k < length; k++, a++, a3++) {
      NAME(ask)(V, request);
      NAME(term)(R, V, a, a3, a_stride, b, sum);
    }
  else for (size_t k = 0; k < length; k++, a++, a3++) NAME(term)(R, V, a, a3, a_stride, b, sum);
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
INLINE void NAME(tile_at)(const int R, const int V, int start, ptrdiff_t left, const crk_product *q, size_t row,
                          size_t v0) {
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

  const real *a = (const real *)q->a + row * a_stride;
  for (size_t run = 0; run < runs; run++, a += run_stride) {
    NAME(chains)(R, V, a, a_stride, b, length, NULL, sum);
    CRK_UNROLL for (int v = 0; v < V; v++) b[v] += length * CRK_PANEL;
  }

  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++)
        NAME(tile_finish)(start, c + i * c_stride + v * LANES, left - v * LANES, sum[i][v]);
}

INLINE void NAME(tile)(const int R, const int V, const crk_product *q, size_t row, size_t v0) {
  const ptrdiff_t left = (ptrdiff_t)q->columns - (ptrdiff_t)(v0 * LANES), whole = V * LANES;
  if (left < whole) NAME(tile_at)(R, V, q->start, left, q, row, v0);
  else if (q->start == CRK_FROM_C) NAME(tile_at)(R, V, CRK_FROM_C, whole, q, row, v0);
  else if (q->start == CRK_FROM_BIAS) NAME(tile_at)(R, V, CRK_FROM_BIAS, whole, q, row, v0);
  else NAME(tile_at)(R, V, q->start, whole, q, row, v0);
}

// Few rows take more columns at once, so that enough independent chains hide the latency of fma.
#if CRK_REGISTERS >= 32
enum { NAME(wide) = 8, NAME(middle) = 8, NAME(narrow) = 4 };
#else
enum { NAME(wide) = 8, NAME(middle) = 4, NAME(narrow) = 2 };
#endif

// R rows over vectors from ..< to: tiles of V vectors, then narrow ones, then single ones.
INLINE void NAME(strip)(const int R, const int V, const crk_product *q, size_t row, size_t from, size_t to) {
  size_t v = from;
  for (; v + V <= to; v += V) NAME(tile)(R, V, q, row, v);
  if (V > NAME(narrow))
    for (; v + NAME(narrow) <= to; v += NAME(narrow)) NAME(tile)(R, NAME(narrow), q, row, v);
  for (; v < to; v++) NAME(tile)(R, 1, q, row, v);
}

static void NAME(rows)(int rows, const crk_product *q, size_t row, size_t from, size_t to) {
  switch (rows) {
    case 1: NAME(strip)(1, NAME(wide), q, row, from, to); break;
    case 2: NAME(strip)(2, NAME(middle), q, row, from, to); break;
    case 3: NAME(strip)(3, NAME(middle), q, row, from, to); break;
    case 4: NAME(strip)(4, NAME(narrow), q, row, from, to); break;
    case 5: NAME(strip)(5, NAME(narrow), q, row, from, to); break;
    default: NAME(strip)(6, NAME(narrow), q, row, from, to); break;
  }
}

// All columns of rows first ..< end, few columns at a time if there are more rows than one tile has.
static void NAME(product_block)(const crk_product *q, size_t first, size_t end) {
  const size_t vectors = (q->columns + LANES - 1) / LANES, tiles = (end - first + 5) / 6;
  const size_t step = tiles > 1 ? NAME(narrow) : vectors;
  for (size_t v = 0; v < vectors; v += step) {
    const size_t to = v + step < vectors ? v + step : vectors;
    for (size_t tile = 0, row = first, after; tile < tiles; tile++, row = after) {
      after = first + (end - first) * (tile + 1) / tiles;
      NAME(rows)((int)(after - row), q, row, v, to);
    }
  }
}

// Blocks of rows, whole tiles of much the same number, small enough that A stays in the second cache while every panel of B
// passes by.
static void NAME(product)(const crk_product *q) {
  const size_t blocks = q->rows * q->runs * q->run_length / 32769 + 1, block = q->rows / blocks / 6 * 6 + 6;
  for (size_t first = 0; first < q->rows; first += block)
    NAME(product_block)(q, first, first + block < q->rows ? first + block : q->rows);
}

#undef VPP
