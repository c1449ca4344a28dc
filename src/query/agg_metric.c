// SPDX-License-Identifier: Apache-2.0
#include "query/agg_private.h"

#include <stdlib.h>

enum { PERCENTS_MAX = 1000, PRECISION_DEFAULT = 3000, PRECISION_MAX = 40000 };

static const struct agg_param params[] = {
    {"field", agg_take_field},   {"missing", agg_take_missing},    {"format", agg_take_format},
    {"script", agg_take_script}, {"value_type", agg_take_ignored}, {NULL, NULL},
};

#define METRIC(variable, text, of_kind) \
    const struct agg_form variable = {  \
        .name = (text), .kind = (of_kind), .params = params, .finish = agg_needs_field}

METRIC(agg_form_avg, "avg", AGG_AVG);
METRIC(agg_form_sum, "sum", AGG_SUM);
METRIC(agg_form_min, "min", AGG_MIN);
METRIC(agg_form_max, "max", AGG_MAX);
METRIC(agg_form_value_count, "value_count", AGG_VALUE_COUNT);
METRIC(agg_form_stats, "stats", AGG_STATS);

enum { SIGMA_DEFAULT = 2 };

static enum err take_sigma(struct agg_parser *p, struct slice key, const struct json *v,
                           struct agg *out)
{
    enum err e = form_f64(&p->form, key, v, &out->sigma);
    if (!e && !(out->sigma >= 0))
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[sigma] must be greater than or equal to 0. Found [%g] in [%.*s]",
                           out->sigma, SLICE_PRINT(p->name));
    return e;
}

static void start_extended_stats(struct agg *out)
{
    out->sigma = SIGMA_DEFAULT;
}

static const struct agg_param extended_stats_params[] = {
    {"field", agg_take_field},
    {"missing", agg_take_missing},
    {"format", agg_take_format},
    {"script", agg_take_script},
    {"sigma", take_sigma},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_extended_stats = {.name = "extended_stats",
                                                 .kind = AGG_EXTENDED_STATS,
                                                 .params = extended_stats_params,
                                                 .start = start_extended_stats,
                                                 .finish = agg_needs_field};

static enum err take_precision(struct agg_parser *p, struct slice key, const struct json *v,
                               struct agg *out)
{
    uint32_t wanted = 0;
    enum err e = agg_count(p, key, v, 0, &wanted);
    if (!e)
        out->precision_threshold = wanted < PRECISION_MAX ? wanted : PRECISION_MAX;
    return e;
}

static void start_cardinality(struct agg *out)
{
    out->precision_threshold = PRECISION_DEFAULT;
}

static const struct agg_param cardinality_params[] = {
    {"field", agg_take_field},
    {"missing", agg_take_missing},
    {"precision_threshold", take_precision},
    {"script", agg_take_script},
    {"execution_hint", agg_take_ignored},
    {"rehash", agg_take_ignored},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_cardinality = {.name = "cardinality",
                                              .kind = AGG_CARDINALITY,
                                              .params = cardinality_params,
                                              .start = start_cardinality,
                                              .finish = agg_needs_field};

static int by_value(const void *a, const void *b)
{
    const double *x = a;
    const double *y = b;
    return (*x > *y) - (*x < *y);
}

static enum err take_percents(struct agg_parser *p, struct slice key, const struct json *v,
                              struct agg *out)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    if (v->count == 0 || v->count > PERCENTS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[percents] must hold 1 to %d values: [%.*s]", PERCENTS_MAX,
                           SLICE_PRINT(p->name));
    double *percents = ARENA_ARRAY(p->form.request, double, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = form_f64(&p->form, key, &v->items[i], &percents[i]);
        if (e)
            return e;
        if (percents[i] < 0 || percents[i] > 100)
            return form_refuse(&p->form, &v->items[i], "illegal_argument_exception",
                               "percent must be in [0,100]: [%.*s]", SLICE_PRINT(p->name));
    }
    qsort(percents, v->count, sizeof *percents, by_value);
    out->percents = percents;
    out->percent_count = v->count;
    return OK;
}

static void start_percentiles(struct agg *out)
{
    static const double defaults[] = {1, 5, 25, 50, 75, 95, 99};
    out->percents = defaults;
    out->percent_count = sizeof defaults / sizeof *defaults;
    out->keyed = true;
}

static const struct agg_param percentiles_params[] = {
    {"field", agg_take_field},
    {"missing", agg_take_missing},
    {"format", agg_take_format},
    {"percents", take_percents},
    {"keyed", agg_take_keyed},
    {"script", agg_take_script},
    {"tdigest", agg_take_ignored},
    {"hdr", agg_take_ignored},
    {"compression", agg_take_ignored},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_percentiles = {.name = "percentiles",
                                              .kind = AGG_PERCENTILES,
                                              .params = percentiles_params,
                                              .start = start_percentiles,
                                              .finish = agg_needs_field};

static enum err take_values(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out)
{
    if (v->type != JSON_ARRAY)
        return form_wrong_type(&p->form, key, v);
    if (v->count == 0 || v->count > PERCENTS_MAX)
        return form_refuse(&p->form, v, "illegal_argument_exception",
                           "[values] must hold 1 to %d values: [%.*s]", PERCENTS_MAX,
                           SLICE_PRINT(p->name));
    double *values = ARENA_ARRAY(p->form.request, double, v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        enum err e = form_f64(&p->form, key, &v->items[i], &values[i]);
        if (e)
            return e;
    }
    qsort(values, v->count, sizeof *values, by_value);
    out->percents = values;
    out->percent_count = v->count;
    return OK;
}

static void start_percentile_ranks(struct agg *out)
{
    out->keyed = true;
}

static enum err finish_percentile_ranks(struct agg_parser *p, const struct json *v, struct agg *out)
{
    if (out->percent_count == 0)
        return form_refuse(&p->form, v, "illegal_argument_exception", "Required [values]");
    return agg_needs_field(p, v, out);
}

static const struct agg_param percentile_ranks_params[] = {
    {"field", agg_take_field},        {"missing", agg_take_missing},
    {"format", agg_take_format},      {"values", take_values},
    {"keyed", agg_take_keyed},        {"script", agg_take_script},
    {"tdigest", agg_take_ignored},    {"hdr", agg_take_ignored},
    {"value_type", agg_take_ignored}, {NULL, NULL},
};

const struct agg_form agg_form_percentile_ranks = {.name = "percentile_ranks",
                                                   .kind = AGG_PERCENTILE_RANKS,
                                                   .params = percentile_ranks_params,
                                                   .start = start_percentile_ranks,
                                                   .finish = finish_percentile_ranks};

static const struct agg_param median_deviation_params[] = {
    {"field", agg_take_field},
    {"missing", agg_take_missing},
    {"format", agg_take_format},
    {"script", agg_take_script},
    {"compression", agg_take_ignored},
    {"value_type", agg_take_ignored},
    {NULL, NULL},
};

const struct agg_form agg_form_median_deviation = {.name = "median_absolute_deviation",
                                                   .kind = AGG_MEDIAN_DEVIATION,
                                                   .params = median_deviation_params,
                                                   .finish = agg_needs_field};
