// SPDX-License-Identifier: Apache-2.0
#pragma once

// For each byte, where its set bits are: byte j of set_bits[b] is the number of the j-th bit of
// b that is set, and 0 when it has no so many.  What AVX2 has instead of a compress: look a
// mask's byte up, and shuffle eight values by what is found.

#include <stdint.h>

// What the low half gives, then what the high half gives behind it: `count` bits are in the low.
#define SET_BITS_OF(low, count, high) ((low) | (uint64_t)(high) << 8 * (count))

// All bytes whose high half has its bits (as numbers 4 to 7) in `high`.
#define SET_BITS_16(high)                                                                        \
    SET_BITS_OF(0x0, 0, high), SET_BITS_OF(0x0, 1, high), SET_BITS_OF(0x1, 1, high),             \
        SET_BITS_OF(0x0100, 2, high), SET_BITS_OF(0x2, 1, high), SET_BITS_OF(0x0200, 2, high),   \
        SET_BITS_OF(0x0201, 2, high), SET_BITS_OF(0x020100, 3, high), SET_BITS_OF(0x3, 1, high), \
        SET_BITS_OF(0x0300, 2, high), SET_BITS_OF(0x0301, 2, high),                              \
        SET_BITS_OF(0x030100, 3, high), SET_BITS_OF(0x0302, 2, high),                            \
        SET_BITS_OF(0x030200, 3, high), SET_BITS_OF(0x030201, 3, high),                          \
        SET_BITS_OF(0x03020100, 4, high)

static const uint64_t set_bits[256] = {
    SET_BITS_16(0x0),    SET_BITS_16(0x4),      SET_BITS_16(0x5),      SET_BITS_16(0x0504),
    SET_BITS_16(0x6),    SET_BITS_16(0x0604),   SET_BITS_16(0x0605),   SET_BITS_16(0x060504),
    SET_BITS_16(0x7),    SET_BITS_16(0x0704),   SET_BITS_16(0x0705),   SET_BITS_16(0x070504),
    SET_BITS_16(0x0706), SET_BITS_16(0x070604), SET_BITS_16(0x070605), SET_BITS_16(0x07060504),
};
