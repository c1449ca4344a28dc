// SPDX-License-Identifier: Apache-2.0
#include "codec/bitpack.h"
#include "column_cases.h"

TEST(delta_holds_times_in_order)
{
    uint64_t random = 5;
    static int64_t values[8192];
    int64_t now = 1700000000000;
    for (int i = 0; i < 8192; i++)
        values[i] = now += (int64_t)(next_random(&random) % 4000);
    static const uint32_t counts[] = {8192, 8191, 1025, 1024, 513, 600};
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++) {
        size_t bytes;
        EXPECT(strcmp(i64_round_trip(values, NULL, counts[i], &bytes), "delta") == 0);
        EXPECT(bytes < counts[i] * 14 / 8 + 300);
    }
}

TEST(delta_wraps_around_and_back)
{
    int64_t values[2048];
    uint64_t v = (uint64_t)INT64_MAX - 1024 * 1000000007ull;
    for (int i = 0; i < 2048; i++) {
        values[i] = (int64_t)v;
        v += 1000000007;
    }
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, NULL, 2048, &bytes), "delta") == 0);
}

TEST(delta_holds_gaps)
{
    int64_t values[4096];
    uint64_t present[64] = {0};
    for (int i = 0; i < 4096; i++) {
        values[i] = i % 3 ? 1700000000000 + i * 60000 + i % 7 : 12345;
        present[i / 64] |= (uint64_t)(i % 3 != 0) << i % 64;
    }
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, present, 4096, &bytes), "delta") == 0);
}

TEST(delta_refuses_what_is_short_or_no_whole_number)
{
    uint8_t bytes[16 + 9 + 64 * 2] = {0};
    bytes[16 + 8] = 1;
    struct slice data = slice_of(bytes, 16 + 9 + bitpack_bytes(600, 1));
    EXPECT_EQ(open_raw(4, data, COLUMN_I64, 600), OK);
    EXPECT_EQ(open_raw(4, data, COLUMN_F64, 600), ERR_CORRUPT);
    EXPECT_EQ(open_raw(4, data, COLUMN_CODES, 600), OK);
    for (size_t len = 0; len < data.len; len++)
        EXPECT_EQ(open_raw(4, slice_of(bytes, len), COLUMN_I64, 600), ERR_CORRUPT);
}

// Steps around the bounds up to which sums of 32 bits do.
TEST(delta_adds_up_large_steps_both_ways)
{
    static const int64_t steps[] = {1 << 21, 1 << 22, (1 << 22) + 1, 1 << 23, (int64_t)1 << 33};
    uint64_t random = 9;
    static int64_t values[8192];
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        for (int sign = -1; sign <= 1; sign += 2) {
            int64_t now = 1700000000000;
            for (int i = 0; i < 8192; i++)
                values[i] = now += sign * (steps[s] - (int64_t)(next_random(&random) % 1000));
            size_t bytes;
            EXPECT(strcmp(i64_round_trip(values, NULL, 8192, &bytes), "delta") == 0);
            EXPECT(strcmp(i64_round_trip(values, NULL, 700, &bytes), "delta") == 0);
        }
    }
}

// What is new in each row has the next code.
TEST(delta_holds_codes_that_count_up)
{
    static uint32_t codes[8192];
    for (uint32_t i = 0; i < 8192; i++)
        codes[i] = 70000 + i + (i > 5000 ? 3 : 0);
    static const uint32_t counts[] = {8192, 8191, 600};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        size_t bytes;
        EXPECT(strcmp(codes_round_trip(codes, counts[c], &bytes), "delta") == 0);
        EXPECT(bytes < counts[c] / 3);
    }
}
