// SPDX-License-Identifier: Apache-2.0
#pragma once

// Levels: the same counts in buckets of several lengths, from a metric's own `every` over
// the hour and the day (those of them that it divides) to all time in one bucket.
//
// A question is answered from the longest buckets that fit into it; the ends of its time,
// where they do not fit, from shorter ones.  So what is read depends on what is asked, not
// on what is kept.  Months and years have no one length and are no level.
//
// Buckets are numbered from 1970 on in lengths of the finest level's, [from, to); INT64_MIN
// and INT64_MAX are no bound.  The caller locks.

#include "metric/combos.h"
#include "metric/level.h"

enum { LEVELS_MAX = 4 };

struct levels {
    struct combos combos;
    int64_t every_ms; // of the finest level
    uint32_t count;
    int64_t per[LEVELS_MAX]; // finest buckets in one of a level; 0: all time
    struct level at[LEVELS_MAX];
};

void levels_init(struct levels *l, uint32_t dims, int64_t every_ms);
void levels_done(struct levels *l);
uint64_t levels_bytes(const struct levels *l); // of memory held
void levels_reset(struct levels *l);

struct levels_item {
    int64_t at;
    const uint32_t *codes;
    struct cell_count by;
    uint32_t combo; // filled in by levels_add()
};

// Adds to every level; better many at once, as each waits for memory and these waits pass
// side by side.  False when CELLS_MAX is reached; the counts are wrong from then on.
bool levels_add(struct levels *l, struct levels_item *items, uint32_t count);
// Adds to the finest level only: for counting anew, to be ended by levels_derive(), which
// fills the others (they are empty until then) and settles all.
bool levels_add_finest(struct levels *l, int64_t at, const uint32_t *codes, struct cell_count by);
bool levels_derive(struct levels *l);
void levels_settle(struct levels *l); // after additions, before walks

struct levels_walk {
    const struct levels *levels;
    int64_t from, to;
    int64_t unit; // length of what is asked for, in finest buckets; 0: all time
    // `at` is the unit that the bucket lies in.  False ends the walk.
    bool (*each)(void *context, int64_t at, const struct level_bucket *b);
    void *context;
};

// Hands out buckets that make up [from, to) and nothing else, ordered by time.
void levels_walk(const struct levels_walk *w);

static inline int64_t levels_floor(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}
