// SPDX-License-Identifier: Apache-2.0
#include "search/agg_fold.h"
#include "unit/search/town.h"

#include <stdio.h>

// 60 devices with an event each, of hosts "even" and "odd" in turns; the last `lone` of them are of
// the host "lone".  Outcomes: one of three is "late", others "ok".
enum { DEVICES = 60, MINUTE = 60000 };

static const struct veil_key key = {{2, 7, 1, 8, 2, 8, 1, 8}};

static const char *host_of(uint64_t i, uint64_t lone, bool are_apart)
{
    static char names[DEVICES][8];
    if (i < DEVICES - lone)
        return i % 2 ? "odd" : "even";
    snprintf(names[i], sizeof names[i], "lone%u", are_apart ? (unsigned)i : 0);
    return names[i];
}

static void open_town(struct town *t, uint64_t lone, bool are_apart)
{
    static char names[DEVICES][8];
    struct town_row rows[DEVICES];
    town_open(t, 3, NULL);
    for (uint64_t i = 0; i < DEVICES; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){.key = i + 1,
                                    .cells = {T(names[i]), T(i % 3 ? "ok" : "late"),
                                              N((double)(i * i % 97)), N((double)i * MINUTE), N(1),
                                              N((double)i / 2), T(host_of(i, lone, are_apart))}};
    }
    town_put(t, TOWN_EVENTS, rows, DEVICES);
    t->roles = 1u << ROLE_METRICS;
    t->veil = &key;
}

static struct answer of_hosts(struct town *t, const char *query, const char *below)
{
    char json[1500];
    snprintf(json, sizeof json,
             "{\"size\":0,\"query\":%s,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{"
             "%s}}}}",
             query, below);
    return town_ask(t, "events", json);
}

static uint64_t total(struct town *t, const char *query)
{
    char json[500];
    snprintf(json, sizeof json, "{\"size\":0,\"query\":%s}", query);
    return town_ask(t, "events", json).total;
}

#define ALL "{\"match_all\":{}}"

static const char is_even[] = "{\"term\":{\"host\":\"even\"}}";
static const char is_odd[] = "{\"term\":{\"host\":\"odd\"}}";
static const char is_no_odd[] = "{\"bool\":{\"must_not\":{\"term\":{\"host\":\"odd\"}}}}";

// Rows that are the same are rounded alike, so equal numbers are of equal rows.
TEST(agg_fold_counts_few_that_are_left_over_in_a_shown_bucket)
{
    struct town t;
    open_town(&t, 2, false);
    struct answer a = of_hosts(&t, ALL, "");
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    EXPECT_EQ(town_bucket(&a.aggs[0], "even")->doc_count, total(&t, is_no_odd));
    EXPECT_EQ(town_bucket(&a.aggs[0], "odd")->doc_count, total(&t, is_odd));
    town_close(&t);
}

TEST(agg_fold_makes_a_condition_stand_for_what_its_bucket_shows)
{
    struct town t;
    open_town(&t, 2, true); // two values of one subject each
    struct answer a = of_hosts(&t, ALL, "");
    EXPECT_EQ(town_bucket(&a.aggs[0], "even")->doc_count, total(&t, is_even));
    EXPECT_EQ(total(&t, is_even), total(&t, is_no_odd));
    EXPECT_EQ(total(&t, "{\"bool\":{\"must_not\":{\"term\":{\"host\":\"even\"}}}}"),
              total(&t, is_odd));
    town_close(&t);
}

TEST(agg_fold_leaves_those_left_over_alone_where_they_are_enough)
{
    struct town t;
    open_town(&t, 20, true);
    struct answer a = of_hosts(&t, ALL, "");
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    EXPECT_EQ(town_bucket(&a.aggs[0], "even")->doc_count, total(&t, is_even));
    EXPECT(total(&t, is_no_odd) > total(&t, is_even) + 10);
    town_close(&t);
}

TEST(agg_fold_leaves_analysts_each_value)
{
    struct town t;
    open_town(&t, 2, true);
    t.roles = 0;
    struct answer a = of_hosts(&t, ALL, "");
    EXPECT_EQ(a.aggs[0].bucket_count, 4);
    EXPECT_EQ(town_bucket(&a.aggs[0], "even")->doc_count, 29);
    EXPECT_EQ(total(&t, is_even), 29);
    town_close(&t);
}

static const char numbers[] =
    "\"sum\":{\"sum\":{\"field\":\"latency\"}},\"avg\":{\"avg\":{\"field\":\"score\"}},"
    "\"n\":{\"value_count\":{\"field\":\"latency\"}},"
    "\"d\":{\"cardinality\":{\"field\":\"latency\"}},"
    "\"o\":{\"cardinality\":{\"field\":\"outcome\"}},"
    "\"p\":{\"percentiles\":{\"field\":\"latency\",\"percents\":[50]}},"
    "\"s\":{\"percentiles\":{\"field\":\"score\",\"percents\":[50]}},"
    "\"x\":{\"extended_stats\":{\"field\":\"latency\"}},"
    "\"late\":{\"filter\":{\"term\":{\"outcome\":\"late\"}}},"
    "\"out\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":{\"s\":{\"sum\":{\"field\":\"score\"}}}},"
    "\"hours\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"20m\"}},"
    "\"far\":{\"histogram\":{\"field\":\"score\",\"interval\":10}}";

static void expect_same(const struct agg_answer *a, const struct agg_answer *b)
{
    EXPECT_EQ(a->count, b->count);
    EXPECT_EQ(a->distinct, b->distinct);
    EXPECT(a->sum == b->sum);
    if (a->percentiles || b->percentiles)
        EXPECT(a->percentiles[0] == b->percentiles[0]);
    EXPECT_EQ(a->bucket_count, b->bucket_count);
    for (uint32_t i = 0; i < a->bucket_count; i++) {
        EXPECT_EQ(a->buckets[i].doc_count, b->buckets[i].doc_count);
        for (uint32_t sub = 0; sub < a->agg->subs[0].sub_count; sub++)
            expect_same(&a->buckets[i].subs[sub], &b->buckets[i].subs[sub]);
    }
}

TEST(agg_fold_takes_everything_below_along)
{
    struct town t;
    open_town(&t, 2, true);
    struct answer folded = of_hosts(&t, ALL, numbers);
    char json[2000];
    snprintf(json, sizeof json, "{\"size\":0,\"query\":%s,\"aggs\":{%s}}", is_no_odd, numbers);
    struct answer plain = town_ask(&t, "events", json);
    const struct bucket *even = town_bucket(&folded.aggs[0], "even");
    EXPECT_EQ(even->doc_count, plain.total);
    for (uint32_t i = 0; i < plain.agg_count; i++)
        expect_same(&even->subs[i], &plain.aggs[i]);
    town_close(&t);
}

TEST(agg_fold_goes_down_level_by_level)
{
    struct town t;
    open_town(&t, 2, true);
    struct answer a = town_ask(
        &t, "events",
        "{\"size\":0,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\"},\"aggs\":{\"h\":{\"terms\":"
        "{\"field\":\"host\"},\"aggs\":{\"n\":{\"value_count\":{\"field\":\"latency\"}}}}}}}}");
    for (uint32_t i = 0; i < a.aggs[0].bucket_count; i++) {
        const struct bucket *b = &a.aggs[0].buckets[i];
        char query[300];
        snprintf(query, sizeof query,
                 "{\"bool\":{\"filter\":[{\"term\":{\"outcome\":\"%.*s\"}},{\"term\":{\"host\":"
                 "\"even\"}}]}}",
                 SLICE_PRINT(b->key.text));
        const struct bucket *even = town_bucket(&b->subs[0], "even");
        EXPECT_EQ(even->doc_count, total(&t, query));
        EXPECT(even->subs[0].count > 0);
    }
    town_close(&t);
}

TEST(agg_fold_folds_pages_of_combinations_too)
{
    struct town t;
    open_town(&t, 2, true);
    struct answer a = town_ask(&t, "events",
                               "{\"size\":0,\"aggs\":{\"c\":{\"composite\":{\"sources\":[{\"h\":{"
                               "\"terms\":{\"field\":\"host\"}}}]}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, total(&t, is_even));
    town_close(&t);
}
