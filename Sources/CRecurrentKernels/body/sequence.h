// One direction of one layer over a whole sequence of packed rows: the input's part of a chunk of steps as one
// product, then the steps one after another. Row ranges are independent, so threads may share a batch.

INLINE size_t NAME(least)(size_t a, size_t b) { return a < b ? a : b; }
// Rows of [first, end) that step t has.
INLINE size_t NAME(active)(const size_t *counts, size_t t, size_t first, size_t end) {
  const size_t stop = NAME(least)(counts[t], end);
  return stop > first ? stop - first : 0;
}


// The panels of units that one thread computes, and the threads that it meets after each step.
typedef struct { size_t from, to; crk_barrier *barrier; } NAME(share);

// gates = bias + a row of W^T: what the product gives for a one-hot row, if W is finite and no bias -0.
static void NAME(one_hot_slots)(const crk_forward *q, size_t row, size_t rows, const real *w, const real *bias,
                                size_t columns, real *gates) {
  const size_t panel = q->input_size * CRK_PANEL;
  for (size_t i = 0; i < rows; i++, gates += q->gate_stride) {
    const real *weights = w + q->one_hot[row + i] * CRK_PANEL;
    for (size_t j = 0; j < columns; j += CRK_PANEL, weights += panel)
      CRK_UNROLL for (size_t v = 0; v < CRK_PANEL; v += LANES)
          NAME(store)(gates + j + v, NAME(load)(weights + v) + NAME(load)(bias + j + v));
  }
}

// Slots from `slot` on of `rows` packed rows: bias + x W^T, from the columns of W that start with `column`.
static void NAME(input_columns)(const crk_forward *q, size_t row, size_t rows, real *gates, size_t column, size_t slot,
                                size_t columns) {
  const crk_product product = {
      .rows = rows, .columns = columns, .runs = 1, .run_length = q->input_size,
      .a = (const real *)q->x + row * q->x_stride, .a_stride = q->x_stride,
      .b = (const real *)q->w + column * q->input_size, .bias = (const real *)q->bias + slot,
      .c = gates + slot, .c_stride = q->gate_stride, .start = CRK_FROM_BIAS};
  if (q->one_hot) NAME(one_hot_slots)(q, row, rows, product.b, product.bias, columns, gates + slot);
  else NAME(product)(&product);
}

// gates = bias + x W^T for `rows` packed rows from `row`; GRU's slot nh starts from its own bias.
static void NAME(input_part)(const crk_forward *q, NAME(share) share, size_t row, size_t rows, real *gates) {
  const size_t width = NAME(padded)(q->hidden_size), slots = q->kind == CRK_LSTM ? 4 : q->kind == CRK_GRU ? 2 : 1;
  const size_t first = share.from * CRK_PANEL, columns = (share.to - share.from) * CRK_PANEL;
  if (columns == width) NAME(input_columns)(q, row, rows, gates, 0, 0, slots * width);
  else for (size_t slot = 0; slot < slots; slot++)
    NAME(input_columns)(q, row, rows, gates, slot * width + first, slot * width + first, columns);
  if (q->kind != CRK_GRU) return;

  NAME(input_columns)(q, row, rows, gates, 2 * width + first, 3 * width + first, columns);
  const size_t nh = 2 * width + first;
  for (size_t i = 0; i < rows; i++)
    for (size_t j = nh; j < nh + columns; j += LANES)
      NAME(store)(gates + i * q->gate_stride + j, NAME(load)((const real *)q->bias + j));
}

// One step of a range of rows, and of the panels of units from ..< to.
typedef struct {
  const crk_forward *q;
  size_t rows, earlier;             // the first `earlier` rows had a step before this one
  const real *previous, *h;         // their h: y of that step; the other rows': the initial state
  real *gates, *c, *y, *cells;      // rows of this range at this step; y is m under a projection
  size_t y_stride;
} NAME(step);

// variants.h
static void NAME(variant_cells)(const NAME(step) *s, size_t from, size_t to);
static void NAME(take_resetting_step)(const NAME(step) *s, NAME(share) share, int backwards);
static void NAME(variant_again)(const crk_activation *q, size_t row, size_t b);
static void NAME(variant_back)(const crk_backward *q, size_t t, size_t first, size_t rows);

INLINE size_t NAME(out_size)(const crk_forward *q) { return q->projection_size ? q->projection_size : q->hidden_size; }
INLINE size_t NAME(recurrent_gates)(const crk_forward *q) {
  return q->kind == CRK_LSTM ? 4 : q->kind == CRK_GRU ? 3 : 1;
}

// The pointwise part of units from ..< to.
static void NAME(step_cells)(const NAME(step) *s, size_t from, size_t to) {
  const crk_forward *q = s->q;
  if (q->variant) return NAME(variant_cells)(s, from, to);
  const size_t width = NAME(padded)(q->hidden_size), size = q->hidden_size;
  for (size_t i = 0; i < s->rows; i++) {
    real *g = s->gates + i * q->gate_stride, *y = s->y + i * s->y_stride;
    if (q->kind == CRK_LSTM)
      PAIR(lstm_row)(g, width, from, to, s->c + i * q->c_stride, y, size, s->cells ? s->cells + i * width : NULL);
    else if (q->kind == CRK_GRU)
      PAIR(gru_row)(g, width, from, to, i < s->earlier ? s->previous + i * q->y_stride : s->h + i * q->h_stride, y, size,
                    q->save);
    else PAIR(rnn_row)(q->kind == CRK_RNN_RELU, g, from, to, y, size);
  }
}

// Panels from ..< to of a step: the recurrent product goes on from what the gates hold, then the cells. `next`: the panel
// that is read after these, or null.
static void NAME(step_panels)(const NAME(step) *s, size_t from, size_t to, const real *next) {
  const crk_forward *q = s->q;
  const size_t width = NAME(padded)(q->hidden_size), size = NAME(out_size)(q);
  NAME(columns) columns = NAME(gate_columns)(q->u, width, size, NAME(recurrent_gates)(q), from, to);
  NAME(strips) product = {.b = columns.b, .at = columns.at, .vectors = columns.count, .length = size,
                          .c = s->gates, .c_stride = q->gate_stride,
                          .far = NAME(is_far)(NAME(recurrent_gates)(q) * width, size), .next = next};
  product.rows = s->earlier, product.a = s->previous, product.a_stride = q->y_stride;
  NAME(add_product)(&product);
  product.rows = s->rows - s->earlier, product.a = s->h + s->earlier * q->h_stride;
  product.a_stride = q->h_stride, product.c += s->earlier * q->gate_stride;
  NAME(add_product)(&product);
  NAME(step_cells)(s, from * CRK_PANEL, to * CRK_PANEL);
}

// All of a step's panels, group by group. Every other step walks them backwards: what the caches still hold comes first.
static void NAME(take_step)(const NAME(step) *s, NAME(share) share, int backwards) {
  if (s->q->variant && s->q->variant->reset_before) return NAME(take_resetting_step)(s, share, backwards);
  const size_t group = s->rows < 4 || CRK_PANEL / LANES < 2 ? NAME(step_group) : 1;
  const size_t groups = (share.to - share.from + group - 1) / group, panel = CRK_PANEL * NAME(out_size)(s->q);
  for (size_t g = 0; g < groups; g++) {
    const size_t at = share.from + (backwards ? groups - 1 - g : g) * group;
    const real *next = (const real *)s->q->u + (backwards ? at - group : at + group) * panel;
    NAME(step_panels)(s, at, NAME(least)(at + group, share.to), g + 1 < groups ? next : NULL);
  }
}

// y = P m
static void NAME(project)(const crk_forward *q, const real *m, size_t rows, real *y) {
  const crk_product projection = {
      .rows = rows, .columns = q->projection_size, .runs = 1, .run_length = q->hidden_size, .a = m,
      .a_stride = NAME(padded)(q->hidden_size), .b = q->p, .c = y, .c_stride = q->y_stride, .start = CRK_FROM_ZERO};
  NAME(product)(&projection);
}

// The final state of rows from ..< to of a step, as far as this share made it.
INLINE void NAME(end_rows)(const crk_forward *q, NAME(share) share, size_t from, size_t to, const real *y, real *h) {
  const size_t size = NAME(out_size)(q), first = share.from * CRK_PANEL;
  const size_t stop = q->projection_size ? size : NAME(least)(share.to * CRK_PANEL, size);
  if (stop <= first) return;
  for (size_t i = from; i < to; i++)
    memcpy(h + i * q->h_stride + first, y + i * q->y_stride + first, (stop - first) * sizeof(real));
}

// Step s in the order of processing, rows first ..< end of step t: `gates` holds their input part.
static void NAME(forward_step)(const crk_forward *q, NAME(share) share, size_t s, size_t t, size_t first, size_t end,
                               real *gates) {
  const size_t width = NAME(padded)(q->hidden_size);
  const size_t rows = NAME(active)(q->counts, t, first, end), row = q->offsets[t] + first;
  const size_t before = q->reversed ? t + 1 : t - 1, after = q->reversed ? t - 1 : t + 1;
  const size_t earlier = s == 0 ? 0 : NAME(least)(rows, NAME(active)(q->counts, before, first, end));
  const size_t later = s + 1 == q->steps ? 0 : NAME(active)(q->counts, after, first, end);
  real *h = (real *)q->h + first * q->h_stride, *y = (real *)q->y + row * q->y_stride;
  real *m = q->projection_size ? (real *)q->m + first * width : NULL;
  const NAME(step) step = {
      .q = q, .rows = rows, .earlier = earlier, .h = h, .gates = gates,
      .previous = earlier ? (const real *)q->y + (q->offsets[before] + first) * q->y_stride : NULL,
      .c = q->c ? (real *)q->c + first * q->c_stride : NULL,  // only an LSTM has c
      .y = m ? m : y, .y_stride = m ? width : q->y_stride,
      .cells = q->save && q->cells ? (real *)q->cells + row * width : NULL};
  NAME(take_step)(&step, share, s % 2);
  if (m) NAME(project)(q, m, rows, y);
  if (share.barrier) crk_barrier_wait(share.barrier);
  NAME(end_rows)(q, share, NAME(least)(later, rows), rows, y, h);
}

// The gates of row `first` of step t, in the chunk of steps from `low` on. Saved, each packed row has its own place. Else
// the places chunk * first ..< chunk * end belong to this range of rows alone: another range, on another thread, may be
// in another chunk, whose packed rows would stand elsewhere. A range that has the whole chunk (then first is 0) keeps
// its rows packed, no more than chunk * end.
INLINE real *NAME(gates_of)(const crk_forward *q, size_t t, size_t low, size_t first, size_t end, int whole) {
  size_t place = q->chunk * first + (t - low) * (end - first);
  if (q->save) place = q->offsets[t] + first;
  else if (whole) place = q->offsets[t] - q->offsets[low];
  return (real *)q->gates + place * q->gate_stride;
}

INLINE void NAME(forward_share)(const crk_forward *q, NAME(share) share, size_t first, size_t end) {
  for (size_t s = 0; s < q->steps;) {
    const size_t stop = NAME(least)(s + q->chunk, q->steps);
    const size_t low = q->reversed ? q->steps - stop : s, high = q->reversed ? q->steps - s : stop;
    const int whole = first == 0 && end >= q->counts[low];
    if (whole && q->counts[low]) {
      const size_t rows = q->offsets[high - 1] + q->counts[high - 1] - q->offsets[low];
      NAME(input_part)(q, share, q->offsets[low], rows, NAME(gates_of)(q, low, low, first, end, whole));
    }
    for (; s < stop; s++) {
      const size_t t = q->reversed ? q->steps - 1 - s : s, rows = NAME(active)(q->counts, t, first, end);
      if (!rows) continue;
      real *gates = NAME(gates_of)(q, t, low, first, end, whole);
      if (!whole) NAME(input_part)(q, share, q->offsets[t] + first, rows, gates);
      NAME(forward_step)(q, share, s, t, first, end, gates);
    }
  }
}

static void NAME(forward)(const crk_forward *q, size_t first, size_t end) {
  if (NAME(tiny_forward)(q, first, end)) return;
  const NAME(share) all = {0, NAME(padded)(q->hidden_size) / CRK_PANEL, NULL};
  NAME(forward_share)(q, all, first, end);
}

static void NAME(forward_units)(const crk_forward *q, size_t part, size_t parts, crk_barrier *barrier) {
  const size_t panels = NAME(padded)(q->hidden_size) / CRK_PANEL;
  const NAME(share) share = {panels * part / parts, panels * (part + 1) / parts, barrier};
  NAME(forward_share)(q, share, 0, SIZE_MAX);
}

static void NAME(activate)(const crk_activation *q, size_t first, size_t end) {
  const size_t width = NAME(padded)(q->hidden_size);
  for (size_t s = 0; s < q->steps; s++) {
    const size_t t = q->reversed ? q->steps - 1 - s : s, rows = NAME(active)(q->counts, t, first, end);
    for (size_t b = first; b < first + rows; b++) {
      const size_t row = q->offsets[t] + b;
      real *gates = (real *)q->gates + row * q->gate_stride;
      if (q->variant) NAME(variant_again)(q, row, b);
      else if (q->kind == CRK_LSTM)
        PAIR(lstm_row_again)(gates, width, (real *)q->c + b * width, (real *)q->cells + row * width);
      else if (q->kind == CRK_GRU) PAIR(gru_row_again)(gates, width);
    }
  }
}

// h or c of the state that step t started from, for state row b.
INLINE const real *NAME(before)(const crk_backward *q, size_t t, size_t b, const void *rows, size_t stride,
                                const void *initial, size_t initial_stride) {
  const int exists = q->reversed ? t + 1 < q->steps && b < q->counts[t + 1] : t > 0;
  if (!exists) return (const real *)initial + b * initial_stride;
  return (const real *)rows + (q->offsets[q->reversed ? t + 1 : t - 1] + b) * stride;
}

// A row of dy (null: zeros) is added to dh (start of row b's last step, and GRU), or becomes it.
INLINE void NAME(take_output_gradient)(const real *dy, int add, real *dh, size_t size) {
  for (size_t j = 0; j < size; j += LANES) {
    vec d = dy ? NAME(next)(dy, 1, j, size) : NAME(splat)(0);
    NAME(store)(dh + j, add ? d + NAME(load)(dh + j) : d);
  }
}

// dm = dh P, the derivative of o tanh(c) under a projection.
static void NAME(step_back_projection)(const crk_backward *q, size_t row, size_t first, size_t rows) {
  const size_t width = NAME(padded)(q->hidden_size), out = NAME(padded)(q->projection_size);
  const real *dh = (real *)q->dh + first * out;
  memcpy((real *)q->dp + row * out, dh, rows * out * sizeof(real));
  const crk_product product = {
      .rows = rows, .columns = width, .runs = 1, .run_length = q->projection_size, .a = dh, .a_stride = out,
      .b = q->pt, .c = (real *)q->dm + first * width, .c_stride = width, .start = CRK_FROM_ZERO};
  NAME(product)(&product);
}

// The cell's own derivative at step t: gates become the derivatives of the pre-activations.
static void NAME(step_back_cell)(const crk_backward *q, size_t t, size_t first, size_t rows) {
  if (q->variant) return NAME(variant_back)(q, t, first, rows);
  const size_t width = NAME(padded)(q->hidden_size);
  const size_t size = q->projection_size ? q->projection_size : q->hidden_size, out = NAME(padded)(size);
  for (size_t b = first; b < first + rows; b++) {
    const size_t row = q->offsets[t] + b;
    real *g = (real *)q->gates + row * q->gate_stride, *dh = (real *)q->dh + b * out;
    if (q->kind == CRK_LSTM)
      PAIR(lstm_row_back)(
          g, width, (const real *)q->cells + row * width, NAME(before)(q, t, b, q->cells, width, q->c0, width),
          q->projection_size ? (const real *)q->dm + b * width : dh, (real *)q->dc + b * width,
          q->projection_size ? (real *)q->m + row * width : NULL);
    else if (q->kind == CRK_GRU)
      PAIR(gru_row_back)(g, width, size, NAME(before)(q, t, b, q->y, q->y_stride, q->h0, out), dh);
    else
      PAIR(rnn_row_back)(q->kind == CRK_RNN_RELU, (const real *)q->y + row * q->y_stride, size, dh, g);
  }
}

// The row of dy of state row b in the step processed before step t, or null.
INLINE const real *NAME(gradient_before)(const crk_backward *q, size_t s, size_t before, size_t b) {
  if (!q->dy) return NULL;
  if (s == 0) return (const real *)q->dy_before + b * q->dy_stride;
  return (const real *)q->dy + (q->offsets[before] + b) * q->dy_stride;
}

static void NAME(backward)(const crk_backward *q, size_t first, size_t end) {
  const size_t width = NAME(padded)(q->hidden_size);
  const size_t size = q->projection_size ? q->projection_size : q->hidden_size, out = NAME(padded)(size);
  for (size_t s = q->steps; s-- > 0;) {
    const size_t t = q->reversed ? q->steps - 1 - s : s, rows = NAME(active)(q->counts, t, first, end);
    if (!rows) continue;
    // Rows whose last step this is: the step after it (in the order of processing) lacks them.
    const size_t later = s + 1 == q->steps ? NAME(active)(&q->rows_after, 0, first, end)
                                           : NAME(active)(q->counts, q->reversed ? t - 1 : t + 1, first, end);
    for (size_t b = first + NAME(least)(later, rows); b < first + rows; b++) {
      const real *dy = q->dy ? (const real *)q->dy + (q->offsets[t] + b) * q->dy_stride : NULL;
      NAME(take_output_gradient)(dy, 1, (real *)q->dh + b * out, size);
    }

    if (q->projection_size) NAME(step_back_projection)(q, q->offsets[t] + first, first, rows);
    NAME(step_back_cell)(q, t, first, rows);

    const size_t before = q->reversed ? t + 1 : t - 1;
    const size_t earlier = NAME(least)(rows, s == 0 ? NAME(active)(&q->rows_before, 0, first, end)
                                                    : NAME(active)(q->counts, before, first, end));
    for (size_t b = first; b < first + rows; b++) {
      real *dh = (real *)q->dh + b * out;
      if (b < first + earlier)
        NAME(take_output_gradient)(NAME(gradient_before)(q, s, before, b), q->kind == CRK_GRU, dh, size);
      else if (q->kind != CRK_GRU) memset(dh, 0, out * sizeof(real));
    }
    const size_t gates = q->kind == CRK_LSTM ? 4 : q->kind == CRK_GRU ? 3 : 1;
    const crk_product recurrent = {
        .rows = rows, .columns = size, .runs = gates - (q->variant && q->variant->reset_before),
        .run_length = q->hidden_size, .run_stride = width,
        .a = (const real *)q->gates + (q->offsets[t] + first) * q->gate_stride, .a_stride = q->gate_stride,
        .b = q->ut, .c = (real *)q->dh + first * out, .c_stride = out, .start = CRK_FROM_C};
    NAME(product)(&recurrent);
  }
}
