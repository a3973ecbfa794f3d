#include "memory_budget.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

// glibc's own allocator stands behind the names that are taken here.
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

static _Thread_local ptrdiff_t used, peak;

static void *taken(void *block) {
  if (block) used += (ptrdiff_t)malloc_usable_size(block);
  if (used > peak) peak = used;
  return block;
}

void *malloc(size_t size) { return taken(__libc_malloc(size)); }
void *calloc(size_t count, size_t size) { return taken(__libc_calloc(count, size)); }
void *memalign(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }
void *aligned_alloc(size_t alignment, size_t size) { return taken(__libc_memalign(alignment, size)); }

int posix_memalign(void **block, size_t alignment, size_t size) {
  *block = taken(__libc_memalign(alignment, size));
  return *block ? 0 : ENOMEM;
}

void free(void *block) {
  if (block) used -= (ptrdiff_t)malloc_usable_size(block);
  __libc_free(block);
}

void *realloc(void *block, size_t size) {
  const ptrdiff_t before = block ? (ptrdiff_t)malloc_usable_size(block) : 0;
  void *moved = __libc_realloc(block, size);
  if (moved || size == 0) used -= before;
  return taken(moved);
}

void memory_budget_begin(void) { used = peak = 0; }

size_t memory_budget_peak(void) { return (size_t)peak; }
