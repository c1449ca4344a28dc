// SPDX-License-Identifier: Apache-2.0
#include "unit/search/matching.h"

// The same, at its first block.
static void plan(struct matching *m, const char *query)
{
    matching_plan(m, query);
    columns_block(&m->columns, 0, view_block(snapshot_view(m->now, TOWN_EVENTS), 0));
}

static enum match_rows verdict(const char *query)
{
    struct matching m;
    uint64_t bits[BLOCK_WORDS];
    plan(&m, query);
    enum match_rows got = match_block(&m.columns, &m.match, bits);
    matching_done(&m);
    return got;
}

TEST(match_tells_from_statistics_where_it_can)
{
    EXPECT_EQ(verdict("{\"match_all\":{}}"), ROWS_ALL);
    EXPECT_EQ(verdict("{\"exists\":{\"field\":\"host\"}}"), ROWS_ALL);
    EXPECT_EQ(verdict("{\"range\":{\"latency\":{\"gt\":100000}}}"), ROWS_NONE);
    EXPECT_EQ(verdict("{\"term\":{\"host\":\"unheard of\"}}"), ROWS_NONE);
    EXPECT_EQ(verdict("{\"bool\":{\"must_not\":{\"exists\":{\"field\":\"host\"}}}}"), ROWS_NONE);
    EXPECT_EQ(verdict("{\"bool\":{\"must_not\":{\"exists\":{\"field\":\"unheard\"}}}}"), ROWS_ALL);
    EXPECT_EQ(verdict("{\"bool\":{\"should\":[{\"term\":{\"host\":\"x\"}},{\"match_all\":{}}]}}"),
              ROWS_ALL);
    EXPECT_EQ(verdict("{\"term\":{\"host\":\"h1\"}}"), ROWS_SOME);
    EXPECT_EQ(verdict("{\"term\":{\"_index\":\"events\"}}"), ROWS_ALL);
    EXPECT_EQ(verdict("{\"term\":{\"_index\":\"calls\"}}"), ROWS_NONE);
}

TEST(match_of_the_whole_is_the_union_of_its_parts)
{
    struct matching a;
    struct matching b;
    struct matching both;
    uint64_t x[BLOCK_WORDS];
    uint64_t y[BLOCK_WORDS];
    uint64_t z[BLOCK_WORDS];
    plan(&a, "{\"range\":{\"latency\":{\"lt\":100}}}");
    plan(&b, "{\"range\":{\"score\":{\"gte\":0.5}}}");
    plan(&both, "{\"bool\":{\"should\":[{\"range\":{\"latency\":{\"lt\":100}}},{\"range\":{"
                "\"score\":{\"gte\":0.5}}}]}}");
    EXPECT_EQ(match_block(&a.columns, &a.match, x), ROWS_SOME);
    EXPECT_EQ(match_block(&b.columns, &b.match, y), ROWS_SOME);
    EXPECT_EQ(match_block(&both.columns, &both.match, z), ROWS_SOME);
    uint32_t rows = a.columns.block.row_count;
    for (uint32_t i = 0; i < rows; i++)
        EXPECT_EQ(bit_get(z, i), bit_get(x, i) || bit_get(y, i));
    matching_done(&a);
    matching_done(&b);
    matching_done(&both);
}
