// SPDX-License-Identifier: Apache-2.0
#include "column_cases.h"

enum { STEPPED = 6 };

TEST(stepped_holds_times_to_the_hour_and_to_the_day)
{
    static const int64_t steps[] = {1000, 3600000, 86400000};
    static int64_t values[8192];
    uint64_t random = 11;
    for (size_t s = 0; s < sizeof steps / sizeof steps[0]; s++) {
        for (int i = 0; i < 8192; i++)
            values[i] = (int64_t)(next_random(&random) % 5000) * steps[s] - 86400000;
        size_t bytes;
        EXPECT(strcmp(i64_round_trip(values, NULL, 8192, &bytes), "stepped") == 0);
        EXPECT(bytes < 8192 * 14 / 8);
        EXPECT(strcmp(i64_round_trip(values, NULL, 700, &bytes), "stepped") == 0);
    }
}

// Multiples are encoded in their turn: these are nearly in order.
TEST(stepped_holds_seconds_in_order)
{
    static int64_t values[8192];
    uint64_t random = 12;
    int64_t now = 1700000000000;
    for (int i = 0; i < 8192; i++)
        values[i] = now += (int64_t)(next_random(&random) % 4) * 1000;
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, NULL, 8192, &bytes), "stepped") == 0);
    EXPECT(bytes < 8192 * 3 / 8);
}

TEST(stepped_holds_the_ends_of_the_range)
{
    int64_t values[600];
    for (int i = 0; i < 600; i++)
        values[i] = i % 2 ? INT64_MIN : INT64_MIN + (int64_t)(i % 4 / 2) * ((int64_t)1 << 62);
    values[7] = INT64_MAX - ((int64_t)1 << 62) + 1;
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, NULL, 600, &bytes), "stepped") == 0);
}

TEST(stepped_gives_its_multiples)
{
    int64_t values[600];
    uint64_t present[10] = {0};
    for (int i = 0; i < 600; i++) {
        values[i] = 5000 + (int64_t)(i * 7919 % 613) * 86400000;
        present[i / 64] |= (uint64_t)(i % 5 != 0) << i % 64;
    }
    struct buf out = buf_init(1 << 20);
    column_encode_i64(values, present, 600, &out);
    struct column c;
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_I64, 600, &c, NULL), OK);
    uint64_t step;
    int64_t base;
    EXPECT(column_step(&c, &step, &base));
    EXPECT_EQ(step, 86400000);
    int64_t largest = 0;
    for (int i = 0; i < 600; i++)
        if (case_present(present, (uint32_t)i) && values[i] > largest)
            largest = values[i];
    EXPECT_EQ(base + (int64_t)(step * column_multiple_max(&c)), largest);
    buf_done(&out);
}

TEST(stepped_refuses_no_step_and_an_encoding_it_does_not_know)
{
    // Step 10, base 5, packed of no bits.
    uint8_t bytes[17 + 9] = {10, 0, 0, 0, 0, 0, 0, 0, 5};
    EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, sizeof bytes), COLUMN_I64, 3), OK);
    EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, sizeof bytes), COLUMN_CODES, 3), ERR_CORRUPT);
    EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, sizeof bytes), COLUMN_F64, 3), ERR_CORRUPT);
    for (size_t len = 0; len < sizeof bytes; len++)
        EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, len), COLUMN_I64, 3), ERR_CORRUPT);
    bytes[16] = 3;
    EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, sizeof bytes), COLUMN_I64, 3), ERR_CORRUPT);
    bytes[16] = 0;
    bytes[0] = 1;
    EXPECT_EQ(open_raw(STEPPED, slice_of(bytes, sizeof bytes), COLUMN_I64, 3), ERR_CORRUPT);
}
