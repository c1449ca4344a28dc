// SPDX-License-Identifier: Apache-2.0
#pragma once

// Counting by very many values, a byte each.
//
// A million counters of eight bytes lie far from the processor; of one byte they lie in the cache
// of a core.  A byte that comes to 256 starts at 0 again and is written down as a carry, so that
// value v has been there bytes[v] + 256 * (how often v is among the carries) times.  Few rows
// carry: one in 256 at most.

#include "base/simd.h"

#include <stdint.h>

enum { TALLY_CARRY = 256 };

struct tally_kernels {
    uint32_t (*u32)(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                    uint32_t *carries);
    uint32_t (*add)(const uint8_t *from, uint32_t bound, uint8_t *bytes, uint32_t *carries);
    uint64_t (*sum)(const uint8_t *bytes, uint32_t bound);
};

const struct tally_kernels *tally_kernels(enum simd simd);

// One more for each value; those from `bound` on, none among them, are passed over without a
// branch.  Values that carried go to `carries`, which has room for n + 1; how many is given back.
static inline uint32_t tally_u32(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                                 uint32_t *carries)
{
    return tally_kernels(simd_best())->u32(v, n, bound, bytes, carries);
}

// bytes[v] += from[v] for every v below `bound`, with carries as above (room for bound).
static inline uint32_t tally_add(const uint8_t *from, uint32_t bound, uint8_t *bytes,
                                 uint32_t *carries)
{
    return tally_kernels(simd_best())->add(from, bound, bytes, carries);
}

static inline uint64_t tally_sum(const uint8_t *bytes, uint32_t bound)
{
    return tally_kernels(simd_best())->sum(bytes, bound);
}
