// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache.h"
#include "search/agg_cache_walk.h"
#include "unit/search/town.h"

#include <stdlib.h>

// town_try() asks each search with nothing kept, to keep, and from what is kept, compares the
// answers, and leaves the counts of the second and third time in town.first and town.again.
// Units are of one block there, and a town's memory part is sealed past 9000 rows.

enum { BLOCK = 8192, MINUTE = 60000 };

static void put_events(struct town *t, uint64_t first, uint32_t count)
{
    static const char *const hosts[] = {"h1", "h2", "h3", "h4", "h5"};
    struct town_row *rows = calloc(count, sizeof *rows);
    for (uint32_t i = 0; i < count; i++)
        rows[i] = (struct town_row){.key = first + i,
                                    .cells = {T(i % 2 ? "d1" : "d2"), T(i % 3 ? "ok" : "no"),
                                              N((double)(i % 100)), N((double)(first + i) * MINUTE),
                                              N(1), N(0.5), T(hosts[i % 5])}};
    town_put(t, TOWN_EVENTS, rows, count);
    free(rows);
}

static void ask(struct town *t, const char *json)
{
    arena_reset(t->request);
    (void)town_ask(t, "events", json);
}

static const char by_host[] =
    "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"m\":{\"avg\":{"
    "\"field\":\"latency\"}}}}}}";

static void open(struct town *t, uint32_t rows)
{
    town_open(t, 0, NULL);
    put_events(t, 0, rows);
}

TEST(agg_cache_walk_keeps_whole_blocks_and_walks_the_rest)
{
    struct town t;
    open(&t, 0);
    put_events(&t, 0, 3 * BLOCK); // sealed
    put_events(&t, 3 * BLOCK, 100);
    ask(&t, by_host);
    EXPECT(t.first.used_cache && t.first.kept_units == 0);
    EXPECT_EQ(t.first.fresh_units, 3);
    EXPECT_EQ(t.first.loose_blocks, 1);
    EXPECT(t.again.used_cache && t.again.fresh_units == 0);
    EXPECT_EQ(t.again.kept_units, 3);
    EXPECT_EQ(t.again.loose_blocks, 1);
    ask(&t, by_host);
    EXPECT_EQ(t.first.kept_units, 1); // the part's units are one group now
    town_close(&t);
}

TEST(agg_cache_walk_collects_only_new_blocks_after_rows_came)
{
    struct town t;
    open(&t, 3 * BLOCK);
    ask(&t, by_host);
    put_events(&t, 3 * BLOCK, BLOCK + 50); // of the memory part
    ask(&t, by_host);
    EXPECT(t.first.kept_units > 0);
    EXPECT_EQ(t.first.fresh_units, 1);
    EXPECT_EQ(t.first.loose_blocks, 1);
    town_close(&t);
}

TEST(agg_cache_walk_collects_a_block_anew_after_a_delete_in_it)
{
    struct town t;
    open(&t, 3 * BLOCK);
    ask(&t, by_host);
    ask(&t, by_host);
    const struct town_row row = {.op = ROW_DELETE, .key = 5};
    town_put(&t, TOWN_EVENTS, &row, 1);
    ask(&t, by_host);
    EXPECT_EQ(t.first.fresh_units, 1);
    EXPECT_EQ(t.first.kept_units, 2);
    const struct town_row again = {.op = ROW_PUT, .key = BLOCK + 5, .cells = {T("d1"), T("x")}};
    town_put(&t, TOWN_EVENTS, &again, 1);
    ask(&t, by_host);
    EXPECT_EQ(t.first.fresh_units, 1);
    town_close(&t);
}

#define SINCE(minute_)                                                                        \
    "{\"size\":0,\"query\":{\"range\":{\"at\":{\"gte\":" #minute_ "0000}}},\"aggs\":{\"t\":{" \
    "\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1d\"}}}}"

TEST(agg_cache_walk_keeps_what_lies_within_a_range_that_moves)
{
    struct town t;
    open(&t, 4 * BLOCK);
    ask(&t, SINCE(600)); // 100 minutes, in the first block
    EXPECT_EQ(t.first.fresh_units, 3);
    EXPECT_EQ(t.first.loose_blocks, 1);
    ask(&t, SINCE(1200));
    EXPECT_EQ(t.first.fresh_units, 0);
    EXPECT_EQ(t.first.kept_units, 3);
    EXPECT_EQ(t.first.loose_blocks, 1);
    ask(&t, SINCE(60000)); // past the first block
    EXPECT_EQ(t.first.kept_units, 2);
    EXPECT_EQ(t.first.loose_blocks, 1);
    ask(&t, SINCE(6000000)); // past all
    EXPECT_EQ(t.first.kept_units + t.first.fresh_units + t.first.loose_blocks, 0);
    town_close(&t);
}

TEST(agg_cache_walk_collects_all_anew_after_a_looked_up_row_changed)
{
    struct town t;
    open(&t, 2 * BLOCK);
    struct town_row device = {.key = 1, .cells = {T("d1"), T("m1")}};
    town_put(&t, TOWN_DEVICES, &device, 1);
    const char *by_model = "{\"size\":0,\"aggs\":{\"m\":{\"terms\":{\"field\":\"device.model\"}}}}";
    ask(&t, by_model);
    EXPECT_EQ(t.again.fresh_units, 0);
    device.cells[1] = T("m2");
    town_put(&t, TOWN_DEVICES, &device, 1);
    ask(&t, by_model);
    EXPECT_EQ(t.first.fresh_units, 2);
    town_close(&t);
}

TEST(agg_cache_walk_does_not_serve_those_below_a_floor)
{
    struct town t;
    town_open(&t, 2, NULL);
    put_events(&t, 0, 2 * BLOCK);
    ask(&t, by_host);
    EXPECT(t.again.kept_units > 0);
    t.roles = 1u << ROLE_METRICS;
    ask(&t, by_host);
    EXPECT(!t.first.used_cache && !t.again.used_cache);
    town_close(&t);
}

TEST(agg_cache_walk_does_not_keep_what_is_asked_for_once)
{
    struct town t;
    open(&t, 3 * BLOCK);
    struct agg_cache *cache = agg_cache_new(1 << 20, NULL);
    static const uint32_t events[] = {TOWN_EVENTS};
    const struct request request = town_request(&t, by_host);
    struct snapshot *now = store_snapshot(t.store);
    const struct search_context c = {.snapshot = now,
                                     .permit = town_permit(&t, ACTION_READ),
                                     .tables = events,
                                     .table_count = 1,
                                     .cache = cache,
                                     .unit_blocks = 1};
    const uint32_t fresh[] = {0, 3, 0};
    for (int i = 0; i < 3; i++) {
        struct answer a;
        EXPECT_EQ(search_run(&c, &request, t.request, &a, NULL), OK);
        EXPECT_EQ(a.used_cache, i > 0);
        EXPECT_EQ(a.fresh_units, fresh[i]);
        EXPECT_EQ(a.total, 3 * BLOCK);
    }
    snapshot_free(now);
    agg_cache_free(cache);
    town_close(&t);
}

TEST(agg_cache_walk_gives_up_trees_as_large_as_the_rows)
{
    struct town t;
    open(&t, 3 * BLOCK);
    ask(&t, "{\"size\":0,\"aggs\":{\"t\":{\"terms\":{\"field\":\"at\"}}}}"); // one bucket a row
    EXPECT_EQ(t.first.fresh_units, 3);
    EXPECT(!t.again.used_cache);
    struct agg_cache_stats s;
    agg_cache_stats(t.cache, &s);
    EXPECT_EQ(s.of[CACHE_PARTIALS].entries, 0);
    town_close(&t);
}

TEST(agg_cache_walk_forgets_parts_that_were_merged_away)
{
    struct town t;
    open(&t, 2 * BLOCK);
    ask(&t, by_host);
    struct agg_cache_stats before;
    agg_cache_stats(t.cache, &before);
    EXPECT(before.of[CACHE_PARTIALS].entries > 0);
    const struct town_row row = {.op = ROW_TRUNCATE};
    town_put(&t, TOWN_EVENTS, &row, 1);
    ask(&t, by_host);
    put_events(&t, 0, 2 * BLOCK);
    ask(&t, by_host);
    struct agg_cache_stats after;
    agg_cache_stats(t.cache, &after);
    EXPECT(after.of[CACHE_PARTIALS].evictions >= before.of[CACHE_PARTIALS].entries);
    town_close(&t);
}

// What was collected for whoever sees all must not be answered to whoever does not.
TEST(agg_cache_walk_gives_a_narrow_role_nothing_that_is_kept)
{
    struct town t;
    open(&t, 0);
    put_events(&t, 0, 3 * BLOCK);
    ask(&t, by_host);
    EXPECT(t.first.used_cache);
    t.grants = "[{\"indices\":[{\"names\":[\"*\"],\"privileges\":[\"read\"],"
               "\"query\":{\"term\":{\"outcome\":\"no\"}}}]}]";
    arena_reset(t.request);
    struct answer a = town_ask(&t, "events", by_host);
    EXPECT(!t.first.used_cache && !t.again.used_cache);
    EXPECT_EQ(a.total, BLOCK);
    town_close(&t);
}
