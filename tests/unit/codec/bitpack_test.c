// SPDX-License-Identifier: Apache-2.0
#include "codec/bitpack.h"
#include "column_cases.h"

// What every kernel gives is the low bytes of base + value, and nothing behind the last.
static void expect_narrow(const uint64_t *values, const uint8_t *packed, uint32_t count,
                          unsigned width)
{
    uint8_t *u8 = malloc(count);
    uint16_t *u16 = malloc(count * sizeof *u16);
    uint32_t *u32 = malloc(count * sizeof *u32);
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
        bitunpack_u8_by((enum simd)simd, packed, count, width, 0xfffffff5, u8);
        bitunpack_u16_by((enum simd)simd, packed, count, width, 0xfffffff5, u16);
        bitunpack_u32_by((enum simd)simd, packed, count, width, 0xfffffff5, u32);
        for (uint32_t i = 0; i < count; i++) {
            uint64_t want = values[i] + 0xfffffff5;
            EXPECT_EQ(u8[i], (uint8_t)want);
            EXPECT_EQ(u16[i], (uint16_t)want);
            EXPECT_EQ(u32[i], (uint32_t)want);
        }
    }
    free(u8);
    free(u16);
    free(u32);
}

static void expect_round_trip(uint32_t count, unsigned width, uint64_t *random)
{
    uint64_t mask = width == 64 ? UINT64_MAX : ((uint64_t)1 << width) - 1;
    uint64_t *values = malloc(count * sizeof *values);
    uint64_t *got = malloc(count * sizeof *got);
    size_t bytes = bitpack_bytes(count, width);
    uint8_t *packed = malloc(bytes ? bytes : 1);
    for (uint32_t i = 0; i < count; i++)
        values[i] = i % 5 == 0 ? mask : next_random(random) & mask;
    bitpack(values, count, width, packed);
    for (int simd = SIMD_NONE; simd <= (int)simd_best(); simd++) {
        bitunpack_u64_by((enum simd)simd, packed, count, width, UINT64_MAX - 7, got);
        for (uint32_t i = 0; i < count; i++)
            EXPECT_EQ(got[i], values[i] - 8);
    }
    for (uint32_t i = 0; i < count; i++)
        EXPECT_EQ(bitpack_at(packed, count, width, i), values[i]);
    if (width <= 32)
        expect_narrow(values, packed, count, width);
    free(values);
    free(got);
    free(packed);
}

TEST(bitpack_gives_back_every_width_and_count)
{
    static const uint32_t counts[] = {1,   2,   15,  16,  17,   31,   33,   511,
                                      512, 513, 527, 528, 1024, 1999, 8191, 8192};
    uint64_t random = 1;
    for (unsigned width = 0; width <= 64; width++) {
        for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
            expect_round_trip(counts[i], width, &random);
    }
}

TEST(bitpack_takes_width_bits_a_value)
{
    EXPECT_EQ(bitpack_bytes(8192, 0), 0);
    EXPECT_EQ(bitpack_bytes(8192, 1), 1024);
    EXPECT_EQ(bitpack_bytes(8192, 17), 8192 * 17 / 8);
    EXPECT_EQ(bitpack_bytes(8192, 41), 8192 * 41 / 8);
    EXPECT_EQ(bitpack_bytes(1, 1), 64);
}

TEST(bitpack_width_holds_the_largest)
{
    EXPECT_EQ(bitpack_width(0), 0);
    EXPECT_EQ(bitpack_width(1), 1);
    EXPECT_EQ(bitpack_width(255), 8);
    EXPECT_EQ(bitpack_width(256), 9);
    EXPECT_EQ(bitpack_width(UINT64_MAX), 64);
}

// The layout is part of the file format.
TEST(bitpack_lays_neighbours_in_neighbouring_lanes)
{
    uint64_t values[33];
    for (uint32_t i = 0; i < 33; i++)
        values[i] = i + 1;
    uint8_t packed[64];
    EXPECT_EQ(bitpack_bytes(33, 6), sizeof packed);
    bitpack(values, 33, 6, packed);
    // Lane 0 holds values 1, 17 and 33; lane 1 holds 2 and 18.
    uint32_t lane0 = 1 | 17 << 6 | 33 << 12;
    uint32_t lane1 = 2 | 18 << 6;
    EXPECT_EQ(packed[0] | packed[1] << 8 | packed[2] << 16, lane0);
    EXPECT_EQ(packed[4] | packed[5] << 8 | packed[6] << 16, lane1);
}
