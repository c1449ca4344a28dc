// SPDX-License-Identifier: Apache-2.0
#include "search/blocks.h"
#include "unit/search/crowded.h"

struct planned {
    struct snapshot *now;
    struct room room;
    struct columns columns;
    struct match match;
    struct blocks blocks;
};

static const uint32_t tables[] = {TOWN_DEVICES, TOWN_EVENTS};

static void plan(struct planned *p, const char *query)
{
    char body[600];
    snprintf(body, sizeof body, "{\"query\":%s}", query);
    struct request r = town_request(crowded_town(), body);
    p->now = store_snapshot(crowded_town()->store);
    p->room = room_init(16 << 20);
    EXPECT_EQ(columns_init(&p->columns, p->now, tables, 2, &p->room), OK);
    EXPECT_EQ(match_plan(&p->columns, r.query, 0, &p->match, NULL), OK);
    EXPECT_EQ(blocks_plan(&p->columns, &p->match, &p->blocks), OK);
}

static void done(struct planned *p)
{
    columns_done(&p->columns);
    room_done(&p->room);
    snapshot_free(p->now);
}

static uint32_t count(const char *query)
{
    struct planned p;
    plan(&p, query);
    uint32_t blocks = p.blocks.count;
    done(&p);
    return blocks;
}

TEST(blocks_without_a_row_that_may_match_are_not_visited)
{
    struct planned p;
    plan(&p, "{\"match_all\":{}}");
    uint32_t all = p.blocks.count;
    uint32_t events = view_block_count(snapshot_view(p.now, TOWN_EVENTS));
    EXPECT_EQ(all, events + view_block_count(snapshot_view(p.now, TOWN_DEVICES)));
    done(&p);
    EXPECT(events > 2);
    EXPECT_EQ(count("{\"match_none\":{}}"), 0);
    EXPECT_EQ(count("{\"term\":{\"host\":\"h1\"}}"), events);
    EXPECT_EQ(count("{\"term\":{\"_index\":\"devices\"}}"), all - events);
    EXPECT_EQ(count("{\"range\":{\"latency\":{\"gt\":1000}}}"), 0);
    EXPECT_EQ(count("{\"range\":{\"latency\":{\"gte\":0}}}"), events);
    EXPECT_EQ(count("{\"term\":{\"latency\":7}}"), events);
    uint32_t early = count("{\"range\":{\"at\":{\"lt\":\"2023-11-14T00:30:00Z\"}}}");
    EXPECT(early > 0 && early < events);
}

TEST(blocks_are_narrowed_by_each_clause_that_tells_something)
{
    uint32_t all = count("{\"match_all\":{}}");
    uint32_t early = count("{\"range\":{\"at\":{\"lt\":\"2023-11-14T00:30:00Z\"}}}");
    EXPECT_EQ(count("{\"bool\":{\"filter\":[{\"range\":{\"at\":{\"lt\":\"2023-11-14T00:30:00Z\"}}},"
                    "{\"term\":{\"host\":\"h1\"}},{\"exists\":{\"field\":\"score\"}}]}}"),
              early);
    EXPECT_EQ(count("{\"bool\":{\"filter\":{\"match_all\":{}},\"must_not\":{\"match_none\":{}}}}"),
              all);
    EXPECT_EQ(count("{\"bool\":{\"should\":[{\"range\":{\"latency\":{\"gt\":1000}}},"
                    "{\"range\":{\"at\":{\"lt\":\"2023-11-14T00:30:00Z\"}}}]}}"),
              early);
    EXPECT_EQ(count("{\"bool\":{\"should\":[{\"range\":{\"latency\":{\"gt\":1000}}},"
                    "{\"match_all\":{}}]}}"),
              all);
    EXPECT_EQ(count("{\"bool\":{\"must\":{\"match_all\":{}},\"should\":{\"match_none\":{}}}}"),
              all);
}

TEST(blocks_know_how_many_rows_come_before_them)
{
    struct planned p;
    plan(&p, "{\"match_all\":{}}");
    uint64_t doc = 0;
    for (uint32_t i = 0; i < p.blocks.count; i++) {
        const struct block_place *b = &p.blocks.items[i];
        EXPECT_EQ(b->doc, doc);
        doc += view_block(snapshot_view(p.now, tables[b->at]), b->block).row_count;
    }
    done(&p);
}

TEST(blocks_are_ordered_by_their_best_value)
{
    for (int descending = 0; descending < 2; descending++) {
        struct planned p;
        struct column *at = NULL;
        plan(&p, "{\"term\":{\"_index\":\"events\"}}");
        EXPECT_EQ(columns_find(&p.columns, slice_text("at"), &at, NULL), OK);
        EXPECT_EQ(blocks_order(&p.columns, at, descending, &p.blocks), OK);
        EXPECT(p.blocks.is_ordered);
        for (uint32_t i = 1; i < p.blocks.count; i++)
            EXPECT(descending ? p.blocks.best[i] <= p.blocks.best[i - 1]
                              : p.blocks.best[i] >= p.blocks.best[i - 1]);
        struct block b = view_block(snapshot_view(p.now, TOWN_EVENTS), p.blocks.items[0].block);
        struct block_range r = block_range(&b, E_AT);
        EXPECT_EQ(p.blocks.best[0], descending ? r.max : r.min);
        done(&p);
    }
}
