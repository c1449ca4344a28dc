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

// v / step for all v of 32 bits is the upper half of v * (2^64 / step, rounded up): see
// Lemire, Kaser, Kurz, "Faster remainder by direct computation" (2019).
INLINE void steps_of(enum width width, const uint32_t *v, uint32_t n, uint64_t inverse, void *out)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t quotient = (uint32_t)((unsigned __int128)inverse * v[i] >> 64);
        put_at(width, out, i, v[i] == UINT32_MAX ? UINT32_MAX : quotient);
    }
}

static void steps_any(const uint32_t *v, uint32_t n, uint32_t step, enum width out_width, void *out)
{
    if (step == 1)
        widen_any((struct codes){WIDTH_U32, v}, n, out_width, out);
    else
        FOR_WIDTH(out_width, steps_of, v, n, UINT64_MAX / step + 1, out);
}

// How many of the bounds are v or less.
INLINE uint32_t bounds_until(const int64_t *bounds, uint32_t count, int64_t v)
{
    const int64_t *at = bounds;
    while (count > 0) {
        uint32_t half = count / 2;
        bool is_right = at[half] <= v;
        at = is_right ? at + half + 1 : at;
        count = is_right ? count - half - 1 : half;
    }
    return (uint32_t)(at - bounds);
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

static const struct ordinal_kernels any = {join_any, widen_any, mask_any, steps_any, bounds_any};

const struct ordinal_kernels *ordinal_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
