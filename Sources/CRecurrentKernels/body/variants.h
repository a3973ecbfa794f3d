// Sequences and streams of cells that depart from PyTorch's. Products and their order are those of the standard cells.

INLINE const real *NAME(hidden_before)(const NAME(step) *s, size_t row) {
  return row < s->earlier ? s->previous + row * s->q->y_stride : s->h + row * s->q->h_stride;
}

static void NAME(variant_cells)(const NAME(step) *s, size_t from, size_t to) {
  const crk_forward *q = s->q;
  const size_t width = NAME(padded)(q->hidden_size), size = q->hidden_size;
  const PAIR(variant) v = PAIR(variant_of)(q->variant, width);
  for (size_t i = 0; i < s->rows; i++) {
    real *g = s->gates + i * q->gate_stride, *y = s->y + i * s->y_stride;
    if (q->kind == CRK_LSTM)
      PAIR(lstm_variant_row)(&v, g, width, from, to, s->c + i * q->c_stride, y, size,
                             s->cells ? s->cells + i * width : NULL);
    else if (q->kind == CRK_GRU)
      PAIR(gru_variant_row)(&v, q->variant->reset_before, g, width, from, to, NAME(hidden_before)(s, i), y, size);
    else PAIR(rnn_variant_row)(&v, g, from, to, y, size);
  }
}

// What a step of a GRU with the reset before the product does with a group of panels: r and z first, and m = r h of them;
// once all units are so far, the candidate, whose product reads m.
static void NAME(reset_panels)(const NAME(step) *s, size_t from, size_t to) {
  const crk_forward *q = s->q;
  const size_t width = NAME(padded)(q->hidden_size), size = q->hidden_size;
  const NAME(columns) columns = NAME(gate_columns)(q->u, width, size, 2, from, to);
  NAME(strips) product = {.rows = s->earlier, .b = columns.b, .at = columns.at, .vectors = columns.count, .length = size,
                          .a = s->previous, .a_stride = q->y_stride, .c = s->gates, .c_stride = q->gate_stride};
  NAME(add_product)(&product);
  product.rows = s->rows - s->earlier, product.a = s->h + s->earlier * q->h_stride;
  product.a_stride = q->h_stride, product.c += s->earlier * q->gate_stride;
  NAME(add_product)(&product);
  const PAIR(variant) v = PAIR(variant_of)(q->variant, width);
  for (size_t i = 0; i < s->rows; i++)
    PAIR(gru_reset_row)(&v, s->gates + i * q->gate_stride, width, from * CRK_PANEL, to * CRK_PANEL,
                        NAME(hidden_before)(s, i), size);
}

static void NAME(candidate_panels)(const NAME(step) *s, size_t from, size_t to) {
  const crk_forward *q = s->q;
  const size_t width = NAME(padded)(q->hidden_size), size = q->hidden_size;
  NAME(columns) columns = NAME(gate_columns)((const real *)q->u + 2 * width * size, width, size, 1, from, to);
  for (size_t i = 0; i < columns.count; i++) columns.at[i] += 3 * width;
  const NAME(strips) product = {.rows = s->rows, .b = columns.b, .at = columns.at, .vectors = columns.count, .length = size,
                                .a = s->gates + 2 * width, .a_stride = q->gate_stride, .c = s->gates,
                                .c_stride = q->gate_stride};
  NAME(add_product)(&product);
  NAME(variant_cells)(s, from * CRK_PANEL, to * CRK_PANEL);
}

static void NAME(take_resetting_step)(const NAME(step) *s, NAME(share) share, int backwards) {
  const size_t group = s->rows < 4 || CRK_PANEL / LANES < 2 ? NAME(step_group) : 1;
  const size_t groups = (share.to - share.from + group - 1) / group;
  for (int phase = 0; phase < 2; phase++) {
    for (size_t g = 0; g < groups; g++) {
      const size_t at = share.from + (backwards ? groups - 1 - g : g) * group, to = NAME(least)(at + group, share.to);
      if (phase == 0) NAME(reset_panels)(s, at, to);
      else NAME(candidate_panels)(s, at, to);
    }
    if (phase == 0 && share.barrier) crk_barrier_wait(share.barrier);
  }
}

static void NAME(variant_again)(const crk_activation *q, size_t row, size_t b) {
  const size_t width = NAME(padded)(q->hidden_size);
  if (q->kind != CRK_LSTM) return;
  const PAIR(variant) v = PAIR(variant_of)(q->variant, width);
  PAIR(lstm_variant_row_again)(&v, (const real *)q->gates + row * q->gate_stride, width, (real *)q->c + b * width,
                               (real *)q->cells + row * width);
}

static void NAME(reset_rows)(const crk_variant *variant, size_t hidden_size, const void *h, size_t h_stride, void *gates,
                             size_t gate_stride, size_t rows) {
  const size_t width = NAME(padded)(hidden_size);
  const PAIR(variant) v = PAIR(variant_of)(variant, width);
  for (size_t i = 0; i < rows; i++)
    PAIR(gru_reset_row)(&v, (real *)gates + i * gate_stride, width, 0, width, (const real *)h + i * h_stride, hidden_size);
}

// dm = U_n^T dn, then what r and h get of it.
static void NAME(reset_back)(const crk_backward *q, const PAIR(variant) *v, size_t t, size_t first, size_t rows) {
  const size_t width = NAME(padded)(q->hidden_size), row = q->offsets[t] + first;
  real *gates = (real *)q->gates + row * q->gate_stride, *dm = (real *)q->dm + first * width;
  const crk_product product = {
      .rows = rows, .columns = q->hidden_size, .runs = 1, .run_length = q->hidden_size, .a = gates + 3 * width,
      .a_stride = q->gate_stride, .b = q->ut_candidate, .c = dm, .c_stride = width, .start = CRK_FROM_ZERO};
  NAME(product)(&product);
  for (size_t b = first; b < first + rows; b++, gates += q->gate_stride, dm += width)
    PAIR(gru_reset_row_back)(v, gates, q->hidden_size, NAME(before)(q, t, b, q->y, q->y_stride, q->h0, width), dm,
                             (real *)q->dh + b * width);
}

static void NAME(variant_back)(const crk_backward *q, size_t t, size_t first, size_t rows) {
  const size_t width = NAME(padded)(q->hidden_size), out = NAME(padded)(q->projection_size ? q->projection_size : width);
  const PAIR(variant) v = PAIR(variant_of)(q->variant, width);
  for (size_t b = first; b < first + rows; b++) {
    const size_t row = q->offsets[t] + b;
    real *g = (real *)q->gates + row * q->gate_stride, *dh = (real *)q->dh + b * out;
    if (q->kind == CRK_LSTM)
      PAIR(lstm_variant_row_back)(
          &v, g, width, (const real *)q->cells + row * width, NAME(before)(q, t, b, q->cells, width, q->c0, width),
          q->projection_size ? (const real *)q->dm + b * width : dh, (real *)q->dc + b * width,
          q->projection_size ? (real *)q->m + row * width : NULL);
    else if (q->kind == CRK_GRU)
      PAIR(gru_variant_row_back)(&v, q->variant->reset_before, g, width, q->hidden_size,
                                 NAME(before)(q, t, b, q->y, q->y_stride, q->h0, out), dh);
    else PAIR(rnn_variant_row_back)(&v, q->hidden_size, dh, g);
  }
  if (q->variant->reset_before) NAME(reset_back)(q, &v, t, first, rows);
}

// `count` slots of a stream's level from `slot` on: sums that start from the bias, one matrix for all of them.
INLINE void NAME(level_sums)(const crk_level *l, int backwards, NAME(cell_step) q, size_t slot, size_t count) {
  const size_t width = NAME(padded)(l->hidden_size), slots = l->kind == CRK_LSTM || l->kind == CRK_GRU ? 4 : 1;
  q.units = count * width;
  q.start += slot * width;
  q.next = (real *)l->sums + slot * width;
  q.next_stride = slots * width;
  q.y = NULL;
  NAME(cell)(CRK_LINEAR, l->format, backwards, &q);
}

// The candidate of a GRU: its two sums, or, once m = r h is known, its one.
static void NAME(level_candidate)(const crk_level *l, int backwards, const PAIR(variant) *v, const NAME(cell_step) *q) {
  const size_t width = NAME(padded)(l->hidden_size);
  real *sums = l->sums;
  NAME(cell_step) sum = *q;
  sum.w = l->candidate;
  sum.u = l->hidden_candidate;
  if (l->variant->reset_before) {
    for (size_t i = 0; i < q->rows; i++)
      PAIR(gru_reset_row)(v, sums + i * 4 * width, width, 0, width, q->h + i * q->h_stride, q->units);
    sum.h = sums + 2 * width;
    sum.h_stride = 4 * width;
    NAME(level_sums)(l, backwards, sum, 3, 1);
  } else {
    sum.hidden_size = 0;
    NAME(level_sums)(l, backwards, sum, 3, 1);
    sum.hidden_size = q->hidden_size, sum.input_size = 0;
    NAME(level_sums)(l, backwards, sum, 2, 1);
  }
}

static void NAME(variant_level)(const crk_level *l, int backwards, const NAME(cell_step) *q) {
  const size_t width = NAME(padded)(l->hidden_size), size = q->units;
  const size_t slots = l->kind == CRK_LSTM || l->kind == CRK_GRU ? 4 : 1;
  const PAIR(variant) v = PAIR(variant_of)(l->variant, width);
  NAME(level_sums)(l, backwards, *q, 0, l->kind == CRK_GRU ? 2 : slots);
  if (l->kind == CRK_GRU) NAME(level_candidate)(l, backwards, &v, q);
  for (size_t i = 0; i < q->rows; i++) {
    real *g = (real *)l->sums + i * slots * width, *h = q->next + i * q->next_stride;
    if (l->kind == CRK_LSTM)
      PAIR(lstm_variant_row)(&v, g, width, 0, width, q->next_c + i * q->c_stride, h, size, NULL);
    else if (l->kind == CRK_GRU)
      PAIR(gru_variant_row)(&v, l->variant->reset_before, g, width, 0, width, q->h + i * q->h_stride, h, size);
    else PAIR(rnn_variant_row)(&v, g, 0, width, h, size);
    if (q->y) memcpy(q->y + i * q->y_stride, h, size * sizeof(real));
  }
}
