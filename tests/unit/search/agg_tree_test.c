// SPDX-License-Identifier: Apache-2.0
#include "unit/search/crowded.h"
#include "unit/store/fixture.h"

TEST(aggregations_nest_four_deep_and_every_level_adds_up)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"f\":{\"filter\":{"
        "\"exists\":{\"field\":\"outcome\"}},\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},"
        "\"aggs\":{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"},"
        "\"aggs\":{\"c\":{\"value_count\":{\"field\":\"host\"}}}}}}}}}}}}");
    for (uint32_t i = 0; i < 4; i++) {
        const struct bucket *filter = &a.aggs[0].buckets[i].subs[0].buckets[0];
        uint64_t rows = 0;
        for (uint32_t o = 0; o < 3; o++) {
            const struct bucket *outcome = &filter->subs[0].buckets[o];
            rows += outcome->doc_count;
            for (uint32_t d = 0; d < outcome->subs[0].bucket_count; d++)
                EXPECT_EQ(outcome->subs[0].buckets[d].subs[0].count,
                          outcome->subs[0].buckets[d].doc_count);
        }
        EXPECT_EQ(rows, filter->doc_count);
    }
}

TEST(aggregations_of_no_rows_have_empty_answers)
{
    struct answer a = town_ask(
        crowded_town(), "events",
        "{\"query\":{\"match_none\":{}},\"aggs\":{\"t\":{\"terms\":{\"field\":\"host\"}},\"d\":{"
        "\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"day\"}},\"r\":{\"range\":{"
        "\"field\":\"latency\",\"ranges\":[{\"to\":5}]},\"aggs\":{\"p\":{\"percentiles\":{"
        "\"field\":\"score\"}}}},\"s\":{\"stats\":{\"field\":\"latency\"}}}}");
    EXPECT_EQ(a.agg_count, 4);
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
    EXPECT_EQ(a.aggs[1].bucket_count, 0);
    EXPECT_EQ(a.aggs[2].bucket_count, 1);
    EXPECT_EQ(a.aggs[2].buckets[0].doc_count, 0);
    EXPECT_EQ(a.aggs[2].buckets[0].subs[0].count, 0);
    EXPECT_EQ(a.aggs[3].count, 0);
}

// Levels that a random tree is made of: how each is asked, and how the rows of one of its
// buckets are asked for in a query.
static const struct level {
    const char *agg;
    const char *field;
    double width; // 0: terms
} levels[] = {
    {"{\"terms\":{\"field\":\"outcome\"}", "outcome", 0},
    {"{\"terms\":{\"field\":\"host\",\"min_doc_count\":0}", "host", 0},
    {"{\"terms\":{\"field\":\"device.model\"}", "device.model", 0},
    {"{\"terms\":{\"field\":\"device\",\"size\":40}", "device", 0},
    {"{\"terms\":{\"field\":\"latency\",\"order\":{\"_key\":\"asc\"}}", "latency", 0},
    {"{\"terms\":{\"field\":\"device.year\"}", "device.year", 0},
    {"{\"terms\":{\"field\":\"score\"}", "score", 0},
    {"{\"terms\":{\"field\":\"ok\"}", "ok", 0},
    {"{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"}", "at", 3600000},
    {"{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"minute\",\"time_zone\":"
     "\"Asia/Kolkata\",\"min_doc_count\":1}",
     "at", 60000},
    {"{\"histogram\":{\"field\":\"latency\",\"interval\":60}", "latency", 60},
    {"{\"histogram\":{\"field\":\"device.weight\",\"interval\":0.5}", "device.weight", 0.5},
};

enum { DEPTH = 3, LEVELS = sizeof levels / sizeof *levels };

static double number_of(const struct value *key)
{
    return key->type == VALUE_DOUBLE ? key->f64 : (double)key->i64;
}

static int print_filter(char *to, size_t size, const struct level *l, const struct value *key)
{
    if (l->width > 0)
        return snprintf(to, size, "{\"range\":{\"%s\":{\"gte\":%.17g,\"lt\":%.17g}}}", l->field,
                        number_of(key), number_of(key) + l->width);
    if (key->type == VALUE_TEXT)
        return snprintf(to, size, "{\"term\":{\"%s\":\"%.*s\"}}", l->field, SLICE_PRINT(key->text));
    if (key->type == VALUE_BOOLEAN)
        return snprintf(to, size, "{\"term\":{\"%s\":%s}}", l->field, key->i64 ? "true" : "false");
    return snprintf(to, size, "{\"term\":{\"%s\":%.17g}}", l->field, number_of(key));
}

// Follows one random bucket down and asks for its rows at each level.
static void follow(const struct agg_answer *a, const struct level *const *tree,
                   struct test_random *r)
{
    char query[1200] = "";
    size_t used = 0;
    for (int depth = 0; depth < DEPTH && a->bucket_count; depth++) {
        const struct bucket *b = &a->buckets[test_random(r, a->bucket_count)];
        used += (size_t)snprintf(query + used, sizeof query - used, depth ? "," : "");
        used += (size_t)print_filter(query + used, sizeof query - used, tree[depth], &b->key);
        char body[1400];
        snprintf(body, sizeof body, "{\"size\":0,\"query\":{\"bool\":{\"filter\":[%s]}}}", query);
        uint64_t want = town_ask(crowded_town(), "events", body).total;
        if (b->doc_count != want)
            test_fail(__FILE__, __LINE__, "%s: %llu rows, not %llu", query,
                      (unsigned long long)b->doc_count, (unsigned long long)want);
        a = b->subs;
        if (!a)
            return;
    }
}

TEST(aggregations_of_any_shape_count_what_the_same_filters_find)
{
    struct test_random r = {.state = 4711};
    for (int round = 0; round < 150; round++) {
        const struct level *tree[DEPTH];
        char body[1000] = "{\"size\":0";
        for (int depth = 0; depth < DEPTH; depth++) {
            tree[depth] = &levels[test_random(&r, LEVELS)];
            size_t len = strlen(body);
            snprintf(body + len, sizeof body - len, ",\"aggs\":{\"a\":%s", tree[depth]->agg);
        }
        size_t len = strlen(body);
        snprintf(body + len, sizeof body - len, "}}}}}}}");
        struct answer a;
        enum err e = town_try(crowded_town(), "events", body, &a);
        if (e == ERR_LIMIT)
            continue; // too many buckets
        EXPECT_EQ(e, OK);
        for (int i = 0; i < 5; i++)
            follow(&a.aggs[0], tree, &r);
    }
}
