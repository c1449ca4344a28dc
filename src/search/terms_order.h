// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which buckets a terms aggregation shows, and in which order.
//
// Candidates come in with their key and count; the first `size` by the aggregation's
// orders (count, key, a number of a sub-aggregation) are chosen with a bounded heap.

#include "search/search_private.h"
#include "search/top.h"

struct terms_key { // as the field's storage has it
    struct slice text;
    int64_t i64;
    double f64;
};

struct terms_candidate {
    struct terms_key key;
    uint64_t count;
    uint32_t ord;
};

struct terms_order {
    struct room *room;
    const struct agg *agg;
    enum field_type type;
    const struct agg_node **nodes; // per order: the sub-aggregation asked, NULL for none
    uint32_t order_count;
    // Slots of the first `size` and of the one that is tried next.
    struct terms_candidate *candidates;
    double *numbers; // slot * order_count + order
    size_t candidates_cap, numbers_cap, heap_cap;
    uint32_t used, spare;
    struct top top; // its items are slots
    uint64_t rows;  // of all candidates
};

// ERR_INVALID when an order's path leads nowhere.
enum err terms_order_plan(struct search *s, struct agg_node *n, struct terms_order *out,
                          struct fault *why);
void terms_order_reset(struct terms_order *o); // before the first candidate
// Below the aggregation's min_doc_count it is not even one of the others.
bool terms_order_add(struct terms_order *o, const struct terms_candidate *c);
// Rows of candidates that are not even offered, as they cannot be chosen.
void terms_order_pass_over(struct terms_order *o, uint64_t rows);
// No candidate with fewer rows comes before one with more.
bool terms_order_is_by_count(const struct terms_order *o);
// The chosen, in order, as indices into o->candidates, good until the next reset; rows of
// all others.
void terms_order_choose(struct terms_order *o, const uint32_t **out, uint32_t *out_count,
                        uint64_t *out_other);
