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

#if defined(__x86_64__)

// A kernel is a function that makes one word of 64 values; this makes the loop around it, and
// gives it the last values with zeros behind them.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define EACH_WORD(type, v, n, out, word_of)                        \
    for (uint32_t w = 0; w < mask_words(n); w++) {                 \
        type tail[64];                                             \
        const type *at = rows64(v, sizeof(type), w * 64, n, tail); \
        (out)[w] = (word_of)&mask_low((n)-w * 64);                 \
    }

// NOLINTEND(bugprone-macro-parentheses)

// --- AVX2

// lo <= v <= hi is v - lo <= hi - lo without signs, which is min(v - lo, hi - lo) == v - lo.

AVX2 INLINE uint64_t word_u8_avx2(const uint8_t *at, __m256i lo, __m256i span)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 2; part++)
    {
        __m256i x = _mm256_loadu_si256((const __m256i *)(at + part * 32));
        x = _mm256_sub_epi8(x, lo);
        x = _mm256_cmpeq_epi8(_mm256_min_epu8(x, span), x);
        word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(x) << part * 32;
    }
    return word;
}

AVX2 INLINE __m256i is_in_u16_avx2(const uint16_t *at, __m256i lo, __m256i span)
{
    __m256i x = _mm256_sub_epi16(_mm256_loadu_si256((const __m256i *)at), lo);
    return _mm256_cmpeq_epi16(_mm256_min_epu16(x, span), x);
}

// Packing goes by halves of 128 bits; the permutation puts the quarters in order again.
AVX2 INLINE uint64_t word_u16_avx2(const uint16_t *at, __m256i lo, __m256i span)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 2; part++)
    {
        __m256i x = _mm256_packs_epi16(is_in_u16_avx2(at + part * 32, lo, span),
                                       is_in_u16_avx2(at + part * 32 + 16, lo, span));
        x = _mm256_permute4x64_epi64(x, 0xd8);
        word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(x) << part * 32;
    }
    return word;
}

AVX2 INLINE uint64_t word_u32_avx2(const uint32_t *at, __m256i lo, __m256i span)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 8; part++)
    {
        __m256i x = _mm256_sub_epi32(_mm256_loadu_si256((const __m256i *)(at + part * 8)), lo);
        x = _mm256_cmpeq_epi32(_mm256_min_epu32(x, span), x);
        word |= (uint64_t)(uint32_t)_mm256_movemask_ps(_mm256_castsi256_ps(x)) << part * 8;
    }
    return word;
}

AVX2 INLINE uint64_t word_i64_avx2(const int64_t *at, __m256i lo, __m256i hi)
{
    uint64_t outside = 0;
    UNROLL for (size_t part = 0; part < 16; part++)
    {
        __m256i x = _mm256_loadu_si256((const __m256i *)(at + part * 4));
        x = _mm256_or_si256(_mm256_cmpgt_epi64(lo, x), _mm256_cmpgt_epi64(x, hi));
        outside |= (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(x)) << part * 4;
    }
    return ~outside;
}

AVX2 INLINE uint64_t word_f64_avx2(const double *at, __m256d lo, __m256d hi)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 16; part++)
    {
        __m256d x = _mm256_loadu_pd(at + part * 4);
        x = _mm256_and_pd(_mm256_cmp_pd(lo, x, _CMP_LE_OQ), _mm256_cmp_pd(x, hi, _CMP_LE_OQ));
        word |= (uint64_t)(uint32_t)_mm256_movemask_pd(x) << part * 4;
    }
    return word;
}

static void no_row(uint32_t n, uint64_t *out)
{
    memset(out, 0, mask_words(n) * sizeof *out);
}

AVX2 static void range_u8_avx2(const uint8_t *v, uint32_t n, uint8_t lo, uint8_t hi, uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m256i least = _mm256_set1_epi8((char)lo);
    __m256i span = _mm256_set1_epi8((char)(hi - lo));
    EACH_WORD(uint8_t, v, n, out, word_u8_avx2(at, least, span))
}

AVX2 static void range_u16_avx2(const uint16_t *v, uint32_t n, uint16_t lo, uint16_t hi,
                                uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m256i least = _mm256_set1_epi16((int16_t)lo);
    __m256i span = _mm256_set1_epi16((int16_t)(hi - lo));
    EACH_WORD(uint16_t, v, n, out, word_u16_avx2(at, least, span))
}

AVX2 static void range_u32_avx2(const uint32_t *v, uint32_t n, uint32_t lo, uint32_t hi,
                                uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m256i least = _mm256_set1_epi32((int32_t)lo);
    __m256i span = _mm256_set1_epi32((int32_t)(hi - lo));
    EACH_WORD(uint32_t, v, n, out, word_u32_avx2(at, least, span))
}

AVX2 static void range_i64_avx2(const int64_t *v, uint32_t n, int64_t lo, int64_t hi, uint64_t *out)
{
    __m256i least = _mm256_set1_epi64x(lo);
    __m256i largest = _mm256_set1_epi64x(hi);
    EACH_WORD(int64_t, v, n, out, word_i64_avx2(at, least, largest))
}

AVX2 static void range_f64_avx2(const double *v, uint32_t n, double lo, double hi, uint64_t *out)
{
    __m256d least = _mm256_set1_pd(lo);
    __m256d largest = _mm256_set1_pd(hi);
    EACH_WORD(double, v, n, out, word_f64_avx2(at, least, largest))
}

// A set of 256 bits as 32 bytes: byte v / 8 is looked up in two halves of 16, of which bit 7
// of v picks one, and its bit v % 8 is tested.
AVX2 INLINE uint64_t word_set_u8_avx2(const uint8_t *at, __m256i low, __m256i high, __m256i bits)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 2; part++)
    {
        __m256i x = _mm256_loadu_si256((const __m256i *)(at + part * 32));
        __m256i place = _mm256_and_si256(_mm256_srli_epi16(x, 3), _mm256_set1_epi8(15));
        __m256i bytes = _mm256_blendv_epi8(_mm256_shuffle_epi8(low, place),
                                           _mm256_shuffle_epi8(high, place), x);
        __m256i bit = _mm256_shuffle_epi8(bits, _mm256_and_si256(x, _mm256_set1_epi8(7)));
        x = _mm256_cmpeq_epi8(_mm256_and_si256(bytes, bit), bit);
        word |= (uint64_t)(uint32_t)_mm256_movemask_epi8(x) << part * 32;
    }
    return word;
}

AVX2 static void set_u8_avx2(const uint8_t *v, uint32_t n, const uint64_t set[4], uint64_t *out)
{
    __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)set));
    __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)(set + 2)));
    __m256i bits = _mm256_set1_epi64x((int64_t)0x8040201008040201);
    EACH_WORD(uint8_t, v, n, out, word_set_u8_avx2(at, low, high, bits))
}

// A bit each by scalar loads: a gather of AVX2 is not faster.
AVX2 INLINE uint64_t word_set_u16_avx2(const uint16_t *at, const uint64_t *set)
{
    uint64_t word = 0;
    for (unsigned j = 0; j < 64; j++)
        word |= (set[at[j] / 64] >> at[j] % 64 & 1) << j;
    return word;
}

AVX2 static void set_u16_avx2(const uint16_t *v, uint32_t n, const uint64_t *set, uint64_t *out){
    EACH_WORD(uint16_t, v, n, out, word_set_u16_avx2(at, set))}

// Codes past the end look at word 0 and are masked away afterwards.
AVX2 INLINE uint64_t word_set_u32_avx2(const uint32_t *at, const uint64_t *set, uint32_t limit)
{
    __m256i last = _mm256_set1_epi32((int32_t)(limit - 1));
    uint64_t word = 0;
    for (unsigned j = 0; j < 64; j++) {
        uint32_t v = at[j] < limit ? at[j] : 0;
        word |= (set[v / 64] >> v % 64 & 1) << j;
    }
    return word & word_u32_avx2(at, _mm256_setzero_si256(), last);
}

AVX2 static void set_u32_avx2(const uint32_t *v, uint32_t n, const uint64_t *set, uint32_t limit,
                              uint64_t *out)
{
    if (limit == 0)
        return no_row(n, out);
    EACH_WORD(uint32_t, v, n, out, word_set_u32_avx2(at, set, limit))
}

static const struct compare_kernels avx2 = {
    .range_u8 = range_u8_avx2,
    .range_u16 = range_u16_avx2,
    .range_u32 = range_u32_avx2,
    .range_i64 = range_i64_avx2,
    .range_f64 = range_f64_avx2,
    .set_u8 = set_u8_avx2,
    .set_u16 = set_u16_avx2,
    .set_u32 = set_u32_avx2,
};

// --- AVX-512

AVX512 INLINE uint64_t word_u8_avx512(const uint8_t *at, __m512i lo, __m512i span)
{
    return _mm512_cmple_epu8_mask(_mm512_sub_epi8(_mm512_loadu_si512(at), lo), span);
}

AVX512 INLINE uint64_t word_u16_avx512(const uint16_t *at, __m512i lo, __m512i span)
{
    __m512i a = _mm512_sub_epi16(_mm512_loadu_si512(at), lo);
    __m512i b = _mm512_sub_epi16(_mm512_loadu_si512(at + 32), lo);
    return _mm512_cmple_epu16_mask(a, span) | (uint64_t)_mm512_cmple_epu16_mask(b, span) << 32;
}

AVX512 INLINE uint64_t word_u32_avx512(const uint32_t *at, __m512i lo, __m512i span)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 4; part++)
    {
        __m512i x = _mm512_sub_epi32(_mm512_loadu_si512(at + part * 16), lo);
        word |= (uint64_t)_mm512_cmple_epu32_mask(x, span) << part * 16;
    }
    return word;
}

AVX512 INLINE uint64_t word_i64_avx512(const int64_t *at, __m512i lo, __m512i hi)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 8; part++)
    {
        __m512i x = _mm512_loadu_si512(at + part * 8);
        __mmask8 in = _mm512_mask_cmple_epi64_mask(_mm512_cmpge_epi64_mask(x, lo), x, hi);
        word |= (uint64_t)in << part * 8;
    }
    return word;
}

AVX512 INLINE uint64_t word_f64_avx512(const double *at, __m512d lo, __m512d hi)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 8; part++)
    {
        __m512d x = _mm512_loadu_pd(at + part * 8);
        __mmask8 in = _mm512_cmp_pd_mask(lo, x, _CMP_LE_OQ);
        word |= (uint64_t)_mm512_mask_cmp_pd_mask(in, x, hi, _CMP_LE_OQ) << part * 8;
    }
    return word;
}

AVX512 static void range_u8_avx512(const uint8_t *v, uint32_t n, uint8_t lo, uint8_t hi,
                                   uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m512i least = _mm512_set1_epi8((char)lo);
    __m512i span = _mm512_set1_epi8((char)(hi - lo));
    EACH_WORD(uint8_t, v, n, out, word_u8_avx512(at, least, span))
}

AVX512 static void range_u16_avx512(const uint16_t *v, uint32_t n, uint16_t lo, uint16_t hi,
                                    uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m512i least = _mm512_set1_epi16((int16_t)lo);
    __m512i span = _mm512_set1_epi16((int16_t)(hi - lo));
    EACH_WORD(uint16_t, v, n, out, word_u16_avx512(at, least, span))
}

AVX512 static void range_u32_avx512(const uint32_t *v, uint32_t n, uint32_t lo, uint32_t hi,
                                    uint64_t *out)
{
    if (hi < lo)
        return no_row(n, out);
    __m512i least = _mm512_set1_epi32((int32_t)lo);
    __m512i span = _mm512_set1_epi32((int32_t)(hi - lo));
    EACH_WORD(uint32_t, v, n, out, word_u32_avx512(at, least, span))
}

AVX512 static void range_i64_avx512(const int64_t *v, uint32_t n, int64_t lo, int64_t hi,
                                    uint64_t *out)
{
    __m512i least = _mm512_set1_epi64(lo);
    __m512i largest = _mm512_set1_epi64(hi);
    EACH_WORD(int64_t, v, n, out, word_i64_avx512(at, least, largest))
}

AVX512 static void range_f64_avx512(const double *v, uint32_t n, double lo, double hi,
                                    uint64_t *out)
{
    __m512d least = _mm512_set1_pd(lo);
    __m512d largest = _mm512_set1_pd(hi);
    EACH_WORD(double, v, n, out, word_f64_avx512(at, least, largest))
}

// As word_set_u8_avx2().
AVX512 INLINE uint64_t word_set_u8_avx512(const uint8_t *at, __m512i low, __m512i high,
                                          __m512i bits)
{
    __m512i x = _mm512_loadu_si512(at);
    __m512i place = _mm512_and_si512(_mm512_srli_epi16(x, 3), _mm512_set1_epi8(15));
    __m512i bytes = _mm512_mask_shuffle_epi8(_mm512_shuffle_epi8(low, place),
                                             _mm512_movepi8_mask(x), high, place);
    __m512i bit = _mm512_shuffle_epi8(bits, _mm512_and_si512(x, _mm512_set1_epi8(7)));
    return _mm512_test_epi8_mask(bytes, bit);
}

AVX512 static void set_u8_avx512(const uint8_t *v, uint32_t n, const uint64_t set[4], uint64_t *out)
{
    __m512i low = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)set));
    __m512i high = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(set + 2)));
    __m512i bits = _mm512_set1_epi64((int64_t)0x8040201008040201);
    EACH_WORD(uint8_t, v, n, out, word_set_u8_avx512(at, low, high, bits))
}

// The set as words of 32 bits, of which the codes in `in` look one up each.
AVX512 INLINE __mmask16 set_has_avx512(__m512i codes, __mmask16 in, const uint64_t *set)
{
    __m512i places = _mm512_srli_epi32(codes, 5);
    __m512i words = _mm512_mask_i32gather_epi32(_mm512_setzero_si512(), in, places, set, 4);
    __m512i bit =
        _mm512_sllv_epi32(_mm512_set1_epi32(1), _mm512_and_si512(codes, _mm512_set1_epi32(31)));
    return _mm512_test_epi32_mask(words, bit);
}

AVX512 INLINE uint64_t word_set_u16_avx512(const uint16_t *at, const uint64_t *set)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 4; part++)
    {
        __m512i codes =
            _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)(at + part * 16)));
        word |= (uint64_t)set_has_avx512(codes, UINT16_MAX, set) << part * 16;
    }
    return word;
}

AVX512 static void set_u16_avx512(const uint16_t *v, uint32_t n, const uint64_t *set,
                                  uint64_t *out){
    EACH_WORD(uint16_t, v, n, out, word_set_u16_avx512(at, set))}

AVX512 INLINE uint64_t word_set_u32_avx512(const uint32_t *at, const uint64_t *set, __m512i limit)
{
    uint64_t word = 0;
    UNROLL for (size_t part = 0; part < 4; part++)
    {
        __m512i codes = _mm512_loadu_si512(at + part * 16);
        __mmask16 in = _mm512_cmplt_epu32_mask(codes, limit);
        word |= (uint64_t)set_has_avx512(codes, in, set) << part * 16;
    }
    return word;
}

AVX512 static void set_u32_avx512(const uint32_t *v, uint32_t n, const uint64_t *set,
                                  uint32_t limit, uint64_t *out)
{
    __m512i limits = _mm512_set1_epi32((int32_t)limit);
    EACH_WORD(uint32_t, v, n, out, word_set_u32_avx512(at, set, limits))
}

static const struct compare_kernels avx512 = {
    .range_u8 = range_u8_avx512,
    .range_u16 = range_u16_avx512,
    .range_u32 = range_u32_avx512,
    .range_i64 = range_i64_avx512,
    .range_f64 = range_f64_avx512,
    .set_u8 = set_u8_avx512,
    .set_u16 = set_u16_avx512,
    .set_u32 = set_u32_avx512,
};

#endif

const struct compare_kernels *compare_kernels(enum simd simd)
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
