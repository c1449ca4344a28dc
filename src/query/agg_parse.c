// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "query/pipeline_private.h"

// Of one request: each may be computed for every bucket.
enum { AGG_COUNT_MAX = 1024 };

static const struct agg_form *const forms[AGG_KIND_COUNT] = {
    [AGG_TERMS] = &agg_form_terms,
    [AGG_DATE_HISTOGRAM] = &agg_form_date_histogram,
    [AGG_HISTOGRAM] = &agg_form_histogram,
    [AGG_RANGE] = &agg_form_range,
    [AGG_DATE_RANGE] = &agg_form_date_range,
    [AGG_FILTER] = &agg_form_filter,
    [AGG_FILTERS] = &agg_form_filters,
    [AGG_MISSING] = &agg_form_missing,
    [AGG_GLOBAL] = &agg_form_global,
    [AGG_COMPOSITE] = &agg_form_composite,
    [AGG_AVG] = &agg_form_avg,
    [AGG_SUM] = &agg_form_sum,
    [AGG_MIN] = &agg_form_min,
    [AGG_MAX] = &agg_form_max,
    [AGG_VALUE_COUNT] = &agg_form_value_count,
    [AGG_STATS] = &agg_form_stats,
    [AGG_EXTENDED_STATS] = &agg_form_extended_stats,
    [AGG_CARDINALITY] = &agg_form_cardinality,
    [AGG_PERCENTILES] = &agg_form_percentiles,
    [AGG_PERCENTILE_RANKS] = &agg_form_percentile_ranks,
    [AGG_MEDIAN_DEVIATION] = &agg_form_median_deviation,
    [AGG_TOP_HITS] = &agg_form_top_hits,
    [AGG_TOP_METRICS] = &agg_form_top_metrics,
};

enum err agg_take_param(struct agg_parser *p, const struct agg_form *form, struct slice key,
                        const struct json *v, struct agg *out)
{
    for (const struct agg_param *param = form->params; param->name; param++) {
        if (slice_is(key, param->name))
            return param->take(p, key, v, out);
    }
    return form_unknown(&p->form, key, v);
}

static enum err read_kind(struct agg_parser *p, const struct agg_form *form, const struct json *v,
                          struct agg *out)
{
    if (v->type != JSON_OBJECT)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Expected [START_OBJECT] under [%s], but got a [%s] in [%.*s]",
                           form->name, json_token_name(v), SLICE_PRINT(p->name));
    p->form.thing = form->name;
    out->kind = form->kind;
    out->type_name = form->name;
    if (form->start)
        form->start(out);
    if (form->whole)
        return form->whole(p, slice_text(form->name), v, out);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = agg_take_param(p, form, v->keys[i], &v->items[i], out);
        if (e)
            return e;
    }
    return form->finish ? form->finish(p, v, out) : OK;
}

static enum err take_kind(struct agg_parser *p, struct slice type, const struct json *v,
                          struct agg *out)
{
    if (out->type_name)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Found two aggregation type definitions in [%.*s]: [%s] and [%.*s]",
                           SLICE_PRINT(p->name), out->type_name, SLICE_PRINT(type));
    for (size_t i = 0; i < AGG_KIND_COUNT; i++) {
        if (slice_is(type, forms[i]->name))
            return read_kind(p, forms[i], v, out);
    }
    return form_refuse(&p->form, v, "parsing_exception", "Unknown aggregation type [%.*s]",
                       SLICE_PRINT(type));
}

static bool is_subs(struct slice key)
{
    return slice_is(key, "aggs") || slice_is(key, "aggregations");
}

static enum err read_all(struct agg_parser *p, const struct json *v, struct agg_level *out);

static enum err take_member(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out, struct agg_level *out_below)
{
    if (slice_is(key, "meta")) {
        if (v->type != JSON_OBJECT)
            return form_wrong_type(&p->form, key, v);
        out->meta = v;
        return OK;
    }
    if (!is_subs(key))
        return take_kind(p, key, v, out);
    if (out_below->aggs)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Found two sub aggregation definitions under [%.*s]",
                           SLICE_PRINT(p->name));
    struct slice name = p->name;
    struct slice parent = p->parent;
    p->parent = name;
    enum err e = read_all(p, v, out_below);
    out->subs = out_below->aggs;
    out->sub_count = out_below->agg_count;
    out->pipelines = out_below->pipelines;
    out->pipeline_count = out_below->pipeline_count;
    p->name = name;
    p->parent = parent;
    return e;
}

static enum err check_whole(struct agg_parser *p, const struct json *v, const struct agg *a)
{
    if (!a->type_name)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Missing definition for aggregation [%.*s]", SLICE_PRINT(p->name));
    if (a->sub_count + a->pipeline_count > 0 && a->kind >= AGG_BUCKET_KINDS)
        return fail(p->form.why, ERR_INVALID,
                    "aggregation_initialization_exception: Aggregator [%.*s] of type [%s] cannot "
                    "accept sub-aggregations",
                    SLICE_PRINT(p->name), a->type_name);
    if (a->kind == AGG_GLOBAL && p->depth > 1)
        return fail(p->form.why, ERR_INVALID,
                    "aggregation_execution_exception: Aggregation [%.*s] cannot have a global "
                    "sub-aggregation [%.*s]. Global aggregations can only be defined as top level "
                    "aggregations",
                    SLICE_PRINT(p->parent), SLICE_PRINT(p->name));
    return OK;
}

static bool is_name(struct slice name)
{
    for (size_t i = 0; i < name.len; i++) {
        if (name.at[i] == '[' || name.at[i] == ']' || name.at[i] == '>')
            return false;
    }
    return name.len > 0;
}

static enum err check_name(struct agg_parser *p, struct slice name, const struct json *v)
{
    if (!is_name(name))
        return form_refuse(&p->form, v, "parsing_exception",
                           "Invalid aggregation name [%.*s]. Aggregation names can contain any "
                           "character except '[', ']', and '>'",
                           SLICE_PRINT(name));
    if (v->type != JSON_OBJECT)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Aggregation definition for [%.*s] starts with a [%s], expected a "
                           "[START_OBJECT].",
                           SLICE_PRINT(name), json_token_name(v));
    return OK;
}

static enum err read_one(struct agg_parser *p, struct slice name, const struct json *v,
                         struct agg *out)
{
    struct agg_level below = {0};
    p->name = name;
    out->name = name;
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = take_member(p, v->keys[i], &v->items[i], out, &below);
        if (e)
            return e;
    }
    enum err e = check_whole(p, v, out);
    if (!e)
        e = pipelines_tie(p, out, &below);
    if (!e && forms[out->kind]->complete)
        forms[out->kind]->complete(p, out);
    return e;
}

static enum err check_count(struct agg_parser *p, const struct json *v)
{
    if (v->type != JSON_OBJECT)
        return form_refuse(&p->form, v, "parsing_exception",
                           "Expected [START_OBJECT] under [aggs], but got a [%s]",
                           json_token_name(v));
    if (p->depth == LIMIT_QUERY_DEPTH)
        return fail(p->form.why, ERR_INVALID,
                    "illegal_argument_exception: aggregations are nested more than [%d] deep",
                    LIMIT_QUERY_DEPTH);
    p->total += v->count < AGG_COUNT_MAX ? v->count : AGG_COUNT_MAX;
    if (p->total >= AGG_COUNT_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "a request may hold fewer than [%d] aggregations", AGG_COUNT_MAX);
    return OK;
}

static uint32_t count_pipelines(const struct json *v)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < v->count; i++)
        count += pipeline_is(&v->items[i]);
    return count;
}

static enum err read_all(struct agg_parser *p, const struct json *v, struct agg_level *out)
{
    enum err e = check_count(p, v);
    if (e)
        return e;
    uint32_t pipelines = count_pipelines(v);
    struct agg *aggs = ARENA_ARRAY(p->form.request, struct agg, v->count - pipelines + 1);
    out->aggs = aggs;
    out->pipelines = ARENA_ARRAY(p->form.request, struct pipeline, pipelines + 1);
    p->depth++;
    for (uint32_t i = 0; i < v->count && !e; i++) {
        e = check_name(p, v->keys[i], &v->items[i]);
        p->name = v->keys[i];
        if (!e && pipeline_is(&v->items[i]))
            e = pipeline_read(p, &v->items[i], &out->pipelines[out->pipeline_count++]);
        else if (!e)
            e = read_one(p, v->keys[i], &v->items[i], &aggs[out->agg_count++]);
    }
    p->depth--;
    return e;
}

enum err form_aggs(const struct form *f, const struct json *v, struct agg_level *out)
{
    struct agg_parser p = {.form = *f};
    p.form.thing = "aggs";
    enum err e = read_all(&p, v, out);
    return e ? e : pipelines_tie(&p, NULL, out);
}

enum err agg_parse(const struct json *v, struct arena *request, struct agg_level *out,
                   struct fault *why)
{
    uint32_t clauses = FORM_CLAUSES_MAX;
    struct form f = {.request = request, .why = why, .clauses_left = &clauses};
    *out = (struct agg_level){0};
    return form_aggs(&f, v, out);
}
