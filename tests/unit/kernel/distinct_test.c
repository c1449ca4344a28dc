// SPDX-License-Identifier: Apache-2.0
#include "kernel/distinct.h"
#include "kernel_cases.h"

static void run(enum simd simd, struct codes v, uint32_t n, uint32_t bound, uint64_t *bits)
{
    const struct distinct_kernels *k = distinct_kernels(simd);
    if (v.width == WIDTH_U8)
        k->set_u8(v.at, n, bound, bits);
    else if (v.width == WIDTH_U16)
        k->set_u16(v.at, n, bound, bits);
    else
        k->set_u32(v.at, n, bound, bits);
}

static void expect_set(struct codes v, uint32_t n, uint32_t bound, uint64_t *random)
{
    size_t words = distinct_words(bound);
    struct case_array before = case_mask(bound, 1, random);
    uint64_t *want = malloc(words * 8 + 8);
    if (words)
        memcpy(want, before.at, words * 8);
    for (uint32_t i = 0; i < n; i++)
        if (codes_at(v, i) < bound)
            want[codes_at(v, i) / 64] |= (uint64_t)1 << codes_at(v, i) % 64;
    EACH_SIMD(simd)
    {
        uint64_t *got = malloc(words * 8);
        if (words)
            memcpy(got, before.at, words * 8);
        run(simd, v, n, bound, got);
        EXPECT(words == 0 || memcmp(got, want, words * 8) == 0);
        EXPECT_EQ(distinct_kernels(simd)->count(got, words), mask_count(want, bound));
        free(got);
    }
    free(want);
    free(before.memory);
}

TEST(distinct_sets_the_bit_of_each_code_below_its_bound)
{
    static const uint32_t bounds[] = {0, 1, 16, 63, 64, 65, 255, 256, 1000, 65535, 100000};
    uint64_t random = 1;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        if (bounds[b] > 1000 && n % 50 != 41)
            continue;
        enum width width = case_width(n + shape);
        struct case_array a = case_values(shape, n, width, &random);
        for (uint32_t i = 0; width == WIDTH_U32 && shape == CASE_RANDOM && i < n; i++)
            ((uint32_t *)a.at)[i] %= bounds[b] + bounds[b] / 5 + 2;
        expect_set((struct codes){width, a.at}, n, bounds[b], &random);
        free(a.memory);
    }
}

static void expect_pairs(struct codes ords, const uint32_t *codes, uint32_t n,
                         const uint32_t bounds[2])
{
    size_t words = distinct_words(bounds[1]);
    size_t bytes = bounds[0] * words * 8;
    uint64_t *want = calloc(1, bytes + 8);
    for (uint32_t i = 0; i < n; i++)
        if (codes_at(ords, i) < bounds[0] && codes[i] < bounds[1])
            want[codes_at(ords, i) * words + codes[i] / 64] |= (uint64_t)1 << codes[i] % 64;
    EACH_SIMD(simd)
    {
        uint64_t *got = bytes ? calloc(1, bytes) : malloc(0);
        distinct_kernels(simd)->pairs(ords, codes, n, bounds[0], bounds[1], got);
        EXPECT(bytes == 0 || memcmp(got, want, bytes) == 0);
        free(got);
    }
    free(want);
}

TEST(distinct_pairs_keep_a_set_for_each_ordinal)
{
    static const uint32_t bounds[][2] = {{0, 9}, {9, 0}, {1, 1}, {13, 64}, {300, 130}, {7, 100000}};
    uint64_t random = 2;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        enum width width = case_width(n + shape);
        struct case_array ords = case_values(shape, n, width, &random);
        struct case_array codes = case_values(CASE_RANDOM, n, 4, &random);
        for (uint32_t i = 0; i < n; i++)
            ((uint32_t *)codes.at)[i] %= bounds[b][1] + bounds[b][1] / 9 + 2;
        expect_pairs((struct codes){width, ords.at}, codes.at, n, bounds[b]);
        free(ords.memory);
        free(codes.memory);
    }
}
