// SPDX-License-Identifier: Apache-2.0
#pragma once

// Cells: signed counts by key, a key being a time bucket and one code per dimension, for
// changes that are gathered before they are laid over a cube.
//
// An open hash table whose cells lie in arrays, so that going through all of them is a
// walk over memory.  A cell that has come down to nothing is dropped when the table grows.
// The caller locks.

#include "base/slice.h"

struct cell_count {
    int64_t count, matched;
};

struct cells {
    uint32_t dims;
    uint32_t count, cap;
    int64_t *buckets;          // by cell
    uint32_t *codes;           // cell * dims + dimension
    struct cell_count *counts; // by cell
    uint32_t *slots;           // cell + 1; 0 for empty
    uint32_t slot_count;       // a power of two
    uint32_t last;             // the cell touched before: rows come in runs
};

// Of one cube's finest level; coarser ones have no more.  A cell takes 30 to 60 bytes in each
// level where buckets have many, 60 to 120 where they have one.
enum { CELLS_MAX = 4 << 20 };

void cells_init(struct cells *c, uint32_t dims);
void cells_done(struct cells *c);

// False when CELLS_MAX is reached; the counts are wrong from then on.
bool cells_add(struct cells *c, int64_t bucket, const uint32_t *codes, struct cell_count by);

static inline const uint32_t *cells_codes(const struct cells *c, uint32_t cell)
{
    return c->codes + (size_t)cell * c->dims;
}
