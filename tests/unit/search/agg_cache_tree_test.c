// SPDX-License-Identifier: Apache-2.0
#include "search/agg_cache_tree.h"
#include "search/walk.h"
#include "unit/search/town.h"

#include <stdlib.h>

enum { ROWS = 3000 };

static void put_rows(struct town *t, uint64_t first, double scale)
{
    static const char *const hosts[] = {"h1", "h2", "h3"};
    static const char *const devices[] = {"d1", "d2", "d3", "d4"};
    struct town_row *rows = calloc(ROWS, sizeof *rows);
    for (uint32_t i = 0; i < ROWS; i++)
        rows[i] = (struct town_row){.key = first + i,
                                    .cells = {T(devices[i % 4]), T(i % 5 ? "ok" : "no"),
                                              N(scale * (i % 97)),
                                              N(1e9 + scale * 3600000.0 * (i % 50)), N(i % 2),
                                              N(i % 11 * 0.25), T(i % 7 ? hosts[i % 3] : NULL)}};
    town_put(t, TOWN_EVENTS, rows, ROWS);
    free(rows);
}

struct planned {
    struct snapshot *now;
    struct search_context context;
    struct request request;
    struct walk walk;
};

static void plan(struct town *t, const char *json, struct planned *p)
{
    static const uint32_t events[] = {TOWN_EVENTS};
    p->now = store_snapshot(t->store);
    p->context = (struct search_context){.snapshot = p->now,
                                         .permit = town_permit(t, ACTION_READ),
                                         .tables = events,
                                         .table_count = 1};
    p->request = town_request(t, json);
    p->walk = (struct walk){.s = {.context = &p->context,
                                  .request = &p->request,
                                  .sees_rows = true,
                                  .room = room_init(128 << 20)}};
    p->walk.s.arena = p->walk.s.room.arena;
    EXPECT_EQ(walk_plan(&p->walk, NULL, &t->why), OK);
    EXPECT_EQ(walk_plan_blocks(&p->walk), OK);
}

static void collect(struct planned *p)
{
    for (uint32_t i = 0; i < p->walk.blocks.count; i++)
        EXPECT_EQ(walk_block(&p->walk, &p->walk.blocks.items[i], NULL), OK);
}

static void save(struct planned *p, struct buf *out)
{
    *out = buf_init(16 << 20);
    EXPECT(agg_tree_lasts(&p->walk.s));
    agg_tree_save(&p->walk.s, out);
    EXPECT(!out->over_limit && !p->walk.s.room.is_over);
}

static void drop(struct planned *p)
{
    walk_drop(&p->walk);
    snapshot_free(p->now);
}

#define WITHIN(inner_)                                                                         \
    "{\"size\":0,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"},\"aggs\":{\"t\":{"            \
    "\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"1h\"},\"aggs\":{\"n\":{" inner_ \
    "}}}}}}}"

static const char *const trees[] = {
    WITHIN("\"stats\":{\"field\":\"latency\"}"),
    WITHIN("\"avg\":{\"field\":\"score\"}"),
    WITHIN("\"min\":{\"field\":\"latency\"}"),
    WITHIN("\"max\":{\"field\":\"at\"}"),
    WITHIN("\"sum\":{\"field\":\"latency\",\"missing\":5}"),
    WITHIN("\"value_count\":{\"field\":\"host\"}"),
    WITHIN("\"cardinality\":{\"field\":\"device\"}"),
    WITHIN("\"cardinality\":{\"field\":\"latency\"}"),
    WITHIN("\"percentiles\":{\"field\":\"latency\"}"),
    WITHIN("\"terms\":{\"field\":\"score\"}"),
    WITHIN("\"histogram\":{\"field\":\"latency\",\"interval\":7}"),
    WITHIN("\"filter\":{\"term\":{\"outcome\":\"ok\"}},\"aggs\":{\"x\":{\"terms\":{\"field\":"
           "\"latency\"}}}"),
    WITHIN(
        "\"filters\":{\"filters\":{\"a\":{\"term\":{\"outcome\":\"no\"}}},\"other_bucket\":true}"),
    WITHIN("\"range\":{\"field\":\"latency\",\"ranges\":[{\"to\":9},{\"from\":5,\"to\":40}]}"),
    WITHIN("\"missing\":{\"field\":\"host\"}"),
    "{\"size\":0,\"aggs\":{\"c\":{\"composite\":{\"sources\":[{\"h\":{\"terms\":{\"field\":"
    "\"host\"}}},"
    "{\"l\":{\"histogram\":{\"field\":\"latency\",\"interval\":9}}}]}}}}",
};

// Saved twice, bytes of a tree that was loaded are those of the one that was saved: nothing is
// lost.
static void expect_round_trip(struct town *saved_from, struct town *loaded_into, const char *json)
{
    struct planned from;
    struct buf first;
    plan(saved_from, json, &from);
    collect(&from);
    save(&from, &first);
    drop(&from);
    struct planned into;
    struct buf second;
    plan(loaded_into, json, &into);
    agg_tree_load(&into.walk.s, buf_slice(&first));
    save(&into, &second);
    drop(&into);
    if (first.len < 16 || !slice_equal(buf_slice(&first), buf_slice(&second)))
        test_fail(__FILE__, __LINE__, "%zu bytes, then %zu: %s", first.len, second.len, json);
    buf_done(&first);
    buf_done(&second);
}

TEST(agg_cache_tree_loads_what_it_saved)
{
    struct town t;
    town_open(&t, 0, NULL);
    put_rows(&t, 0, 1);
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++)
        expect_round_trip(&t, &t, trees[i]);
    town_close(&t);
}

// The answers of a search over the whole and of what was saved before half of the rows came.
TEST(agg_cache_tree_is_added_over_rows_with_other_bounds_and_more_values)
{
    for (size_t i = 0; i < sizeof trees / sizeof trees[0]; i++) {
        struct town t;
        struct planned before;
        struct planned after;
        struct buf bytes;
        struct fault why;
        town_open(&t, 0, NULL);
        put_rows(&t, 0, 1);
        plan(&t, trees[i], &before);
        collect(&before);
        save(&before, &bytes);
        drop(&before);
        put_rows(&t, ROWS, -2); // below all that was there
        plan(&t, trees[i], &after);
        agg_tree_load(&after.walk.s, buf_slice(&bytes));
        struct answer a = {0};
        EXPECT_EQ(agg_tree_answer(&after.walk.s, &a, &why), OK);
        const struct bucket *h1 =
            a.aggs[0].agg->kind == AGG_TERMS ? town_bucket(&a.aggs[0], "h1") : NULL;
        if (h1)
            EXPECT_EQ(h1->doc_count, 857);
        else
            EXPECT_EQ(a.aggs[0].bucket_count, 10); // of a page
        buf_done(&bytes);
        drop(&after);
        town_close(&t);
    }
}

TEST(agg_cache_tree_does_not_last_where_subjects_are_counted)
{
    struct town t;
    struct planned p;
    town_open(&t, 2, NULL);
    put_rows(&t, 0, 1);
    plan(&t, trees[0], &p);
    EXPECT(agg_tree_lasts(&p.walk.s));
    p.walk.s.floor = 2;
    EXPECT(!agg_tree_lasts(&p.walk.s));
    p.walk.s.floor = 0;
    drop(&p);
    town_close(&t);
}
