// SPDX-License-Identifier: Apache-2.0
#pragma once

// YEAR(at) = 2021, DATE_TRUNC('month', at) >= '2021-10-01', CAST(at AS DATE) < '2021-11-01': a step
// of time beside a constant is a span of the column.
//
//     steps         [ floor(c) ... next )
//     at  = step    floor <= at < next, where the constant is the beginning of a step; else none
//     at >= step    at >= the first beginning that is not before the constant

#include "sql/bind.h"

struct time_span {
    struct slice field;
    bool has_from, has_to; // from <= field < to; neither: all
    bool is_none;          // no moment is there
    bool is_beside;        // <>: the moments beside it are meant
    int64_t from, to;
};

// Whether `e` compares such a step with a constant that is not NULL, and then the moments for
// which it is true.
bool filter_time_span(const struct expr *e, const struct cell_context *how, struct time_span *out);
