// SPDX-License-Identifier: Apache-2.0
#include "search/metric_order.h"

#include <math.h>

static enum err bad_path(const struct agg_order *order, struct fault *why)
{
    return fail(why, ERR_INVALID,
                "aggregation_execution_exception: Invalid aggregation order path [%.*s]. The "
                "provided aggregation either does not exist, or is not a single value to order by",
                SLICE_PRINT(order->path));
}

static const struct agg_node *child(const struct agg_node *n, struct slice name)
{
    for (uint32_t i = 0; i < n->sub_count; i++)
        if (slice_equal(n->subs[i].agg->name, name))
            return &n->subs[i];
    return NULL;
}

// Follows "a>b" through buckets that have the ordinals of their parent.
static const struct agg_node *follow(const struct agg_node *n, struct slice path)
{
    while (n && path.len) {
        const uint8_t *cut = memchr(path.at, '>', path.len);
        size_t len = cut ? (size_t)(cut - path.at) : path.len;
        n = child(n, slice_of(path.at, len));
        if (cut && n && !n->shares_ords)
            return NULL;
        path = cut ? slice_from(path, len + 1) : slice_of(path.at, 0);
    }
    return n;
}

enum err metric_order_find(const struct agg_node *n, const struct agg_order *order,
                           const struct agg_node **out, struct fault *why)
{
    const struct agg_node *at = follow(n, order->path);
    double unused;
    if (!at || at == n || !at->ops->number ||
        !at->ops->number(at, ORD_NONE, order->metric, &unused))
        return bad_path(order, why);
    *out = at;
    return OK;
}

// The ordinal to ask `at` for, which it shares with what is above it up to the buckets that
// are ordered: ORD_NONE when the floor hides one of these, or the order would tell what is
// hidden.
static uint32_t shown(const struct agg_node *at, uint32_t ord)
{
    do {
        if (!agg_is_shown(at, ord))
            return ORD_NONE;
        at = at->up;
    } while (at->shares_ords);
    return ord;
}

double metric_order_number(const struct agg_node *at, const struct agg_order *order, uint32_t ord)
{
    double number = NAN;
    if (!at->ops->number(at, shown(at, ord), order->metric, &number))
        return NAN;
    return number;
}

int metric_order_compare(double a, double b, bool ascending)
{
    if (isnan(a) || isnan(b))
        return (isnan(a) != 0) - (isnan(b) != 0);
    int order = (a > b) - (a < b);
    return ascending ? order : -order;
}
