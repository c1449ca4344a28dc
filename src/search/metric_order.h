// SPDX-License-Identifier: Apache-2.0
#pragma once

// Buckets in the order of a number of an aggregation below them: "order": {"a>b.max": "asc"}.
//
// The number is asked of the aggregation by the bucket's ordinal, so a path may lead only
// through aggregations that have one bucket per bucket of their parent.

#include "search/search_private.h"

// The aggregation below `n` that an order by metric asks.  ERR_INVALID when the path leads
// nowhere, or to more than one number.  After the aggregations below `n` are planned.
enum err metric_order_find(const struct agg_node *n, const struct agg_order *order,
                           const struct agg_node **out, struct fault *why);

// The number of `at` for a bucket; NaN when there is none, or the floor hides it.
double metric_order_number(const struct agg_node *at, const struct agg_order *order, uint32_t ord);

// Without a number is last, whichever way the order goes.
int metric_order_compare(double a, double b, bool ascending);
