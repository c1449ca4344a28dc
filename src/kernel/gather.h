// SPDX-License-Identifier: Apache-2.0
#pragma once

// Looks codes up in a table: from a segment's code to the merged dictionary's, from a
// device to its model.  out[i] = table[index[i]], and none where index[i] >= table_len, which
// an index of none is.  `out` does not overlap the rest.

#include "base/simd.h"
#include "kernel/width.h"

#include <stdint.h>

struct gather_kernels {
    void (*u8)(const uint8_t *table, uint32_t table_len, struct codes index, uint32_t n,
               uint8_t *out);
    void (*u16)(const uint16_t *table, uint32_t table_len, struct codes index, uint32_t n,
                uint16_t *out);
    void (*u32)(const uint32_t *table, uint32_t table_len, struct codes index, uint32_t n,
                uint32_t *out);
};

const struct gather_kernels *gather_kernels(enum simd simd);

// By indices of any width.
static inline void gather_u8_by(const uint8_t *table, uint32_t table_len, struct codes index,
                                uint32_t n, uint8_t *out)
{
    gather_kernels(simd_best())->u8(table, table_len, index, n, out);
}

static inline void gather_u16_by(const uint16_t *table, uint32_t table_len, struct codes index,
                                 uint32_t n, uint16_t *out)
{
    gather_kernels(simd_best())->u16(table, table_len, index, n, out);
}

static inline void gather_u32_by(const uint32_t *table, uint32_t table_len, struct codes index,
                                 uint32_t n, uint32_t *out)
{
    gather_kernels(simd_best())->u32(table, table_len, index, n, out);
}

// By the usual indices.
static inline void gather_u8(const uint8_t *table, uint32_t table_len, const uint32_t *index,
                             uint32_t n, uint8_t *out)
{
    gather_u8_by(table, table_len, (struct codes){WIDTH_U32, index}, n, out);
}

static inline void gather_u16(const uint16_t *table, uint32_t table_len, const uint32_t *index,
                              uint32_t n, uint16_t *out)
{
    gather_u16_by(table, table_len, (struct codes){WIDTH_U32, index}, n, out);
}

static inline void gather_u32(const uint32_t *table, uint32_t table_len, const uint32_t *index,
                              uint32_t n, uint32_t *out)
{
    gather_u32_by(table, table_len, (struct codes){WIDTH_U32, index}, n, out);
}
