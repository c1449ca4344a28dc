// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "base/num.h"
#include "data/schema.h"

#include <math.h>
#include <stdio.h>

// A reply nests three levels where its request nested two, so the writer's depth is
// checked here: a deep request gets an error.
enum { AGG_DEPTH_MAX = 56, META_DEPTH_MAX = 70, TYPED_NAME_BYTES = 600 };

static const struct date_zone *zone_of(struct render *r, const struct agg *a)
{
    return a->kind == AGG_DATE_HISTOGRAM || a->kind == AGG_DATE_RANGE ? render_zone(r, a->time_zone)
                                                                      : date_zone_utc();
}

// A format on numbers; "raw" is Elasticsearch's name for none.
static bool has_number_format(const struct agg *a)
{
    return a->format.len && !slice_is(a->format, "raw");
}

// --- buckets ---------------------------------------------------------------------

static int64_t key_ms(const struct value *v)
{
    return v->type == VALUE_DOUBLE ? (int64_t)v->f64 : v->i64;
}

static double key_number(const struct value *v)
{
    return v->type == VALUE_DOUBLE ? v->f64 : (double)v->i64;
}

static void terms_key(struct render *r, const struct agg *a, const struct bucket *b)
{
    struct json_writer *w = r->json;
    const struct value *v = &b->key;
    bool is_integer = v->type == VALUE_BOOLEAN || v->type == VALUE_DATE || v->type == VALUE_LONG;
    json_key(w, "key");
    if (is_integer)
        json_int(w, v->i64);
    else
        render_value(r, v);
    bool is_number = v->type == VALUE_LONG || v->type == VALUE_DOUBLE;
    if (v->type == VALUE_BOOLEAN) {
        json_key(w, "key_as_string");
        json_text(w, v->i64 ? "true" : "false");
    } else if (v->type == VALUE_DATE) {
        json_key(w, "key_as_string");
        render_date(r, v->i64, a->format, NULL);
    } else if (is_number && has_number_format(a)) {
        json_key(w, "key_as_string");
        render_number(r, key_number(v), a->format);
    }
}

static void date_histogram_key(struct render *r, const struct agg *a, const struct bucket *b)
{
    const struct value *v = &b->key;
    json_key(r->json, "key_as_string");
    render_date(r, key_ms(v), a->format, zone_of(r, a));
    json_key(r->json, "key");
    json_int(r->json, key_ms(v));
}

static void histogram_key(struct render *r, const struct agg *a, const struct bucket *b)
{
    const struct value *v = &b->key;
    if (v->type == VALUE_DATE) {
        json_key(r->json, "key_as_string");
        render_date(r, v->i64, a->format, NULL);
    } else if (v->type == VALUE_BOOLEAN) {
        json_key(r->json, "key_as_string");
        json_text(r->json, v->i64 ? "true" : "false");
    } else if (has_number_format(a)) {
        json_key(r->json, "key_as_string");
        render_number(r, key_number(v), a->format);
    }
    json_key(r->json, "key");
    json_double(r->json, key_number(v));
}

static void range_bound(struct render *r, const struct agg *a, const char *name, double bound)
{
    json_key(r->json, name);
    json_double(r->json, bound);
    bool is_date = a->kind == AGG_DATE_RANGE;
    if (!is_date && !has_number_format(a))
        return;
    char as_string[32];
    snprintf(as_string, sizeof as_string, "%s_as_string", name);
    json_key(r->json, as_string);
    if (is_date)
        render_date(r, (int64_t)bound, a->format, zone_of(r, a));
    else
        render_number(r, bound, a->format);
}

static void range_key(struct render *r, const struct agg *a, const struct bucket *b)
{
    if (!a->keyed) {
        json_key(r->json, "key");
        json_string(r->json, b->key.text);
    }
    if (b->has_from)
        range_bound(r, a, "from", b->from);
    if (b->has_to)
        range_bound(r, a, "to", b->to);
}

// --- one bucket of any kind ---------------------------------------------------------

// Named filters in a list: {"keyed": false}.
static void filters_key(struct render *r, const struct agg *a, const struct bucket *b)
{
    if (!a->filters_keyed || a->keyed)
        return;
    json_key(r->json, "key");
    json_string(r->json, b->key.text);
}

// How a kind prints itself; the table is at the end.
struct shape {
    void (*members)(struct render *r, const struct agg_answer *v);
    // What comes before doc_count in its buckets; NULL for nothing.
    void (*key)(struct render *r, const struct agg *a, const struct bucket *b);
};

static const struct shape *shape_of(const struct agg *a);
static void sub_aggs(struct render *r, const struct agg *a, const struct agg_answer *subs);

static void bucket_rest(struct render *r, const struct agg *a, const struct bucket *b)
{
    json_key(r->json, "doc_count");
    json_uint(r->json, b->doc_count);
    if (a->shows_term_error) {
        json_key(r->json, "doc_count_error_upper_bound");
        json_int(r->json, 0);
    }
    sub_aggs(r, a, b->subs);
    if (b->pipelines && a->pipeline_count)
        render_pipelines(r, a->pipelines, b->pipelines, a->pipeline_count);
}

struct slice render_bucket_name(struct render *r, const struct agg *a, const struct bucket *b)
{
    if (b->key.type == VALUE_TEXT || a->kind == AGG_FILTERS || a->kind == AGG_RANGE ||
        a->kind == AGG_DATE_RANGE)
        return b->key.text;
    buf_reset(&r->scratch);
    enum err e = OK;
    if (a->kind == AGG_DATE_HISTOGRAM)
        e = date_print(&r->scratch, key_ms(&b->key), a->format, zone_of(r, a), &r->why);
    else if (a->kind == AGG_TERMS && b->key.type != VALUE_DOUBLE)
        buf_print(&r->scratch, "%lld", (long long)b->key.i64);
    else
        print_f64(&r->scratch, key_number(&b->key));
    if (e != OK)
        render_fail(r, e);
    return buf_slice(&r->scratch);
}

static bool is_keyed(const struct agg *a)
{
    return a->keyed && (a->kind != AGG_FILTERS || a->filters_keyed);
}

static void buckets(struct render *r, const struct agg_answer *v)
{
    const struct agg *a = v->agg;
    bool keyed = is_keyed(a);
    json_key(r->json, "buckets");
    if (keyed)
        json_object(r->json);
    else
        json_array(r->json);
    for (uint32_t i = 0; i < v->bucket_count; i++) {
        if (keyed)
            json_key_slice(r->json, render_bucket_name(r, a, &v->buckets[i]));
        json_object(r->json);
        if (shape_of(a)->key)
            shape_of(a)->key(r, a, &v->buckets[i]);
        bucket_rest(r, a, &v->buckets[i]);
        json_end(r->json);
    }
    json_end(r->json);
}

// Dates are milliseconds unless the source has a format, booleans are themselves.
static void source_value(struct render *r, const struct agg *source, const struct value *v)
{
    if (v->type == VALUE_NONE)
        json_null(r->json);
    else if (v->type == VALUE_DATE && source->format.len)
        render_date(r, v->i64, source->format,
                    source->time_zone.len ? render_zone(r, source->time_zone) : NULL);
    else if (v->type == VALUE_DATE)
        json_int(r->json, v->i64);
    else
        render_value(r, v);
}

static void composite_key(struct render *r, const struct agg *a, const struct bucket *b,
                          const char *name)
{
    json_key(r->json, name);
    json_object(r->json);
    for (uint32_t i = 0; i < a->source_count; i++) {
        json_key_slice(r->json, a->sources[i].agg->name);
        source_value(r, a->sources[i].agg, &b->keys[i]);
    }
    json_end(r->json);
}

static void composite(struct render *r, const struct agg_answer *v)
{
    const struct agg *a = v->agg;
    if (v->bucket_count)
        composite_key(r, a, &v->buckets[v->bucket_count - 1], "after_key");
    json_key(r->json, "buckets");
    json_array(r->json);
    for (uint32_t i = 0; i < v->bucket_count; i++) {
        json_object(r->json);
        composite_key(r, a, &v->buckets[i], "key");
        bucket_rest(r, a->sources[a->source_count - 1].agg, &v->buckets[i]);
        if (v->buckets[i].pipelines)
            render_pipelines(r, a->pipelines, v->buckets[i].pipelines, a->pipeline_count);
        json_end(r->json);
    }
    json_end(r->json);
}

static void terms(struct render *r, const struct agg_answer *v)
{
    json_key(r->json, "doc_count_error_upper_bound");
    json_int(r->json, 0);
    json_key(r->json, "sum_other_doc_count");
    json_uint(r->json, v->other_count);
    buckets(r, v);
}

static void single(struct render *r, const struct agg_answer *v)
{
    static const struct bucket none = {0};
    bucket_rest(r, v->agg, v->bucket_count ? &v->buckets[0] : &none);
}

// --- metrics --------------------------------------------------------------------

static bool has_text(const struct agg_answer *v)
{
    return v->field_type == FIELD_DATE || v->field_type == FIELD_BOOLEAN ||
           has_number_format(v->agg);
}

// "value_as_string" and its like, for dates, booleans and formatted numbers.
static void metric_text(struct render *r, const struct agg_answer *v, const char *name,
                        double value)
{
    if (!has_text(v))
        return;
    json_key(r->json, name);
    if (v->field_type == FIELD_DATE)
        render_date(r, (int64_t)value, v->agg->format, NULL);
    else if (v->field_type == FIELD_BOOLEAN)
        json_text(r->json, value != 0 ? "true" : "false");
    else
        render_number(r, value, v->agg->format);
}

static double average(const struct agg_answer *v)
{
    return v->sum / (double)v->count;
}

static void one_value(struct render *r, const struct agg_answer *v, double value, bool is_null)
{
    json_key(r->json, "value");
    if (is_null || isnan(value)) { // a floor shows neither smallest nor largest
        json_null(r->json);
        return;
    }
    json_double(r->json, value);
    metric_text(r, v, "value_as_string", value);
}

static void spread_text(struct render *r, const void *context, const char *name, double value)
{
    metric_text(r, context, name, value);
}

static struct spread spread_of(const struct agg_answer *v)
{
    return (struct spread){.count = v->count,
                           .sum = v->sum,
                           .min = v->min,
                           .max = v->max,
                           .squares = v->squares,
                           .sigma = v->agg->sigma,
                           .text = has_text(v) ? spread_text : NULL,
                           .context = v};
}

static void stats(struct render *r, const struct agg_answer *v)
{
    struct spread s = spread_of(v);
    render_stats(r, &s);
}

static void extended_stats(struct render *r, const struct agg_answer *v)
{
    struct spread s = spread_of(v);
    render_extended_stats(r, &s);
}

static void percentile_keyed(struct render *r, const struct agg_answer *v, uint32_t at)
{
    char name[64];
    char as_string[96];
    buf_reset(&r->scratch);
    print_f64(&r->scratch, v->agg->percents[at]);
    snprintf(name, sizeof name, "%.*s", SLICE_PRINT(buf_slice(&r->scratch)));
    json_key(r->json, name);
    json_double(r->json, v->percentiles[at]);
    if (!isfinite(v->percentiles[at]) || v->agg->kind == AGG_PERCENTILE_RANKS)
        return;
    snprintf(as_string, sizeof as_string, "%s_as_string", name);
    metric_text(r, v, as_string, v->percentiles[at]);
}

static void percentile_listed(struct render *r, const struct agg_answer *v, uint32_t at)
{
    json_object(r->json);
    json_key(r->json, "key");
    json_double(r->json, v->agg->percents[at]);
    json_key(r->json, "value");
    json_double(r->json, v->percentiles[at]);
    if (isfinite(v->percentiles[at]) && v->agg->kind == AGG_PERCENTILES)
        metric_text(r, v, "value_as_string", v->percentiles[at]);
    json_end(r->json);
}

static void percentiles(struct render *r, const struct agg_answer *v)
{
    json_key(r->json, "values");
    if (v->agg->keyed)
        json_object(r->json);
    else
        json_array(r->json);
    for (uint32_t i = 0; i < v->agg->percent_count; i++) {
        if (v->agg->keyed)
            percentile_keyed(r, v, i);
        else
            percentile_listed(r, v, i);
    }
    json_end(r->json);
}

static void median_deviation(struct render *r, const struct agg_answer *v)
{
    json_key(r->json, "value");
    json_double(r->json, v->count ? v->deviation : NAN);
}

// --- rows in buckets ---------------------------------------------------------------

static void top_total(struct render *r, uint64_t total)
{
    json_key(r->json, "total");
    if (r->total_as_int) {
        json_uint(r->json, total);
        return;
    }
    json_object(r->json);
    json_key(r->json, "value");
    json_uint(r->json, total);
    json_key(r->json, "relation");
    json_text(r->json, "eq");
    json_end(r->json);
}

// As a search's, of the request that the aggregation holds.
static void top_hits(struct render *r, const struct agg_answer *v)
{
    const struct request *outer = r->request;
    r->request = v->agg->top;
    json_key(r->json, "hits");
    json_object(r->json);
    top_total(r, v->count);
    json_key(r->json, "max_score");
    json_double(r->json, v->hit_count ? v->hits[0].score : NAN);
    json_key(r->json, "hits");
    json_array(r->json);
    for (uint32_t i = 0; i < v->hit_count; i++)
        render_hit(r, &v->hits[i]);
    json_end(r->json);
    json_end(r->json);
    r->request = outer;
}

static void top_metric(struct render *r, const struct hit *h, struct slice name)
{
    json_key_slice(r->json, name);
    for (uint32_t i = 0; i < h->field_count; i++) {
        if (slice_equal(h->fields[i].name, name)) {
            render_value(r, &h->fields[i].value);
            return;
        }
    }
    json_null(r->json);
}

static void top_metrics(struct render *r, const struct agg_answer *v)
{
    const struct request *top = v->agg->top;
    json_key(r->json, "top");
    json_array(r->json);
    for (uint32_t i = 0; i < v->hit_count; i++) {
        json_object(r->json);
        json_key(r->json, "sort");
        json_array(r->json);
        render_formatted(r, &v->hits[i].sort[0], top->sort[0].format);
        json_end(r->json);
        json_key(r->json, "metrics");
        json_object(r->json);
        for (uint32_t f = 0; f < top->field_count; f++)
            top_metric(r, &v->hits[i], top->fields[f].pattern);
        json_end(r->json);
        json_end(r->json);
    }
    json_end(r->json);
}

static void avg(struct render *r, const struct agg_answer *v)
{
    one_value(r, v, v->count ? average(v) : 0, v->count == 0);
}

static void sum(struct render *r, const struct agg_answer *v)
{
    one_value(r, v, v->count ? v->sum : 0, false);
}

static void min(struct render *r, const struct agg_answer *v)
{
    one_value(r, v, v->min, v->count == 0);
}

static void max(struct render *r, const struct agg_answer *v)
{
    one_value(r, v, v->max, v->count == 0);
}

static void value_count(struct render *r, const struct agg_answer *v)
{
    json_key(r->json, "value");
    json_uint(r->json, v->count);
}

static void cardinality(struct render *r, const struct agg_answer *v)
{
    json_key(r->json, "value");
    json_uint(r->json, v->distinct);
}

// --- any aggregation ----------------------------------------------------------------

static const struct shape shapes[AGG_KIND_COUNT] = {
    [AGG_TERMS] = {terms, terms_key},
    [AGG_DATE_HISTOGRAM] = {buckets, date_histogram_key},
    [AGG_HISTOGRAM] = {buckets, histogram_key},
    [AGG_RANGE] = {buckets, range_key},
    [AGG_DATE_RANGE] = {buckets, range_key},
    [AGG_FILTER] = {single, NULL},
    [AGG_FILTERS] = {buckets, filters_key},
    [AGG_MISSING] = {single, NULL},
    [AGG_GLOBAL] = {single, NULL},
    [AGG_COMPOSITE] = {composite, NULL},
    [AGG_AVG] = {avg, NULL},
    [AGG_SUM] = {sum, NULL},
    [AGG_MIN] = {min, NULL},
    [AGG_MAX] = {max, NULL},
    [AGG_VALUE_COUNT] = {value_count, NULL},
    [AGG_STATS] = {stats, NULL},
    [AGG_EXTENDED_STATS] = {extended_stats, NULL},
    [AGG_CARDINALITY] = {cardinality, NULL},
    [AGG_PERCENTILES] = {percentiles, NULL},
    [AGG_PERCENTILE_RANKS] = {percentiles, NULL},
    [AGG_MEDIAN_DEVIATION] = {median_deviation, NULL},
    [AGG_TOP_HITS] = {top_hits, NULL},
    [AGG_TOP_METRICS] = {top_metrics, NULL},
};

static const struct shape *shape_of(const struct agg *a)
{
    return &shapes[a->kind];
}

static const char *terms_type(int field_type)
{
    switch (field_type) {
    case FIELD_KEYWORD:
    case FIELD_PSEUDONYM:
        return "sterms";
    case FIELD_DOUBLE:
        return "dterms";
    case FIELD_LONG:
    case FIELD_INTEGER:
    case FIELD_BOOLEAN:
    case FIELD_DATE:
        return "lterms";
    default:
        return "sterms"; // of a field that is nowhere, too
    }
}

void render_typed_name(struct render *r, const char *type, struct slice name)
{
    if (!r->typed_keys) {
        json_key_slice(r->json, name);
        return;
    }
    struct buf typed = buf_init(TYPED_NAME_BYTES + name.len);
    buf_print(&typed, "%s#", type);
    buf_slice_add(&typed, name);
    json_key_slice(r->json, buf_slice(&typed));
    buf_done(&typed);
}

static void name_of(struct render *r, const struct agg_answer *v)
{
    const char *type = v->agg->type_name;
    if (v->agg->kind == AGG_TERMS)
        type = terms_type(v->field_type);
    else if (v->agg->kind == AGG_PERCENTILES)
        type = "tdigest_percentiles";
    else if (v->agg->kind == AGG_PERCENTILE_RANKS)
        type = "tdigest_percentile_ranks";
    render_typed_name(r, type, v->agg->name);
}

static uint32_t depth_of(const struct json *v)
{
    uint32_t deepest = 0;
    for (uint32_t i = 0; i < v->count; i++) {
        uint32_t depth = depth_of(&v->items[i]);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

static void too_deep(struct render *r)
{
    if (r->failed == OK)
        render_fail(r, fail(&r->why, ERR_LIMIT,
                            "illegal_argument_exception: the reply would be nested too deeply"));
}

void render_meta(struct render *r, const struct json *meta)
{
    if (!meta)
        return;
    if (r->json->depth + depth_of(meta) > META_DEPTH_MAX) {
        too_deep(r);
        return;
    }
    json_key(r->json, "meta");
    json_value(r->json, meta);
}

static void one_agg(struct render *r, const struct agg_answer *v)
{
    if (r->json->depth > AGG_DEPTH_MAX) {
        too_deep(r);
        return;
    }
    name_of(r, v);
    json_object(r->json);
    render_meta(r, v->agg->meta);
    shape_of(v->agg)->members(r, v);
    json_end(r->json);
}

static void sub_aggs(struct render *r, const struct agg *a, const struct agg_answer *subs)
{
    for (uint32_t i = 0; subs && i < a->sub_count; i++)
        one_agg(r, &subs[i]);
}

void render_aggs(struct render *r, const struct answer *a)
{
    json_object(r->json);
    for (uint32_t i = 0; i < a->agg_count; i++)
        one_agg(r, &a->aggs[i]);
    if (a->pipelines)
        render_pipelines(r, r->request->pipelines, a->pipelines, r->request->pipeline_count);
    json_end(r->json);
}
