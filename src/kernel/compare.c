// SPDX-License-Identifier: Apache-2.0
#include "kernel/compare.h"

#include "kernel/kernel_private.h"

// --- portable

// A word of bits at a time: bit j is `rule` of row i = 64 * w + j.
#define EACH_BIT(n, out, rule)                               \
    for (uint32_t w = 0; w < mask_words(n); w++) {           \
        uint64_t word = 0;                                   \
        uint32_t rows = (n)-w * 64 < 64 ? (n)-w * 64 : 64;   \
        for (uint32_t j = 0, i = w * 64; j < rows; j++, i++) \
            word |= (uint64_t)(rule) << j;                   \
        (out)[w] = word;                                     \
    }

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define RANGE_ANY(name, type)                                                    \
    static void name(const type *v, uint32_t n, type lo, type hi, uint64_t *out) \
    {                                                                            \
        EACH_BIT(n, out, (v[i] >= lo) & (v[i] <= hi))                            \
    }
// NOLINTEND(bugprone-macro-parentheses)

RANGE_ANY(range_u8_any, uint8_t)
RANGE_ANY(range_u16_any, uint16_t)
RANGE_ANY(range_u32_any, uint32_t)
RANGE_ANY(range_i64_any, int64_t)
RANGE_ANY(range_f64_any, double)

static void set_u8_any(const uint8_t *v, uint32_t n, const uint64_t set[4], uint64_t *out)
{
    EACH_BIT(n, out, set[v[i] / 64] >> v[i] % 64 & 1)
}

static void set_u16_any(const uint16_t *v, uint32_t n, const uint64_t *set, uint64_t *out)
{
    EACH_BIT(n, out, set[v[i] / 64] >> v[i] % 64 & 1)
}

static void set_u32_any(const uint32_t *v, uint32_t n, const uint64_t *set, uint32_t limit,
                        uint64_t *out)
{
    if (limit == 0) {
        memset(out, 0, mask_words(n) * sizeof *out);
        return;
    }
    EACH_BIT(n, out, (v[i] < limit) & set[v[i] < limit ? v[i] / 64 : 0] >> v[i] % 64)
}

static const struct compare_kernels any = {
    .range_u8 = range_u8_any,
    .range_u16 = range_u16_any,
    .range_u32 = range_u32_any,
    .range_i64 = range_i64_any,
    .range_f64 = range_f64_any,
    .set_u8 = set_u8_any,
    .set_u16 = set_u16_any,
    .set_u32 = set_u32_any,
};

const struct compare_kernels *compare_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
