// SPDX-License-Identifier: Apache-2.0
#pragma once

// Buckets of one length, over numbers in any order: which of them holds each value.

#include "base/simd.h"
#include "kernel/width.h"

#include <stdint.h>

struct even_buckets {
    int64_t start;     // of the first
    uint64_t interval; // of each, 1 at least
    uint32_t count;    // 1 at least
};

struct even_kernels {
    void (*ordinals_i64)(const int64_t *v, uint32_t n, const struct even_buckets *b,
                         enum width out_width, void *out);
};

const struct even_kernels *even_kernels(enum simd simd);

// out = (v - start) / interval; none before the first bucket and behind the last.  The caller
// sees to it that count - 1 fits `out_width` beside none.
static inline void even_ordinals_i64(const int64_t *v, uint32_t n, const struct even_buckets *b,
                                     enum width out_width, void *out)
{
    even_kernels(simd_best())->ordinals_i64(v, n, b, out_width, out);
}
