// SPDX-License-Identifier: Apache-2.0
#include "kernel/tally.h"
#include "kernel/width.h"
#include "kernel_cases.h"

enum { BOUND_MAX = 100000 };

// bytes + 256 * carries is what was there before and one more for each row.
static void expect_counted(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t before)
{
    static uint32_t want[BOUND_MAX], got[BOUND_MAX];
    for (uint32_t i = 0; i < bound; i++)
        want[i] = before;
    for (uint32_t i = 0; i < n; i++)
        if (v[i] < bound)
            want[v[i]]++;
    EACH_SIMD(simd)
    {
        uint8_t *bytes = malloc(bound + 1);
        uint32_t *carries = malloc((n + 1) * sizeof *carries);
        memset(bytes, before, bound + 1);
        uint32_t count = tally_kernels(simd)->u32(v, n, bound, bytes, carries);
        EXPECT_EQ(bytes[bound], before);
        for (uint32_t i = 0; i < bound; i++)
            got[i] = bytes[i];
        for (uint32_t i = 0; i < count; i++)
            got[carries[i]] += TALLY_CARRY;
        EXPECT(bound == 0 || memcmp(got, want, bound * sizeof *got) == 0);
        free(carries);
        free(bytes);
    }
}

TEST(tally_counts_each_value_below_its_bound)
{
    static const uint32_t bounds[] = {0, 1, 16, 255, 1000, BOUND_MAX};
    static const uint8_t before[] = {0, 250, 255};
    uint64_t random = 1;
    for (size_t b = 0; b < sizeof bounds / sizeof bounds[0]; b++)
        EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array a = case_values(shape, n, WIDTH_U32, &random);
        for (uint32_t i = 0; shape == CASE_RANDOM && i < n; i++)
            ((uint32_t *)a.at)[i] %= bounds[b] + bounds[b] / 5 + 2;
        expect_counted(a.at, n, bounds[b], before[(n + shape) % 3]);
        free(a.memory);
    }
}

// Runs and repeats of every length within eight rows, over where a byte carries.
TEST(tally_carries_once_for_each_256_rows_however_they_lie)
{
    enum { ROWS = 8192 };

    uint32_t *v = malloc(ROWS * sizeof *v);
    for (uint32_t few = 1; few < 12; few++) {
        for (uint32_t i = 0; i < ROWS; i++)
            v[i] = i * 7 / few % few;
        for (uint32_t before = 240; before < 256; before++)
            expect_counted(v, ROWS, few, (uint8_t)before);
    }
    free(v);
}

TEST(tally_adds_and_sums_bytes)
{
    uint64_t random = 1;
    EACH_LENGTH(n)
    EACH_SHAPE(shape)
    {
        struct case_array a = case_values(shape, n, 1, &random);
        struct case_array b = case_values(CASE_RANDOM, n, 1, &random);
        const uint8_t *from = a.at;
        const uint8_t *to = b.at;
        uint64_t sum = 0;
        for (uint32_t i = 0; i < n; i++)
            sum += from[i];
        EACH_SIMD(simd)
        {
            uint8_t *bytes = malloc(n + 1);
            uint32_t *carries = malloc((n + 1) * sizeof *carries);
            memcpy(bytes, to, n);
            uint32_t count = tally_kernels(simd)->add(from, n, bytes, carries);
            uint32_t at = 0;
            for (uint32_t i = 0; i < n; i++) {
                EXPECT_EQ(bytes[i], (uint8_t)(from[i] + to[i]));
                if (from[i] + to[i] >= TALLY_CARRY)
                    EXPECT(at < count && carries[at++] == i);
            }
            EXPECT_EQ(at, count);
            EXPECT_EQ(tally_kernels(simd)->sum(from, n), sum);
            free(carries);
            free(bytes);
        }
        free(a.memory);
        free(b.memory);
    }
}
