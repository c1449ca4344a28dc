// SPDX-License-Identifier: Apache-2.0
#include "kernel/fold.h"

#include "kernel/kernel_private.h"

// --- portable

// NOLINTBEGIN(bugprone-macro-parentheses): types take none
#define FOLD_ANY(name, type, start)                                         \
    static void name##_any(const type *v, const uint64_t *mask, uint32_t n, \
                           struct fold_##name *out)                         \
    {                                                                       \
        struct fold_##name f = start;                                       \
        for (uint32_t i = 0; i < n; i++) {                                  \
            if (mask && !mask_has(mask, i))                                 \
                continue;                                                   \
            f.count++;                                                      \
            f.sum += v[i];                                                  \
            f.min = v[i] < f.min ? v[i] : f.min;                            \
            f.max = v[i] > f.max ? v[i] : f.max;                            \
        }                                                                   \
        *out = f;                                                           \
    }
// NOLINTEND(bugprone-macro-parentheses)

FOLD_ANY(i64, int64_t, FOLD_I64_NONE)
FOLD_ANY(u32, uint32_t, FOLD_U32_NONE)
FOLD_ANY(u16, uint16_t, FOLD_U16_NONE)

// What the lanes hold at the end, put together as the header says.
static void fold_lanes(const double *sums, const double *mins, const double *maxs,
                       struct fold_f64 *out)
{
    double s[FOLD_LANES];
    memcpy(s, sums, sizeof s);
    for (unsigned half = FOLD_LANES / 2; half > 0; half /= 2)
        for (unsigned l = 0; l < half; l++)
            s[l] += s[l + half];
    out->sum = s[0];
    out->min = INFINITY;
    out->max = -INFINITY;
    for (unsigned l = 0; l < FOLD_LANES; l++) {
        out->min = mins[l] < out->min ? mins[l] : out->min;
        out->max = maxs[l] > out->max ? maxs[l] : out->max;
    }
}

static void f64_any(const double *v, const uint64_t *mask, uint32_t n, struct fold_f64 *out)
{
    double sums[FOLD_LANES] = {0};
    double mins[FOLD_LANES];
    double maxs[FOLD_LANES];
    for (unsigned l = 0; l < FOLD_LANES; l++) {
        mins[l] = INFINITY;
        maxs[l] = -INFINITY;
    }
    out->count = mask ? mask_count(mask, n) : n;
    for (uint32_t i = 0; i < n; i++) {
        unsigned l = i % FOLD_LANES;
        if (mask && !mask_has(mask, i))
            continue;
        sums[l] += v[i];
        mins[l] = v[i] < mins[l] ? v[i] : mins[l];
        maxs[l] = v[i] > maxs[l] ? v[i] : maxs[l];
    }
    fold_lanes(sums, mins, maxs, out);
}

static const struct fold_kernels any = {i64_any, u32_any, u16_any, f64_any};

const struct fold_kernels *fold_kernels(enum simd simd)
{
    (void)simd;
    return &any;
}

// --- the same for all

#define FOLD_ADD(name)                                        \
    void name##_add(struct name *to, const struct name *more) \
    {                                                         \
        to->count += more->count;                             \
        to->sum += more->sum;                                 \
        to->min = more->min < to->min ? more->min : to->min;  \
        to->max = more->max > to->max ? more->max : to->max;  \
    }

FOLD_ADD(fold_i64)
FOLD_ADD(fold_u32)
FOLD_ADD(fold_u16)
FOLD_ADD(fold_f64)
