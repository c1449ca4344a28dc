// SPDX-License-Identifier: Apache-2.0
#include "unit/search/matching.h"

#include <stdio.h>

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

// ---- codes in runs

enum { RUN_ROWS = 9500 };

static const char *outcome_of(uint32_t row)
{
    static const char *const outcomes[] = {"ok", "failed", "late", "lost"};
    return row % 64 < 60 ? outcomes[row / 640 % 4] : outcomes[row % 3];
}

static void open_runs(struct town *t)
{
    static struct town_row rows[RUN_ROWS];
    for (uint32_t i = 0; i < RUN_ROWS; i++)
        rows[i] = (struct town_row){
            .op = ROW_PUT, .key = i, .cells = {T("d1"), T(outcome_of(i)), N(i % 7), N(1e12 + i)}};
    town_open(t, 0, NULL);
    town_put(t, TOWN_EVENTS, rows, RUN_ROWS);
    bool did = true;
    while (did)
        EXPECT_EQ(store_maintain(t->store, &did, NULL), OK);
    struct snapshot *s = store_snapshot(t->store);
    struct block b = view_block(snapshot_view(s, TOWN_EVENTS), 0);
    static uint8_t codes[BLOCK_RUNS_MAX];
    static uint16_t ends[BLOCK_RUNS_MAX];
    EXPECT(block_code_runs(&b, E_OUTCOME, codes, ends) > 100);
    snapshot_free(s);
}

static void expect_rows(struct town *t, const char *query, bool (*is_in)(uint32_t row))
{
    char json[256];
    uint64_t count = 0;
    snprintf(json, sizeof json, "{\"size\":0,\"track_total_hits\":true,\"query\":%s}", query);
    for (uint32_t i = 0; i < RUN_ROWS; i++)
        count += is_in(i);
    EXPECT_EQ(town_ask(t, "events", json).total, count);
}

static bool is_late(uint32_t row)
{
    return strcmp(outcome_of(row), "late") == 0;
}

static bool is_late_or_lost(uint32_t row)
{
    return is_late(row) || strcmp(outcome_of(row), "lost") == 0;
}

static bool is_not_late(uint32_t row)
{
    return !is_late(row);
}

static bool is_late_of_three(uint32_t row)
{
    return is_late(row) && row % 7 == 3;
}

TEST(match_of_codes_in_runs_takes_all_rows_of_the_runs)
{
    struct town t;
    open_runs(&t);
    expect_rows(&t, "{\"term\":{\"outcome\":\"late\"}}", is_late);
    expect_rows(&t, "{\"terms\":{\"outcome\":[\"late\",\"lost\"]}}", is_late_or_lost);
    expect_rows(&t, "{\"bool\":{\"must_not\":{\"term\":{\"outcome\":\"late\"}}}}", is_not_late);
    expect_rows(&t,
                "{\"bool\":{\"filter\":[{\"term\":{\"outcome\":\"late\"}},"
                "{\"term\":{\"latency\":3}}]}}",
                is_late_of_three);
    town_close(&t);
}
