// SPDX-License-Identifier: Apache-2.0
// range and date_range: one bucket per stretch [from, to); a row may be in several.
#include "base/date.h"
#include "base/limits.h"
#include "base/num.h"
#include "search/literal_value.h"
#include "search/search_private.h"

#include <math.h>
#include <stdlib.h>

struct stretch {
    struct slice key;
    bool has_from, has_to;
    double from, to;          // as shown
    int64_t from_i64, to_i64; // dates, which doubles would blur far from 1970
};

struct ranges {
    struct stretch *all; // by from, then to
    uint32_t count;
};

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
    enum err e = print_bound(n, r->has_from, r->from, r->from_i64, &key, why);
    buf_text(&key, "-");
    if (!e)
        e = print_bound(n, r->has_to, r->to, r->to_i64, &key, why);
    if (!e)
        e = buf_end(&key, why);
    if (!e)
        r->key = arena_copy(s->arena, buf_slice(&key));
    return e;
}

static enum err plan_stretch(struct search *s, const struct agg_node *n,
                             const struct agg_range *from, struct stretch *out, struct fault *why)
{
    enum err e = plan_bound(s, n, &from->from, &out->has_from, &out->from, &out->from_i64, why);
    if (!e)
        e = plan_bound(s, n, &from->to, &out->has_to, &out->to, &out->to_i64, why);
    out->key = arena_copy(s->arena, from->key);
    return e || from->key.len ? e : plan_key(s, n, out, why);
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
    if (!r->all)
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

static bool holds_i64(const struct stretch *r, int64_t v)
{
    return (!r->has_from || v >= r->from_i64) && (!r->has_to || v < r->to_i64);
}

static bool holds(const struct stretch *r, double v)
{
    return (!r->has_from || v >= r->from) && (!r->has_to || v < r->to);
}

static bool row_is_in(const struct agg_node *n, const struct stretch *r, uint32_t row, bool has)
{
    const struct column *c = n->column;
    bool is_date = n->agg->kind == AGG_DATE_RANGE;
    if (!has)
        return n->missing.is_given &&
               (is_date ? holds_i64(r, n->missing.i64) : holds(r, n->missing.f64));
    if (c->storage == STORAGE_F64)
        return is_date ? holds_i64(r, (int64_t)c->f64[row]) : holds(r, c->f64[row]);
    return is_date ? holds_i64(r, c->i64[row]) : holds(r, (double)c->i64[row]);
}

static void collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    const struct ranges *r = n->state;
    const uint64_t *present = column_present(&s->columns, n->column);
    for (uint32_t b = 0; b < r->count; b++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < rows->count; i++) {
            uint32_t row = rows->row[i];
            bool has = present && bit_get(present, row);
            n->row_out[count] = (uint16_t)row;
            n->ord_out[count] = rows->ord[i];
            n->keys[count] = b;
            count += row_is_in(n, &r->all[b], row, has);
        }
        agg_pass_keys(s, n, count);
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
