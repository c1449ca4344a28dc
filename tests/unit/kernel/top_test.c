// SPDX-License-Identifier: Apache-2.0
#include "kernel/top.h"
#include "kernel_cases.h"

// Largest first, of equal ones the smaller index first, each once; and what is left out is
// not better than the last.
static void expect_top(const uint64_t *counts, uint32_t n, uint32_t k)
{
    uint32_t size = k < n ? k : n;
    EACH_SIMD(simd)
    {
        uint32_t *got = malloc(size * sizeof *got);
        bool *is_taken = calloc(n + 1, sizeof *is_taken);
        EXPECT_EQ(top_kernels(simd)->u64(counts, n, k, got), size);
        for (uint32_t i = 0; i < size; i++) {
            EXPECT(got[i] < n && !is_taken[got[i]]);
            is_taken[got[i]] = true;
            if (i > 0)
                EXPECT(counts[got[i - 1]] > counts[got[i]] ||
                       (counts[got[i - 1]] == counts[got[i]] && got[i - 1] < got[i]));
        }
        for (uint32_t i = 0; size > 0 && i < n; i++)
            EXPECT(is_taken[i] || counts[i] < counts[got[size - 1]] ||
                   (counts[i] == counts[got[size - 1]] && i > got[size - 1]));
        free(is_taken);
        free(got);
    }
}

TEST(top_is_the_largest_in_order_with_ties_by_index)
{
    static const uint32_t ks[] = {0, 1, 2, 10, 100, 8191, 8192, 10000};
    uint64_t random = 1;
    for (size_t k = 0; k < sizeof ks / sizeof ks[0]; k++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array a = case_values(shape, n, 8, &random);
        expect_top(a.at, n, ks[k]);
        free(a.memory);
    }
}

TEST(top_holds_when_every_count_beats_all_before)
{
    uint64_t *counts = malloc(5000 * sizeof *counts);
    for (uint32_t i = 0; i < 5000; i++)
        counts[i] = i;
    expect_top(counts, 5000, 10);
    expect_top(counts, 5000, 999);
    for (uint32_t i = 0; i < 5000; i++)
        counts[i] = 5000 - i;
    expect_top(counts, 5000, 10);
    free(counts);
}
