// SPDX-License-Identifier: Apache-2.0
#include "kernel/even.h"

#include "kernel/kernel_private.h"
#include "kernel/ordinal.h"

static void ordinals_any(const int64_t *v, uint32_t n, const struct even_buckets *b,
                         enum width out_width, void *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t ordinal = ((uint64_t)v[i] - (uint64_t)b->start) / b->interval;
        bool is_inside = v[i] >= b->start && ordinal < b->count;
        put_at(out_width, out, i, is_inside ? (uint32_t)ordinal : UINT32_MAX);
    }
}

static const struct even_kernels any = {ordinals_any};

#if defined(__x86_64__)

// A distance below 2^52 is a double, and so is any product of an ordinal and the interval
// near it.  The quotient by the inverse may be one off either way; what is left of the
// distance tells.

static bool fits_doubles(const struct even_buckets *b)
{
    unsigned __int128 length = (unsigned __int128)b->interval * b->count;
    return length < (uint64_t)1 << 52 && b->count < INT32_MAX;
}

enum { PIECE = 256 };

struct lengths {
    double interval, inverse;
};

static struct lengths lengths_of(const struct even_buckets *b)
{
    return (struct lengths){(double)b->interval, 1 / (double)b->interval};
}

AVX2 INLINE __m256d quotient_avx2(__m256d distance, __m256d interval, __m256d inverse)
{
    __m256d one = _mm256_set1_pd(1);
    __m256d q = _mm256_floor_pd(_mm256_mul_pd(distance, inverse));
    __m256d rest = _mm256_sub_pd(distance, _mm256_mul_pd(q, interval));
    __m256d is_high = _mm256_cmp_pd(rest, _mm256_setzero_pd(), _CMP_LT_OQ);
    __m256d is_low = _mm256_cmp_pd(rest, interval, _CMP_GE_OQ);
    q = _mm256_sub_pd(q, _mm256_and_pd(is_high, one));
    return _mm256_add_pd(q, _mm256_and_pd(is_low, one));
}

AVX2 static void piece_avx2(const int64_t *v, uint32_t n, const struct even_buckets *b,
                            struct lengths by, uint32_t *out)
{
    __m256i start = _mm256_set1_epi64x(b->start);
    __m256i length = _mm256_set1_epi64x((int64_t)(b->interval * b->count));
    __m256i exponent = _mm256_set1_epi64x(0x4330000000000000); // of 2^52
    __m256d interval = _mm256_set1_pd(by.interval);
    __m256d inverse = _mm256_set1_pd(by.inverse);
    __m256i low_halves = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    for (uint32_t i = 0; i < n; i += 4) {
        __m256i x = _mm256_loadu_si256((const void *)(v + i));
        __m256i d = _mm256_sub_epi64(x, start);
        // Wrapped or not, a distance of a value before the start is out of the length.
        __m256i is_in =
            _mm256_andnot_si256(_mm256_cmpgt_epi64(start, x), _mm256_cmpgt_epi64(length, d));
        is_in = _mm256_andnot_si256(_mm256_cmpgt_epi64(_mm256_setzero_si256(), d), is_in);
        d = _mm256_or_si256(_mm256_and_si256(d, is_in), exponent);
        __m256d distance = _mm256_sub_pd(_mm256_castsi256_pd(d), _mm256_castsi256_pd(exponent));
        __m128i q = _mm256_cvttpd_epi32(quotient_avx2(distance, interval, inverse));
        __m256i in32 = _mm256_permutevar8x32_epi32(is_in, low_halves);
        q = _mm_or_si128(q, _mm_xor_si128(_mm256_castsi256_si128(in32), _mm_set1_epi32(-1)));
        _mm_storeu_si128((void *)(out + i), q);
    }
}

AVX2 static void ordinals_avx2(const int64_t *v, uint32_t n, const struct even_buckets *b,
                               enum width out_width, void *out)
{
    if (!fits_doubles(b))
        return ordinals_any(v, n, b, out_width, out);
    struct lengths by = lengths_of(b);
    uint32_t ords[PIECE];
    uint32_t whole = n / 4 * 4;
    for (uint32_t i = 0; i < whole; i += PIECE) {
        uint32_t piece = whole - i < PIECE ? whole - i : PIECE;
        piece_avx2(v + i, piece, b, by, ords);
        ordinal_kernels(SIMD_AVX2)->widen((struct codes){WIDTH_U32, ords}, piece, out_width,
                                          row_at(out_width, out, i));
    }
    ordinals_any(v + whole, n - whole, b, out_width, row_at(out_width, out, whole));
}

static const struct even_kernels avx2 = {ordinals_avx2};

AVX512 INLINE __m512d quotient_avx512(__m512d distance, __m512d interval, __m512d inverse)
{
    __m512d one = _mm512_set1_pd(1);
    __m512d q = _mm512_roundscale_pd(_mm512_mul_pd(distance, inverse), _MM_FROUND_TO_NEG_INF);
    __m512d rest = _mm512_fnmadd_pd(q, interval, distance);
    q = _mm512_mask_sub_pd(q, _mm512_cmp_pd_mask(rest, _mm512_setzero_pd(), _CMP_LT_OQ), q, one);
    return _mm512_mask_add_pd(q, _mm512_cmp_pd_mask(rest, interval, _CMP_GE_OQ), q, one);
}

AVX512 INLINE void store8_avx512(enum width width, void *to, __m512i q)
{
    if (width == WIDTH_U8)
        _mm_storel_epi64(to, _mm512_cvtepi64_epi8(q));
    else if (width == WIDTH_U16)
        _mm_storeu_si128(to, _mm512_cvtepi64_epi16(q));
    else
        _mm256_storeu_si256(to, _mm512_cvtepi64_epi32(q));
}

AVX512 INLINE void whole_avx512(enum width width, const int64_t *v, uint32_t n,
                                const struct even_buckets *b, uint8_t *out)
{
    struct lengths by = lengths_of(b);
    __m512i start = _mm512_set1_epi64(b->start);
    __m512i length = _mm512_set1_epi64((int64_t)(b->interval * b->count));
    __m512d interval = _mm512_set1_pd(by.interval);
    __m512d inverse = _mm512_set1_pd(by.inverse);
    for (uint32_t i = 0; i < n; i += 8) {
        __m512i x = _mm512_loadu_si512(v + i);
        __m512i d = _mm512_sub_epi64(x, start);
        __mmask8 is_in = _mm512_cmpge_epi64_mask(x, start) & _mm512_cmplt_epu64_mask(d, length);
        __m512d distance = _mm512_maskz_cvtepu64_pd(is_in, d);
        __m512i q = _mm512_cvttpd_epi64(quotient_avx512(distance, interval, inverse));
        q = _mm512_mask_mov_epi64(_mm512_set1_epi64(-1), is_in, q);
        store8_avx512(width, out + (size_t)i * width, q);
    }
}

AVX512 static void ordinals_avx512(const int64_t *v, uint32_t n, const struct even_buckets *b,
                                   enum width out_width, void *out)
{
    if (!fits_doubles(b))
        return ordinals_any(v, n, b, out_width, out);
    uint32_t whole = n / 8 * 8;
    FOR_WIDTH(out_width, whole_avx512, v, whole, b, out);
    ordinals_any(v + whole, n - whole, b, out_width, row_at(out_width, out, whole));
}

static const struct even_kernels avx512 = {ordinals_avx512};

#endif

const struct even_kernels *even_kernels(enum simd simd)
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
