// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"

enum { PAGES_MAX = 4000, AFTER_BYTES = 300 };

static struct answer ask(const char *sources, const char *more)
{
    // The names of the answer point into the request's text.
    struct slice body =
        arena_print(crowded_town()->request,
                    "{\"size\":0,\"aggs\":{\"c\":{\"composite\":{%s\"sources\":[%s]},"
                    "\"aggs\":{\"n\":{\"value_count\":{\"field\":\"latency\"}}}}}}%c",
                    more, sources, 0);
    return town_ask(crowded_town(), "events", (const char *)body.at);
}

static int print_value(char *to, size_t room, const struct value *v)
{
    if (v->type == VALUE_NONE)
        return snprintf(to, room, "null");
    if (v->type == VALUE_TEXT)
        return snprintf(to, room, "\"%.*s\"", SLICE_PRINT(v->text));
    if (v->type == VALUE_DOUBLE)
        return snprintf(to, room, "%.17g", v->f64);
    if (v->type == VALUE_BOOLEAN)
        return snprintf(to, room, "%s", v->i64 ? "true" : "false");
    return snprintf(to, room, "%lld", (long long)v->i64);
}

static void print_after(char *to, const struct agg_answer *a, uint32_t page)
{
    const struct bucket *last = &a->buckets[a->bucket_count - 1];
    int len = snprintf(to, AFTER_BYTES, "\"size\":%u,\"after\":{", page);
    for (uint32_t i = 0; i < a->agg->source_count; i++) {
        len += snprintf(to + len, AFTER_BYTES - (size_t)len, "%s\"%.*s\":", i ? "," : "",
                        SLICE_PRINT(a->agg->sources[i].agg->name));
        len += print_value(to + len, AFTER_BYTES - (size_t)len, &last->keys[i]);
    }
    snprintf(to + len, AFTER_BYTES - (size_t)len, "},");
}

static bool same_keys(const struct bucket *a, const struct bucket *b, uint32_t count)
{
    char x[AFTER_BYTES];
    char y[AFTER_BYTES];
    bool same = true;
    for (uint32_t i = 0; i < count; i++) {
        print_value(x, sizeof x, &a->keys[i]);
        print_value(y, sizeof y, &b->keys[i]);
        same = same && strcmp(x, y) == 0;
    }
    return same;
}

// All at once, and page by page: the same buckets in the same order.
static struct agg_answer expect_pages(const char *sources, uint32_t page)
{
    struct agg_answer all = ask(sources, "\"size\":60000,").aggs[0];
    char more[AFTER_BYTES];
    snprintf(more, sizeof more, "\"size\":%u,", page);
    uint32_t seen = 0;
    for (uint32_t i = 0; i < PAGES_MAX; i++) {
        struct agg_answer a = ask(sources, more).aggs[0];
        EXPECT(a.bucket_count <= page);
        for (uint32_t k = 0; k < a.bucket_count; k++, seen++) {
            EXPECT(seen < all.bucket_count);
            EXPECT(same_keys(&a.buckets[k], &all.buckets[seen], a.agg->source_count));
            EXPECT_EQ(a.buckets[k].doc_count, all.buckets[seen].doc_count);
            EXPECT_EQ(a.buckets[k].subs[0].count, all.buckets[seen].subs[0].count);
        }
        if (a.bucket_count < page)
            break;
        print_after(more, &a, page);
    }
    EXPECT_EQ(seen, all.bucket_count);
    return all;
}

static uint64_t rows_of(const struct agg_answer *a)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < a->bucket_count; i++)
        rows += a->buckets[i].doc_count;
    return rows;
}

TEST(agg_composite_counts_every_combination)
{
    const struct crowd_model *m = crowded_model();
    struct agg_answer a =
        expect_pages("{\"h\":{\"terms\":{\"field\":\"host\"}}},"
                     "{\"o\":{\"terms\":{\"field\":\"outcome\",\"order\":\"desc\"}}}",
                     5);
    EXPECT_EQ(a.bucket_count, 12);
    for (uint32_t i = 0; i < a.bucket_count; i++) {
        const struct value *keys = a.buckets[i].keys;
        uint64_t rows = 0;
        for (uint32_t r = 0; r < m->row_count; r++) {
            const struct cell *host = &m->rows[r].cells[E_HOST];
            const struct cell *outcome = &m->rows[r].cells[E_OUTCOME];
            rows += m->is_live[r] && outcome->text && slice_is(keys[0].text, host->text) &&
                    slice_is(keys[1].text, outcome->text);
        }
        EXPECT_EQ(a.buckets[i].doc_count, rows);
    }
    EXPECT(slice_is(a.buckets[0].keys[0].text, "h0") &&
           slice_is(a.buckets[0].keys[1].text, "timeout"));
    EXPECT(slice_is(a.buckets[11].keys[0].text, "h3") &&
           slice_is(a.buckets[11].keys[1].text, "failed"));
}

TEST(agg_composite_pages_over_all_kinds_of_sources)
{
    expect_pages("{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"30m\"}}},"
                 "{\"h\":{\"terms\":{\"field\":\"host\"}}}",
                 9);
    expect_pages("{\"d\":{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"hour\","
                 "\"time_zone\":\"Europe/Berlin\",\"order\":\"desc\"}}},"
                 "{\"l\":{\"histogram\":{\"field\":\"latency\",\"interval\":50}}},"
                 "{\"b\":{\"terms\":{\"field\":\"ok\"}}}",
                 31);
    expect_pages("{\"s\":{\"terms\":{\"field\":\"score\"}}},{\"l\":{\"terms\":{\"field\":"
                 "\"latency\",\"order\":\"desc\"}}}",
                 5000);
    expect_pages(
        "{\"d\":{\"terms\":{\"field\":\"device\"}}},{\"y\":{\"terms\":{\"field\":"
        "\"device.year\"}}},{\"w\":{\"histogram\":{\"field\":\"device.weight\",\"interval\":"
        "0.5}}}",
        10);
}

TEST(agg_composite_has_a_bucket_of_rows_without_value)
{
    uint64_t live = ask("{\"h\":{\"terms\":{\"field\":\"host\"}}}", "").total;
    static const char *const orders[] = {"", ",\"order\":\"desc\"", ",\"missing_order\":\"last\"",
                                         ",\"order\":\"desc\",\"missing_order\":\"first\""};
    static const bool is_first[] = {true, false, false, true};
    static const char *const sources[] = {
        "\"terms\":{\"field\":\"outcome\"",
        "\"terms\":{\"field\":\"latency\"",
        "\"terms\":{\"field\":\"score\"",
        "\"terms\":{\"field\":\"ok\"",
        "\"terms\":{\"field\":\"at\"",
        "\"terms\":{\"field\":\"device.model\"",
        "\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"hour\"",
        "\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"10m\"",
        "\"histogram\":{\"field\":\"score\",\"interval\":0.1"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        for (size_t k = 0; k < 4; k++) {
            char source[300];
            snprintf(source, sizeof source, "{\"s\":{%s%s,\"missing_bucket\":true}}}", sources[i],
                     orders[k]);
            struct agg_answer a = expect_pages(source, i == 4 ? 9000 : 101);
            const struct bucket *null = &a.buckets[is_first[k] ? 0 : a.bucket_count - 1];
            EXPECT_EQ(null->keys[0].type, VALUE_NONE);
            EXPECT(null->doc_count > 0 && a.bucket_count > 1);
            EXPECT(a.buckets[is_first[k] ? 1 : 0].keys[0].type != VALUE_NONE);
            EXPECT_EQ(rows_of(&a), live);
        }
    }
}

TEST(agg_composite_of_fields_there_are_not)
{
    struct agg_answer a = ask("{\"x\":{\"terms\":{\"field\":\"unheard\"}}}", "").aggs[0];
    EXPECT_EQ(a.bucket_count, 0);
    struct answer with =
        ask("{\"x\":{\"terms\":{\"field\":\"unheard\",\"missing_bucket\":true}}}", "");
    EXPECT_EQ(with.aggs[0].bucket_count, 1);
    EXPECT_EQ(with.aggs[0].buckets[0].keys[0].type, VALUE_NONE);
    EXPECT_EQ(with.aggs[0].buckets[0].doc_count, with.total);
}

TEST(agg_composite_refuses_an_after_that_no_bucket_has)
{
    struct answer a;
    EXPECT_EQ(
        town_try(crowded_town(), "events",
                 "{\"size\":0,\"aggs\":{\"c\":{\"composite\":{\"sources\":[{\"l\":{\"terms\":{"
                 "\"field\":\"latency\"}}}],\"after\":{\"l\":\"much\"}}}}}",
                 &a),
        ERR_INVALID);
    EXPECT(strcmp(crowded_town()->why.words,
                  "illegal_argument_exception: Invalid value for [after.l]") == 0);
}
