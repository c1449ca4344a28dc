// SPDX-License-Identifier: Apache-2.0
#include "kernel/compress.h"

#include "kernel/kernel_private.h"

// --- portable

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define COMPRESS_ANY(name, type)                                                     \
    static uint32_t name(const type *v, const uint64_t *mask, uint32_t n, type *out) \
    {                                                                                \
        uint32_t count = 0;                                                          \
        for (uint32_t w = 0; w < mask_words(n); w++)                                 \
            for (uint64_t left = mask[w]; left; left &= left - 1)                    \
                out[count++] = v[w * 64 + (uint32_t)__builtin_ctzll(left)];          \
        return count;                                                                \
    }
// NOLINTEND(bugprone-macro-parentheses)

COMPRESS_ANY(u8_any, uint8_t)
COMPRESS_ANY(u16_any, uint16_t)
COMPRESS_ANY(u32_any, uint32_t)
COMPRESS_ANY(u64_any, uint64_t)

static const struct compress_kernels any = {u8_any, u16_any, u32_any, u64_any};

const struct compress_kernels *compress_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
