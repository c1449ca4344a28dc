// SPDX-License-Identifier: Apache-2.0
#include "metric/cube_sum.h"
#include "test.h"

static void fill(struct levels *l)
{
    levels_init(l, 2, 3600000);
    for (uint32_t i = 0; i < 60; i++) {
        uint32_t codes[] = {i % 2, i % 3};
        struct levels_item item = {.at = i / 6, .codes = codes, .by = {1, i % 2}};
        EXPECT(levels_add(l, &item, 1));
    }
    levels_settle(l);
}

TEST(sums_add_up_groups_of_each_time)
{
    struct levels l;
    fill(&l);
    struct sums s;
    uint32_t dims[] = {1, 0};
    sums_init(&s, dims, 1, 100);
    struct levels_walk w = {.levels = &l, .from = 1, .to = 9, .unit = 2};
    EXPECT(sums_add(&s, &w));
    EXPECT_EQ(s.groups.count, 3);
    EXPECT_EQ(s.row_count, 15); // hours 1, 2 and 3, 4 and 5, 6 and 7, 8
    for (uint32_t i = 0; i < s.row_count; i++) {
        bool is_half = i < 3 || i >= 12;
        EXPECT_EQ(s.rows[i].run, i / 3);
        EXPECT_EQ(s.rows[i].at, i / 3);
        EXPECT_EQ(s.rows[i].by.count, is_half ? 2 : 4);
        EXPECT_EQ(s.rows[i].by.matched, is_half ? 1 : 2);
    }
    sums_done(&s);
    levels_done(&l);
}

TEST(sums_of_no_dimension_are_one_row_a_time)
{
    struct levels l;
    fill(&l);
    struct sums s;
    sums_init(&s, NULL, 0, 100);
    struct levels_walk w = {.levels = &l, .from = INT64_MIN, .to = INT64_MAX};
    EXPECT(sums_add(&s, &w));
    EXPECT_EQ(s.row_count, 1);
    EXPECT_EQ(s.rows[0].by.count, 60);
    EXPECT_EQ(s.rows[0].by.matched, 30);
    sums_done(&s);
    levels_done(&l);
}

TEST(sums_refuse_more_rows_than_they_may_have)
{
    struct levels l;
    fill(&l);
    uint32_t dims[] = {0, 1};
    for (uint32_t rows_max = 58; rows_max <= 60; rows_max++) {
        struct sums s;
        sums_init(&s, dims, 2, rows_max);
        struct levels_walk w = {.levels = &l, .from = INT64_MIN, .to = INT64_MAX, .unit = 1};
        EXPECT_EQ(sums_add(&s, &w), rows_max == 60);
        sums_done(&s);
    }
    struct sums s;
    sums_init(&s, dims, 2, 5); // within one time
    struct levels_walk w = {.levels = &l, .from = INT64_MIN, .to = INT64_MAX};
    EXPECT(!sums_add(&s, &w));
    sums_done(&s);
    levels_done(&l);
}
