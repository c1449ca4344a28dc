// SPDX-License-Identifier: Apache-2.0
#include "store/rowmap.h"
#include "test.h"

// Every `step`-th number of the span has a row.
static void check(uint64_t span, uint64_t step)
{
    uint64_t rows = (span + step - 1) / step;
    struct rowmap *m = rowmap_new(span, rows);
    for (uint64_t i = 0; i < rows; i++)
        rowmap_add(m, i * step);
    rowmap_end(m);
    struct rowmap_walk walk = rowmap_walk(m);
    for (uint64_t i = 0; i < rows; i++)
        EXPECT_EQ(rowmap_next(&walk), i * step);
    for (uint64_t i = 0; i < rows; i++)
        EXPECT_EQ(rowmap_at(m, (uint32_t)i), i * step);
    for (uint64_t offset = 0; offset < span + 3; offset++) {
        uint32_t place = 0;
        bool is_there = offset < span && offset % step == 0;
        EXPECT_EQ(rowmap_find(m, offset, &place), is_there);
        if (is_there)
            EXPECT_EQ(place, offset / step);
    }
    rowmap_free(m);
}

TEST(rowmap_finds_rows_where_all_some_or_few_are_left)
{
    check(1, 1);
    check(1000, 1);
    check(1000, 2);
    check(5000, 7);
    check(100000, 63);
    check(100000, 200);
}

TEST(rowmap_takes_no_room_when_all_rows_are_there)
{
    struct rowmap *dense = rowmap_new(1 << 20, 1 << 20);
    EXPECT(rowmap_bytes(dense) < 100);
    rowmap_free(dense);
    struct rowmap *sparse = rowmap_new((uint64_t)1 << 40, 10);
    EXPECT(rowmap_bytes(sparse) < 200);
    rowmap_free(sparse);
}
