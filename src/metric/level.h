// SPDX-License-Identifier: Apache-2.0
#pragma once

// A level: signed counts by time bucket of one length and by combo.
//
//   order    [ 2 | 0 | 1 ]          buckets by time, once settled
//   buckets  [ at 7 | at 9 | at 4 ] in the order they came; found by number through a hash
//                |
//                +-> [ combo 3: 12, 1 | - | combo 0: 5, 0 | - ]  an open hash of cells
//
// All cells of a bucket lie together, so whoever wants a stretch of time reads just the
// buckets in it.  A bucket of one cell holds it itself.  A cell that has come down to nothing
// is dropped when its bucket is laid out anew, a bucket without cells when the buckets are.
// The caller locks.

#include "index/dict.h"
#include "metric/cells.h"

struct level_cell {
    struct cell_count by;
    uint32_t combo; // CODE_NONE: an empty slot
};

struct level_bucket {
    int64_t at;    // its start, in lengths of a bucket
    uint32_t cap;  // slots: 0, 1, or a power of two from 4 up
    uint32_t used; // slots that have a combo
    uint32_t live; // of these, whose counts are not both 0

    union {
        struct level_cell one; // cap <= 1
        struct level_cell *slots;
    };
};

struct level {
    struct level_bucket *buckets;
    uint32_t count, cap;
    uint32_t *slots; // bucket + 1; 0 for empty
    uint32_t slot_bits;
    uint32_t *order;
    uint32_t ordered; // the first so many buckets are in `order`
    uint32_t last;    // the bucket touched before
    uint32_t live;    // cells whose counts are not both 0
};

enum cell_change {
    CELL_STAYS,
    CELL_BEGINS, // it was nothing, or was not there
    CELL_ENDS,   // it is nothing now
    CELL_REFUSED // CELLS_MAX is reached; nothing was added
};

void level_init(struct level *l);
void level_done(struct level *l);
uint64_t level_bytes(const struct level *l); // of memory held
enum cell_change level_add(struct level *l, int64_t at, uint32_t combo,
                           const struct cell_count *by);

// Puts buckets that are new into `order`.  Wanted after additions, before the level is read.
void level_settle(struct level *l);
// Position in `order` of the first bucket that does not start before `at`.
uint32_t level_find(const struct level *l, int64_t at);

// `cap` slots, some of them empty or without counts.
static inline const struct level_cell *bucket_cells(const struct level_bucket *b)
{
    return b->cap <= 1 ? &b->one : b->slots;
}
