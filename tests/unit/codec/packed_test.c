// SPDX-License-Identifier: Apache-2.0
#include "codec/bitpack.h"
#include "column_cases.h"

TEST(packed_holds_small_ranges_anywhere)
{
    static const int64_t bases[] = {0, -500, INT64_MIN, INT64_MAX - 1000, 1700000000000};
    uint64_t random = 3;
    static int64_t values[8192];
    for (size_t b = 0; b < sizeof bases / sizeof bases[0]; b++) {
        for (int i = 0; i < 8192; i++)
            values[i] = bases[b] + (int64_t)(next_random(&random) % 1000);
        size_t bytes;
        EXPECT(strcmp(i64_round_trip(values, NULL, 8192, &bytes), "packed") == 0);
        EXPECT_EQ(bytes, 2 + 9 + 8192 * 10 / 8);
    }
}

TEST(packed_holds_codes_up_to_the_last_one)
{
    uint32_t codes[777];
    uint64_t random = 4;
    for (unsigned width = 1; width <= 32; width++) {
        uint32_t mask = (uint32_t)(((uint64_t)1 << width) - 1);
        for (int i = 0; i < 777; i++)
            codes[i] = (uint32_t)next_random(&random) & mask;
        for (int i = 0; i < 777; i++)
            codes[i] -= codes[i] == COLUMN_NO_CODE;
        codes[5] = mask - 1;
        size_t bytes;
        EXPECT(strcmp(codes_round_trip(codes, 777, &bytes), "packed") == 0 || width == 1);
    }
}

TEST(packed_refuses_codes_of_more_than_32_bits)
{
    uint8_t wide[9 + 64 * 33];
    memset(wide, 0, sizeof wide);
    wide[8] = 33;
    EXPECT_EQ(open_raw(2, slice_of(wide, 9 + bitpack_bytes(512, 33)), COLUMN_I64, 512), OK);
    EXPECT_EQ(open_raw(2, slice_of(wide, 9 + bitpack_bytes(512, 33)), COLUMN_CODES, 512),
              ERR_CORRUPT);
    wide[8] = 1;
    wide[4] = 1; // base 2^32
    EXPECT_EQ(open_raw(2, slice_of(wide, 9 + 64), COLUMN_CODES, 512), ERR_CORRUPT);
}
