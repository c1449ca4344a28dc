// SPDX-License-Identifier: Apache-2.0
#include "codec/prefix_sum.h"

#include <string.h>

// A register's values are summed in steps: each value takes the one before it, then the
// sum two before, four before ... and last what all registers before gave.  Only that last
// addition waits for the register before.

static void sum_u32_any(uint32_t *at, uint32_t count, uint32_t start)
{
    for (uint32_t i = 0; i < count; i++)
        at[i] = start += at[i];
}

static void sum_i64_any(const int32_t *at, uint32_t count, int64_t start, int64_t *out)
{
    uint64_t sum = (uint64_t)start;
    for (uint32_t i = 0; i < count; i++) {
        sum += (uint64_t)(int64_t)at[i];
        out[i] = (int64_t)sum;
    }
}

#if defined(__x86_64__)
#define AVX2   __attribute__((target("avx2")))
#define AVX512 __attribute__((target("avx512f,avx512vl")))

typedef uint32_t vector_8 __attribute__((vector_size(32), aligned(4)));
typedef uint32_t vector_16 __attribute__((vector_size(64), aligned(4)));
typedef int32_t steps_8 __attribute__((vector_size(32), aligned(4)));
typedef int64_t sums_8 __attribute__((vector_size(64), aligned(8)));
typedef int32_t steps_4 __attribute__((vector_size(16), aligned(4)));
typedef int64_t sums_4 __attribute__((vector_size(32), aligned(8)));

AVX2 static inline vector_8 running_8(vector_8 v)
{
    vector_8 zero = {0};
    v += __builtin_shufflevector(zero, v, 0, 8, 9, 10, 11, 12, 13, 14);
    v += __builtin_shufflevector(zero, v, 0, 0, 8, 9, 10, 11, 12, 13);
    v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 8, 9, 10, 11);
    return v;
}

AVX512 static inline vector_16 running_16(vector_16 v)
{
    vector_16 zero = {0};
    v += __builtin_shufflevector(zero, v, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29,
                                 30);
    v += __builtin_shufflevector(zero, v, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28,
                                 29);
    v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26,
                                 27);
    v += __builtin_shufflevector(zero, v, 0, 0, 0, 0, 0, 0, 0, 0, 16, 17, 18, 19, 20, 21, 22, 23);
    return v;
}

AVX2 static inline vector_8 last_of_8(vector_8 v)
{
    return __builtin_shufflevector(v, v, 7, 7, 7, 7, 7, 7, 7, 7);
}

AVX512 static inline vector_16 last_of_16(vector_16 v)
{
    return __builtin_shufflevector(v, v, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15, 15,
                                   15);
}

AVX2 static uint32_t sum_u32_avx2(uint32_t *at, uint32_t count, uint32_t start)
{
    vector_8 before = (vector_8){0} + start;
    uint32_t i = 0;
    for (; count - i >= 8; i += 8) {
        vector_8 v;
        memcpy(&v, at + i, sizeof v);
        v = running_8(v);
        vector_8 sum = v + before;
        before += last_of_8(v);
        memcpy(at + i, &sum, sizeof sum);
    }
    return i;
}

AVX512 static uint32_t sum_u32_avx512(uint32_t *at, uint32_t count, uint32_t start)
{
    vector_16 before = (vector_16){0} + start;
    uint32_t i = 0;
    for (; count - i >= 16; i += 16) {
        vector_16 v;
        memcpy(&v, at + i, sizeof v);
        v = running_16(v);
        vector_16 sum = v + before;
        before += last_of_16(v);
        memcpy(at + i, &sum, sizeof sum);
    }
    return i;
}

AVX2 static uint32_t sum_i64_avx2(const int32_t *at, uint32_t count, int64_t start, int64_t *out)
{
    vector_8 before = {0};
    uint32_t i = 0;
    for (; count - i >= 8; i += 8) {
        vector_8 v;
        memcpy(&v, at + i, sizeof v);
        v = running_8(v);
        steps_8 sum = (steps_8)(v + before);
        before += last_of_8(v);
        steps_4 low = __builtin_shufflevector(sum, sum, 0, 1, 2, 3);
        steps_4 high = __builtin_shufflevector(sum, sum, 4, 5, 6, 7);
        sums_4 wide_low = __builtin_convertvector(low, sums_4) + start;
        sums_4 wide_high = __builtin_convertvector(high, sums_4) + start;
        memcpy(out + i, &wide_low, sizeof wide_low);
        memcpy(out + i + 4, &wide_high, sizeof wide_high);
    }
    return i;
}

AVX512 static uint32_t sum_i64_avx512(const int32_t *at, uint32_t count, int64_t start,
                                      int64_t *out)
{
    vector_16 before = {0};
    uint32_t i = 0;
    for (; count - i >= 16; i += 16) {
        vector_16 v;
        memcpy(&v, at + i, sizeof v);
        v = running_16(v);
        vector_16 sum = v + before;
        before += last_of_16(v);
        steps_8 low = (steps_8)__builtin_shufflevector(sum, sum, 0, 1, 2, 3, 4, 5, 6, 7);
        steps_8 high = (steps_8)__builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15);
        sums_8 wide_low = __builtin_convertvector(low, sums_8) + start;
        sums_8 wide_high = __builtin_convertvector(high, sums_8) + start;
        memcpy(out + i, &wide_low, sizeof wide_low);
        memcpy(out + i + 8, &wide_high, sizeof wide_high);
    }
    return i;
}
#endif

void prefix_sum_u32_by(enum simd simd, uint32_t *at, uint32_t count, uint32_t start)
{
    uint32_t done = 0;
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        done = sum_u32_avx512(at, count, start);
    else if (simd == SIMD_AVX2)
        done = sum_u32_avx2(at, count, start);
#endif
    (void)simd;
    sum_u32_any(at + done, count - done, done > 0 ? at[done - 1] : start);
}

void prefix_sum_u32(uint32_t *at, uint32_t count, uint32_t start)
{
    prefix_sum_u32_by(simd_best(), at, count, start);
}

void prefix_sum_i64_by(enum simd simd, const int32_t *at, uint32_t count, int64_t start,
                       int64_t *out)
{
    uint32_t done = 0;
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        done = sum_i64_avx512(at, count, start, out);
    else if (simd == SIMD_AVX2)
        done = sum_i64_avx2(at, count, start, out);
#endif
    (void)simd;
    sum_i64_any(at + done, count - done, done > 0 ? out[done - 1] : start, out + done);
}

void prefix_sum_i64(const int32_t *at, uint32_t count, int64_t start, int64_t *out)
{
    prefix_sum_i64_by(simd_best(), at, count, start, out);
}
