// SPDX-License-Identifier: Apache-2.0
#include "kernel/histogram.h"
#include "kernel_cases.h"

// Runs one kernel over one block, on counts that are not 0 at the start.
static void run(enum simd simd, struct codes v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    const struct histogram_kernels *k = histogram_kernels(simd);
    if (v.width == WIDTH_U8 && bound == 256)
        k->u8(v.at, n, counts);
    else if (v.width == WIDTH_U8)
        k->few_u8(v.at, n, bound, counts);
    else if (v.width == WIDTH_U16)
        k->u16(v.at, n, bound, counts);
    else
        k->u32(v.at, n, bound, counts);
}

static void expect_counts(struct codes v, uint32_t n, uint32_t bound)
{
    uint64_t *want = calloc(bound + (size_t)1, sizeof *want);
    uint32_t none = width_none(v.width);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t code = codes_at(v, i);
        code = code == UINT32_MAX ? none : code;
        if (code < bound && (code != none || bound == 256))
            want[code]++;
    }
    EACH_SIMD(simd)
    {
        uint64_t *got = malloc(bound * sizeof *got);
        for (uint32_t b = 0; b < bound; b++)
            got[b] = b;
        run(simd, v, n, bound, got);
        for (uint32_t b = 0; b < bound; b++)
            EXPECT_EQ(got[b] - b, want[b]);
        free(got);
    }
    free(want);
}

TEST(histogram_u8_counts_every_value)
{
    uint64_t random = 1;
    EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array a = case_values(shape, n, 1, &random);
        expect_counts((struct codes){WIDTH_U8, a.at}, n, 256);
        free(a.memory);
    }
}

TEST(histogram_few_u8_counts_what_is_below_its_bound)
{
    static const uint32_t bounds[] = {0, 1, 2, 7, 8, 15, 16, 17, 32, 40, 63, 64};
    uint64_t random = 2;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array a = case_values(shape, n, 1, &random);
        expect_counts((struct codes){WIDTH_U8, a.at}, n, bounds[b]);
        free(a.memory);
    }
}

TEST(histogram_counts_wide_values_below_its_bound)
{
    static const uint32_t bounds[] = {0, 1, 16, 60, 255, 1000, 1024, 4096, 65535, 65536, 100000};
    uint64_t random = 3;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        if (bounds[b] > 4096 && n % 50 != 41)
            continue;
        enum width width = n % 2 ? WIDTH_U16 : WIDTH_U32;
        struct case_array a = case_values(shape, n, width, &random);
        for (uint32_t i = 0; width == WIDTH_U32 && shape == CASE_RANDOM && i < n; i++)
            ((uint32_t *)a.at)[i] %= bounds[b] + bounds[b] / 5 + 2;
        expect_counts((struct codes){width, a.at}, n, bounds[b]);
        free(a.memory);
    }
}

TEST(histogram_counts_more_equal_values_than_a_byte_holds)
{
    uint32_t n = 300000;
    struct case_array a = case_array(n, 4);
    for (unsigned value = 0; value < 3; value++) {
        memset(a.at, (int)value * 5, (size_t)n * 4);
        expect_counts((struct codes){WIDTH_U8, a.at}, n, 256);
        expect_counts((struct codes){WIDTH_U8, a.at}, n, 16);
        expect_counts((struct codes){WIDTH_U8, a.at}, n, 64);
        expect_counts((struct codes){WIDTH_U16, a.at}, n, 3000);
        for (uint32_t i = 0; i < n; i++)
            ((uint32_t *)a.at)[i] = value * 100;
        expect_counts((struct codes){WIDTH_U32, a.at}, n, 3000);
    }
    free(a.memory);
}
