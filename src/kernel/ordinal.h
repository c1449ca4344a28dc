// SPDX-License-Identifier: Apache-2.0
#pragma once

// Ordinals, the numbers of buckets: made from a parent's ordinals and codes, and from
// bounds of intervals.  None stays none everywhere.  The caller sees to it
// that what comes out fits `out_width` beside none; an `out` may lie on one of the inputs
// when their widths are the same, and does not overlap them otherwise.

#include "base/simd.h"
#include "kernel/width.h"

#include <stdint.h>

struct ordinal_kernels {
    void (*join)(struct codes parents, uint32_t code_bound, struct codes codes, uint32_t n,
                 enum width out_width, void *out);
    void (*widen)(struct codes from, uint32_t n, enum width to_width, void *out);
    void (*mask)(enum width width, void *ords, const uint64_t *mask, uint32_t n);
    void (*bounds_i64)(const int64_t *v, uint32_t n, const int64_t *bounds, uint32_t bound_count,
                       enum width out_width, void *out);
};

const struct ordinal_kernels *ordinal_kernels(enum simd simd);

// out = parent * code_bound + code, none where either is none.  Codes are below code_bound.
static inline void ordinal_join(struct codes parents, uint32_t code_bound, struct codes codes,
                                uint32_t n, enum width out_width, void *out)
{
    ordinal_kernels(simd_best())->join(parents, code_bound, codes, n, out_width, out);
}

// To another width, wider or (when all fit) narrower.
static inline void ordinal_widen(struct codes from, uint32_t n, enum width to_width, void *out)
{
    ordinal_kernels(simd_best())->widen(from, n, to_width, out);
}

// Rows not in the mask become none.
static inline void ordinal_mask(enum width width, void *ords, const uint64_t *mask, uint32_t n)
{
    ordinal_kernels(simd_best())->mask(width, ords, mask, n);
}

// out = i where bounds[i] <= v < bounds[i + 1]; none before the first bound and from the last
// on.  `bounds` ascend, each once; bound_count is 1 at least.  Made for rows sorted by time, where
// neighbours lie in one interval or two; sound for all.
static inline void ordinal_bounds_i64(const int64_t *v, uint32_t n, const int64_t *bounds,
                                      uint32_t bound_count, enum width out_width, void *out)
{
    ordinal_kernels(simd_best())->bounds_i64(v, n, bounds, bound_count, out_width, out);
}
