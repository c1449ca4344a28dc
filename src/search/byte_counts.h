// SPDX-License-Identifier: Apache-2.0
#pragma once

// Rows of very many buckets, kept small while they are counted: see kernel/tally.h.
//
// Of all that a search of a million devices does, walking through counters of eight bytes that
// lie outside of the cache took the most time, and making, adding up and looking through them
// took the rest.  So they are a byte each with a list of carries, from which the few largest are
// read without ever making the whole counters.

#include "search/room.h"

struct byte_counts {
    struct room *room;
    uint32_t bound;
    uint8_t *bytes;    // by bucket; NULL: not begun
    uint32_t *carries; // buckets; each stands for TALLY_CARRY rows
    uint32_t carry_count;
    size_t carries_cap;
    // After byte_counts_sort(): the different ones among the carries, ascending, and how often.
    uint32_t *carried, *times;
    uint32_t carried_count;
};

struct large_counts {
    uint32_t count;
    const uint32_t *buckets;
    const uint64_t *counts;
    uint64_t rows; // of all buckets that were looked at
};

// Those that follow give false past the room's limit.
bool byte_counts_start(struct byte_counts *b, struct room *room, uint32_t bound);
// One more row for each of `buckets`, up to a block's, those from `bound` on passed over.
// They count from `base`.
bool byte_counts_add(struct byte_counts *b, uint32_t base, uint32_t bound, const uint32_t *buckets,
                     uint32_t count);
bool byte_counts_merge(struct byte_counts *b, const struct byte_counts *from); // of like bounds

// After the last row.
bool byte_counts_sort(struct byte_counts *b);
// After sorting.
uint64_t byte_counts_of(const struct byte_counts *b, uint32_t bucket);
// After sorting: of the `count` buckets from `first` on every one that has rows and no fewer than
// the `wanted`-th largest has.
bool byte_counts_large(struct byte_counts *b, uint32_t first, uint32_t count, uint32_t wanted,
                       struct large_counts *out);
// Adds everything to whole counters, `bound` of them.
void byte_counts_spread(const struct byte_counts *b, uint64_t *counts);
