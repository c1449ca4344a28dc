// SPDX-License-Identifier: Apache-2.0
#include "kernel/group.h"

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

static const struct group_kernels any = {
    .sum_u16 = sum_u16,
    .sum_u32 = sum_u32,
    .sum_i64 = sum_i64,
    .sum_f64 = sum_f64,
    .min_u16 = min_u16,
    .min_u32 = min_u32,
    .min_i64 = min_i64,
    .min_f64 = min_f64,
    .max_u16 = max_u16,
    .max_u32 = max_u32,
    .max_i64 = max_i64,
    .max_f64 = max_f64,
};

const struct group_kernels *group_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}
