// SPDX-License-Identifier: Apache-2.0
#pragma once

// Combos: one code per dimension taken together, numbered 0, 1, 2, ...
//
// There are few of them where there are many cells, so a cell names its combo by number and
// whoever adds cells up keeps an array by number.  A number stays with its codes as long as
// somebody holds it; one that nobody holds is given out anew when the table is full.
// The caller locks.

#include "base/slice.h"

struct combos {
    uint32_t dims;
    uint32_t count, cap; // numbers given out so far: all are below `count`
    uint32_t *codes;     // combo * dims + dimension
    uint32_t *holds;     // by combo: how many hold it
    uint32_t *unused;    // numbers below `count` to give out again
    uint32_t unused_count;
    uint32_t *slots; // combo + 1; 0 for empty
    uint32_t slot_count;
    uint32_t last; // the combo asked for before: rows come in runs
};

void combos_init(struct combos *c, uint32_t dims);
void combos_done(struct combos *c);

uint64_t combos_bytes(const struct combos *c); // of memory held

// The number of these codes, which is new if nobody has it.  Hold it before the next call.
uint32_t combos_add(struct combos *c, const uint32_t *codes);

static inline const uint32_t *combos_codes(const struct combos *c, uint32_t combo)
{
    return c->codes + (size_t)combo * c->dims;
}
