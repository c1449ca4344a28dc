// SPDX-License-Identifier: Apache-2.0
#pragma once

// A pool: threads that help whoever has much to do at once.
//
// Work comes as a job of many small items, numbered from 0, each some 20 to 200 us of
// computing.  The thread that brings the job works on it too, so it never waits behind
// another job and a small one is done before anybody could have come to help:
//
//     caller A ── items of A ─────────────▶ returns when the last item of A is done
//     caller B ── items of B ─▶
//     helper 1 ── A B A B A A A ...         one item of each job in turn while there are
//     helper 2 ── B A B A A A A ...         several; no lock taken while there is one
//
// Items are begun in rising order.  At any moment one thread has a worker number of a job,
// and numbers are dense: what a job keeps by worker (`state[worker]`) needs no lock and
// there is no more of it than threads worked at once.  A number may pass from thread to
// thread between two items; what the one wrote the other sees.
//
//     static void look(void *context, uint32_t worker, uint32_t index) { ... }
//     struct pool_job job = {.item = look, .context = &walk, .item_count = morsels};
//     bool all = pool_run(pool, &job);
//
// Any number of threads may call pool_run() at a time, an item of a job too.  Items must not
// wait for one another.

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    POOL_WORKERS_MAX = 64,
    // A job of fewer items is done by its caller before a helper has woken up.
    POOL_ITEMS_MIN = 3,
};

struct pool;

struct pool_job {
    void (*item)(void *context, uint32_t worker, uint32_t index);
    void *context;
    uint32_t item_count;  // at most POOL_ITEMS_MAX
    uint32_t workers_max; // on this job at a time, the caller counted; 0: pool_workers()
    // The pool's own.
    _Atomic uint32_t next; // item to begin
    _Atomic bool is_cancelled;
    bool is_listed;
    uint32_t helpers;      // on it now
    uint64_t slots;        // worker numbers in use, a bit each
    struct pool_job *left; // ring of listed jobs
    struct pool_job *right;
    struct pool_wait *wait; // the caller's
};

enum { POOL_ITEMS_MAX = INT32_MAX };

// `workers`: how many threads work on one job at most, its caller counted (1 to
// POOL_WORKERS_MAX), so 1 makes no thread at all.
struct pool *pool_new(uint32_t workers);
void pool_free(struct pool *p); // NULL is fine; no job may be running

uint32_t pool_workers(const struct pool *p); // 1 for NULL
uint32_t pool_cores(void);                   // that this process may use, 1 to POOL_WORKERS_MAX

// Runs the items and returns when none is running any more.  False: cancelled, so some were
// not begun.  `p` NULL: the caller does all.
bool pool_run(struct pool *p, struct pool_job *job);

// No further item of the job is begun.  From an item of it, or from a thread that knows the
// job is still running.
void pool_cancel(struct pool_job *job);
