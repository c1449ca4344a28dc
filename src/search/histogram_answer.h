// SPDX-License-Identifier: Apache-2.0
#pragma once

// The buckets of a histogram below one parent: in order, gaps filled, bounds widened.
//
// date_histogram and histogram differ only in what their positions are (milliseconds, or
// multiples of the interval), in the step from one to the next, and in the key shown.

#include "search/search_private.h"

struct histogram_steps {
    int64_t (*position)(const struct agg_node *n, uint64_t key); // of a key of n->ords
    int64_t (*next)(const struct agg_node *n, int64_t position); // larger than `position`
    struct value (*key)(const struct agg_node *n, int64_t position);
    bool has_min, has_max; // extended bounds, as positions of buckets
    int64_t min, max;
    // Per order of the aggregation: the sub-aggregation it asks, NULL for key and count.
    const struct agg_node **order_nodes;
};

enum err histogram_answer(struct search *s, struct agg_node *n, uint32_t parent,
                          const struct histogram_steps *steps, struct agg_answer *out,
                          struct fault *why);

// Finds what the orders by metric ask, for `steps`.  After the sub-aggregations are planned.
enum err histogram_plan_orders(struct search *s, const struct agg_node *n,
                               struct histogram_steps *steps, struct fault *why);
