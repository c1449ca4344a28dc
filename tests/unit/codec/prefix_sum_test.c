// SPDX-License-Identifier: Apache-2.0
#include "codec/prefix_sum.h"
#include "column_cases.h"

static const uint32_t counts[] = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 511, 512};

TEST(prefix_sum_adds_up_by_every_kernel)
{
    uint64_t random = 41;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t n = counts[c];
        uint32_t *steps = malloc(n * sizeof *steps + 1);
        uint32_t *got = malloc(n * sizeof *got + 1);
        for (uint32_t i = 0; i < n; i++)
            steps[i] = (uint32_t)next_random(&random);
        for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
            memcpy(got, steps, n * sizeof *got);
            prefix_sum_u32_by((enum simd)simd, got, n, 12345);
            uint32_t want = 12345;
            for (uint32_t i = 0; i < n; i++)
                EXPECT_EQ(got[i], want += steps[i]);
        }
        free(steps);
        free(got);
    }
}

TEST(prefix_sum_widens_by_every_kernel)
{
    uint64_t random = 42;
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t n = counts[c];
        int32_t *steps = malloc(n * sizeof *steps + 1);
        int64_t *got = malloc(n * sizeof *got + 1);
        for (uint32_t i = 0; i < n; i++)
            steps[i] = (int32_t)(next_random(&random) % (1 << 23)) - (1 << 22);
        for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
            prefix_sum_i64_by((enum simd)simd, steps, n, INT64_MIN, got);
            int64_t sum = 0;
            for (uint32_t i = 0; i < n; i++) {
                sum += steps[i];
                EXPECT_EQ(got[i], (int64_t)((uint64_t)INT64_MIN + (uint64_t)sum));
            }
        }
        free(steps);
        free(got);
    }
}
