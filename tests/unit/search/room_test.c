// SPDX-License-Identifier: Apache-2.0
#include "search/room.h"
#include "test.h"

TEST(room_grows_arrays_and_keeps_what_is_in_them)
{
    struct room r = room_init(64 << 20);
    uint32_t *at = NULL;
    size_t cap = 0;
    for (uint32_t i = 0; i < 100000; i++) {
        at = room_grow(&r, at, &cap, i + 1, sizeof *at);
        EXPECT(at != NULL && at[i] == 0);
        at[i] = i;
    }
    for (uint32_t i = 0; i < 100000; i++)
        EXPECT_EQ(at[i], i);
    room_done(&r);
}

TEST(room_remembers_that_something_did_not_fit)
{
    struct room r = room_init(1 << 20);
    EXPECT(room_alloc(&r, 1 << 19) != NULL);
    EXPECT(room_alloc(&r, 1 << 20) == NULL);
    EXPECT(r.is_over);
    size_t cap = 0;
    EXPECT(room_grow(&r, NULL, &cap, SIZE_MAX / 4, 16) == NULL);
    EXPECT_EQ(cap, 0);
    room_done(&r);
}

TEST(room_of_many_small_and_large_pieces_stays_in_its_budget)
{
    struct room r = room_init(32 << 20);
    for (int i = 0; !r.is_over; i++)
        (void)room_alloc(&r, i % 2 ? 16 : 70000);
    room_done(&r);
}
