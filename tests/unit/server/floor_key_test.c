// SPDX-License-Identifier: Apache-2.0
#include "server/floor_key.h"
#include "unit/server/keeper_desk.h"

static enum err ask(const struct keeper *k, bool refuses, struct veil_key *out)
{
    struct desk_talk t;
    desk_open(&t, k, refuses);
    struct fault why = {0};
    enum err e = floor_key_ask(t.serve, out, &why);
    desk_close(&t);
    return e;
}

TEST(floor_key_is_keepers_and_the_same_each_time)
{
    struct place place = place_make();
    struct world dir;
    struct key_ring *ring;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(place.path, &dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    const struct keeper keeper = {.ring = ring, .files = dir};
    static const struct veil_key none;
    struct veil_key a = {0};
    struct veil_key b = {0};
    EXPECT_EQ(ask(&keeper, false, &a), OK);
    EXPECT_EQ(ask(&keeper, false, &b), OK);
    EXPECT(memcmp(&a, &b, sizeof a) == 0);
    EXPECT(memcmp(&a, &none, sizeof a) != 0);
    EXPECT(ask(&keeper, true, &b) != OK);
    key_ring_close(ring);
    world_close(&dir);
    place_drop(&place);
}
