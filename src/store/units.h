// SPDX-License-Identifier: Apache-2.0
#pragma once

// Units: the pieces of segment files that lie in memory, under one budget.
//
// A unit is read when somebody first wants it, checked, and stays until the budget has no
// room for another: then one goes that is not being read.  When all fit none ever goes, and
// wanting one costs a look at its pointer and the reader's own hazard (base/hazard.h); no
// lock, nothing written that another thread reads.
//
//     const struct column *c = unit_hold(u);        // NULL: not in memory
//     if (!c)
//         c = units_load(pool, u, &filler, &why);   // NULL: cannot be read
//     ... read it ...
//     unit_let_go();
//
// A thread holds one unit at a time.  What must go is chosen by when units were last wanted,
// counted in loads: see victim() in units.c.
//
// The budget is kept but for what is being read right now: each thread may hold one unit past
// it, as an answer must be possible whatever the budget.

#include "base/err.h"
#include "base/hazard.h"

#include <stdint.h>

struct units;

struct unit {
    void *_Atomic body;         // NULL: not in memory
    _Atomic uint32_t wanted;    // the pool's clock when it last was
    _Atomic bool is_again;      // wanted anew after a while, so not by one passing scan only
    _Atomic bool is_broken;     // the last try to read it failed
    _Atomic uint32_t passed_by; // reads of single rows that did without it since it was here
    bool is_loading;            // the pool's lock guards this and the rest
    uint32_t place;             // among those in memory
    size_t bytes;               // of the body
};

// Puts a unit's bytes into `body`, without a lock held.
struct unit_filler {
    enum err (*fill)(const void *context, void *body, struct fault *why);
    const void *context;
    size_t bytes;
};

struct units *units_new(uint64_t bytes_max); // 0: units_default_bytes()
void units_free(struct units *p);            // no unit may be in memory; NULL is fine
uint64_t units_default_bytes(void);          // two fifths of the machine's memory
// Bytes of a unit that would take up too much of the budget; for those that one can do without.
uint64_t units_too_large(const struct units *p);

extern _Atomic uint32_t units_clock; // of all pools; grows by one with every load

enum {
    UNITS_RECENT = 32
}; // loads; a scan on several threads comes back to its units within so many

static inline void unit_touch(struct unit *u)
{
    uint32_t now = atomic_load_explicit(&units_clock, memory_order_relaxed);
    uint32_t then = atomic_load_explicit(&u->wanted, memory_order_relaxed);
    if (now == then)
        return;
    if (now - then > UNITS_RECENT)
        atomic_store_explicit(&u->is_again, true, memory_order_relaxed);
    atomic_store_explicit(&u->wanted, now, memory_order_relaxed);
}

static inline const void *unit_hold(struct unit *u)
{
    for (;;) {
        const void *body = atomic_load_explicit(&u->body, memory_order_acquire);
        if (!body)
            return NULL;
        hazard_set(body);
        if (atomic_load(&u->body) == body) {
            unit_touch(u);
            return body;
        }
        hazard_clear();
    }
}

static inline void unit_let_go(void)
{
    hazard_clear();
}

// Reads the unit, or waits for the thread that does, and holds it.
const void *units_load(struct units *p, struct unit *u, const struct unit_filler *f,
                       struct fault *why);
// Takes the unit out of memory for good; nobody may want it any more.
void units_drop(struct units *p, struct unit *u);

// Whether so many bytes more fit without that anything has to go.
bool units_have_room(struct units *p, size_t bytes);

// Memory that others keep beside the files and that the budget is to cover: units make room, down
// to an eighth of the budget, which is theirs whatever others keep.
void units_charge(struct units *p, uint64_t bytes);
void units_discharge(struct units *p, uint64_t bytes);
// The same for what is counted as a whole now and again, in the place of what was said before.
void units_charge_beside(struct units *p, uint64_t bytes);

struct units_stats {
    uint64_t bytes_max;
    uint64_t bytes;         // in memory now, as the system gave it
    uint64_t bytes_charged; // by others, what is beside them included
    uint64_t count;         // units in memory
    uint64_t loads;         // since the start
    uint64_t bytes_loaded;
    uint64_t gone; // units that had to make room
};

void units_stats(struct units *p, struct units_stats *out);
