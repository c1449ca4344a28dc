// SPDX-License-Identifier: Apache-2.0
#include "kernel/even.h"
#include "kernel_cases.h"

static uint32_t bucket_of(int64_t v, const struct even_buckets *b)
{
    __int128 distance = (__int128)v - b->start;
    if (distance < 0 || distance / b->interval >= b->count)
        return UINT32_MAX;
    return (uint32_t)(distance / b->interval);
}

static void expect_buckets(const int64_t *v, uint32_t n, const struct even_buckets *b,
                           enum width width)
{
    EACH_SIMD(simd)
    {
        struct case_array out = case_array(n, width);
        even_kernels(simd)->ordinals_i64(v, n, b, width, out.at);
        for (uint32_t i = 0; i < n; i++)
            EXPECT_EQ(codes_at((struct codes){width, out.at}, i), bucket_of(v[i], b));
        free(out.memory);
    }
}

static const struct even_buckets days[] = {
    {.start = 0, .interval = 1, .count = 1},
    {.start = -7, .interval = 3, .count = 200},
    {.start = 1577836800000, .interval = 86400000, .count = 254},
    {.start = -1577836800123, .interval = 3600000, .count = 60000},
    {.start = 17, .interval = 4503599627, .count = 1000000},
    // Longer than doubles are exact.
    {.start = INT64_MIN, .interval = (uint64_t)1 << 57, .count = 100},
    {.start = INT64_MAX - 5, .interval = 3, .count = 2},
};

TEST(even_buckets_hold_the_values_at_and_around_their_starts)
{
    uint64_t random = 11;
    for (size_t d = 0; d < sizeof days / sizeof days[0]; d++)
        EACH_LENGTH(n)
        {
            const struct even_buckets *b = &days[d];
            struct case_array a = case_array(n, 8);
            int64_t *v = a.at;
            for (uint32_t i = 0; i < n; i++) {
                uint64_t bucket = case_random(&random) % ((uint64_t)b->count + 2);
                v[i] = (int64_t)((uint64_t)b->start + bucket * b->interval + i % 3 - 1);
            }
            enum width least = b->count < 255 ? WIDTH_U8 : b->count < 65535 ? WIDTH_U16 : WIDTH_U32;
            expect_buckets(v, n, b, least);
            expect_buckets(v, n, b, WIDTH_U32);
            free(a.memory);
        }
}

TEST(even_buckets_are_none_for_the_ends_of_the_type)
{
    static const int64_t v[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX, 2};
    for (size_t d = 0; d < sizeof days / sizeof days[0]; d++)
        for (uint32_t n = 0; n <= 8; n++)
            expect_buckets(v, n, &days[d], WIDTH_U32);
}

TEST(even_buckets_of_random_lengths_agree_with_division)
{
    uint64_t random = 12;
    int64_t v[64];
    for (int round = 0; round < 20000; round++) {
        struct even_buckets b = {.start = (int64_t)(case_random(&random) >> 20) - (1LL << 42),
                                 .interval = case_random(&random) % 1000000007 + 1,
                                 .count = (uint32_t)(case_random(&random) % 4000000) + 1};
        for (int i = 0; i < 64; i++)
            v[i] =
                b.start + (int64_t)(case_random(&random) % (b.count + 1ULL) * b.interval) - i % 2;
        expect_buckets(v, 64, &b, WIDTH_U32);
    }
}
