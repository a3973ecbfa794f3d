// Steps of a stream in a function that must not block: clang's real-time sanitizer ends the program at the first call
// that may (allocation, lock, system call). With an argument, such a call is made, so that it can be seen to be found.
#include <stdio.h>
#include <stdlib.h>

#include "crk.h"

static void steps(crk_stream *stream, const crk_table *table, const void *x, void *y, int count,
                  void **leak) [[clang::nonblocking]] {
  for (int i = 0; i < count; i++) table->advance(stream, x, y, 1);
  if (leak) *leak = malloc(64);
}

int main(int argc, char **argv) {
  (void)argv;
  enum { I = 5, H = 40, WIDE = 48 };
  float *memory = aligned_alloc(64, 1 << 20);
  for (int i = 0; i < (1 << 18); i++) memory[i] = (float)(i % 17 - 8) / 64;
  float y[H];
  for (int isa = CRK_SCALAR; isa <= CRK_NEON; isa++) {
    const crk_table *table = crk_kernels(isa, CRK_FLOAT32);
    if (!table) continue;
    for (int kind = CRK_RNN_TANH; kind <= CRK_GRU; kind++) {
      for (int format = CRK_FULL; format <= CRK_FLOAT16; format++) {
        float *state = calloc(3 * WIDE, sizeof(float));
        crk_level level = {
            .kind = kind, .format = format, .input_size = I, .hidden_size = H, .weights = memory,
            .hidden_weights = memory + 4 * CRK_PANEL * I, .bias = memory, .h = {state, state + WIDE},
            .c = state + 2 * WIDE};
        crk_stream stream = {.rows = 1, .level_count = 1, .levels = &level};
        void *leak = NULL;
        steps(&stream, table, memory, y, 1000, argc > 1 ? &leak : NULL);
        free(leak);
        free(state);
      }
    }
  }
  free(memory);
  puts("steps ran to their end");
  return 0;
}
