// SPDX-License-Identifier: Apache-2.0
#pragma once

// Running sums, for columns that are kept as steps from value to value.  Pure.

#include "base/simd.h"

#include <stdint.h>

// at[i] = start + at[0] + ... + at[i], modulo 2^32.
void prefix_sum_u32(uint32_t *at, uint32_t count, uint32_t start);
// By a kernel of one's choice, which the processor must have: for tests.
void prefix_sum_u32_by(enum simd simd, uint32_t *at, uint32_t count, uint32_t start);

// out[i] = start + at[0] + ... + at[i], where the sums without `start` fit 32 bits.
void prefix_sum_i64(const int32_t *at, uint32_t count, int64_t start, int64_t *out);
void prefix_sum_i64_by(enum simd simd, const int32_t *at, uint32_t count, int64_t start,
                       int64_t *out);
