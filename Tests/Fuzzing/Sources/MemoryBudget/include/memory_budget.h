#ifndef MEMORY_BUDGET_H
#define MEMORY_BUDGET_H

#include <stddef.h>

// Counts what this thread allocates, from here on.
void memory_budget_begin(void);
// The most bytes that were in use at once since then, beyond those in use then.
size_t memory_budget_peak(void);

#endif
