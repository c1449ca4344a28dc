// SPDX-License-Identifier: Apache-2.0
#pragma once

// Masks: a bit for each of n rows, row i at bit i % 64 of word i / 64.  A mask has
// mask_words(n) words, and its bits past n are 0: all kernels keep that and rely on it.
// Words after those are neither read nor written.

#include "base/simd.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One set of these for each level; see README.md.
struct mask_kernels {
    uint32_t (*count)(const uint64_t *m, uint32_t n);
    bool (*and)(uint64_t *to, const uint64_t *with, uint32_t n);
    bool (* or)(uint64_t *to, const uint64_t *with, uint32_t n);
    bool (*and_not)(uint64_t *to, const uint64_t *with, uint32_t n);
    uint32_t (*rows)(const uint64_t *m, uint32_t n, uint16_t *out);
    bool (*spread)(const uint64_t *held, const uint64_t *places, uint32_t n, uint64_t *out);
};

const struct mask_kernels *mask_kernels(enum simd simd);

static inline uint32_t mask_words(uint32_t n)
{
    return n / 64 + (n % 64 != 0);
}

// The first n bits of a word; n is 0 to 64.
static inline uint64_t mask_low(uint32_t n)
{
    return n >= 64 ? UINT64_MAX : ((uint64_t)1 << n) - 1;
}

static inline bool mask_has(const uint64_t *m, uint32_t row)
{
    return m[row / 64] >> row % 64 & 1;
}

static inline uint32_t mask_count(const uint64_t *m, uint32_t n)
{
    return mask_kernels(simd_best())->count(m, n);
}

// These say whether any bit is left in `to`.
static inline bool mask_and(uint64_t *to, const uint64_t *with, uint32_t n)
{
    return mask_kernels(simd_best())->and (to, with, n);
}

static inline bool mask_or(uint64_t *to, const uint64_t *with, uint32_t n)
{
    return mask_kernels(simd_best())->or (to, with, n);
}

// to &= ~with
static inline bool mask_and_not(uint64_t *to, const uint64_t *with, uint32_t n)
{
    return mask_kernels(simd_best())->and_not(to, with, n);
}

void mask_not(uint64_t *to, uint32_t n);
void mask_fill(uint64_t *to, uint32_t n); // all n bits set

// `held` has a bit for each place that is set in `places`, one after the other: puts each at its
// place in `out`, which may be `places`.  Says whether any is set.
static inline bool mask_spread(const uint64_t *held, const uint64_t *places, uint32_t n,
                               uint64_t *out)
{
    return mask_kernels(simd_best())->spread(held, places, n, out);
}

// The numbers of the rows whose bit is set, ascending; how many.  n is up to 65536.  `out`
// has room for them and for 64 bytes more, which may be written.
static inline uint32_t mask_rows(const uint64_t *m, uint32_t n, uint16_t *out)
{
    return mask_kernels(simd_best())->rows(m, n, out);
}
