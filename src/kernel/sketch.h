// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counting for percentiles: how often each value is there in each bucket, so that the answer
// is exact.  counts[ord * value_bound + v] += 1; rows whose ordinal or value is not below its
// bound are passed over.  ord_bound * value_bound is at most 2^32.  A count stops being right
// after 2^32 rows.

#include "base/simd.h"
#include "kernel/width.h"

#include <stdint.h>

struct sketch_kernels {
    void (*count_pairs_u16)(struct codes ords, const uint16_t *v, uint32_t n, uint32_t ord_bound,
                            uint32_t value_bound, uint32_t *counts);
};

const struct sketch_kernels *sketch_kernels(enum simd simd);

static inline void count_pairs_u16(struct codes ords, const uint16_t *v, uint32_t n,
                                   uint32_t ord_bound, uint32_t value_bound, uint32_t *counts)
{
    sketch_kernels(simd_best())->count_pairs_u16(ords, v, n, ord_bound, value_bound, counts);
}
