// SPDX-License-Identifier: Apache-2.0
#include "kernel/compress.h"

#include "kernel/kernel_private.h"
#include "kernel/set_bits.h"

// --- portable

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define COMPRESS_ANY(name, type)                                                     \
    static uint32_t name(const type *v, const uint64_t *mask, uint32_t n, type *out) \
    {                                                                                \
        uint32_t count = 0;                                                          \
        for (uint32_t w = 0; w < mask_words(n); w++)                                 \
            for (uint64_t left = mask[w]; left; left &= left - 1)                    \
                out[count++] = v[w * 64 + (uint32_t)__builtin_ctzll(left)];          \
        return count;                                                                \
    }
// NOLINTEND(bugprone-macro-parentheses)

COMPRESS_ANY(u8_any, uint8_t)
COMPRESS_ANY(u16_any, uint16_t)
COMPRESS_ANY(u32_any, uint32_t)
COMPRESS_ANY(u64_any, uint64_t)

static const struct compress_kernels any = {u8_any, u16_any, u32_any, u64_any};

#if defined(__x86_64__)

// --- AVX2

// Eight rows a step: all eight are shuffled, those in the mask first, and stored; the next
// step starts behind those.  The last rows, fewer than 64, come with zeros behind them.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define COMPRESS_AVX2(name, type, step)                                                   \
    AVX2 static uint32_t name(const type *v, const uint64_t *mask, uint32_t n, type *out) \
    {                                                                                     \
        type *to = out;                                                                   \
        for (uint32_t w = 0; w < mask_words(n); w++) {                                    \
            type tail[64];                                                                \
            const type *at = rows64(v, sizeof(type), w * 64, n, tail);                    \
            for (uint64_t left = mask[w]; left; left >>= 8, at += 8) {                    \
                step(at, left & 0xff, to);                                                \
                to += __builtin_popcountll(left & 0xff);                                  \
            }                                                                             \
        }                                                                                 \
        return (uint32_t)(to - out);                                                      \
    }

// NOLINTEND(bugprone-macro-parentheses)

AVX2 INLINE void step_u8_avx2(const uint8_t *at, uint64_t bits, uint8_t *to)
{
    __m128i places = _mm_cvtsi64_si128((int64_t)set_bits[bits]);
    _mm_storel_epi64((__m128i *)to, _mm_shuffle_epi8(_mm_loadl_epi64((const __m128i *)at), places));
}

// Bytes 2p and 2p + 1 for place p.
AVX2 INLINE void step_u16_avx2(const uint16_t *at, uint64_t bits, uint16_t *to)
{
    __m128i places = _mm_cvtepu8_epi16(_mm_cvtsi64_si128((int64_t)set_bits[bits]));
    places = _mm_mullo_epi16(places, _mm_set1_epi16(0x0202));
    places = _mm_add_epi16(places, _mm_set1_epi16(0x0100));
    _mm_storeu_si128((__m128i *)to, _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *)at), places));
}

AVX2 INLINE void step_u32_avx2(const uint32_t *at, uint64_t bits, uint32_t *to)
{
    __m256i places = _mm256_cvtepu8_epi32(_mm_cvtsi64_si128((int64_t)set_bits[bits]));
    __m256i x = _mm256_loadu_si256((const __m256i *)at);
    _mm256_storeu_si256((__m256i *)to, _mm256_permutevar8x32_epi32(x, places));
}

// Four at a time, as two halves of 32 bits each.
AVX2 INLINE void half_u64_avx2(const uint64_t *at, uint64_t bits, uint64_t *to)
{
    __m256i places = _mm256_cvtepu8_epi64(_mm_cvtsi32_si128((int32_t)set_bits[bits]));
    places = _mm256_add_epi64(places, places);
    places = _mm256_or_si256(places, _mm256_slli_epi64(places, 32));
    places = _mm256_add_epi64(places, _mm256_set1_epi64x((int64_t)1 << 32));
    __m256i x = _mm256_loadu_si256((const __m256i *)at);
    _mm256_storeu_si256((__m256i *)to, _mm256_permutevar8x32_epi32(x, places));
}

AVX2 INLINE void step_u64_avx2(const uint64_t *at, uint64_t bits, uint64_t *to)
{
    half_u64_avx2(at, bits & 15, to);
    half_u64_avx2(at + 4, bits >> 4, to + __builtin_popcountll(bits & 15));
}

COMPRESS_AVX2(u8_avx2, uint8_t, step_u8_avx2)
COMPRESS_AVX2(u16_avx2, uint16_t, step_u16_avx2)
COMPRESS_AVX2(u32_avx2, uint32_t, step_u32_avx2)
COMPRESS_AVX2(u64_avx2, uint64_t, step_u64_avx2)

static const struct compress_kernels avx2 = {u8_avx2, u16_avx2, u32_avx2, u64_avx2};

// --- AVX-512

// Only rows of the mask are loaded, so none past the end are.  Compressed in the register, then
// stored whole: compressing to memory is ten times slower on some processors.
// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define COMPRESS_AVX512(name, type, level, bits, lanes)                                    \
    level static uint32_t name(const type *v, const uint64_t *mask, uint32_t n, type *out) \
    {                                                                                      \
        type *to = out;                                                                    \
        for (uint32_t w = 0; w < mask_words(n); w++) {                                     \
            UNROLL for (size_t part = 0; part < 64; part += (lanes))                       \
            {                                                                              \
                __mmask##lanes in = (__mmask##lanes)(mask[w] >> part);                     \
                __m512i x = _mm512_maskz_loadu_epi##bits(in, v + w * (size_t)64 + part);   \
                _mm512_storeu_si512(to, _mm512_maskz_compress_epi##bits(in, x));           \
                to += __builtin_popcountll(in);                                            \
            }                                                                              \
        }                                                                                  \
        return (uint32_t)(to - out);                                                       \
    }
// NOLINTEND(bugprone-macro-parentheses)

COMPRESS_AVX512(u8_vbmi, uint8_t, AVX512_VBMI, 8, 64)
COMPRESS_AVX512(u16_vbmi, uint16_t, AVX512_VBMI, 16, 32)
COMPRESS_AVX512(u32_avx512, uint32_t, AVX512, 32, 16)
COMPRESS_AVX512(u64_avx512, uint64_t, AVX512, 64, 8)

static const struct compress_kernels avx512 = {u8_avx2, u16_avx2, u32_avx512, u64_avx512};
static const struct compress_kernels vbmi = {u8_vbmi, u16_vbmi, u32_avx512, u64_avx512};

#endif

const struct compress_kernels *compress_kernels(enum simd simd)
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
