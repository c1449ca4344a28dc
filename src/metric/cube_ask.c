// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "metric/cube_private.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS_MAX = LIMIT_BUCKETS };

struct asked { // a question, resolved
    struct cube *cube;
    const struct metric_question *q;
    uint32_t dims[METRIC_DIMS_MAX]; // per `by` of the question: of the cube
    int64_t from, to;               // buckets, [from, to)
};

// ---- resolving ----

static enum err unknown_metric(const struct cubes *cs, struct slice name, struct fault *why)
{
    char names[300] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < cs->schema->metric_count && used < sizeof names - 1; i++) {
        int len = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                           cs->schema->metrics[i].name);
        used += len > 0 ? (size_t)len : 0;
    }
    return fail(why, ERR_NOT_FOUND, "no metric [%.*s]; there are: %s", (int)(name.len & 0xff),
                (const char *)name.at, used ? names : "none");
}

static enum err unknown_by(const struct metric_decl *m, struct slice name, struct fault *why)
{
    char names[300] = "";
    size_t used = 0;
    for (uint32_t i = 0; i < m->by_count && used < sizeof names - 1; i++) {
        int len = snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "", m->by[i].name);
        used += len > 0 ? (size_t)len : 0;
    }
    return fail(why, ERR_INVALID, "metric %s is not broken down by [%.*s]; it is by: %s", m->name,
                (int)(name.len & 0xff), (const char *)name.at, used ? names : "nothing");
}

static enum err find_by(const struct metric_decl *m, struct slice name, uint32_t *out,
                        struct fault *why)
{
    for (uint32_t i = 0; i < m->by_count; i++) {
        if (slice_is(name, m->by[i].name)) {
            *out = i;
            return OK;
        }
    }
    return unknown_by(m, name, why);
}

static int64_t floor_div(int64_t a, int64_t b)
{
    return a / b - (a % b < 0);
}

static enum err resolve(struct cubes *cs, const struct metric_question *q, struct asked *out,
                        struct fault *why)
{
    *out = (struct asked){.q = q, .from = INT64_MIN, .to = INT64_MAX};
    for (uint32_t i = 0; i < cs->schema->metric_count && !out->cube; i++)
        if (slice_is(q->metric, cs->schema->metrics[i].name))
            out->cube = &cs->all[i];
    if (!out->cube)
        return unknown_metric(cs, q->metric, why);
    const struct metric_decl *m = out->cube->decl;
    if (q->every_ms < 0 || q->every_ms % m->every_ms)
        return fail(why, ERR_INVALID,
                    "metric %s is kept in steps of %lld ms; a question's must be a multiple",
                    m->name, (long long)m->every_ms);
    if (q->by_count > METRIC_DIMS_MAX)
        return fail(why, ERR_INVALID, "metric %s: more than %d values to break down by", m->name,
                    METRIC_DIMS_MAX);
    if (q->has_from)
        out->from = floor_div(q->from_ms, m->every_ms);
    if (q->has_to)
        out->to = floor_div(q->to_ms, m->every_ms) + (q->to_ms % m->every_ms != 0);
    for (uint32_t i = 0; i < q->by_count; i++) {
        enum err e = find_by(m, q->by[i], &out->dims[i], why);
        if (e)
            return e;
    }
    return OK;
}

// ---- adding up ----

static bool add_cell(const struct asked *a, const struct cells *cells, uint32_t i, struct cells *to)
{
    int64_t bucket = cells->buckets[i];
    if (cells->counts[i].count == 0 || bucket < a->from || bucket >= a->to)
        return true;
    uint32_t codes[METRIC_DIMS_MAX];
    for (uint32_t d = 0; d < a->q->by_count; d++)
        codes[d] = cells_codes(cells, i)[a->dims[d]];
    int64_t ms = bucket * a->cube->decl->every_ms;
    int64_t every = a->q->every_ms;
    int64_t time = every ? floor_div(ms, every) * every : 0;
    return cells_add(to, time, codes, cells->counts[i]);
}

static enum err add_up(struct cubes *cs, const struct asked *a, struct cells *to, struct fault *why)
{
    enum err e = OK;
    pthread_rwlock_rdlock(&cs->lock);
    const struct cells *cells = &a->cube->cells;
    if (a->cube->is_over)
        e = fail(why, ERR_LIMIT, "metric %s has more than %d combinations of values in time",
                 a->cube->decl->name, CELLS_MAX);
    for (uint32_t i = 0; i < cells->count && !e; i++) {
        if (!add_cell(a, cells, i, to) || to->count > ROWS_MAX)
            e = fail(why, ERR_LIMIT,
                     "metric %s: more than %d rows; ask for less time, or break down by less",
                     a->cube->decl->name, ROWS_MAX);
    }
    pthread_rwlock_unlock(&cs->lock);
    return e;
}

// ---- rows ----

static int compare_values(const struct value *a, const struct value *b)
{
    if (a->type == VALUE_NONE || b->type == VALUE_NONE)
        return (a->type == VALUE_NONE) - (b->type == VALUE_NONE);
    if (a->type == VALUE_TEXT)
        return slice_compare(a->text, b->text);
    if (a->type == VALUE_DOUBLE)
        return (a->f64 > b->f64) - (a->f64 < b->f64);
    return (a->i64 > b->i64) - (a->i64 < b->i64);
}

static int compare_rows(const void *x, const void *y, void *context)
{
    const struct metric_row *a = x;
    const struct metric_row *b = y;
    const struct asked *asked = context;
    if (a->time_ms != b->time_ms)
        return a->time_ms < b->time_ms ? -1 : 1;
    for (uint32_t d = 0; d < asked->q->by_count; d++) {
        int order = compare_values(&a->by[d], &b->by[d]);
        if (order)
            return order;
    }
    return 0;
}

static void make_rows(struct asked *a, const struct snapshot *now, const struct cells *sums,
                      struct arena *request, struct metric_answer *out)
{
    const struct table *t = &a->cube->schema->tables[a->cube->decl->table];
    uint32_t dims = a->q->by_count;
    struct metric_row *rows = ARENA_ARRAY(request, struct metric_row, sums->count + 1);
    struct value *values = ARENA_ARRAY(request, struct value, (size_t)sums->count * dims + 1);
    for (uint32_t i = 0; i < sums->count; i++) {
        struct value *by = values + (size_t)i * dims;
        for (uint32_t d = 0; d < dims; d++)
            by[d] = dim_value(&a->cube->dims[a->dims[d]], now, t, cells_codes(sums, i)[d], request);
        rows[i] = (struct metric_row){.time_ms = sums->buckets[i],
                                      .by = by,
                                      .count = (uint64_t)sums->counts[i].count,
                                      .matched = (uint64_t)sums->counts[i].matched};
    }
    qsort_r(rows, sums->count, sizeof *rows, compare_rows, a);
    *out = (struct metric_answer){.metric = a->cube->decl, .rows = rows, .row_count = sums->count};
}

enum err cubes_ask(struct cubes *c, const struct snapshot *now, const struct metric_question *q,
                   struct arena *request, struct metric_answer *out, struct fault *why)
{
    struct asked a;
    enum err e = resolve(c, q, &a, why);
    if (e)
        return e;
    cube_move(c, a.cube, now);
    struct cells sums AUTO(cells_done);
    cells_init(&sums, q->by_count);
    e = add_up(c, &a, &sums, why);
    if (!e)
        make_rows(&a, now, &sums, request, out);
    return e;
}
