// Counts what a thread must not do where a deadline must be met. Linux with glibc only: malloc and its siblings and
// pthread_mutex_lock are replaced for the whole process by functions that count and then do the same.
#ifndef ALLOCATION_COUNTER_H
#define ALLOCATION_COUNTER_H

#include <stddef.h>

// Begins to count the calls of this thread; returns 0 where nothing can be counted.
int counter_start(void);
// Ends it, and says how many there were.
size_t counter_stop(void);

// Calls body(context) in a child process that any system call kills. Returns 1 if it lived, 0 if not, -1 where a process
// cannot be confined so.
int counter_without_system_calls(void (*body)(void *context), void *context);

#endif
