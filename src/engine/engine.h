// SPDX-License-Identifier: Apache-2.0
#pragma once

// One interface to whatever holds the rows and answers: the local store today, an
// existing cluster later.  Every call takes a permit, and looks at it.

#include "access/permit.h"
#include "data/schema.h"
#include "search/answer.h"
#include "store/store.h"

struct engine;

// What a search goes through.
struct index_list {
    const uint32_t *tables; // in schema order, each once
    uint32_t count;
};

// One search.  All it points to stays the caller's.
struct engine_question {
    const struct permit *permit;
    struct index_list in;
    const struct request *request;
};

struct engine_ops {
    enum err (*search)(struct engine *e, const struct engine_question *q, struct arena *request,
                       struct answer *out, struct fault *why);
    enum err (*get)(struct engine *e, const struct permit *p, uint32_t table, struct row_key key,
                    struct arena *request, struct hit *out, struct fault *why);
    void (*stats)(struct engine *e, const struct permit *p, struct store_stats *out);
    // All that was acknowledged before the call is seen by searches after it.
    enum err (*refresh)(struct engine *e, const struct permit *p, struct fault *why);
    void (*close)(struct engine *e);
};

struct engine {
    const struct engine_ops *ops;
    const struct schema *schema;
};

// How searches may use the machine; 0 stands for the default.
struct engine_settings {
    uint32_t threads; // on one search at a time, its caller's counted; one a core
};

// Over an open store, which stays the caller's.  `settings` NULL: all defaults.
struct engine *engine_local_new(struct store *st, const struct schema *schema,
                                const struct engine_settings *settings);
