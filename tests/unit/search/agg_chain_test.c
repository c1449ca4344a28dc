// SPDX-License-Identifier: Apache-2.0
#include "search/agg_chain.h"
#include "search/budget.h"
#include "search/walk.h"
#include "store/store_private.h"
#include "unit/search/crowded.h"

#include <math.h>

// Asked of two indices fields follow no reference of one table, so the same question goes node by
// node; calls have no device, and nothing of them is in a bucket of its model.

#define DEVICES_OF(subs)                                                    \
    "{\"terms\":{\"field\":\"device.model\",\"size\":50},\"aggs\":{\"d\":{" \
    "\"terms\":{\"field\":\"device.id\",\"size\":100},\"aggs\":{" subs "}}}}"
#define LEAVES                                                                                 \
    "\"f\":{\"filter\":{\"term\":{\"outcome\":\"failed\"}}},"                                  \
    "\"g\":{\"filter\":{\"term\":{\"outcome\":\"ok\"}},\"aggs\":{\"h\":{\"terms\":{\"field\":" \
    "\"host\"}}}},"                                                                            \
    "\"o\":{\"terms\":{\"field\":\"outcome\"}},\"a\":{\"avg\":{\"field\":\"latency\"}},"       \
    "\"x\":{\"max\":{\"field\":\"latency\"}},\"c\":{\"cardinality\":{\"field\":\"host\"}}"
#define ASK(query, aggs) "{\"size\":0," query "\"aggs\":{\"m\":" aggs "}}"
#define WITH_DEVICE      "\"query\":{\"exists\":{\"field\":\"device.model\"}},"
#define FAILED_ONES                                                                          \
    "\"query\":{\"bool\":{\"filter\":[{\"exists\":{\"field\":\"device.model\"}},{\"term\":{" \
    "\"outcome\":\"failed\"}}]}},"
#define BY_DAY(aggs)                                                                            \
    "{\"date_histogram\":{\"field\":\"at\",\"calendar_interval\":\"day\",\"min_doc_count\":1}," \
    "\"aggs\":{\"m\":" aggs "}}"

static bool is_same(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

static void expect_same(const struct agg_answer *a, const struct agg_answer *b);

static void expect_same_bucket(const struct agg_answer *of, const struct bucket *a,
                               const struct bucket *b)
{
    EXPECT_EQ(a->doc_count, b->doc_count);
    for (uint32_t i = 0; i < of->agg->sub_count; i++)
        expect_same(&a->subs[i], &b->subs[i]);
}

static void expect_same(const struct agg_answer *a, const struct agg_answer *b)
{
    EXPECT_EQ(a->bucket_count, b->bucket_count);
    EXPECT_EQ(a->count, b->count);
    if (a->agg->kind == AGG_AVG && a->count)
        EXPECT(is_same(a->sum, b->sum));
    if (a->agg->kind == AGG_MAX && a->count)
        EXPECT(is_same(a->max, b->max));
    for (uint32_t i = 0; i < a->bucket_count; i++)
        expect_same_bucket(a, &a->buckets[i], &b->buckets[i]);
}

// The town's store has room for next to nothing.
static void make_room(void)
{
    crowded_town()->store->attribute_room.limit = 1 << 20;
}

struct chained {
    struct snapshot *now;
    struct budget memory;
    struct search_context context;
    struct request request;
    struct walk walk;
};

static void open_chained(struct chained *g, const char *json)
{
    static const uint32_t events[] = {TOWN_EVENTS};
    struct town *town = crowded_town();
    make_room();
    g->now = store_snapshot(town->store);
    g->context = (struct search_context){.snapshot = g->now,
                                         .permit = town_permit(town, ACTION_READ),
                                         .tables = events,
                                         .table_count = 1,
                                         .now_ms = 1700000000000};
    g->request = town_request(town, json);
    budget_init(&g->memory, NULL, "request", "search.memory_bytes", SEARCH_MEMORY_BYTES);
    g->walk = (struct walk){.s = {.context = &g->context,
                                  .request = &g->request,
                                  .sees_rows = true,
                                  .room = room_in(&g->memory)}};
    g->walk.s.arena = g->walk.s.room.arena;
    EXPECT_EQ(walk_plan(&g->walk, NULL, NULL), OK);
    EXPECT_EQ(walk_plan_blocks(&g->walk), OK);
}

static void close_chained(struct chained *g)
{
    walk_done(&g->walk);
    room_done(&g->walk.s.room);
    snapshot_free(g->now);
}

// Blocks whose combinations nobody has kept.
static uint32_t not_kept(const struct chained *g)
{
    const struct columns *cs = &g->walk.s.columns;
    uint32_t missing = UINT32_MAX;
    for (size_t i = 0; i < cs->count; i++)
        if (cs->items[i]->combined)
            missing = attribute_missing(cs->items[i]->sources[0].attribute);
    return missing;
}

static void expect_as_node_by_node(const char *json)
{
    make_room();
    struct answer together = town_ask(crowded_town(), "events", json);
    struct answer again = town_ask(crowded_town(), "events", json); // from what is kept
    struct answer apart = town_ask(crowded_town(), "events,calls", json);
    EXPECT(together.aggs[0].bucket_count > 0);
    expect_same(&together.aggs[0], &apart.aggs[0]);
    expect_same(&again.aggs[0], &apart.aggs[0]);
    struct chained g;
    open_chained(&g, json);
    EXPECT(not_kept(&g) <= 2); // those in memory
    close_chained(&g);
}

TEST(chain_of_terms_answers_as_its_nodes_do)
{
    expect_as_node_by_node(ASK(WITH_DEVICE, DEVICES_OF(LEAVES)));
    expect_as_node_by_node(ASK(FAILED_ONES, DEVICES_OF(LEAVES)));
    expect_as_node_by_node(ASK(WITH_DEVICE, BY_DAY(DEVICES_OF(LEAVES))));
}

TEST(chain_of_terms_goes_node_by_node_where_rows_lack_a_value)
{
    expect_as_node_by_node(ASK("", DEVICES_OF(LEAVES)));
    expect_as_node_by_node(ASK("", BY_DAY(DEVICES_OF(LEAVES))));
}

TEST(chain_collects_blocks_of_segments_as_one)
{
    struct chained g;
    open_chained(&g, ASK(WITH_DEVICE,
                         "{\"terms\":{\"field\":\"device.id\"},\"aggs\":{\"m\":{\"terms\":{"
                         "\"field\":\"device.model\"}}}}"));
    struct search *s = &g.walk.s;
    EXPECT(s->root.subs[0].chain != NULL);
    EXPECT(s->root.subs[0].subs[0].chain == NULL);
    EXPECT(not_kept(&g) > 2);
    for (uint32_t i = 0; i < g.walk.blocks.count; i++)
        EXPECT_EQ(walk_block(&g.walk, &g.walk.blocks.items[i], NULL), OK);
    EXPECT(not_kept(&g) <= 2);
    close_chained(&g);
}

TEST(chain_is_of_fields_of_one_reference_only)
{
    struct chained g;
    open_chained(&g, ASK("", "{\"terms\":{\"field\":\"device.model\"},\"aggs\":{\"h\":{\"terms\":"
                             "{\"field\":\"host\"}}}}"));
    EXPECT(g.walk.s.root.subs[0].chain == NULL);
    close_chained(&g);
    open_chained(&g,
                 ASK("", "{\"terms\":{\"field\":\"device.model\",\"missing\":\"none\"},\"aggs\":"
                         "{\"h\":{\"terms\":{\"field\":\"device.id\"}}}}"));
    EXPECT(g.walk.s.root.subs[0].chain == NULL);
    close_chained(&g);
}
