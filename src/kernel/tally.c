// SPDX-License-Identifier: Apache-2.0
#include "kernel/tally.h"

#include "kernel/kernel_private.h"

// --- portable

INLINE uint32_t put_carries(uint64_t bits, const uint32_t *v, uint32_t *carries, uint32_t count)
{
    for (; bits; bits &= bits - 1)
        carries[count++] = v[__builtin_ctzll(bits)];
    return count;
}

// Up to 64 rows.  Where a carry goes depends on the bytes before it, and what is read after a
// write to such a place waits for it; so they are written down after the rows, of which few carry.
INLINE uint32_t some(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                     uint32_t *carries, uint32_t count)
{
    uint8_t passed_over = 0; // fewer than carry
    uint64_t bits = 0;
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *at = below(v[i], bound, bytes + v[i], &passed_over);
        uint8_t now = (uint8_t)(*at + 1);
        *at = now;
        bits |= (uint64_t)(now == 0) << i;
    }
    return put_carries(bits, v, carries, count);
}

INLINE uint32_t rows(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                     uint32_t *carries, uint32_t count)
{
    uint32_t i = 0;
    for (; i + 8 <= n; i += 8)
        count = some(v + i, 8, bound, bytes, carries, count);
    return some(v + i, n - i, bound, bytes, carries, count);
}

static uint32_t u32_any(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                        uint32_t *carries)
{
    return rows(v, n, bound_below_none(WIDTH_U32, bound), bytes, carries, 0);
}

static uint32_t add_from(const uint8_t *from, uint32_t first, uint32_t bound, uint8_t *bytes,
                         uint32_t *carries)
{
    uint32_t count = 0;
    for (uint32_t i = first; i < bound; i++) {
        bytes[i] = (uint8_t)(bytes[i] + from[i]);
        if (bytes[i] < from[i])
            carries[count++] = i;
    }
    return count;
}

static uint32_t add_any(const uint8_t *from, uint32_t bound, uint8_t *bytes, uint32_t *carries)
{
    return add_from(from, 0, bound, bytes, carries);
}

static uint64_t sum_any(const uint8_t *bytes, uint32_t bound)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < bound; i++)
        sum += bytes[i];
    return sum;
}

static const struct tally_kernels any = {u32_any, add_any, sum_any};

#if defined(__x86_64__)

// --- AVX2, AVX-512: sums of a register; a sum that is less than what was added has carried.

INLINE uint32_t put_places(uint64_t bits, uint32_t first, uint32_t *carries, uint32_t count)
{
    for (; bits; bits &= bits - 1)
        carries[count++] = first + (uint32_t)__builtin_ctzll(bits);
    return count;
}

// Says in *carries whether the byte has carried.  The flag of the addition is taken as it is:
// compilers look at the sum again, and that takes half as long again.
// NOLINTNEXTLINE(readability-non-const-parameter): the assembler changes both
INLINE void add_one(uint8_t *at, uint32_t *carries)
{
    __asm__("addb $1, %[at]\n\tadcl $0, %[carries]"
            : [at] "+m"(*at), [carries] "+r"(*carries)
            :
            : "cc");
}

// Of eight values that were counted just now, those that carried: such a byte is less than what it
// was given.
static uint32_t find_carries(const uint32_t *v, const uint8_t *bytes, uint32_t *carries,
                             uint32_t count)
{
    for (uint32_t i = 0; i < 8; i++) {
        uint32_t before = 0;
        uint32_t times = 0;
        for (uint32_t j = 0; j < 8; j++) {
            before += j < i && v[j] == v[i];
            times += v[j] == v[i];
        }
        if (before == 0 && bytes[v[i]] < times)
            carries[count++] = v[i];
    }
    return count;
}

INLINE uint32_t eight(const uint32_t *v, uint8_t *bytes, uint32_t *carries, uint32_t count)
{
    uint32_t carried = 0;
    UNROLL for (uint32_t i = 0; i < 8; i++)
    {
        add_one(&bytes[v[i]], &carried);
    }
    return carried ? find_carries(v, bytes, carries, count) : count;
}

// Eight rows of one value, which each by itself would wait for the one before.
INLINE uint32_t eight_alike(uint32_t x, uint32_t bound, uint8_t *bytes, uint32_t *carries,
                            uint32_t count)
{
    if (x >= bound)
        return count;
    bytes[x] = (uint8_t)(bytes[x] + 8);
    if (bytes[x] < 8)
        carries[count++] = x;
    return count;
}

AVX2 static uint32_t u32_avx2(const uint32_t *v, uint32_t n, uint32_t bound, uint8_t *bytes,
                              uint32_t *carries)
{
    uint32_t count = 0;
    uint32_t i = 0;
    bound = bound_below_none(WIDTH_U32, bound);
    __m256i bounds = _mm256_set1_epi32((int32_t)bound);
    for (; i + 8 <= n; i += 8) {
        __m256i x = _mm256_loadu_si256((const void *)(v + i));
        __m256i differs = _mm256_xor_si256(x, _mm256_set1_epi32((int32_t)v[i]));
        __m256i is_past = _mm256_cmpeq_epi32(_mm256_max_epu32(x, bounds), x);
        if (_mm256_testz_si256(differs, differs))
            count = eight_alike(v[i], bound, bytes, carries, count);
        else if (_mm256_testz_si256(is_past, is_past))
            count = eight(v + i, bytes, carries, count);
        else
            count = some(v + i, 8, bound, bytes, carries, count);
    }
    return some(v + i, n - i, bound, bytes, carries, count);
}

AVX2 static uint64_t sum_avx2(const uint8_t *bytes, uint32_t bound)
{
    __m256i sums = _mm256_setzero_si256();
    uint32_t i = 0;
    for (; i + 32 <= bound; i += 32) {
        __m256i x = _mm256_loadu_si256((const void *)(bytes + i));
        sums = _mm256_add_epi64(sums, _mm256_sad_epu8(x, _mm256_setzero_si256()));
    }
    uint64_t four[4];
    _mm256_storeu_si256((void *)four, sums);
    return four[0] + four[1] + four[2] + four[3] + sum_any(bytes + i, bound - i);
}

AVX2 static uint32_t add_avx2(const uint8_t *from, uint32_t bound, uint8_t *bytes,
                              uint32_t *carries)
{
    uint32_t count = 0;
    uint32_t i = 0;
    for (; i + 32 <= bound; i += 32) {
        __m256i x = _mm256_loadu_si256((const void *)(from + i));
        __m256i sum = _mm256_add_epi8(x, _mm256_loadu_si256((const void *)(bytes + i)));
        _mm256_storeu_si256((void *)(bytes + i), sum);
        __m256i is_whole = _mm256_cmpeq_epi8(_mm256_max_epu8(sum, x), sum);
        count = put_places(~(uint32_t)_mm256_movemask_epi8(is_whole), i, carries, count);
    }
    return count + add_from(from, i, bound, bytes, carries + count);
}

AVX512 static uint32_t add_avx512(const uint8_t *from, uint32_t bound, uint8_t *bytes,
                                  uint32_t *carries)
{
    uint32_t count = 0;
    uint32_t i = 0;
    for (; i + 64 <= bound; i += 64) {
        __m512i x = _mm512_loadu_si512(from + i);
        __m512i sum = _mm512_add_epi8(x, _mm512_loadu_si512(bytes + i));
        _mm512_storeu_si512(bytes + i, sum);
        count = put_places(_mm512_cmplt_epu8_mask(sum, x), i, carries, count);
    }
    return count + add_from(from, i, bound, bytes, carries + count);
}

static const struct tally_kernels avx2 = {u32_avx2, add_avx2, sum_avx2};
static const struct tally_kernels avx512 = {u32_avx2, add_avx512, sum_avx2};

#endif

const struct tally_kernels *tally_kernels(enum simd simd)
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
