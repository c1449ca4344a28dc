// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pipeline aggregations: numbers worked out from what other aggregations answer.
//
// A pipeline looks at no row.  It stands beside the aggregations of a level (agg.h,
// `pipelines`) and has been tied to those that its buckets_path names, so that whoever works
// it out looks nothing up.  A parent pipeline stands within the buckets that it goes along
// (derivative); a sibling pipeline beside the aggregation whose buckets it sums up (avg_bucket).

#include "query/expression.h"

enum pipeline_kind {
    PIPELINE_DERIVATIVE,
    PIPELINE_CUMULATIVE_SUM,
    PIPELINE_SERIAL_DIFF,
    PIPELINE_MOVING_FN,
    PIPELINE_MOVING_AVG,
    PIPELINE_BUCKET_SCRIPT,
    PIPELINE_BUCKET_SELECTOR,
    PIPELINE_BUCKET_SORT,
    PIPELINE_SIBLINGS, // kinds from here on are of what stands beside them
    PIPELINE_AVG_BUCKET = PIPELINE_SIBLINGS,
    PIPELINE_SUM_BUCKET,
    PIPELINE_MIN_BUCKET,
    PIPELINE_MAX_BUCKET,
    PIPELINE_STATS_BUCKET,
    PIPELINE_EXTENDED_STATS_BUCKET,
    PIPELINE_PERCENTILES_BUCKET,
    PIPELINE_KIND_COUNT
};

// What a bucket without a value counts as.
enum gap_policy { GAP_SKIP, GAP_ZEROS, GAP_KEEP };

enum path_value {
    PATH_NUMBER,       // `metric` of the aggregation where the steps end
    PATH_COUNT,        // rows of the bucket where the steps end
    PATH_BUCKET_COUNT, // buckets of the aggregation where the steps end
    PATH_PIPELINE,     // a pipeline's value in the bucket where the steps end
    PATH_KEY,          // bucket_sort: the bucket's key
};

// Of a bucket: down the steps, by number among the aggregations of each level; each but the
// last has just one bucket.  Of a sibling pipeline the first `lead_count` steps lead to the
// aggregation whose buckets are looked at, from where it stands itself.
struct pipeline_path {
    struct slice variable; // what a script calls it
    struct slice text;     // as it was written
    enum path_value value;
    const uint32_t *steps;
    uint32_t step_count, lead_count;
    uint32_t pipeline; // PATH_PIPELINE: its number there
    struct slice metric;
    bool descending; // bucket_sort
};

struct pipeline {
    struct slice name;
    enum pipeline_kind kind;
    const char *type_name;
    const struct json *meta; // NULL for none
    struct slice format;     // len 0: none
    enum gap_policy gap;
    const struct pipeline_path *paths;
    uint32_t path_count;
    int64_t unit_ms;                 // derivative; 0: none
    uint32_t lag;                    // serial_diff
    uint32_t window;                 // moving_fn, moving_avg
    int64_t shift;                   // moving_fn
    const struct expression *script; // over the paths, or over the window
    uint32_t from, size;             // bucket_sort
    double sigma;                    // extended_stats_bucket
    const double *percents;          // percentiles_bucket
    uint32_t percent_count;
    bool keyed;
};
