// SPDX-License-Identifier: Apache-2.0
#include "column_cases.h"

#include <math.h>

TEST(scaled_holds_short_decimals)
{
    static const double powers[] = {1, 10, 100, 1000, 1e6, 1e9};
    uint64_t random = 6;
    double values[2000];
    for (size_t p = 0; p < sizeof powers / sizeof powers[0]; p++) {
        for (int i = 0; i < 2000; i++)
            values[i] = (double)((int64_t)(next_random(&random) % 20001) - 10000) / powers[p];
        size_t bytes;
        EXPECT(strcmp(f64_round_trip(values, NULL, 2000, &bytes), "scaled") == 0);
        EXPECT(bytes < 2000 * 15 / 8 + 200);
    }
}

// One value that no power suits makes the whole column keep its bits another way.
TEST(scaled_leaves_what_it_cannot_give_back)
{
    uint64_t nan_bits = 0x7ff800000000beef;
    double strange_nan;
    memcpy(&strange_nan, &nan_bits, sizeof strange_nan);
    double odd[] = {-0.0,   NAN,    strange_nan, INFINITY, -INFINITY, 1e300,
                    5e-324, 1 / 3., M_PI,        0x1p53,   -0x1p60,   0x1p-40};
    for (size_t o = 0; o < sizeof odd / sizeof odd[0]; o++) {
        double values[600];
        for (int i = 0; i < 600; i++)
            values[i] = i / 100.;
        values[555] = odd[o];
        size_t bytes;
        EXPECT(strcmp(f64_round_trip(values, NULL, 600, &bytes), "scaled") != 0);
    }
}

TEST(scaled_holds_mixed_powers_and_gaps)
{
    double values[500];
    uint64_t present[8] = {0};
    for (int i = 0; i < 500; i++) {
        values[i] = i % 7 == 0 ? NAN : i % 3 ? i / 4. : i / 1000.;
        present[i / 64] |= (uint64_t)(i % 7 != 0) << i % 64;
    }
    size_t bytes;
    EXPECT(strcmp(f64_round_trip(values, present, 500, &bytes), "scaled") == 0);
}

TEST(scaled_refuses_a_power_it_does_not_know)
{
    uint8_t bytes[10] = {10};
    EXPECT_EQ(open_raw(3, slice_of(bytes, 10), COLUMN_F64, 3), OK);
    EXPECT_EQ(open_raw(3, slice_of(bytes, 10), COLUMN_I64, 3), ERR_CORRUPT);
    EXPECT_EQ(open_raw(3, slice_of(bytes, 0), COLUMN_F64, 3), ERR_CORRUPT);
    bytes[0] = 11;
    EXPECT_EQ(open_raw(3, slice_of(bytes, 10), COLUMN_F64, 3), ERR_CORRUPT);
}
