// Which tables this build has and this processor runs.
#include "crk.h"

extern const crk_table crk_scalar_table_f32, crk_scalar_table_f64;

#if defined(__x86_64__)
#include <cpuid.h>
extern const crk_table crk_avx2_table_f32, crk_avx2_table_f64, crk_avx512_table_f32, crk_avx512_table_f64;

// Registers that the operating system saves (XCR0): 6 = xmm and ymm, 0xE0 = opmask and zmm.
static uint64_t saved_registers(void) {
  uint32_t low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

static int detect(int instruction_set) {
  unsigned a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) return 0;
  const unsigned needed = 1u << 12 | 1u << 27 | 1u << 28 | 1u << 29;  // FMA, OSXSAVE, AVX, F16C
  if ((c & needed) != needed) return 0;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  const unsigned avx2 = 1u << 5, wide = 1u << 16 | 1u << 17 | 1u << 30 | 1u << 31;  // F, DQ, BW, VL
  const uint64_t saved = saved_registers();
  if (instruction_set == CRK_AVX2) return (b & avx2) && (saved & 6) == 6;
  return instruction_set == CRK_AVX512 && (b & wide) == wide && (saved & 0xE6) == 0xE6;
}

// Asked once: on a virtual machine each cpuid is a trap of some 20 microseconds, 5 % of a training step if asked per call.
// Threads that race here find the same answer.
static int runs(int instruction_set) {
  static _Atomic signed char known[CRK_NEON + 1];  // 0: not asked yet, 1: yes, -1: no
  if (instruction_set < 0 || instruction_set > CRK_NEON) return 0;
  if (!known[instruction_set]) known[instruction_set] = detect(instruction_set) ? 1 : -1;
  return known[instruction_set] > 0;
}

const crk_table *crk_kernels(int instruction_set, int type) {
  const int single = type == CRK_FLOAT32;
  if (instruction_set == CRK_SCALAR) return single ? &crk_scalar_table_f32 : &crk_scalar_table_f64;
  if (!runs(instruction_set)) return NULL;
  if (instruction_set == CRK_AVX2) return single ? &crk_avx2_table_f32 : &crk_avx2_table_f64;
  return single ? &crk_avx512_table_f32 : &crk_avx512_table_f64;
}

int crk_best_instruction_set(void) { return runs(CRK_AVX512) ? CRK_AVX512 : runs(CRK_AVX2) ? CRK_AVX2 : CRK_SCALAR; }

#else
#if defined(__aarch64__)
extern const crk_table crk_neon_table_f32, crk_neon_table_f64;
enum { BEST = CRK_NEON };
#else
enum { BEST = CRK_SCALAR };
#endif

const crk_table *crk_kernels(int instruction_set, int type) {
  const int single = type == CRK_FLOAT32;
  if (instruction_set == CRK_SCALAR) return single ? &crk_scalar_table_f32 : &crk_scalar_table_f64;
#if defined(__aarch64__)
  if (instruction_set == CRK_NEON) return single ? &crk_neon_table_f32 : &crk_neon_table_f64;
#endif
  return NULL;
}

int crk_best_instruction_set(void) { return BEST; }
#endif

// 8 tiles of 6 columns of A, and one segment of B in panels; panels and tiles are a line longer than their rows. Two
// gradients that go along fill two last panels.
size_t crk_gradient_scratch(size_t columns) {
  return 8 * (6 * CRK_SEGMENT + CRK_PANEL) + (columns + 2 * CRK_PANEL) * (CRK_SEGMENT + 1);
}

// A row is one-hot if one element is not zero and the sum of all bits is that of 1.
#define FIND_PLACES(bits, one)                                                         \
  for (size_t row = 0; row < rows; row++) {                                            \
    const bits *element = (const bits *)x + row * columns;                             \
    bits sum = 0, others = 0, place = 0;                                               \
    for (size_t i = 0; i < columns; i++) {                                             \
      sum += element[i];                                                               \
      others += element[i] != 0;                                                       \
      place += element[i] != 0 ? (bits)i : 0;                                          \
    }                                                                                  \
    if (sum != (one) || others != 1) return 0;                                         \
    places[row] = (uint32_t)place;                                                     \
  }                                                                                    \
  return 1;

static int find_places_f32(const void *x, size_t rows, size_t columns, uint32_t *places) {
  FIND_PLACES(uint32_t, 0x3F800000u)
}

static int find_places_f64(const void *x, size_t rows, size_t columns, uint32_t *places) {
  FIND_PLACES(uint64_t, 0x3FF0000000000000u)
}
#undef FIND_PLACES

int crk_one_hot_places(int type, const void *x, size_t rows, size_t columns, uint32_t *places) {
  return (type == CRK_FLOAT32 ? find_places_f32 : find_places_f64)(x, rows, columns, places);
}

void crk_bptt_rows(size_t steps, const size_t *counts, const size_t *offsets, int reversed, ptrdiff_t *order,
                   ptrdiff_t *previous) {
  size_t rank = 0;
  for (size_t s = steps; s-- > 0;) {
    const size_t t = reversed ? steps - 1 - s : s;
    for (size_t b = 0; b < counts[t]; b++, rank++) {
      const int exists = reversed ? t + 1 < steps && b < counts[t + 1] : t > 0;
      order[rank] = (ptrdiff_t)(offsets[t] + b);
      previous[rank] = exists ? (ptrdiff_t)(offsets[reversed ? t + 1 : t - 1] + b) : ~(ptrdiff_t)b;
    }
  }
}
