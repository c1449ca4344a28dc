// SPDX-License-Identifier: Apache-2.0
#include "kernel/fold.h"
#include "kernel_cases.h"

static bool is_in(const uint64_t *mask, uint32_t i)
{
    return !mask || mask_has(mask, i);
}

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TEST_FOLD(name, type, none)                                                \
    static void expect_##name(const type *v, const uint64_t *mask, uint32_t n)     \
    {                                                                              \
        struct fold_##name want = none;                                            \
        for (uint32_t i = 0; i < n; i++) {                                         \
            if (!is_in(mask, i))                                                   \
                continue;                                                          \
            want.count++;                                                          \
            want.sum += v[i];                                                      \
            want.min = v[i] < want.min ? v[i] : want.min;                          \
            want.max = v[i] > want.max ? v[i] : want.max;                          \
        }                                                                          \
        EACH_SIMD(simd)                                                            \
        {                                                                          \
            struct fold_##name got = {.count = 99, .sum = 99, .min = 9, .max = 9}; \
            fold_kernels(simd)->name(v, mask, n, &got);                            \
            EXPECT_EQ(got.count, want.count);                                      \
            EXPECT(got.sum == want.sum);                                           \
            EXPECT_EQ(got.min, want.min);                                          \
            EXPECT_EQ(got.max, want.max);                                          \
        }                                                                          \
    }                                                                              \
    TEST(fold_##name##_is_exact_over_the_rows_of_the_mask)                         \
    {                                                                              \
        uint64_t random = 1;                                                       \
        EACH_LENGTH(n)                                                             \
        EACH_SHAPE(shape)                                                          \
        {                                                                          \
            struct case_array v = case_values(shape, n, sizeof(type), &random);    \
            expect_##name(v.at, NULL, n);                                          \
            for (unsigned in = 0; in <= 8; in += 4) {                              \
                struct case_array m = case_mask(n, in, &random);                   \
                expect_##name(v.at, m.at, n);                                      \
                free(m.memory);                                                    \
            }                                                                      \
            free(v.memory);                                                        \
        }                                                                          \
    }
// NOLINTEND(bugprone-macro-parentheses)

TEST_FOLD(i64, int64_t, FOLD_I64_NONE)
TEST_FOLD(u32, uint32_t, FOLD_U32_NONE)
TEST_FOLD(u16, uint16_t, FOLD_U16_NONE)

TEST(fold_i64_holds_a_block_of_the_largest)
{
    struct case_array a = case_array(8192, 8);
    for (uint32_t i = 0; i < 8192; i++)
        ((int64_t *)a.at)[i] = INT64_MAX;
    expect_i64(a.at, NULL, 8192);
    for (uint32_t i = 0; i < 8192; i++)
        ((int64_t *)a.at)[i] = INT64_MIN;
    expect_i64(a.at, NULL, 8192);
    free(a.memory);
}

static void expect_same_f64(const double *v, const uint64_t *mask, uint32_t n)
{
    struct fold_f64 want = {0};
    double lanes[FOLD_LANES] = {0};
    double min = (double)INFINITY;
    double max = -(double)INFINITY;
    for (uint32_t i = 0; i < n; i++) {
        if (!is_in(mask, i))
            continue;
        want.count++;
        lanes[i % FOLD_LANES] += v[i];
        min = v[i] < min ? v[i] : min;
        max = v[i] > max ? v[i] : max;
    }
    for (unsigned half = FOLD_LANES / 2; half; half /= 2)
        for (unsigned l = 0; l < half; l++)
            lanes[l] += lanes[l + half];
    EACH_SIMD(simd)
    {
        struct fold_f64 got = {.count = 99, .sum = 99, .min = 9, .max = 9};
        fold_kernels(simd)->f64(v, mask, n, &got);
        EXPECT_EQ(got.count, want.count);
        EXPECT(got.sum == lanes[0] || (isnan(got.sum) && isnan(lanes[0])));
        EXPECT(got.min == min);
        EXPECT(got.max == max);
    }
}

TEST(fold_f64_adds_in_the_same_lanes_everywhere)
{
    uint64_t random = 2;
    EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array v = case_doubles(shape, n, &random);
        // Numbers whose sum depends on the order.
        for (uint32_t i = 0; shape == CASE_RUNS && i < n; i++)
            ((double *)v.at)[i] = (double)(int64_t)case_random(&random) / 3;
        expect_same_f64(v.at, NULL, n);
        for (unsigned in = 0; in <= 8; in += 4) {
            struct case_array m = case_mask(n, in, &random);
            expect_same_f64(v.at, m.at, n);
            free(m.memory);
        }
        free(v.memory);
    }
}

TEST(fold_f64_passes_no_number_over_for_the_smallest_and_largest)
{
    double v[40];
    for (uint32_t i = 0; i < 40; i++)
        v[i] = i % 3 ? (double)NAN : i;
    expect_same_f64(v, NULL, 40);
    expect_same_f64(v + 1, NULL, 2);
}

TEST(fold_adds_blocks_and_nothing_changes_nothing)
{
    static const uint32_t v[] = {5, 2, 9, 7};
    struct fold_u32 all;
    struct fold_u32 part;
    struct fold_u32 sum = FOLD_U32_NONE;
    fold_u32(v, NULL, 4, &all);
    fold_u32(v, NULL, 1, &part);
    fold_u32_add(&sum, &part);
    fold_u32(v, NULL, 0, &part);
    fold_u32_add(&sum, &part);
    fold_u32(v + 1, NULL, 3, &part);
    fold_u32_add(&sum, &part);
    EXPECT_EQ(sum.count, all.count);
    EXPECT_EQ(sum.sum, all.sum);
    EXPECT_EQ(sum.min, 2);
    EXPECT_EQ(sum.max, 9);
}
