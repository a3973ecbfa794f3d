// Worker threads that share the tasks of one region at a time. Workers spin briefly for the next region, then sleep.
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "crk.h"
#if defined(__APPLE__)
#include <sys/sysctl.h>
#endif

enum { MOST_WORKERS = 255, SPINS = 4000 };

// `ticket` is the region's number in its upper half and the next task in its lower half. A task is taken by adding
// one while the region's number still matches, so a worker that comes late can never touch a newer region by mistake.
static struct {
  _Atomic uint64_t ticket;
  _Atomic size_t tasks, done, threads;
  _Atomic(void (*)(void *, size_t)) body;
  _Atomic(void *) context;
  atomic_flag busy;
  pthread_mutex_t lock;  // guards the sleep, and `workers`
  pthread_cond_t wake;
  size_t workers;
  unsigned absences;           // of teams, one after the other; touched by whoever holds `busy`, like the next
  int64_t rest_until;          // nanoseconds: no team before
} pool = {.busy = ATOMIC_FLAG_INIT, .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER};

static void pause_briefly(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

static void take_tasks(uint64_t region) {
  for (;;) {
    uint64_t ticket = atomic_load(&pool.ticket);
    void (*body)(void *, size_t) = atomic_load(&pool.body);
    void *context = atomic_load(&pool.context);
    const size_t task = ticket & UINT32_MAX;
    if (ticket >> 32 != region || task >= atomic_load(&pool.tasks)) return;
    if (!atomic_compare_exchange_strong(&pool.ticket, &ticket, ticket + 1)) continue;
    body(context, task);
    atomic_fetch_add(&pool.done, 1);
  }
}

static uint64_t next_region(uint64_t last) {
  for (int i = 0; i < SPINS; i++) {
    const uint64_t region = atomic_load(&pool.ticket) >> 32;
    if (region != last) return region;
    pause_briefly();
  }
  pthread_mutex_lock(&pool.lock);
  while (atomic_load(&pool.ticket) >> 32 == last) pthread_cond_wait(&pool.wake, &pool.lock);
  pthread_mutex_unlock(&pool.lock);
  return atomic_load(&pool.ticket) >> 32;
}

static void *work(void *number) {
  for (uint64_t region = 0;;) {
    region = next_region(region);
    if ((size_t)number + 1 < atomic_load(&pool.threads)) take_tasks(region);
  }
  return NULL;
}

static void hire(size_t workers) {
  if (workers > MOST_WORKERS) workers = MOST_WORKERS;
  while (pool.workers < workers) {
    pthread_t thread;
    if (pthread_create(&thread, NULL, work, (void *)pool.workers)) return;  // fewer workers: slower, not wrong
    pthread_detach(thread);
    pool.workers++;
  }
}

// Publishes a region of `tasks` tasks of which the first `taken` have an owner. Returns the region's number.
static uint64_t open_region(size_t threads, size_t tasks, size_t taken, void (*body)(void *, size_t), void *context) {
  const uint64_t region = ((atomic_load(&pool.ticket) >> 32) + 1) & UINT32_MAX;
  atomic_fetch_or(&pool.ticket, UINT32_MAX);  // a late worker's exchange fails from here on
  atomic_store(&pool.tasks, tasks);
  atomic_store(&pool.body, body);
  atomic_store(&pool.context, context);
  atomic_store(&pool.done, 0);
  atomic_store(&pool.threads, threads);
  pthread_mutex_lock(&pool.lock);
  hire(threads - 1);
  atomic_store(&pool.ticket, region << 32 | taken);
  pthread_cond_broadcast(&pool.wake);
  pthread_mutex_unlock(&pool.lock);
  return region;
}

static void finish_tasks(size_t done) {
  for (int spins = 0; atomic_load(&pool.done) < done;) {
    if (spins < SPINS) spins++, pause_briefly();
    else sched_yield();
  }
}

static size_t at_most_allowed(size_t threads) {
  const size_t allowed = crk_allowed_processors();
  return threads < allowed ? threads : allowed;
}

void crk_parallel(size_t threads, size_t tasks, void (*body)(void *context, size_t task), void *context) {
  threads = at_most_allowed(threads);
  if (threads < 2 || tasks < 2 || atomic_flag_test_and_set(&pool.busy)) {
    for (size_t task = 0; task < tasks; task++) body(context, task);
    return;
  }
  take_tasks(open_region(threads, tasks, 0, body, context));
  finish_tasks(tasks);
  atomic_flag_clear(&pool.busy);
}

// MARK: - Teams

typedef struct {
  void (*body)(void *, size_t, crk_barrier *);
  void *context;
  crk_barrier barrier;
  _Atomic size_t members;  // 0 until it is known who takes part
} team;

static void join(void *context, size_t member) {
  team *joined = context;
  while (!atomic_load(&joined->members)) pause_briefly();
  joined->body(joined->context, member, &joined->barrier);
}

// Waits until `threads` threads have joined or it has been long enough, and lets nobody join after that. Returns how many.
static size_t muster(size_t threads) {
  for (int spins = 0; spins < SPINS && (atomic_load(&pool.ticket) & UINT32_MAX) < threads; spins++) pause_briefly();
  return atomic_fetch_or(&pool.ticket, UINT32_MAX) & UINT32_MAX;
}

static int64_t nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// Whoever waits for help in vain loses time. `lost` nanoseconds of it are followed by a rest of 2 to 64 times as many, in
// which teams are not tried, so that at most some hundredths of the time go that way while others keep the processors busy.
static void remember(int64_t lost) {
  pool.absences = !lost ? 0 : pool.absences < 6 ? pool.absences + 1 : 6;
  pool.rest_until = lost ? nanoseconds() + (lost << pool.absences) : 0;
}

// What a team that started at `start` and was complete or not at `mustered` lost: the wait for workers that did not come; or
// all its time, if members were without a processor for a third of it. What a processor does beside (interrupts, a virtual
// machine that moves) is much less, and no reason to go on alone.
static int64_t lost_time(const team *last, size_t threads, int64_t start, int64_t mustered) {
  const int64_t all = nanoseconds() - start, waits = (int64_t)last->barrier.members - 1;
  if (last->barrier.members < threads) return mustered - start;
  return (int64_t)last->barrier.lost * 3 > all * waits ? all : 0;
}

void crk_team(size_t threads, void (*body)(void *context, size_t member, crk_barrier *barrier), void *context) {
  team own = {.body = body, .context = context, .barrier = {.members = 1}};
  threads = at_most_allowed(threads);
  if (threads < 2 || atomic_flag_test_and_set(&pool.busy)) return body(context, 0, &own.barrier);
  const int64_t start = nanoseconds();
  if (pool.absences && start < pool.rest_until) {
    atomic_flag_clear(&pool.busy);
    return body(context, 0, &own.barrier);
  }
  open_region(threads, threads, 1, join, &own);
  own.barrier.members = muster(threads);
  const int64_t mustered = nanoseconds();
  atomic_store(&own.members, own.barrier.members);
  body(context, 0, &own.barrier);
  finish_tasks(own.barrier.members - 1);
  remember(lost_time(&own, threads, start, mustered));
  atomic_flag_clear(&pool.busy);
}

void crk_barrier_wait(crk_barrier *barrier) {
  if (barrier->members < 2) return;
  const uint32_t round = __atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE);
  if (__atomic_add_fetch(&barrier->arrived, 1, __ATOMIC_ACQ_REL) == barrier->members) {
    __atomic_store_n(&barrier->arrived, 0, __ATOMIC_RELAXED);
    __atomic_store_n(&barrier->round, round + 1, __ATOMIC_RELEASE);
    return;
  }
  for (int spins = 0; spins < SPINS; spins++) {
    if (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) != round) return;
    pause_briefly();
  }
  const int64_t start = nanoseconds();
  while (__atomic_load_n(&barrier->round, __ATOMIC_ACQUIRE) == round) sched_yield();
  __atomic_add_fetch(&barrier->lost, (uint64_t)(nanoseconds() - start), __ATOMIC_RELAXED);
}

// MARK: - Processors

#if defined(__linux__)
// Whether a processor is the first of its core: its list of siblings ("0,8" or "0-1") starts with its own number.
static int leads_core(int processor) {
  char path[96];
  snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", processor);
  FILE *file = fopen(path, "r");
  int first = processor;
  if (file) {
    if (fscanf(file, "%d", &first) != 1) first = processor;
    fclose(file);
  }
  return first == processor;
}
#endif

size_t crk_physical_cores(void) {
  size_t cores = 0;
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) {
    for (int processor = 0; processor < CPU_SETSIZE; processor++)
      if (CPU_ISSET(processor, &allowed) && leads_core(processor)) cores++;
    if (!cores) cores = (size_t)CPU_COUNT(&allowed);
  }
#elif defined(__APPLE__)
  int count = 0;
  size_t size = sizeof count;
  if (sysctlbyname("hw.physicalcpu", &count, &size, NULL, 0) == 0 && count > 0) cores = (size_t)count;
#endif
  return cores ? cores : 1;
}

static size_t count_allowed(void) {
#if defined(__linux__)
  cpu_set_t allowed;
  if (sched_getaffinity(0, sizeof allowed, &allowed) == 0) return (size_t)CPU_COUNT(&allowed);
#endif
  const long online = sysconf(_SC_NPROCESSORS_ONLN);
  return online > 0 ? (size_t)online : 1;
}

size_t crk_allowed_processors(void) {
  static _Atomic size_t known;
  if (!atomic_load(&known)) atomic_store(&known, count_allowed());
  return atomic_load(&known);
}
