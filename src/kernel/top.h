// SPDX-License-Identifier: Apache-2.0
#pragma once

// The k largest of many counts: a heap of the best so far, and a scan for what beats its
// least, which few do.

#include "base/simd.h"

#include <stdint.h>

struct top_kernels {
    uint32_t (*u64)(const uint64_t *counts, uint32_t n, uint32_t k, uint32_t *out_index);
};

const struct top_kernels *top_kernels(enum simd simd);

// Where the k largest are, largest first; of equal ones the smaller index first.  How many:
// k, or n when that is less.  Counts of 0 are counts.  `out_index` has room for that many.
static inline uint32_t top_u64(const uint64_t *counts, uint32_t n, uint32_t k, uint32_t *out_index)
{
    return top_kernels(simd_best())->u64(counts, n, k, out_index);
}
