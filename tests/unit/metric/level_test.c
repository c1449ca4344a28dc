// SPDX-License-Identifier: Apache-2.0
#include "metric/level.h"
#include "test.h"
#include "unit/store/fixture.h"

enum { TIMES = 40, COMBOS = 30 };

static enum cell_change add(struct level *l, int64_t at, uint32_t combo, int64_t count)
{
    return level_add(l, at, combo, &(struct cell_count){count, 0});
}

static void expect_bucket(const struct level_bucket *b, const int64_t *counts)
{
    int64_t seen[COMBOS] = {0};
    uint32_t live = 0;
    const struct level_cell *cells = bucket_cells(b);
    for (uint32_t i = 0; i < b->cap; i++) {
        if (cells[i].combo == CODE_NONE)
            continue;
        EXPECT_EQ(seen[cells[i].combo], 0);
        seen[cells[i].combo] = cells[i].by.count;
        live += cells[i].by.count != 0;
    }
    for (uint32_t combo = 0; combo < COMBOS; combo++)
        EXPECT_EQ(seen[combo], counts[combo]);
    EXPECT_EQ(b->live, live);
    EXPECT(b->cap <= 4 || b->live >= b->cap / 8);
}

static void expect_same(struct level *l, int64_t counts[TIMES][COMBOS])
{
    level_settle(l);
    int64_t total = 0;
    int64_t got = 0;
    for (uint32_t i = 0; i < l->count; i++) {
        const struct level_bucket *b = &l->buckets[l->order[i]];
        EXPECT(i == 0 || l->buckets[l->order[i - 1]].at < b->at);
        EXPECT_EQ(level_find(l, b->at), i);
        expect_bucket(b, counts[b->at + TIMES / 2]);
        got += b->live;
    }
    for (uint32_t i = 0; i < TIMES * COMBOS; i++)
        total += counts[i / COMBOS][i % COMBOS] != 0;
    EXPECT_EQ(got, total);
    EXPECT_EQ(l->live, total);
}

TEST(level_holds_what_a_plain_table_holds)
{
    struct test_random r = {.state = 5};
    struct level l;
    level_init(&l);
    int64_t counts[TIMES][COMBOS] = {0};
    for (int step = 0; step < 30000; step++) {
        uint32_t time = test_random(&r, TIMES);
        uint32_t combo = test_random(&r, COMBOS);
        int64_t by = (int64_t)test_random(&r, 5) - 2;
        if (step % 5000 > 3000) // a time of going
            by = -counts[time][combo];
        int64_t was = counts[time][combo];
        counts[time][combo] += by;
        bool begins = was == 0 && by != 0;
        bool ends = was != 0 && counts[time][combo] == 0;
        EXPECT_EQ(add(&l, (int64_t)time - TIMES / 2, combo, by), begins ? CELL_BEGINS
                                                                 : ends ? CELL_ENDS
                                                                        : CELL_STAYS);
        if (step % 100 == 0)
            expect_same(&l, counts);
    }
    level_done(&l);
}

TEST(level_gives_back_what_has_come_to_nothing)
{
    struct level l;
    level_init(&l);
    for (int64_t at = 0; at < 3000; at++) {
        for (uint32_t combo = 0; combo < 50; combo++)
            add(&l, at, combo, 1);
        for (uint32_t combo = 0; combo < 50; combo++)
            add(&l, at, combo, -1);
        EXPECT(l.buckets[l.last].cap <= 8);
    }
    EXPECT(l.cap <= 16);
    EXPECT_EQ(l.live, 0);
    level_done(&l);
}

TEST(level_finds_where_a_time_begins)
{
    struct level l;
    level_init(&l);
    static const int64_t late[] = {30, 10, 20, -5};
    for (size_t i = 0; i < 4; i++) {
        add(&l, late[i], 1, 1);
        level_settle(&l);
    }
    EXPECT_EQ(level_find(&l, INT64_MIN), 0);
    EXPECT_EQ(level_find(&l, -4), 1);
    EXPECT_EQ(level_find(&l, 20), 2);
    EXPECT_EQ(level_find(&l, 31), 4);
    level_done(&l);
}

TEST(level_refuses_cells_past_the_limit_and_counts_on_in_those_it_has)
{
    struct level l;
    level_init(&l);
    EXPECT_EQ(add(&l, 1, 1, 1), CELL_BEGINS);
    l.live = CELLS_MAX;
    EXPECT_EQ(add(&l, 1, 2, 1), CELL_REFUSED);
    EXPECT_EQ(add(&l, 2, 1, 1), CELL_REFUSED);
    EXPECT_EQ(add(&l, 1, 1, 1), CELL_STAYS);
    EXPECT_EQ(l.count, 1);
    level_done(&l);
}
