// SPDX-License-Identifier: Apache-2.0
#include "api/answer_reuse.h"
#include "search/agg_cache.h"
#include "unit/api/talk.h"

#include <stdlib.h>

static const char by_host[] = "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}";

static uint64_t hits(const struct talk *t)
{
    struct agg_cache_stats s;
    agg_cache_stats(t->engine->cache, &s);
    return s.of[CACHE_ANSWERS].hits;
}

static uint64_t entries(const struct talk *t)
{
    struct agg_cache_stats s;
    agg_cache_stats(t->engine->cache, &s);
    return s.of[CACHE_ANSWERS].entries;
}

// Asks twice; says how many of the two were answered from what is kept.
static uint64_t ask_twice(struct talk *t, enum role role, const char *line, const char *body)
{
    uint64_t before = hits(t);
    EXPECT_EQ(talk_ask(t, role, line, body), 200);
    char *first = strdup(t->text);
    EXPECT_EQ(talk_ask(t, role, line, body), 200);
    EXPECT(talk_is(t, first));
    free(first);
    return hits(t) - before;
}

static void put_event(struct talk *t, uint64_t key)
{
    const struct town_row row = {
        .op = ROW_PUT,
        .key = key,
        .cells = {T("a1"), T("ok"), N(10), N(1575417600000), N(1), N(1), T("h1")}};
    town_put(&t->town, TOWN_EVENTS, &row, 1);
}

TEST(answer_reuse_gives_the_same_bytes_again)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_host), 1);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search?typed_keys=true", by_host), 1);
    talk_expect(&t, "\"sterms#h\"");
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search?filter_path=hits.total", by_host),
              2);
    EXPECT(!talk_has(&t, "buckets"));
    talk_close(&t);
}

TEST(answer_reuse_ends_with_the_next_change_of_the_rows)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_host), 1);
    talk_expect(&t, "\"total\":{\"value\":5,");
    put_event(&t, 900);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_host), 1);
    talk_expect(&t, "\"total\":{\"value\":6,");
    talk_close(&t);
}

TEST(answer_reuse_is_asked_by_whoever_asks)
{
    struct talk t;
    talk_open(&t, 3);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_host), 1);
    uint64_t before = hits(&t);
    EXPECT_EQ(talk_ask(&t, ROLE_METRICS, "POST /events/_search", by_host), 200);
    EXPECT_EQ(hits(&t), before);
    EXPECT_EQ(ask_twice(&t, ROLE_METRICS, "POST /events/_search", by_host), 2);
    talk_close(&t);
}

TEST(answer_reuse_leaves_out_what_may_not_be_kept)
{
    struct talk t;
    talk_open(&t, 0);
    const char *const lines[] = {"POST /events/_search?request_cache=false",
                                 "POST /events/_search?pretty", "POST /events/_search?q=at:<now"};
    for (int i = 0; i < 3; i++)
        EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, lines[i], by_host), 0);
    const char *const bodies[] = {
        "{\"size\":1}",
        "{\"size\":0,\"profile\":true}",
        "{\"size\":0,\"query\":{\"range\":{\"at\":{\"lt\":\"now\"}}}}",
        "{\"size\":0,\"query\":{\"range\":{\"at\":{\"lt\":\"\\u006eow\"}}}}",
    };
    for (int i = 0; i < 4; i++)
        EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search?request_cache=true", bodies[i]),
                  0);
    EXPECT_EQ(entries(&t), 0);
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "POST /events/_search?request_cache=no", by_host), 400);
    talk_close(&t);
}

// Each of these asks something else about the same rows, or wants it written otherwise.
TEST(answer_reuse_tells_questions_apart)
{
    struct talk t;
    talk_open(&t, 0);

    const struct {
        const char *line, *body;
    } questions[] = {
        {"POST /events/_search", by_host},
        {"POST /events,calls/_search", by_host},
        {"POST /events/_search?typed_keys=true", by_host},
        {"POST /events/_search?rest_total_hits_as_int=true", by_host},
        {"POST /events/_search?q=outcome:ok", by_host},
        {"POST /events/_search?track_total_hits=false", by_host},
        {"POST /events/_search", "{\"size\":0}"},
        {"POST /events/_search?size=0", "{\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}"},
    };

    enum { COUNT = sizeof questions / sizeof questions[0] };

    for (int i = 0; i < COUNT; i++)
        EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, questions[i].line, questions[i].body), 1);
    EXPECT_EQ(entries(&t), COUNT);
    talk_close(&t);
}

TEST(answer_reuse_serves_each_search_of_msearch)
{
    struct talk t;
    talk_open(&t, 0);
    const char *body = "{}\n{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}\n"
                       "{\"request_cache\":false}\n{\"size\":0}\n"
                       "{\"index\":\"calls\"}\n{\"size\":0}\n";
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_msearch", body), 2);
    talk_close(&t);
}

TEST(answer_reuse_leaves_counts_alone)
{
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "GET /events/_count", NULL), 0);
    talk_expect(&t, "\"count\":5");
    EXPECT_EQ(talk_ask(&t, ROLE_ANALYST, "GET /_cluster/stats", NULL), 200);
    talk_expect(&t, "\"request_cache\":{\"memory_size_in_bytes\":0,\"evictions\":0,");
    talk_close(&t);
}

static void put_call(struct talk *t, uint64_t key)
{
    const struct town_row row = {
        .op = ROW_PUT, .key = key, .cells = {T("ok"), N(1), N(1575417600000), N(1)}};
    town_put(&t->town, TOWN_CALLS, &row, 1);
}

static void put_device(struct talk *t, const char *model)
{
    const struct town_row row = {
        .op = ROW_PUT, .key = 1, .cells = {T("a1"), T(model), N(1), N(2019)}};
    town_put(&t->town, TOWN_DEVICES, &row, 1);
}

// Events refer to devices, and neither has to do with calls.
TEST(answer_reuse_outlives_changes_of_other_tables)
{
    static const char by_model[] =
        "{\"size\":0,\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\"}}}}";
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_model), 1);
    put_call(&t, 900);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_model), 2);
    EXPECT(!talk_has(&t, "\"m9\""));
    put_device(&t, "m9");
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_model), 1);
    talk_expect(&t, "\"m9\"");
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /calls,events/_search", "{\"size\":0}"), 1);
    put_call(&t, 901);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /calls,events/_search", "{\"size\":0}"), 1);
    talk_close(&t);
}

// Whom it names goes on record each time: record_people_test.c asks everything twice.
TEST(answer_reuse_gives_answers_that_name_people)
{
    static const char by_device[] =
        "{\"size\":0,\"aggs\":{\"d\":{\"terms\":{\"field\":\"device\"}}}}";
    struct talk t;
    talk_open(&t, 0);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", by_device), 1);
    EXPECT_EQ(ask_twice(&t, ROLE_ANALYST, "POST /events/_search", "{\"size\":2}"), 0);
    talk_close(&t);
}
