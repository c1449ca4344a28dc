// SPDX-License-Identifier: Apache-2.0
// What SQLite says to a case, compared with the engine's answer bucket by bucket.
//
// The rows that the query takes become a table `hit`.  Each aggregation becomes a table of
// its own, with the keys of all buckets it is in as k1, k2, ...; a bucket of the answer is
// looked up there by the keys that led to it.
#include "unit/search/differential.h"

#include <math.h>
#include <stdlib.h>

enum { DEPTH_MAX = 8 };

struct key {
    int type; // of SQLite
    int64_t i64;
    double f64;
    const char *text;
    uint64_t rows;
};

struct keys {
    struct key *all;
    uint32_t count, cap;
};

struct checking {
    struct diff *d;
    struct key path[DEPTH_MAX];
    uint32_t table_count;
};

static sqlite3_stmt *prepare(struct diff *d, const char *sql)
{
    sqlite3_stmt *s;
    if (sqlite3_prepare_v2(d->db, sql, -1, &s, NULL) != SQLITE_OK)
        test_fail(__FILE__, __LINE__, "SQLite: %s: %s", sqlite3_errmsg(d->db), sql);
    return s;
}

static bool near(double a, double b)
{
    return a == b || fabs(a - b) <= 1e-9 * fmax(fabs(a), fabs(b)) + 1e-12;
}

// ---- tables ----

static const char *group_of(struct diff *d, uint32_t depth)
{
    const char *list = "";
    for (uint32_t i = 1; i <= depth; i++)
        list = diff_print(d, "%s%sk%u", list, i > 1 ? ", " : "", i);
    return list;
}

// SELECT with the keys of all buckets that `a` is in and then `what`.
static const char *select_of(struct diff *d, const struct diff_agg *a, const char *what)
{
    const char *keys = "";
    const char *from = "hit";
    const char *where = "1";
    for (const struct diff_agg *b = a; b; b = b->up) {
        if (b->kind >= AGG_BUCKET_KINDS)
            continue;
        keys = diff_print(d, "%s AS k%u, %s", b->key, b->depth, keys);
        from = b->from ? diff_print(d, "%s, %s", from, b->from) : from;
        where = b->where ? diff_print(d, "%s AND (%s)", where, b->where) : where;
        where = diff_print(d, "%s AND %s IS NOT NULL", where, b->key);
    }
    return diff_print(d, "SELECT %s%s FROM %s WHERE %s", keys, what, from, where);
}

static const char *where_path(struct diff *d, uint32_t depth)
{
    const char *sql = "1";
    for (uint32_t i = 1; i <= depth; i++)
        sql = diff_print(d, "%s AND k%u IS ?%u", sql, i, i);
    return sql;
}

static void prepare_node(struct checking *c, const struct diff_agg *up, struct diff_agg *a)
{
    struct diff *d = c->d;
    uint32_t table = c->table_count++;
    bool makes_buckets = a->kind < AGG_BUCKET_KINDS;
    uint32_t path = up ? up->depth : 0;
    a->up = up;
    a->depth = path + makes_buckets;
    const char *what =
        makes_buckets ? diff_print(d, "count(*) AS n, %s AS o", a->ordered ? a->ordered : "NULL")
        : a->kind == AGG_PERCENTILES
            ? diff_print(d, "%s AS v", a->key)
            : diff_print(d,
                         "count(%1$s) AS n, total(%1$s) AS s, min(%1$s) AS lo, max(%1$s) AS hi, "
                         "count(DISTINCT %1$s) AS u",
                         a->key);
    const char *group = a->kind == AGG_PERCENTILES || a->depth == 0
                            ? ""
                            : diff_print(d, "GROUP BY %s", group_of(d, a->depth));
    diff_sql(d,
             diff_print(d, "CREATE TEMP TABLE t%u AS %s %s", table, select_of(d, a, what), group));
    if (path)
        diff_sql(d, diff_print(d, "CREATE INDEX temp.t%u_path ON t%u (%s)", table, table,
                               group_of(d, path)));
    const char *columns = makes_buckets ? diff_print(d, "k%u AS k, n, o", a->depth) : "*";
    const char *order = makes_buckets                ? (a->order ? a->order : "k")
                        : a->kind == AGG_PERCENTILES ? "v"
                                                     : "1";
    a->rows = prepare(d, diff_print(d, "SELECT %s FROM t%u WHERE %s ORDER BY %s", columns, table,
                                    where_path(d, path), order));
    for (uint32_t i = 0; i < a->sub_count; i++)
        prepare_node(c, makes_buckets ? a : up, a->subs[i]);
}

static void drop_node(struct diff_agg *a)
{
    sqlite3_finalize(a->rows);
    a->rows = NULL;
    for (uint32_t i = 0; i < a->sub_count; i++)
        drop_node(a->subs[i]);
}

// ---- what must come ----

static void start_rows(const struct checking *c, const struct diff_agg *a)
{
    uint32_t path = a->up ? a->up->depth : 0;
    sqlite3_reset(a->rows);
    for (uint32_t i = 1; i <= path; i++) {
        const struct key *k = &c->path[i];
        if (k->type == SQLITE_TEXT)
            sqlite3_bind_text(a->rows, (int)i, k->text, -1, SQLITE_STATIC);
        else if (k->type == SQLITE_FLOAT)
            sqlite3_bind_double(a->rows, (int)i, k->f64);
        else
            sqlite3_bind_int64(a->rows, (int)i, k->i64);
    }
}

static void add(struct checking *c, struct keys *keys, struct key key)
{
    if (keys->count == keys->cap) {
        uint32_t cap = keys->cap ? 2 * keys->cap : 64;
        struct key *all = ARENA_ARRAY(c->d->arena, struct key, cap);
        if (keys->count)
            memcpy(all, keys->all, keys->count * sizeof *all);
        keys->all = all;
        keys->cap = cap;
    }
    keys->all[keys->count++] = key;
}

static struct keys keys_met(struct checking *c, const struct diff_agg *a)
{
    struct keys keys = {0};
    start_rows(c, a);
    while (sqlite3_step(a->rows) == SQLITE_ROW) {
        struct key k = {.type = sqlite3_column_type(a->rows, 0),
                        .i64 = sqlite3_column_int64(a->rows, 0),
                        .f64 = sqlite3_column_double(a->rows, 0),
                        .rows = (uint64_t)sqlite3_column_int64(a->rows, 1)};
        if (k.type == SQLITE_TEXT)
            k.text = diff_print(c->d, "%s", (const char *)sqlite3_column_text(a->rows, 0));
        add(c, &keys, k);
    }
    return keys;
}

static struct keys numbered(struct checking *c, const struct diff_agg *a, const struct keys *met)
{
    struct keys keys = {0};
    for (uint32_t i = 0; i < a->key_count; i++)
        add(c, &keys, (struct key){.type = SQLITE_INTEGER, .i64 = i});
    for (uint32_t i = 0; i < met->count; i++)
        keys.all[met->all[i].i64].rows = met->all[i].rows;
    return keys;
}

static struct key next_step(const struct diff_steps *s, const struct key *k)
{
    if (s->is_date)
        return (struct key){.type = SQLITE_INTEGER, .i64 = diff_date_next(s, k->i64)};
    double index = diff_step_index(s, k->f64 + s->interval / 2) + 1;
    return (struct key){.type = SQLITE_FLOAT, .f64 = index * s->interval + s->offset};
}

static bool comes_before(const struct diff_steps *s, const struct key *a, const struct key *b)
{
    return s->is_date ? a->i64 < b->i64 : a->f64 < b->f64 - s->interval / 2;
}

static struct keys with_gaps(struct checking *c, const struct diff_agg *a, const struct keys *met)
{
    bool is_down = strcmp(a->order, "k") != 0;
    struct keys up = {0};
    for (uint32_t i = 0; i < met->count; i++) {
        const struct key *k = &met->all[is_down ? met->count - 1 - i : i];
        while (up.count) {
            struct key next = next_step(a->steps, &up.all[up.count - 1]);
            if (!comes_before(a->steps, &next, k))
                break;
            add(c, &up, next);
        }
        add(c, &up, *k);
    }
    for (uint32_t i = 0; is_down && i < up.count / 2; i++) {
        struct key swapped = up.all[i];
        up.all[i] = up.all[up.count - 1 - i];
        up.all[up.count - 1 - i] = swapped;
    }
    return up;
}

static struct keys wanted(struct checking *c, const struct diff_agg *a, uint64_t *others)
{
    struct keys met = keys_met(c, a);
    *others = 0;
    if (a->key_count)
        return numbered(c, a, &met);
    if (a->steps && a->min_doc_count == 0)
        return with_gaps(c, a, &met);
    struct keys out = {0};
    for (uint32_t i = 0; i < met.count; i++) {
        if (met.all[i].rows < a->min_doc_count)
            continue;
        if (a->kind != AGG_TERMS || out.count < a->size)
            add(c, &out, met.all[i]);
        else
            *others += met.all[i].rows;
    }
    return out;
}

// ---- comparing ----

static const char *key_text(struct diff *d, const struct key *k)
{
    return k->type == SQLITE_TEXT    ? k->text
           : k->type == SQLITE_FLOAT ? diff_print(d, "%.17g", k->f64)
                                     : diff_print(d, "%lld", (long long)k->i64);
}

static const char *value_text(struct diff *d, const struct value *v)
{
    return v->type == VALUE_TEXT     ? diff_print(d, "%.*s", SLICE_PRINT(v->text))
           : v->type == VALUE_DOUBLE ? diff_print(d, "%.17g", v->f64)
                                     : diff_print(d, "%lld", (long long)v->i64);
}

static bool is_key(const struct diff_agg *a, const struct key *k, const struct value *v)
{
    if (a->key_count)
        return true; // told by its place
    if (k->type == SQLITE_TEXT)
        return v->type == VALUE_TEXT && slice_is(v->text, k->text);
    return v->type == VALUE_DOUBLE ? near(v->f64, k->f64)
                                   : v->type != VALUE_TEXT && v->i64 == k->i64;
}

static const char *check_numbers(struct checking *c, const struct diff_agg *a,
                                 const struct agg_answer *got)
{
    start_rows(c, a);
    bool has = sqlite3_step(a->rows) == SQLITE_ROW;
    int at = a->up ? (int)a->up->depth : 0;
    uint64_t count = has ? (uint64_t)sqlite3_column_int64(a->rows, at) : 0;
    double sum = has ? sqlite3_column_double(a->rows, at + 1) : 0;
    double min = has ? sqlite3_column_double(a->rows, at + 2) : 0;
    double max = has ? sqlite3_column_double(a->rows, at + 3) : 0;
    uint64_t distinct = has ? (uint64_t)sqlite3_column_int64(a->rows, at + 4) : 0;
    if (a->kind == AGG_CARDINALITY)
        return got->distinct == distinct
                   ? NULL
                   : diff_print(c->d, "%s: %llu different, not %llu", a->name,
                                (unsigned long long)got->distinct, (unsigned long long)distinct);
    bool counts = a->kind == AGG_AVG || a->kind == AGG_VALUE_COUNT || a->kind == AGG_STATS;
    bool sums = a->kind == AGG_AVG || a->kind == AGG_SUM || a->kind == AGG_STATS;
    if ((counts && got->count != count) || (!count != !got->count && a->kind != AGG_SUM) ||
        (sums && !near(got->sum, sum)) ||
        (count && (a->kind == AGG_MIN || a->kind == AGG_STATS) && !near(got->min, min)) ||
        (count && (a->kind == AGG_MAX || a->kind == AGG_STATS) && !near(got->max, max)))
        return diff_print(
            c->d, "%s: count %llu sum %.17g min %.17g max %.17g, not %llu %.17g %.17g %.17g",
            a->name, (unsigned long long)got->count, got->sum, got->min, got->max,
            (unsigned long long)count, sum, min, max);
    return NULL;
}

// The k-th of n values stands at (k - 1/2) / n.
static double percentile(const struct keys *values, double percent)
{
    if (values->count == 0)
        return NAN;
    double rank = percent / 100 * values->count - 0.5;
    if (rank <= 0)
        return values->all[0].f64;
    if (rank >= values->count - 1)
        return values->all[values->count - 1].f64;
    double low = floor(rank);
    const struct key *at = &values->all[(uint32_t)low];
    return at[0].f64 + (rank - low) * (at[1].f64 - at[0].f64);
}

static const char *check_percentiles(struct checking *c, const struct diff_agg *a,
                                     const struct agg_answer *got)
{
    struct keys values = {0};
    start_rows(c, a);
    int at = a->up ? (int)a->up->depth : 0;
    while (sqlite3_step(a->rows) == SQLITE_ROW)
        if (sqlite3_column_type(a->rows, at) != SQLITE_NULL)
            add(c, &values, (struct key){.f64 = sqlite3_column_double(a->rows, at)});
    for (uint32_t i = 0; i < a->percent_count; i++) {
        double right = percentile(&values, a->percents[i]);
        if (isnan(right) != isnan(got->percentiles[i]) ||
            (!isnan(right) && !near(right, got->percentiles[i])))
            return diff_print(c->d, "%s: percentile %g is %.17g, not %.17g", a->name,
                              a->percents[i], got->percentiles[i], right);
    }
    return NULL;
}

static const char *check_agg(struct checking *c, const struct diff_agg *a,
                             const struct agg_answer *got);

static const char *check_bucket(struct checking *c, const struct diff_agg *a, const struct key *k,
                                const struct bucket *got)
{
    if (!is_key(a, k, &got->key) || got->doc_count != k->rows)
        return diff_print(c->d, "%s: bucket %s of %llu, not %s of %llu", a->name,
                          value_text(c->d, &got->key), (unsigned long long)got->doc_count,
                          key_text(c->d, k), (unsigned long long)k->rows);
    c->path[a->depth] = *k;
    for (uint32_t i = 0; i < a->sub_count; i++) {
        const char *wrong = check_agg(c, a->subs[i], &got->subs[i]);
        if (wrong)
            return diff_print(c->d, "%s[%s] %s", a->name, key_text(c->d, k), wrong);
    }
    return NULL;
}

static const char *check_agg(struct checking *c, const struct diff_agg *a,
                             const struct agg_answer *got)
{
    if (a->kind == AGG_PERCENTILES)
        return check_percentiles(c, a, got);
    if (a->kind >= AGG_BUCKET_KINDS)
        return check_numbers(c, a, got);
    uint64_t others;
    struct keys right = wanted(c, a, &others);
    for (uint32_t i = 0; i < right.count && i < got->bucket_count; i++) {
        const char *wrong = check_bucket(c, a, &right.all[i], &got->buckets[i]);
        if (wrong)
            return diff_print(c->d, "%u: %s", i, wrong);
    }
    if (got->bucket_count != right.count || (a->kind == AGG_TERMS && got->other_count != others))
        return diff_print(c->d, "%s: %u buckets and %llu others, not %u and %llu", a->name,
                          got->bucket_count, (unsigned long long)got->other_count, right.count,
                          (unsigned long long)others);
    return NULL;
}

// ---- rows ----

static bool is_sort_value(sqlite3_stmt *s, const struct value *v)
{
    int type = sqlite3_column_type(s, 0);
    if (type == SQLITE_NULL)
        return v->type == VALUE_NONE;
    struct key k = {
        .type = type, .i64 = sqlite3_column_int64(s, 0), .f64 = sqlite3_column_double(s, 0)};
    if (type == SQLITE_TEXT)
        k.text = (const char *)sqlite3_column_text(s, 0);
    return is_key(&(struct diff_agg){0}, &k, v);
}

// Rows with equal sort values may come in any order; the row of a hit must have its value.
static const char *check_hit(struct checking *c, const struct diff_case *asked,
                             const struct hit *hit, uint32_t at)
{
    struct diff *d = c->d;
    if (d->asks == ASKS_BOTH)
        return NULL; // keys of two tables
    sqlite3_stmt *s = prepare(d, diff_print(d, "SELECT %s FROM hit WHERE key = %llu",
                                            asked->sort_sql, (unsigned long long)hit->key.lo));
    bool is_right = sqlite3_step(s) == SQLITE_ROW && is_sort_value(s, &hit->sort[0]);
    sqlite3_finalize(s);
    return is_right ? NULL
                    : diff_print(d, "hit %u: row %llu has not the value %s", at,
                                 (unsigned long long)hit->key.lo, value_text(d, &hit->sort[0]));
}

static const char *check_hits(struct checking *c, const struct diff_case *asked,
                              const struct answer *got)
{
    struct diff *d = c->d;
    const char *wrong = NULL;
    uint32_t at = 0;
    sqlite3_stmt *s =
        prepare(d, diff_print(d, "SELECT %s FROM hit ORDER BY %s LIMIT %u OFFSET %u",
                              asked->sort_sql, asked->sort_order, asked->size, asked->from));
    while (!wrong && sqlite3_step(s) == SQLITE_ROW) {
        if (at == got->hit_count)
            wrong = diff_print(d, "%u hits are too few", at);
        else if (!is_sort_value(s, &got->hits[at].sort[0]))
            wrong =
                diff_print(d, "hit %u: %s instead of %s", at, value_text(d, &got->hits[at].sort[0]),
                           (const char *)sqlite3_column_text(s, 0));
        else
            wrong = check_hit(c, asked, &got->hits[at], at);
        at++;
    }
    sqlite3_finalize(s);
    return wrong || at == got->hit_count ? wrong
                                         : diff_print(d, "%u hits, not %u", got->hit_count, at);
}

static const char *check_all(struct checking *c, const struct diff_case *asked,
                             const struct answer *a)
{
    struct diff *d = c->d;
    sqlite3_stmt *s = prepare(d, "SELECT count(*) FROM hit");
    EXPECT_EQ(sqlite3_step(s), SQLITE_ROW);
    uint64_t total = (uint64_t)sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    if (a->total != total)
        return diff_print(d, "%llu rows, not %llu", (unsigned long long)a->total,
                          (unsigned long long)total);
    for (uint32_t i = 0; i < asked->agg_count; i++) {
        const char *wrong = check_agg(c, asked->aggs[i], &a->aggs[i]);
        if (wrong)
            return wrong;
    }
    return asked->sort_sql ? check_hits(c, asked, a) : NULL;
}

const char *diff_check(struct diff *d, const struct diff_case *asked, const struct answer *a)
{
    struct checking c = {.d = d};
    diff_sql(d, diff_print(d, "CREATE TEMP TABLE hit AS SELECT * FROM asks_%u WHERE %s", d->asks,
                           asked->filter.sql));
    for (uint32_t i = 0; i < asked->agg_count; i++)
        prepare_node(&c, NULL, asked->aggs[i]);
    const char *wrong = check_all(&c, asked, a);
    for (uint32_t i = 0; i < asked->agg_count; i++)
        drop_node(asked->aggs[i]);
    for (uint32_t i = 0; i < c.table_count; i++)
        diff_sql(d, diff_print(d, "DROP TABLE t%u", i));
    diff_sql(d, "DROP TABLE hit");
    return wrong;
}
