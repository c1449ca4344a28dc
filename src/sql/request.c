// SPDX-License-Identifier: Apache-2.0
#include "sql/request.h"

#include "sql/filter.h"

#include <stdio.h>

// ---- the query ----

static enum err write_query(const struct sql_ask *a, struct json_writer *w, struct fault *why)
{
    const struct expr *where = a->plan->where;
    enum err e = OK;
    if (!where && !a->filter)
        return OK;
    json_key(w, "query");
    if (where && !a->filter)
        return filter_write(where, a->how, w, why);
    if (!where) {
        json_value(w, a->filter);
        return OK;
    }
    json_object(w);
    json_key(w, "bool");
    json_object(w);
    json_key(w, "filter");
    json_array(w);
    json_value(w, a->filter);
    e = filter_write(where, a->how, w, why);
    if (e)
        return e;
    json_end(w);
    json_end(w);
    json_end(w);
    return OK;
}

static enum err write_conditions(const struct sql_ask *a, const struct plan_agg *agg, bool are_not,
                                 struct json_writer *w, struct fault *why)
{
    enum err e = OK;
    json_key(w, are_not ? "must_not" : "filter");
    json_array(w);
    for (uint32_t i = 0; i < agg->condition_count && !e; i++)
        if (agg->conditions[i].is_not == are_not)
            e = filter_write(agg->conditions[i].expr, a->how, w, why);
    if (!e)
        json_end(w);
    return e;
}

static enum err write_agg_filter(const struct sql_ask *a, const struct plan_agg *agg,
                                 struct json_writer *w, struct fault *why)
{
    uint32_t nots = 0;
    for (uint32_t i = 0; i < agg->condition_count; i++)
        nots += agg->conditions[i].is_not;
    json_object(w);
    json_key(w, "bool");
    json_object(w);
    enum err e = OK;
    if (nots < agg->condition_count)
        e = write_conditions(a, agg, false, w, why);
    if (!e && nots)
        e = write_conditions(a, agg, true, w, why);
    if (e)
        return e;
    json_end(w);
    json_end(w);
    return OK;
}

// ---- aggregations ----

static const char *agg_name(enum plan_agg_kind kind)
{
    static const char *const names[] = {[AGG_OF_ROWS] = "",
                                        [AGG_OF_VALUES] = "value_count",
                                        [AGG_OF_SUM] = "sum",
                                        [AGG_OF_AVERAGE] = "avg",
                                        [AGG_OF_MIN] = "min",
                                        [AGG_OF_MAX] = "max",
                                        [AGG_OF_FIRST_TEXT] = "terms",
                                        [AGG_OF_LAST_TEXT] = "terms",
                                        [AGG_OF_DISTINCT] = "cardinality",
                                        [AGG_OF_PERCENTILE] = "percentiles",
                                        [AGG_OF_DEVIATION] = "extended_stats"};
    return names[kind];
}

static void write_metric(const struct plan_agg *agg, struct json_writer *w)
{
    json_key(w, agg_name(agg->kind));
    json_object(w);
    json_key(w, "field");
    json_string(w, agg->field);
    if (agg->kind == AGG_OF_PERCENTILE) {
        json_key(w, "percents");
        json_array(w);
        json_double(w, agg->percent);
        json_end(w);
    }
    if (agg->kind == AGG_OF_FIRST_TEXT || agg->kind == AGG_OF_LAST_TEXT) {
        json_key(w, "size");
        json_int(w, 1);
        json_key(w, "order");
        json_object(w);
        json_key(w, "_key");
        json_text(w, agg->kind == AGG_OF_FIRST_TEXT ? "asc" : "desc");
        json_end(w);
    }
    json_end(w);
}

static bool is_asked(const struct plan_agg *agg)
{
    return agg->kind != AGG_OF_ROWS || agg->condition_count > 0;
}

static enum err write_agg(const struct sql_ask *a, const struct plan_agg *agg,
                          struct json_writer *w, struct fault *why)
{
    json_object(w);
    if (agg->condition_count == 0) {
        write_metric(agg, w);
        json_end(w);
        return OK;
    }
    json_key(w, "filter");
    enum err e = write_agg_filter(a, agg, w, why);
    if (e)
        return e;
    if (agg->kind != AGG_OF_ROWS) {
        json_key(w, "aggs");
        json_object(w);
        json_key(w, "value");
        json_object(w);
        write_metric(agg, w);
        json_end(w);
        json_end(w);
    }
    json_end(w);
    return OK;
}

static enum err write_aggs(const struct sql_ask *a, struct json_writer *w, struct fault *why)
{
    enum err e = OK;
    bool any = false;
    for (uint32_t i = 0; i < a->plan->agg_count && !e; i++) {
        char name[16];
        if (!is_asked(&a->plan->aggs[i]))
            continue;
        if (!any) {
            json_key(w, "aggs");
            json_object(w);
            any = true;
        }
        snprintf(name, sizeof name, "a%u", i);
        json_key(w, name);
        e = write_agg(a, &a->plan->aggs[i], w, why);
    }
    if (any && !e)
        json_end(w);
    return e;
}

// ---- groups ----

static void write_interval(const struct sql_ask *a, const struct plan_source *s,
                           struct json_writer *w)
{
    static const char *const units[] = {
        [DATE_SECOND] = "1s", [DATE_MINUTE] = "1m", [DATE_HOUR] = "1h",    [DATE_DAY] = "1d",
        [DATE_WEEK] = "1w",   [DATE_MONTH] = "1M",  [DATE_QUARTER] = "1q", [DATE_YEAR] = "1y"};
    if (s->kind == SOURCE_HISTOGRAM) {
        json_key(w, "interval");
        json_double(w, s->interval);
        return;
    }
    json_key(w, s->kind == SOURCE_FIXED ? "fixed_interval" : "calendar_interval");
    if (s->kind == SOURCE_FIXED)
        json_print(w, "%lldms", (long long)s->interval_ms);
    else
        json_text(w, units[s->unit]);
    if (a->time_zone.len) {
        json_key(w, "time_zone");
        json_string(w, a->time_zone);
    }
}

static void write_source(const struct sql_ask *a, uint32_t i, struct json_writer *w)
{
    static const char *const kinds[] = {[SOURCE_TERMS] = "terms",
                                        [SOURCE_HISTOGRAM] = "histogram",
                                        [SOURCE_CALENDAR] = "date_histogram",
                                        [SOURCE_FIXED] = "date_histogram"};
    const struct plan_source *s = &a->plan->sources[i];
    char name[16];
    snprintf(name, sizeof name, "g%u", i);
    json_object(w);
    json_key(w, name);
    json_object(w);
    json_key(w, kinds[s->kind]);
    json_object(w);
    json_key(w, "field");
    json_string(w, s->field);
    if (s->kind != SOURCE_TERMS)
        write_interval(a, s, w);
    json_key(w, "missing_bucket");
    json_truth(w, true);
    json_key(w, "missing_order");
    json_text(w, s->nulls_first ? "first" : "last");
    json_key(w, "order");
    json_text(w, s->descending ? "desc" : "asc");
    json_end(w);
    json_end(w);
    json_end(w);
}

static void write_after(const struct sql_ask *a, struct json_writer *w)
{
    json_key(w, "after");
    json_object(w);
    for (uint32_t i = 0; i < a->plan->source_count && i < a->position->count; i++) {
        char name[16];
        snprintf(name, sizeof name, "g%u", i);
        json_key(w, name);
        json_value(w, &a->position->items[i]);
    }
    json_end(w);
}

static enum err write_groups(const struct sql_ask *a, struct json_writer *w, struct fault *why)
{
    json_key(w, "aggs");
    json_object(w);
    json_key(w, "groups");
    json_object(w);
    json_key(w, "composite");
    json_object(w);
    json_key(w, "size");
    json_uint(w, a->size);
    json_key(w, "sources");
    json_array(w);
    for (uint32_t i = 0; i < a->plan->source_count; i++)
        write_source(a, i, w);
    json_end(w);
    if (a->position)
        write_after(a, w);
    json_end(w);
    enum err e = write_aggs(a, w, why);
    if (e)
        return e;
    json_end(w);
    json_end(w);
    return OK;
}

// ---- rows ----

static void write_fields(const struct sql_ask *a, struct json_writer *w)
{
    json_key(w, "_source");
    json_truth(w, false);
    json_key(w, "fields");
    json_array(w);
    for (uint32_t i = 0; i < a->plan->column_count; i++) {
        json_object(w);
        json_key(w, "field");
        json_string(w, a->table->columns[a->plan->columns[i]].name);
        json_end(w);
    }
    json_end(w);
}

// Rows that are equal in everything else come in the order they lie in, so each has one place.
static void write_sort(const struct sql_ask *a, struct json_writer *w)
{
    json_key(w, "sort");
    json_array(w);
    for (uint32_t i = 0; i < a->plan->order_count; i++) {
        const struct plan_order *o = &a->plan->orders[i];
        const struct sql_column *c = &a->table->columns[o->column];
        json_object(w);
        json_key_slice(w, c->name);
        json_object(w);
        json_key(w, "order");
        json_text(w, o->descending ? "desc" : "asc");
        json_key(w, "missing");
        json_text(w, o->nulls_first ? "_first" : "_last");
        json_key(w, "unmapped_type");
        json_text(w, sql_type_is_time(c->type) ? "date" : sql_type_name(c->type));
        json_end(w);
        json_end(w);
    }
    json_object(w);
    json_key(w, "_doc");
    json_object(w);
    json_key(w, "order");
    json_text(w, "asc");
    json_end(w);
    json_end(w);
    json_end(w);
    if (a->position) {
        json_key(w, "search_after");
        json_value(w, a->position);
    }
}

static bool needs_total(const struct plan *plan)
{
    for (uint32_t i = 0; i < plan->agg_count; i++)
        if (plan->source_count == 0 && !is_asked(&plan->aggs[i]))
            return true;
    return false;
}

enum err request_write(const struct sql_ask *a, struct buf *out, struct fault *why)
{
    struct json_writer w = json_writer_to(out);
    bool is_rows = a->plan->kind == PLAN_ROWS;
    json_object(&w);
    json_key(&w, "size");
    json_uint(&w, is_rows ? a->size : 0);
    json_key(&w, "track_total_hits");
    json_truth(&w, needs_total(a->plan));
    enum err e = write_query(a, &w, why);
    if (e)
        return e;
    if (is_rows) {
        write_fields(a, &w);
        write_sort(a, &w);
    } else if (a->plan->source_count) {
        e = write_groups(a, &w, why);
    } else {
        e = write_aggs(a, &w, why);
    }
    if (e)
        return e;
    json_end(&w);
    return buf_end(out, why);
}
