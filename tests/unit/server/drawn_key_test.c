// SPDX-License-Identifier: Apache-2.0
#include "server/drawn_key.h"
#include "unit/server/place.h"

static const char name[] = "keys/some.key";

static void open_place(struct place *p, struct world *w)
{
    *p = place_make();
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(p->path, w, NULL), OK);
    EXPECT_EQ(w->ops->make_dir(w, "keys", NULL), OK);
}

TEST(drawn_key_is_drawn_once_and_only_its_owner_reads_it)
{
    struct place p;
    struct world w;
    uint8_t first[KEY_BYTES];
    uint8_t again[KEY_BYTES];
    bool is_there = true;
    open_place(&p, &w);
    EXPECT_EQ(drawn_key_is_there(&w, name, &is_there, NULL), OK);
    EXPECT(!is_there);
    EXPECT_EQ(drawn_key_read(&w, name, first, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(drawn_key_make(&w, name, NULL), OK);
    EXPECT_EQ(drawn_key_read(&w, name, first, NULL), OK);
    EXPECT_EQ(drawn_key_make(&w, name, NULL), OK);
    EXPECT_EQ(drawn_key_read(&w, name, again, NULL), OK);
    EXPECT(memcmp(first, again, KEY_BYTES) == 0);
    EXPECT_EQ(place_mode(&p, name), 0600);
    world_close(&w);
    place_drop(&p);
}

TEST(drawn_key_that_is_destroyed_is_gone_and_may_be_destroyed_again)
{
    struct place p;
    struct world w;
    uint8_t key[KEY_BYTES];
    open_place(&p, &w);
    EXPECT_EQ(drawn_key_make(&w, name, NULL), OK);
    EXPECT_EQ(drawn_key_destroy(&w, name, NULL), OK);
    EXPECT_EQ(place_mode(&p, name), -1);
    EXPECT_EQ(drawn_key_read(&w, name, key, NULL), ERR_NOT_FOUND);
    EXPECT_EQ(drawn_key_destroy(&w, name, NULL), OK);
    world_close(&w);
    place_drop(&p);
}

TEST(drawn_key_of_another_length_is_none)
{
    struct place p;
    struct world w;
    uint8_t key[KEY_BYTES];
    open_place(&p, &w);
    place_write(&p, name, "short");
    EXPECT_EQ(drawn_key_read(&w, name, key, NULL), ERR_CORRUPT);
    world_close(&w);
    place_drop(&p);
}
