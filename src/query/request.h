// SPDX-License-Identifier: Apache-2.0
#pragma once

// A search request: the body and URL parameters of _search, _count and each entry of
// _msearch, with defaults filled in.

#include "query/agg.h"
#include "query/query.h"

struct sort_key {
    struct slice field; // "_score", "_doc", or a field
    bool descending;
    bool missing_first;     // else _last
    struct literal missing; // a value in place of _first/_last; LITERAL_NULL for none
    struct slice format;    // dates: len 0 = epoch ms numbers in "sort"
    bool is_unmapped_ok;    // unmapped_type was given
};

// _source filtering: which fields a hit shows.  Patterns may hold '*'.
struct source_filter {
    bool is_given;
    bool is_off; // "_source": false
    const struct slice *includes, *excludes;
    uint32_t include_count, exclude_count;
};

struct field_wish { // of "fields" and "docvalue_fields"
    struct slice pattern;
    struct slice format;
};

struct request {
    const struct query *query;       // never NULL; match_all by default
    const struct query *post_filter; // NULL for none
    uint32_t from, size;
    const struct sort_key *sort;
    const struct literal *search_after; // one per sort key; NULL for none
    uint32_t sort_count, search_after_count;
    struct source_filter source;
    // "stored_fields": rows are without _source then, unless that is asked for too; "_none_"
    // hides the _id as well.  No field is stored apart, so no other is ever shown.
    bool has_stored_fields, hides_id;
    const struct field_wish *fields;
    const struct field_wish *docvalue_fields;
    uint32_t field_count, docvalue_field_count;
    const struct agg *aggs;
    uint32_t agg_count;
    const struct pipeline *pipelines; // beside them
    uint32_t pipeline_count;
    int64_t track_total_hits; // -1: all, exactly; n: up to n; 0 as well when the total is off
    bool track_total_hits_given;
    bool total_is_off; // "track_total_hits": false: no total is shown
    double min_score;
    bool min_score_given;
    bool wants_version, wants_seq_no, tracks_scores, wants_profile, wants_explain;
    bool follows;                 // of rows that sort as search_after only those behind after_doc
    int64_t timeout_ms;           // 0: the server's
    uint64_t after_doc;           // the next page of a scroll: where it ended (hit.doc)
    uint32_t slice_id, slice_max; // of the rows each slice_max-th; max 0: all
    uint32_t terminate_after;     // rows that match, and no more is looked at; 0: all
    struct slice pit_id;          // len 0: of the newest rows
    struct slice pit_keep_alive;  // len 0: as it was
};

// `body` NULL means {}.
enum err request_parse(const struct json *body, struct arena *request, struct request *out,
                       struct fault *why);

// The URL's q, from, size, sort, _source, _source_includes, _source_excludes,
// track_total_hits ... laid over what the body said.  False in *out_known when `name`
// is none of them.
enum err request_parameter(struct request *r, struct slice name, struct slice value,
                           struct arena *request, bool *out_known, struct fault *why);

// After body and URL: the rules between them (from + size, search_after with from, ...).
enum err request_check(const struct request *r, struct fault *why);
