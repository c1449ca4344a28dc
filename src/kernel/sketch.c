// SPDX-License-Identifier: Apache-2.0
#include "kernel/sketch.h"

#include "kernel/kernel_private.h"

INLINE void count_pairs_of(enum width width, const void *ords, const uint16_t *v, uint32_t n,
                           const uint32_t bounds[2], uint32_t *counts)
{
    uint32_t passed_over = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ord = raw_at(width, ords, i);
        bool is_in = (ord < bounds[0]) & (v[i] < bounds[1]);
        uint32_t *at = is_in ? &counts[(size_t)ord * bounds[1] + v[i]] : &passed_over;
        ++*at;
    }
}

static void count_pairs(struct codes ords, const uint16_t *v, uint32_t n, uint32_t ord_bound,
                        uint32_t value_bound, uint32_t *counts)
{
    uint32_t bounds[2] = {bound_below_none(ords.width, ord_bound), value_bound};
    FOR_WIDTH(ords.width, count_pairs_of, ords.at, v, n, bounds, counts);
}

static const struct sketch_kernels any = {count_pairs};

const struct sketch_kernels *sketch_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
