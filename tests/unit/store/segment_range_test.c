// SPDX-License-Identifier: Apache-2.0
#include "store/segment_private.h"
#include "test.h"

#include <math.h>

TEST(range_of_codes_leaves_out_gaps)
{
    uint32_t codes[4] = {7, CODE_NONE, 3, CODE_NONE - 1};
    struct block_range r = range_of_codes(codes, 3);
    EXPECT(r.any && r.any_missing && r.min == 3 && r.max == 7);
    r = range_of_codes(codes, 1);
    EXPECT(r.any && !r.any_missing && r.min == 7 && r.max == 7);
    r = range_of_codes(codes, 4);
    EXPECT_EQ(r.max, CODE_NONE - 1);
    r = range_of_codes(codes + 1, 1);
    EXPECT(!r.any && r.any_missing && r.min == 0 && r.max == 0);
}

TEST(range_of_i64_leaves_out_gaps)
{
    int64_t values[3] = {INT64_MIN, 5, INT64_MAX};
    uint64_t present = 2;
    struct block_range r = range_of_i64(values, &present, 3);
    EXPECT(r.any && r.any_missing && r.min == 5 && r.max == 5);
    r = range_of_i64(values, NULL, 3);
    EXPECT(r.any && !r.any_missing && r.min == INT64_MIN && r.max == INT64_MAX);
    present = 0;
    r = range_of_i64(values, &present, 3);
    EXPECT(!r.any && r.any_missing && r.min == 0);
}

TEST(range_of_f64_with_a_nan_is_unbounded)
{
    double values[3] = {1.5, NAN, -2};
    uint64_t present = 5;
    struct block_range r = range_of_f64(values, &present, 3);
    EXPECT(r.any && r.any_missing && r.min_f64 == -2 && r.max_f64 == 1.5);
    r = range_of_f64(values, NULL, 3);
    EXPECT(r.any && !r.any_missing && isinf(r.min_f64) && isinf(r.max_f64));
    present = 0;
    r = range_of_f64(values, &present, 3);
    EXPECT(!r.any && r.any_missing);
}
