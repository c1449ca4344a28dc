// SPDX-License-Identifier: Apache-2.0
#include "kernel/mask.h"

#include "kernel/kernel_private.h"

// --- portable

static uint32_t count_any(const uint64_t *m, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        count += (uint32_t)__builtin_popcountll(m[w]);
    return count;
}

static bool and_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] &= with[w];
    return left != 0;
}

static bool or_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] |= with[w];
    return left != 0;
}

static bool and_not_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] &= ~with[w];
    return left != 0;
}

static uint32_t rows_any(const uint64_t *m, uint32_t n, uint16_t *out)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        for (uint64_t left = m[w]; left; left &= left - 1)
            out[count++] = (uint16_t)(w * 64 + (uint32_t)__builtin_ctzll(left));
    return count;
}

static const struct mask_kernels any = {count_any, and_any, or_any, and_not_any, rows_any};

const struct mask_kernels *mask_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}

// --- the same for all

void mask_not(uint64_t *to, uint32_t n)
{
    for (uint32_t w = 0; w < mask_words(n); w++)
        to[w] = ~to[w] & mask_low(n - w * 64);
}

void mask_fill(uint64_t *to, uint32_t n)
{
    for (uint32_t w = 0; w < mask_words(n); w++)
        to[w] = mask_low(n - w * 64);
}
