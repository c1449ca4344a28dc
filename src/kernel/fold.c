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

FOLD_ANY(i64, int64_t, FOLD_I64_NONE)
FOLD_ANY(u32, uint32_t, FOLD_U32_NONE)
FOLD_ANY(u16, uint16_t, FOLD_U16_NONE)

// What the lanes hold at the end, put together as the header says.
static void fold_lanes(const double *sums, const double *mins, const double *maxs,
                       struct fold_f64 *out)
{
    double s[FOLD_LANES];
    memcpy(s, sums, sizeof s);
    for (unsigned half = FOLD_LANES / 2; half > 0; half /= 2)
        for (unsigned l = 0; l < half; l++)
            s[l] += s[l + half];
    out->sum = s[0];
    out->min = INFINITY;
    out->max = -INFINITY;
    for (unsigned l = 0; l < FOLD_LANES; l++) {
        out->min = mins[l] < out->min ? mins[l] : out->min;
        out->max = maxs[l] > out->max ? maxs[l] : out->max;
    }
}

static void f64_any(const double *v, const uint64_t *mask, uint32_t n, struct fold_f64 *out)
{
    double sums[FOLD_LANES] = {0};
    double mins[FOLD_LANES];
    double maxs[FOLD_LANES];
    for (unsigned l = 0; l < FOLD_LANES; l++) {
        mins[l] = INFINITY;
        maxs[l] = -INFINITY;
    }
    out->count = mask ? mask_count(mask, n) : n;
    for (uint32_t i = 0; i < n; i++) {
        unsigned l = i % FOLD_LANES;
        if (mask && !mask_has(mask, i))
            continue;
        sums[l] += v[i];
        mins[l] = v[i] < mins[l] ? v[i] : mins[l];
        maxs[l] = v[i] > maxs[l] ? v[i] : maxs[l];
    }
    fold_lanes(sums, mins, maxs, out);
}

static const struct fold_kernels any = {i64_any, u32_any, u16_any, f64_any};

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

// A sum of 64-bit values in two halves of 32 bits, which do not overflow before 2^32 rows.
// AVX2 shifts 64 bits without a sign only: values are taken with their top bit turned, which adds
// 2^63 to each.
struct lanes_i64_avx2 {
    __m256i low;
    __m256i high;
    __m256i min;
    __m256i max;
};

AVX2 INLINE void add_i64_avx2(struct lanes_i64_avx2 *l, const int64_t *at, uint64_t bits)
{
    UNROLL for (size_t part = 0; part < 64; part += 4)
    {
        __m256i out = not_in_avx2(8, bits >> part);
        __m256i v = _mm256_loadu_si256((const void *)(at + part));
        __m256i is_less = _mm256_andnot_si256(out, _mm256_cmpgt_epi64(l->min, v));
        __m256i is_more = _mm256_andnot_si256(out, _mm256_cmpgt_epi64(v, l->max));
        l->min = _mm256_blendv_epi8(l->min, v, is_less);
        l->max = _mm256_blendv_epi8(l->max, v, is_more);
        __m256i x = _mm256_andnot_si256(out, _mm256_xor_si256(v, _mm256_set1_epi64x(INT64_MIN)));
        l->low = _mm256_add_epi64(l->low, _mm256_and_si256(x, _mm256_set1_epi64x(UINT32_MAX)));
        l->high = _mm256_add_epi64(l->high, _mm256_srli_epi64(x, 32));
    }
}

AVX2 static void i64_avx2(const int64_t *v, const uint64_t *mask, uint32_t n, struct fold_i64 *out)
{
    struct fold_i64 f = FOLD_I64_NONE;
    struct lanes_i64_avx2 l = {.min = _mm256_set1_epi64x(INT64_MAX),
                               .max = _mm256_set1_epi64x(INT64_MIN)};
    for (uint32_t w = 0; w < mask_words(n); w++) {
        int64_t tail[64];
        add_i64_avx2(&l, rows64(v, sizeof *v, w * 64, n, tail), bits_of(mask, w, n));
    }
    uint64_t halves[2][4];
    int64_t ends[2][4];
    memcpy(halves[0], &l.low, sizeof halves[0]);
    memcpy(halves[1], &l.high, sizeof halves[1]);
    memcpy(ends[0], &l.min, sizeof ends[0]);
    memcpy(ends[1], &l.max, sizeof ends[1]);
    f.count = count_of(SIMD_AVX2, mask, n);
    for (unsigned i = 0; i < 4; i++) {
        f.sum += halves[0][i] + ((__int128)halves[1][i] << 32);
        f.min = ends[0][i] < f.min ? ends[0][i] : f.min;
        f.max = ends[1][i] > f.max ? ends[1][i] : f.max;
    }
    f.sum -= (__int128)f.count << 63;
    *out = f;
}

// Lanes as the header numbers them, four to a register.  The smaller of two is the second when one
// is no number: the one there was.
struct lanes_f64_avx2 {
    __m256d sum[FOLD_LANES / 4];
    __m256d min[FOLD_LANES / 4];
    __m256d max[FOLD_LANES / 4];
};

AVX2 INLINE void add_f64_avx2(struct lanes_f64_avx2 *l, const double *at, uint64_t bits)
{
    UNROLL for (size_t part = 0; part < 64; part += 4)
    {
        size_t i = part / 4 % (FOLD_LANES / 4);
        __m256d out = _mm256_castsi256_pd(not_in_avx2(8, bits >> part));
        __m256d x = _mm256_loadu_pd(at + part);
        l->sum[i] = _mm256_add_pd(l->sum[i], _mm256_andnot_pd(out, x));
        __m256d least = _mm256_blendv_pd(x, l->min[i], out);
        __m256d most = _mm256_blendv_pd(x, l->max[i], out);
        l->min[i] = _mm256_min_pd(least, l->min[i]);
        l->max[i] = _mm256_max_pd(most, l->max[i]);
    }
}

AVX2 static void f64_avx2(const double *v, const uint64_t *mask, uint32_t n, struct fold_f64 *out)
{
    struct lanes_f64_avx2 l;
    for (unsigned i = 0; i < FOLD_LANES / 4; i++) {
        l.sum[i] = _mm256_setzero_pd();
        l.min[i] = _mm256_set1_pd(INFINITY);
        l.max[i] = _mm256_set1_pd(-INFINITY);
    }
    for (uint32_t w = 0; w < mask_words(n); w++) {
        double tail[64];
        add_f64_avx2(&l, rows64(v, sizeof *v, w * 64, n, tail), bits_of(mask, w, n));
    }
    double ends[3][FOLD_LANES];
    memcpy(ends[0], l.sum, sizeof ends[0]);
    memcpy(ends[1], l.min, sizeof ends[1]);
    memcpy(ends[2], l.max, sizeof ends[2]);
    out->count = count_of(SIMD_AVX2, mask, n);
    fold_lanes(ends[0], ends[1], ends[2], out);
}

static const struct fold_kernels avx2 = {i64_avx2, u32_avx2, u16_avx2, f64_avx2};

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

// The sum in two halves of 32 bits, the upper one with the sign.
AVX512 static void i64_avx512(const int64_t *v, const uint64_t *mask, uint32_t n,
                              struct fold_i64 *out)
{
    __m512i min = _mm512_set1_epi64(INT64_MAX);
    __m512i max = _mm512_set1_epi64(INT64_MIN);
    __m512i low = _mm512_setzero_si512();
    __m512i high = _mm512_setzero_si512();
    for (uint32_t w = 0; w < mask_words(n); w++) {
        UNROLL for (size_t part = 0; part < 64; part += 8)
        {
            __mmask8 in = (__mmask8)(bits_of(mask, w, n) >> part);
            __m512i x = _mm512_maskz_loadu_epi64(in, v + w * (size_t)64 + part);
            min = _mm512_mask_min_epi64(min, in, min, x);
            max = _mm512_mask_max_epi64(max, in, max, x);
            low = _mm512_add_epi64(low, _mm512_and_si512(x, _mm512_set1_epi64(UINT32_MAX)));
            high = _mm512_add_epi64(high, _mm512_srai_epi64(x, 32));
        }
    }
    out->count = count_of(SIMD_AVX512, mask, n);
    // Times 2^32, as a negative number may not be shifted.
    out->sum = (__int128)_mm512_reduce_add_epi64(high) * ((__int128)1 << 32) +
               (uint64_t)_mm512_reduce_add_epi64(low);
    out->min = _mm512_reduce_min_epi64(min);
    out->max = _mm512_reduce_max_epi64(max);
}

AVX512 static void f64_avx512(const double *v, const uint64_t *mask, uint32_t n,
                              struct fold_f64 *out)
{
    __m512d sum[2] = {_mm512_setzero_pd(), _mm512_setzero_pd()};
    __m512d min[2] = {_mm512_set1_pd(INFINITY), _mm512_set1_pd(INFINITY)};
    __m512d max[2] = {_mm512_set1_pd(-INFINITY), _mm512_set1_pd(-INFINITY)};
    for (uint32_t w = 0; w < mask_words(n); w++) {
        UNROLL for (size_t part = 0; part < 64; part += 8)
        {
            size_t i = part / 8 % 2;
            __mmask8 in = (__mmask8)(bits_of(mask, w, n) >> part);
            __m512d x = _mm512_maskz_loadu_pd(in, v + w * (size_t)64 + part);
            sum[i] = _mm512_add_pd(sum[i], x);
            min[i] = _mm512_mask_min_pd(min[i], in, x, min[i]);
            max[i] = _mm512_mask_max_pd(max[i], in, x, max[i]);
        }
    }
    double ends[3][FOLD_LANES];
    memcpy(ends[0], sum, sizeof ends[0]);
    memcpy(ends[1], min, sizeof ends[1]);
    memcpy(ends[2], max, sizeof ends[2]);
    out->count = count_of(SIMD_AVX512, mask, n);
    fold_lanes(ends[0], ends[1], ends[2], out);
}

static const struct fold_kernels avx512 = {i64_avx512, u32_avx512, u16_avx512, f64_avx512};

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

FOLD_ADD(fold_i64)
FOLD_ADD(fold_u32)
FOLD_ADD(fold_u16)
FOLD_ADD(fold_f64)
