// Cells that depart from PyTorch's: part of kernel_hashes.c, whose numbers and blocks it uses.
#include <math.h>

// Every function is in one of these at least.
typedef struct { const char *name; int kind, peepholes; crk_variant variant; } variant_case;
static const variant_case variants[] = {
    {"lstm peepholes", CRK_LSTM, 1, {{CRK_SIGMOID}, {CRK_TANH}, {CRK_TANH}, HUGE_VAL}},
    {"lstm coupled clip", CRK_LSTM, 0, {{CRK_SIGMOID}, {CRK_TANH}, {CRK_TANH}, 0.25, 1}},
    {"lstm hard", CRK_LSTM, 1, {{CRK_HARD_SIGMOID, 0.3, 0.4}, {CRK_SOFTSIGN}, {CRK_LEAKY_RELU, 0.1}, 0.5}},
    {"lstm affine", CRK_LSTM, 0, {{CRK_AFFINE, 0.3, 0.4}, {CRK_SCALED_TANH, 1.7, 0.7}, {CRK_RELU}, HUGE_VAL}},
    {"gru before", CRK_GRU, 0, {{CRK_SIGMOID}, {CRK_TANH}, {CRK_TANH}, HUGE_VAL, 0, 1}},
    {"gru before elu", CRK_GRU, 0, {{CRK_HARD_SIGMOID, 0.2, 0.5}, {CRK_ELU, 0.8}, {CRK_TANH}, 0.5, 0, 1}},
    {"gru clip", CRK_GRU, 0, {{CRK_SIGMOID}, {CRK_TANH}, {CRK_TANH}, 0.25}},
    {"rnn softplus", CRK_RNN_TANH, 0, {{CRK_SIGMOID}, {CRK_SOFTPLUS}, {CRK_TANH}, HUGE_VAL}},
    {"rnn thresholded", CRK_RNN_TANH, 0, {{CRK_SIGMOID}, {CRK_THRESHOLDED_RELU, 0.1}, {CRK_TANH}, 0.5}},
};

// Rows of HIDDEN elements, `stride` apart: lanes past H are nobody's.
static void print_rows(const char *name, const char *what, void *data, size_t rows, size_t stride) {
  char label[64];
  snprintf(label, sizeof label, "%s %s", name, what);
  for (size_t row = 0; row < rows; row++)
    memmove((char *)data + row * HIDDEN * width, (char *)data + row * stride * width, HIDDEN * width);
  print_hash(label, data, rows * HIDDEN);
}

static void hash_variant(const variant_case *test) {
  const size_t gates = test->kind == CRK_LSTM ? 4 : test->kind == CRK_GRU ? 3 : 1, slots = gates == 1 ? 1 : 4;
  const size_t wide = padded(HIDDEN), stride = slots * wide;
  crk_variant variant = test->variant;
  void *peepholes = numbers(3 * wide, 0.5);
  if (test->peepholes) variant.peepholes = peepholes;
  void *w = numbers(gates * wide * INPUT, 0.3), *u = numbers(gates * wide * HIDDEN, 0.3), *bias = numbers(stride, 0.3);
  void *ut = numbers(wide * gates * HIDDEN, 0.3), *ut_candidate = numbers(wide * HIDDEN, 0.3);
  void *x = numbers(ROWS * INPUT, 1), *dy = numbers(ROWS * HIDDEN, 1), *h0 = numbers(N * wide, 0.5);
  void *c0 = numbers(N * wide, 0.5), *dh = numbers(N * wide, 1), *dc = numbers(N * wide, 1), *dm = block(N * wide);
  void *h = block(N * wide), *c = block(N * wide), *y = block(ROWS * HIDDEN), *rows = block(ROWS * stride);
  void *cells = block(ROWS * wide);
  memcpy(h, h0, N * wide * width);
  memcpy(c, c0, N * wide * width);
  const crk_forward forward = {
      .kind = test->kind, .variant = &variant, .input_size = INPUT, .hidden_size = HIDDEN, .steps = STEPS,
      .counts = counts, .offsets = offsets, .x = x, .x_stride = INPUT, .w = w, .u = u, .bias = bias, .h = h,
      .h_stride = wide, .c = c, .c_stride = wide, .y = y, .y_stride = HIDDEN, .gates = rows, .gate_stride = stride,
      .cells = cells, .save = 1, .chunk = 2};
  table->forward(&forward, 0, N);
  const crk_backward backward = {
      .kind = test->kind, .variant = &variant, .hidden_size = HIDDEN, .steps = STEPS, .counts = counts,
      .offsets = offsets, .ut = ut, .ut_candidate = ut_candidate, .y = y, .y_stride = HIDDEN, .h0 = h0, .c0 = c0,
      .dy = dy, .dy_stride = HIDDEN, .dh = dh, .dc = dc, .dm = dm, .gates = rows, .gate_stride = stride, .cells = cells};
  table->backward(&backward, 0, N);
  ptrdiff_t order[38], previous[38];
  void *sums = block(HIDDEN);
  crk_bptt_rows(STEPS, counts, offsets, 0, order, previous);
  const crk_gradient diagonal = {.rows = ROWS, .columns = HIDDEN, .a = rows, .a_stride = stride, .a_rows = order,
                                 .b = cells, .b_stride = wide, .b_rows = previous, .first = c0, .first_stride = wide,
                                 .c = sums};
  if (test->peepholes) table->diagonal(&diagonal);
  print_rows(test->name, "output", y, ROWS, HIDDEN);
  print_rows(test->name, "gradient", dh, N, wide);
  if (test->kind == CRK_LSTM) print_rows(test->name, "cell gradient", dc, N, wide);
  if (test->peepholes) print_rows(test->name, "peephole gradient", sums, 1, HIDDEN);
  void *all[] = {peepholes, w, u, bias, ut, ut_candidate, x, dy, h0, c0, dh, dc, dm, h, c, y, rows, cells, sums};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void hash_variant_stream(const variant_case *test, int format, size_t rows) {
  const size_t wide = padded(HIDDEN), depth = INPUT + HIDDEN, slots = test->kind == CRK_RNN_TANH ? 1 : 4;
  const size_t element = format == CRK_FULL ? width : 2, count = slots * wide * depth;
  crk_variant variant = test->variant;
  void *peepholes = numbers(3 * wide, 0.5);
  if (test->peepholes) variant.peepholes = peepholes;
  void *matrix = numbers(count, 0.3), *packed = block(count), *narrow = block(count), *bias = numbers(slots * wide, 0.3);
  void *x = numbers(STEPS * rows * INPUT, 1), *y = block(STEPS * rows * HIDDEN), *c = block(rows * wide);
  void *h[2] = {block(rows * wide), block(rows * wide)}, *sums = block(rows * slots * wide);
  table->pack_gates(matrix, 1, slots * wide, depth, packed);
  if (format != CRK_FULL) crk_narrow_weights(format, packed, count, narrow);
  const char *weights = format == CRK_FULL ? packed : narrow, *candidate = weights + 2 * wide * depth * element;
  crk_level level = {
      .kind = test->kind, .variant = &variant, .format = format, .input_size = INPUT, .hidden_size = HIDDEN,
      .weights = weights, .hidden_weights = weights + CRK_PANEL * INPUT * element, .candidate = candidate,
      .hidden_candidate = candidate + CRK_PANEL * INPUT * element, .bias = bias, .h = {h[0], h[1]}, .c = c,
      .sums = sums};
  crk_stream stream = {.rows = rows, .level_count = 1, .levels = &level};
  table->advance(&stream, x, y, 1);
  table->advance(&stream, (char *)x + rows * INPUT * width, (char *)y + rows * HIDDEN * width, STEPS - 1);
  const char *formats[] = {"stream", "stream bfloat16", "stream float16"};
  print_rows(test->name, formats[format], y, STEPS * rows, HIDDEN);
  void *all[] = {peepholes, matrix, packed, narrow, bias, x, y, c, h[0], h[1], sums};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void hash_variants(void) {
  width = type == CRK_FLOAT32 ? 4 : 8;
  for (size_t i = 0; i < sizeof variants / sizeof *variants; i++) {
    hash_variant(&variants[i]);
    for (int format = CRK_FULL; format <= (type == CRK_FLOAT32 ? CRK_FLOAT16 : CRK_FULL); format++)
      hash_variant_stream(&variants[i], format, 1 + 3 * (i % 2));
  }
}
