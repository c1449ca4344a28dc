// SPDX-License-Identifier: Apache-2.0
#include "search/floor_query.h"
#include "search/veil.h"
#include "unit/search/town.h"

#include <stdio.h>

// 60 devices with an event a minute each, of hosts "even" and "odd"; d59 alone has the outcome
// "rare", and an event at an hour when nobody else has one.
enum { CROWD = 60, MINUTE = 60000 };

static const struct veil_key key = {{3, 1, 4, 1, 5, 9, 2, 6}};

static void open_crowded(struct town *t)
{
    town_open(t, 3, NULL);
    static char names[CROWD][8];
    struct town_row rows[CROWD + 1];
    for (uint64_t i = 0; i < CROWD; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] = (struct town_row){.key = i + 1,
                                    .cells = {T(names[i]), T(i == 59 ? "rare" : "ok"), N(5),
                                              N((double)i * 1000), N(1), N(1),
                                              T(i % 2 ? "odd" : "even")}};
    }
    rows[CROWD] = rows[59];
    rows[CROWD].key = CROWD + 1;
    rows[CROWD].cells[E_AT] = N(50.0 * MINUTE);
    town_put(t, TOWN_EVENTS, rows, CROWD + 1);
    t->roles = 1u << ROLE_METRICS;
    t->veil = &key;
}

static uint64_t total(struct town *t, const char *query)
{
    char json[700];
    snprintf(json, sizeof json, "{\"size\":0,\"query\":%s}", query);
    return town_ask(t, "events", json).total;
}

TEST(floor_query_makes_all_and_all_but_one_the_same_question)
{
    struct town t;
    open_crowded(&t);
    uint64_t all = total(&t, "{\"match_all\":{}}");
    EXPECT(all >= 55 && all <= 66);
    static const char *const but_one[] = {
        "{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"rare\"}}}}",
        "{\"bool\":{\"must_not\":[{\"bool\":{\"filter\":{\"term\":{\"outcome\":\"rare\"}}}}]}}",
        "{\"term\":{\"outcome\":\"ok\"}}",
        "{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"nobody has this\"}}}}",
        "{\"bool\":{\"must_not\":{\"match_none\":{}}}}",
        "{\"exists\":{\"field\":\"host\"}}",
    };
    for (size_t i = 0; i < sizeof but_one / sizeof *but_one; i++)
        EXPECT_EQ(total(&t, but_one[i]), all);
    EXPECT_EQ(total(&t, "{\"term\":{\"outcome\":\"rare\"}}"), 0);
    town_close(&t);
}

TEST(floor_query_leaves_away_what_has_a_low_effect_beside_others)
{
    struct town t;
    open_crowded(&t);
    uint64_t odd = total(&t, "{\"term\":{\"host\":\"odd\"}}");
    EXPECT(odd >= 25 && odd <= 40);
    EXPECT_EQ(total(&t, "{\"bool\":{\"filter\":[{\"term\":{\"host\":\"odd\"}},{\"term\":"
                        "{\"outcome\":\"ok\"}}]}}"),
              odd);
    EXPECT_EQ(total(&t, "{\"bool\":{\"filter\":[{\"term\":{\"outcome\":\"ok\"}},{\"term\":"
                        "{\"host\":\"odd\"}}]}}"),
              odd);
    town_close(&t);
}

// `ok` of 40 devices, the last of which alone has the host "rare", are not failed.
static void open_failed(struct town *t, uint64_t ok)
{
    static char names[40][8];
    struct town_row rows[40];
    town_open(t, 3, NULL);
    for (uint64_t i = 0; i < 40; i++) {
        snprintf(names[i], sizeof names[i], "d%llu", (unsigned long long)i);
        rows[i] =
            (struct town_row){.key = i + 1,
                              .cells = {T(names[i]), T(i < 40 - ok ? "failed" : "ok"), N(5),
                                        N((double)i), N(1), N(1), T(i == 39 ? "rare" : "all")}};
    }
    town_put(t, TOWN_EVENTS, rows, 40);
    t->roles = 1u << ROLE_METRICS;
    t->veil = &key;
}

// Whether "failed" has an effect must not be told by leaving one out of those that it keeps out.
TEST(floor_query_judges_no_condition_by_another_of_lower_effect)
{
    for (uint64_t ok = 1; ok < 9; ok++) {
        struct town t;
        open_failed(&t, ok);
        uint64_t failed = total(&t, "{\"term\":{\"outcome\":\"failed\"}}");
        EXPECT_EQ(total(&t,
                        "{\"bool\":{\"filter\":{\"term\":{\"outcome\":\"failed\"}},\"must_not\":{"
                        "\"term\":{\"host\":\"rare\"}}}}"),
                  failed);
        town_close(&t);
    }
}

TEST(floor_query_ends_spans_where_there_are_enough)
{
    struct town t;
    open_crowded(&t);
    static const char span[] = "{\"range\":{\"at\":{\"gte\":0,\"lt\":%d}}}";
    char query[100];
    snprintf(query, sizeof query, span, 50 * MINUTE);
    uint64_t without = total(&t, query);
    snprintf(query, sizeof query, span, 51 * MINUTE);
    EXPECT_EQ(total(&t, query), without); // the one event of the 50th minute
    snprintf(query, sizeof query, span, 50 * MINUTE + 1);
    EXPECT_EQ(total(&t, query), without);
    EXPECT(without >= 55 && without <= 66);
    EXPECT_EQ(total(&t, "{\"range\":{\"at\":{\"gte\":3000000,\"lt\":3060000}}}"), 0);
    town_close(&t);
}

TEST(floor_query_filters_of_aggregations_too)
{
    struct town t;
    open_crowded(&t);
    struct answer a = town_ask(
        &t, "events",
        "{\"size\":0,\"aggs\":{\"all\":{\"filter\":{\"match_all\":{}}},"
        "\"but\":{\"filter\":{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"rare\"}}}}}}}");
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, a.aggs[1].buckets[0].doc_count);
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, a.total);
    town_close(&t);
}

TEST(floor_query_refuses_what_would_take_groups_apart)
{
    static const char *const refused[] = {
        "{\"query\":{\"terms\":{\"host\":[\"odd\",\"even\"]}}}",
        "{\"query\":{\"term\":{\"host\":{\"value\":\"ODD\",\"case_insensitive\":true}}}}",
        "{\"query\":{\"ids\":{\"values\":[\"x\"]}}}",
        "{\"query\":{\"prefix\":{\"host\":\"o\"}}}",
        "{\"query\":{\"range\":{\"latency\":{\"gt\":3}}}}",
        "{\"query\":{\"term\":{\"at\":5}}}",
        "{\"query\":{\"bool\":{\"must_not\":{\"range\":{\"at\":{\"gt\":3}}}}}}",
        ("{\"query\":{\"bool\":{\"should\":[{\"term\":{\"host\":\"odd\"}},"
         "{\"term\":{\"host\":\"even\"}}]}}}"),
        "{\"post_filter\":{\"term\":{\"host\":\"odd\"}}}",
        "{\"aggs\":{\"r\":{\"range\":{\"field\":\"latency\",\"ranges\":[{\"to\":3}]}}}}",
        "{\"aggs\":{\"h\":{\"histogram\":{\"field\":\"latency\",\"interval\":10,\"offset\":3}}}}",
        "{\"aggs\":{\"f\":{\"filter\":{\"terms\":{\"host\":[\"odd\",\"even\"]}}}}}",
    };
    struct town t;
    open_crowded(&t);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct answer a;
        EXPECT_EQ(town_try(&t, "events", refused[i], &a), ERR_INVALID);
        EXPECT(strstr(t.why.words, "illegal_argument_exception: "));
    }
    town_close(&t);
}

TEST(floor_query_shows_neither_smallest_nor_largest)
{
    struct town t;
    open_crowded(&t);
    struct answer a =
        town_ask(&t, "events", "{\"size\":0,\"aggs\":{\"s\":{\"stats\":{\"field\":\"latency\"}}}}");
    EXPECT(a.aggs[0].min != a.aggs[0].min && a.aggs[0].max != a.aggs[0].max);
    EXPECT(a.aggs[0].count >= 55 && a.aggs[0].count <= 66);
    town_close(&t);
}

TEST(floor_query_leaves_analysts_all)
{
    struct town t;
    open_crowded(&t);
    t.roles = 0;
    EXPECT_EQ(total(&t, "{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"rare\"}}}}"), 59);
    EXPECT_EQ(total(&t, "{\"terms\":{\"host\":[\"odd\",\"even\"]}}"), 61);
    town_close(&t);
}
