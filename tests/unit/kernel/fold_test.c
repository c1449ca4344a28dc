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

TEST_FOLD(u32, uint32_t, FOLD_U32_NONE)
TEST_FOLD(u16, uint16_t, FOLD_U16_NONE)

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
