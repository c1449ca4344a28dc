// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which bucket each position of a selection is in.
//
// Position i is in bucket base + at[i], or in none where at[i] is all ones; without an array
// every position is in bucket `base`.  Rows come in time order, so the buckets of one block
// are mostly a few neighbours of very many: counted from a base they fit the narrow codes
// that the vector kernels are fast on, and a block within one day costs its histogram nothing.

#include "kernel/width.h"
#include "search/room.h"

struct ordinals {
    uint32_t base;
    uint32_t bound; // at[i] is below this, or all ones of `width`
    enum width width;
    const void *at; // NULL: all are in `base`
    // Not NULL: position i is in bucket base + through[at[i]], of one byte: buckets that lie far
    // apart, few of which have rows, are counted as if they were neighbours.
    const uint32_t *through;
    uint32_t through_bound; // of its values
};

// What joins them: the key of a position, base + its code.  Without an array all are `base`.
struct key_codes {
    uint32_t base;
    uint32_t bound; // of codes
    enum width width;
    const void *at;
};

enum { ORDINAL_NONE = UINT32_MAX };

static inline struct ordinals ordinals_all(uint32_t base)
{
    return (struct ordinals){.base = base, .bound = 1, .width = WIDTH_U8};
}

// parent * key_bound + key of `count` positions.  `room` holds a block's u32 and may be what
// the result points at.
struct ordinals ordinals_join(const struct ordinals *parents, uint32_t key_bound,
                              const struct key_codes *keys, uint32_t count, void *room);

// Only positions whose bit is set stay in a bucket.
struct ordinals ordinals_mask(const struct ordinals *o, const uint64_t *bits, uint32_t count,
                              void *room);

// The same without a table that they go through.  `room` holds a block's u32.
struct ordinals ordinals_plain(const struct ordinals *o, uint32_t count, void *room);

// As whole numbers, ORDINAL_NONE for none.  What is given back is `room` or was whole already.
const uint32_t *ordinals_wide(const struct ordinals *o, uint32_t count, uint32_t *room);

// Adds each position to its bucket's count.
void ordinals_count(const struct ordinals *o, uint32_t count, uint64_t *counts);
// The same of the few positions whose bit is set.  `room` holds a block's u16 and BLOCK_SLACK.
void ordinals_count_few(const struct ordinals *o, const uint64_t *bits, uint32_t count,
                        uint16_t *room, uint64_t *counts);
// As ordinals_join() and ordinals_count() where nearly all keys are the same one: the parents are
// counted, and what the other keys have is taken off.  False, and nothing is counted, where that is
// no gain.  `room` holds a block's u16 and BLOCK_SLACK.
bool ordinals_count_dominant(const struct ordinals *parents, uint32_t key_bound,
                             const struct key_codes *keys, uint32_t count, uint16_t *room,
                             uint64_t *counts);
