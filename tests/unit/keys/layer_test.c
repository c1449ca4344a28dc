// SPDX-License-Identifier: Apache-2.0
#include "keys/layer.h"
#include "test.h"

enum { VALUES = 500 };

static void values(uint8_t out[VALUES][PSEUDONYM_BYTES])
{
    static const uint8_t key[KEY_BYTES] = {9};
    for (int i = 0; i < VALUES; i++)
        pseudonym_of_number(key, i, out[i]);
}

TEST(layer_is_taken_off_as_it_was_put_on)
{
    static const uint8_t key[KEY_BYTES] = {1, 2, 3};
    uint8_t all[VALUES][PSEUDONYM_BYTES];
    struct layer l;
    EXPECT_EQ(crypto_start(NULL), OK);
    values(all);
    layer_init(&l, key);
    for (int i = 0; i < VALUES; i++) {
        uint8_t value[PSEUDONYM_BYTES];
        memcpy(value, all[i], sizeof value);
        layer_put(&l, value);
        EXPECT(memcmp(value, all[i], sizeof value) != 0);
        EXPECT(memcmp(value, all[i], 8) != 0 && memcmp(value + 8, all[i] + 8, 8) != 0);
        layer_take(&l, value);
        EXPECT(memcmp(value, all[i], sizeof value) == 0);
    }
}

TEST(layer_makes_no_two_values_one)
{
    static const uint8_t key[KEY_BYTES] = {4};
    uint8_t all[VALUES][PSEUDONYM_BYTES];
    struct layer l;
    EXPECT_EQ(crypto_start(NULL), OK);
    values(all);
    layer_init(&l, key);
    for (int i = 0; i < VALUES; i++)
        layer_put(&l, all[i]);
    for (int i = 0; i < VALUES; i++) {
        for (int k = 0; k < i; k++)
            EXPECT(memcmp(all[i], all[k], PSEUDONYM_BYTES) != 0);
    }
}

TEST(layer_of_another_key_is_another)
{
    static const uint8_t keys[2][KEY_BYTES] = {{5}, {6}};
    uint8_t all[VALUES][PSEUDONYM_BYTES];
    uint8_t a[PSEUDONYM_BYTES];
    uint8_t b[PSEUDONYM_BYTES];
    struct layer l[2];
    EXPECT_EQ(crypto_start(NULL), OK);
    values(all);
    for (int i = 0; i < 2; i++)
        layer_init(&l[i], keys[i]);
    memcpy(a, all[0], sizeof a);
    memcpy(b, all[0], sizeof b);
    layer_put(&l[0], a);
    layer_put(&l[1], b);
    EXPECT(memcmp(a, b, sizeof a) != 0);
    layer_take(&l[1], a);
    EXPECT(memcmp(a, all[0], sizeof a) != 0);
}

TEST(layer_without_a_key_leaves_values_alone)
{
    static const uint8_t none[KEY_BYTES];
    uint8_t value[PSEUDONYM_BYTES] = {7};
    struct layer l;
    layer_init(&l, none);
    EXPECT(l.is_none);
    layer_put(&l, value);
    layer_take(&l, value);
    EXPECT(value[0] == 7 && value[15] == 0);
}
