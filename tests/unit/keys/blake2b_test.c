// SPDX-License-Identifier: Apache-2.0
#include "keys/blake2b.h"
#include "test.h"

enum { TEXT_BYTES = 300, TEXTS = 200 };

static const uint8_t key[KEY_BYTES] = {1, 2, 3};

static bool is_of(struct slice text, const uint8_t hash[BLAKE2B_OUT_BYTES])
{
    uint8_t want[BLAKE2B_OUT_BYTES];
    keyed_hash(key, text, want, sizeof want);
    return memcmp(hash, want, sizeof want) == 0;
}

static uint8_t letters[TEXT_BYTES];

static void write_letters(void)
{
    for (int i = 0; i < TEXT_BYTES; i++)
        letters[i] = (uint8_t)(i * 37 + 11);
}

static void of_every_length_is_the_librarys(enum simd simd)
{
    write_letters();
    for (size_t len = 0; len <= TEXT_BYTES; len++) {
        struct slice text = slice_of(letters, len);
        uint8_t out[1][BLAKE2B_OUT_BYTES];
        blake2b_many_by(simd, key, &text, 1, out);
        EXPECT(is_of(text, out[0]));
    }
}

static void of_many_keeps_each_in_its_place(enum simd simd)
{
    write_letters();
    struct slice texts[TEXTS];
    uint8_t out[TEXTS][BLAKE2B_OUT_BYTES];
    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = slice_of(letters + i, 1 + i * 7 % 100);
    for (uint32_t count = 0; count <= TEXTS; count++) {
        memset(out, 0, sizeof out);
        blake2b_many_by(simd, key, texts, count, out);
        for (uint32_t i = 0; i < count; i++)
            EXPECT(is_of(texts[i], out[i]));
    }
}

static void takes_long_and_empty_texts_among_short_ones(enum simd simd)
{
    write_letters();
    struct slice texts[TEXTS];
    uint8_t out[TEXTS][BLAKE2B_OUT_BYTES];
    for (size_t i = 0; i < TEXTS; i++)
        texts[i] = slice_of(letters, i % 5 == 0 ? TEXT_BYTES : i % 7);
    blake2b_many_by(simd, key, texts, TEXTS, out);
    for (uint32_t i = 0; i < TEXTS; i++)
        EXPECT(is_of(texts[i], out[i]));
}

TEST(blake2b_of_every_kernel_and_length_is_the_librarys)
{
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++)
        of_every_length_is_the_librarys((enum simd)simd);
}

TEST(blake2b_of_many_keeps_each_in_its_place_by_every_kernel)
{
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++)
        of_many_keeps_each_in_its_place((enum simd)simd);
}

TEST(blake2b_takes_long_and_empty_texts_among_short_ones_by_every_kernel)
{
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++)
        takes_long_and_empty_texts_among_short_ones((enum simd)simd);
}

TEST(blake2b_is_by_the_best_kernel_what_it_is_by_any)
{
    struct slice text = slice_text("somebody");
    uint8_t out[1][BLAKE2B_OUT_BYTES];
    blake2b_many(key, &text, 1, out);
    EXPECT(is_of(text, out[0]));
}
