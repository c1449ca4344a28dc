// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kernels of this folder share: the levels of instructions a function may be
// compiled for, and how one loop is written once for all widths of ordinals.

#include "kernel/mask.h"
#include "kernel/width.h"

#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

#define INLINE static inline __attribute__((always_inline))

// The loop that follows has few turns of a fixed number, and becomes that many copies.
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 64")
#endif

// A function of a level uses only what simd_best() promises for it.
#define AVX2   __attribute__((target("avx2,popcnt,bmi,bmi2")))
#define AVX512 __attribute__((target("avx512f,avx512vl,avx512bw,avx512dq,popcnt,bmi,bmi2")))

#define AVX512_VBMI \
    __attribute__(( \
        target("avx512f,avx512vl,avx512bw,avx512dq,avx512vbmi,avx512vbmi2,popcnt,bmi,bmi2")))

// Calls `f(width, ...)` with the width as a constant, so that an INLINE `f` becomes one loop
// for each width and none asks for it row by row.
#define FOR_WIDTH(width, f, ...)       \
    do {                               \
        switch (width) {               \
        case WIDTH_U8:                 \
            f(WIDTH_U8, __VA_ARGS__);  \
            break;                     \
        case WIDTH_U16:                \
            f(WIDTH_U16, __VA_ARGS__); \
            break;                     \
        case WIDTH_U32:                \
            f(WIDTH_U32, __VA_ARGS__); \
            break;                     \
        }                              \
    } while (0)

// The code as it lies there: none is all ones of its width.
INLINE uint32_t raw_at(enum width width, const void *codes, uint32_t i)
{
    if (width == WIDTH_U8)
        return ((const uint8_t *)codes)[i];
    if (width == WIDTH_U16)
        return ((const uint16_t *)codes)[i];
    return ((const uint32_t *)codes)[i];
}

INLINE void put_at(enum width width, void *codes, uint32_t i, uint32_t v)
{
    if (width == WIDTH_U8)
        ((uint8_t *)codes)[i] = (uint8_t)v;
    else if (width == WIDTH_U16)
        ((uint16_t *)codes)[i] = (uint16_t)v;
    else
        ((uint32_t *)codes)[i] = v;
}

INLINE void *row_at(enum width width, void *at, uint32_t row)
{
    return (uint8_t *)at + (size_t)row * width;
}

// `at` when x is below the bound, else `otherwise`, by a move under a condition: left to
// themselves, compilers make a branch of it, which rows without a value in between others would
// have guessed wrong.  `at` is not looked at, so it may lie anywhere.
INLINE void *below(uint32_t x, uint32_t bound, const void *at, const void *otherwise)
{
#if defined(__x86_64__)
    __asm__("cmp %[bound], %[x]\n\tcmovae %[otherwise], %[at]"
            : [at] "+r"(at)
            : [otherwise] "r"(otherwise), [x] "r"(x), [bound] "r"(bound)
            : "cc");
    // NOLINTNEXTLINE(performance-no-int-to-ptr): takes const off again, made no number of
    return (void *)(uintptr_t)at;
#else
    return (void *)(uintptr_t)(x < bound ? at : otherwise);
#endif
}

// A bound that no none of the width is below, so that one compare passes over both.
INLINE uint32_t bound_below_none(enum width width, uint32_t bound)
{
    return bound < width_none(width) ? bound : width_none(width);
}

// 64 rows from `row` on.  The last rows of n are copied to `tail` with zeros behind them, so
// that a kernel always has 64 and reads nothing past the array.
INLINE const void *rows64(const void *v, size_t value_bytes, uint32_t row, uint32_t n, void *tail)
{
    const uint8_t *at = (const uint8_t *)v + row * value_bytes;
    if (n - row >= 64)
        return at;
    memset(tail, 0, 64 * value_bytes);
    memcpy(tail, at, (n - row) * value_bytes);
    return tail;
}

#if defined(__x86_64__)

// All ones in the lanes of `lane_bytes` whose bit is not set; the lowest bit is the first lane's.
AVX2 INLINE __m256i not_in_avx2(unsigned lane_bytes, uint64_t bits)
{
    __m256i zero = _mm256_setzero_si256();
    __m256i own; // each lane's own bit
    if (lane_bytes == 1) {
        // Bytes 0 to 3 of the bits to eight lanes each.
        __m256i each = _mm256_set_epi64x(0x0303030303030303, 0x0202020202020202, 0x0101010101010101,
                                         0x0000000000000000);
        own = _mm256_set1_epi64x((int64_t)0x8040201008040201);
        __m256i x = _mm256_shuffle_epi8(_mm256_set1_epi32((int32_t)bits), each);
        return _mm256_cmpeq_epi8(_mm256_and_si256(x, own), zero);
    }
    if (lane_bytes == 2) {
        own = _mm256_set_epi16(INT16_MIN, 1 << 14, 1 << 13, 1 << 12, 1 << 11, 1 << 10, 1 << 9,
                               1 << 8, 1 << 7, 1 << 6, 1 << 5, 1 << 4, 1 << 3, 1 << 2, 1 << 1, 1);
        __m256i x = _mm256_set1_epi16((int16_t)bits);
        return _mm256_cmpeq_epi16(_mm256_and_si256(x, own), zero);
    }
    if (lane_bytes == 4) {
        own = _mm256_set_epi32(128, 64, 32, 16, 8, 4, 2, 1);
        __m256i x = _mm256_set1_epi32((int32_t)bits);
        return _mm256_cmpeq_epi32(_mm256_and_si256(x, own), zero);
    }
    own = _mm256_set_epi64x(8, 4, 2, 1);
    __m256i x = _mm256_set1_epi64x((int64_t)bits);
    return _mm256_cmpeq_epi64(_mm256_and_si256(x, own), zero);
}

// Codes of any width in lanes of 32 bits, zeros before them; and the low bytes of the lanes.
AVX2 INLINE __m256i load8_avx2(enum width width, const void *at)
{
    if (width == WIDTH_U8)
        return _mm256_cvtepu8_epi32(_mm_loadl_epi64(at));
    if (width == WIDTH_U16)
        return _mm256_cvtepu16_epi32(_mm_loadu_si128(at));
    return _mm256_loadu_si256(at);
}

AVX512 INLINE __m512i load16_avx512(enum width width, const void *at)
{
    if (width == WIDTH_U8)
        return _mm512_cvtepu8_epi32(_mm_loadu_si128(at));
    if (width == WIDTH_U16)
        return _mm512_cvtepu16_epi32(_mm256_loadu_si256(at));
    return _mm512_loadu_si512(at);
}

AVX512 INLINE void store16_avx512(enum width width, void *to, __m512i x)
{
    if (width == WIDTH_U8)
        _mm_storeu_si128(to, _mm512_cvtepi32_epi8(x));
    else if (width == WIDTH_U16)
        _mm256_storeu_si256(to, _mm512_cvtepi32_epi16(x));
    else
        _mm512_storeu_si512(to, x);
}

#endif
