// SPDX-License-Identifier: Apache-2.0
#include "kernel/sketch.h"

#include "kernel/kernel_private.h"

INLINE void count_pairs_of(enum width width, const void *ords, const uint16_t *v, uint32_t n,
                           const uint32_t bounds[2], uint32_t *counts)
{
    uint32_t passed_over = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t ord = raw_at(width, ords, i);
        bool is_in = (ord < bounds[0]) & (v[i] < bounds[1]);
        uint32_t *at = is_in ? &counts[(size_t)ord * bounds[1] + v[i]] : &passed_over;
        ++*at;
    }
}

static void count_pairs(struct codes ords, const uint16_t *v, uint32_t n, uint32_t ord_bound,
                        uint32_t value_bound, uint32_t *counts)
{
    uint32_t bounds[2] = {bound_below_none(ords.width, ord_bound), value_bound};
    FOR_WIDTH(ords.width, count_pairs_of, ords.at, v, n, bounds, counts);
}

static const struct sketch_kernels any = {count_pairs};

#if defined(__x86_64__)

// --- places first, then counters
//
// A piece of rows becomes the places of their counters, those passed over left out, and these
// are counted in a loop of nothing else: counters seldom lie in the first cache, and with less
// to do for each the processor has more of them under way.

enum { PIECE_ROWS = 1024, LANES_MAX = 16 };

static void count_places(const uint32_t *places, uint32_t n, uint32_t *counts)
{
    for (uint32_t i = 0; i < n; i++)
        counts[places[i]]++;
}

// The place of one row, put after `count` others; how many there are then.
INLINE uint32_t put_place(uint32_t ord, uint32_t v, const uint32_t bounds[2], uint32_t *places,
                          uint32_t count)
{
    places[count] = ord * bounds[1] + v;
    return count + ((ord < bounds[0]) & (v < bounds[1]));
}

// Rows 0 to n of a piece.  With what is written over, `places` has LANES_MAX more.
AVX2 INLINE uint32_t places_avx2(enum width width, const void *ords, const uint16_t *v, uint32_t n,
                                 const uint32_t bounds[2], uint32_t *places)
{
    __m256i ord_last = _mm256_set1_epi32((int32_t)(bounds[0] - 1));
    __m256i v_last = _mm256_set1_epi32((int32_t)(bounds[1] - 1));
    __m256i times = _mm256_set1_epi32((int32_t)bounds[1]);
    uint32_t count = 0;
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i ord = load8_avx2(width, (const uint8_t *)ords + (size_t)i * width);
        __m256i x = load8_avx2(WIDTH_U16, v + i);
        __m256i is_in = _mm256_cmpeq_epi32(_mm256_min_epu32(ord, ord_last), ord);
        is_in = _mm256_and_si256(is_in, _mm256_cmpeq_epi32(_mm256_min_epu32(x, v_last), x));
        if (_mm256_movemask_epi8(is_in) != -1) {
            for (uint32_t j = i; j < i + 8; j++)
                count = put_place(raw_at(width, ords, j), v[j], bounds, places, count);
            continue;
        }
        x = _mm256_add_epi32(x, _mm256_mullo_epi32(ord, times));
        _mm256_storeu_si256((void *)(places + count), x);
        count += 8;
    }
    for (; i < n; i++)
        count = put_place(raw_at(width, ords, i), v[i], bounds, places, count);
    return count;
}

AVX512 INLINE uint32_t places_avx512(enum width width, const void *ords, const uint16_t *v,
                                     uint32_t n, const uint32_t bounds[2], uint32_t *places)
{
    __m512i ord_bound = _mm512_set1_epi32((int32_t)bounds[0]);
    __m512i v_bound = _mm512_set1_epi32((int32_t)bounds[1]);
    uint32_t count = 0;
    uint32_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i ord = load16_avx512(width, (const uint8_t *)ords + (size_t)i * width);
        __m512i x = load16_avx512(WIDTH_U16, v + i);
        __mmask16 is_in = _mm512_cmplt_epu32_mask(ord, ord_bound);
        is_in = _mm512_mask_cmplt_epu32_mask(is_in, x, v_bound);
        x = _mm512_add_epi32(x, _mm512_mullo_epi32(ord, v_bound));
        _mm512_storeu_si512(places + count, _mm512_maskz_compress_epi32(is_in, x));
        count += (uint32_t)__builtin_popcount(is_in);
    }
    for (; i < n; i++)
        count = put_place(raw_at(width, ords, i), v[i], bounds, places, count);
    return count;
}

// NOLINTBEGIN(bugprone-macro-parentheses): a level takes none
#define COUNT_PAIRS(name, level, places_of)                                                        \
    level INLINE void name##_of(enum width width, const void *ords, const uint16_t *v, uint32_t n, \
                                const uint32_t bounds[2], uint32_t *counts)                        \
    {                                                                                              \
        uint32_t places[PIECE_ROWS + LANES_MAX];                                                   \
        for (uint32_t row = 0; row < n; row += PIECE_ROWS) {                                       \
            uint32_t piece = n - row < PIECE_ROWS ? n - row : PIECE_ROWS;                          \
            const uint8_t *at = (const uint8_t *)ords + (size_t)row * width;                       \
            uint32_t count = places_of(width, at, v + row, piece, bounds, places);                 \
            count_places(places, count, counts);                                                   \
        }                                                                                          \
    }                                                                                              \
    level static void name(struct codes ords, const uint16_t *v, uint32_t n, uint32_t ord_bound,   \
                           uint32_t value_bound, uint32_t *counts)                                 \
    {                                                                                              \
        uint32_t bounds[2] = {bound_below_none(ords.width, ord_bound), value_bound};               \
        if (bounds[0] > 0 && bounds[1] > 0)                                                        \
            FOR_WIDTH(ords.width, name##_of, ords.at, v, n, bounds, counts);                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

COUNT_PAIRS(count_pairs_avx2, AVX2, places_avx2)
COUNT_PAIRS(count_pairs_avx512, AVX512, places_avx512)

static const struct sketch_kernels avx2 = {count_pairs_avx2};
static const struct sketch_kernels avx512 = {count_pairs_avx512};

#endif

const struct sketch_kernels *sketch_kernels(enum simd simd)
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
