// SPDX-License-Identifier: Apache-2.0
#pragma once

// A hazard: what a thread reads at the moment, told to whoever would free it.
//
// Each thread has one place, on a cache line of its own, where it writes the address of the
// piece of memory that it reads.  Whoever frees such pieces takes the pointer to one out of
// sight first and then asks whether some thread reads it still:
//
//     reader                                freer
//     p = shared; hazard_set(p);            p = exchange(&shared, NULL);
//     if (shared != p) begin again          if (hazard_is_read(p)) put it off
//     ... read *p ...                       else free(p)
//     hazard_clear();
//
// Both pairs of steps are sequentially consistent, so that one of the two sees the other.
// A reader shares no cache line with another: reading costs one exchange on its own line.
// A thread reads one piece at a time.  See Michael, "Hazard Pointers", 2004.

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct hazard {
    _Alignas(64) const void *_Atomic at; // NULL: reads nothing
    struct hazard *next;                 // of all that were ever made; none goes away
    _Atomic bool is_taken;               // by a thread that lives
};

extern _Thread_local struct hazard *hazard_mine;
struct hazard *hazard_attach(void); // this thread's, made or taken over from one that ended

static inline void hazard_set(const void *at)
{
    struct hazard *h = hazard_mine ? hazard_mine : hazard_attach();
    atomic_store(&h->at, at);
}

static inline void hazard_clear(void)
{
    if (hazard_mine)
        atomic_store_explicit(&hazard_mine->at, NULL, memory_order_release);
}

bool hazard_is_read(const void *at); // by any thread
