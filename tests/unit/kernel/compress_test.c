// SPDX-License-Identifier: Apache-2.0
#include "kernel/compress.h"
#include "kernel_cases.h"

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TEST_COMPRESS(kernel, type)                                                   \
    static void expect_##kernel(const type *v, const uint64_t *mask, uint32_t n)      \
    {                                                                                 \
        EACH_SIMD(simd)                                                               \
        {                                                                             \
            type *out = malloc(mask_count(mask, n) * sizeof(type) + 64);              \
            uint32_t got = compress_kernels(simd)->kernel(v, mask, n, out);           \
            uint32_t count = 0;                                                       \
            for (uint32_t i = 0; i < n; i++)                                          \
                if (mask_has(mask, i))                                                \
                    EXPECT(out[count++] == v[i]);                                     \
            EXPECT_EQ(got, count);                                                    \
            free(out);                                                                \
        }                                                                             \
    }                                                                                 \
    TEST(compress_##kernel##_keeps_the_rows_of_the_mask_in_order)                     \
    {                                                                                 \
        uint64_t random = 1;                                                          \
        EACH_LENGTH(n)                                                                \
        {                                                                             \
            struct case_array v = case_values(CASE_RANDOM, n, sizeof(type), &random); \
            for (unsigned in = 0; in <= 8; in += in < 2 ? 1 : 3) {                    \
                struct case_array m = case_mask(n, in, &random);                      \
                expect_##kernel(v.at, m.at, n);                                       \
                free(m.memory);                                                       \
            }                                                                         \
            free(v.memory);                                                           \
        }                                                                             \
    }
// NOLINTEND(bugprone-macro-parentheses)

TEST_COMPRESS(u8, uint8_t)
TEST_COMPRESS(u16, uint16_t)
TEST_COMPRESS(u32, uint32_t)
TEST_COMPRESS(u64, uint64_t)
