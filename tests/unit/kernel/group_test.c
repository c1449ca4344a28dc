// SPDX-License-Identifier: Apache-2.0
#include "kernel/group.h"
#include "kernel_cases.h"

#include <math.h>

static struct case_array ordinals(enum case_shape shape, enum width width, uint32_t bound,
                                  uint32_t n, uint64_t *random)
{
    struct case_array a = case_values(shape, n, width, random);
    for (uint32_t i = 0; shape == CASE_RANDOM && i < n; i++) {
        uint32_t ord = (uint32_t)case_random(random) % (bound + bound / 8 + 2);
        memcpy((uint8_t *)a.at + (size_t)i * width, &ord, width);
    }
    return a;
}

// Each sum, min and max against a plain loop.  `same` compares two results.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define EXPECT_GROUP(kernel, type, to_type, start, rule)                                      \
    static void expect_##kernel(struct codes ords, const type *v, uint32_t n, uint32_t bound) \
    {                                                                                         \
        size_t bytes = (bound + (size_t)1) * sizeof(to_type);                                 \
        to_type *want = malloc(bytes);                                                        \
        for (uint32_t b = 0; b < bound; b++)                                                  \
            want[b] = start;                                                                  \
        for (uint32_t i = 0; i < n; i++) {                                                    \
            uint32_t ord = codes_at(ords, i);                                                 \
            to_type had = ord < bound ? want[ord] : 0;                                        \
            type x = v[i];                                                                    \
            if (ord < bound)                                                                  \
                want[ord] = rule;                                                             \
        }                                                                                     \
        EACH_SIMD(simd)                                                                       \
        {                                                                                     \
            to_type *got = malloc(bound * sizeof(to_type));                                   \
            for (uint32_t b = 0; b < bound; b++)                                              \
                got[b] = start;                                                               \
            group_kernels(simd)->kernel(ords, v, n, bound, got);                              \
            for (uint32_t b = 0; b < bound; b++)                                              \
                EXPECT(got[b] == want[b] || (got[b] != got[b] && want[b] != want[b]));        \
            free(got);                                                                        \
        }                                                                                     \
        free(want);                                                                           \
    }
#define EXPECT_GROUPS(suffix, type, sum_type, least, largest)                  \
    EXPECT_GROUP(sum_##suffix, type, sum_type, (sum_type)3, had + x)           \
    EXPECT_GROUP(min_##suffix, type, type, largest, x < had ? x : had)         \
    EXPECT_GROUP(max_##suffix, type, type, least, x > had ? x : had)           \
    static void expect_##suffix(struct codes ords, uint32_t n, uint32_t bound, \
                                enum case_shape shape, uint64_t *random)       \
    {                                                                          \
        struct case_array v = case_values(shape, n, sizeof(type), random);     \
        expect_sum_##suffix(ords, v.at, n, bound);                             \
        expect_min_##suffix(ords, v.at, n, bound);                             \
        expect_max_##suffix(ords, v.at, n, bound);                             \
        free(v.memory);                                                        \
    }
// NOLINTEND(bugprone-macro-parentheses)

EXPECT_GROUPS(u16, uint16_t, uint64_t, 0, UINT16_MAX)
EXPECT_GROUPS(u32, uint32_t, uint64_t, 0, UINT32_MAX)
EXPECT_GROUPS(i64, int64_t, __int128, INT64_MIN, INT64_MAX)
EXPECT_GROUPS(f64, double, double, -(double)INFINITY, (double)INFINITY)

// Counts and sums of ordinals of a byte against a plain loop.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define EXPECT_TALLY(kernel, type)                                                              \
    static void expect_##kernel(const uint8_t *ords, const type *v, uint32_t n, uint32_t bound) \
    {                                                                                           \
        uint64_t want[2][256];                                                                  \
        memset(want, 1, sizeof want);                                                           \
        for (uint32_t i = 0; i < n; i++) {                                                      \
            bool is_in = ords[i] < bound && ords[i] != UINT8_MAX;                               \
            want[0][ords[i]] += is_in;                                                          \
            want[1][ords[i]] += is_in ? v[i] : 0;                                               \
        }                                                                                       \
        EACH_SIMD(simd)                                                                         \
        {                                                                                       \
            uint64_t got[2][256];                                                               \
            memset(got, 1, sizeof got);                                                         \
            group_kernels(simd)->kernel(ords, v, n, bound, got[0], got[1]);                     \
            EXPECT(memcmp(got, want, sizeof got) == 0);                                         \
        }                                                                                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

EXPECT_TALLY(tally_u16, uint16_t)
EXPECT_TALLY(tally_u32, uint32_t)

TEST(group_tally_counts_and_adds_at_once)
{
    static const uint32_t bounds[] = {0, 1, 5, 8, 9, 24, 25, 229, 255, 256};
    static const uint32_t lengths[] = {0, 1, 7, 63, 255, 256, 300, 1023, 1024, 1031, 8191, 8192};
    uint64_t random = 2;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        for (size_t l = 0; l < sizeof lengths / sizeof lengths[0]; l++)
            EACH_SHAPE(shape)
            {
                struct case_array ords = ordinals(shape, WIDTH_U8, bounds[b], lengths[l], &random);
                struct case_array v = case_values(shape, lengths[l], 4, &random);
                struct case_array s = case_values(shape, lengths[l], 2, &random);
                expect_tally_u32(ords.at, v.at, lengths[l], bounds[b]);
                expect_tally_u16(ords.at, s.at, lengths[l], bounds[b]);
                free(ords.memory);
                free(v.memory);
                free(s.memory);
            }
}

TEST(group_adds_to_the_bucket_of_each_row_and_passes_none_over)
{
    static const uint32_t bounds[] = {0, 1, 5, 16, 24, 40, 60, 255, 256, 1000, 5000};
    uint64_t random = 1;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        if (bounds[b] > 60 && n % 10 != 1)
            continue;
        enum width width = case_width(n + shape);
        struct case_array a = ordinals(shape, width, bounds[b], n, &random);
        struct codes ords = {width, a.at};
        expect_u16(ords, n, bounds[b], shape, &random);
        expect_u32(ords, n, bounds[b], shape, &random);
        expect_i64(ords, n, bounds[b], shape, &random);
        expect_f64(ords, n, bounds[b], shape, &random);
        free(a.memory);
    }
}

TEST(group_sums_hold_more_rows_of_the_largest_than_a_block)
{
    uint32_t n = 1100000; // more than the narrow lanes of any level hold
    struct case_array ords = case_array(n, 1);
    struct case_array v = case_array(n, 4);
    memset(v.at, 0xff, n * sizeof(uint32_t));
    for (uint32_t i = 0; i < n; i++)
        ((uint8_t *)ords.at)[i] = i % 1000 == 0;
    struct codes two = {WIDTH_U8, ords.at};
    expect_sum_u32(two, v.at, n, 2);
    expect_sum_u16(two, v.at, n, 2);
    expect_sum_u16(two, v.at, 70001, 2);
    expect_tally_u32(ords.at, v.at, n, 255);
    expect_tally_u16(ords.at, v.at, n, 2);
    free(ords.memory);
    free(v.memory);
}
