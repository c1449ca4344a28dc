// SPDX-License-Identifier: Apache-2.0
#pragma once

// What searches have worked out and may need again: whole answers and partial aggregations.
//
// An entry is bytes by a key of bytes.  A key names everything that the bytes depend on, the
// version of the rows included, so an entry is never wrong: it only stops being asked for.
// Entries that nobody asks for go first when there is no more room; those of a part of a table
// go when the part has (agg_cache_keep()).
//
// The bytes are counted in a budget above, so that searches and what is kept of them share one
// limit.
//
// Any number of threads.  What is got is read outside the lock, and given back.

#include "base/slice.h"
#include "search/budget.h"

struct agg_cache;

enum agg_cache_kind {
    CACHE_ANSWERS,
    CACHE_PARTIALS, // of stretches of blocks (agg_cache_walk.h)
    CACHE_RANGES,   // smallest and largest values of such stretches; plans with too large trees
    CACHE_KIND_COUNT
};

struct agg_cache_counts { // of one kind
    uint64_t hits, misses, evictions;
    uint64_t entries, bytes; // now
};

struct agg_cache_stats {
    struct agg_cache_counts of[CACHE_KIND_COUNT];
    uint64_t bytes_max;
};

// `bytes_max` of entries with their keys; `up` NULL: counted nowhere else.
struct agg_cache *agg_cache_new(size_t bytes_max, struct budget *up);
void agg_cache_free(struct agg_cache *c); // NULL is fine; nothing got may be out

// Which entries go together.
struct agg_cache_group {
    uint32_t table;
    uint64_t part; // unlike any other part's, of any table
};

struct agg_cached; // one entry, counted

// NULL when there is none (a miss), or `c` is NULL.
const struct agg_cached *agg_cache_get(struct agg_cache *c, enum agg_cache_kind kind,
                                       struct slice key);
struct slice agg_cached_bytes(const struct agg_cached *e);
uint64_t agg_cached_number(const struct agg_cached *e); // no other of this process has it; above 0
void agg_cached_release(const struct agg_cached *e);    // NULL is fine

// Copies both.  An entry larger than an eighth of the cache is not kept, nor is one that
// the budget above refuses.  `group` NULL for none.
void agg_cache_put(struct agg_cache *c, enum agg_cache_kind kind, struct slice key,
                   const struct agg_cache_group *group, struct slice bytes);

// Whether this key (its hash) has come by before, lately: what is asked for only once is not
// worth keeping.
bool agg_cache_is_again(struct agg_cache *c, struct slice key);

// Of the table's entries in groups only those of these parts stay.  Cheap when the parts are those
// of the call before.
void agg_cache_keep(struct agg_cache *c, uint32_t table, const uint64_t *parts, uint32_t count);

void agg_cache_stats(struct agg_cache *c, struct agg_cache_stats *out); // zeros for NULL
