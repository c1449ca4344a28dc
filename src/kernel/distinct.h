// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which codes are there: a bit each, so that counting different values is exact.  Codes from
// the bound on, none among them, are passed over.  Bits already set stay.

#include "base/simd.h"
#include "kernel/width.h"

#include <stddef.h>
#include <stdint.h>

struct distinct_kernels {
    void (*set_u8)(const uint8_t *codes, uint32_t n, uint32_t bound, uint64_t *bits);
    void (*set_u16)(const uint16_t *codes, uint32_t n, uint32_t bound, uint64_t *bits);
    void (*set_u32)(const uint32_t *codes, uint32_t n, uint32_t bound, uint64_t *bits);
    uint64_t (*count)(const uint64_t *bits, size_t words);
    void (*pairs)(struct codes ords, const uint32_t *codes, uint32_t n, uint32_t ord_bound,
                  uint32_t code_bound, uint64_t *bits);
};

const struct distinct_kernels *distinct_kernels(enum simd simd);

// Words that a set of codes below `bound` has.
static inline size_t distinct_words(uint32_t bound)
{
    return bound / 64 + (size_t)(bound % 64 != 0);
}

static inline void distinct_set_u8(const uint8_t *codes, uint32_t n, uint32_t bound, uint64_t *bits)
{
    distinct_kernels(simd_best())->set_u8(codes, n, bound, bits);
}

static inline void distinct_set_u16(const uint16_t *codes, uint32_t n, uint32_t bound,
                                    uint64_t *bits)
{
    distinct_kernels(simd_best())->set_u16(codes, n, bound, bits);
}

static inline void distinct_set_u32(const uint32_t *codes, uint32_t n, uint32_t bound,
                                    uint64_t *bits)
{
    distinct_kernels(simd_best())->set_u32(codes, n, bound, bits);
}

static inline uint64_t distinct_count(const uint64_t *bits, size_t words)
{
    return distinct_kernels(simd_best())->count(bits, words);
}

// A set for each ordinal below ord_bound, one after the other, distinct_words(code_bound) words
// each.  Other ordinals are passed over.
static inline void distinct_pairs(struct codes ords, const uint32_t *codes, uint32_t n,
                                  uint32_t ord_bound, uint32_t code_bound, uint64_t *bits)
{
    distinct_kernels(simd_best())->pairs(ords, codes, n, ord_bound, code_bound, bits);
}
