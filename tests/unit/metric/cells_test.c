// SPDX-License-Identifier: Apache-2.0
#include "metric/cells.h"
#include "test.h"

TEST(cells_add_up_by_key)
{
    struct cells c;
    cells_init(&c, 2);
    struct cell_count one = {1, 0};
    for (uint32_t i = 0; i < 30000; i++)
        EXPECT(cells_add(&c, i % 7, (uint32_t[]){i % 3, i % 5}, one));
    EXPECT_EQ(c.count, 7 * 3 * 5);
    int64_t sum = 0;
    for (uint32_t i = 0; i < c.count; i++) {
        EXPECT(c.counts[i].count == 285 || c.counts[i].count == 286);
        sum += c.counts[i].count;
    }
    EXPECT_EQ(sum, 30000);
    cells_done(&c);
}

TEST(cells_that_came_to_nothing_make_room_for_others)
{
    struct cells c;
    cells_init(&c, 0);
    for (int64_t i = 0; i < 100000; i++) {
        EXPECT(cells_add(&c, i, NULL, (struct cell_count){2, 1}));
        EXPECT(cells_add(&c, i, NULL, (struct cell_count){-2, -1}));
    }
    EXPECT(c.cap <= 512);
    cells_done(&c);
}

TEST(cells_say_when_they_are_too_many)
{
    struct cells c;
    cells_init(&c, 0);
    for (int64_t i = 0; i < CELLS_MAX; i++)
        if (!cells_add(&c, i, NULL, (struct cell_count){1, 0}))
            test_fail(__FILE__, __LINE__, "refused at %lld", (long long)i);
    EXPECT(!cells_add(&c, CELLS_MAX, NULL, (struct cell_count){1, 0}));
    EXPECT(cells_add(&c, 5, NULL, (struct cell_count){1, 0}));
    cells_done(&c);
}
