// SPDX-License-Identifier: Apache-2.0
#include "keys/catalog_key.h"
#include "server/catalog_ask.h"
#include "unit/server/keeper_desk.h"

static enum err ask(const struct keeper *k, bool refuses, uint8_t out[KEY_BYTES])
{
    struct desk_talk t;
    desk_open(&t, k, refuses);
    struct fault why = {0};
    enum err e = catalog_key_ask(t.serve, out, &why);
    desk_close(&t);
    return e;
}

TEST(catalog_ask_gets_the_key_that_the_command_line_makes)
{
    struct place place = place_make();
    struct world dir;
    struct key_ring *ring;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(place.path, &dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    const struct keeper keeper = {.ring = ring, .files = dir};
    uint8_t asked[KEY_BYTES] = {0};
    uint8_t made[KEY_BYTES] = {1};
    EXPECT_EQ(ask(&keeper, false, asked), OK);
    catalog_key_derive(ring, made);
    EXPECT(memcmp(asked, made, sizeof made) == 0);
    EXPECT(ask(&keeper, true, asked) != OK);
    key_ring_close(ring);
    world_close(&dir);
    place_drop(&place);
}
