// SPDX-License-Identifier: Apache-2.0
// Random aggregations: trees of them, each both as Elasticsearch's JSON and as SQL.
#include "base/date.h"
#include "unit/search/differential.h"

#include <stdlib.h>

static bool has_exact_sums(const struct diff *d, const struct diff_field *f)
{
    return f->type != FIELD_DATE && (f->column != E_SCORE || d->shape.score_unit == 0.125);
}

static const char *with_missing(struct diff *d, struct diff_agg *a)
{
    struct diff_literal v = diff_literal(d, a->field);
    a->params = diff_print(d, "%s,\"missing\":%s", a->params, v.json);
    return diff_print(d, "ifnull(%s, %s)", a->field->sql, v.sql);
}

// ---- numbers ----

static const struct {
    enum agg_kind kind;
    const char *type, *sql; // SQL over the value, NULL where it cannot order
    const char *none;       // of no values at all
} numbers[] = {
    {AGG_AVG, "avg", "avg", "NULL"},
    {AGG_SUM, "sum", "total", "0"},
    {AGG_MIN, "min", "min", "9e999"},
    {AGG_MAX, "max", "max", "-9e999"},
    {AGG_VALUE_COUNT, "value_count", "count", "0"},
    {AGG_STATS, "stats", NULL, NULL},
    {AGG_CARDINALITY, "cardinality", NULL, NULL},
    {AGG_PERCENTILES, "percentiles", NULL, NULL},
};

static void make_number(struct diff *d, struct diff_agg *a)
{
    uint32_t i = diff_below(d, sizeof numbers / sizeof *numbers);
    a->kind = numbers[i].kind;
    a->type = numbers[i].type;
    bool takes_texts = a->kind == AGG_VALUE_COUNT || a->kind == AGG_CARDINALITY;
    a->field = diff_field(d, takes_texts ? DIFF_ANY : DIFF_NUMBERS | DIFF_DATES | DIFF_BOOLEANS);
    a->params = diff_print(d, "\"field\":\"%s\"", a->field->name);
    a->key = a->field->sql;
    bool can_miss = a->field->type != FIELD_PSEUDONYM && a->field->type != FIELD_BOOLEAN &&
                    a->field->type != FIELD_DATE;
    if (can_miss && diff_one_in(d, 6))
        a->key = with_missing(d, a);
    if (numbers[i].sql && has_exact_sums(d, a->field))
        a->number = diff_print(d, "ifnull(%s(%s), %s)", numbers[i].sql, a->key, numbers[i].none);
    if (a->kind == AGG_PERCENTILES) {
        static const double any[] = {0, 1, 25, 50, 75, 95, 99.9, 100};
        a->percent_count = 1 + diff_below(d, 4);
        const char *list = "";
        for (uint32_t p = 0; p < a->percent_count; p++) {
            a->percents[p] = any[diff_below(d, 2) + 2 * p];
            list = diff_print(d, "%s%s%g", list, p ? "," : "", a->percents[p]);
        }
        a->params = diff_print(d, "%s,\"percents\":[%s]", a->params, list);
    }
}

// ---- terms ----

static void order_terms(struct diff *d, struct diff_agg *a)
{
    const char *direction = diff_one_in(d, 2) ? "desc" : "asc";
    const char *by = NULL;
    a->order = "n DESC, k";
    switch (diff_below(d, 6)) {
    case 0:
        by = "_key";
        a->order = diff_print(d, "k %s", direction);
        break;
    case 1:
        by = "_count";
        a->order = diff_print(d, "n %s, k", direction);
        break;
    case 2:
    case 3:
        for (uint32_t i = 0; i < a->sub_count && !by; i++) {
            by = a->subs[i]->number ? a->subs[i]->name : NULL;
            a->ordered = a->subs[i]->number;
        }
        if (by)
            a->order = diff_print(d, "o IS NULL, o %s, k", direction);
        break;
    default:
        break;
    }
    if (by)
        a->params = diff_print(d, "%s,\"order\":{\"%s\":\"%s\"}", a->params, by, direction);
}

static const char *list_of(struct diff *d, struct diff_agg *a, const char *name)
{
    uint32_t count = 1 + diff_below(d, 5);
    const char *json = "";
    const char *sql = "";
    for (uint32_t i = 0; i < count; i++) {
        struct diff_literal v = diff_literal(d, a->field);
        json = diff_print(d, "%s%s%s", json, i ? "," : "", v.json);
        sql = diff_print(d, "%s%s%s", sql, i ? "," : "", v.sql);
    }
    a->params = diff_print(d, "%s,\"%s\":[%s]", a->params, name, json);
    return sql;
}

static void make_terms(struct diff *d, struct diff_agg *a)
{
    a->kind = AGG_TERMS;
    a->type = "terms";
    a->field = diff_field(d, DIFF_ANY);
    static const uint32_t sizes[] = {1, 3, 10, 10, 100, 1000};
    a->size = sizes[diff_below(d, 6)];
    a->min_doc_count = diff_one_in(d, 5) ? 2 + diff_below(d, 5) : 1;
    a->params = diff_print(d, "\"field\":\"%s\",\"size\":%u,\"min_doc_count\":%llu", a->field->name,
                           a->size, (unsigned long long)a->min_doc_count);
    a->key = a->field->sql;
    bool is_plain = a->field->type == FIELD_KEYWORD || a->field->type == FIELD_LONG;
    if (is_plain && diff_one_in(d, 6))
        a->key = with_missing(d, a);
    if (a->field->type == FIELD_KEYWORD && diff_one_in(d, 6))
        a->where = diff_print(d, "%s IN (%s)", a->key, list_of(d, a, "include"));
    else if (a->field->type == FIELD_KEYWORD && diff_one_in(d, 6))
        a->where = diff_print(d, "%s NOT IN (%s)", a->key, list_of(d, a, "exclude"));
    order_terms(d, a);
}

// ---- histograms ----

static struct diff_steps *new_steps(struct diff *d)
{
    struct diff_steps *s = &d->steps[d->step_count % DIFF_STEPS_MAX];
    *s = (struct diff_steps){.unit = -1};
    return s;
}

static void finish_steps(struct diff *d, struct diff_agg *a, double buckets)
{
    a->key = diff_print(d, "step(%u, %s)", d->step_count++ % DIFF_STEPS_MAX, a->field->sql);
    a->min_doc_count = diff_below(d, 3);
    if (buckets > 3000)
        a->min_doc_count = 1;
    a->order = "k";
    a->params =
        diff_print(d, "%s,\"min_doc_count\":%llu", a->params, (unsigned long long)a->min_doc_count);
    if (diff_one_in(d, 4)) {
        a->order = "k DESC";
        a->params = diff_print(d, "%s,\"order\":{\"_key\":\"desc\"}", a->params);
    }
}

static void make_date_histogram(struct diff *d, struct diff_agg *a)
{
    static const char *const units[] = {"second", "minute", "hour",    "day",
                                        "week",   "month",  "quarter", "year"};
    static const int64_t unit_ms[] = {
        1000,         60000,           3600000,         86400000,
        7 * 86400000, 28LL * 86400000, 90LL * 86400000, 365LL * 86400000};

    static const struct {
        const char *text;
        int64_t ms;
    } fixed[] = {{"10s", 10000},    {"1m", 60000},     {"90m", 5400000},
                 {"1h", 3600000},   {"12h", 43200000}, {"1d", 86400000},
                 {"7d", 604800000}, {"250ms", 250},    {"30d", 2592000000}};
    struct diff_steps *s = new_steps(d);
    s->is_date = true;
    s->zone = diff_one_in(d, 2) ? 0 : (int)diff_below(d, DIFF_ZONES);
    a->kind = AGG_DATE_HISTOGRAM;
    a->type = "date_histogram";
    a->field = diff_field(d, DIFF_DATES);
    const char *interval;
    int64_t step;
    if (diff_one_in(d, 3)) {
        uint32_t i = diff_below(d, sizeof fixed / sizeof *fixed);
        s->fixed_ms = step = fixed[i].ms;
        if (!diff_zone_is_even(s->zone) && step != 3600000)
            s->zone = 1;
        interval = diff_print(d, "\"fixed_interval\":\"%s\"", fixed[i].text);
    } else {
        s->unit = (int)diff_below(d, 8);
        step = unit_ms[s->unit];
        interval = diff_print(d, "\"calendar_interval\":\"%s\"", units[s->unit]);
    }
    a->params = diff_print(d, "\"field\":\"%s\",%s", a->field->name, interval);
    if (s->zone || diff_one_in(d, 4))
        a->params = diff_print(d, "%s,\"time_zone\":\"%s\"", a->params, diff_zones[s->zone]);
    a->steps = s;
    finish_steps(d, a, (double)d->shape.span_ms / (double)step);
}

static void make_histogram(struct diff *d, struct diff_agg *a)
{
    static const double intervals[] = {0.5, 1, 5, 100, 1000, 0x1p20, 0x1p31};
    struct diff_steps *s = new_steps(d);
    a->kind = AGG_HISTOGRAM;
    a->type = "histogram";
    a->field = diff_field(d, DIFF_NUMBERS);
    s->interval = intervals[diff_below(d, sizeof intervals / sizeof *intervals)];
    s->offset = diff_one_in(d, 3) ? s->interval / 4 : 0;
    a->params = diff_print(d, "\"field\":\"%s\",\"interval\":%.17g", a->field->name, s->interval);
    if (s->offset != 0)
        a->params = diff_print(d, "%s,\"offset\":%.17g", a->params, s->offset);
    a->steps = s;
    double span = a->field->column == E_LATENCY
                      ? (double)(d->shape.latency_max - d->shape.latency_min)
                      : 2000;
    finish_steps(d, a, span / s->interval);
}

// ---- ranges ----

static int by_number(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

// A table of the numbers of buckets, which a row is joined with for each that takes it.
static void number_buckets(struct diff *d, struct diff_agg *a, uint32_t alias)
{
    const char *sql = "(SELECT 0 AS i";
    for (uint32_t i = 1; i < a->key_count; i++)
        sql = diff_print(d, "%s UNION ALL SELECT %u", sql, i);
    a->from = diff_print(d, "%s) AS f%u", sql, alias);
    a->key = diff_print(d, "f%u.i", alias);
}

// Stretches in the order of their beginnings, the first without one; they may overlap.
static void make_range(struct diff *d, struct diff_agg *a)
{
    uint32_t alias = d->alias_count++;
    a->field = diff_field(d, DIFF_NUMBERS | DIFF_DATES);
    bool is_date = a->field->type == FIELD_DATE;
    a->kind = is_date ? AGG_DATE_RANGE : AGG_RANGE;
    a->type = is_date ? "date_range" : "range";
    a->key_count = 1 + diff_below(d, 5);
    double from[6];
    for (uint32_t i = 0; i <= a->key_count; i++)
        from[i] = strtod(diff_literal(d, a->field).sql, NULL);
    qsort(from, a->key_count + 1, sizeof *from, by_number);
    for (uint32_t i = 1; i <= a->key_count; i++)
        from[i] = from[i] <= from[i - 1] ? from[i - 1] + 1 : from[i];
    const char *json = "";
    const char *sql = "0";
    for (uint32_t i = 0; i < a->key_count; i++) {
        double to = from[i + 1] + (diff_one_in(d, 3) ? (from[i + 1] - from[i]) * 2 : 0);
        to = is_date ? (double)(int64_t)to : to;
        const char *low = i ? diff_print(d, "\"from\":%.17g", from[i]) : "";
        bool has_end = i + 1 < a->key_count || diff_one_in(d, 2) || i == 0;
        const char *high = has_end ? diff_print(d, "\"to\":%.17g", to) : "";
        json =
            diff_print(d, "%s%s{%s%s%s}", json, i ? "," : "", low, *low && *high ? "," : "", high);
        sql = diff_print(d, "%s OR (f%u.i = %u AND %s >= %.17g AND %s < %.17g)", sql, alias, i,
                         a->field->sql, i ? from[i] : -1e300, a->field->sql, has_end ? to : 1e300);
    }
    a->params = diff_print(d, "\"field\":\"%s\",\"ranges\":[%s]", a->field->name, json);
    number_buckets(d, a, alias);
    a->where = sql;
}

// ---- filters ----

static void make_filter(struct diff *d, struct diff_agg *a)
{
    struct diff_filter f = diff_filter(d, 1);
    a->kind = AGG_FILTER;
    a->type = "filter";
    a->params = f.json;
    a->key_count = 1;
    a->where = f.sql;
    a->key = "0";
    a->number = diff_print(d, "total(%s)", f.sql);
}

static void make_missing(struct diff *d, struct diff_agg *a)
{
    a->kind = AGG_MISSING;
    a->type = "missing";
    a->field = diff_field(d, DIFF_ANY);
    a->params = diff_print(d, "\"field\":\"%s\"", a->field->name);
    a->key_count = 1;
    a->where = diff_print(d, "%s IS NULL", a->field->sql);
    a->key = "0";
    a->number = diff_print(d, "total(%s)", a->where);
}

static void make_filters(struct diff *d, struct diff_agg *a)
{
    uint32_t alias = d->alias_count++;
    uint32_t count = 1 + diff_below(d, 3);
    bool has_others = diff_one_in(d, 2);
    const char *json = "";
    const char *sql = "0";
    const char *any = "0";
    for (uint32_t i = 0; i < count; i++) {
        struct diff_filter f = diff_filter(d, 1);
        json = diff_print(d, "%s%s%s", json, i ? "," : "", f.json);
        sql = diff_print(d, "%s OR (f%u.i = %u AND %s)", sql, alias, i, f.sql);
        any = diff_print(d, "%s OR %s", any, f.sql);
    }
    a->kind = AGG_FILTERS;
    a->type = "filters";
    a->params = diff_print(d, "\"filters\":[%s]", json);
    a->key_count = count;
    if (has_others) {
        a->params = diff_print(d, "%s,\"other_bucket_key\":\"rest\"", a->params);
        sql = diff_print(d, "%s OR (f%u.i = %u AND NOT (%s))", sql, alias, count, any);
        a->key_count++;
    }
    number_buckets(d, a, alias);
    a->where = sql;
}

// ---- trees ----

static void make_buckets(struct diff *d, struct diff_agg *a)
{
    switch (diff_below(d, 12)) {
    case 0:
    case 1:
    case 2:
        make_date_histogram(d, a);
        break;
    case 3:
        make_histogram(d, a);
        break;
    case 4:
        make_range(d, a);
        break;
    case 5:
        make_filter(d, a);
        break;
    case 6:
        make_filters(d, a);
        break;
    case 7:
        make_missing(d, a);
        break;
    default:
        make_terms(d, a);
        break;
    }
}

struct diff_agg *diff_agg(struct diff *d, uint32_t depth, bool is_top)
{
    struct diff_agg *a = arena_alloc(d->arena, sizeof *a);
    bool has_dates = d->asks != ASKS_DEVICES;
    uint32_t subs = depth > 1 ? diff_below(d, DIFF_SUBS_MAX + 1) : 0;
    for (uint32_t i = 0; i < subs; i++) {
        struct diff_agg *sub = diff_agg(d, depth - 1, false);
        sub->name = diff_print(d, "%s%u", sub->kind < AGG_BUCKET_KINDS ? "b" : "m", i);
        a->subs[a->sub_count++] = sub;
    }
    a->name = "a";
    if (a->sub_count == 0 && diff_one_in(d, is_top ? 4 : 2))
        make_number(d, a);
    else if (has_dates)
        make_buckets(d, a);
    else
        make_terms(d, a);
    return a;
}

static const char *aggs_json(struct diff *d, struct diff_agg *const *aggs, uint32_t count)
{
    const char *json = "";
    for (uint32_t i = 0; i < count; i++) {
        const struct diff_agg *a = aggs[i];
        const char *params = a->kind == AGG_FILTER ? a->params : diff_print(d, "{%s}", a->params);
        const char *subs =
            a->sub_count ? diff_print(d, ",\"aggs\":{%s}", aggs_json(d, a->subs, a->sub_count))
                         : "";
        json = diff_print(d, "%s%s\"%s\":{\"%s\":%s%s}", json, i ? "," : "", a->name, a->type,
                          params, subs);
    }
    return json;
}

const char *diff_case_json(struct diff *d, const struct diff_case *c)
{
    const char *sort = c->sort_json ? diff_print(d, ",\"sort\":[%s]", c->sort_json) : "";
    const char *aggs =
        c->agg_count ? diff_print(d, ",\"aggs\":{%s}", aggs_json(d, c->aggs, c->agg_count)) : "";
    return diff_print(d, "{\"from\":%u,\"size\":%u,\"track_total_hits\":true,\"query\":%s%s%s}",
                      c->from, c->size, c->filter.json, sort, aggs);
}
