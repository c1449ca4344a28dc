// SPDX-License-Identifier: Apache-2.0
#pragma once

// The numbers of an answered aggregation by their names, as paths of pipelines name them.

#include "search/answer.h"

// False when it has no number of this name; NaN: it has, and no value.  `name` len 0: its only
// one.
bool agg_number(const struct agg_answer *a, struct slice name, double *out);

// What extended_stats tells beyond stats: "std_deviation", "variance_sampling" and the like.
struct agg_spread {
    uint64_t count;
    double sum, squares; // NaN: not shown
    double sigma;
};

bool spread_number(const struct agg_spread *s, struct slice name, double *out);
