// SPDX-License-Identifier: Apache-2.0
#include "codec/bitpack.h"
#include "column_cases.h"

// Runs of 1 to `longest` rows.
static void fill_runs(uint32_t *codes, uint32_t count, uint32_t longest, uint32_t kinds)
{
    uint64_t random = longest;
    for (uint32_t i = 0; i < count;) {
        uint32_t code = (uint32_t)(next_random(&random) % kinds);
        for (uint32_t left = 1 + (uint32_t)(next_random(&random) % longest); left > 0; left--)
            if (i < count)
                codes[i++] = code;
    }
}

TEST(runs_hold_codes_that_repeat)
{
    static uint32_t codes[8192];
    static const uint32_t counts[] = {8192, 8191, 4097, 600};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        fill_runs(codes, counts[c], 100, 1000);
        size_t bytes;
        EXPECT(strcmp(codes_round_trip(codes, counts[c], &bytes), "runs") == 0);
        EXPECT(bytes < counts[c] / 5);
    }
}

TEST(runs_hold_numbers_with_gaps)
{
    static uint32_t codes[8192];
    static int64_t values[8192];
    static double reals[8192];
    static uint64_t present[128];
    fill_runs(codes, 8192, 300, 1 << 20);
    for (uint32_t i = 0; i < 8192; i++) {
        values[i] = (int64_t)codes[i] * codes[i] - (1 << 30);
        reals[i] = 1 / (codes[i] + 1.);
        present[i / 64] |= (uint64_t)(i % 6 != 0) << i % 64;
    }
    size_t bytes;
    EXPECT(strcmp(i64_round_trip(values, present, 8192, &bytes), "runs") == 0);
    EXPECT(strcmp(f64_round_trip(reals, present, 8192, &bytes), "runs") == 0);
}

TEST(runs_are_left_where_they_are_many)
{
    static uint32_t codes[8192];
    fill_runs(codes, 8192, 3, 50);
    size_t bytes;
    EXPECT(strcmp(codes_round_trip(codes, 8192, &bytes), "packed") == 0);
}

enum { RUNS = 5 };

static enum err open_runs(const uint8_t *bytes, size_t len, uint32_t count)
{
    return open_raw(RUNS, slice_of(bytes, len), COLUMN_CODES, count);
}

TEST(runs_refuse_ends_out_of_order_or_past_the_rows)
{
    // Three runs that end at 10, 20 and 300; values of no bits.
    uint8_t bytes[] = {3, 0, 10, 0, 20, 0, 44, 1, 7, 0, 0, 0, 0, 0, 0, 0, 0};
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 300), OK);
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 299), ERR_CORRUPT);
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 301), ERR_CORRUPT);
    for (size_t len = 0; len < sizeof bytes; len++)
        EXPECT_EQ(open_runs(bytes, len, 300), ERR_CORRUPT);
    bytes[4] = 10;
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 300), ERR_CORRUPT);
    bytes[4] = 9;
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 300), ERR_CORRUPT);
    bytes[4] = 20;
    bytes[12] = 1; // a code of more than 32 bits
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 300), ERR_CORRUPT);
    bytes[12] = 0;
    bytes[0] = 0;
    EXPECT_EQ(open_runs(bytes, sizeof bytes, 300), ERR_CORRUPT);
}

TEST(runs_are_given_as_they_are_of_codes_that_no_row_lacks)
{
    static uint32_t codes[8192];
    static uint8_t run_codes[COLUMN_RUNS_MAX];
    static uint16_t ends[COLUMN_RUNS_MAX];
    fill_runs(codes, 8000, 40, 200);
    struct buf out = buf_init(1 << 20);
    column_encode_codes(codes, 8000, &out);
    struct column c;
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_CODES, 8000, &c, NULL), OK);
    uint32_t count = column_code_runs_u8(&c, run_codes, ends);
    EXPECT(count > 100);
    uint32_t row = 0;
    for (uint32_t run = 0; run < count; run++)
        for (; row < ends[run]; row++)
            EXPECT_EQ(run_codes[run], codes[row]);
    EXPECT_EQ(row, 8000);
    buf_reset(&out);
    for (uint32_t i = 0; i < 8000; i += 50)
        codes[i] = COLUMN_NO_CODE;
    column_encode_codes(codes, 8000, &out);
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_CODES, 8000, &c, NULL), OK);
    EXPECT_EQ(column_code_runs_u8(&c, run_codes, ends), 0); // some have none
    buf_reset(&out);
    for (uint32_t i = 0; i < 8000; i++)
        codes[i] = i % 199;
    column_encode_codes(codes, 8000, &out);
    EXPECT_EQ(column_open(buf_slice(&out), COLUMN_CODES, 8000, &c, NULL), OK);
    EXPECT_EQ(column_code_runs_u8(&c, run_codes, ends), 0); // no runs
    buf_done(&out);
}
