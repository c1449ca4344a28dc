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

static uint32_t u64_any(const uint64_t *counts, uint32_t n, uint32_t k, uint32_t *out_index)
{
    uint32_t size = k < n ? k : n;
    if (size == 0)
        return 0;
    heap_start(counts, out_index, size);
    for (uint32_t i = size; i < n; i++) {
        if (counts[i] <= counts[out_index[0]])
            continue;
        out_index[0] = i;
        sift_down(counts, out_index, size, 0);
    }
    heap_sort(counts, out_index, size);
    return size;
}

static const struct top_kernels any = {u64_any};

const struct top_kernels *top_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
