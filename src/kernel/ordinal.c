// SPDX-License-Identifier: Apache-2.0
#include "kernel/ordinal.h"

#include "kernel/kernel_private.h"

// --- portable

static void join_any(struct codes parents, uint32_t code_bound, struct codes codes, uint32_t n,
                     enum width out_width, void *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t parent = codes_at(parents, i);
        uint32_t code = codes_at(codes, i);
        bool is_none = parent == UINT32_MAX || code == UINT32_MAX;
        put_at(out_width, out, i, is_none ? UINT32_MAX : parent * code_bound + code);
    }
}

static void widen_any(struct codes from, uint32_t n, enum width to_width, void *out)
{
    for (uint32_t i = 0; i < n; i++)
        put_at(to_width, out, i, codes_at(from, i));
}

static void mask_any(enum width width, void *ords, const uint64_t *mask, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!mask_has(mask, i))
            put_at(width, ords, i, UINT32_MAX);
}

// How many of the bounds are v or less.  No step depends on a branch, and all rows take as
// many steps, so the processor works on several rows at once.
INLINE uint32_t bounds_until(const int64_t *bounds, uint32_t count, int64_t v)
{
    const int64_t *at = bounds;
    while (count > 1) {
        size_t half = count / 2;
        at += half & -(size_t)(at[half - 1] <= v);
        count -= (uint32_t)half;
    }
    return (uint32_t)(at - bounds) + (count == 1 && *at <= v);
}

static void bounds_any(const int64_t *v, uint32_t n, const int64_t *bounds, uint32_t bound_count,
                       enum width out_width, void *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t until = bounds_until(bounds, bound_count, v[i]);
        bool is_inside = until > 0 && until < bound_count;
        put_at(out_width, out, i, is_inside ? until - 1 : UINT32_MAX);
    }
}

static const struct ordinal_kernels any = {join_any, widen_any, mask_any, bounds_any};

#if defined(__x86_64__)

// What a join works on, for functions that have a width or three before it.
struct join {
    struct codes parents;
    struct codes codes;
    uint32_t code_bound;
    uint32_t n;
    enum width out_width;
    void *out;
};

INLINE const void *row_of(struct codes c, uint32_t row)
{
    return (const uint8_t *)c.at + (size_t)row * c.width;
}

// The rows from `row` on, which are too few for a register.
static void join_rest(const struct join *j, uint32_t row)
{
    struct codes parents = {j->parents.width, row_of(j->parents, row)};
    struct codes codes = {j->codes.width, row_of(j->codes, row)};
    join_any(parents, j->code_bound, codes, j->n - row, j->out_width,
             row_at(j->out_width, j->out, row));
}

static void widen_rest(struct codes from, uint32_t row, uint32_t n, enum width to_width, void *out)
{
    widen_any((struct codes){from.width, row_of(from, row)}, n - row, to_width,
              row_at(to_width, out, row));
}

// --- AVX2: eight rows in lanes of 32 bits, or sixteen in lanes of 16 where all fits those

// The low bytes of the lanes; so none, which is all ones, stays none.
AVX2 INLINE void store8_avx2(enum width width, void *to, __m256i x)
{
    if (width == WIDTH_U32) {
        _mm256_storeu_si256(to, x);
        return;
    }
    if (width == WIDTH_U16) {
        __m256i low = _mm256_set1_epi64x(0x0d0c090805040100);
        x = _mm256_permute4x64_epi64(_mm256_shuffle_epi8(x, low), 0x08);
        _mm_storeu_si128(to, _mm256_castsi256_si128(x));
        return;
    }
    x = _mm256_shuffle_epi8(x, _mm256_set1_epi32(0x0c080400));
    x = _mm256_permutevar8x32_epi32(x, _mm256_set1_epi64x((int64_t)4 << 32));
    _mm_storel_epi64(to, _mm256_castsi256_si128(x));
}

AVX2 INLINE __m256i load16_avx2(enum width width, const void *at)
{
    if (width == WIDTH_U8)
        return _mm256_cvtepu8_epi16(_mm_loadu_si128(at));
    return _mm256_loadu_si256(at);
}

AVX2 INLINE void store16_avx2(enum width width, void *to, __m256i x)
{
    if (width == WIDTH_U16) {
        _mm256_storeu_si256(to, x);
        return;
    }
    x = _mm256_and_si256(x, _mm256_set1_epi16(0xff));
    x = _mm256_permute4x64_epi64(_mm256_packus_epi16(x, x), 0x08);
    _mm_storeu_si128(to, _mm256_castsi256_si128(x));
}

AVX2 INLINE __m256i join8_avx2(enum width p_width, enum width c_width, __m256i p, __m256i c,
                               __m256i bound)
{
    __m256i p_none = _mm256_cmpeq_epi32(p, _mm256_set1_epi32((int32_t)width_none(p_width)));
    __m256i c_none = _mm256_cmpeq_epi32(c, _mm256_set1_epi32((int32_t)width_none(c_width)));
    __m256i ord = _mm256_add_epi32(_mm256_mullo_epi32(p, bound), c);
    return _mm256_or_si256(ord, _mm256_or_si256(p_none, c_none));
}

AVX2 INLINE __m256i join16_avx2(enum width p_width, enum width c_width, __m256i p, __m256i c,
                                __m256i bound)
{
    __m256i p_none = _mm256_cmpeq_epi16(p, _mm256_set1_epi16((int16_t)width_none(p_width)));
    __m256i c_none = _mm256_cmpeq_epi16(c, _mm256_set1_epi16((int16_t)width_none(c_width)));
    __m256i ord = _mm256_add_epi16(_mm256_mullo_epi16(p, bound), c);
    return _mm256_or_si256(ord, _mm256_or_si256(p_none, c_none));
}

// One loop for each three widths.
AVX2 INLINE void join_pco_avx2(enum width out_width, enum width c_width, enum width p_width,
                               const struct join *j)
{
    bool is_narrow = p_width < WIDTH_U32 && c_width < WIDTH_U32 && out_width < WIDTH_U32;
    __m256i bound = is_narrow ? _mm256_set1_epi16((int16_t)j->code_bound)
                              : _mm256_set1_epi32((int32_t)j->code_bound);
    uint32_t lanes = is_narrow ? 16 : 8;
    const uint8_t *p_at = j->parents.at;
    const uint8_t *c_at = j->codes.at;
    uint8_t *to = j->out;
    uint32_t i = 0;
    for (; i + lanes <= j->n; i += lanes) {
        const uint8_t *p = p_at + (size_t)i * p_width;
        const uint8_t *c = c_at + (size_t)i * c_width;
        if (is_narrow)
            store16_avx2(out_width, to + (size_t)i * out_width,
                         join16_avx2(p_width, c_width, load16_avx2(p_width, p),
                                     load16_avx2(c_width, c), bound));
        else
            store8_avx2(out_width, to + (size_t)i * out_width,
                        join8_avx2(p_width, c_width, load8_avx2(p_width, p), load8_avx2(c_width, c),
                                   bound));
    }
    join_rest(j, i);
}

AVX2 INLINE void join_pc_avx2(enum width c_width, enum width p_width, const struct join *j)
{
    FOR_WIDTH(j->out_width, join_pco_avx2, c_width, p_width, j);
}

AVX2 INLINE void join_p_avx2(enum width p_width, const struct join *j)
{
    FOR_WIDTH(j->codes.width, join_pc_avx2, p_width, j);
}

AVX2 static void join_avx2(struct codes parents, uint32_t code_bound, struct codes codes,
                           uint32_t n, enum width out_width, void *out)
{
    struct join j = {parents, codes, code_bound, n, out_width, out};
    FOR_WIDTH(parents.width, join_p_avx2, &j);
}

AVX2 INLINE void widen_to_avx2(enum width to_width, enum width from_width, const uint8_t *from,
                               uint32_t n, uint8_t *out)
{
    __m256i none = _mm256_set1_epi32((int32_t)width_none(from_width));
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8) {
        __m256i x = load8_avx2(from_width, from + (size_t)i * from_width);
        x = _mm256_or_si256(x, _mm256_cmpeq_epi32(x, none));
        store8_avx2(to_width, out + (size_t)i * to_width, x);
    }
    widen_rest((struct codes){from_width, from}, i, n, to_width, out);
}

AVX2 INLINE void widen_from_avx2(enum width from_width, enum width to_width, const void *from,
                                 uint32_t n, void *out)
{
    FOR_WIDTH(to_width, widen_to_avx2, from_width, from, n, out);
}

AVX2 static void widen_avx2(struct codes from, uint32_t n, enum width to_width, void *out)
{
    FOR_WIDTH(from.width, widen_from_avx2, to_width, from.at, n, out);
}

// Whole words of the mask; the last rows are done apart.
AVX2 INLINE void mask_words_avx2(enum width width, uint8_t *ords, const uint64_t *mask,
                                 uint32_t words)
{
    unsigned lanes = 32 / (unsigned)width;
    for (uint32_t w = 0; w < words; w++)
        for (unsigned row = 0; row < 64; row += lanes) {
            void *at = ords + ((size_t)w * 64 + row) * width;
            __m256i x = _mm256_or_si256(_mm256_loadu_si256(at), not_in_avx2(width, mask[w] >> row));
            _mm256_storeu_si256(at, x);
        }
}

AVX2 static void mask_avx2(enum width width, void *ords, const uint64_t *mask, uint32_t n)
{
    FOR_WIDTH(width, mask_words_avx2, ords, mask, n / 64);
    mask_any(width, row_at(width, ords, n / 64 * 64), mask + n / 64, n % 64);
}

// Bounds: a piece of the block is looked at for its smallest and largest value.  They lie in
// one interval (the rule for rows in order of time), or in few, whose bounds are counted
// for each row, or the piece is searched row by row.

enum { BOUNDS_PIECE = 256, BOUNDS_FEW = 32 };

struct piece {
    const int64_t *v;
    uint32_t n; // a multiple of 4 up to BOUNDS_PIECE
    int64_t min;
    int64_t max;
};

AVX2 static void find_ends_avx2(struct piece *p)
{
    __m256i least = _mm256_set1_epi64x(INT64_MAX);
    __m256i most = _mm256_set1_epi64x(INT64_MIN);
    for (uint32_t i = 0; i < p->n; i += 4) {
        __m256i x = _mm256_loadu_si256((const void *)(p->v + i));
        least = _mm256_blendv_epi8(least, x, _mm256_cmpgt_epi64(least, x));
        most = _mm256_blendv_epi8(most, x, _mm256_cmpgt_epi64(x, most));
    }
    int64_t mins[4];
    int64_t maxs[4];
    memcpy(mins, &least, sizeof mins);
    memcpy(maxs, &most, sizeof maxs);
    p->min = mins[0];
    p->max = maxs[0];
    for (unsigned l = 1; l < 4; l++) {
        p->min = mins[l] < p->min ? mins[l] : p->min;
        p->max = maxs[l] > p->max ? maxs[l] : p->max;
    }
}

AVX2 static void fill_avx2(enum width width, uint8_t *out, uint32_t n, uint32_t ord)
{
    uint64_t pattern = ord;
    pattern = width == WIDTH_U8    ? (pattern & 0xff) * 0x0101010101010101
              : width == WIDTH_U16 ? (pattern & 0xffff) * 0x0001000100010001
                                   : pattern * 0x0000000100000001;
    __m256i x = _mm256_set1_epi64x((int64_t)pattern);
    size_t bytes = (size_t)n * width;
    size_t i = 0;
    for (; i + 32 <= bytes; i += 32)
        _mm256_storeu_si256((void *)(out + i), x);
    for (; i < bytes; i += 4)
        memcpy(out + i, &pattern, 4);
}

// How many of all `count` bounds are at or below each value is `until` for the largest,
// less one for each of the `few` bounds before that are above it.
AVX2 static void count_few_avx2(const struct piece *p, const int64_t *bounds, uint32_t few,
                                const uint32_t until_count[2], uint32_t *out)
{
    __m256i until = _mm256_set1_epi64x(until_count[0]);
    __m256i count = _mm256_set1_epi64x(until_count[1]);
    __m256i low_halves = _mm256_set_epi32(7, 5, 3, 1, 6, 4, 2, 0);
    for (uint32_t i = 0; i < p->n; i += 4) {
        __m256i x = _mm256_loadu_si256((const void *)(p->v + i));
        __m256i at = until;
        for (uint32_t b = 0; b < few; b++)
            at = _mm256_add_epi64(at, _mm256_cmpgt_epi64(_mm256_set1_epi64x(bounds[b]), x));
        __m256i is_past = _mm256_cmpeq_epi64(at, count);
        at = _mm256_or_si256(_mm256_add_epi64(at, _mm256_set1_epi64x(-1)), is_past);
        at = _mm256_permutevar8x32_epi32(at, low_halves);
        _mm_storeu_si128((void *)(out + i), _mm256_castsi256_si128(at));
    }
}

AVX2 static void bounds_piece_avx2(struct piece *p, const int64_t *bounds, uint32_t bound_count,
                                   enum width out_width, void *out)
{
    find_ends_avx2(p);
    uint32_t from = bounds_until(bounds, bound_count, p->min);
    uint32_t until = bounds_until(bounds, bound_count, p->max);
    if (from == until) {
        bool is_inside = until > 0 && until < bound_count;
        fill_avx2(out_width, out, p->n, is_inside ? until - 1 : UINT32_MAX);
        return;
    }
    if (until - from > BOUNDS_FEW)
        return bounds_any(p->v, p->n, bounds, bound_count, out_width, out);
    uint32_t ords[BOUNDS_PIECE];
    uint32_t until_count[2] = {until, bound_count};
    count_few_avx2(p, bounds + from, until - from, until_count, ords);
    widen_avx2((struct codes){WIDTH_U32, ords}, p->n, out_width, out);
}

AVX2 static void bounds_avx2(const int64_t *v, uint32_t n, const int64_t *bounds,
                             uint32_t bound_count, enum width out_width, void *out)
{
    uint32_t whole = n / 4 * 4;
    for (uint32_t i = 0; i < whole; i += BOUNDS_PIECE) {
        struct piece p = {.v = v + i, .n = whole - i < BOUNDS_PIECE ? whole - i : BOUNDS_PIECE};
        bounds_piece_avx2(&p, bounds, bound_count, out_width, row_at(out_width, out, i));
    }
    bounds_any(v + whole, n - whole, bounds, bound_count, out_width, row_at(out_width, out, whole));
}

static const struct ordinal_kernels avx2 = {join_avx2, widen_avx2, mask_avx2, bounds_avx2};

// --- AVX-512: sixteen rows in lanes of 32 bits, or 32 in lanes of 16

AVX512 INLINE __m512i load32_avx512(enum width width, const void *at)
{
    if (width == WIDTH_U8)
        return _mm512_cvtepu8_epi16(_mm256_loadu_si256(at));
    return _mm512_loadu_si512(at);
}

AVX512 INLINE void store32_avx512(enum width width, void *to, __m512i x)
{
    if (width == WIDTH_U8)
        _mm256_storeu_si256(to, _mm512_cvtepi16_epi8(x));
    else
        _mm512_storeu_si512(to, x);
}

AVX512 INLINE __m512i join16_avx512(enum width p_width, enum width c_width, __m512i p, __m512i c,
                                    __m512i bound)
{
    __mmask16 none = _mm512_cmpeq_epi32_mask(p, _mm512_set1_epi32((int32_t)width_none(p_width))) |
                     _mm512_cmpeq_epi32_mask(c, _mm512_set1_epi32((int32_t)width_none(c_width)));
    __m512i ord = _mm512_add_epi32(_mm512_mullo_epi32(p, bound), c);
    return _mm512_mask_mov_epi32(ord, none, _mm512_set1_epi32(-1));
}

AVX512 INLINE __m512i join32_avx512(enum width p_width, enum width c_width, __m512i p, __m512i c,
                                    __m512i bound)
{
    __mmask32 none = _mm512_cmpeq_epi16_mask(p, _mm512_set1_epi16((int16_t)width_none(p_width))) |
                     _mm512_cmpeq_epi16_mask(c, _mm512_set1_epi16((int16_t)width_none(c_width)));
    __m512i ord = _mm512_add_epi16(_mm512_mullo_epi16(p, bound), c);
    return _mm512_mask_mov_epi16(ord, none, _mm512_set1_epi16(-1));
}

AVX512 INLINE void join_pco_avx512(enum width out_width, enum width c_width, enum width p_width,
                                   const struct join *j)
{
    bool is_narrow = p_width < WIDTH_U32 && c_width < WIDTH_U32 && out_width < WIDTH_U32;
    __m512i bound = is_narrow ? _mm512_set1_epi16((int16_t)j->code_bound)
                              : _mm512_set1_epi32((int32_t)j->code_bound);
    uint32_t lanes = is_narrow ? 32 : 16;
    const uint8_t *p_at = j->parents.at;
    const uint8_t *c_at = j->codes.at;
    uint8_t *to = j->out;
    uint32_t i = 0;
    for (; i + lanes <= j->n; i += lanes) {
        const uint8_t *p = p_at + (size_t)i * p_width;
        const uint8_t *c = c_at + (size_t)i * c_width;
        if (is_narrow)
            store32_avx512(out_width, to + (size_t)i * out_width,
                           join32_avx512(p_width, c_width, load32_avx512(p_width, p),
                                         load32_avx512(c_width, c), bound));
        else
            store16_avx512(out_width, to + (size_t)i * out_width,
                           join16_avx512(p_width, c_width, load16_avx512(p_width, p),
                                         load16_avx512(c_width, c), bound));
    }
    join_rest(j, i);
}

AVX512 INLINE void join_pc_avx512(enum width c_width, enum width p_width, const struct join *j)
{
    FOR_WIDTH(j->out_width, join_pco_avx512, c_width, p_width, j);
}

AVX512 INLINE void join_p_avx512(enum width p_width, const struct join *j)
{
    FOR_WIDTH(j->codes.width, join_pc_avx512, p_width, j);
}

AVX512 static void join_avx512(struct codes parents, uint32_t code_bound, struct codes codes,
                               uint32_t n, enum width out_width, void *out)
{
    struct join j = {parents, codes, code_bound, n, out_width, out};
    FOR_WIDTH(parents.width, join_p_avx512, &j);
}

AVX512 INLINE void widen_to_avx512(enum width to_width, enum width from_width, const uint8_t *from,
                                   uint32_t n, uint8_t *out)
{
    __m512i none = _mm512_set1_epi32((int32_t)width_none(from_width));
    uint32_t i = 0;
    for (; i + 16 <= n; i += 16) {
        __m512i x = load16_avx512(from_width, from + (size_t)i * from_width);
        x = _mm512_mask_mov_epi32(x, _mm512_cmpeq_epi32_mask(x, none), _mm512_set1_epi32(-1));
        store16_avx512(to_width, out + (size_t)i * to_width, x);
    }
    widen_rest((struct codes){from_width, from}, i, n, to_width, out);
}

AVX512 INLINE void widen_from_avx512(enum width from_width, enum width to_width, const void *from,
                                     uint32_t n, void *out)
{
    FOR_WIDTH(to_width, widen_to_avx512, from_width, from, n, out);
}

AVX512 static void widen_avx512(struct codes from, uint32_t n, enum width to_width, void *out)
{
    FOR_WIDTH(from.width, widen_from_avx512, to_width, from.at, n, out);
}

AVX512 INLINE __m512i only_in_avx512(enum width width, __m512i x, uint64_t in)
{
    __m512i none = _mm512_set1_epi8(-1);
    if (width == WIDTH_U8)
        return _mm512_mask_mov_epi8(none, in, x);
    if (width == WIDTH_U16)
        return _mm512_mask_mov_epi16(none, (__mmask32)in, x);
    return _mm512_mask_mov_epi32(none, (__mmask16)in, x);
}

AVX512 INLINE void mask_words_avx512(enum width width, uint8_t *ords, const uint64_t *mask,
                                     uint32_t words)
{
    unsigned lanes = 64 / (unsigned)width;
    for (uint32_t w = 0; w < words; w++)
        for (unsigned row = 0; row < 64; row += lanes) {
            void *at = ords + ((size_t)w * 64 + row) * width;
            __m512i x = only_in_avx512(width, _mm512_loadu_si512(at), mask[w] >> row);
            _mm512_storeu_si512(at, x);
        }
}

AVX512 static void mask_avx512(enum width width, void *ords, const uint64_t *mask, uint32_t n)
{
    FOR_WIDTH(width, mask_words_avx512, ords, mask, n / 64);
    mask_any(width, row_at(width, ords, n / 64 * 64), mask + n / 64, n % 64);
}

static const struct ordinal_kernels avx512 = {join_avx512, widen_avx512, mask_avx512, bounds_avx2};

#endif

const struct ordinal_kernels *ordinal_kernels(enum simd simd)
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
