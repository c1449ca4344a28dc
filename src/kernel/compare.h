// SPDX-License-Identifier: Apache-2.0
#pragma once

// From values to a mask: which rows lie in a range, or have a code of a set.  Equality is
// the range from a value to itself.  `out` is a whole new mask of n rows (mask.h).  None is
// just the largest code here: a range that ends before it leaves it out.

#include "base/simd.h"

#include <stdint.h>

struct compare_kernels {
    void (*range_u8)(const uint8_t *v, uint32_t n, uint8_t lo, uint8_t hi, uint64_t *out);
    void (*range_u16)(const uint16_t *v, uint32_t n, uint16_t lo, uint16_t hi, uint64_t *out);
    void (*range_u32)(const uint32_t *v, uint32_t n, uint32_t lo, uint32_t hi, uint64_t *out);
    void (*range_i64)(const int64_t *v, uint32_t n, int64_t lo, int64_t hi, uint64_t *out);
    void (*range_f64)(const double *v, uint32_t n, double lo, double hi, uint64_t *out);
    void (*set_u8)(const uint8_t *v, uint32_t n, const uint64_t set[4], uint64_t *out);
    void (*set_u16)(const uint16_t *v, uint32_t n, const uint64_t *set, uint64_t *out);
    void (*set_u32)(const uint32_t *v, uint32_t n, const uint64_t *set, uint32_t limit,
                    uint64_t *out);
};

const struct compare_kernels *compare_kernels(enum simd simd);

// lo <= v <= hi; no row when hi < lo.  Not-a-number is in no range.
static inline void compare_range_u8(const uint8_t *v, uint32_t n, uint8_t lo, uint8_t hi,
                                    uint64_t *out)
{
    compare_kernels(simd_best())->range_u8(v, n, lo, hi, out);
}

static inline void compare_range_u16(const uint16_t *v, uint32_t n, uint16_t lo, uint16_t hi,
                                     uint64_t *out)
{
    compare_kernels(simd_best())->range_u16(v, n, lo, hi, out);
}

static inline void compare_range_u32(const uint32_t *v, uint32_t n, uint32_t lo, uint32_t hi,
                                     uint64_t *out)
{
    compare_kernels(simd_best())->range_u32(v, n, lo, hi, out);
}

static inline void compare_range_i64(const int64_t *v, uint32_t n, int64_t lo, int64_t hi,
                                     uint64_t *out)
{
    compare_kernels(simd_best())->range_i64(v, n, lo, hi, out);
}

static inline void compare_range_f64(const double *v, uint32_t n, double lo, double hi,
                                     uint64_t *out)
{
    compare_kernels(simd_best())->range_f64(v, n, lo, hi, out);
}

// Bit v of `set`: 256 bits, and 65536 bits.  A set that does not hold none leaves its bit 0.
static inline void compare_set_u8(const uint8_t *v, uint32_t n, const uint64_t set[4],
                                  uint64_t *out)
{
    compare_kernels(simd_best())->set_u8(v, n, set, out);
}

static inline void compare_set_u16(const uint16_t *v, uint32_t n, const uint64_t *set,
                                   uint64_t *out)
{
    compare_kernels(simd_best())->set_u16(v, n, set, out);
}

// `set` has `limit` bits; larger codes are not in it.
static inline void compare_set_u32(const uint32_t *v, uint32_t n, const uint64_t *set,
                                   uint32_t limit, uint64_t *out)
{
    compare_kernels(simd_best())->set_u32(v, n, set, limit, out);
}
