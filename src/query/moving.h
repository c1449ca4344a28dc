// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions over a window of values, by Elasticsearch's names and its arithmetic: NaN is
// passed over, and a window without a value has none (its sum is 0).

#include "base/slice.h"

enum { MOVING_ARGUMENTS_MAX = 2 };

struct moving {
    const char *name; // "unweightedAvg"
    uint32_t argument_count;
    double (*value)(const double *values, uint32_t count, const double *arguments);
};

const struct moving *moving_named(struct slice name); // NULL: there is none
