// SPDX-License-Identifier: Apache-2.0
#include "kernel/histogram.h"

#include "kernel/kernel_private.h"

// --- portable

static void u8_any(const uint8_t *v, uint32_t n, uint64_t counts[256])
{
    for (uint32_t i = 0; i < n; i++)
        counts[v[i]]++;
}

// Values from the bound on are counted where nobody looks.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define HISTOGRAM_ANY(name, type)                                                 \
    static void name(const type *v, uint32_t n, uint32_t bound, uint64_t *counts) \
    {                                                                             \
        uint64_t passed_over = 0;                                                 \
        bound = bound_below_none((enum width)sizeof *v, bound);                   \
        for (uint32_t i = 0; i < n; i++) {                                        \
            uint64_t *at = v[i] < bound ? &counts[v[i]] : &passed_over;           \
            ++*at;                                                                \
        }                                                                         \
    }
// NOLINTEND(bugprone-macro-parentheses)

HISTOGRAM_ANY(few_u8_any, uint8_t)
HISTOGRAM_ANY(u16_any, uint16_t)
HISTOGRAM_ANY(u32_any, uint32_t)

static const struct histogram_kernels any = {u8_any, few_u8_any, u16_any, u32_any};

const struct histogram_kernels *histogram_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
