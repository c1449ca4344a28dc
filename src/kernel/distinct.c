// SPDX-License-Identifier: Apache-2.0
#include "kernel/distinct.h"

#include "kernel/kernel_private.h"

// --- portable

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define SET_ANY(name, type)                                                         \
    static void name(const type *codes, uint32_t n, uint32_t bound, uint64_t *bits) \
    {                                                                               \
        uint64_t passed_over = 0;                                                   \
        bound = bound_below_none((enum width)sizeof *codes, bound);                 \
        for (uint32_t i = 0; i < n; i++) {                                          \
            uint32_t x = codes[i];                                                  \
            uint64_t *word = bits + x / 64;                                         \
            word = below(x, bound, word, &passed_over);                             \
            *word |= (uint64_t)1 << x % 64;                                         \
        }                                                                           \
    }
// NOLINTEND(bugprone-macro-parentheses)

SET_ANY(set_u8, uint8_t)
SET_ANY(set_u16, uint16_t)
SET_ANY(set_u32, uint32_t)

static uint64_t count_any(const uint64_t *bits, size_t words)
{
    uint64_t count = 0;
    for (size_t w = 0; w < words; w++)
        count += (uint64_t)__builtin_popcountll(bits[w]);
    return count;
}

INLINE void pairs_of(enum width width, const struct codes *ords, const uint32_t *codes, uint32_t n,
                     const uint32_t bounds[2], uint64_t *bits)
{
    size_t words = distinct_words(bounds[1]);
    uint64_t passed_over = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ord = raw_at(width, ords->at, i);
        bool is_in = (ord < bounds[0]) & (codes[i] < bounds[1]);
        uint64_t *at = is_in ? &bits[ord * words + codes[i] / 64] : &passed_over;
        *at |= (uint64_t)1 << codes[i] % 64;
    }
}

static void pairs(struct codes ords, const uint32_t *codes, uint32_t n, uint32_t ord_bound,
                  uint32_t code_bound, uint64_t *bits)
{
    uint32_t bounds[2] = {bound_below_none(ords.width, ord_bound),
                          bound_below_none(WIDTH_U32, code_bound)};
    FOR_WIDTH(ords.width, pairs_of, &ords, codes, n, bounds, bits);
}

static const struct distinct_kernels any = {set_u8, set_u16, set_u32, count_any, pairs};

const struct distinct_kernels *distinct_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
