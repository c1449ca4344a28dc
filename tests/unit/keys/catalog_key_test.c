// SPDX-License-Identifier: Apache-2.0
#include "keys/catalog_key.h"
#include "unit/server/place.h"

static void key_of_a_new_ring(uint8_t first[KEY_BYTES], uint8_t again[KEY_BYTES])
{
    struct place place = place_make();
    struct world dir;
    struct key_ring *ring;
    EXPECT_EQ(crypto_start(NULL), OK);
    EXPECT_EQ(world_open(place.path, &dir, NULL), OK);
    EXPECT_EQ(key_ring_make(&dir, NULL), OK);
    EXPECT_EQ(key_ring_open(&dir, &ring, NULL), OK);
    catalog_key_derive(ring, first);
    catalog_key_derive(ring, again);
    key_ring_close(ring);
    world_close(&dir);
    place_drop(&place);
}

TEST(catalog_key_is_the_same_of_one_ring_and_another_of_another)
{
    uint8_t key[3][KEY_BYTES];
    key_of_a_new_ring(key[0], key[1]);
    EXPECT(memcmp(key[0], key[1], KEY_BYTES) == 0);
    key_of_a_new_ring(key[1], key[2]);
    EXPECT(memcmp(key[0], key[1], KEY_BYTES) != 0);
}
