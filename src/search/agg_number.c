// SPDX-License-Identifier: Apache-2.0
#include "search/agg_number.h"

#include "base/num.h"

#include <math.h>

static double average(const struct agg_answer *a)
{
    return a->count ? a->sum / (double)a->count : NAN;
}

static bool of_stats(const struct agg_answer *a, struct slice name, double *out)
{
    if (slice_is(name, "count"))
        *out = (double)a->count;
    else if (slice_is(name, "sum"))
        *out = a->count ? a->sum : 0;
    else if (slice_is(name, "avg"))
        *out = average(a);
    else if (slice_is(name, "min"))
        *out = a->count ? a->min : NAN;
    else if (slice_is(name, "max"))
        *out = a->count ? a->max : NAN;
    else
        return false;
    return true;
}

bool spread_number(const struct agg_spread *s, struct slice name, double *out)
{
    double all = fmax(s->squares - s->sum * s->sum / (double)s->count, 0);
    double variance = s->count ? all / (double)s->count : NAN;
    double sampled = s->count > 1 ? all / (double)(s->count - 1) : NAN;
    double average = s->count ? s->sum / (double)s->count : NAN;
    if (isnan(s->squares))
        variance = sampled = NAN;

    const struct {
        const char *name;
        double value;
    } numbers[] = {
        {"sum_of_squares", s->count ? s->squares : NAN},
        {"variance", variance},
        {"variance_population", variance},
        {"variance_sampling", sampled},
        {"std_deviation", sqrt(variance)},
        {"std_deviation_population", sqrt(variance)},
        {"std_deviation_sampling", sqrt(sampled)},
        {"std_upper", average + s->sigma * sqrt(variance)},
        {"std_lower", average - s->sigma * sqrt(variance)},
    };

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (!slice_is(name, numbers[i].name))
            continue;
        *out = numbers[i].value;
        return true;
    }
    return false;
}

static bool of_percentiles(const struct agg_answer *a, struct slice name, double *out)
{
    double percent = 0;
    if (parse_f64(name, &percent))
        return false;
    for (uint32_t i = 0; i < a->agg->percent_count; i++) {
        if (a->agg->percents[i] != percent)
            continue;
        *out = a->percentiles[i];
        return true;
    }
    return false;
}

// Of the first row: a field's number.
static bool of_top(const struct agg_answer *a, struct slice name, double *out)
{
    const struct request *top = a->agg->top;
    bool is_asked = false;
    for (uint32_t i = 0; i < top->field_count; i++)
        is_asked |= slice_equal(top->fields[i].pattern, name);
    *out = NAN;
    for (uint32_t i = 0; a->hit_count && i < a->hits[0].field_count; i++) {
        const struct hit_field *f = &a->hits[0].fields[i];
        if (!slice_equal(f->name, name))
            continue;
        bool is_whole = f->value.type == VALUE_LONG || f->value.type == VALUE_DATE ||
                        f->value.type == VALUE_BOOLEAN;
        if (is_whole)
            *out = (double)f->value.i64;
        else if (f->value.type == VALUE_DOUBLE)
            *out = f->value.f64;
    }
    return is_asked;
}

static bool of_extended_stats(const struct agg_answer *a, struct slice name, double *out)
{
    return of_stats(a, name, out) ||
           spread_number(&(struct agg_spread){a->count, a->sum, a->squares, a->agg->sigma}, name,
                         out);
}

bool agg_number(const struct agg_answer *a, struct slice name, double *out)
{
    static const char *const own[AGG_KIND_COUNT] = {
        [AGG_AVG] = "avg", [AGG_SUM] = "sum",           [AGG_MIN] = "min",
        [AGG_MAX] = "max", [AGG_VALUE_COUNT] = "count",
    };
    bool is_only = name.len == 0 || slice_is(name, "value");
    if (a->agg->kind == AGG_STATS)
        return of_stats(a, name, out);
    if (a->agg->kind == AGG_EXTENDED_STATS)
        return of_extended_stats(a, name, out);
    if (a->agg->kind == AGG_TOP_METRICS)
        return of_top(a, name, out);
    if (a->agg->kind == AGG_MEDIAN_DEVIATION && is_only) {
        *out = a->deviation;
        return true;
    }
    if (a->agg->kind == AGG_PERCENTILES || a->agg->kind == AGG_PERCENTILE_RANKS)
        return of_percentiles(a, name, out);
    if (a->agg->kind == AGG_CARDINALITY && is_only) {
        *out = (double)a->distinct;
        return true;
    }
    return own[a->agg->kind] && is_only && of_stats(a, slice_text(own[a->agg->kind]), out);
}
