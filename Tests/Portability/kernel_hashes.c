// Prints a hash of what each kernel computes from fixed inputs, for one instruction set.
//
//     kernel_hashes scalar|avx2|avx512|neon
//
// The hashes are the same for every instruction set, processor and compiler: Tests/Portability/run compares them with
// those in hashes-v1.txt (arithmetic, version 1).
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crk.h"

static const crk_table *table;
static int type;
static size_t width;

// Numbers for tests, the same everywhere: multiples of 2^-20 in -1 ..< 1.
static uint64_t state = 88172645463325252u;
static double next_number(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (double)((int64_t)(state >> 43) - (1 << 20)) / (1 << 20);
}

static void *block(size_t count) { return calloc(count + 64, width); }

static void *numbers(size_t count, double scale) {
  void *result = block(count);
  for (size_t i = 0; i < count; i++) {
    const double x = next_number() * scale;
    if (type == CRK_FLOAT32) ((float *)result)[i] = (float)x;
    else ((double *)result)[i] = x;
  }
  return result;
}

static void print_hash(const char *name, const void *data, size_t count) {
  const unsigned char *bytes = data;
  uint64_t hash = 14695981039346656037u;  // FNV-1a
  for (size_t i = 0; i < count * width; i++) hash = (hash ^ bytes[i]) * 1099511628211u;
  printf("%s %s %016llx\n", type == CRK_FLOAT32 ? "float32" : "float64", name, (unsigned long long)hash);
}

static void hash_activations(void) {
  enum { COUNT = 100003 };
  const struct { const char *name; int code; double scale; } cases[] = {
      {"exp", CRK_EXP, 100}, {"tanh", CRK_TANH, 3}, {"sigmoid", CRK_SIGMOID, 110}, {"relu", CRK_RELU, 1}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    void *x = numbers(COUNT, cases[i].scale), *y = block(COUNT);
    table->unary(cases[i].code, x, 1, y, COUNT);
    print_hash(cases[i].name, y, COUNT);
    free(x);
    free(y);
  }
}

static void hash_reductions(void) {
  enum { COUNT = 9001 };
  void *x = numbers(COUNT, 1);
  double sums[3] = {table->reduce(CRK_SUM, x, COUNT), table->reduce(CRK_SUM_OF_SQUARES, x, COUNT),
                    table->reduce(CRK_MAXIMUM_OF, x, COUNT)};
  print_hash("reductions", sums, sizeof sums / width);
  double maximum[7], sum[7];
  table->softmax_sums(x, 7, 101, maximum, sum);
  print_hash("softmax sums", sum, sizeof sum / width);
  free(x);
}

static size_t padded(size_t size) { return (size + CRK_PANEL - 1) / CRK_PANEL * CRK_PANEL; }

static void hash_gradient(void) {
  enum { ROWS = 1100, OUT = 53, IN = 37 };
  void *a = numbers(ROWS * OUT, 1), *b = numbers(ROWS * IN, 1), *c = block(OUT * IN);
  void *scratch = block(crk_gradient_scratch(IN));
  const crk_gradient call = {.rows = ROWS, .columns = IN, .run_length = OUT, .a = a, .a_stride = OUT, .b = b,
                             .b_stride = IN, .c = c, .c_stride = IN, .from = 0, .to = OUT, .scratch = scratch};
  table->gradient(&call);
  print_hash("weight gradient", c, OUT * IN);

  // The same in pieces, cut anywhere, and the sums of columns whole and in pieces.
  void *parts = block(OUT * IN), *open = block(OUT * IN), *sums = block(OUT), *part_sums = block(OUT);
  static const size_t cuts[] = {0, 1, 100, 512, 515, 1090, ROWS};
  table->column_sums(a, OUT, NULL, ROWS, NULL, sums, OUT);
  for (int i = 0; cuts[i] < ROWS; i++) {
    crk_gradient piece = call;
    piece.a = (char *)a + cuts[i] * OUT * width;
    piece.b = (char *)b + cuts[i] * IN * width;
    piece.rows = cuts[i + 1] - cuts[i];
    piece.c = parts;
    piece.piece = (crk_piece){.rank = cuts[i], .more = cuts[i + 1] < ROWS, .open = open};
    table->gradient(&piece);
  }
  for (int i = 0; cuts[i] < ROWS; i++) {
    const crk_piece piece = {.rank = cuts[i], .more = cuts[i + 1] < ROWS, .open = open};
    table->column_sums((char *)a + cuts[i] * OUT * width, OUT, NULL, cuts[i + 1] - cuts[i], &piece, part_sums, OUT);
  }
  if (memcmp(parts, c, OUT * IN * width) || memcmp(part_sums, sums, OUT * width))
    printf("a sum over rows in pieces has other bits than in one\n");
  free(a), free(b), free(c), free(scratch), free(parts), free(open), free(sums), free(part_sums);
}

enum { N = 13, STEPS = 5, INPUT = 7, HIDDEN = 37 };
static const size_t counts[STEPS] = {13, 13, 8, 3, 1}, offsets[STEPS] = {0, 13, 26, 34, 37}, ROWS = 38;

static void hash_cell(const char *name, int kind, int reversed) {
  const size_t gates = kind == CRK_LSTM ? 4 : kind == CRK_GRU ? 3 : 1, slots = kind == CRK_GRU ? 4 : gates;
  const size_t wide = padded(HIDDEN);
  void *packed_w = numbers(gates * wide * INPUT, 0.3), *packed_u = numbers(gates * wide * HIDDEN, 0.3);
  void *bias = numbers(slots * wide, 0.3), *x = numbers(ROWS * INPUT, 1), *ut = numbers(padded(HIDDEN) * gates * HIDDEN, 0.3);
  void *h0 = numbers(N * wide, 0.5), *c0 = numbers(N * wide, 0.5), *h = block(N * wide), *c = block(N * wide);
  void *y = block(ROWS * HIDDEN), *gate_rows = block(ROWS * slots * wide), *cells = block(ROWS * wide);
  memcpy(h, h0, N * wide * width);
  memcpy(c, c0, N * wide * width);
  const crk_forward forward = {
      .kind = kind, .input_size = INPUT, .hidden_size = HIDDEN, .steps = STEPS, .counts = counts, .offsets = offsets,
      .reversed = reversed, .x = x, .x_stride = INPUT, .w = packed_w, .u = packed_u, .bias = bias, .h = h, .h_stride = wide, .c = c, .c_stride = wide,
      .y = y, .y_stride = HIDDEN, .gates = gate_rows, .gate_stride = slots * wide, .cells = cells, .save = 1, .chunk = 2};
  table->forward(&forward, 0, N);
  char label[64];
  snprintf(label, sizeof label, "%s%s output", name, reversed ? " reversed" : "");
  print_hash(label, y, ROWS * HIDDEN);

  void *dy = numbers(ROWS * HIDDEN, 1), *dh = numbers(N * wide, 1), *dc = numbers(N * wide, 1);
  const crk_backward backward = {
      .kind = kind, .hidden_size = HIDDEN, .steps = STEPS, .counts = counts, .offsets = offsets, .reversed = reversed,
      .ut = ut, .y = y, .y_stride = HIDDEN, .h0 = h0, .c0 = c0, .dy = dy, .dy_stride = HIDDEN, .dh = dh, .dc = dc,
      .gates = gate_rows, .gate_stride = slots * wide, .cells = cells};
  table->backward(&backward, 0, N);
  snprintf(label, sizeof label, "%s%s gradient", name, reversed ? " reversed" : "");
  for (size_t row = 0; row < N; row++)  // lanes past H are nobody's
    memmove((char *)dh + row * HIDDEN * width, (char *)dh + row * wide * width, HIDDEN * width);
  print_hash(label, dh, N * HIDDEN);
  void *all[] = {packed_w, packed_u, bias, x, ut, h0, c0, h, c, y, gate_rows, cells, dy, dh, dc};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

// A step is the same number by number as one of a sequence; here every format of weights, one row and four, a step alone and
// several at once.
static void hash_stream(const char *name, int kind, int format, size_t rows) {
  const size_t gates = kind == CRK_LSTM ? 4 : kind == CRK_GRU ? 3 : 1, slots = kind == CRK_GRU ? 4 : gates;
  const size_t wide = padded(HIDDEN), depth = INPUT + HIDDEN, count = gates * wide * depth;
  void *matrix = numbers(gates * HIDDEN * depth, 0.3), *packed = block(count), *narrow = block(count);
  void *bias = numbers(slots * wide, 0.3), *x = numbers(STEPS * rows * INPUT, 1), *y = block(STEPS * rows * HIDDEN);
  void *h[2] = {block(rows * wide), block(rows * wide)}, *c = block(rows * wide);
  table->pack_gates(matrix, gates, HIDDEN, depth, packed);
  if (format != CRK_FULL) crk_narrow_weights(format, packed, count, narrow);
  const char *weights = format == CRK_FULL ? packed : narrow;
  crk_level level = {
      .kind = kind, .format = format, .input_size = INPUT, .hidden_size = HIDDEN, .weights = weights,
      .hidden_weights = weights + gates * CRK_PANEL * INPUT * (format == CRK_FULL ? width : 2), .bias = bias,
      .h = {h[0], h[1]}, .c = c};
  crk_stream stream = {.rows = rows, .level_count = 1, .levels = &level};
  table->advance(&stream, x, y, 1);
  table->advance(&stream, (char *)x + rows * INPUT * width, (char *)y + rows * HIDDEN * width, STEPS - 1);
  const char *formats[] = {"", " bfloat16", " float16"};
  char label[64];
  snprintf(label, sizeof label, "%s stream%s rows %d", name, formats[format], (int)rows);
  print_hash(label, y, STEPS * rows * HIDDEN);
  void *all[] = {matrix, packed, narrow, bias, x, y, h[0], h[1], c};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void hash_streams(void) {
  width = type == CRK_FLOAT32 ? 4 : 8;
  const char *names[] = {"rnn", "relu rnn", "lstm", "gru"};
  for (int kind = CRK_RNN_TANH; kind <= CRK_GRU; kind++)
    for (int format = CRK_FULL; format <= (type == CRK_FLOAT32 ? CRK_FLOAT16 : CRK_FULL); format++)
      for (size_t rows = 1; rows <= 4; rows += 3) hash_stream(names[kind], kind, format, rows);
}

#include "variant_hashes.h"

int main(int argc, char **argv) {
  const char *names[] = {"scalar", "avx2", "avx512", "neon"};
  int found = -1;
  for (int i = 0; i < 4; i++)
    if (argc == 2 && !strcmp(argv[1], names[i])) found = i;
  if (found < 0 || !crk_kernels(found, CRK_FLOAT32)) {
    fprintf(stderr, "kernel_hashes: this processor lacks %s\n", argc == 2 ? argv[1] : "(nothing named)");
    return 64;
  }
  for (type = CRK_FLOAT32; type <= CRK_FLOAT64; type++) {
    width = type == CRK_FLOAT32 ? 4 : 8;
    table = crk_kernels(found, type);
    hash_activations();
    hash_reductions();
    hash_gradient();
    for (int reversed = 0; reversed < 2; reversed++) {
      hash_cell("rnn", CRK_RNN_TANH, reversed);
      hash_cell("relu rnn", CRK_RNN_RELU, reversed);
      hash_cell("lstm", CRK_LSTM, reversed);
      hash_cell("gru", CRK_GRU, reversed);
    }
  }
  for (type = CRK_FLOAT32; type <= CRK_FLOAT64; type++) {
    table = crk_kernels(found, type);
    hash_streams();
  }
  for (type = CRK_FLOAT32; type <= CRK_FLOAT64; type++) {
    table = crk_kernels(found, type);
    hash_variants();
  }
  return 0;
}
