// SPDX-License-Identifier: Apache-2.0
#include "api/render.h"
#include "base/limits.h"
#include "data/schema.h"
#include "test.h"

#include <math.h>

struct print {
    bool typed;
    enum err failed;
};

static bool prints(struct print *p, const struct agg_answer *v, const char *want)
{
    static const struct request q = {0};
    struct buf out = buf_init(1 << 16);
    struct json_writer w = json_writer_to(&out);
    struct render r = render_start(&w, &q);
    r.typed_keys = p->typed;
    render_aggs(&r, &(struct answer){.aggs = v, .agg_count = 1});
    p->failed = render_end(&r, NULL);
    bool same = p->failed == OK && slice_is(buf_slice(&out), want);
    buf_done(&out);
    return same;
}

static bool plain(const struct agg_answer *v, const char *want)
{
    struct print p = {0};
    return prints(&p, v, want);
}

#define NAME(text_)                                 \
    {                                               \
        (const uint8_t *)(text_), sizeof(text_) - 1 \
    }

static const struct agg terms = {.name = NAME("x"), .kind = AGG_TERMS, .type_name = "terms"};

TEST(render_agg_terms_print_keys_by_type)
{
    const struct bucket b[] = {
        {.key = {.type = VALUE_TEXT, .text = NAME("a")}, .doc_count = 2},
        {.key = {.type = VALUE_BOOLEAN, .i64 = 1}, .doc_count = 1},
        {.key = {.type = VALUE_DATE, .i64 = 1000}, .doc_count = 1},
        {.key = {.type = VALUE_DOUBLE, .f64 = 1.5}, .doc_count = 1},
    };
    const struct agg_answer v = {.agg = &terms,
                                 .field_type = FIELD_KEYWORD,
                                 .buckets = b,
                                 .bucket_count = 4,
                                 .other_count = 3};
    EXPECT(plain(&v, "{\"x\":{\"doc_count_error_upper_bound\":0,\"sum_other_doc_count\":3,"
                     "\"buckets\":[{\"key\":\"a\",\"doc_count\":2},{\"key\":1,\"key_as_string\":"
                     "\"true\",\"doc_count\":1},{\"key\":1000,\"key_as_string\":"
                     "\"1970-01-01T00:00:01.000Z\",\"doc_count\":1},{\"key\":1.5,\"doc_count\":1}"
                     "]}}"));
}

TEST(render_agg_typed_keys_name_the_kind)
{
    struct print p = {.typed = true};
    struct agg_answer v = {.agg = &terms, .field_type = FIELD_LONG};
    EXPECT(prints(&p, &v,
                  "{\"lterms#x\":{\"doc_count_error_upper_bound\":0,"
                  "\"sum_other_doc_count\":0,\"buckets\":[]}}"));
    v.field_type = FIELD_TYPE_COUNT;
    EXPECT(prints(&p, &v,
                  "{\"sterms#x\":{\"doc_count_error_upper_bound\":0,"
                  "\"sum_other_doc_count\":0,\"buckets\":[]}}"));
    const struct agg avg = {.name = NAME("x"), .kind = AGG_AVG, .type_name = "avg"};
    v = (struct agg_answer){.agg = &avg, .field_type = FIELD_LONG};
    EXPECT(prints(&p, &v, "{\"avg#x\":{\"value\":null}}"));
}

TEST(render_agg_date_histogram_prints_in_its_zone_and_format)
{
    struct agg a = {.name = NAME("x"),
                    .kind = AGG_DATE_HISTOGRAM,
                    .type_name = "date_histogram",
                    .time_zone = NAME("+01:00")};
    const struct bucket b = {.key = {.type = VALUE_DATE, .i64 = 0}, .doc_count = 2};
    const struct agg_answer v = {
        .agg = &a, .field_type = FIELD_DATE, .buckets = &b, .bucket_count = 1};
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"key_as_string\":\"1970-01-01T01:00:00.000+01:00\","
                     "\"key\":0,\"doc_count\":2}]}}"));
    a.format = slice_text("epoch_millis");
    a.keyed = true;
    EXPECT(plain(&v, "{\"x\":{\"buckets\":{\"0\":{\"key_as_string\":\"0\",\"key\":0,\"doc_count\":"
                     "2}}}}"));
}

TEST(render_agg_histogram_prints_doubles_and_formats)
{
    struct agg a = {.name = NAME("x"), .kind = AGG_HISTOGRAM, .type_name = "histogram"};
    const struct bucket b = {.key = {.type = VALUE_DOUBLE, .f64 = 50}, .doc_count = 1};
    const struct agg_answer v = {
        .agg = &a, .field_type = FIELD_LONG, .buckets = &b, .bucket_count = 1};
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"key\":50.0,\"doc_count\":1}]}}"));
    a.format = slice_text("Value is ##0.0");
    EXPECT(!plain(&v, "{}"));
    a.format = slice_text("##0.0");
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"key_as_string\":\"50.0\",\"key\":50.0,\"doc_count\":1"
                     "}]}}"));
    a.keyed = true;
    a.format = slice_of(NULL, 0);
    EXPECT(plain(&v, "{\"x\":{\"buckets\":{\"50.0\":{\"key\":50.0,\"doc_count\":1}}}}"));
}

TEST(render_agg_ranges_have_bounds)
{
    struct agg a = {.name = NAME("x"), .kind = AGG_RANGE, .type_name = "range"};
    const struct bucket b[] = {
        {.key = {.type = VALUE_TEXT, .text = NAME("*-5.0")},
         .has_to = true,
         .to = 5,
         .doc_count = 1},
        {.key = {.type = VALUE_TEXT, .text = NAME("5.0-*")}, .has_from = true, .from = 5}};
    const struct agg_answer v = {
        .agg = &a, .field_type = FIELD_LONG, .buckets = b, .bucket_count = 2};
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"key\":\"*-5.0\",\"to\":5.0,\"doc_count\":1},{\"key\":"
                     "\"5.0-*\",\"from\":5.0,\"doc_count\":0}]}}"));
    a.keyed = true;
    EXPECT(plain(&v, "{\"x\":{\"buckets\":{\"*-5.0\":{\"to\":5.0,\"doc_count\":1},\"5.0-*\":{"
                     "\"from\":5.0,\"doc_count\":0}}}}"));
    a.kind = AGG_DATE_RANGE;
    a.keyed = false;
    const struct agg_answer d = {
        .agg = &a, .field_type = FIELD_DATE, .buckets = b, .bucket_count = 1};
    EXPECT(plain(&d, "{\"x\":{\"buckets\":[{\"key\":\"*-5.0\",\"to\":5.0,\"to_as_string\":"
                     "\"1970-01-01T00:00:00.005Z\",\"doc_count\":1}]}}"));
}

TEST(render_agg_filters_are_a_map_or_a_list)
{
    struct agg a = {.name = NAME("x"),
                    .kind = AGG_FILTERS,
                    .type_name = "filters",
                    .filters_keyed = true,
                    .keyed = true};
    const struct bucket b = {.key = {.type = VALUE_TEXT, .text = NAME("f")}, .doc_count = 4};
    const struct agg_answer v = {.agg = &a, .buckets = &b, .bucket_count = 1};
    EXPECT(plain(&v, "{\"x\":{\"buckets\":{\"f\":{\"doc_count\":4}}}}"));
    a.keyed = false;
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"key\":\"f\",\"doc_count\":4}]}}"));
    a.filters_keyed = false;
    a.keyed = true;
    EXPECT(plain(&v, "{\"x\":{\"buckets\":[{\"doc_count\":4}]}}"));
}

TEST(render_agg_metrics_of_nothing_are_null_or_zero)
{
    struct agg a = {.name = NAME("x"), .kind = AGG_SUM, .type_name = "sum"};
    struct agg_answer v = {.agg = &a, .field_type = FIELD_LONG};
    EXPECT(plain(&v, "{\"x\":{\"value\":0.0}}"));
    a.kind = AGG_MIN;
    EXPECT(plain(&v, "{\"x\":{\"value\":null}}"));
    a.kind = AGG_VALUE_COUNT;
    EXPECT(plain(&v, "{\"x\":{\"value\":0}}"));
    a.kind = AGG_STATS;
    EXPECT(plain(&v, "{\"x\":{\"count\":0,\"min\":null,\"max\":null,\"avg\":null,\"sum\":0.0}}"));
    a.kind = AGG_FILTER;
    EXPECT(plain(&v, "{\"x\":{\"doc_count\":0}}"));
}

TEST(render_agg_metrics_of_dates_have_text)
{
    struct agg a = {.name = NAME("x"), .kind = AGG_MAX, .type_name = "max"};
    const struct agg_answer v = {
        .agg = &a, .field_type = FIELD_DATE, .count = 1, .max = 1000, .min = 1000, .sum = 1000};
    EXPECT(
        plain(&v, "{\"x\":{\"value\":1000.0,\"value_as_string\":\"1970-01-01T00:00:01.000Z\"}}"));
    a.kind = AGG_STATS;
    EXPECT(plain(&v, "{\"x\":{\"count\":1,\"min\":1000.0,\"max\":1000.0,\"avg\":1000.0,\"sum\":"
                     "1000.0,\"min_as_string\":\"1970-01-01T00:00:01.000Z\",\"max_as_string\":"
                     "\"1970-01-01T00:00:01.000Z\",\"avg_as_string\":\"1970-01-01T00:00:01.000Z\","
                     "\"sum_as_string\":\"1970-01-01T00:00:01.000Z\"}}"));
}

TEST(render_agg_percentiles_are_keyed_by_doubles)
{
    const double percents[] = {1, 99.9};
    const double values[] = {10, NAN};
    struct agg a = {.name = NAME("x"),
                    .kind = AGG_PERCENTILES,
                    .type_name = "percentiles",
                    .keyed = true,
                    .percents = percents,
                    .percent_count = 2};
    const struct agg_answer v = {.agg = &a, .field_type = FIELD_LONG, .percentiles = values};
    EXPECT(plain(&v, "{\"x\":{\"values\":{\"1.0\":10.0,\"99.9\":null}}}"));
    a.keyed = false;
    EXPECT(plain(&v, "{\"x\":{\"values\":[{\"key\":1.0,\"value\":10.0},{\"key\":99.9,\"value\":null"
                     "}]}}"));
}

// What a hostile request could nest is an error, not the end of the process.
TEST(render_agg_nested_too_deeply_is_an_error)
{
    enum { DEEP = 40 };
    static struct agg aggs[DEEP];
    static struct agg_answer answers[DEEP];
    static struct bucket b[DEEP];
    for (int i = DEEP - 1; i >= 0; i--) {
        aggs[i] = terms;
        aggs[i].sub_count = i + 1 < DEEP;
        b[i] = (struct bucket){.key = {.type = VALUE_LONG},
                               .subs = i + 1 < DEEP ? &answers[i + 1] : NULL};
        answers[i] = (struct agg_answer){.agg = &aggs[i], .buckets = &b[i], .bucket_count = 1};
    }
    struct print p = {0};
    EXPECT(!prints(&p, &answers[0], ""));
    EXPECT_EQ(p.failed, ERR_LIMIT);
}

TEST(render_agg_meta_nested_too_deeply_is_an_error)
{
    char text[2 * 64 + 1];
    memset(text, '[', 63);
    memset(text + 63, ']', 63);
    struct arena *request AUTO(arena_freep) = arena_new(1 << 20);
    const struct json *meta = NULL;
    EXPECT_EQ(json_parse(slice_of(text, 126), request, &meta, NULL), OK);
    struct agg a = terms;
    a.meta = meta;
    struct bucket b = {.key = {.type = VALUE_LONG}};
    struct agg_answer inner = {.agg = &a};
    struct agg outer[3] = {terms, terms, terms};
    struct agg_answer answers[3];
    struct bucket holders[3];
    for (int i = 2; i >= 0; i--) {
        outer[i].sub_count = 1;
        holders[i] = b;
        holders[i].subs = i == 2 ? &inner : &answers[i + 1];
        answers[i] =
            (struct agg_answer){.agg = &outer[i], .buckets = &holders[i], .bucket_count = 1};
    }
    struct print p = {0};
    EXPECT(!prints(&p, &answers[0], ""));
    EXPECT_EQ(p.failed, ERR_LIMIT);
}
