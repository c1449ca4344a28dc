// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"
#include "search/walk.h"
#include "unit/search/crowded.h"

struct walking {
    struct snapshot *now;
    struct budget memory;
    struct search_context context;
    struct request request;
    struct walk first, second;
};

static const uint32_t events[] = {TOWN_EVENTS};

static void open_walk(struct walking *g, struct walk *w, const struct walk *first)
{
    *w = (struct walk){.s = {.context = &g->context,
                             .request = &g->request,
                             .sees_rows = true,
                             .room = room_in(&g->memory)}};
    w->s.arena = w->s.room.arena;
    EXPECT_EQ(walk_plan(w, first, NULL), OK);
}

static void open_walking(struct walking *g, const char *json)
{
    struct town *town = crowded_town();
    g->now = store_snapshot(town->store);
    g->context = (struct search_context){.snapshot = g->now,
                                         .permit = town_permit(town, ACTION_READ),
                                         .tables = events,
                                         .table_count = 1,
                                         .now_ms = 1700000000000};
    g->request = town_request(town, json);
    budget_init(&g->memory, NULL, "request", "search.memory_bytes", SEARCH_MEMORY_BYTES);
    open_walk(g, &g->first, NULL);
    EXPECT_EQ(walk_plan_blocks(&g->first), OK);
}

static void close_walk(struct walk *w)
{
    walk_done(w);
    room_done(&w->s.room);
}

// Every second block by another walk, then put together.
TEST(walk_takes_in_what_another_has_collected)
{
    struct walking g;
    open_walking(&g, "{\"size\":3,\"aggs\":{\"h\":{\"terms\":{\"field\":\"host\"}}}}");
    open_walk(&g, &g.second, &g.first);
    EXPECT(walk_is_divisible(&g.first));
    uint32_t count = g.first.blocks.count;
    EXPECT(count > 1);
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(walk_block(i % 2 ? &g.second : &g.first, &g.first.blocks.items[i], NULL), OK);
    uint64_t apart = g.first.total + g.second.total;
    EXPECT(g.first.total < apart);
    walk_merge(&g.first, &g.second);
    EXPECT_EQ(g.first.total, apart);
    EXPECT_EQ(g.first.s.root.counts[0], apart);
    EXPECT_EQ(g.first.hits.top.count, 3);
    close_walk(&g.second);
    close_walk(&g.first);
    snapshot_free(g.now);
}

TEST(walk_that_counts_to_a_limit_is_not_divided)
{
    struct walking g;
    open_walking(&g, "{\"size\":0,\"track_total_hits\":5}");
    EXPECT(!walk_is_divisible(&g.first));
    EXPECT_EQ(walk_block(&g.first, &g.first.blocks.items[0], NULL), OK);
    EXPECT(walk_is_settled(&g.first));
    close_walk(&g.first);
    snapshot_free(g.now);
}
