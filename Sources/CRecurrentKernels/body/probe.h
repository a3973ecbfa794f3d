// What a core can do at most, to measure the other kernels against: no result of the library depends on these.

// Chains that never wait for each other: at least latency times pipes of any core, and two registers less than there are.
#define CHAINS (CRK_REGISTERS >= 32 ? 20 : 12)

static size_t NAME(probe_fma)(size_t rounds, void *sink) {
  vec sum[CHAINS];
  vec half = NAME(splat)((real)0.5), one = NAME(splat)(1);
  __asm__ volatile("" : "+m"(half), "+m"(one));  // no constants to the compiler, which could shorten the chains
  CRK_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = NAME(splat)((real)i);
  for (size_t round = 0; round < rounds; round++)
    CRK_UNROLL for (int i = 0; i < CHAINS; i++) sum[i] = NAME(fma)(sum[i], half, one);
  vec total = NAME(splat)(0);
  CRK_UNROLL for (int i = 0; i < CHAINS; i++) total += sum[i];
  NAME(store)(sink, total);
  return rounds * CHAINS * LANES * 2;
}

static void NAME(probe_read)(const void *x, size_t bytes, void *sink) {
  enum { STREAMS = 8 };
  ivec seen[STREAMS] = {0};
  const real *from = x;
  for (size_t i = 0; i + STREAMS * LANES <= bytes / sizeof(real); i += STREAMS * LANES)
    CRK_UNROLL for (int s = 0; s < STREAMS; s++) seen[s] ^= NAME(bits)(NAME(load)(from + i + s * LANES));
  CRK_UNROLL for (int s = 1; s < STREAMS; s++) seen[0] ^= seen[s];
  NAME(store)(sink, NAME(from_bits)(seen[0]));
}
#undef CHAINS
