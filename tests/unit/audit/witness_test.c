// SPDX-License-Identifier: Apache-2.0
#include "audit/witness.h"
#include "unit/audit/shelf.h"

TEST(witness_keeps_the_last_head_it_was_told)
{
    struct shelf s;
    struct witness w;
    shelf_open(&s);
    EXPECT_EQ(witness_open(&w, s.path, NULL), OK);
    EXPECT(!w.has_head);
    EXPECT_EQ(witness_tell(&w, NULL, NULL), OK);
    for (uint64_t i = 0; i < 3; i++) {
        const struct audit_head h = {.number = i, .size = 10 * i};
        EXPECT_EQ(witness_tell(&w, &h, NULL), OK);
    }
    witness_close(&w);
    EXPECT_EQ(witness_open(&w, s.path, NULL), OK);
    EXPECT(w.has_head);
    EXPECT_EQ(w.head.size, 20);
    witness_close(&w);
    shelf_close(&s);
}

TEST(witness_that_is_not_there_or_holds_something_else_is_an_error)
{
    struct shelf s;
    struct witness w;
    shelf_open(&s);
    EXPECT_EQ(witness_open(&w, "/nowhere/at/all", NULL), ERR_NOT_FOUND);
    EXPECT_EQ(world_write_file(&s.world, WITNESS_NAME, slice_text("hello\n"), NULL), OK);
    EXPECT_EQ(witness_open(&w, s.path, NULL), ERR_CORRUPT);
    shelf_close(&s);
}
