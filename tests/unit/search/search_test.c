// SPDX-License-Identifier: Apache-2.0
#include "base/pool.h"
#include "search/budget.h"
#include "search/patience.h"
#include "search/search.h"
#include "unit/search/crowded.h"

#include <math.h>
#include <stdio.h>

static bool every(const struct town_row *r)
{
    (void)r;
    return true;
}

static bool is_ok(const struct town_row *r)
{
    return is_text(r, E_OUTCOME, "ok");
}

static bool is_ok_or_timeout(const struct town_row *r)
{
    return is_ok(r) || is_text(r, E_OUTCOME, "timeout");
}

static bool is_slow(const struct town_row *r)
{
    return r->cells[E_LATENCY].has && r->cells[E_LATENCY].number >= 100 &&
           r->cells[E_LATENCY].number < 200;
}

static bool is_model_m1(const struct town_row *r)
{
    const char *model = model_of(r);
    return model && strcmp(model, "m1") == 0;
}

static bool has_no_latency(const struct town_row *r)
{
    return !r->cells[E_LATENCY].has;
}

static bool is_early(const struct town_row *r)
{
    return r->cells[E_AT].has && r->cells[E_AT].number < CROWDED_START + 3600000;
}

static bool is_mixed(const struct town_row *r)
{
    int should = is_slow(r) + is_model_m1(r) + is_text(r, E_HOST, "h1");
    return is_ok_or_timeout(r) && should >= 2 && !is_early(r);
}

static bool is_heavy(const struct town_row *r)
{
    const struct town_row *d = device_of(r);
    return d && d->cells[D_WEIGHT].has && d->cells[D_WEIGHT].number > 1.5;
}

static bool is_true(const struct town_row *r)
{
    return r->cells[E_OK].has && r->cells[E_OK].number != 0;
}

static bool has_small_score(const struct town_row *r)
{
    return r->cells[E_SCORE].has && r->cells[E_SCORE].number <= 0.25;
}

static bool is_after_outcome_k(const struct town_row *r)
{
    return r->cells[E_OUTCOME].text && strcmp(r->cells[E_OUTCOME].text, "k") > 0;
}

static const struct {
    const char *query;
    bool (*takes)(const struct town_row *r);
} queries[] = {
    {"{\"match_all\":{}}", every},
    {"{\"term\":{\"outcome\":\"ok\"}}", is_ok},
    {"{\"term\":{\"outcome\":{\"value\":\"OK\",\"case_insensitive\":true}}}", is_ok},
    {"{\"match\":{\"outcome\":\"ok\"}}", is_ok},
    {"{\"terms\":{\"outcome\":[\"ok\",\"timeout\",\"unheard of\"]}}", is_ok_or_timeout},
    {"{\"range\":{\"latency\":{\"gte\":100,\"lt\":\"200\"}}}", is_slow},
    {"{\"range\":{\"latency\":{\"gt\":99.5,\"lte\":199.5}}}", is_slow},
    {"{\"term\":{\"device.model\":\"m1\"}}", is_model_m1},
    {"{\"bool\":{\"must_not\":{\"exists\":{\"field\":\"latency\"}}}}", has_no_latency},
    {"{\"range\":{\"at\":{\"lt\":\"2023-11-14T01:00:00Z\"}}}", is_early},
    {"{\"range\":{\"at\":{\"lt\":\"now-21h-13m-20s\"}}}", is_early},
    {"{\"range\":{\"device.weight\":{\"gt\":1.5}}}", is_heavy},
    {"{\"term\":{\"ok\":true}}", is_true},
    {"{\"term\":{\"ok\":\"true\"}}", is_true},
    {"{\"range\":{\"score\":{\"lte\":0.25}}}", has_small_score},
    {"{\"range\":{\"outcome\":{\"gt\":\"k\"}}}", is_after_outcome_k},
    {"{\"bool\":{\"filter\":[{\"terms\":{\"outcome\":[\"ok\",\"timeout\"]}}],"
     "\"should\":[{\"range\":{\"latency\":{\"gte\":100,\"lt\":200}}},"
     "{\"term\":{\"device.model\":\"m1\"}},{\"term\":{\"host\":\"h1\"}}],"
     "\"minimum_should_match\":2,"
     "\"must_not\":{\"range\":{\"at\":{\"lt\":\"2023-11-14T01:00:00Z\"}}}}}",
     is_mixed},
};

TEST(search_counts_what_a_naive_count_finds)
{
    const struct crowd_model *m = crowded_model();
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        uint64_t want = 0;
        for (uint32_t r = 0; r < m->row_count; r++)
            want += m->is_live[r] && queries[i].takes(&m->rows[r]);
        char body[900];
        snprintf(body, sizeof body, "{\"size\":0,\"query\":%s}", queries[i].query);
        struct answer a = town_ask(crowded_town(), "events", body);
        if (a.total != want)
            test_fail(__FILE__, __LINE__, "%s: %llu, not %llu", queries[i].query,
                      (unsigned long long)a.total, (unsigned long long)want);
    }
}

TEST(search_applies_a_post_filter_to_hits_but_not_to_aggregations)
{
    struct answer all = town_ask(crowded_town(), "events", "{\"size\":0}");
    struct answer a = town_ask(crowded_town(), "events",
                               "{\"size\":3,\"post_filter\":{\"term\":{\"outcome\":\"ok\"}},"
                               "\"aggs\":{\"c\":{\"missing\":{\"field\":\"no such field\"}}}}");
    struct answer ok = town_ask(crowded_town(), "events",
                                "{\"size\":0,\"query\":{\"term\":{\"outcome\":\"ok\"}}}");
    EXPECT_EQ(a.total, ok.total);
    EXPECT_EQ(a.aggs[0].buckets[0].doc_count, all.total);
    EXPECT_EQ(a.hit_count, 3);
}

TEST(search_stops_counting_where_it_is_told_to)
{
    struct answer a = town_ask(crowded_town(), "events", "{\"size\":0,\"track_total_hits\":100}");
    EXPECT_EQ(a.total, 100);
    EXPECT(a.total_is_lower_bound);
    a = town_ask(crowded_town(), "events", "{\"size\":0,\"track_total_hits\":true}");
    EXPECT(!a.total_is_lower_bound);
}

TEST(search_ends_at_its_deadline)
{
    struct town *t = crowded_town();
    struct request r = town_request(t, "{}");
    struct snapshot *now = store_snapshot(t->store);
    uint32_t table = TOWN_EVENTS;
    struct patience patience = {.deadline_us = 1};
    struct search_context c = {.snapshot = now,
                               .permit = town_permit(t, ACTION_READ),
                               .tables = &table,
                               .table_count = 1,
                               .patience = &patience};
    struct answer a;
    EXPECT_EQ(search_run(&c, &r, t->request, &a, &t->why), ERR_TIMEOUT);
    EXPECT(strstr(t->why.words, "time limit") != NULL);
    EXPECT_EQ(patience.end, PATIENCE_IS_LATE);
    snapshot_free(now);
}

// In planning, in a helper's walk, in merging: wherever it is that the memory ends.
TEST(search_over_its_memory_names_the_limit_wherever_it_is_met)
{
    static const char body[] = "{\"size\":0,\"aggs\":{\"d\":{\"terms\":{\"field\":\"device\"},"
                               "\"aggs\":{\"a\":{\"cardinality\":{\"field\":\"at\"}}}}}}";
    struct town *t = crowded_town();
    struct request r = town_request(t, body);
    struct snapshot *now = store_snapshot(t->store);
    uint32_t table = TOWN_EVENTS;
    struct pool *pool = pool_new(3);
    uint32_t refused = 0;
    enum err e = ERR_LIMIT;
    for (size_t limit = 64 << 10; e == ERR_LIMIT; limit += limit / 16) {
        struct budget memory;
        struct answer a;
        budget_init(&memory, NULL, "request", "search.memory_bytes", limit);
        struct search_context c = {.snapshot = now,
                                   .permit = town_permit(t, ACTION_READ),
                                   .tables = &table,
                                   .table_count = 1,
                                   .pool = pool,
                                   .piece_blocks = 1,
                                   .memory = &memory};
        e = search_run(&c, &r, t->request, &a, &t->why);
        EXPECT_EQ(memory.used, 0);
        if (e == OK)
            break;
        EXPECT_EQ(e, ERR_LIMIT);
        EXPECT(strstr(t->why.words, "[search.memory_bytes]") != NULL);
        refused++;
    }
    EXPECT_EQ(e, OK);
    EXPECT(refused > 10);
    pool_free(pool);
    snapshot_free(now);
}

TEST(search_of_no_table_finds_nothing)
{
    struct answer a = town_ask(crowded_town(), "",
                               "{\"sort\":\"at\",\"aggs\":{\"t\":{\"terms\":"
                               "{\"field\":\"outcome\"}}}}");
    EXPECT_EQ(a.total, 0);
    EXPECT_EQ(a.hit_count, 0);
    EXPECT_EQ(a.aggs[0].bucket_count, 0);
}

TEST(search_gives_a_pure_filter_no_score)
{
    struct town *t = crowded_town();
    struct answer a = town_ask(t, "events",
                               "{\"size\":1,\"query\":{\"bool\":{\"filter\":{"
                               "\"term\":{\"outcome\":\"ok\"}}}}}");
    EXPECT(a.max_score == 0 && a.hits[0].score == 0);
    a = town_ask(t, "events", "{\"size\":1,\"query\":{\"term\":{\"outcome\":\"ok\"}}}");
    EXPECT(a.max_score == 1);
    a = town_ask(t, "events", "{\"size\":1,\"sort\":\"at\"}");
    EXPECT(isnan(a.max_score));
    a = town_ask(t, "events", "{\"size\":1,\"min_score\":2}");
    EXPECT_EQ(a.total, 0);
}

TEST(search_gets_one_row_by_its_key)
{
    struct town *t = crowded_town();
    struct snapshot *now = store_snapshot(t->store);
    uint32_t table = TOWN_EVENTS;
    struct search_context c = {
        .snapshot = now, .permit = town_permit(t, ACTION_READ), .tables = &table, .table_count = 1};
    struct hit hit;
    EXPECT_EQ(search_get(&c, table, (struct row_key){.lo = 17}, t->request, &hit, NULL), OK);
    EXPECT_EQ(hit.key.lo, 17);
    EXPECT(hit.field_count > 0);
    EXPECT_EQ(search_get(&c, table, (struct row_key){.lo = 999999}, t->request, &hit, NULL),
              ERR_NOT_FOUND);
    t->roles = 1u << ROLE_METRICS;
    c.permit = town_permit(t, ACTION_AGGREGATE);
    t->roles = 0;
    EXPECT_EQ(search_get(&c, table, (struct row_key){.lo = 17}, t->request, &hit, NULL),
              ERR_DENIED);
    snapshot_free(now);
}

TEST(search_shows_the_metrics_role_no_rows_and_no_small_groups)
{
    struct town t;
    town_open(&t, 3, NULL);
    struct town_row rows[8];
    for (uint64_t i = 0; i < 8; i++)
        rows[i] = (struct town_row){.key = i + 1, .cells = {T("d1"), T(i < 5 ? "ok" : "failed")}};
    rows[1].cells[0] = T("d2");
    rows[2].cells[0] = T("d3");
    town_put(&t, TOWN_EVENTS, rows, 8);
    t.roles = 1u << ROLE_METRICS;
    struct answer a = town_ask(&t, "events",
                               "{\"size\":5,\"aggs\":{\"t\":{\"terms\":{\"field\":\"outcome\"}},"
                               "\"f\":{\"filter\":{\"term\":{\"outcome\":\"failed\"}}}}}");
    EXPECT_EQ(a.hit_count, 0);
    EXPECT_EQ(a.total, 8);
    EXPECT_EQ(a.aggs[0].bucket_count, 1); // "failed" is about one device only
    EXPECT_EQ(town_bucket(&a.aggs[0], "ok")->doc_count, 5);
    EXPECT_EQ(a.aggs[0].other_count, 0);
    EXPECT_EQ(a.aggs[1].buckets[0].doc_count, 0);
    a = town_ask(&t, "events",
                 "{\"query\":{\"term\":{\"outcome\":\"failed\"}},\"aggs\":{\"m\":{\"value_count\":{"
                 "\"field\":\"outcome\"}}}}");
    EXPECT_EQ(a.total, 0);
    EXPECT_EQ(a.aggs[0].count, 0);
    EXPECT_EQ(town_try(&t, "events", "{\"aggs\":{\"t\":{\"terms\":{\"field\":\"device\"}}}}", &a),
              ERR_DENIED);
    t.roles = 0;
    a = town_ask(&t, "events", "{\"aggs\":{\"t\":{\"terms\":{\"field\":\"outcome\"}}}}");
    EXPECT_EQ(a.hit_count, 8);
    EXPECT_EQ(a.aggs[0].bucket_count, 2);
    town_close(&t);
}

// Eight devices of two models, of which one has a latency and failed.
static void open_quiet_town(struct town *t)
{
    static const char *const devices[] = {"d0", "d1", "d2", "d3", "d4", "d5", "d6", "d7"};
    town_open(t, 3, NULL);
    struct town_row rows[8];
    for (uint64_t i = 0; i < 8; i++)
        rows[i] = (struct town_row){
            .key = i + 1,
            .cells = {T(devices[i]),
                      T("ok"), [E_AT] = N((double)i * 1000), [E_HOST] = T(i % 2 ? "odd" : "even")}};
    rows[5].cells[E_OUTCOME] = T("failed");
    rows[5].cells[E_LATENCY] = N(77);
    town_put(t, TOWN_EVENTS, rows, 8);
    t->roles = 1u << ROLE_METRICS;
}

TEST(search_orders_no_groups_by_what_the_floor_hides)
{
    struct town t;
    open_quiet_town(&t);
    static const char *const directions[] = {"asc", "desc"};
    for (int i = 0; i < 2; i++) {
        char json[400];
        snprintf(json, sizeof json,
                 "{\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\",\"order\":{\"f>m\":\"%s\"}},"
                 "\"aggs\":{\"f\":{\"filter\":{\"term\":{\"outcome\":\"failed\"}},"
                 "\"aggs\":{\"m\":{\"max\":{\"field\":\"at\"}}}}}}}}",
                 directions[i]);
        struct answer a = town_ask(&t, "events", json);
        EXPECT_EQ(a.aggs[0].bucket_count, 2);
        EXPECT(slice_is(a.aggs[0].buckets[0].key.text, "even")); // not the one that failed
    }
    town_close(&t);
}

TEST(search_shows_no_number_that_too_few_subjects_have)
{
    struct town t;
    open_quiet_town(&t);
    struct answer a = town_ask(
        &t, "events",
        "{\"aggs\":{\"a\":{\"stats\":{\"field\":\"latency\"}},"
        "\"b\":{\"sum\":{\"field\":\"latency\",\"missing\":0}},"
        "\"c\":{\"cardinality\":{\"field\":\"latency\"}},"
        "\"d\":{\"percentiles\":{\"field\":\"latency\",\"percents\":[50]}},"
        "\"e\":{\"value_count\":{\"field\":\"latency\"}},"
        "\"h\":{\"terms\":{\"field\":\"host\",\"order\":{\"m\":\"desc\"}},\"aggs\":{\"m\":"
        "{\"max\":{\"field\":\"latency\"}}}},\"at\":{\"value_count\":{\"field\":\"at\"}}}}");
    EXPECT_EQ(a.aggs[0].count, 0);
    EXPECT(a.aggs[0].sum == 0);
    EXPECT(a.aggs[1].sum == 0);
    EXPECT_EQ(a.aggs[2].distinct, 0);
    EXPECT(isnan(a.aggs[3].percentiles[0]));
    EXPECT_EQ(a.aggs[4].count, 0);
    EXPECT(slice_is(a.aggs[5].buckets[0].key.text, "even"));
    EXPECT_EQ(a.aggs[5].buckets[1].subs[0].count, 0);
    EXPECT_EQ(a.aggs[6].count, 8);
    t.roles = 0;
    a = town_ask(&t, "events", "{\"aggs\":{\"a\":{\"stats\":{\"field\":\"latency\"}}}}");
    EXPECT(a.aggs[0].sum == 77);
    town_close(&t);
}

TEST(search_does_not_tell_a_hidden_step_from_an_empty_one)
{
    struct town t;
    town_open(&t, 2, NULL);
    struct town_row rows[5];
    static const char *const devices[] = {"d0", "d1", "d2", "d3", "d4"};
    static const double seconds[] = {0, 10, 10, 30, 30}; // alone, two, nobody, two
    for (uint64_t i = 0; i < 5; i++)
        rows[i] = (struct town_row){.key = i + 1,
                                    .cells = {T(devices[i]), [E_AT] = N(1000.0 * seconds[i])}};
    town_put(&t, TOWN_EVENTS, rows, 5);
    rows[0].key = 9; // and one alone between the two
    rows[0].cells[E_AT] = N(20000);
    town_put(&t, TOWN_EVENTS, rows, 1);
    t.roles = 1u << ROLE_METRICS;
    struct answer a = town_ask(&t, "events",
                               "{\"aggs\":{\"t\":{\"date_histogram\":{\"field\":\"at\","
                               "\"fixed_interval\":\"5s\"}}}}");
    EXPECT_EQ(a.aggs[0].bucket_count, 5); // 10, 15, 20, 25, 30; nothing of 0
    EXPECT_EQ(town_bucket_at(&a.aggs[0], 10000)->doc_count, 2);
    EXPECT_EQ(town_bucket_at(&a.aggs[0], 15000)->doc_count, 0);
    EXPECT_EQ(town_bucket_at(&a.aggs[0], 20000)->doc_count, 0);
    EXPECT_EQ(town_bucket_at(&a.aggs[0], 30000)->doc_count, 2);
    town_close(&t);
}
