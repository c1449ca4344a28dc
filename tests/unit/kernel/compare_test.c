// SPDX-License-Identifier: Apache-2.0
#include "kernel/compare.h"
#include "kernel_cases.h"

#include <math.h>

// Every level's mask of one range is the mask of the rule, bits past n included.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define EXPECT_RANGE(kernel, type)                                                             \
    static void expect_##kernel(const type *v, uint32_t n, type lo, type hi, uint64_t *random) \
    {                                                                                          \
        struct case_array want = case_mask(n, 0, random);                                      \
        for (uint32_t i = 0; i < n; i++)                                                       \
            ((uint64_t *)want.at)[i / 64] |= (uint64_t)(v[i] >= lo && v[i] <= hi) << i % 64;   \
        EACH_SIMD(simd)                                                                        \
        {                                                                                      \
            struct case_array got = case_mask(n, 5, random);                                   \
            compare_kernels(simd)->kernel(v, n, lo, hi, got.at);                               \
            EXPECT(memcmp(got.at, want.at, mask_words(n) * sizeof(uint64_t)) == 0);            \
            free(got.memory);                                                                  \
        }                                                                                      \
        free(want.memory);                                                                     \
    }

// Ranges that are hard: all, none, turned around, one value, and one of the values there are.
#define TEST_RANGE(kernel, type, least, largest)                                \
    EXPECT_RANGE(kernel, type)                                                  \
    TEST(compare_##kernel##_is_the_rows_between)                                \
    {                                                                           \
        uint64_t random = 1;                                                    \
        EACH_LENGTH(n)                                                          \
        EACH_SHAPE(shape)                                                       \
        {                                                                       \
            struct case_array a = case_values(shape, n, sizeof(type), &random); \
            type some = n ? ((const type *)a.at)[n / 2] : 0;                    \
            expect_##kernel(a.at, n, least, largest, &random);                  \
            expect_##kernel(a.at, n, largest, least, &random);                  \
            expect_##kernel(a.at, n, some, some, &random);                      \
            expect_##kernel(a.at, n, some, largest, &random);                   \
            expect_##kernel(a.at, n, least, some, &random);                     \
            expect_##kernel(a.at, n, 3, (type)(largest - 1), &random);          \
            free(a.memory);                                                     \
        }                                                                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

TEST_RANGE(range_u8, uint8_t, 0, UINT8_MAX)
TEST_RANGE(range_u16, uint16_t, 0, UINT16_MAX)
TEST_RANGE(range_u32, uint32_t, 0, UINT32_MAX)
TEST_RANGE(range_i64, int64_t, INT64_MIN, INT64_MAX)
EXPECT_RANGE(range_f64, double)

TEST(compare_range_f64_is_the_rows_between_and_never_no_number)
{
    uint64_t random = 2;
    EACH_LENGTH(n)
    {
        EACH_SHAPE(shape)
        {
            struct case_array a = case_doubles(shape, n, &random);
            double *v = a.at;
            if (n > 2) {
                v[n / 2] = (double)NAN;
                v[n / 3] = -0.0;
            }
            expect_range_f64(v, n, -(double)INFINITY, (double)INFINITY, &random);
            expect_range_f64(v, n, 0.0, 0.0, &random);
            expect_range_f64(v, n, -1.5, 3, &random);
            expect_range_f64(v, n, 3, -1.5, &random);
            expect_range_f64(v, n, (double)NAN, 3, &random);
            free(a.memory);
        }
    }
}

static bool set_has(const uint64_t *set, uint32_t limit, uint32_t v)
{
    return v < limit && mask_has(set, v);
}

static void expect_set(const void *v, enum width width, uint32_t n, const uint64_t *set,
                       uint32_t limit)
{
    struct codes codes = {width, v};
    uint64_t random = n;
    EACH_SIMD(simd)
    {
        const struct compare_kernels *k = compare_kernels(simd);
        struct case_array got = case_mask(n, 5, &random);
        if (width == WIDTH_U8)
            k->set_u8(v, n, set, got.at);
        else if (width == WIDTH_U16)
            k->set_u16(v, n, set, got.at);
        else
            k->set_u32(v, n, set, limit, got.at);
        for (uint32_t i = 0; i < n; i++) {
            uint32_t code = codes_at(codes, i);
            // A narrow none is a code like any other to a set that has a bit for it.
            code = code == UINT32_MAX ? width_none(width) : code;
            EXPECT_EQ(mask_has(got.at, i), set_has(set, limit, code));
        }
        if (n % 64)
            EXPECT_EQ(((uint64_t *)got.at)[n / 64] >> n % 64, 0);
        free(got.memory);
    }
}

TEST(compare_set_is_the_rows_whose_code_it_has)
{
    uint64_t random = 3;
    struct case_array set8 = case_mask(256, 3, &random);
    struct case_array set16 = case_mask(65536, 3, &random);
    EACH_LENGTH(n)
    {
        EACH_SHAPE(shape)
        {
            struct case_array narrow = case_values(shape, n, 1, &random);
            struct case_array middle = case_values(shape, n, 2, &random);
            expect_set(narrow.at, WIDTH_U8, n, set8.at, 256);
            expect_set(middle.at, WIDTH_U16, n, set16.at, 65536);
            free(narrow.memory);
            free(middle.memory);
        }
    }
    free(set8.memory);
    free(set16.memory);
}

TEST(compare_set_u32_leaves_out_codes_past_its_end)
{
    uint64_t random = 4;
    static const uint32_t limits[] = {0, 1, 15, 63, 64, 65, 1000, 100000};
    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        struct case_array set = case_mask(limits[l], 5, &random);
        EACH_LENGTH(n)
        {
            EACH_SHAPE(shape)
            {
                struct case_array a = case_values(shape, n, 4, &random);
                uint32_t *v = a.at;
                for (uint32_t i = 0; shape == CASE_RANDOM && i < n; i++)
                    v[i] %= limits[l] + limits[l] / 4 + 2;
                expect_set(v, WIDTH_U32, n, set.at, limits[l]);
                free(a.memory);
            }
        }
        free(set.memory);
    }
}
