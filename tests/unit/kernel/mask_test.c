// SPDX-License-Identifier: Apache-2.0
#include "kernel_cases.h"

static void expect_words(const uint64_t *got, const uint64_t *want, uint32_t n)
{
    for (uint32_t w = 0; w < mask_words(n); w++)
        EXPECT(got[w] == want[w]);
}

static void expect_counts_and_rows(enum simd simd, const uint64_t *m, uint32_t n)
{
    // 64 bytes of slack behind the rows there are, and not a byte more.
    uint16_t *rows = malloc((size_t)mask_kernels(simd)->count(m, n) * 2 + 64);
    uint32_t got = mask_kernels(simd)->rows(m, n, rows);
    uint32_t count = 0;
    for (uint32_t i = 0; i < n; i++)
        if (mask_has(m, i))
            EXPECT_EQ(rows[count++], i);
    EXPECT_EQ(got, count);
    EXPECT_EQ(mask_kernels(simd)->count(m, n), count);
    free(rows);
}

TEST(mask_counts_and_lists_its_rows)
{
    uint64_t random = 1;
    EACH_LENGTH(n)
    {
        for (unsigned in = 0; in <= 8; in += in < 2 ? 1 : 3) {
            struct case_array m = case_mask(n, in, &random);
            EACH_SIMD(simd)
            expect_counts_and_rows(simd, m.at, n);
            free(m.memory);
        }
    }
}

TEST(mask_lists_rows_up_to_65536)
{
    uint64_t random = 2;
    struct case_array m = case_mask(65536, 8, &random);
    EACH_SIMD(simd)
    expect_counts_and_rows(simd, m.at, 65536);
    free(m.memory);
}

static void expect_laid_over(enum simd simd, uint32_t n, unsigned in, uint64_t *random)
{
    const struct mask_kernels *k = mask_kernels(simd);
    struct case_array a = case_mask(n, in, random);
    struct case_array b = case_mask(n, 4, random);
    struct case_array want = case_mask(n, 0, random);
    struct case_array got = case_mask(n, 0, random);
    size_t bytes = mask_words(n) * sizeof(uint64_t);
    for (int op = 0; op < 3; op++) {
        bool any = false;
        for (uint32_t w = 0; w < mask_words(n); w++) {
            uint64_t x = ((uint64_t *)a.at)[w];
            uint64_t y = ((uint64_t *)b.at)[w];
            uint64_t z = op == 0 ? (x & y) : op == 1 ? (x | y) : (x & ~y);
            ((uint64_t *)want.at)[w] = z;
            any = any || z;
        }
        memcpy(got.at, a.at, bytes);
        bool left = op == 0   ? k->and (got.at, b.at, n)
                    : op == 1 ? k->or (got.at, b.at, n)
                              : k->and_not(got.at, b.at, n);
        EXPECT_EQ(left, any);
        expect_words(got.at, want.at, n);
    }
    free(a.memory);
    free(b.memory);
    free(want.memory);
    free(got.memory);
}

TEST(mask_laid_over_another_says_whether_a_row_is_left)
{
    uint64_t random = 3;
    EACH_LENGTH(n)
    EACH_SIMD(simd)
    for (unsigned in = 0; in <= 8; in += 2)
        expect_laid_over(simd, n, in, &random);
}

TEST(mask_has_no_bits_past_its_rows)
{
    EACH_LENGTH(n)
    {
        struct case_array m = case_array(mask_words(n), sizeof(uint64_t));
        mask_fill(m.at, n);
        EXPECT_EQ(mask_count(m.at, n), n);
        mask_not(m.at, n);
        EXPECT_EQ(mask_count(m.at, n), 0);
        mask_not(m.at, n);
        EXPECT_EQ(mask_count(m.at, n), n);
        if (n % 64)
            EXPECT(((uint64_t *)m.at)[n / 64] == mask_low(n % 64));
        free(m.memory);
    }
}

static void expect_spread(enum simd simd, uint32_t n, unsigned in, unsigned places_in,
                          uint64_t *random)
{
    struct case_array places = case_mask(n, places_in, random);
    uint32_t held_count = mask_count(places.at, n);
    struct case_array held = case_mask(held_count, in, random);
    struct case_array got = case_mask(n, 8, random);
    bool any = mask_kernels(simd)->spread(held.at, places.at, n, got.at);
    uint32_t at = 0;
    for (uint32_t i = 0; i < n; i++)
        EXPECT_EQ(mask_has(got.at, i), mask_has(places.at, i) && mask_has(held.at, at++));
    EXPECT_EQ(any, mask_count(got.at, n) > 0);
    EXPECT(mask_kernels(simd)->spread(held.at, places.at, n, places.at) == any);
    expect_words(places.at, got.at, n);
    free(places.memory);
    free(held.memory);
    free(got.memory);
}

TEST(mask_spreads_the_bits_held_to_their_places)
{
    uint64_t random = 4;
    EACH_LENGTH(n)
    EACH_SIMD(simd)
    for (unsigned in = 0; in <= 8; in += 2)
        for (unsigned places = 0; places <= 8; places += 4)
            expect_spread(simd, n, in, places, &random);
}
