// SPDX-License-Identifier: Apache-2.0
// avg, sum, min, max, value_count and stats: one set of numbers per bucket serves all.
#include "search/search_private.h"

#include <math.h>

struct numbers {
    uint64_t count;
    double sum, min, max;
};

struct stats {
    struct numbers *by_ord;
    size_t cap;
};

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    n->state = room_alloc(&s->room, sizeof(struct stats));
    if (!n->state)
        return ERR_LIMIT;
    return n->agg->kind == AGG_VALUE_COUNT ? agg_plan_column(s, n, why)
                                           : agg_plan_numeric(s, n, why);
}

static void take(struct numbers *to, double v)
{
    to->min = to->count == 0 || v < to->min ? v : to->min;
    to->max = to->count == 0 || v > to->max ? v : to->max;
    to->sum += v;
    to->count++;
}

static void count_present(const struct agg_node *n, struct numbers *by_ord, const struct rows *rows,
                          const uint64_t *present)
{
    bool all = n->missing.is_given;
    for (uint32_t i = 0; i < rows->count; i++)
        by_ord[rows->ord[i]].count += all || (present && bit_get(present, rows->row[i]));
}

static void take_missing(const struct agg_node *n, struct numbers *by_ord, const struct rows *rows,
                         const uint64_t *present)
{
    if (!n->missing.is_given)
        return;
    for (uint32_t i = 0; i < rows->count; i++)
        if (!present || !bit_get(present, rows->row[i]))
            take(&by_ord[rows->ord[i]], n->missing.f64);
}

static void take_i64(struct numbers *by_ord, const struct rows *rows, const struct column *c)
{
    for (uint32_t i = 0; i < rows->count; i++)
        if (c->is_full || bit_get(c->present, rows->row[i]))
            take(&by_ord[rows->ord[i]], (double)c->i64[rows->row[i]]);
}

static void take_f64(struct numbers *by_ord, const struct rows *rows, const struct column *c)
{
    for (uint32_t i = 0; i < rows->count; i++)
        if (c->is_full || bit_get(c->present, rows->row[i]))
            take(&by_ord[rows->ord[i]], c->f64[rows->row[i]]);
}

// Whole numbers of one bucket, kept in registers.
static void take_all_i64(struct numbers *to, const struct rows *rows, const int64_t *v)
{
    int64_t min = INT64_MAX;
    int64_t max = INT64_MIN;
    double sum = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        int64_t now = v[rows->row[i]];
        min = now < min ? now : min;
        max = now > max ? now : max;
        sum += (double)now;
    }
    if (rows->count == 0)
        return;
    to->min = to->count == 0 || (double)min < to->min ? (double)min : to->min;
    to->max = to->count == 0 || (double)max > to->max ? (double)max : to->max;
    to->sum += sum;
    to->count += rows->count;
}

static void collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    struct stats *st = n->state;
    struct numbers *by_ord =
        room_grow(&s->room, st->by_ord, &st->cap, agg_ord_count(n->up), sizeof *by_ord);
    if (!by_ord)
        return;
    st->by_ord = by_ord;
    const uint64_t *present = column_present(&s->columns, n->column);
    if (n->agg->kind == AGG_VALUE_COUNT) {
        count_present(n, by_ord, rows, present);
        return;
    }
    const struct column *c = n->column;
    if (c->is_mapped && c->storage == STORAGE_F64)
        take_f64(by_ord, rows, c);
    else if (c->is_mapped && c->is_full && rows->ord == s->zeros)
        take_all_i64(by_ord, rows, c->i64);
    else if (c->is_mapped)
        take_i64(by_ord, rows, c);
    take_missing(n, by_ord, rows, present);
}

static struct numbers numbers_of(const struct agg_node *n, uint32_t parent)
{
    const struct stats *st = n->state;
    return parent < st->cap ? st->by_ord[parent] : (struct numbers){0};
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)s;
    (void)why;
    struct numbers got = numbers_of(n, parent);
    out->count = got.count;
    out->sum = got.sum;
    out->min = got.min;
    out->max = got.max;
    return OK;
}

static const char *own_name(enum agg_kind kind)
{
    static const char *const names[AGG_KIND_COUNT] = {
        [AGG_AVG] = "avg", [AGG_SUM] = "sum",           [AGG_MIN] = "min",
        [AGG_MAX] = "max", [AGG_VALUE_COUNT] = "count",
    };
    return names[kind];
}

static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    struct numbers got = numbers_of(n, parent);
    const char *own = own_name(n->agg->kind);
    if (own && (name.len == 0 || slice_is(name, "value")))
        name = slice_text(own);
    else if (own || name.len == 0)
        return false;
    bool none = got.count == 0;
    if (slice_is(name, "avg"))
        *out = none ? NAN : got.sum / (double)got.count;
    else if (slice_is(name, "sum"))
        *out = got.sum;
    else if (slice_is(name, "min"))
        *out = none ? INFINITY : got.min;
    else if (slice_is(name, "max"))
        *out = none ? -INFINITY : got.max;
    else if (slice_is(name, "count"))
        *out = (double)got.count;
    else
        return false;
    return true;
}

const struct agg_ops agg_stats_ops = {
    .plan = plan,
    .collect = collect,
    .answer = answer,
    .number = number,
};
