// SPDX-License-Identifier: Apache-2.0
#include "search/row_filter.h"
#include "unit/search/town.h"

#include <stdio.h>

enum { ROWS = 40 };

static void open_filtered(struct town *t)
{
    town_open(t, 0, NULL);
    static char names[ROWS][8];
    struct town_row rows[ROWS];
    for (uint64_t i = 0; i < ROWS; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){.key = i + 1,
                                    .cells = {T(names[i]), T(i % 4 ? "ok" : "bad"), N((double)i),
                                              N(1000.0 * (double)i), N(1), N(1),
                                              T(i % 2 ? "odd" : "even")}};
    }
    town_put(t, TOWN_EVENTS, rows, ROWS);
    // Rows of "even" hosts, of which neither host nor device is shown.
    t->grants =
        "[{\"indices\":[{\"names\":[\"events\"],\"privileges\":[\"read\"],\"query\":{\"term\":"
        "{\"host\":\"even\"}},\"field_security\":{\"grant\":[\"*\"],\"except\":[\"host\","
        "\"device*\"]}}]}]";
}

TEST(row_filter_bounds_hits_totals_and_aggregations)
{
    struct town t;
    open_filtered(&t);
    struct answer a = town_ask(
        &t, "events",
        "{\"size\":100,\"aggs\":{\"o\":{\"terms\":{\"field\":\"outcome\",\"min_doc_count\":0}},"
        "\"g\":{\"global\":{},\"aggs\":{\"x\":{\"max\":{\"field\":\"latency\"}},\"n\":{\"value_"
        "count\":"
        "{\"field\":\"at\"}}}},\"c\":{\"cardinality\":{\"field\":\"latency\"}}}}");
    EXPECT_EQ(a.total, ROWS / 2);
    EXPECT_EQ(a.hit_count, ROWS / 2);
    EXPECT_EQ(town_bucket(&a.aggs[0], "bad")->doc_count, ROWS / 4);
    EXPECT_EQ(town_bucket(&a.aggs[0], "ok")->doc_count, ROWS / 4);
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, ROWS / 2);
    EXPECT(a.aggs[1].buckets[0].subs[0].max == ROWS - 2);
    EXPECT_EQ(a.aggs[2].distinct, ROWS / 2);
    a = town_ask(&t, "events", "{\"query\":{\"range\":{\"latency\":{\"gte\":39}}}}");
    EXPECT_EQ(a.total, 0);
    town_close(&t);
}

TEST(row_filter_leaves_no_way_to_a_row_by_its_id)
{
    struct town t;
    open_filtered(&t);
    struct answer a = town_ask(&t, "events",
                               "{\"query\":{\"ids\":{\"values\":[\"0000000000000001\","
                               "\"0000000000000002\"]}}}");
    EXPECT_EQ(a.total, 1);
    EXPECT_EQ(a.hits[0].key.lo, 1);
    town_close(&t);
}

TEST(row_filter_hides_fields_wherever_they_are_named)
{
    struct town t;
    open_filtered(&t);
    struct answer a = town_ask(&t, "events", "{\"size\":3,\"query\":{\"match_all\":{}}}");
    for (uint32_t i = 0; i < a.hit_count; i++)
        for (uint32_t f = 0; f < a.hits[i].field_count; f++)
            EXPECT(!slice_is(a.hits[i].fields[f].name, "host") &&
                   !slice_is(a.hits[i].fields[f].name, "device"));
    EXPECT_EQ(town_ask(&t, "events", "{\"query\":{\"term\":{\"host\":\"even\"}}}").total, 0);
    EXPECT_EQ(town_ask(&t, "events", "{\"query\":{\"exists\":{\"field\":\"host\"}}}").total, 0);
    EXPECT_EQ(town_ask(&t, "events", "{\"query\":{\"wildcard\":{\"host\":\"*\"}}}").total, 0);
    EXPECT_EQ(
        town_ask(&t, "events", "{\"query\":{\"query_string\":{\"query\":\"host:even\"}}}").total,
        0);
    a = town_ask(&t, "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}},"
                 "\"m\":{\"missing\":{\"field\":\"host\"}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, ROWS / 2);
    town_close(&t);
}

// A field that is hidden and one that is not there give the same words but for the name.
TEST(row_filter_tells_no_hidden_field_from_an_unknown_one)
{
    static const char *const asked[] = {
        "{\"sort\":[{\"host\":\"asc\"}]}",
        "{\"aggs\":{\"x\":{\"avg\":{\"field\":\"host\"}}}}",
        "{\"query\":{\"range\":{\"host\":{\"gte\":\"abc\"}}}}",
        "{\"query\":{\"term\":{\"host\":{\"value\":7}}}}",
        "{\"aggs\":{\"x\":{\"histogram\":{\"field\":\"host\",\"interval\":3}}}}",
    };
    struct town t;
    open_filtered(&t);
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        char unknown[200];
        struct answer a = {0};
        struct answer b = {0};
        snprintf(unknown, sizeof unknown, "%s", asked[i]);
        strstr(unknown, "host")[2] = 'x';
        t.why.words[0] = '\0';
        enum err e = town_try(&t, "events", asked[i], &a);
        struct fault first = t.why;
        t.why.words[0] = '\0';
        EXPECT_EQ(town_try(&t, "events", unknown, &b), e);
        char *name = strstr(first.words, "[host]");
        if (name)
            name[3] = 'x';
        EXPECT(strcmp(first.words, t.why.words) == 0);
        EXPECT_EQ(a.total, b.total);
    }
    town_close(&t);
}

TEST(row_filter_hides_a_field_from_terms_without_rows)
{
    struct town t;
    open_filtered(&t);
    struct answer a =
        town_ask(&t, "events",
                 "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"min_doc_count\":0},"
                 "\"aggs\":{\"p\":{\"percentiles\":{\"field\":\"nosuch\"}}}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
    town_close(&t);
}
