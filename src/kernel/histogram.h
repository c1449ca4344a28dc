// SPDX-License-Identifier: Apache-2.0
#pragma once

// How often each value is there: counts[v] += 1 for every row.  Values from `bound` on, none
// among them, are passed over without a branch.

#include "base/simd.h"

#include <stdint.h>

struct histogram_kernels {
    void (*u8)(const uint8_t *v, uint32_t n, uint64_t counts[256]);
    void (*few_u8)(const uint8_t *v, uint32_t n, uint32_t bound, uint64_t *counts);
    void (*u16)(const uint16_t *v, uint32_t n, uint32_t bound, uint64_t *counts);
    void (*u32)(const uint32_t *v, uint32_t n, uint32_t bound, uint64_t *counts);
};

const struct histogram_kernels *histogram_kernels(enum simd simd);

// Counts 255, which is none, too: look at counts[0] to counts[254].
static inline void histogram_u8(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    histogram_kernels(simd_best())->u8(v, n, counts);
}

// The same for few different values (bound up to HISTOGRAM_FEW), counted in registers.
enum { HISTOGRAM_FEW = 64 };

static inline void histogram_few_u8(const uint8_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    histogram_kernels(simd_best())->few_u8(v, n, bound, counts);
}

static inline void histogram_u16(const uint16_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    histogram_kernels(simd_best())->u16(v, n, bound, counts);
}

static inline void histogram_u32(const uint32_t *v, uint32_t n, uint32_t bound, uint64_t *counts)
{
    histogram_kernels(simd_best())->u32(v, n, bound, counts);
}
