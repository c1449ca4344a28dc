// SPDX-License-Identifier: Apache-2.0
#pragma once

// One interface to whatever holds the rows and answers: the local store today, an
// existing cluster later.  Every call takes a permit, and looks at it.

#include "access/permit.h"
#include "data/schema.h"
#include "search/agg_cache.h"
#include "search/answer.h"
#include "search/search.h"
#include "search/veil.h"
#include "store/store.h"

struct engine;

struct index_part;

// What a search goes through.
struct index_list {
    const uint32_t *tables; // in schema order, each once
    uint32_t count;
    // One a table, for whoever made the list: what of it the names meant (api/index_names.h).  The
    // engine looks at its permit alone.  NULL: all.
    const struct index_part *parts;
};

// Rows as they were when it was made.  It keeps what was merged away or deleted since, so whoever
// has one gives it back soon.  Any number of threads may search in it.
struct engine_pin;

// One search.  All it points to stays the caller's.
struct engine_question {
    const struct permit *permit;
    struct index_list in;
    const struct request *request;
    const struct engine_pin *pin; // to search in, and its time is "now"; NULL: the newest rows
    bool is_fresh;                // nothing that was kept is to be used, nor this kept
    // Nobody waits for the answer any more: the search may stop, with ERR_TIMEOUT.  Called by
    // several threads, every few milliseconds.  NULL: somebody does.
    bool (*is_gone)(void *asker);
    void *asker;
};

struct engine_ops {
    enum err (*search)(struct engine *e, const struct engine_question *q, struct arena *request,
                       struct answer *out, struct fault *why);
    enum err (*get)(struct engine *e, const struct permit *p, uint32_t table, struct row_key key,
                    struct arena *request, struct hit *out, struct fault *why);
    enum err (*sealed)(struct engine *e, const struct permit *p, const struct sealed_wish *wish,
                       struct arena *request, struct sealed_hit *out, struct fault *why);
    // What `in` holds now, to search in for a while.  Every search in it takes its own permit.
    enum err (*pin)(struct engine *e, const struct permit *p, const struct index_list *in,
                    struct engine_pin **out, struct fault *why);
    void (*unpin)(struct engine_pin *pin); // before close(); NULL is fine
    void (*stats)(struct engine *e, const struct permit *p, struct store_stats *out);
    // All that was acknowledged before the call is seen by searches after it.
    enum err (*refresh)(struct engine *e, const struct permit *p, struct fault *why);
    // Of the rows that a search in these tables begun now sees, or of newer ones: it grows with
    // every change of them or of tables that they refer to, so that as long as it is the same a
    // question has the same answer.  NULL: of all tables together, a number of another kind.
    uint64_t (*version)(struct engine *e, const struct index_list *in);
    void (*close)(struct engine *e);
};

struct engine {
    const struct engine_ops *ops;
    const struct schema *schema;
    struct agg_cache *cache; // what answers may be kept in; NULL: nothing is kept
};

struct cubes;

// How searches may use the machine; 0 stands for the default.
struct engine_settings {
    uint32_t threads;          // on one search at a time, its caller's counted; one a core
    uint64_t memory_bytes;     // one search may keep; SEARCH_MEMORY_BYTES
    uint64_t memory_bytes_all; // all searches together; half of the machine's
    uint32_t buckets_max;      // of one answer; LIMIT_BUCKETS
    uint64_t cache_bytes;      // of answers and partial aggregations; 0: nothing is kept
    // Of the store's rows: what they can answer they do.  NULL: every search looks at rows, and
    // answers the same.
    struct cubes *cubes;
};

// What searches do and use, since the engine was made.
struct engine_load {
    uint64_t searches, running;
    uint64_t gone; // ended because nobody waited for the answer
    uint64_t late; // ended at their time limit
    uint64_t over; // ended because they needed more memory than they may have
    uint64_t memory_bytes, memory_bytes_most, memory_bytes_max; // of all searches together
    struct agg_cache_stats cache;
};

// Over an open store, which stays the caller's, as do the cubes.  `settings` NULL: all defaults.
struct engine *engine_local_new(struct store *st, const struct schema *schema,
                                const struct engine_settings *settings);
// Under which roles with a floor are answered from now on; until then under a key made by
// chance.  Once.
void engine_local_veil(struct engine *e, const struct veil_key *key);
void engine_local_load(struct engine *e, struct engine_load *out); // any thread
