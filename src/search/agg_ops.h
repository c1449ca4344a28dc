// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kinds of aggregations: one file, one `const struct` each, one line in agg_kinds.c.

#include "base/err.h"
#include "base/slice.h"
#include "query/agg.h"

struct agg_answer;
struct agg_node;
struct buf;
struct ordinals;
struct reader;
struct search;
struct terms_key;

struct agg_ops {
    // Ties the node to its column, makes its state and n->ord_bound.  Before its children's.
    enum err (*plan)(struct search *s, struct agg_node *n, struct fault *why);
    // After the whole tree is planned (orders by sub-aggregations).  May be NULL.
    enum err (*plan_late)(struct search *s, struct agg_node *n, struct fault *why);
    // The positions of the block at hand, by the parent's ordinals; may be called several
    // times for one block.
    void (*collect)(struct search *s, struct agg_node *n, const struct ordinals *parents);
    bool takes_through; // collect() knows ordinals that go through a table
    // Whether every position of the block at hand that is in a bucket of the parent is in one of
    // n's too, which are key_bound for each of the parent's: n's counts then tell the parent's.
    // Kinds of numbers: has a value.  NULL: never.
    bool (*covers)(struct search *s, struct agg_node *n);
    // Kinds of numbers that may cover: adds how many values each of the parent's ordinals below
    // `count` has.
    void (*add_rows)(const struct agg_node *n, uint64_t *counts, size_t count);
    // Adds the state of a node planned alike; `map` leads from the parent's ordinals there to
    // those here, NULL: they are the same.  Counts and n->ords are dealt with.  May be NULL.
    void (*merge)(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map);
    // After the last block, before any answer.  May be NULL.
    enum err (*finish)(struct search *s, struct agg_node *n, struct fault *why);
    // Whether answers read n->bytes as they are.  NULL: no, so they are added to n->counts before.
    bool (*reads_bytes)(const struct agg_node *n);
    // The answer below one bucket of the parent; ORD_NONE when that is empty.
    enum err (*answer)(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why);
    // The number that a terms aggregation may be ordered by; false when there is no number
    // of this name.  NULL for kinds with none.
    bool (*number)(const struct agg_node *n, uint32_t parent, struct slice name, double *out);
    // What a key of n->ords stands for; NULL for kinds that are no source of a composite.
    struct terms_key (*source_key)(const struct agg_node *n, uint64_t key);

    // Keys come from the data, so that rows below the floor may be counted under another one
    // (agg_fold.h).
    bool folds;

    // For what is kept between searches (agg_cache_tree.h).
    // What was collected cannot be said without this snapshot; NULL: it can.
    bool (*is_fleeting)(const struct agg_node *n);
    // A key of n->ords as it is in every snapshot, and back; NULL: it is the same.
    uint64_t (*lasting_key)(const struct agg_node *n, uint64_t key);
    uint64_t (*key_here)(const struct agg_node *n, uint64_t lasting);
    // Kinds of numbers: the state of these ordinals of the parent, one after the other, to bytes
    // and added from bytes.  What is loaded was saved by a node of the same plan key.
    void (*save)(const struct agg_node *n, const uint32_t *ords, uint32_t count, struct buf *out);
    void (*load)(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                 struct reader *in);
};

const struct agg_ops *agg_ops_of(enum agg_kind kind);

extern const struct agg_ops agg_terms_ops;
extern const struct agg_ops agg_date_histogram_ops;
extern const struct agg_ops agg_histogram_ops;
extern const struct agg_ops agg_range_ops;
extern const struct agg_ops agg_filter_ops;
extern const struct agg_ops agg_filters_ops;
extern const struct agg_ops agg_missing_ops;
extern const struct agg_ops agg_global_ops;
extern const struct agg_ops agg_composite_ops;
extern const struct agg_ops agg_stats_ops;
extern const struct agg_ops agg_extended_stats_ops;
extern const struct agg_ops agg_cardinality_ops;
extern const struct agg_ops agg_percentiles_ops;
extern const struct agg_ops agg_top_ops;
