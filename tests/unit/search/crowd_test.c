// SPDX-License-Identifier: Apache-2.0
#include "search/crowd.h"
#include "test.h"

TEST(crowd_counts_different_subjects_up_to_its_floor)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 3};
    EXPECT(crowd_reserve(&c, &room, 100));
    for (int i = 0; i < 10; i++) {
        crowd_see(&c, 1, 7);
        crowd_see(&c, 2, (uint64_t)i);
        crowd_see(&c, 99, SUBJECT_NONE);
    }
    crowd_see(&c, 1, 8);
    EXPECT(!crowd_is_enough(&c, 1));
    crowd_see(&c, 1, 9);
    EXPECT(crowd_is_enough(&c, 1));
    EXPECT(crowd_is_enough(&c, 2));
    EXPECT(!crowd_is_enough(&c, 99));
    EXPECT(!crowd_is_enough(&c, 1u << 30));
    room_done(&room);
}

TEST(crowd_without_a_floor_is_always_enough)
{
    struct room room = room_init(1 << 20);
    struct crowd c = {.floor = 0};
    EXPECT(crowd_reserve(&c, &room, 5));
    EXPECT(crowd_is_enough(&c, 4));
    room_done(&room);
}
