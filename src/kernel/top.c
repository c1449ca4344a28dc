// SPDX-License-Identifier: Apache-2.0
#include "kernel/top.h"

#include "kernel/kernel_private.h"

// The best so far are a heap in `out_index` with the least of them on top: a later index
// beats it only with a larger count, so the scan compares with one number.

// Whether x comes after y in the answer.
static bool is_less(const uint64_t *counts, uint32_t x, uint32_t y)
{
    return counts[x] != counts[y] ? counts[x] < counts[y] : x > y;
}

static void sift_down(const uint64_t *counts, uint32_t *heap, uint32_t size, uint32_t at)
{
    uint32_t moved = heap[at];
    for (uint32_t child; (child = 2 * at + 1) < size; at = child) {
        if (child + 1 < size && is_less(counts, heap[child + 1], heap[child]))
            child++;
        if (!is_less(counts, heap[child], moved))
            break;
        heap[at] = heap[child];
    }
    heap[at] = moved;
}

static void heap_start(const uint64_t *counts, uint32_t *heap, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        heap[i] = i;
    for (uint32_t i = size / 2; i-- > 0;)
        sift_down(counts, heap, size, i);
}

// Takes the least away again and again, to the end of what is left.
static void heap_sort(const uint64_t *counts, uint32_t *heap, uint32_t size)
{
    while (size > 1) {
        uint32_t least = heap[0];
        heap[0] = heap[--size];
        heap[size] = least;
        sift_down(counts, heap, size, 0);
    }
}

// The next index from `i` on whose count is above `least`, or `n`.
typedef uint32_t next_above_fn(const uint64_t *counts, uint32_t i, uint32_t n, uint64_t least);

INLINE uint32_t top_by(next_above_fn *next_above, const uint64_t *counts, uint32_t n, uint32_t k,
                       uint32_t *out_index)
{
    uint32_t size = k < n ? k : n;
    if (size == 0)
        return 0;
    heap_start(counts, out_index, size);
    for (uint32_t i = size; (i = next_above(counts, i, n, counts[out_index[0]])) < n; i++) {
        out_index[0] = i;
        sift_down(counts, out_index, size, 0);
    }
    heap_sort(counts, out_index, size);
    return size;
}

// --- portable

static uint32_t next_above_any(const uint64_t *counts, uint32_t i, uint32_t n, uint64_t least)
{
    while (i < n && counts[i] <= least)
        i++;
    return i;
}

static uint32_t u64_any(const uint64_t *counts, uint32_t n, uint32_t k, uint32_t *out_index)
{
    return top_by(next_above_any, counts, n, k, out_index);
}

static const struct top_kernels any = {u64_any};

#if defined(__x86_64__)

// --- AVX2: sixteen at a time.  Its comparison has signs, so both sides have their top bit turned.

AVX2 static uint32_t next_above_avx2(const uint64_t *counts, uint32_t i, uint32_t n, uint64_t least)
{
    __m256i turn = _mm256_set1_epi64x(INT64_MIN);
    __m256i bar = _mm256_xor_si256(_mm256_set1_epi64x((int64_t)least), turn);
    for (; i + 16 <= n; i += 16) {
        __m256i above = _mm256_setzero_si256();
        UNROLL for (size_t part = 0; part < 16; part += 4)
        {
            __m256i x = _mm256_loadu_si256((const void *)(counts + i + part));
            above = _mm256_or_si256(above, _mm256_cmpgt_epi64(_mm256_xor_si256(x, turn), bar));
        }
        if (!_mm256_testz_si256(above, above))
            break;
    }
    return next_above_any(counts, i, n, least);
}

AVX2 static uint32_t u64_avx2(const uint64_t *counts, uint32_t n, uint32_t k, uint32_t *out_index)
{
    return top_by(next_above_avx2, counts, n, k, out_index);
}

static const struct top_kernels avx2 = {u64_avx2};

// --- AVX-512: thirty-two at a time

AVX512 static uint32_t next_above_avx512(const uint64_t *counts, uint32_t i, uint32_t n,
                                         uint64_t least)
{
    __m512i bar = _mm512_set1_epi64((int64_t)least);
    for (; i + 32 <= n; i += 32) {
        uint32_t above = 0;
        UNROLL for (size_t part = 0; part < 32; part += 8)
        {
            __m512i x = _mm512_loadu_si512(counts + i + part);
            above |= (uint32_t)_mm512_cmpgt_epu64_mask(x, bar) << part;
        }
        if (above)
            return i + (uint32_t)__builtin_ctz(above);
    }
    return next_above_any(counts, i, n, least);
}

AVX512 static uint32_t u64_avx512(const uint64_t *counts, uint32_t n, uint32_t k,
                                  uint32_t *out_index)
{
    return top_by(next_above_avx512, counts, n, k, out_index);
}

static const struct top_kernels avx512 = {u64_avx512};

#endif

const struct top_kernels *top_kernels(enum simd simd)
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
