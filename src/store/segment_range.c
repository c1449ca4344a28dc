// SPDX-License-Identifier: Apache-2.0
#include "store/segment_private.h"

#include <math.h>

static bool is_present(const uint64_t *present, uint32_t i)
{
    return !present || bit_get(present, i);
}

struct block_range range_of_codes(const uint32_t *codes, uint32_t count)
{
    uint32_t min = UINT32_MAX;
    uint32_t max = 0;
    uint32_t missing = 0;
    for (uint32_t i = 0; i < count; i++) {
        bool gap = codes[i] == CODE_NONE;
        uint32_t or_zero = gap ? 0 : codes[i];
        missing += gap;
        min = codes[i] < min ? codes[i] : min;
        max = or_zero > max ? or_zero : max;
    }
    struct block_range r = {.any = missing<count, .any_missing = missing> 0};
    if (r.any) {
        r.min = min;
        r.max = max;
    }
    return r;
}

struct block_range range_of_i64(const int64_t *values, const uint64_t *present, uint32_t count)
{
    struct block_range r = {.min = INT64_MAX, .max = INT64_MIN};
    for (uint32_t i = 0; i < count; i++) {
        if (!is_present(present, i)) {
            r.any_missing = true;
            continue;
        }
        r.any = true;
        r.min = values[i] < r.min ? values[i] : r.min;
        r.max = values[i] > r.max ? values[i] : r.max;
    }
    return r.any ? r : (struct block_range){.any_missing = r.any_missing};
}

// A NaN has no place in an order, so a block that has one is bounded by nothing.
struct block_range range_of_f64(const double *values, const uint64_t *present, uint32_t count)
{
    struct block_range r = {.min_f64 = INFINITY, .max_f64 = -INFINITY};
    bool any_nan = false;
    for (uint32_t i = 0; i < count; i++) {
        if (!is_present(present, i)) {
            r.any_missing = true;
            continue;
        }
        r.any = true;
        any_nan |= isnan(values[i]) != 0;
        r.min_f64 = values[i] < r.min_f64 ? values[i] : r.min_f64;
        r.max_f64 = values[i] > r.max_f64 ? values[i] : r.max_f64;
    }
    if (!r.any)
        return (struct block_range){.any_missing = r.any_missing};
    if (any_nan) {
        r.min_f64 = -INFINITY;
        r.max_f64 = INFINITY;
    }
    return r;
}
