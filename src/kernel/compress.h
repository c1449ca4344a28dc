// SPDX-License-Identifier: Apache-2.0
#pragma once

// Keeps the values whose bit is set in a mask (mask.h), in order, and says how many.  `out`
// has room for them and for 64 bytes more, which may be written; it does not overlap `v`.

#include "base/simd.h"

#include <stdint.h>

struct compress_kernels {
    uint32_t (*u8)(const uint8_t *v, const uint64_t *mask, uint32_t n, uint8_t *out);
    uint32_t (*u16)(const uint16_t *v, const uint64_t *mask, uint32_t n, uint16_t *out);
    uint32_t (*u32)(const uint32_t *v, const uint64_t *mask, uint32_t n, uint32_t *out);
    uint32_t (*u64)(const uint64_t *v, const uint64_t *mask, uint32_t n, uint64_t *out);
};

const struct compress_kernels *compress_kernels(enum simd simd);

static inline uint32_t compress_u8(const uint8_t *v, const uint64_t *mask, uint32_t n, uint8_t *out)
{
    return compress_kernels(simd_best())->u8(v, mask, n, out);
}

static inline uint32_t compress_u16(const uint16_t *v, const uint64_t *mask, uint32_t n,
                                    uint16_t *out)
{
    return compress_kernels(simd_best())->u16(v, mask, n, out);
}

static inline uint32_t compress_u32(const uint32_t *v, const uint64_t *mask, uint32_t n,
                                    uint32_t *out)
{
    return compress_kernels(simd_best())->u32(v, mask, n, out);
}

static inline uint32_t compress_u64(const uint64_t *v, const uint64_t *mask, uint32_t n,
                                    uint64_t *out)
{
    return compress_kernels(simd_best())->u64(v, mask, n, out);
}
