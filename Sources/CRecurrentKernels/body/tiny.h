// Few rows through many steps of a cell of one panel: a step is so short that gates in memory, and loops over panels, would cost
// more than its arithmetic. It is one tile, as in a stream, and its state never leaves the first cache.

// The most rows; and whether so many of `size` units go this way.
enum { NAME(tiny_rows) = 6 };
INLINE int NAME(is_tiny)(size_t size, size_t rows) {
  return CRK_VECTOR_BYTES > 1 && size <= CRK_PANEL && rows <= (size <= CRK_PANEL / 2 ? NAME(tiny_rows) : NAME(tiny_rows) / 2);
}

// Steps of a cell for rows from ..< to of the batch. Step t has rows offsets[t] on of x and y, or batch * t if that is null.
typedef struct {
  size_t units, input_size, steps, batch, from, to;
  const size_t *offsets;
  int reversed;
  const void *w, *u;  // as the format says that goes with the call
  const real *bias;
  const real *x; size_t x_stride;
  real *y; size_t y_stride;
  real *h; size_t h_stride;  // the state, before and after
  real *c; size_t c_stride;  // LSTM, else null
} NAME(tiny);

// From and to the rows of a tile.
INLINE void NAME(take_state)(real *tile, const real *rows, size_t stride, size_t count, size_t size) {
  for (size_t i = 0; i < count; i++, tile += CRK_PANEL, rows += stride)
    for (size_t j = 0; j < size; j += LANES) NAME(store)(tile + j, NAME(next)(rows, 1, j, size));
}
INLINE void NAME(give_state)(const real *tile, real *rows, size_t stride, size_t count, size_t size) {
  for (size_t i = 0; i < count; i++, tile += CRK_PANEL, rows += stride)
    for (size_t j = 0; j < size; j += LANES) NAME(put)(rows, NAME(load)(tile + j), j, size);
}

// What a tile of rows works on: its state, and the step it is at.
typedef struct {
  NAME(cell_step) step;
  real h[2][3 * CRK_PANEL], c[3 * CRK_PANEL];
} NAME(tiny_run);

INLINE void NAME(tiny_begin)(NAME(tiny_run) *run, const NAME(tiny) *q, size_t row, size_t rows) {
  NAME(take_state)(run->h[0], q->h + row * q->h_stride, q->h_stride, rows, q->units);
  if (q->c) NAME(take_state)(run->c, q->c + row * q->c_stride, q->c_stride, rows, q->units);
  run->step = (NAME(cell_step)){
      .rows = rows, .units = q->units, .input_size = q->input_size, .hidden_size = q->units, .w = q->w, .u = q->u,
      .start = q->bias, .x_stride = q->x_stride, .h_stride = CRK_PANEL, .c = run->c, .next_c = run->c,
      .c_stride = CRK_PANEL, .next_stride = CRK_PANEL, .y_stride = q->y_stride};
}

INLINE void NAME(tiny_next)(NAME(tiny_run) *run, const NAME(tiny) *q, size_t row, size_t s) {
  const size_t t = q->reversed ? q->steps - 1 - s : s, at = (q->offsets ? q->offsets[t] : q->batch * t) + row;
  run->step.x = q->x + at * q->x_stride;
  run->step.y = q->y + at * q->y_stride;
  run->step.h = run->h[s % 2];
  run->step.next = run->h[1 - s % 2];
}

INLINE void NAME(tiny_end)(NAME(tiny_run) *run, const NAME(tiny) *q, size_t row, size_t rows) {
  NAME(give_state)(run->h[q->steps % 2], q->h + row * q->h_stride, q->h_stride, rows, q->units);
  if (q->c) NAME(give_state)(run->c, q->c + row * q->c_stride, q->c_stride, rows, q->units);
}

// All steps of R rows from `row` on, `wide` vectors at a time; of a cell, from weights in the order that `format` says.
#define TINY_ROWS(cell, R, wide, format)                                                                              \
  {                                                                                                                   \
    NAME(tiny_run) run;                                                                                               \
    NAME(tiny_begin)(&run, all, row, R);                                                                              \
    for (size_t s = 0; s < all->steps; s++) {                                                                         \
      const NAME(cell_step) *q = &run.step;                                                                           \
      NAME(tiny_next)(&run, all, row, s);                                                                             \
      TILES(cell, R, wide, format, 0, 0, vectors)                                                             \
      if ((wide) > 1) TILES(cell, R, 1, format, 0, vectors / (wide) * (wide), vectors)                        \
    }                                                                                                                 \
    NAME(tiny_end)(&run, all, row, R);                                                                                \
  }
#define TINY(name, cell, wide, format)                                                                                \
  static void NAME(tiny_##name)(int kind, const NAME(tiny) *all) {                                                    \
    const size_t vectors = (all->units + LANES - 1) / LANES;                                                          \
    const int backwards = 0;                                                                                          \
    size_t row = all->from;                                                                                           \
    for (; row + 3 <= all->to && row + 4 != all->to; row += 3) TINY_ROWS(cell, 3, wide, format)                       \
    for (; row + 2 <= all->to; row += 2) TINY_ROWS(cell, 2, wide, format)                                             \
    if (row < all->to) TINY_ROWS(cell, 1, 2, format)                                                                  \
  }
TINY(rnn, rnn, 2, NAME(apart))  // with one gate both orders are the same
TINY(lstm, lstm, 1, NAME(apart))
TINY(gru, gru, 1, NAME(apart))
TINY(lstm_level, lstm, 1, CRK_FULL)
TINY(gru_level, gru, 1, CRK_FULL)
#undef TINY
#undef TINY_ROWS
#undef TILES
#undef VPP

static void NAME(tiny_level)(int kind, const NAME(tiny) *q) {
  if (kind == CRK_LSTM) NAME(tiny_lstm_level)(kind, q);
  else if (kind == CRK_GRU) NAME(tiny_gru_level)(kind, q);
  else NAME(tiny_rnn)(kind, q);
}

// Whether a sequence goes this way: all rows have all steps, and nothing is kept for a derivative.
static int NAME(tiny_forward)(const crk_forward *q, size_t first, size_t end) {
  if (q->save || q->variant || q->projection_size || q->one_hot || !NAME(is_tiny)(q->hidden_size, end - first)) return 0;
  if (!q->steps || q->counts[0] < end || q->counts[q->steps - 1] < end) return 0;
  const NAME(tiny) tiny = {
      .units = q->hidden_size, .input_size = q->input_size, .steps = q->steps, .from = first, .to = end,
      .offsets = q->offsets, .reversed = q->reversed, .w = q->w, .u = q->u, .bias = q->bias, .x = q->x,
      .x_stride = q->x_stride, .y = q->y, .y_stride = q->y_stride, .h = q->h, .h_stride = q->h_stride,
      .c = q->kind == CRK_LSTM ? q->c : NULL, .c_stride = q->c_stride};
  if (q->kind == CRK_LSTM) NAME(tiny_lstm)(q->kind, &tiny);
  else if (q->kind == CRK_GRU) NAME(tiny_gru)(q->kind, &tiny);
  else NAME(tiny_rnn)(q->kind, &tiny);
  return 1;
}
