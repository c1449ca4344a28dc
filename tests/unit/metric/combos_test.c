// SPDX-License-Identifier: Apache-2.0
#include "metric/combos.h"
#include "test.h"

TEST(combos_number_codes_in_the_order_they_come)
{
    struct combos c;
    combos_init(&c, 2);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < 5000; i++) {
            uint32_t combo = combos_add(&c, (uint32_t[]){i % 100, i / 100});
            EXPECT_EQ(combo, i);
            c.holds[combo]++;
        }
    }
    EXPECT_EQ(c.count, 5000);
    EXPECT_EQ(combos_codes(&c, 1234)[0], 34);
    EXPECT_EQ(combos_codes(&c, 1234)[1], 12);
    combos_done(&c);
}

TEST(combos_that_nobody_holds_make_room_for_others)
{
    struct combos c;
    combos_init(&c, 1);
    uint32_t kept = combos_add(&c, (uint32_t[]){7});
    c.holds[kept]++;
    for (uint32_t i = 100; i < 100000; i++) {
        uint32_t combo = combos_add(&c, &i);
        EXPECT(combo != kept);
        EXPECT_EQ(combos_codes(&c, combo)[0], i);
        EXPECT_EQ(combos_add(&c, &i), combo);
    }
    EXPECT(c.cap <= 256);
    EXPECT_EQ(combos_add(&c, (uint32_t[]){7}), kept);
    combos_done(&c);
}

TEST(combos_without_dimensions_are_one)
{
    struct combos c;
    combos_init(&c, 0);
    EXPECT_EQ(combos_add(&c, NULL), 0);
    EXPECT_EQ(combos_add(&c, NULL), 0);
    c.holds[0]++;
    EXPECT_EQ(combos_add(&c, NULL), 0);
    EXPECT_EQ(c.count, 1);
    combos_done(&c);
}
