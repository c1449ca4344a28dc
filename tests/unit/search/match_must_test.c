// SPDX-License-Identifier: Apache-2.0
#include "unit/search/matching.h"

static void look_at(struct matching *m, uint32_t block, uint64_t *out)
{
    const struct view *v = snapshot_view(m->now, TOWN_EVENTS);
    columns_block(&m->columns, 0, view_block(v, block));
    enum match_rows got = match_block(&m->columns, &m->match, out);
    if (got != ROWS_SOME)
        memset(out, got == ROWS_ALL ? 0xff : 0, BLOCK_WORDS * sizeof *out);
}

// What all clauses match together, block by block and again until an order is learnt, against
// the rows that each of them matches alone.
static void expect_all_of(const char *const *clauses, uint32_t count)
{
    struct matching each[4];
    struct matching all;
    char query[700] = "{\"bool\":{\"filter\":[";
    for (uint32_t i = 0; i < count; i++) {
        matching_plan(&each[i], clauses[i]);
        snprintf(query + strlen(query), sizeof query - strlen(query), "%s%s", i ? "," : "",
                 clauses[i]);
    }
    strcat(query, "]}}");
    matching_plan(&all, query);
    uint32_t blocks = view_block_count(snapshot_view(all.now, TOWN_EVENTS));
    for (uint32_t turn = 0; turn < 70; turn++) {
        uint64_t want[BLOCK_WORDS];
        uint64_t one[BLOCK_WORDS];
        uint64_t got[BLOCK_WORDS];
        memset(want, 0xff, sizeof want);
        for (uint32_t i = 0; i < count; i++) {
            look_at(&each[i], turn % blocks, one);
            for (uint32_t w = 0; w < BLOCK_WORDS; w++)
                want[w] &= one[w];
        }
        look_at(&all, turn % blocks, got);
        for (uint32_t i = 0; i < all.columns.block.row_count; i++)
            EXPECT_EQ(bit_get(got, i), bit_get(want, i));
    }
    for (uint32_t i = 0; i < count; i++)
        matching_done(&each[i]);
    matching_done(&all);
}

TEST(match_must_takes_rows_that_every_clause_takes)
{
    static const char *const clauses[] = {
        "{\"range\":{\"latency\":{\"gte\":40,\"lt\":900}}}",
        "{\"terms\":{\"host\":[\"h1\",\"h2\"]}}",
        "{\"range\":{\"score\":{\"gte\":0.25}}}",
        ("{\"bool\":{\"should\":[{\"term\":{\"host\":\"h1\"}},"
         "{\"range\":{\"latency\":{\"lt\":500}}}]}}"),
    };
    for (uint32_t count = 1; count <= 4; count++)
        expect_all_of(clauses, count);
}

TEST(match_must_looks_at_few_rows_singly)
{
    static const char *const clauses[] = {
        "{\"term\":{\"host\":\"h1\"}}",
        "{\"range\":{\"latency\":{\"gte\":40,\"lt\":60}}}",
        "{\"range\":{\"latency\":{\"gte\":50,\"lt\":2000}}}",
        "{\"term\":{\"host\":\"h1\"}}",
    };
    for (uint32_t count = 2; count <= 4; count++)
        expect_all_of(clauses, count);
}

TEST(match_must_learns_to_ask_first_what_takes_out_most)
{
    struct matching m;
    uint64_t bits[BLOCK_WORDS];
    matching_plan(&m, "{\"bool\":{\"filter\":[{\"range\":{\"latency\":{\"gte\":-100000}}},"
                      "{\"range\":{\"latency\":{\"lt\":50}}}]}}");
    for (uint32_t turn = 0; turn < 70; turn++)
        look_at(&m, 0, bits);
    EXPECT(m.match.order[0] == &m.match.must[1]);
    EXPECT(m.match.order[1] == &m.match.must[0]);
    matching_done(&m);
}
