// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kinds of aggregation: each is one `struct agg_form`, and one line in the table of
// agg_parse.c.

#include "query/agg.h"
#include "query/form.h"

struct agg_parser {
    struct form form;
    struct slice name;   // of the aggregation being read
    struct slice parent; // of the one it stands in; len 0 at the top
    uint32_t depth;
    uint32_t total;     // aggregations so far
    uint32_t pipelines; // so far
};

typedef enum err (*agg_take)(struct agg_parser *p, struct slice key, const struct json *v,
                             struct agg *out);

struct agg_param {
    const char *name;
    agg_take take;
};

struct agg_form {
    const char *name;
    enum agg_kind kind;
    const struct agg_param *params; // up to one with name NULL
    agg_take whole;                 // instead of params; NULL for none
    // Before the params, for defaults; after them, for the rules between them.  NULL for none.
    void (*start)(struct agg *out);
    enum err (*finish)(struct agg_parser *p, const struct json *v, struct agg *out);
    // Once its sub-aggregations have been read as well.  NULL for none.
    void (*complete)(struct agg_parser *p, struct agg *out);
};

// A parameter of a form by name.
enum err agg_take_param(struct agg_parser *p, const struct agg_form *form, struct slice key,
                        const struct json *v, struct agg *out);

extern const struct agg_form agg_form_terms;
extern const struct agg_form agg_form_date_histogram;
extern const struct agg_form agg_form_histogram;
extern const struct agg_form agg_form_range;
extern const struct agg_form agg_form_date_range;
extern const struct agg_form agg_form_filter;
extern const struct agg_form agg_form_filters;
extern const struct agg_form agg_form_missing;
extern const struct agg_form agg_form_global;
extern const struct agg_form agg_form_composite;
extern const struct agg_form agg_form_avg;
extern const struct agg_form agg_form_sum;
extern const struct agg_form agg_form_min;
extern const struct agg_form agg_form_max;
extern const struct agg_form agg_form_value_count;
extern const struct agg_form agg_form_stats;
extern const struct agg_form agg_form_extended_stats;
extern const struct agg_form agg_form_cardinality;
extern const struct agg_form agg_form_percentiles;
extern const struct agg_form agg_form_percentile_ranks;
extern const struct agg_form agg_form_median_deviation;
extern const struct agg_form agg_form_top_hits;
extern const struct agg_form agg_form_top_metrics;

// Parameters that several kinds have.
enum err agg_take_field(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out);
enum err agg_take_missing(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out);
enum err agg_take_format(struct agg_parser *p, struct slice key, const struct json *v,
                         struct agg *out);
enum err agg_take_keyed(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out);
enum err agg_take_time_zone(struct agg_parser *p, struct slice key, const struct json *v,
                            struct agg *out);
enum err agg_take_min_doc_count(struct agg_parser *p, struct slice key, const struct json *v,
                                struct agg *out);
enum err agg_take_order(struct agg_parser *p, struct slice key, const struct json *v,
                        struct agg *out);
// Accepted, for it changes how a cluster works and not what is answered.
enum err agg_take_ignored(struct agg_parser *p, struct slice key, const struct json *v,
                          struct agg *out);
enum err agg_take_script(struct agg_parser *p, struct slice key, const struct json *v,
                         struct agg *out);

// A whole number of at least `min` (and at most UINT32_MAX).
enum err agg_count(struct agg_parser *p, struct slice key, const struct json *v, int64_t min,
                   uint32_t *out);
// The default order when none was given, and the key as the last tie-break.
void agg_complete_order(struct agg_parser *p, enum agg_order_by by, bool ascending,
                        struct agg *out);
enum err agg_needs_field(struct agg_parser *p, const struct json *v, struct agg *out);
