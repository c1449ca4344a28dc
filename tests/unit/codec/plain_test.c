// SPDX-License-Identifier: Apache-2.0
#include "column_cases.h"

TEST(plain_holds_what_nothing_makes_smaller)
{
    uint64_t random = 7;
    static int64_t values[8192];
    for (int i = 0; i < 8192; i++)
        values[i] = (int64_t)next_random(&random);
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, NULL, 8192, &bytes), "plain") == 0);
    EXPECT_EQ(bytes, 2 + 8 * 8192);
    double doubles[1000];
    for (int i = 0; i < 1000; i++)
        doubles[i] = 1. / (i + 3) * (i % 2 ? -1 : 1);
    EXPECT(strcmp(f64_round_trip(doubles, NULL, 1000, &bytes), "plain") == 0);
}

TEST(plain_refuses_another_length_and_codes)
{
    EXPECT_EQ(open_raw(1, slice_of("12345678", 8), COLUMN_I64, 1), OK);
    EXPECT_EQ(open_raw(1, slice_of("12345678", 8), COLUMN_I64, 2), ERR_CORRUPT);
    EXPECT_EQ(open_raw(1, slice_of("1234567", 7), COLUMN_I64, 1), ERR_CORRUPT);
    EXPECT_EQ(open_raw(1, slice_of("12345678", 8), COLUMN_CODES, 1), ERR_CORRUPT);
}
