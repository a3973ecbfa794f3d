// The recurrent product of a step: it goes on from what the gates hold.
#define VPP NAME(vectors_per_panel)

// The share of tile `tile` in the columns at `next`, packed with `depth` terms.
INLINE NAME(request) NAME(request_of)(const real *next, size_t depth, size_t tile, size_t stride) {
  const NAME(request) nothing = {NULL, 0, 0};
  const NAME(request) share = {(const char *)next + tile * depth * stride, stride, depth * CRK_PANEL * sizeof(real)};
  return next ? share : nothing;
}

// Weights of so many bytes pass by from beyond the second cache. For fewer, asking costs more than it brings.
INLINE int NAME(is_far)(size_t columns, size_t depth) { return columns * depth * sizeof(real) > 1 << 20; }

// A product that goes on from C, over single vectors of columns: vector v's weights follow b[v], its place in a row of C is
// at[v]. Whole vectors of C are written.
typedef struct {
  size_t rows, vectors, length;
  const real *a; size_t a_stride;
  const real *const *b; const size_t *at;
  real *c; size_t c_stride;
  int far;           // whether to ask for weights before they are read
  const real *next;  // if so: the panel that is read after these, or null
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
  const size_t panel = CRK_PANEL * length;
  for (size_t gate = 0, at = from * CRK_PANEL; gate < gates; gate++, at += width) {
    const real *b = weights + at * length;
    for (size_t i = 0; i < to - from; i++, b += panel)
      CRK_UNROLL for (size_t v = 0; v < VPP; v++) {
        columns.b[columns.count] = b + v * LANES;
        columns.at[columns.count++] = at + i * CRK_PANEL + v * LANES;
      }
  }
  return columns;
}

INLINE void NAME(strips_tile)(const int R, const int V, const NAME(strips) *q, size_t row, size_t v0,
                              NAME(request) request) {
  const size_t c_stride = q->c_stride;
  real *c[8];
  vec sum[8][8];
  CRK_UNROLL for (int v = 0; v < V; v++) c[v] = q->c + row * c_stride + q->at[v0 + v];
  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++) sum[i][v] = NAME(load)(c[v] + i * c_stride);
  if (row + R < q->rows)  // where the next tile starts
    CRK_UNROLL for (int i = R; i < 2 * R; i++) __builtin_prefetch(c[0] + i * c_stride);
  NAME(chains)(R, V, q->a + row * q->a_stride, q->a_stride, q->b + v0, q->length, &request, sum);
  CRK_UNROLL for (int i = 0; i < R; i++)
    CRK_UNROLL for (int v = 0; v < V; v++) NAME(store)(c[v] + i * c_stride, sum[i][v]);
}

// Vectors `from` ..< `to` of R rows.
INLINE void NAME(strips_rows)(const int R, const int V, const NAME(strips) *q, size_t row, size_t from, size_t to,
                              NAME(request) request) {
  size_t v = from;
  for (; v + V <= to; v += V) NAME(strips_tile)(R, V, q, row, v, request);
  if (V > NAME(narrow))
    for (; v + NAME(narrow) <= to; v += NAME(narrow)) NAME(strips_tile)(R, NAME(narrow), q, row, v, request);
  for (; v < to; v++) NAME(strips_tile)(R, 1, q, row, v, request);
}

static void NAME(strips_of)(size_t rows, const NAME(strips) *q, size_t row, size_t from, size_t to, NAME(request) request) {
  switch (rows) {
    case 1: NAME(strips_rows)(1, NAME(wide), q, row, from, to, request); break;
    case 2: NAME(strips_rows)(2, NAME(middle), q, row, from, to, request); break;
    case 3: NAME(strips_rows)(3, NAME(middle), q, row, from, to, request); break;
    case 4: NAME(strips_rows)(4, NAME(narrow), q, row, from, to, request); break;
    case 5: NAME(strips_rows)(5, NAME(narrow), q, row, from, to, request); break;
    default: NAME(strips_rows)(6, NAME(narrow), q, row, from, to, request); break;
  }
}

// With more rows than one tile has, few columns at a time.
static void NAME(add_product)(const NAME(strips) *q) {
  if (!q->rows) return;
  const size_t tiles = (q->rows + 5) / 6, step = tiles > 1 ? NAME(narrow) : q->vectors;
  const size_t stride = CRK_PANEL * sizeof(real) / tiles;
  for (size_t v = 0; v < q->vectors; v += step) {
    const size_t to = v + step < q->vectors ? v + step : q->vectors;
    const real *next = !q->far ? NULL : to < q->vectors ? q->b[to] : q->next;
    for (size_t tile = 0, row = 0, after; tile < tiles; tile++, row = after) {
      after = q->rows * (tile + 1) / tiles;
      NAME(strips_of)(after - row, q, row, v, to, NAME(request_of)(next, q->length, tile, stride));
    }
  }
}
#undef VPP
