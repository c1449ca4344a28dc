// SPDX-License-Identifier: Apache-2.0
#include "kernel/gather.h"
#include "kernel_cases.h"

// One table, looked up by indices of every width and shape.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TEST_GATHER(kernel, type)                                                                \
    static void expect_##kernel(const type *table, uint32_t len, struct codes index, uint32_t n) \
    {                                                                                            \
        EACH_SIMD(simd)                                                                          \
        {                                                                                        \
            struct case_array got = case_array(n, sizeof(type));                                 \
            gather_kernels(simd)->kernel(table, len, index, n, got.at);                          \
            for (uint32_t i = 0; i < n; i++) {                                                   \
                uint32_t at = codes_at(index, i);                                                \
                EXPECT(((const type *)got.at)[i] == (at < len ? table[at] : (type)-1));          \
            }                                                                                    \
            free(got.memory);                                                                    \
        }                                                                                        \
    }                                                                                            \
    TEST(gather_##kernel##_takes_from_the_table_and_none_outside)                                \
    {                                                                                            \
        static const uint32_t lens[] = {0, 1, 3, 16, 64, 255, 256, 257, 5000, 70000};            \
        uint64_t random = 1;                                                                     \
        for (size_t l = 0; l < sizeof lens / sizeof lens[0]; l++) {                              \
            struct case_array table = case_values(CASE_RANDOM, lens[l], sizeof(type), &random);  \
            EACH_LENGTH(n)                                                                       \
            EACH_SHAPE(shape)                                                                    \
            {                                                                                    \
                enum width width = case_width(n + shape);                                        \
                struct case_array index = case_values(shape, n, width, &random);                 \
                if (width == WIDTH_U32 && shape == CASE_RANDOM)                                  \
                    for (uint32_t i = 0; i < n; i++)                                             \
                        ((uint32_t *)index.at)[i] %= lens[l] + 3;                                \
                expect_##kernel(table.at, lens[l], (struct codes){width, index.at}, n);          \
                free(index.memory);                                                              \
            }                                                                                    \
            free(table.memory);                                                                  \
        }                                                                                        \
    }
// NOLINTEND(bugprone-macro-parentheses)

TEST_GATHER(u8, uint8_t)
TEST_GATHER(u16, uint16_t)
TEST_GATHER(u32, uint32_t)
