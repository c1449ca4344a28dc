// SPDX-License-Identifier: Apache-2.0
#include "store/cow.h"
#include "test.h"

#include <stdlib.h>
#include <string.h>

static void put(struct cow **c, uint32_t index, uint8_t value)
{
    bool fresh = false;
    uint8_t *leaf = cow_write(c, index, &fresh);
    leaf[0] = value;
}

static int get(const struct cow *c, uint32_t index)
{
    const uint8_t *leaf = cow_leaf(c, index);
    return leaf ? leaf[0] : -1;
}

TEST(cow_leaf_is_null_until_written_and_then_zeroed)
{
    struct cow *c = cow_new(32);
    EXPECT(!cow_leaf(c, 0));
    EXPECT(!cow_leaf(c, 100000));
    bool fresh = false;
    const uint8_t *leaf = cow_write(&c, 200, &fresh);
    EXPECT(fresh);
    for (int i = 0; i < 32; i++)
        EXPECT_EQ(leaf[i], 0);
    cow_write(&c, 200, &fresh);
    EXPECT(!fresh);
    EXPECT(!cow_leaf(c, 199));
    cow_unref(c);
}

TEST(cow_tells_the_leaves_that_two_do_not_share)
{
    struct cow *mine = cow_new(8);
    for (uint32_t i = 0; i < 300; i += 3)
        put(&mine, i, 1);
    struct cow *theirs = cow_ref(mine);
    uint32_t at = 0;
    EXPECT(!cow_differing(mine, theirs, &at));
    static const uint32_t written[] = {5, 64, 66, 299, 5000};
    for (int i = 0; i < 5; i++)
        put(&mine, written[i], 2);
    for (int turn = 0; turn < 2; turn++) {
        uint32_t index = 0;
        for (int i = 0; i < 5; i++, index++) {
            EXPECT(turn ? cow_differing(mine, theirs, &index)
                        : cow_differing(theirs, mine, &index));
            EXPECT_EQ(index, written[i]);
        }
        EXPECT(!cow_differing(mine, theirs, &index));
    }
    cow_unref(theirs);
    cow_unref(mine);
}

TEST(cow_keeps_what_others_hold)
{
    struct cow *mine = cow_new(8);
    put(&mine, 3, 1);
    put(&mine, 300, 2);
    struct cow *theirs = cow_ref(mine);
    put(&mine, 3, 7);
    put(&mine, 4, 8);
    put(&mine, 9000, 9);
    EXPECT(mine != theirs);
    EXPECT_EQ(get(theirs, 3), 1);
    EXPECT_EQ(get(theirs, 4), -1);
    EXPECT_EQ(get(theirs, 300), 2);
    EXPECT_EQ(get(theirs, 9000), -1);
    EXPECT_EQ(get(mine, 3), 7);
    EXPECT_EQ(get(mine, 300), 2);
    EXPECT_EQ(get(mine, 9000), 9);
    cow_unref(theirs);
    put(&mine, 300, 5);
    EXPECT_EQ(get(mine, 300), 5);
    EXPECT(cow_bytes(mine) > 4 * 8);
    cow_unref(mine);
}

TEST(cow_writes_in_place_when_nobody_else_holds_it)
{
    struct cow *c = cow_new(8);
    put(&c, 1, 1);
    const struct cow *root = c;
    const void *leaf = cow_leaf(c, 1);
    put(&c, 1, 2);
    EXPECT(c == root);
    EXPECT(cow_leaf(c, 1) == leaf);
    cow_unref(c);
}

TEST(cow_keeps_notes_of_a_version_until_it_changes)
{
    struct cow *c = cow_new(32);
    put(&c, 3, 1);
    EXPECT(cow_leaves(c) > 3);
    EXPECT(cow_note(c, 0) == NULL);
    int *first = calloc(1, sizeof *first);
    EXPECT(cow_put_note(c, 0, first) == first);
    EXPECT(cow_put_note(c, 0, calloc(1, 4)) == first); // who comes second gets the first
    EXPECT(cow_note(c, 0) == first && cow_note(c, 1) == NULL);
    struct cow *old = cow_ref(c);
    put(&c, 3, 2);
    EXPECT(cow_note(old, 0) == first && cow_note(c, 0) == NULL);
    EXPECT(cow_put_note(c, 2, calloc(1, 4)) != NULL);
    put(&c, 4, 2); // in place
    EXPECT(cow_note(c, 2) == NULL);
    cow_unref(old);
    cow_unref(c);
}
