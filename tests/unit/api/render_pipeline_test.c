// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "test.h"

#include <math.h>

static bool prints(const struct pipeline *p, const struct pipeline_answer *a, bool typed,
                   const char *want)
{
    static const struct request q = {0};
    struct buf out AUTO(buf_donep) = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, &q);
    r.typed_keys = typed;
    json_object(&w);
    render_pipelines(&r, p, a, 1);
    json_end(&w);
    return render_end(&r, NULL) == OK && slice_is(buf_slice(&out), want);
}

TEST(render_pipeline_prints_a_value_null_or_nothing)
{
    struct pipeline p = {.name = slice_text("x"), .kind = PIPELINE_CUMULATIVE_SUM};
    struct pipeline_answer a = {.is_shown = true, .value = 2};
    EXPECT(prints(&p, &a, false, "{\"x\":{\"value\":2.0}}"));
    EXPECT(prints(&p, &a, true, "{\"simple_value#x\":{\"value\":2.0}}"));
    p.format = slice_text("0.00");
    EXPECT(prints(&p, &a, false, "{\"x\":{\"value\":2.0,\"value_as_string\":\"2.00\"}}"));
    a.value = NAN;
    EXPECT(prints(&p, &a, false, "{\"x\":{\"value\":null}}"));
    a.is_shown = false;
    EXPECT(prints(&p, &a, false, "{}"));
}

TEST(render_pipeline_prints_derivatives_by_their_unit)
{
    const struct pipeline p = {
        .name = slice_text("x"), .kind = PIPELINE_DERIVATIVE, .unit_ms = 1000};
    const struct pipeline_answer a = {.is_shown = true, .value = 4, .normalized = 0.5};
    EXPECT(prints(&p, &a, true, "{\"derivative#x\":{\"value\":4.0,\"normalized_value\":0.5}}"));
}

TEST(render_pipeline_prints_the_keys_of_the_largest)
{
    const struct agg terms = {.kind = AGG_TERMS};
    const struct bucket b[] = {{.key = {.type = VALUE_TEXT, .text = slice_text("k")}},
                               {.key = {.type = VALUE_LONG, .i64 = 7}}};
    const struct bucket *const extremes[] = {&b[0], &b[1]};
    const struct pipeline_spread s = {.agg = &terms, .extremes = extremes, .extreme_count = 2};
    const struct pipeline p = {.name = slice_text("x"), .kind = PIPELINE_MAX_BUCKET};
    const struct pipeline_answer a = {.is_shown = true, .value = 3, .spread = &s};
    EXPECT(
        prints(&p, &a, true, "{\"bucket_metric_value#x\":{\"value\":3.0,\"keys\":[\"k\",\"7\"]}}"));
}

TEST(render_pipeline_prints_percentiles_as_map_or_list)
{
    const double percents[] = {50};
    const double values[] = {2};
    const struct pipeline_spread s = {.count = 1, .percentiles = values};
    struct pipeline p = {.name = slice_text("x"),
                         .kind = PIPELINE_PERCENTILES_BUCKET,
                         .percents = percents,
                         .percent_count = 1,
                         .keyed = true};
    const struct pipeline_answer a = {.is_shown = true, .spread = &s};
    EXPECT(prints(&p, &a, false, "{\"x\":{\"values\":{\"50.0\":2.0}}}"));
    p.keyed = false;
    EXPECT(prints(&p, &a, false, "{\"x\":{\"values\":[{\"key\":50.0,\"value\":2.0}]}}"));
}
