// SPDX-License-Identifier: Apache-2.0
#pragma once

// Sum, smallest and largest per bucket: row i belongs to the bucket of ordinal ords[i].  Rows
// whose ordinal is none or at least `bound` are passed over.  The arrays have an element for
// each ordinal below `bound`, are added to, and start as sums of 0, as mins of the type's
// largest value and as maxs of its smallest (infinity and -infinity for doubles).
//
// Sums of integers are exact: 64 bits hold 2^32 values of 32 bits, and 128 bits hold 2^64 of
// 64 bits.  Doubles are added in the order of rows.  Not-a-number makes a sum one, and is
// neither smallest nor largest.

#include "base/simd.h"
#include "kernel/width.h"

#include <stdint.h>

struct group_kernels {
    void (*sum_u16)(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                    uint64_t *sums);
    void (*sum_u32)(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                    uint64_t *sums);
    void (*sum_i64)(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound,
                    __int128 *sums);
    void (*sum_f64)(struct codes ords, const double *v, uint32_t n, uint32_t bound, double *sums);
    // How many and their sum at once, for ordinals of a byte.
    void (*tally_u16)(const uint8_t *ords, const uint16_t *v, uint32_t n, uint32_t bound,
                      uint64_t *counts, uint64_t *sums);
    void (*tally_u32)(const uint8_t *ords, const uint32_t *v, uint32_t n, uint32_t bound,
                      uint64_t *counts, uint64_t *sums);
    void (*min_u16)(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                    uint16_t *mins);
    void (*min_u32)(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                    uint32_t *mins);
    void (*min_i64)(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound, int64_t *mins);
    void (*min_f64)(struct codes ords, const double *v, uint32_t n, uint32_t bound, double *mins);
    void (*max_u16)(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                    uint16_t *maxs);
    void (*max_u32)(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                    uint32_t *maxs);
    void (*max_i64)(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound, int64_t *maxs);
    void (*max_f64)(struct codes ords, const double *v, uint32_t n, uint32_t bound, double *maxs);
};

const struct group_kernels *group_kernels(enum simd simd);

static inline void group_sum_u16(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                                 uint64_t *sums)
{
    group_kernels(simd_best())->sum_u16(ords, v, n, bound, sums);
}

static inline void group_sum_u32(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                                 uint64_t *sums)
{
    group_kernels(simd_best())->sum_u32(ords, v, n, bound, sums);
}

static inline void group_sum_i64(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound,
                                 __int128 *sums)
{
    group_kernels(simd_best())->sum_i64(ords, v, n, bound, sums);
}

static inline void group_sum_f64(struct codes ords, const double *v, uint32_t n, uint32_t bound,
                                 double *sums)
{
    group_kernels(simd_best())->sum_f64(ords, v, n, bound, sums);
}

static inline void group_tally_u16(const uint8_t *ords, const uint16_t *v, uint32_t n,
                                   uint32_t bound, uint64_t *counts, uint64_t *sums)
{
    group_kernels(simd_best())->tally_u16(ords, v, n, bound, counts, sums);
}

static inline void group_tally_u32(const uint8_t *ords, const uint32_t *v, uint32_t n,
                                   uint32_t bound, uint64_t *counts, uint64_t *sums)
{
    group_kernels(simd_best())->tally_u32(ords, v, n, bound, counts, sums);
}

static inline void group_min_u16(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                                 uint16_t *mins)
{
    group_kernels(simd_best())->min_u16(ords, v, n, bound, mins);
}

static inline void group_min_u32(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                                 uint32_t *mins)
{
    group_kernels(simd_best())->min_u32(ords, v, n, bound, mins);
}

static inline void group_min_i64(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound,
                                 int64_t *mins)
{
    group_kernels(simd_best())->min_i64(ords, v, n, bound, mins);
}

static inline void group_min_f64(struct codes ords, const double *v, uint32_t n, uint32_t bound,
                                 double *mins)
{
    group_kernels(simd_best())->min_f64(ords, v, n, bound, mins);
}

static inline void group_max_u16(struct codes ords, const uint16_t *v, uint32_t n, uint32_t bound,
                                 uint16_t *maxs)
{
    group_kernels(simd_best())->max_u16(ords, v, n, bound, maxs);
}

static inline void group_max_u32(struct codes ords, const uint32_t *v, uint32_t n, uint32_t bound,
                                 uint32_t *maxs)
{
    group_kernels(simd_best())->max_u32(ords, v, n, bound, maxs);
}

static inline void group_max_i64(struct codes ords, const int64_t *v, uint32_t n, uint32_t bound,
                                 int64_t *maxs)
{
    group_kernels(simd_best())->max_i64(ords, v, n, bound, maxs);
}

static inline void group_max_f64(struct codes ords, const double *v, uint32_t n, uint32_t bound,
                                 double *maxs)
{
    group_kernels(simd_best())->max_f64(ords, v, n, bound, maxs);
}
