// SPDX-License-Identifier: Apache-2.0
#include "kernel/sketch.h"
#include "kernel_cases.h"

static void expect_pairs(struct codes ords, const uint16_t *v, uint32_t n, const uint32_t bounds[2])
{
    size_t cells = (size_t)bounds[0] * bounds[1];
    uint32_t *want = calloc(cells + 1, sizeof *want);
    for (uint32_t i = 0; i < n; i++)
        if (codes_at(ords, i) < bounds[0] && v[i] < bounds[1])
            want[(size_t)codes_at(ords, i) * bounds[1] + v[i]]++;
    EACH_SIMD(simd)
    {
        uint32_t *got = malloc(cells * sizeof *got);
        for (size_t c = 0; c < cells; c++)
            got[c] = (uint32_t)c;
        sketch_kernels(simd)->count_pairs_u16(ords, v, n, bounds[0], bounds[1], got);
        for (size_t c = 0; c < cells; c++)
            EXPECT_EQ(got[c] - (uint32_t)c, want[c]);
        free(got);
    }
    free(want);
}

TEST(count_pairs_counts_each_value_in_each_bucket)
{
    static const uint32_t bounds[][2] = {{0, 9},  {9, 0},    {1, 1},    {13, 64},
                                         {60, 7}, {64, 256}, {3, 65536}};
    uint64_t random = 1;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        if (bounds[b][1] == 65536 && n % 50 != 41)
            continue;
        enum width width = case_width(n + shape);
        struct case_array ords = case_values(shape, n, width, &random);
        struct case_array v = case_values(n % 3 ? CASE_RANDOM : shape, n, 2, &random);
        for (uint32_t i = 0; n % 3 == 1 && i < n; i++)
            ((uint16_t *)v.at)[i] = (uint16_t)(((uint16_t *)v.at)[i] % (bounds[b][1] + 2));
        expect_pairs((struct codes){width, ords.at}, v.at, n, bounds[b]);
        free(ords.memory);
        free(v.memory);
    }
}
