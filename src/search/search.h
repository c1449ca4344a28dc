// SPDX-License-Identifier: Apache-2.0
#pragma once

// Answers a request over tables of one snapshot.  Reads nothing else.

#include "access/permit.h"
#include "base/arena.h"
#include "search/answer.h"

struct agg_cache;
struct budget;
struct patience;
struct pool;

enum { SEARCH_MEMORY_BYTES = 1 << 30 };

struct search_context {
    const struct snapshot *snapshot;
    const struct permit *permit; // asked for rows, floor and pseudonyms
    const uint32_t *tables;      // indices to search, as table numbers; may be 0 of them
    uint32_t table_count;
    int64_t now_ms;            // what "now" means in date math
    struct patience *patience; // over: ERR_TIMEOUT; NULL: without end
    struct pool *pool;         // who may help; NULL: nobody
    uint32_t piece_blocks;     // blocks that a helper takes at once; 0: what is best
    struct budget *memory;     // what it may keep while it walks; NULL: SEARCH_MEMORY_BYTES
    uint32_t buckets_max;      // of one answer; 0: LIMIT_BUCKETS
    // Under which a permit with a floor is answered.  NULL, for tests of what lies beneath: the
    // floor is exact, numbers are as they are and every question may be asked.
    const struct veil_key *veil;
    bool tells_folded;       // which keys are counted under which others (agg_fold.h)
    bool ends_when_enough;   // only whether there are enough subjects matters
    struct agg_cache *cache; // of what was collected of whole stretches of blocks; NULL: none
    uint32_t unit_blocks;    // of such a stretch; 0: what is best
    bool keeps_at_once;      // also what is asked for the first time
};

// ERR_INVALID with an Elasticsearch type before the words (see query.h), e.g.
// "number_format_exception: For input string: \"x\"",
// "illegal_argument_exception: Field [model] of type [keyword] is not supported for aggregation
// [avg]". ERR_LIMIT: "too_many_buckets_exception: ...".
enum err search_run(const struct search_context *c, const struct request *r, struct arena *request,
                    struct answer *out, struct fault *why);

// One row by id.  ERR_NOT_FOUND without words.
enum err search_get(const struct search_context *c, uint32_t table, struct row_key key,
                    struct arena *request, struct hit *out, struct fault *why);

// A sealed value, for a permit to unseal and no other.
struct sealed_wish {
    uint32_t table, field;
    struct row_key key;
};

struct sealed_hit {
    struct hit row;      // without fields; for the record: whom it is about
    struct slice sealed; // of the request's arena; len 0: the row has no value
};

// ERR_NOT_FOUND without words: no such row.
enum err search_sealed(const struct search_context *c, const struct sealed_wish *wish,
                       struct arena *request, struct sealed_hit *out, struct fault *why);
