// SPDX-License-Identifier: Apache-2.0
#include "kernel/group.h"

#include "kernel/histogram.h"
#include "kernel/kernel_private.h"

// --- portable

// One walk: `step` does with the element `at` of the row's bucket, and its value `x`, what
// is to be done.  Rows without a bucket have an element nobody looks at, so none branches.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define GROUP_ANY(name, type, to_type, step)                                                    \
    INLINE void name##_of(enum width width, const void *ords, const type *v, uint32_t n,        \
                          uint32_t bound, to_type *to)                                          \
    {                                                                                           \
        to_type passed_over = 0;                                                                \
        for (uint32_t i = 0; i < n; i++) {                                                      \
            uint32_t ord = raw_at(width, ords, i);                                              \
            to_type *at = below(ord, bound, to + ord, &passed_over);                            \
            type x = v[i];                                                                      \
            step;                                                                               \
        }                                                                                       \
    }                                                                                           \
    static void name(struct codes ords, const type *v, uint32_t n, uint32_t bound, to_type *to) \
    {                                                                                           \
        bound = bound_below_none(ords.width, bound);                                            \
        FOR_WIDTH(ords.width, name##_of, ords.at, v, n, bound, to);                             \
    }
// NOLINTEND(bugprone-macro-parentheses)

GROUP_ANY(sum_u16, uint16_t, uint64_t, *at += x)
GROUP_ANY(sum_u32, uint32_t, uint64_t, *at += x)
GROUP_ANY(sum_i64, int64_t, __int128, *at += x)
GROUP_ANY(sum_f64, double, double, *at += x)
GROUP_ANY(min_u16, uint16_t, uint16_t, *at = x < *at ? x : *at)
GROUP_ANY(min_u32, uint32_t, uint32_t, *at = x < *at ? x : *at)
GROUP_ANY(min_i64, int64_t, int64_t, *at = x < *at ? x : *at)
GROUP_ANY(min_f64, double, double, *at = x < *at ? x : *at)
GROUP_ANY(max_u16, uint16_t, uint16_t, *at = x > *at ? x : *at)
GROUP_ANY(max_u32, uint32_t, uint32_t, *at = x > *at ? x : *at)
GROUP_ANY(max_i64, int64_t, int64_t, *at = x > *at ? x : *at)
GROUP_ANY(max_f64, double, double, *at = x > *at ? x : *at)

// Count and sum of a bucket in one number, the count above TALLY_SUM_BITS: a row is one addition.
// As in histogram.c, rows take turns at several tables, as an addition waits for the last one
// to the same number.  So many rows of the largest value of 32 bits as the count holds fit.

enum { TALLY_TABLES = 2, TALLY_SUM_BITS = 48, TALLY_ROWS_MIN = 1024 };

enum { TALLY_ROWS_MAX = (1 << (64 - TALLY_SUM_BITS)) - TALLY_TABLES };

static void add_tallies(uint64_t tables[TALLY_TABLES][256], uint32_t bound, uint64_t *counts,
                        uint64_t *sums)
{
    for (uint32_t b = 0; b < bound; b++)
        for (unsigned t = 0; t < TALLY_TABLES; t++) {
            counts[b] += tables[t][b] >> TALLY_SUM_BITS;
            sums[b] += tables[t][b] & (((uint64_t)1 << TALLY_SUM_BITS) - 1);
        }
}

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TALLY_ANY(name, type)                                                                      \
    static void name##_few(const uint8_t *ords, const type *v, uint32_t n, uint32_t bound,         \
                           uint64_t *counts, uint64_t *sums)                                       \
    {                                                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                         \
            uint64_t none[2] = {0};                                                                \
            uint64_t *count = below(ords[i], bound, counts + ords[i], &none[0]);                   \
            uint64_t *sum = below(ords[i], bound, sums + ords[i], &none[1]);                       \
            ++*count;                                                                              \
            *sum += v[i];                                                                          \
        }                                                                                          \
    }                                                                                              \
    static void name##_piece(const uint8_t *ords, const type *v, uint32_t n, uint32_t bound,       \
                             uint64_t *counts, uint64_t *sums)                                     \
    {                                                                                              \
        uint64_t tables[TALLY_TABLES][256] = {{0}};                                                \
        uint64_t one = (uint64_t)1 << TALLY_SUM_BITS;                                              \
        uint32_t i = 0;                                                                            \
        for (; i + 8 <= n; i += 8) {                                                               \
            uint64_t x;                                                                            \
            memcpy(&x, ords + i, sizeof x);                                                        \
            UNROLL for (unsigned j = 0; j < 8; j++) tables[j % TALLY_TABLES][x >> 8 * j & 0xff] += \
                one + v[i + j];                                                                    \
        }                                                                                          \
        for (; i < n; i++)                                                                         \
            tables[0][ords[i]] += one + v[i];                                                      \
        add_tallies(tables, bound, counts, sums);                                                  \
    }                                                                                              \
    static void name(const uint8_t *ords, const type *v, uint32_t n, uint32_t bound,               \
                     uint64_t *counts, uint64_t *sums)                                             \
    {                                                                                              \
        bound = bound_below_none(WIDTH_U8, bound);                                                 \
        for (; n >= TALLY_ROWS_MIN;) {                                                             \
            uint32_t piece = n < TALLY_ROWS_MAX ? n : TALLY_ROWS_MAX;                              \
            name##_piece(ords, v, piece, bound, counts, sums);                                     \
            ords += piece;                                                                         \
            v += piece;                                                                            \
            n -= piece;                                                                            \
        }                                                                                          \
        name##_few(ords, v, n, bound, counts, sums);                                               \
    }
// NOLINTEND(bugprone-macro-parentheses)

TALLY_ANY(tally_u16, uint16_t)
TALLY_ANY(tally_u32, uint32_t)

static const struct group_kernels any = {
    .sum_u16 = sum_u16,
    .sum_u32 = sum_u32,
    .sum_i64 = sum_i64,
    .sum_f64 = sum_f64,
    .tally_u16 = tally_u16,
    .tally_u32 = tally_u32,
    .min_u16 = min_u16,
    .min_u32 = min_u32,
    .min_i64 = min_i64,
    .min_f64 = min_f64,
    .max_u16 = max_u16,
    .max_u32 = max_u32,
    .max_i64 = max_i64,
    .max_f64 = max_f64,
};

#if defined(__x86_64__)

// --- AVX-512: few buckets, in registers
//
// Each bucket of a bank has a register, which takes from a register of values the lanes whose
// ordinal is its own: a compare and a masked operation for 32 values (16 of 32 bits), where a
// table is read and written for each row, and the next row of a bucket waits for the last one.

enum { BANK = 8, BANK_ROWS_MIN = 256 };

// Up to so many buckets banks are faster than tables.
enum { FEW_SUMS_U16 = 24, FEW_SUMS_U32 = 8, FEW_EXTREMES_U16 = 40, FEW_EXTREMES_U32 = 16 };

// The buckets from `first` on.
struct bank {
    uint32_t first, count; // up to BANK
};

static bool pays_banks(struct codes ords, uint32_t n, uint32_t bound, uint32_t few)
{
    return ords.width == WIDTH_U8 && bound <= few && n >= BANK_ROWS_MIN;
}

static struct codes codes_from(struct codes c, uint32_t row)
{
    return (struct codes){c.width, (const uint8_t *)c.at + (size_t)row * (size_t)c.width};
}

// Ordinals of bytes in lanes of the values' width.
#define ORDS_16(at) _mm512_cvtepu8_epi16(_mm256_loadu_si256((const void *)(at)))
#define ORDS_32(at) _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)(at)))

// What all buckets of a block get, bank by bank: `add_bank` is told how many there are as a
// constant.  Rows behind the last whole register go to the tables.
// NOLINTBEGIN(bugprone-macro-parentheses): types and parts of names take none
#define FEW_AVX512(name, few, lanes, type, to_type, add_bank)                                      \
    AVX512 static void name##_avx512(struct codes ords, const type *v, uint32_t n, uint32_t bound, \
                                     to_type *to)                                                  \
    {                                                                                              \
        uint32_t whole = n / (lanes) * (lanes);                                                    \
        if (!pays_banks(ords, n, bound, few)) {                                                    \
            name(ords, v, n, bound, to);                                                           \
            return;                                                                                \
        }                                                                                          \
        for (struct bank b = {0, BANK}; b.first < bound; b.first += BANK) {                        \
            b.count = bound - b.first < BANK ? bound - b.first : BANK;                             \
            if (b.count <= BANK / 2)                                                               \
                add_bank(BANK / 2, b, ords.at, v, whole, to);                                      \
            else                                                                                   \
                add_bank(BANK, b, ords.at, v, whole, to);                                          \
        }                                                                                          \
        name(codes_from(ords, whole), v + whole, n - whole, bound, to);                            \
    }

// Values are added up as two halves, each in lanes of a value's width, as many registers of them
// as those surely hold, and put together in lanes of twice the width.
#define SUM_BANK_AVX512(name, bits, wide, half, mask, type)                                        \
    AVX512 INLINE void name(unsigned buckets, struct bank bank, const uint8_t *ords,               \
                            const type *v, uint32_t n, uint64_t *sums)                             \
    {                                                                                              \
        uint32_t fits = (512 / (bits)) << (half);                                                  \
        for (uint32_t done = 0; done < n;) {                                                       \
            uint32_t end = n - done < fits ? n : done + fits;                                      \
            __m512i low[BANK];                                                                     \
            __m512i high[BANK];                                                                    \
            UNROLL for (size_t b = 0; b < buckets; b++) low[b] = high[b] = _mm512_setzero_si512(); \
            for (; done < end; done += 512 / (bits)) {                                             \
                __m512i x = _mm512_loadu_si512(v + done);                                          \
                __m512i l = _mm512_and_si512(x, _mm512_set1_epi##bits((1 << (half)) - 1));         \
                __m512i h = _mm512_srli_epi##bits(x, half);                                        \
                __m512i ord = ORDS_##bits(ords + done);                                            \
                ord = _mm512_sub_epi##bits(ord, _mm512_set1_epi##bits((int##bits##_t)bank.first)); \
                UNROLL for (size_t b = 0; b < buckets; b++)                                        \
                {                                                                                  \
                    mask own = _mm512_cmpeq_epi##bits##_mask(                                      \
                        ord, _mm512_set1_epi##bits((int##bits##_t)b));                             \
                    low[b] = _mm512_mask_add_epi##bits(low[b], own, low[b], l);                    \
                    high[b] = _mm512_mask_add_epi##bits(high[b], own, high[b], h);                 \
                }                                                                                  \
            }                                                                                      \
            UNROLL for (size_t b = 0; b < buckets; b++)                                            \
            {                                                                                      \
                __m512i even = _mm512_set1_epi##wide(UINT##bits##_MAX);                            \
                __m512i l = _mm512_add_epi##wide(_mm512_and_si512(low[b], even),                   \
                                                 _mm512_srli_epi##wide(low[b], bits));             \
                __m512i h = _mm512_add_epi##wide(_mm512_and_si512(high[b], even),                  \
                                                 _mm512_srli_epi##wide(high[b], bits));            \
                l = _mm512_add_epi##wide(l, _mm512_slli_epi##wide(h, half));                       \
                if (b < bank.count)                                                                \
                    sums[bank.first + b] += (uint##wide##_t)_mm512_reduce_add_epi##wide(l);        \
            }                                                                                      \
        }                                                                                          \
    }

#define EXTREME_BANK_AVX512(name, bits, mask, op, start, type)                                   \
    AVX512 INLINE void name(unsigned buckets, struct bank bank, const uint8_t *ords,             \
                            const type *v, uint32_t n, type *to)                                 \
    {                                                                                            \
        __m512i held[BANK];                                                                      \
        UNROLL for (size_t b = 0; b < buckets; b++) held[b] = _mm512_set1_epi8(start);           \
        for (uint32_t i = 0; i < n; i += 512 / (bits)) {                                         \
            __m512i x = _mm512_loadu_si512(v + i);                                               \
            __m512i ord = ORDS_##bits(ords + i);                                                 \
            ord = _mm512_sub_epi##bits(ord, _mm512_set1_epi##bits((int##bits##_t)bank.first));   \
            UNROLL for (size_t b = 0; b < buckets; b++)                                          \
            {                                                                                    \
                mask own =                                                                       \
                    _mm512_cmpeq_epi##bits##_mask(ord, _mm512_set1_epi##bits((int##bits##_t)b)); \
                held[b] = _mm512_mask_##op##_epu##bits(held[b], own, held[b], x);                \
            }                                                                                    \
        }                                                                                        \
        UNROLL for (size_t b = 0; b < buckets; b++)                                              \
        {                                                                                        \
            __m256i half = _mm256_##op##_epu##bits(_mm512_castsi512_si256(held[b]),              \
                                                   _mm512_extracti64x4_epi64(held[b], 1));       \
            __m128i part = _mm_##op##_epu##bits(_mm256_castsi256_si128(half),                    \
                                                _mm256_extracti128_si256(half, 1));              \
            type lanes[128 / (bits)];                                                            \
            memcpy(lanes, &part, sizeof lanes);                                                  \
            for (unsigned l = 0; b < bank.count && l < 128 / (bits); l++)                        \
                to[bank.first + b] = (type)better_##op(lanes[l], to[bank.first + b]);            \
        }                                                                                        \
    }

// NOLINTEND(bugprone-macro-parentheses)

INLINE uint32_t better_min(uint32_t x, uint32_t y)
{
    return x < y ? x : y;
}

INLINE uint32_t better_max(uint32_t x, uint32_t y)
{
    return x > y ? x : y;
}

SUM_BANK_AVX512(sum_bank_u16, 16, 32, 8, __mmask32, uint16_t)
SUM_BANK_AVX512(sum_bank_u32, 32, 64, 16, __mmask16, uint32_t)
EXTREME_BANK_AVX512(min_bank_u16, 16, __mmask32, min, -1, uint16_t)
EXTREME_BANK_AVX512(max_bank_u16, 16, __mmask32, max, 0, uint16_t)
EXTREME_BANK_AVX512(min_bank_u32, 32, __mmask16, min, -1, uint32_t)
EXTREME_BANK_AVX512(max_bank_u32, 32, __mmask16, max, 0, uint32_t)

FEW_AVX512(sum_u16, FEW_SUMS_U16, 32, uint16_t, uint64_t, sum_bank_u16)
FEW_AVX512(sum_u32, FEW_SUMS_U32, 16, uint32_t, uint64_t, sum_bank_u32)
FEW_AVX512(min_u16, FEW_EXTREMES_U16, 32, uint16_t, uint16_t, min_bank_u16)
FEW_AVX512(max_u16, FEW_EXTREMES_U16, 32, uint16_t, uint16_t, max_bank_u16)
FEW_AVX512(min_u32, FEW_EXTREMES_U32, 16, uint32_t, uint32_t, min_bank_u32)
FEW_AVX512(max_u32, FEW_EXTREMES_U32, 16, uint32_t, uint32_t, max_bank_u32)

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define TALLY_AVX512(bits, few)                                                                  \
    static void tally_u##bits##_avx512(const uint8_t *ords, const uint##bits##_t *v, uint32_t n, \
                                       uint32_t bound, uint64_t *counts, uint64_t *sums)         \
    {                                                                                            \
        struct codes c = {WIDTH_U8, ords};                                                       \
        if (!pays_banks(c, n, bound, few)) {                                                     \
            tally_u##bits(ords, v, n, bound, counts, sums);                                      \
            return;                                                                              \
        }                                                                                        \
        histogram_kernels(SIMD_AVX512)->few_u8(ords, n, bound, counts);                          \
        sum_u##bits##_avx512(c, v, n, bound, sums);                                              \
    }
// NOLINTEND(bugprone-macro-parentheses)

TALLY_AVX512(16, FEW_SUMS_U16)
TALLY_AVX512(32, FEW_SUMS_U32)

static const struct group_kernels avx512 = {
    .sum_u16 = sum_u16_avx512,
    .sum_u32 = sum_u32_avx512,
    .sum_i64 = sum_i64,
    .sum_f64 = sum_f64,
    .tally_u16 = tally_u16_avx512,
    .tally_u32 = tally_u32_avx512,
    .min_u16 = min_u16_avx512,
    .min_u32 = min_u32_avx512,
    .min_i64 = min_i64,
    .min_f64 = min_f64,
    .max_u16 = max_u16_avx512,
    .max_u32 = max_u32_avx512,
    .max_i64 = max_i64,
    .max_f64 = max_f64,
};

#endif

const struct group_kernels *group_kernels(enum simd simd)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return &avx512;
#endif
    (void)simd;
    return &any;
}
