// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "metric/cube_private.h"
#include "metric/cube_sum.h"

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

static struct cube *find_cube(struct cubes *cs, struct slice name)
{
    for (uint32_t i = 0; i < cs->schema->metric_count; i++)
        if (slice_is(name, cs->schema->metrics[i].name))
            return &cs->all[i];
    return NULL;
}

static enum err resolve(struct cube *c, const struct metric_question *q, struct asked *out,
                        struct fault *why)
{
    const struct metric_decl *m = c->decl;
    *out = (struct asked){.cube = c, .q = q, .from = INT64_MIN, .to = INT64_MAX};
    if (q->every_ms < 0 || q->every_ms % m->every_ms)
        return fail(why, ERR_INVALID,
                    "metric %s is kept in steps of %lld ms; a question's must be a multiple",
                    m->name, (long long)m->every_ms);
    if (q->by_count > METRIC_DIMS_MAX)
        return fail(why, ERR_INVALID, "metric %s: more than %d values to break down by", m->name,
                    METRIC_DIMS_MAX);
    if (q->has_from)
        out->from = levels_floor(q->from_ms, m->every_ms);
    if (q->has_to)
        out->to = levels_floor(q->to_ms, m->every_ms) + (q->to_ms % m->every_ms != 0);
    for (uint32_t i = 0; i < q->by_count; i++) {
        enum err e = find_by(m, q->by[i], &out->dims[i], why);
        if (e)
            return e;
    }
    return OK;
}

// ---- adding up ----

static enum err add_up(struct cubes *cs, const struct snapshot *now, const struct asked *a,
                       struct sums *to, struct fault *why)
{
    const struct metric_decl *m = a->cube->decl;
    struct levels_walk walk = {.levels = &a->cube->levels,
                               .from = a->from,
                               .to = a->to,
                               .unit = a->q->every_ms / m->every_ms};
    enum err e = OK;
    pthread_rwlock_rdlock(&cs->lock);
    if (cs->version != snapshot_version(now) || !cube_is_settled(a->cube, a->dims, a->q->by_count))
        e = fail(why, ERR_UNAVAILABLE,
                 "metric %s: rows change faster than they are counted; ask again", m->name);
    else if (a->cube->is_unread)
        e = fail(why, ERR_CORRUPT,
                 "metric %s: rows could not be read from disk; `tamis status` names the file",
                 m->name);
    else if (a->cube->is_over)
        e = fail(why, ERR_LIMIT, "metric %s has more than %d combinations of values in time",
                 m->name, CELLS_MAX);
    else if (!sums_add(to, &walk))
        e = fail(why, ERR_LIMIT,
                 "metric %s: more than %d rows; ask for less time, or break down by less", m->name,
                 ROWS_MAX);
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

struct group {
    const struct value *by;
    uint32_t number; // in the sums
    uint32_t dims;
};

static int compare_groups(const void *x, const void *y)
{
    const struct group *a = x;
    const struct group *b = y;
    for (uint32_t d = 0; d < a->dims; d++) {
        int order = compare_values(&a->by[d], &b->by[d]);
        if (order)
            return order;
    }
    return 0;
}

// Values of every group, ordered.
static struct group *make_groups(const struct asked *a, const struct snapshot *now,
                                 const struct combos *groups, struct arena *request)
{
    const struct table *t = &a->cube->schema->tables[a->cube->decl->table];
    uint32_t dims = a->q->by_count;
    struct group *out = ARENA_ARRAY(request, struct group, groups->count + 1);
    struct value *by = ARENA_ARRAY(request, struct value, (size_t)groups->count * dims + 1);
    for (uint32_t i = 0; i < groups->count; i++, by += dims) {
        for (uint32_t d = 0; d < dims; d++)
            by[d] =
                dim_value(&a->cube->dims[a->dims[d]], now, t, combos_codes(groups, i)[d], request);
        out[i] = (struct group){.by = by, .number = i, .dims = dims};
    }
    qsort(out, groups->count, sizeof *out, compare_groups);
    return out;
}

// Where the rows of each group begin, were the rows ordered by group.
static uint32_t *group_starts(const struct sums *sums, const struct group *groups,
                              struct arena *request)
{
    uint32_t *starts = ARENA_ARRAY(request, uint32_t, sums->groups.count + 1);
    for (uint32_t i = 0; i < sums->row_count; i++)
        starts[sums->rows[i].group]++;
    uint32_t at = 0;
    for (uint32_t i = 0; i < sums->groups.count; i++) {
        uint32_t count = starts[groups[i].number];
        starts[groups[i].number] = at;
        at += count;
    }
    return starts;
}

// Rows come by time; the values are brought in order by counting, first all rows by group,
// then these by time again.
static void make_rows(const struct asked *a, const struct snapshot *now, const struct sums *sums,
                      struct arena *request, struct metric_answer *out)
{
    const struct group *groups = make_groups(a, now, &sums->groups, request);
    const struct value **by = ARENA_ARRAY(request, const struct value *, sums->groups.count + 1);
    for (uint32_t i = 0; i < sums->groups.count; i++)
        by[groups[i].number] = groups[i].by;
    uint32_t *next = group_starts(sums, groups, request);
    uint32_t *by_group = ARENA_ARRAY(request, uint32_t, sums->row_count + 1);
    uint32_t *next_of_run = ARENA_ARRAY(request, uint32_t, sums->row_count + 1);
    for (uint32_t i = sums->row_count; i-- > 0;)
        next_of_run[sums->rows[i].run] = i;
    for (uint32_t i = 0; i < sums->row_count; i++)
        by_group[next[sums->rows[i].group]++] = i;
    struct metric_row *rows = ARENA_ARRAY(request, struct metric_row, sums->row_count + 1);
    for (uint32_t i = 0; i < sums->row_count; i++) {
        const struct sum_row *r = &sums->rows[by_group[i]];
        rows[next_of_run[r->run]++] =
            (struct metric_row){.time_ms = (int64_t)((uint64_t)r->at * (uint64_t)a->q->every_ms),
                                .by = by[r->group],
                                .count = (uint64_t)r->by.count,
                                .matched = (uint64_t)r->by.matched};
    }
    *out =
        (struct metric_answer){.metric = a->cube->decl, .rows = rows, .row_count = sums->row_count};
}

enum err cubes_ask(struct cubes *c, const struct snapshot *now, const struct metric_question *q,
                   struct arena *request, struct metric_answer *out, struct fault *why)
{
    struct asked a;
    struct cube *cube = find_cube(c, q->metric);
    if (!cube)
        return unknown_metric(c, q->metric, why);
    enum err e = resolve(cube, q, &a, why);
    if (e)
        return e;
    cube_move_for(c, cube, now, a.dims, q->by_count);
    struct sums sums AUTO(sums_done);
    sums_init(&sums, a.dims, q->by_count, ROWS_MAX);
    e = add_up(c, now, &a, &sums, why);
    if (!e)
        make_rows(&a, now, &sums, request, out);
    return e;
}
