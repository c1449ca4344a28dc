// SPDX-License-Identifier: Apache-2.0
#pragma once

// The answer to a request, before anybody gives it Elasticsearch's shape.
// Everything lives in the request's arena.

#include "data/value.h"
#include "query/request.h"
#include "store/view.h"

struct agg_answer;

// Of several numbers: what a sibling pipeline tells of them.
struct pipeline_spread {
    uint64_t count;
    double sum, min, max, squares;
    const double *percentiles;            // one per percent
    const struct agg *agg;                // whose buckets they were
    const struct bucket *const *extremes; // min_bucket, max_bucket: those that have it
    uint32_t extreme_count;
};

struct pipeline_answer {
    bool is_shown;                        // the bucket has one
    double value;                         // NaN: null
    double normalized;                    // derivative with a unit
    const struct pipeline_spread *spread; // sibling kinds; NULL for others
};

struct bucket {
    struct value key;         // terms, histograms; range: .text holds the key
    const struct value *keys; // composite: one for each source
    // terms, where search_context.tells_folded: keys of rows that are counted here as well.
    const struct value *folded;
    uint32_t folded_count;
    bool has_from, has_to; // range, date_range
    double from, to;
    uint64_t doc_count;
    const struct agg_answer *subs; // one per agg->subs, in order; NULL when there are none
    const struct pipeline_answer *pipelines; // one per agg->pipelines; NULL when there are none
};

struct agg_answer {
    const struct agg *agg;
    // The type of the field, so that dates are printed as dates and booleans as booleans;
    // FIELD_TYPE_COUNT when the field is unmapped.
    int field_type;
    const struct bucket *buckets; // bucket kinds; filter, missing, global have just one
    uint32_t bucket_count;
    uint64_t other_count; // terms: sum_other_doc_count
    // metrics
    uint64_t count; // values seen (value_count, stats; 0: avg, min, max are null)
    double sum, min, max;
    double squares;            // extended_stats: the sum of them; NaN: not shown
    uint64_t distinct;         // cardinality
    const double *percentiles; // one per agg->percents; NaN when count is 0
    double deviation;          // median_absolute_deviation; NaN when count is 0
    // top_hits, top_metrics: the first rows of the bucket's `count`
    const struct hit *hits;
    uint32_t hit_count;
};

struct hit_field {
    struct slice name; // "device.model" for a look-up
    struct value value;
};

// Somebody whose pseudonym the row has, whether or not that field is shown: for the audit log only.
struct hit_person {
    const char *kind; // "device"
    bool is_about;    // the row's subject, or its key where it has none
    uint8_t pseudonym[16];
};

struct hit {
    const char *index;
    struct row_key key;
    uint64_t number; // of the row, and the term it is of (row_number(), store_term())
    uint64_t term;
    // Numbers count all rows, so whoever may not see all of them is not shown any.
    bool hides_number;
    double score;
    uint64_t doc;                   // where it was in the walk
    const struct value *sort;       // one per sort key; NULL without sort
    const struct hit_field *fields; // all that have a value, in schema order
    uint32_t field_count;
    const struct hit_person *people;
    uint32_t person_count;
};

struct answer {
    uint64_t total;
    bool total_is_lower_bound;
    double max_score; // NaN: null
    const struct hit *hits;
    uint32_t hit_count;
    double subjects;               // below a floor: whom the total is about, exact while few
    const struct agg_answer *aggs; // one per request->aggs
    uint32_t agg_count;
    const struct pipeline_answer *pipelines; // one per request->pipelines
    bool timed_out;
    bool terminated_early; // at the request's terminate_after
    uint32_t index_count;  // searched: _shards.total
    // Stretches of blocks: taken from the cache; collected for it.  Blocks walked beside them.
    bool used_cache;
    uint32_t kept_units, fresh_units, loose_blocks;
    uint64_t version; // of the rows it is about (snapshot_version_of())
    const char *cube; // the metric whose cube answered; NULL: rows were looked at
};
