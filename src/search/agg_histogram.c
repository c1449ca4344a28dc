// SPDX-License-Identifier: Apache-2.0
// histogram: buckets of equal width over numbers.  A position is the bucket's number from
// `offset`; its key is position * interval + offset.
#include "kernel/even.h"
#include "kernel/ordinal.h"
#include "search/histogram_answer.h"
#include "search/literal_value.h"
#include "search/output.h"
#include "search/terms_order.h"

#include <math.h>

struct histogram {
    double interval, offset;
    bool is_near; // keys are distances from `base`, and few
    int64_t base;
    bool has_hard_min, has_hard_max;
    double hard_min, hard_max; // on keys: min <= key < max
    bool is_whole;             // interval and offset, of a column of whole numbers
    uint32_t *keys;            // BLOCK_ROWS
    struct histogram_steps steps;
};

// Past these a position is not told from its neighbours any more.
static const double position_max = 0x1p62;

static bool position_of(const struct histogram *h, double v, int64_t *out)
{
    double at = (v - h->offset) / h->interval;
    if (!(fabs(at) < position_max))
        return false;
    int64_t whole = (int64_t)at; // towards 0; floor() would be a call
    *out = whole - ((double)whole > at);
    return true;
}

static double key_of(const struct histogram *h, int64_t position)
{
    return (double)position * h->interval + h->offset;
}

static int64_t step_position(const struct agg_node *n, uint64_t key)
{
    const struct histogram *h = n->state;
    return (int64_t)(key + (uint64_t)h->base);
}

static struct terms_key source_key(const struct agg_node *n, uint64_t key)
{
    return (struct terms_key){.f64 = key_of(n->state, step_position(n, key))};
}

static int64_t step_next(const struct agg_node *n, int64_t position)
{
    (void)n;
    return position + 1;
}

static struct value step_key(const struct agg_node *n, int64_t position)
{
    double key = key_of(n->state, position);
    if (n->column->is_mapped && (n->column->type == FIELD_DATE || n->column->type == FIELD_BOOLEAN))
        return output_i64(n->column->type, (int64_t)key);
    return output_f64(key);
}

static enum err plan_bound(const struct literal *l, bool *out_has, double *out, struct fault *why)
{
    *out_has = l->type != LITERAL_NULL;
    return *out_has ? literal_double(l, out, why) : OK;
}

static enum err plan_bounds(const struct agg_node *n, struct histogram *h, struct fault *why)
{
    double lo = 0;
    double hi = 0;
    enum err e = plan_bound(&n->agg->hard_min, &h->has_hard_min, &h->hard_min, why);
    if (!e)
        e = plan_bound(&n->agg->hard_max, &h->has_hard_max, &h->hard_max, why);
    if (!e)
        e = plan_bound(&n->agg->extended_min, &h->steps.has_min, &lo, why);
    if (!e)
        e = plan_bound(&n->agg->extended_max, &h->steps.has_max, &hi, why);
    if (!e && h->steps.has_min && h->steps.has_max && lo > hi)
        e = fail(why, ERR_INVALID,
                 "illegal_argument_exception: max bound [%g] must be greater than min bound [%g] "
                 "for histogram aggregation [%.*s]",
                 hi, lo, SLICE_PRINT(n->agg->name));
    if (e)
        return e;
    h->steps.has_min = h->steps.has_min && position_of(h, lo, &h->steps.min);
    h->steps.has_max = h->steps.has_max && position_of(h, hi, &h->steps.max);
    return OK;
}

// Positions between the smallest and the largest value, when they are few.
static uint64_t near_positions(const struct agg_node *n, struct histogram *h)
{
    const struct column *c = n->column;
    int64_t lo;
    int64_t hi;
    if (!c->has_bounds || n->missing.is_given || !position_of(h, c->min_f64, &lo) ||
        !position_of(h, c->max_f64, &hi) || hi - lo >= ORDS_DIRECT_MAX)
        return 0;
    h->is_near = true;
    h->base = lo;
    return (uint64_t)(hi - lo) + 1;
}

// Buckets then start at whole numbers, and doubles hold those and the values as they are.
static bool are_whole(const struct agg_node *n, const struct histogram *h)
{
    const struct column *c = n->column;
    return c->is_mapped && c->storage == STORAGE_I64 && c->min_f64 > -0x1p52 &&
           c->max_f64 < 0x1p52 && !h->has_hard_min && !h->has_hard_max && h->interval >= 1 &&
           h->interval < 0x1p50 && h->interval == trunc(h->interval) && fabs(h->offset) < 0x1p50 &&
           h->offset == trunc(h->offset);
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct histogram *h = room_alloc(&s->room, sizeof *h);
    n->state = h;
    if (!h)
        return ERR_LIMIT;
    *h = (struct histogram){
        .interval = n->agg->interval,
        .offset = n->agg->offset,
        .steps = {.position = step_position, .next = step_next, .key = step_key}};
    enum err e = agg_plan_numeric(s, n, why);
    if (!e)
        e = plan_bounds(n, h, why);
    if (e)
        return e;
    uint64_t near = near_positions(n, h);
    h->is_whole = near && are_whole(n, h);
    h->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *h->keys + BLOCK_SLACK);
    if (!h->keys)
        return ERR_LIMIT;
    ords_init(&n->ords, &s->room, n->up->ord_bound, near);
    n->ord_bound = n->ords.bound;
    return OK;
}

static bool is_within(const struct histogram *h, int64_t position)
{
    double key = key_of(h, position);
    return (!h->has_hard_min || key >= h->hard_min) && (!h->has_hard_max || key < h->hard_max);
}

// Between the block's smallest and largest value; false without statistics.
static bool collect_near(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct histogram *h = n->state;
    struct block_range r;
    int64_t first;
    int64_t last;
    if (!column_range(&s->columns, n->column, &r) || !r.any ||
        !position_of(h, (double)r.min, &first) || !position_of(h, (double)r.max, &last))
        return false;
    struct key_codes keys = {
        .base = (uint32_t)(first - h->base), .bound = (uint32_t)(last - first) + 1, .at = h->keys};
    keys.width = width_for(keys.bound);
    struct even_buckets b = {(int64_t)key_of(h, first), (uint64_t)h->interval, keys.bound};
    struct numbers v = selected_numbers(&s->columns, n->column);
    uint32_t count = s->columns.selection.count;
    even_ordinals_i64(v.i64, count, &b, keys.width, h->keys);
    if (v.present)
        ordinal_mask(keys.width, h->keys, v.present, count);
    agg_pass_keys(s, n, parents, &keys);
    return true;
}

// The long way: no bounds, hard bounds, fractions, or a stand-in for rows without a value.
static void collect_pairs(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct histogram *h = n->state;
    struct agg_values v = agg_values(s, n, parents);
    struct agg_pairs *p = agg_pairs(s, n);
    for (uint32_t i = 0; p && i < v.count; i++) {
        double value = 0;
        int64_t position = 0;
        if (agg_values_f64(n, &v, i, &value) && position_of(h, value, &position) &&
            is_within(h, position))
            agg_pairs_add(p, i, v.ords[i], (uint64_t)position - (uint64_t)h->base);
    }
    agg_pass_pairs(s, n);
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct histogram *h = n->state;
    if (!h->is_whole || !collect_near(s, n, parents))
        collect_pairs(s, n, parents);
}

static bool is_fleeting(const struct agg_node *n)
{
    return n->agg->missing_is_apart;
}

static uint64_t lasting_key(const struct agg_node *n, uint64_t key)
{
    return (uint64_t)step_position(n, key);
}

static uint64_t key_here(const struct agg_node *n, uint64_t lasting)
{
    const struct histogram *h = n->state;
    return lasting - (uint64_t)h->base;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    const struct histogram *h = n->state;
    return histogram_answer(s, n, parent, &h->steps, out, why);
}

static enum err plan_late(struct search *s, struct agg_node *n, struct fault *why)
{
    struct histogram *h = n->state;
    return histogram_plan_orders(s, n, &h->steps, why);
}

const struct agg_ops agg_histogram_ops = {
    .plan = plan,
    .plan_late = plan_late,
    .collect = collect,
    .source_key = source_key,
    .folds = true,
    .is_fleeting = is_fleeting,
    .lasting_key = lasting_key,
    .key_here = key_here,
    .answer = answer,
};
