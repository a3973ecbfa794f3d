// A stream's steps, level by level, each by the kernel that its sizes ask for.

// What a level reads and writes in a step.
INLINE NAME(cell_step) NAME(level_step)(const crk_level *l, int now, size_t rows, const real *x, size_t x_stride, real *y) {
  const int projects = l->projection_size > 0, recurs = l->kind != CRK_LINEAR;
  const size_t size = projects ? l->projection_size : l->hidden_size, width = NAME(padded)(l->hidden_size);
  return (NAME(cell_step)){
      .rows = rows, .units = l->hidden_size, .input_size = l->input_size, .hidden_size = recurs ? size : 0,
      .w = l->weights, .u = l->hidden_weights, .depth = l->input_size + (recurs ? size : 0), .far = l->far,
      .start = l->bias, .x = x, .x_stride = x_stride, .h = l->h[now], .h_stride = NAME(padded)(size),
      .c = l->c, .next_c = l->c, .c_stride = width,
      .next = projects ? l->m : l->h[!now], .next_stride = width, .y = projects ? NULL : y, .y_stride = size};
}

// A step by the kernels of sequences, in tiles of six rows.
static void NAME(level_by_gate)(const crk_level *l, int backwards, const NAME(cell_step) *q) {
  const size_t width = NAME(padded)(l->hidden_size), slots = l->kind == CRK_LSTM || l->kind == CRK_GRU ? 4 : 1;
  const crk_forward call = {
      .kind = l->kind, .variant = l->variant, .input_size = l->input_size, .hidden_size = l->hidden_size,
      .projection_size = l->projection_size, .x = q->x, .x_stride = q->x_stride, .w = l->weights,
      .u = l->hidden_weights, .bias = l->bias, .h_stride = q->h_stride, .c_stride = q->c_stride,
      .gate_stride = slots * width};
  const NAME(share) all = {0, width / CRK_PANEL, NULL};
  const NAME(step) step = {.q = &call, .rows = q->rows, .h = q->h, .gates = l->sums, .c = q->next_c, .y = q->next,
                           .y_stride = q->next_stride};
  NAME(input_part)(&call, all, 0, q->rows, l->sums);
  NAME(take_step)(&step, all, backwards);
  if (q->y)
    for (size_t i = 0; i < q->rows; i++)
      memcpy(q->y + i * q->y_stride, q->next + i * q->next_stride, l->hidden_size * sizeof(real));
}

static void NAME(project_level)(const crk_level *l, int now, size_t rows, real *y) {
  const size_t width = NAME(padded)(l->hidden_size);
  const NAME(cell_step) projection = {
      .rows = rows, .units = l->projection_size, .hidden_size = l->hidden_size, .u = l->projection,
      .depth = l->hidden_size, .far = l->far, .h = l->m, .h_stride = width, .next = l->h[!now],
      .next_stride = NAME(padded)(l->projection_size), .y = y, .y_stride = l->projection_size};
  NAME(cell)(CRK_LINEAR, l->format, now, &projection);
}

static void NAME(take_levels)(crk_stream *s, const real *x, real *y) {
  const int now = s->turn;
  s->turn = !now;
  size_t x_stride = s->levels[0].input_size;
  for (size_t i = 0; i < s->level_count; i++) {
    const crk_level *l = s->levels + i;
    real *out = i + 1 == s->level_count ? y : NULL;
    const NAME(cell_step) cell = NAME(level_step)(l, now, s->rows, x, x_stride, out);
    if (l->by_gate) NAME(level_by_gate)(l, now, &cell);
    else if (l->variant) NAME(variant_level)(l, now, &cell);
    else NAME(cell)(l->kind, l->format, now, &cell);
    if (l->projection_size) NAME(project_level)(l, now, s->rows, out);
    x = l->h[!now];
    x_stride = NAME(padded)(l->projection_size ? l->projection_size : l->hidden_size);
  }
}

// Steps of a stream of tiny levels that one level takes before the next.
enum { NAME(tiny_steps) = 16 };

static int NAME(has_tiny_levels)(const crk_stream *s) {
  for (size_t i = 0; i < s->level_count; i++) {
    const crk_level *l = s->levels + i;
    if (l->kind == CRK_LINEAR || l->format != CRK_FULL || l->variant || l->projection_size || l->by_gate ||
        !NAME(is_tiny)(l->hidden_size, s->rows))
      return 0;
  }
  return 1;
}

// Up to tiny_steps steps. Between levels, rows are a panel wide.
static void NAME(take_tiny_levels)(crk_stream *s, const real *x, real *y, size_t steps) {
  real between[2][NAME(tiny_steps) * NAME(tiny_rows) * CRK_PANEL];
  size_t x_stride = s->levels[0].input_size;
  for (size_t i = 0; i < s->level_count; i++) {
    const crk_level *l = s->levels + i;
    const int last = i + 1 == s->level_count;
    const NAME(tiny) tiny = {
        .units = l->hidden_size, .input_size = l->input_size, .w = l->weights, .u = l->hidden_weights,
        .bias = l->bias, .steps = steps, .batch = s->rows, .to = s->rows, .x = x, .x_stride = x_stride, .h = l->h[s->turn],
        .h_stride = CRK_PANEL, .c = l->kind == CRK_LSTM ? l->c : NULL, .c_stride = CRK_PANEL, .y = last ? y : between[i % 2],
        .y_stride = last ? l->hidden_size : CRK_PANEL};
    NAME(tiny_level)(l->kind, &tiny);
    x = between[i % 2];
    x_stride = CRK_PANEL;
  }
}

static void NAME(advance)(crk_stream *s, const void *x_, void *y_, size_t steps) {
  const crk_level *last = s->levels + s->level_count - 1;
  const size_t x_size = s->rows * s->levels->input_size;
  const size_t y_size = s->rows * (last->projection_size ? last->projection_size : last->hidden_size);
  const int tiny = steps > 1 && NAME(has_tiny_levels)(s);
  const real *x = x_;
  real *y = y_;
  for (size_t count; steps > 0; steps -= count, x += count * x_size, y += count * y_size) {
    count = tiny ? NAME(least)(steps, NAME(tiny_steps)) : 1;
    if (tiny) NAME(take_tiny_levels)(s, x, y, count);
    else NAME(take_levels)(s, x, y);
  }
}
