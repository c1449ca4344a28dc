// SPDX-License-Identifier: Apache-2.0
#include "sql/groups.h"

#include <math.h>
#include <stdlib.h>

struct groups groups_of(const struct plan *plan, struct evaluation *v, struct arena *request)
{
    return (struct groups){.plan = plan,
                           .evaluation = v,
                           .request = request,
                           .keys = rows_of(request, plan->key_count)};
}

static struct group_agg *aggs_at(const struct groups *g, uint32_t i)
{
    return &g->aggs[(size_t)i * g->plan->agg_count];
}

// ---- from a bucket ----

static void take_text(const struct groups *g, const struct agg_answer *a, struct group_agg *out)
{
    if (a->bucket_count == 0 || a->buckets[0].key.type != VALUE_TEXT)
        return;
    out->has_text = true;
    out->text = cell_keep_text(&g->evaluation->how, a->buckets[0].key.text);
}

static void take_agg(const struct groups *g, const struct plan_agg *agg, const struct agg_answer *a,
                     struct group_agg *out)
{
    out->count = a->count;
    out->sum = a->sum;
    out->min = a->min;
    out->max = a->max;
    out->squares = a->squares;
    out->value = NAN;
    if (agg->kind == AGG_OF_DISTINCT)
        out->count = a->distinct;
    if (agg->kind == AGG_OF_PERCENTILE && a->percentiles)
        out->value = a->percentiles[0];
    if (agg->kind == AGG_OF_FIRST_TEXT || agg->kind == AGG_OF_LAST_TEXT)
        take_text(g, a, out);
}

// Aggregations stand in the answer in the order of the request, without the counts of all rows.
static void take_aggs(const struct groups *g, const struct agg_answer *answers, uint64_t rows,
                      struct group_agg *out)
{
    for (uint32_t i = 0; i < g->plan->agg_count; i++) {
        const struct plan_agg *agg = &g->plan->aggs[i];
        if (agg->kind == AGG_OF_ROWS && agg->condition_count == 0) {
            out[i].count = rows;
            continue;
        }
        const struct agg_answer *a = answers++;
        if (agg->condition_count == 0)
            take_agg(g, agg, a, &out[i]);
        else if (a->bucket_count == 0)
            out[i].value = NAN;
        else if (agg->kind == AGG_OF_ROWS)
            out[i].count = a->buckets[0].doc_count;
        else
            take_agg(g, agg, &a->buckets[0].subs[0], &out[i]);
    }
}

static void take_keys(const struct groups *g, const struct bucket *b, struct cell *out)
{
    struct cell sources[PLAN_SOURCES_MAX];
    for (uint32_t i = 0; i < g->plan->source_count; i++) {
        sources[i] = cell_fit(cell_of_value(&b->keys[i], g->plan->sources[i].type),
                              g->plan->sources[i].type);
        if (sources[i].type == SQL_DOUBLE && g->plan->sources[i].type == SQL_LONG)
            sources[i] = cell_i64(SQL_LONG, (int64_t)sources[i].f64); // of a histogram
        if (sources[i].type == SQL_KEYWORD)
            sources[i].text = cell_keep_text(&g->evaluation->how, sources[i].text);
    }
    for (uint32_t k = 0; k < g->plan->key_count; k++)
        out[k] = evaluate(g->evaluation, g->plan->keys[k], sources);
}

static enum err room_for(struct groups *g, struct fault *why)
{
    uint32_t width = g->plan->agg_count;
    if (g->keys.count < g->aggs_cap)
        return OK;
    uint32_t cap = g->aggs_cap ? g->aggs_cap * 2 : 16;
    if ((uint64_t)cap * (width + 1) > SQL_CELLS_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: the groups have more than %d values; group more "
                    "coarsely",
                    SQL_CELLS_MAX);
    struct group_agg *grown = ARENA_ARRAY(g->request, struct group_agg, (size_t)cap * width + 1);
    if (g->keys.count && g->aggs)
        memcpy(grown, g->aggs, (size_t)g->keys.count * width * sizeof *grown);
    g->aggs = grown;
    g->aggs_cap = cap;
    return OK;
}

enum err groups_add(struct groups *g, const struct answer *a, const struct bucket *bucket,
                    struct fault *why)
{
    struct cell *keys = NULL;
    enum err e = room_for(g, why);
    if (!e)
        e = rows_add(&g->keys, &keys, why);
    if (e)
        return e;
    struct group_agg *aggs = aggs_at(g, g->keys.count - 1);
    if (g->plan->agg_count) // another group may have been here
        memset(aggs, 0, g->plan->agg_count * sizeof *aggs);
    if (bucket)
        take_keys(g, bucket, keys);
    take_aggs(g, bucket ? bucket->subs : a->aggs, bucket ? bucket->doc_count : a->total, aggs);
    if (g->evaluation->failed && why)
        *why = g->evaluation->why;
    return g->evaluation->failed;
}

// ---- to inputs ----

static struct cell whole_of(double v)
{
    bool fits = fabs(v) < 0x1p63;
    return fits ? cell_i64(SQL_LONG, (int64_t)round(v)) : cell_f64(v);
}

static struct cell number_of(double v, enum sql_type type)
{
    if (!isfinite(v))
        return cell_null();
    if (type == SQL_DOUBLE)
        return cell_f64(v);
    struct cell c = whole_of(v);
    if (c.type == SQL_LONG && type != SQL_NULL)
        c.type = type;
    return c;
}

static struct cell deviation_of(const struct plan_agg *agg, const struct group_agg *s)
{
    double n = (double)s->count;
    bool is_sample = agg->op == OP_DEVIATION_SAMPLE || agg->op == OP_VARIANCE_SAMPLE;
    if (agg->op == OP_SQUARES)
        return number_of(s->squares, SQL_DOUBLE);
    double variance = (s->squares - s->sum * s->sum / n) / (is_sample ? n - 1 : n);
    if (variance < 0)
        variance = 0; // of rounding
    if (agg->op == OP_VARIANCE || agg->op == OP_VARIANCE_SAMPLE)
        return number_of(variance, SQL_DOUBLE);
    return number_of(sqrt(variance), SQL_DOUBLE);
}

static struct cell agg_cell(const struct plan_agg *agg, const struct group_agg *s)
{
    switch (agg->kind) {
    case AGG_OF_ROWS:
    case AGG_OF_VALUES:
    case AGG_OF_DISTINCT:
        return cell_i64(SQL_LONG, (int64_t)s->count);
    case AGG_OF_PERCENTILE:
        return number_of(s->value, SQL_DOUBLE);
    case AGG_OF_FIRST_TEXT:
    case AGG_OF_LAST_TEXT:
        return s->has_text ? cell_text(s->text) : cell_null();
    case AGG_OF_SUM:
    case AGG_OF_AVERAGE:
    case AGG_OF_MIN:
    case AGG_OF_MAX:
    case AGG_OF_DEVIATION:
        break;
    }
    if (s->count == 0)
        return cell_null();
    if (agg->kind == AGG_OF_DEVIATION)
        return deviation_of(agg, s);
    if (agg->kind == AGG_OF_AVERAGE)
        return number_of(s->sum / (double)s->count, SQL_DOUBLE);
    if (agg->kind == AGG_OF_SUM)
        return number_of(s->sum, agg->type);
    return number_of(agg->kind == AGG_OF_MIN ? s->min : s->max, agg->type);
}

void groups_inputs(const struct groups *g, uint32_t i, struct cell *out)
{
    const struct cell *keys = rows_at(&g->keys, i);
    const struct group_agg *aggs = aggs_at(g, i);
    for (uint32_t k = 0; k < g->plan->key_count; k++)
        out[k] = keys[k];
    for (uint32_t k = 0; k < g->plan->agg_count; k++)
        out[g->plan->key_count + k] = agg_cell(&g->plan->aggs[k], &aggs[k]);
}

// ---- adding up ----

static int compare_keys(const struct groups *g, uint32_t a, uint32_t b)
{
    for (uint32_t k = 0; k < g->plan->key_count; k++) {
        int order = cell_compare(&rows_at(&g->keys, a)[k], &rows_at(&g->keys, b)[k]);
        if (order)
            return order;
    }
    return 0;
}

static int by_keys(const void *a, const void *b, void *context)
{
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    int order = compare_keys(context, x, y);
    return order ? order : (x > y) - (x < y);
}

static void add_up(enum plan_agg_kind kind, const struct group_agg *from, struct group_agg *to)
{
    if (from->count && (!to->count || from->min < to->min))
        to->min = from->min;
    if (from->count && (!to->count || from->max > to->max))
        to->max = from->max;
    to->count += from->count;
    to->sum += from->sum;
    to->squares += from->squares;
    if (!from->has_text)
        return;
    int order = slice_compare(from->text, to->text);
    if (!to->has_text || (kind == AGG_OF_FIRST_TEXT ? order < 0 : order > 0))
        to->text = from->text;
    to->has_text = true;
}

enum err groups_merge(struct groups *g, struct fault *why)
{
    if (!g->plan->is_merged)
        return OK;
    uint32_t *order = ARENA_ARRAY(g->request, uint32_t, g->keys.count + 1);
    for (uint32_t i = 0; i < g->keys.count; i++)
        order[i] = i;
    qsort_r(order, g->keys.count, sizeof *order, by_keys, g);
    struct groups merged = groups_of(g->plan, g->evaluation, g->request);
    for (uint32_t i = 0; i < g->keys.count; i++) {
        struct cell *keys = NULL;
        if (i && compare_keys(g, order[i - 1], order[i]) == 0) {
            struct group_agg *to = aggs_at(&merged, merged.keys.count - 1);
            for (uint32_t k = 0; k < g->plan->agg_count; k++)
                add_up(g->plan->aggs[k].kind, &aggs_at(g, order[i])[k], &to[k]);
            continue;
        }
        enum err e = room_for(&merged, why);
        if (!e)
            e = rows_add(&merged.keys, &keys, why);
        if (e)
            return e;
        if (g->plan->key_count)
            memcpy(keys, rows_at(&g->keys, order[i]), g->plan->key_count * sizeof *keys);
        if (g->plan->agg_count)
            memcpy(aggs_at(&merged, merged.keys.count - 1), aggs_at(g, order[i]),
                   g->plan->agg_count * sizeof *g->aggs);
    }
    *g = merged;
    return OK;
}
