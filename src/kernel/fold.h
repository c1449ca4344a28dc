// SPDX-License-Identifier: Apache-2.0
#pragma once

// Count, sum, smallest and largest of the rows of a mask (all rows when it is NULL).  For the
// same per bucket see group.h.
//
// Sums are exact.
//
// What comes out of no row is FOLD_..._NONE, and fold_..._add() of anything and it is that
// thing, so blocks are put together without asking.

#include "base/simd.h"

#include <stdint.h>

struct fold_u32 {
    uint64_t count;
    uint64_t sum;
    uint32_t min; // UINT32_MAX of no row
    uint32_t max; // 0 of no row
};

struct fold_u16 {
    uint64_t count;
    uint64_t sum;
    uint16_t min; // UINT16_MAX of no row
    uint16_t max; // 0 of no row
};

#define FOLD_U32_NONE ((struct fold_u32){.min = UINT32_MAX})
#define FOLD_U16_NONE ((struct fold_u16){.min = UINT16_MAX})

struct fold_kernels {
    void (*u32)(const uint32_t *v, const uint64_t *mask, uint32_t n, struct fold_u32 *out);
    void (*u16)(const uint16_t *v, const uint64_t *mask, uint32_t n, struct fold_u16 *out);
};

const struct fold_kernels *fold_kernels(enum simd simd);

// `*out` is written, not added to.  None is a value here: leave it out by the mask.
static inline void fold_u32(const uint32_t *v, const uint64_t *mask, uint32_t n,
                            struct fold_u32 *out)
{
    fold_kernels(simd_best())->u32(v, mask, n, out);
}

static inline void fold_u16(const uint16_t *v, const uint64_t *mask, uint32_t n,
                            struct fold_u16 *out)
{
    fold_kernels(simd_best())->u16(v, mask, n, out);
}

// Adds what another block gave.
void fold_u32_add(struct fold_u32 *to, const struct fold_u32 *more);
void fold_u16_add(struct fold_u16 *to, const struct fold_u16 *more);
