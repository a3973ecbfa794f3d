// Times of one streaming step of one row, by kind and size: what fixed_order.py measures two builds of the kernels with.
//
//     steps SECONDS        prints "KIND INPUTS HIDDEN NANOSECONDS" a line; each takes SECONDS
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "crk.h"

static const struct { const char *name; int kind, gates, slots; } kinds[] = {
    {"rnn", CRK_RNN_TANH, 1, 1}, {"gru", CRK_GRU, 3, 4}, {"lstm", CRK_LSTM, 4, 4}};
static const size_t sizes[][2] = {{32, 32}, {32, 64}, {64, 128}, {128, 256}, {256, 512}};

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static size_t padded(size_t size) { return (size + CRK_PANEL - 1) / CRK_PANEL * CRK_PANEL; }

// `count` numbers, spread over -bound ... bound.
static float *numbers(size_t count, float bound) {
  float *made = aligned_alloc(64, (count * sizeof(float) + 63) / 64 * 64);
  for (size_t i = 0; i < count; i++) made[i] = bound * (2 * (float)rand() / (float)RAND_MAX - 1);
  return made;
}

static crk_level level(const crk_table *table, int kind, size_t I, size_t H) {
  const size_t gates = (size_t)kinds[kind].gates, width = padded(H), depth = I + H;
  float *weights = numbers(gates * H * depth, 0.1f), *packed = numbers(gates * width * depth, 0);
  table->pack_gates(weights, gates, H, depth, packed);
  free(weights);
  return (crk_level){.kind = kinds[kind].kind, .format = CRK_FULL, .far = gates * width * depth * 4 > 512 << 10,
                     .input_size = I, .hidden_size = H, .weights = packed, .hidden_weights = packed + I * gates * CRK_PANEL,
                     .bias = numbers((size_t)kinds[kind].slots * width, 0.1f),
                     .h = {numbers(width, 0), numbers(width, 0)}, .c = numbers(width, 0)};
}

static int ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

// The median over runs of some 50 microseconds.
static double nanoseconds(const crk_table *table, crk_stream *stream, const float *x, float *y, double seconds) {
  enum { MOST = 100000 };
  static double times[MOST];
  size_t steps = 1, count = 0;
  double spent = 0;
  for (double start = now(); now() - start < seconds / 4;) {
    const double from = now();
    for (size_t i = 0; i < steps; i++) table->advance(stream, x, y, 1);
    spent = now() - from;
    if (spent < 50e-6) steps *= 2;
  }
  for (double start = now(); now() - start < seconds && count < MOST; count++) {
    const double from = now();
    for (size_t i = 0; i < steps; i++) table->advance(stream, x, y, 1);
    times[count] = (now() - from) / (double)steps;
  }
  qsort(times, count, sizeof(double), ascending);
  return times[count / 2] * 1e9;
}

int main(int count, char **arguments) {
  const double seconds = count > 1 ? atof(arguments[1]) : 0.1;
  const crk_table *table = crk_kernels(crk_best_instruction_set(), CRK_FLOAT32);
  for (int kind = 0; kind < 3; kind++)
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
      const size_t I = sizes[i][0], H = sizes[i][1];
      crk_level one = level(table, kind, I, H);
      crk_stream stream = {.rows = 1, .level_count = 1, .levels = &one};
      const float *x = numbers(I, 1);
      printf("%s %zu %zu %.2f\n", kinds[kind].name, I, H, nanoseconds(table, &stream, x, numbers(padded(H), 0), seconds));
      fflush(stdout);
    }
  return 0;
}
