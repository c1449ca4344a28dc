// SPDX-License-Identifier: Apache-2.0
#include "search/budget.h"
#include "search/composite_page.h"
#include "search/walk.h"
#include "unit/search/crowded.h"

// Rows that one thread collects into the last source's buckets, of all that the query takes.
struct collected {
    uint64_t rows, total;
};

static struct collected collect(const char *composite)
{
    static const uint32_t events[] = {TOWN_EVENTS};
    struct town *town = crowded_town();
    struct snapshot *now = store_snapshot(town->store);
    struct search_context context = {.snapshot = now,
                                     .permit = town_permit(town, ACTION_READ),
                                     .tables = events,
                                     .table_count = 1};
    struct slice body = arena_print(
        town->request, "{\"size\":0,\"aggs\":{\"c\":{\"composite\":{%s}}}}%c", composite, 0);
    struct request request = town_request(town, (const char *)body.at);
    struct budget memory;
    budget_init(&memory, NULL, "request", "search.memory_bytes", SEARCH_MEMORY_BYTES);
    struct walk w = {
        .s = {
            .context = &context, .request = &request, .sees_rows = true, .room = room_in(&memory)}};
    w.s.arena = w.s.room.arena;
    EXPECT_EQ(walk_plan(&w, NULL, NULL), OK);
    EXPECT_EQ(walk_plan_blocks(&w), OK);
    EXPECT(w.blocks.count >= 3);
    for (uint32_t i = 0; i < w.blocks.count; i++)
        EXPECT_EQ(walk_block(&w, &w.blocks.items[i], NULL), OK);
    struct collected out = {.total = w.total};
    const struct agg_node *last = &w.s.root.subs[0].subs[0].subs[0];
    for (size_t i = 0; i < last->counts_cap; i++)
        out.rows += last->counts[i];
    walk_done(&w);
    room_done(&w.s.room);
    snapshot_free(now);
    return out;
}

#define BY_HALF_HOUR(order)                                                         \
    "\"sources\":[{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":" \
    "\"30m\"" order "}}},{\"h\":{\"terms\":{\"field\":\"host\"}}}]"

TEST(composite_page_leaves_the_blocks_past_a_full_page)
{
    struct collected page = collect("\"size\":5," BY_HALF_HOUR(""));
    struct collected all = collect("\"size\":60000," BY_HALF_HOUR(""));
    EXPECT(page.rows > 0 && page.rows < all.rows);
    EXPECT_EQ(page.total, all.total);
}

TEST(composite_page_leaves_the_blocks_before_its_start)
{
    struct collected all = collect("\"size\":60000," BY_HALF_HOUR(""));
    // 6 h after the first event; the first block ends before.
    struct collected late =
        collect("\"size\":60000,\"after\":{\"d\":1699941600000,\"h\":\"h0\"}," BY_HALF_HOUR(""));
    EXPECT(late.rows > 0 && late.rows < all.rows);
    EXPECT_EQ(late.total, all.total);
}

TEST(composite_page_that_goes_backwards_leaves_the_blocks_behind_its_start)
{
    struct collected all = collect("\"size\":60000," BY_HALF_HOUR(",\"order\":\"desc\""));
    struct collected early =
        collect("\"size\":60000,\"after\":{\"d\":1699923600000,\"h\":\"h0\"}," BY_HALF_HOUR(
            ",\"order\":\"desc\""));
    EXPECT(early.rows > 0 && early.rows < all.rows);
}

TEST(composite_page_with_a_bucket_of_missing_values_leaves_none)
{
#define OR_MISSING                                                                          \
    "\"sources\":[{\"d\":{\"date_histogram\":{\"field\":\"at\",\"fixed_interval\":\"30m\"," \
    "\"missing_bucket\":true}}},{\"h\":{\"terms\":{\"field\":\"host\"}}}]"
    struct collected page = collect("\"size\":2," OR_MISSING);
    struct collected all = collect("\"size\":60000," OR_MISSING);
    EXPECT_EQ(page.rows, all.rows);
}
