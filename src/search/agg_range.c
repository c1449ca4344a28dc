// SPDX-License-Identifier: Apache-2.0
// range and date_range: one bucket per stretch [from, to); a row may be in several.
#include "base/date.h"
#include "base/limits.h"
#include "base/num.h"
#include "kernel/compare.h"
#include "search/literal_value.h"
#include "search/search_private.h"

#include <math.h>
#include <stdlib.h>

struct stretch {
    struct slice key;
    bool has_from, has_to;
    double from, to;           // as shown
    int64_t from_ms, to_ms;    // dates
    int64_t first, last;       // what it holds of whole numbers
    double first_f64, end_f64; // first_f64 <= v < end_f64
    bool is_endless;           // no `to`: infinity is in it, too
};

struct ranges {
    struct stretch *all; // by from, then to
    uint32_t count;
    uint64_t *bits; // BLOCK_WORDS
};

// NOLINTNEXTLINE(readability-function-size): six, and the fault that explains.
static enum err plan_bound(struct search *s, const struct agg_node *n, const struct literal *l,
                           bool *out_has, double *out, int64_t *out_i64, struct fault *why)
{
    *out_has = l->type != LITERAL_NULL;
    if (!*out_has)
        return OK;
    if (n->agg->kind == AGG_RANGE)
        return literal_double(l, out, why);
    struct literal_dates dates = {
        .format = n->agg->format, .time_zone = n->agg->time_zone, .now_ms = s->context->now_ms};
    bool exact;
    enum err e = l->type == LITERAL_NUMBER ? literal_long(l, out_i64, &exact, why)
                                           : literal_date(l, &dates, false, out_i64, why);
    *out = (double)*out_i64;
    return e;
}

static enum err print_bound(const struct agg_node *n, bool has, double v, int64_t ms,
                            struct buf *out, struct fault *why)
{
    if (!has) {
        buf_text(out, "*");
        return OK;
    }
    if (n->agg->kind == AGG_RANGE) {
        print_f64(out, v);
        return OK;
    }
    const struct date_zone *zone = date_zone_utc();
    enum err e = n->agg->time_zone.len ? date_zone_get(n->agg->time_zone, &zone, why) : OK;
    return e ? e : date_print(out, ms, n->agg->format, zone, why);
}

static enum err plan_key(struct search *s, const struct agg_node *n, struct stretch *r,
                         struct fault *why)
{
    struct buf key AUTO(buf_donep) = buf_init(LIMIT_VALUE_BYTES);
    enum err e = print_bound(n, r->has_from, r->from, r->from_ms, &key, why);
    buf_text(&key, "-");
    if (!e)
        e = print_bound(n, r->has_to, r->to, r->to_ms, &key, why);
    if (!e)
        e = buf_end(&key, why);
    if (!e)
        r->key = arena_copy(s->arena, buf_slice(&key));
    return e;
}

// The smallest whole number not below `v`, as near as 64 bits come to it.
static int64_t whole_from(double v)
{
    if (v >= 0x1p63)
        return INT64_MAX;
    return v < -0x1p63 ? INT64_MIN : (int64_t)ceil(v);
}

static void plan_limits(const struct agg_node *n, struct stretch *r)
{
    bool is_date = n->agg->kind == AGG_DATE_RANGE;
    int64_t end = is_date ? r->to_ms : whole_from(r->to);
    r->first = INT64_MIN;
    r->last = INT64_MAX;
    if (r->has_from)
        r->first = is_date ? r->from_ms : whole_from(r->from);
    if (r->has_to && end == INT64_MIN)
        r->first = INT64_MAX; // nothing is below that
    if (r->has_to)
        r->last = end == INT64_MIN ? INT64_MIN : end - 1;
    r->first_f64 = r->has_from ? r->from : -INFINITY;
    r->end_f64 = r->has_to ? r->to : INFINITY;
    r->is_endless = !r->has_to;
}

static enum err plan_stretch(struct search *s, const struct agg_node *n,
                             const struct agg_range *from, struct stretch *out, struct fault *why)
{
    enum err e = plan_bound(s, n, &from->from, &out->has_from, &out->from, &out->from_ms, why);
    if (!e)
        e = plan_bound(s, n, &from->to, &out->has_to, &out->to, &out->to_ms, why);
    if (e)
        return e;
    plan_limits(n, out);
    out->key = arena_copy(s->arena, from->key);
    return from->key.len ? OK : plan_key(s, n, out, why);
}

static int by_bounds(const void *a, const void *b)
{
    const struct stretch *x = a;
    const struct stretch *y = b;
    double x_from = x->has_from ? x->from : -INFINITY;
    double y_from = y->has_from ? y->from : -INFINITY;
    double x_to = x->has_to ? x->to : INFINITY;
    double y_to = y->has_to ? y->to : INFINITY;
    if (x_from != y_from)
        return x_from < y_from ? -1 : 1;
    return (x_to > y_to) - (x_to < y_to);
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct ranges *r = room_alloc(&s->room, sizeof *r);
    n->state = r;
    if (!r)
        return ERR_LIMIT;
    r->count = n->agg->range_count;
    r->all = room_alloc(&s->room, sizeof *r->all * ((size_t)r->count + 1));
    r->bits = room_alloc(&s->room, BLOCK_WORDS * sizeof *r->bits);
    if (!r->all || !r->bits)
        return ERR_LIMIT;
    enum err e = agg_plan_numeric(s, n, why);
    for (uint32_t i = 0; i < r->count && !e; i++)
        e = plan_stretch(s, n, &n->agg->ranges[i], &r->all[i], why);
    if (e)
        return e;
    qsort(r->all, r->count, sizeof *r->all, by_bounds);
    ords_init(&n->ords, &s->room, n->up->ord_bound, r->count);
    n->ord_bound = n->ords.bound;
    return OK;
}

static bool holds(const struct stretch *r, double v)
{
    return v >= r->first_f64 && (v < r->end_f64 || r->is_endless);
}

// The positions whose value is in the stretch, a bit each.
static void bits_of(const struct agg_node *n, const struct stretch *r, const struct numbers *v,
                    const uint64_t *present, uint32_t count, uint64_t *out)
{
    if (v->i64)
        compare_range_i64(v->i64, count, r->first, r->last, out);
    else
        memset(out, 0, BLOCK_WORDS * sizeof *out);
    for (uint32_t i = 0; v->f64 && i < count; i++)
        out[i / 64] |= (uint64_t)holds(r, v->f64[i]) << (i % 64);
    bool stands_in = n->missing.is_given && holds(r, n->missing.f64);
    for (uint32_t w = 0; present && w < bit_words(count); w++)
        out[w] = (out[w] & present[w]) | (stands_in ? ~present[w] : 0);
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct ranges *r = n->state;
    uint32_t count = s->columns.selection.count;
    struct numbers v = {0};
    if (n->column->is_mapped)
        v = selected_numbers(&s->columns, n->column);
    const uint64_t *present = agg_present(s, n->column);
    for (uint32_t b = 0; b < r->count; b++) {
        bits_of(n, &r->all[b], &v, present, count, r->bits);
        struct ordinals in = ordinals_mask(parents, r->bits, count, s->mask_room);
        struct key_codes key = {.base = b, .bound = 1};
        agg_pass_keys(s, n, &in, &key);
    }
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    const struct ranges *r = n->state;
    struct bucket *buckets = ARENA_ARRAY(s->arena, struct bucket, r->count + 1);
    enum err e = agg_take_buckets(s, r->count, why);
    for (uint32_t i = 0; i < r->count && !e; i++) {
        struct bucket *b = &buckets[out->bucket_count++];
        b->key = (struct value){.type = VALUE_TEXT, .text = r->all[i].key};
        b->has_from = r->all[i].has_from;
        b->has_to = r->all[i].has_to;
        b->from = r->all[i].from;
        b->to = r->all[i].to;
        e = agg_answer_bucket(s, n, ords_find(&n->ords, parent, i), b, why);
    }
    out->buckets = buckets;
    return e;
}

const struct agg_ops agg_range_ops = {
    .plan = plan,
    .collect = collect,
    .answer = answer,
};
