// SPDX-License-Identifier: Apache-2.0
#include "search/ordinals.h"
#include "test.h"
#include "unit/store/fixture.h"

#include <string.h>

enum { POSITIONS = 200 };

static uint8_t narrow[POSITIONS];
static uint16_t wider[POSITIONS];
static uint32_t room[POSITIONS + 16], other_room[POSITIONS + 16];

// Every seventh of no parent, every fifth without a key.
static void fill(void)
{
    for (uint32_t i = 0; i < POSITIONS; i++) {
        narrow[i] = i % 7 == 0 ? UINT8_MAX : (uint8_t)(i % 11);
        wider[i] = i % 5 == 0 ? UINT16_MAX : (uint16_t)(i * 3 % 300);
    }
}

static void expect_all(const struct ordinals *o, uint32_t (*want)(uint32_t))
{
    static uint32_t wide[POSITIONS + 16];
    static uint64_t counts[1 << 16];
    static uint64_t truth[1 << 16];
    memset(counts, 0, sizeof counts);
    memset(truth, 0, sizeof truth);
    const uint32_t *got = ordinals_wide(o, POSITIONS, wide);
    ordinals_count(o, POSITIONS, counts);
    for (uint32_t i = 0; i < POSITIONS; i++) {
        EXPECT_EQ(got[i], want(i));
        if (want(i) != ORDINAL_NONE)
            truth[want(i)]++;
    }
    EXPECT(memcmp(counts, truth, sizeof truth) == 0);
}

static uint32_t joined(uint32_t i)
{
    return i % 7 == 0 || i % 5 == 0 ? ORDINAL_NONE : (20 + i % 11) * 400 + 50 + i * 3 % 300;
}

TEST(ordinals_join_parents_and_keys_that_both_count_from_a_base)
{
    fill();
    struct ordinals parents = {.base = 20, .bound = 11, .width = WIDTH_U8, .at = narrow};
    struct key_codes keys = {.base = 50, .bound = 300, .width = WIDTH_U16, .at = wider};
    struct ordinals own = ordinals_join(&parents, 400, &keys, POSITIONS, room);
    expect_all(&own, joined);
}

static uint32_t of_one_key(uint32_t i)
{
    return i % 7 == 0 ? ORDINAL_NONE : (20 + i % 11) * 400 + 5;
}

TEST(ordinals_of_one_key_for_all_are_their_parents_apart)
{
    fill();
    struct ordinals parents = {.base = 20, .bound = 11, .width = WIDTH_U8, .at = narrow};
    struct key_codes key = {.base = 5, .bound = 1};
    struct ordinals own = ordinals_join(&parents, 400, &key, POSITIONS, room);
    expect_all(&own, of_one_key);
}

static uint32_t of_one_parent(uint32_t i)
{
    return i % 5 == 0 ? ORDINAL_NONE : 3 * 400 + 50 + i * 3 % 300;
}

TEST(ordinals_of_one_parent_are_the_keys_untouched)
{
    fill();
    struct ordinals parent = ordinals_all(3);
    struct key_codes keys = {.base = 50, .bound = 300, .width = WIDTH_U16, .at = wider};
    struct ordinals own = ordinals_join(&parent, 400, &keys, POSITIONS, room);
    EXPECT(own.at == wider);
    expect_all(&own, of_one_parent);
}

static uint32_t every_third(uint32_t i)
{
    return i % 3 == 0 && i % 7 != 0 ? 20 + i % 11 : ORDINAL_NONE;
}

static uint32_t third_of_one(uint32_t i)
{
    return i % 3 == 0 ? 9 : ORDINAL_NONE;
}

TEST(ordinals_outside_a_mask_are_in_no_bucket)
{
    fill();
    uint64_t bits[(POSITIONS + 63) / 64] = {0};
    for (uint32_t i = 0; i < POSITIONS; i += 3)
        bits[i / 64] |= (uint64_t)1 << (i % 64);
    struct ordinals parents = {.base = 20, .bound = 11, .width = WIDTH_U8, .at = narrow};
    struct ordinals own = ordinals_mask(&parents, bits, POSITIONS, room);
    expect_all(&own, every_third);
    EXPECT_EQ(narrow[1], 1); // what is masked is a copy
    struct ordinals one = ordinals_all(9);
    own = ordinals_mask(&one, bits, POSITIONS, other_room);
    expect_all(&own, third_of_one);
    struct ordinals parent = ordinals_all(1);
    struct key_codes key = {.base = 4, .bound = 1};
    one = ordinals_join(&parent, 5, &key, POSITIONS, room); // of one bucket, so without an array
    own = ordinals_mask(&one, bits, POSITIONS, other_room);
    expect_all(&own, third_of_one);
}

TEST(ordinals_count_few_counts_the_positions_of_the_bits)
{
    static uint16_t codes[BLOCK_ROWS];
    static uint16_t rows[BLOCK_ROWS + 32];
    struct test_random r = {.state = 77};
    for (int width = 1; width <= 4; width *= 2) {
        uint64_t bits[BLOCK_ROWS / 64];
        static uint8_t bytes[BLOCK_ROWS];
        static uint32_t words[BLOCK_ROWS];
        uint64_t expected[60] = {0};
        uint64_t counts[60] = {0};
        uint32_t count = 1 + test_random(&r, BLOCK_ROWS);
        memset(bits, 0, sizeof bits);
        for (uint32_t i = 0; i < count; i++) {
            bool none = test_random(&r, 5) == 0;
            codes[i] = none ? UINT16_MAX : (uint16_t)test_random(&r, 50);
            bytes[i] = (uint8_t)codes[i];
            words[i] = none ? UINT32_MAX : codes[i];
            bool has = test_random(&r, 9) == 0;
            bits[i / 64] |= (uint64_t)has << (i % 64);
            if (has && !none)
                expected[7 + codes[i]]++;
        }
        struct ordinals o = {.base = 7, .bound = 50, .width = (enum width)width};
        o.at = width == 1 ? (const void *)bytes : width == 2 ? (const void *)codes : words;
        ordinals_count_few(&o, bits, count, rows, counts);
        EXPECT(memcmp(counts, expected, sizeof counts) == 0);
    }
    uint64_t bits[1] = {0x5};
    uint64_t counts[4] = {0};
    struct ordinals all = ordinals_all(2);
    ordinals_count_few(&all, bits, 4, rows, counts);
    EXPECT(counts[2] == 2 && counts[0] == 0);
}

// Ordinals whose buckets lie far apart.

static const uint32_t far[11] = {900, 4, 70, 8, 3000, 10, 11, 2, 1, 60, 600};

static uint32_t far_of(uint32_t i)
{
    return i % 7 == 0 ? ORDINAL_NONE : 20 + far[i % 11];
}

static struct ordinals far_ordinals(uint32_t bound)
{
    fill();
    return (struct ordinals){.base = 20,
                             .bound = 11,
                             .width = WIDTH_U8,
                             .at = narrow,
                             .through = far,
                             .through_bound = bound};
}

TEST(ordinals_through_a_table_are_what_it_says)
{
    struct ordinals o = far_ordinals(3001);
    expect_all(&o, far_of);
    struct ordinals plain = ordinals_plain(&o, POSITIONS, room);
    EXPECT(!plain.through && plain.width == WIDTH_U16);
    expect_all(&plain, far_of);
    o.through_bound = 1 << 20;
    plain = ordinals_plain(&o, POSITIONS, room);
    EXPECT_EQ(plain.width, WIDTH_U32);
    expect_all(&plain, far_of);
}

TEST(ordinals_through_a_table_are_counted_at_few_positions_too)
{
    struct ordinals o = far_ordinals(3001);
    static uint64_t counts[4000];
    static uint64_t truth[4000];
    uint64_t bits[(POSITIONS + 63) / 64] = {0};
    for (uint32_t i = 0; i < POSITIONS; i += 3) {
        bits[i / 64] |= (uint64_t)1 << (i % 64);
        if (far_of(i) != ORDINAL_NONE)
            truth[far_of(i)]++;
    }
    ordinals_count_few(&o, bits, POSITIONS, (uint16_t *)other_room, counts);
    EXPECT(memcmp(counts, truth, sizeof truth) == 0);
}

// ---- one key for nearly all

enum { MANY = 3000, KEYS = 7 };

static uint8_t many_parents[MANY], many_keys[MANY];

static void expect_dominant(const struct ordinals *parents, bool may)
{
    static uint16_t rows[MANY + 64];
    static uint32_t joined_room[MANY + 64], plain_room[MANY + 64];
    static uint64_t counts[30000], truth[30000];
    struct key_codes keys = {.base = 2, .bound = 5, .width = WIDTH_U8, .at = many_keys};
    memset(counts, 0, sizeof counts);
    memset(truth, 0, sizeof truth);
    EXPECT_EQ(ordinals_count_dominant(parents, KEYS, &keys, MANY, rows, counts), may);
    if (!may)
        return;
    struct ordinals plain = ordinals_plain(parents, MANY, plain_room);
    struct ordinals own = ordinals_join(&plain, KEYS, &keys, MANY, joined_room);
    ordinals_count(&own, MANY, truth);
    EXPECT(memcmp(counts, truth, sizeof truth) == 0);
}

// Every `one_in`th has another key, a few of these none.
static void fill_many(uint32_t one_in)
{
    for (uint32_t i = 0; i < MANY; i++) {
        many_parents[i] = i % 13 == 0 ? UINT8_MAX : (uint8_t)(i * 7 % 200);
        many_keys[i] = i % one_in ? 3 : (uint8_t)(i / one_in % 6);
        if (many_keys[i] == 5)
            many_keys[i] = UINT8_MAX;
    }
}

TEST(ordinals_of_a_dominant_key_are_counted_as_joined_ones)
{
    static uint32_t through[200];
    for (uint32_t i = 0; i < 200; i++)
        through[i] = i * 19 % 2000;
    struct ordinals parents = {.base = 4, .bound = 200, .width = WIDTH_U8, .at = many_parents};
    struct ordinals apart = parents;
    apart.through = through;
    apart.through_bound = 4000;
    fill_many(20);
    expect_dominant(&parents, true);
    expect_dominant(&apart, true);
    many_keys[0] = 4; // so that the first one tried is not it
    expect_dominant(&parents, true);
    fill_many(5);
    expect_dominant(&parents, false);
    memset(many_keys, UINT8_MAX, sizeof many_keys);
    expect_dominant(&parents, false);
}
