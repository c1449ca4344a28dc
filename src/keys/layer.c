// SPDX-License-Identifier: Apache-2.0
#include "keys/layer.h"

enum { HALF_BYTES = PSEUDONYM_BYTES / 2 };

void layer_init(struct layer *l, const uint8_t key[KEY_BYTES])
{
    static const uint8_t none[KEY_BYTES];
    *l = (struct layer){.is_none = memcmp(key, none, KEY_BYTES) == 0};
    for (uint8_t i = 0; i < LAYER_ROUNDS && !l->is_none; i++)
        keyed_hash(key, slice_of(&i, 1), l->rounds[i], SHORT_KEY_BYTES);
}

// One half is changed by the other's hash.
static void mix(const uint8_t key[SHORT_KEY_BYTES], const uint8_t *from, uint8_t *to)
{
    uint64_t hash = short_hash(key, slice_of(from, HALF_BYTES));
    for (size_t i = 0; i < HALF_BYTES; i++)
        to[i] ^= (uint8_t)(hash >> 8 * i);
}

void layer_put(const struct layer *l, uint8_t value[PSEUDONYM_BYTES])
{
    for (int i = 0; i < LAYER_ROUNDS && !l->is_none; i++) {
        bool is_even = i % 2 == 0;
        mix(l->rounds[i], value + (is_even ? HALF_BYTES : 0), value + (is_even ? 0 : HALF_BYTES));
    }
}

void layer_take(const struct layer *l, uint8_t value[PSEUDONYM_BYTES])
{
    for (int i = LAYER_ROUNDS; i-- > 0 && !l->is_none;) {
        bool is_even = i % 2 == 0;
        mix(l->rounds[i], value + (is_even ? HALF_BYTES : 0), value + (is_even ? 0 : HALF_BYTES));
    }
}
