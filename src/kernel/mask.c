// SPDX-License-Identifier: Apache-2.0
#include "kernel/mask.h"

#include "kernel/kernel_private.h"
#include "kernel/set_bits.h"

// --- portable

static uint32_t count_any(const uint64_t *m, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        count += (uint32_t)__builtin_popcountll(m[w]);
    return count;
}

static bool and_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] &= with[w];
    return left != 0;
}

static bool or_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] |= with[w];
    return left != 0;
}

static bool and_not_any(uint64_t *to, const uint64_t *with, uint32_t n)
{
    uint64_t left = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        left |= to[w] &= ~with[w];
    return left != 0;
}

static uint32_t rows_any(const uint64_t *m, uint32_t n, uint16_t *out)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        for (uint64_t left = m[w]; left; left &= left - 1)
            out[count++] = (uint16_t)(w * 64 + (uint32_t)__builtin_ctzll(left));
    return count;
}

// The next bits of `held`, from bit `at` on.  The word behind the last bit is not read.
static inline uint64_t bits_from(const uint64_t *held, uint32_t at, uint32_t count)
{
    unsigned shift = at % 64;
    uint64_t bits = count == 0 ? 0 : held[at / 64] >> shift;
    return shift + count > 64 ? bits | held[at / 64 + 1] << (64 - shift) : bits;
}

static uint64_t deposit(uint64_t bits, uint64_t places)
{
    uint64_t out = 0;
    for (; places; places &= places - 1, bits >>= 1)
        out |= bits & 1 ? places & -places : 0;
    return out;
}

static bool spread_any(const uint64_t *held, const uint64_t *places, uint32_t n, uint64_t *out)
{
    uint64_t left = 0;
    uint32_t at = 0;
    for (uint32_t w = 0; w < mask_words(n); w++) {
        uint32_t count = (uint32_t)__builtin_popcountll(places[w]);
        left |= out[w] = deposit(bits_from(held, at, count), places[w]);
        at += count;
    }
    return left != 0;
}

static const struct mask_kernels any = {count_any,   and_any,  or_any,
                                        and_not_any, rows_any, spread_any};

#if defined(__x86_64__)

// --- AVX2

AVX2 static uint32_t count_avx2(const uint64_t *m, uint32_t n)
{
    uint32_t count = 0;
    for (uint32_t w = 0; w < mask_words(n); w++)
        count += (uint32_t)__builtin_popcountll(m[w]);
    return count;
}

// Four words at a time, then the rest one by one.
#define LAID_OVER_AVX2(name, vector_rule, rule)                           \
    AVX2 static bool name(uint64_t *to, const uint64_t *with, uint32_t n) \
    {                                                                     \
        uint32_t words = mask_words(n);                                   \
        uint32_t w = 0;                                                   \
        __m256i any_left = _mm256_setzero_si256();                        \
        for (; w + 4 <= words; w += 4) {                                  \
            __m256i a = _mm256_loadu_si256((const __m256i *)(to + w));    \
            __m256i b = _mm256_loadu_si256((const __m256i *)(with + w));  \
            a = vector_rule;                                              \
            any_left = _mm256_or_si256(any_left, a);                      \
            _mm256_storeu_si256((__m256i *)(to + w), a);                  \
        }                                                                 \
        uint64_t left = !_mm256_testz_si256(any_left, any_left);          \
        for (; w < words; w++) {                                          \
            uint64_t a = to[w];                                           \
            uint64_t b = with[w];                                         \
            left |= to[w] = rule;                                         \
        }                                                                 \
        return left != 0;                                                 \
    }

LAID_OVER_AVX2(and_avx2, _mm256_and_si256(a, b), a &b)
LAID_OVER_AVX2(or_avx2, _mm256_or_si256(a, b), a | b)
LAID_OVER_AVX2(and_not_avx2, _mm256_andnot_si256(b, a), a & ~b)

// Eight rows a step: all eight numbers are written, the next step starts behind those that
// are rows.
AVX2 static uint32_t rows_avx2(const uint64_t *m, uint32_t n, uint16_t *out)
{
    uint16_t *to = out;
    for (uint32_t w = 0; w < mask_words(n); w++) {
        uint64_t left = m[w];
        for (uint32_t row = w * 64; left; row += 8, left >>= 8) {
            __m128i bits = _mm_cvtsi64_si128((int64_t)set_bits[left & 0xff]);
            __m128i rows = _mm_add_epi16(_mm_cvtepu8_epi16(bits), _mm_set1_epi16((int16_t)row));
            _mm_storeu_si128((__m128i *)to, rows);
            to += __builtin_popcountll(left & 0xff);
        }
    }
    return (uint32_t)(to - out);
}

AVX2 static bool spread_avx2(const uint64_t *held, const uint64_t *places, uint32_t n,
                             uint64_t *out)
{
    uint64_t left = 0;
    uint32_t at = 0;
    for (uint32_t w = 0; w < mask_words(n); w++) {
        uint32_t count = (uint32_t)__builtin_popcountll(places[w]);
        left |= out[w] = _pdep_u64(bits_from(held, at, count), places[w]);
        at += count;
    }
    return left != 0;
}

static const struct mask_kernels avx2 = {count_avx2,   and_avx2,  or_avx2,
                                         and_not_avx2, rows_avx2, spread_avx2};

// --- AVX-512

// Eight words at a time; the last ones under a mask of words.
#define LAID_OVER_AVX512(name, rule)                                        \
    AVX512 static bool name(uint64_t *to, const uint64_t *with, uint32_t n) \
    {                                                                       \
        uint32_t words = mask_words(n);                                     \
        __m512i any_left = _mm512_setzero_si512();                          \
        for (uint32_t w = 0; w < words; w += 8) {                           \
            __mmask8 in = (__mmask8)mask_low(words - w);                    \
            __m512i a = _mm512_maskz_loadu_epi64(in, to + w);               \
            __m512i b = _mm512_maskz_loadu_epi64(in, with + w);             \
            a = rule;                                                       \
            any_left = _mm512_or_si512(any_left, a);                        \
            _mm512_mask_storeu_epi64(to + w, in, a);                        \
        }                                                                   \
        return _mm512_test_epi64_mask(any_left, any_left) != 0;             \
    }

LAID_OVER_AVX512(and_avx512, _mm512_and_si512(a, b))
LAID_OVER_AVX512(or_avx512, _mm512_or_si512(a, b))
LAID_OVER_AVX512(and_not_avx512, _mm512_andnot_si512(b, a))

// Compressed in the register, then stored whole: compressing to memory is ten times slower
// on some processors.
AVX512_VBMI static uint32_t rows_vbmi(const uint64_t *m, uint32_t n, uint16_t *out)
{
    static const uint16_t first[32] = {0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10,
                                       11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21,
                                       22, 23, 24, 25, 26, 27, 28, 29, 30, 31};
    __m512i low = _mm512_loadu_si512(first);
    uint16_t *to = out;
    for (uint32_t w = 0; w < mask_words(n); w++) {
        __m512i high = _mm512_add_epi16(low, _mm512_set1_epi16(32));
        _mm512_storeu_si512(to, _mm512_maskz_compress_epi16((__mmask32)m[w], low));
        to += __builtin_popcountll(m[w] & UINT32_MAX);
        _mm512_storeu_si512(to, _mm512_maskz_compress_epi16((__mmask32)(m[w] >> 32), high));
        to += __builtin_popcountll(m[w] >> 32);
        low = _mm512_add_epi16(low, _mm512_set1_epi16(64));
    }
    return (uint32_t)(to - out);
}

static const struct mask_kernels avx512 = {count_avx2,     and_avx512, or_avx512,
                                           and_not_avx512, rows_avx2,  spread_avx2};
static const struct mask_kernels vbmi = {count_avx2,     and_avx512, or_avx512,
                                         and_not_avx512, rows_vbmi,  spread_avx2};

#endif

const struct mask_kernels *mask_kernels(enum simd simd)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return simd_has_vbmi() ? &vbmi : &avx512;
    if (simd == SIMD_AVX2)
        return &avx2;
#endif
    (void)simd;
    return &any;
}

// --- the same for all

void mask_not(uint64_t *to, uint32_t n)
{
    for (uint32_t w = 0; w < mask_words(n); w++)
        to[w] = ~to[w] & mask_low(n - w * 64);
}

void mask_fill(uint64_t *to, uint32_t n)
{
    for (uint32_t w = 0; w < mask_words(n); w++)
        to[w] = mask_low(n - w * 64);
}
