// SPDX-License-Identifier: Apache-2.0
#include "search/agg_ops.h"

static const struct agg_ops *const kinds[AGG_KIND_COUNT] = {
    [AGG_TERMS] = &agg_terms_ops,
    [AGG_DATE_HISTOGRAM] = &agg_date_histogram_ops,
    [AGG_HISTOGRAM] = &agg_histogram_ops,
    [AGG_RANGE] = &agg_range_ops,
    [AGG_DATE_RANGE] = &agg_range_ops,
    [AGG_FILTER] = &agg_filter_ops,
    [AGG_FILTERS] = &agg_filters_ops,
    [AGG_MISSING] = &agg_missing_ops,
    [AGG_GLOBAL] = &agg_global_ops,
    [AGG_COMPOSITE] = &agg_composite_ops,
    [AGG_AVG] = &agg_stats_ops,
    [AGG_SUM] = &agg_stats_ops,
    [AGG_MIN] = &agg_stats_ops,
    [AGG_MAX] = &agg_stats_ops,
    [AGG_VALUE_COUNT] = &agg_stats_ops,
    [AGG_STATS] = &agg_stats_ops,
    [AGG_EXTENDED_STATS] = &agg_extended_stats_ops,
    [AGG_CARDINALITY] = &agg_cardinality_ops,
    [AGG_PERCENTILES] = &agg_percentiles_ops,
    [AGG_PERCENTILE_RANKS] = &agg_percentiles_ops,
    [AGG_MEDIAN_DEVIATION] = &agg_percentiles_ops,
    [AGG_TOP_HITS] = &agg_top_ops,
    [AGG_TOP_METRICS] = &agg_top_ops,
};

const struct agg_ops *agg_ops_of(enum agg_kind kind)
{
    return kinds[kind];
}
