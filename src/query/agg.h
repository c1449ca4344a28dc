// SPDX-License-Identifier: Apache-2.0
#pragma once

// The aggregations of a question, as a tree, checked for form only (see query.h).

#include "query/pipeline.h"
#include "query/query.h"

enum agg_kind {
    AGG_TERMS,
    AGG_DATE_HISTOGRAM,
    AGG_HISTOGRAM,
    AGG_RANGE,
    AGG_DATE_RANGE,
    AGG_FILTER,
    AGG_FILTERS,
    AGG_MISSING,
    AGG_GLOBAL,
    AGG_COMPOSITE,
    AGG_BUCKET_KINDS, // kinds before this one make buckets and may hold others
    AGG_AVG = AGG_BUCKET_KINDS,
    AGG_SUM,
    AGG_MIN,
    AGG_MAX,
    AGG_VALUE_COUNT,
    AGG_STATS,
    AGG_EXTENDED_STATS,
    AGG_CARDINALITY,
    AGG_PERCENTILES,
    AGG_PERCENTILE_RANKS,
    AGG_MEDIAN_DEVIATION, // median_absolute_deviation
    AGG_TOP_HITS,
    AGG_TOP_METRICS,
    AGG_KIND_COUNT
};

struct request;

enum agg_order_by { ORDER_COUNT, ORDER_KEY, ORDER_METRIC };

struct agg_order {
    enum agg_order_by by;
    bool ascending;
    struct slice path;   // ORDER_METRIC: names of sub-aggregations, "a>b"
    struct slice metric; // ORDER_METRIC: "avg" of "stats.avg", "95.0" of "p[95.0]"; len 0
};

struct agg_range {
    struct slice key;        // len 0: made from the bounds
    struct literal from, to; // LITERAL_NULL: open
};

struct agg_source {        // of a composite
    const struct agg *agg; // terms, histogram or date_histogram; `name` is the source's
    bool descending;
    bool takes_missing; // rows without a value have a bucket of null
    bool missing_first;
};

enum date_interval_kind { INTERVAL_CALENDAR, INTERVAL_FIXED };

struct agg {
    struct slice name;
    enum agg_kind kind;
    bool keyed;
    bool missing_is_apart;   // source of a composite: rows without a value have their own bucket
    bool shows_term_error;   // terms, with each bucket: always 0 here
    bool filters_keyed;      // filters: they have names
    const char *type_name;   // as in the request: "terms", "date_histogram", ...
    struct slice field;      // len 0 where the kind has none
    const struct json *meta; // NULL for none
    struct literal missing;  // LITERAL_NULL for none
    struct slice format;     // len 0: the field's
    const struct agg *subs;
    uint32_t sub_count;
    const struct pipeline *pipelines; // within its buckets
    uint32_t pipeline_count;

    // terms
    uint32_t size;
    uint64_t min_doc_count;         // terms: default 1; histograms: default 0
    const struct agg_order *orders; // terms: count desc, then key asc; histograms: key asc
    uint32_t order_count;
    const struct literal *include, *exclude; // exact values; NULL for none
    uint32_t include_count, exclude_count;
    struct slice include_pattern, exclude_pattern; // regular expressions; at NULL for none

    // date_histogram
    enum date_interval_kind interval_kind;
    int calendar_unit; // enum date_unit (base/date.h)
    int64_t interval_ms;
    int64_t offset_ms;
    struct slice time_zone; // len 0: UTC
    // histogram
    double interval, offset;
    // both: LITERAL_NULL for none
    struct literal extended_min, extended_max, hard_min, hard_max;

    // range, date_range
    const struct agg_range *ranges;
    uint32_t range_count;

    // filter: filters[0]; filters: all, with names when `filters_keyed`
    const struct query *const *filters;
    const struct slice *filter_names;
    uint32_t filter_count;
    struct slice other_bucket; // name of the bucket for the rest; len 0: none

    // composite: its one sub is the first source, whose one sub is the next, and the last
    // source's subs are those that were asked for below the composite
    const struct agg_source *sources;
    uint32_t source_count;
    const struct literal *after; // one for each source; NULL: from the start

    // top_hits and top_metrics: which rows of a bucket, and what of them; as of a search
    const struct request *top;

    // percentiles; percentile_ranks: the values whose rank is asked for
    const double *percents;
    uint32_t percent_count;
    // cardinality
    uint32_t precision_threshold;
    // extended_stats: how many deviations from the average its bounds are
    double sigma;
};

// How many aggregations are in each of its buckets, and these.
uint32_t agg_below(const struct agg *a, const struct agg **out);

// The aggregations of one level.
struct agg_level {
    const struct agg *aggs;
    uint32_t agg_count;
    struct pipeline *pipelines; // each after those that it is made from
    uint32_t pipeline_count;
};

// `v` is the object under "aggs".
enum err agg_parse(const struct json *v, struct arena *request, struct agg_level *out,
                   struct fault *why);

// "a>b.avg", "p[95.0]", "a>_count": the names down to an aggregation, and then which of its
// values; len 0: its only one.
void agg_path_split(struct slice text, struct slice *out_path, struct slice *out_metric);
