// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "base/num.h"

#include <math.h>
#include <stdio.h>

enum { NAME_BYTES = 96 };

static bool has_format(const struct pipeline *p)
{
    return p->format.len && !slice_is(p->format, "raw");
}

static void number(struct render *r, const struct pipeline *p, const char *name, double value)
{
    char as_string[NAME_BYTES];
    json_key(r->json, name);
    if (!isfinite(value)) {
        json_null(r->json);
        return;
    }
    json_double(r->json, value);
    if (!has_format(p))
        return;
    snprintf(as_string, sizeof as_string, "%s_as_string", name);
    json_key(r->json, as_string);
    render_number(r, value, p->format);
}

static void one(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    number(r, p, "value", a->value);
}

static void derivative(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    one(r, p, a);
    if (p->unit_ms)
        number(r, p, "normalized_value", a->normalized);
}

static void extreme(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    one(r, p, a);
    json_key(r->json, "keys");
    json_array(r->json);
    for (uint32_t i = 0; i < a->spread->extreme_count; i++)
        json_string(r->json, render_bucket_name(r, a->spread->agg, a->spread->extremes[i]));
    json_end(r->json);
}

static void text_of(struct render *r, const void *context, const char *name, double value)
{
    const struct pipeline *p = context;
    json_key(r->json, name);
    render_number(r, value, p->format);
}

static struct spread spread_of(const struct pipeline *p, const struct pipeline_answer *a)
{
    return (struct spread){.count = a->spread->count,
                           .sum = a->spread->sum,
                           .min = a->spread->min,
                           .max = a->spread->max,
                           .squares = a->spread->squares,
                           .sigma = p->sigma,
                           .text = has_format(p) ? text_of : NULL,
                           .context = p};
}

static void stats(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    struct spread s = spread_of(p, a);
    render_stats(r, &s);
}

static void extended(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    struct spread s = spread_of(p, a);
    render_extended_stats(r, &s);
}

static void percentile(struct render *r, const struct pipeline *p, double percent, double value)
{
    char name[NAME_BYTES];
    if (!p->keyed) {
        json_object(r->json);
        json_key(r->json, "key");
        json_double(r->json, percent);
        number(r, p, "value", value);
        json_end(r->json);
        return;
    }
    buf_reset(&r->scratch);
    print_f64(&r->scratch, percent);
    snprintf(name, sizeof name, "%.*s", SLICE_PRINT(buf_slice(&r->scratch)));
    number(r, p, name, value);
}

static void percentiles(struct render *r, const struct pipeline *p, const struct pipeline_answer *a)
{
    json_key(r->json, "values");
    if (p->keyed)
        json_object(r->json);
    else
        json_array(r->json);
    for (uint32_t i = 0; i < p->percent_count; i++)
        percentile(r, p, p->percents[i], a->spread->percentiles[i]);
    json_end(r->json);
}

static const struct {
    const char *type; // of typed_keys
    void (*members)(struct render *r, const struct pipeline *p, const struct pipeline_answer *a);
} shapes[PIPELINE_KIND_COUNT] = {
    [PIPELINE_DERIVATIVE] = {"derivative", derivative},
    [PIPELINE_CUMULATIVE_SUM] = {"simple_value", one},
    [PIPELINE_SERIAL_DIFF] = {"simple_value", one},
    [PIPELINE_MOVING_FN] = {"simple_value", one},
    [PIPELINE_MOVING_AVG] = {"simple_value", one},
    [PIPELINE_BUCKET_SCRIPT] = {"simple_value", one},
    [PIPELINE_AVG_BUCKET] = {"simple_value", one},
    [PIPELINE_SUM_BUCKET] = {"simple_value", one},
    [PIPELINE_MIN_BUCKET] = {"bucket_metric_value", extreme},
    [PIPELINE_MAX_BUCKET] = {"bucket_metric_value", extreme},
    [PIPELINE_STATS_BUCKET] = {"stats_bucket", stats},
    [PIPELINE_EXTENDED_STATS_BUCKET] = {"extended_stats_bucket", extended},
    [PIPELINE_PERCENTILES_BUCKET] = {"percentiles_bucket", percentiles},
};

void render_pipelines(struct render *r, const struct pipeline *pipelines,
                      const struct pipeline_answer *answers, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct pipeline *p = &pipelines[i];
        if (!answers[i].is_shown)
            continue;
        render_typed_name(r, shapes[p->kind].type, p->name);
        json_object(r->json);
        render_meta(r, p->meta);
        shapes[p->kind].members(r, p, &answers[i]);
        json_end(r->json);
    }
}
