// SPDX-License-Identifier: Apache-2.0
#include "kernel/gather.h"

#include "kernel/kernel_private.h"

// --- portable

// Indices of a byte look up a copy that is filled with none, so nothing is compared.  An index
// outside reads a none that lies elsewhere.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define GATHER_ANY(name, type)                                                                   \
    static void name##_by_u8(const type *table, uint32_t len, const uint8_t *index, uint32_t n,  \
                             type *out)                                                          \
    {                                                                                            \
        type whole[256];                                                                         \
        memset(whole, 0xff, sizeof whole);                                                       \
        memcpy(whole, table, len * sizeof *whole);                                               \
        for (uint32_t i = 0; i < n; i++)                                                         \
            out[i] = whole[index[i]];                                                            \
    }                                                                                            \
    INLINE void name##_by(enum width width, const type *table, uint32_t len, const void *index,  \
                          uint32_t n, type *out)                                                 \
    {                                                                                            \
        const type none = (type)-1;                                                              \
        for (uint32_t i = 0; i < n; i++) {                                                       \
            uint32_t at = raw_at(width, index, i);                                               \
            out[i] = *(const type *)below(at, len, table + at, &none);                           \
        }                                                                                        \
    }                                                                                            \
    static void name(const type *table, uint32_t len, struct codes index, uint32_t n, type *out) \
    {                                                                                            \
        len = bound_below_none(index.width, len);                                                \
        if (len == 0)                                                                            \
            memset(out, 0xff, n * sizeof *out);                                                  \
        else if (index.width == WIDTH_U8)                                                        \
            name##_by_u8(table, len, index.at, n, out);                                          \
        else if (index.width == WIDTH_U16)                                                       \
            name##_by(WIDTH_U16, table, len, index.at, n, out);                                  \
        else                                                                                     \
            name##_by(WIDTH_U32, table, len, index.at, n, out);                                  \
    }
// NOLINTEND(bugprone-macro-parentheses)

GATHER_ANY(u8_any, uint8_t)
GATHER_ANY(u16_any, uint16_t)
GATHER_ANY(u32_any, uint32_t)

static const struct gather_kernels any = {u8_any, u16_any, u32_any};

#if defined(__x86_64__)

// --- AVX-512 (AVX2's gathers are no faster than loads one by one)

// Sixteen look-ups a step.  A gather reads four bytes for each: at the end of a table of
// narrower values it is made to start earlier, and what is too much is shifted out.
struct lookup {
    const void *table;
    uint32_t len;
    uint32_t last_byte; // where a gather may start at the latest
};

AVX512 INLINE __m512i look_up_avx512(enum width type, const struct lookup *l, __m512i index)
{
    __mmask16 in = _mm512_cmplt_epu32_mask(index, _mm512_set1_epi32((int32_t)l->len));
    __m512i none = _mm512_set1_epi32(-1);
    if (type == WIDTH_U32)
        return _mm512_mask_i32gather_epi32(none, in, index, l->table, 4);
    __m512i byte = type == WIDTH_U16 ? _mm512_slli_epi32(index, 1) : index;
    __m512i start = _mm512_min_epu32(byte, _mm512_set1_epi32((int32_t)l->last_byte));
    __m512i shift = _mm512_slli_epi32(_mm512_sub_epi32(byte, start), 3);
    __m512i x = _mm512_mask_i32gather_epi32(none, in, start, l->table, 1);
    return _mm512_mask_srlv_epi32(none, in, x, shift);
}

AVX512 INLINE void gather_by_avx512(enum width index_width, enum width type, const struct lookup *l,
                                    const uint8_t *index, uint32_t n, uint8_t *out)
{
    for (uint32_t i = 0; i < n; i += 16) {
        __m512i x = load16_avx512(index_width, index + (size_t)i * index_width);
        store16_avx512(type, out + (size_t)i * type, look_up_avx512(type, l, x));
    }
}

// A gather's offsets are signed: tables up to 2^31 bytes.
INLINE bool pays_gather(struct codes index, uint32_t len, enum width type)
{
    size_t bytes = (size_t)len * type;
    return index.width != WIDTH_U8 && bytes >= 4 && bytes <= INT32_MAX;
}

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define GATHER_AVX512(name, type, rest)                                                      \
    AVX512 static void name(const type *table, uint32_t len, struct codes index, uint32_t n, \
                            type *out)                                                       \
    {                                                                                        \
        const enum width width = (enum width)sizeof *table;                                  \
        uint32_t bound = bound_below_none(index.width, len);                                 \
        uint32_t whole = pays_gather(index, bound, width) ? n / 16 * 16 : 0;                 \
        struct lookup l = {table, bound, bound * (uint32_t)width - 4};                       \
        if (index.width == WIDTH_U16)                                                        \
            gather_by_avx512(WIDTH_U16, width, &l, index.at, whole, (uint8_t *)out);         \
        else                                                                                 \
            gather_by_avx512(WIDTH_U32, width, &l, index.at, whole, (uint8_t *)out);         \
        index.at = (const uint8_t *)index.at + (size_t)whole * index.width;                  \
        rest(table, len, index, n - whole, out + whole);                                     \
    }
// NOLINTEND(bugprone-macro-parentheses)

GATHER_AVX512(u8_avx512, uint8_t, u8_any)
GATHER_AVX512(u16_avx512, uint16_t, u16_any)
GATHER_AVX512(u32_avx512, uint32_t, u32_any)

// Bytes by bytes: the whole table is in four registers.
AVX512_VBMI static void u8_vbmi(const uint8_t *table, uint32_t len, struct codes index, uint32_t n,
                                uint8_t *out)
{
    if (index.width != WIDTH_U8)
        return u8_avx512(table, len, index, n, out);
    uint8_t whole[256];
    memset(whole, 0xff, sizeof whole);
    if (len > 0)
        memcpy(whole, table, bound_below_none(WIDTH_U8, len));
    __m512i quarters[4];
    memcpy(quarters, whole, sizeof quarters);
    const uint8_t *at = index.at;
    for (uint32_t i = 0; i < n; i += 64) {
        __mmask64 in = mask_low(n - i);
        __m512i x = _mm512_maskz_loadu_epi8(in, at + i);
        __m512i low = _mm512_permutex2var_epi8(quarters[0], x, quarters[1]);
        __m512i high = _mm512_permutex2var_epi8(quarters[2], x, quarters[3]);
        x = _mm512_mask_mov_epi8(low, _mm512_movepi8_mask(x), high);
        _mm512_mask_storeu_epi8(out + i, in, x);
    }
}

static const struct gather_kernels avx512 = {u8_avx512, u16_avx512, u32_avx512};
static const struct gather_kernels vbmi = {u8_vbmi, u16_avx512, u32_avx512};

#endif

const struct gather_kernels *gather_kernels(enum simd simd)
{
#if defined(__x86_64__)
    if (simd == SIMD_AVX512)
        return simd_has_vbmi() ? &vbmi : &avx512;
#endif
    (void)simd;
    return &any;
}
