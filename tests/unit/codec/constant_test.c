// SPDX-License-Identifier: Apache-2.0
#include "column_cases.h"

TEST(constant_holds_equal_values_in_a_few_bytes)
{
    static const int64_t cases[] = {0, 1, 255, 256, -1, INT64_MIN, INT64_MAX, 1700000000000};
    static const size_t bytes[] = {0, 1, 1, 2, 8, 8, 8, 6};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t values[1000];
        for (int j = 0; j < 1000; j++)
            values[j] = cases[i];
        size_t got;
        EXPECT(strcmp(i64_round_trip(values, NULL, 1000, &got), "constant") == 0);
        EXPECT_EQ(got, 2 + bytes[i]);
        EXPECT(strcmp(i64_round_trip(values, NULL, 1, &got), "constant") == 0);
    }
}

TEST(constant_holds_codes_and_doubles)
{
    uint32_t codes[3] = {UINT32_MAX - 1, UINT32_MAX - 1, UINT32_MAX - 1};
    size_t bytes;
    EXPECT(strcmp(codes_round_trip(codes, 3, &bytes), "constant") == 0);
    EXPECT_EQ(bytes, 6);
    double doubles[2] = {-0.0, -0.0};
    EXPECT(strcmp(f64_round_trip(doubles, NULL, 2, &bytes), "constant") == 0);
}

TEST(constant_refuses_too_many_bytes)
{
    EXPECT_EQ(open_raw(0, slice_of("12345678", 8), COLUMN_I64, 5), OK);
    EXPECT_EQ(open_raw(0, slice_of("123456789", 9), COLUMN_I64, 5), ERR_CORRUPT);
    EXPECT_EQ(open_raw(0, slice_of("1234", 4), COLUMN_CODES, 5), OK);
    EXPECT_EQ(open_raw(0, slice_of("12345", 5), COLUMN_CODES, 5), ERR_CORRUPT);
}
