// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ordinals: numbers 0, 1, 2, ... for pairs (parent bucket, key).
//
// Every aggregation that makes buckets numbers them over all its parents, so that what
// is counted per bucket is a plain array.  When parents and keys are few and known
// beforehand the number is parent * key_bound + key and nothing is stored; else a hash
// table hands numbers out as pairs come.

#include "search/room.h"

enum { ORD_NONE = UINT32_MAX, ORDS_DIRECT_MAX = 1 << 22 };

struct ords_entry { // a pair that has been met
    uint64_t key;
    uint64_t count;
    uint32_t ord;
};

struct ords {
    struct room *room;
    uint64_t key_bound; // direct: keys are below this; 0: hashed
    uint64_t bound;     // direct: ordinals are below this
    // hashed
    uint32_t count;
    uint64_t *keys;    // by ordinal
    uint32_t *parents; // by ordinal
    size_t keys_cap, parents_cap;
    uint32_t *slots; // ordinal + 1, 0 for empty
    size_t slot_count;
    // hashed, for the lists: ordinals by parent
    uint32_t *first, *sorted;
    uint32_t parent_count;
    // the last list
    struct ords_entry *entries;
    size_t entries_cap;
};

// Bounds of 0 mean: not known.
void ords_init(struct ords *o, struct room *room, uint64_t parent_bound, uint64_t key_bound);

static inline bool ords_is_direct(const struct ords *o)
{
    return o->key_bound != 0;
}

// How many ordinals there may be by now.
static inline uint32_t ords_count(const struct ords *o)
{
    return ords_is_direct(o) ? (uint32_t)o->bound : o->count;
}

// Ordinals of `count` pairs into `out`, which may be `parents`.  False past the room's limit.
bool ords_add_many(struct ords *o, const uint32_t *parents, const uint64_t *keys, uint32_t count,
                   uint32_t *out);

uint32_t ords_find(const struct ords *o, uint32_t parent, uint64_t key); // ORD_NONE

// The pairs of `parent` whose counts[ordinal] is not 0 (direct: by key; hashed: as they
// came).  Good until the next list.  No more adding afterwards.
bool ords_list(struct ords *o, uint32_t parent, const uint64_t *counts, size_t counts_len,
               const struct ords_entry **out, uint32_t *out_count);
