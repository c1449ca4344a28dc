// SPDX-License-Identifier: Apache-2.0
#include "kernel/fold.h"

#include "kernel/kernel_private.h"

// --- portable

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define FOLD_ANY(name, type, start)                                         \
    static void name##_any(const type *v, const uint64_t *mask, uint32_t n, \
                           struct fold_##name *out)                         \
    {                                                                       \
        struct fold_##name f = start;                                       \
        for (uint32_t i = 0; i < n; i++) {                                  \
            if (mask && !mask_has(mask, i))                                 \
                continue;                                                   \
            f.count++;                                                      \
            f.sum += v[i];                                                  \
            f.min = v[i] < f.min ? v[i] : f.min;                            \
            f.max = v[i] > f.max ? v[i] : f.max;                            \
        }                                                                   \
        *out = f;                                                           \
    }
// NOLINTEND(bugprone-macro-parentheses)

FOLD_ANY(u32, uint32_t, FOLD_U32_NONE)
FOLD_ANY(u16, uint16_t, FOLD_U16_NONE)

static const struct fold_kernels any = {u32_any, u16_any};

#if defined(__x86_64__)

// The rows of a word that are in.
INLINE uint64_t bits_of(const uint64_t *mask, uint32_t w, uint32_t n)
{
    return mask ? mask[w] : mask_low(n - w * 64);
}

static uint64_t count_of(enum simd simd, const uint64_t *mask, uint32_t n)
{
    return mask ? mask_kernels(simd)->count(mask, n) : n;
}

// Sums of 16-bit values are kept in lanes of 32 bits, each of which gets two values of a
// register: so many words of rows fit.
enum { U16_WORDS = 4096 };

// --- AVX2: rows that are not in become the value that changes nothing

struct lanes_u16_avx2 {
    __m256i sum;
    __m256i min;
    __m256i max;
};

AVX2 INLINE void add_u16_avx2(struct lanes_u16_avx2 *l, const uint16_t *at, uint64_t bits)
{
    UNROLL for (size_t part = 0; part < 64; part += 16)
    {
        __m256i out = not_in_avx2(2, bits >> part);
        __m256i v = _mm256_loadu_si256((const void *)(at + part));
        __m256i x = _mm256_andnot_si256(out, v);
        l->min = _mm256_min_epu16(l->min, _mm256_or_si256(v, out));
        l->max = _mm256_max_epu16(l->max, x);
        l->sum = _mm256_add_epi32(l->sum, _mm256_and_si256(x, _mm256_set1_epi32(0xffff)));
        l->sum = _mm256_add_epi32(l->sum, _mm256_srli_epi32(x, 16));
    }
}

static uint64_t sum_u32_lanes(const uint32_t *lanes, unsigned count)
{
    uint64_t sum = 0;
    for (unsigned l = 0; l < count; l++)
        sum += lanes[l];
    return sum;
}

AVX2 static void u16_avx2(const uint16_t *v, const uint64_t *mask, uint32_t n, struct fold_u16 *out)
{
    struct fold_u16 f = FOLD_U16_NONE;
    struct lanes_u16_avx2 l = {.min = _mm256_set1_epi16(-1), .max = _mm256_setzero_si256()};
    for (uint32_t w = 0; w < mask_words(n);) {
        uint32_t end = mask_words(n) - w < U16_WORDS ? mask_words(n) : w + U16_WORDS;
        l.sum = _mm256_setzero_si256();
        for (; w < end; w++) {
            uint16_t tail[64];
            add_u16_avx2(&l, rows64(v, sizeof *v, w * 64, n, tail), bits_of(mask, w, n));
        }
        uint32_t sums[8];
        memcpy(sums, &l.sum, sizeof sums);
        f.sum += sum_u32_lanes(sums, 8);
    }
    uint16_t ends[2][16];
    memcpy(ends[0], &l.min, sizeof ends[0]);
    memcpy(ends[1], &l.max, sizeof ends[1]);
    for (unsigned i = 0; i < 16; i++) {
        f.min = ends[0][i] < f.min ? ends[0][i] : f.min;
        f.max = ends[1][i] > f.max ? ends[1][i] : f.max;
    }
    f.count = count_of(SIMD_AVX2, mask, n);
    *out = f;
}

struct lanes_u32_avx2 {
    __m256i sum[2]; // of even and odd lanes, in 64 bits
    __m256i min;
    __m256i max;
};

AVX2 INLINE void add_u32_avx2(struct lanes_u32_avx2 *l, const uint32_t *at, uint64_t bits)
{
    UNROLL for (size_t part = 0; part < 64; part += 8)
    {
        __m256i out = not_in_avx2(4, bits >> part);
        __m256i v = _mm256_loadu_si256((const void *)(at + part));
        __m256i x = _mm256_andnot_si256(out, v);
        l->min = _mm256_min_epu32(l->min, _mm256_or_si256(v, out));
        l->max = _mm256_max_epu32(l->max, x);
        __m256i even = _mm256_and_si256(x, _mm256_set1_epi64x(UINT32_MAX));
        l->sum[0] = _mm256_add_epi64(l->sum[0], even);
        l->sum[1] = _mm256_add_epi64(l->sum[1], _mm256_srli_epi64(x, 32));
    }
}

AVX2 static void u32_avx2(const uint32_t *v, const uint64_t *mask, uint32_t n, struct fold_u32 *out)
{
    struct fold_u32 f = FOLD_U32_NONE;
    struct lanes_u32_avx2 l = {.min = _mm256_set1_epi32(-1)};
    for (uint32_t w = 0; w < mask_words(n); w++) {
        uint32_t tail[64];
        add_u32_avx2(&l, rows64(v, sizeof *v, w * 64, n, tail), bits_of(mask, w, n));
    }
    uint64_t sums[8];
    uint32_t ends[2][8];
    memcpy(sums, l.sum, sizeof sums);
    memcpy(ends[0], &l.min, sizeof ends[0]);
    memcpy(ends[1], &l.max, sizeof ends[1]);
    for (unsigned i = 0; i < 8; i++) {
        f.sum += sums[i];
        f.min = ends[0][i] < f.min ? ends[0][i] : f.min;
        f.max = ends[1][i] > f.max ? ends[1][i] : f.max;
    }
    f.count = count_of(SIMD_AVX2, mask, n);
    *out = f;
}

static const struct fold_kernels avx2 = {u32_avx2, u16_avx2};

// --- AVX-512: only rows that are in are loaded, and only their lanes change

AVX512 static void u16_avx512(const uint16_t *v, const uint64_t *mask, uint32_t n,
                              struct fold_u16 *out)
{
    struct fold_u16 f = FOLD_U16_NONE;
    __m512i min = _mm512_set1_epi16(-1);
    __m512i max = _mm512_setzero_si512();
    for (uint32_t w = 0; w < mask_words(n);) {
        uint32_t end = mask_words(n) - w < U16_WORDS ? mask_words(n) : w + U16_WORDS;
        __m512i sum = _mm512_setzero_si512();
        for (; w < end; w++) {
            UNROLL for (size_t part = 0; part < 64; part += 32)
            {
                __mmask32 in = (__mmask32)(bits_of(mask, w, n) >> part);
                __m512i x = _mm512_maskz_loadu_epi16(in, v + w * (size_t)64 + part);
                min = _mm512_mask_min_epu16(min, in, min, x);
                max = _mm512_max_epu16(max, x);
                sum = _mm512_add_epi32(sum, _mm512_and_si512(x, _mm512_set1_epi32(0xffff)));
                sum = _mm512_add_epi32(sum, _mm512_srli_epi32(x, 16));
            }
        }
        uint32_t sums[16];
        memcpy(sums, &sum, sizeof sums);
        f.sum += sum_u32_lanes(sums, 16);
    }
    uint16_t ends[2][32];
    memcpy(ends[0], &min, sizeof ends[0]);
    memcpy(ends[1], &max, sizeof ends[1]);
    for (unsigned i = 0; i < 32; i++) {
        f.min = ends[0][i] < f.min ? ends[0][i] : f.min;
        f.max = ends[1][i] > f.max ? ends[1][i] : f.max;
    }
    f.count = count_of(SIMD_AVX512, mask, n);
    *out = f;
}

AVX512 static void u32_avx512(const uint32_t *v, const uint64_t *mask, uint32_t n,
                              struct fold_u32 *out)
{
    __m512i min = _mm512_set1_epi32(-1);
    __m512i max = _mm512_setzero_si512();
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
    for (uint32_t w = 0; w < mask_words(n); w++) {
        UNROLL for (size_t part = 0; part < 64; part += 16)
        {
            __mmask16 in = (__mmask16)(bits_of(mask, w, n) >> part);
            __m512i x = _mm512_maskz_loadu_epi32(in, v + w * (size_t)64 + part);
            min = _mm512_mask_min_epu32(min, in, min, x);
            max = _mm512_max_epu32(max, x);
            even = _mm512_add_epi64(even, _mm512_and_si512(x, _mm512_set1_epi64(UINT32_MAX)));
            odd = _mm512_add_epi64(odd, _mm512_srli_epi64(x, 32));
        }
    }
    out->count = count_of(SIMD_AVX512, mask, n);
    out->sum = (uint64_t)_mm512_reduce_add_epi64(_mm512_add_epi64(even, odd));
    out->min = _mm512_reduce_min_epu32(min);
    out->max = _mm512_reduce_max_epu32(max);
}

static const struct fold_kernels avx512 = {u32_avx512, u16_avx512};

#endif

const struct fold_kernels *fold_kernels(enum simd simd)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return &avx512;
    if (simd == SIMD_AVX2)
        return &avx2;
#endif
    (void)simd;
    return &any;
}

// --- the same for all

#define FOLD_ADD(name)                                        \
    void name##_add(struct name *to, const struct name *more) \
    {                                                         \
        to->count += more->count;                             \
        to->sum += more->sum;                                 \
        to->min = more->min < to->min ? more->min : to->min;  \
        to->max = more->max > to->max ? more->max : to->max;  \
    }

FOLD_ADD(fold_u32)
FOLD_ADD(fold_u16)
