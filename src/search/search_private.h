// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of one search share: the search itself and the tree of aggregations.
//
// The walk hands each block's matching rows to the root, a bucket of all of them; every
// bucket kind maps (parent ordinal, value) to ordinals of its own and hands the rows on to
// its children with these.  Metric kinds keep arrays by their parent's ordinal.  When all
// blocks are done the answers are read off the tree from the top.
// Running out of room is remembered in the room and looked at between blocks, so that
// collecting needs no errors.

#include "search/agg_ops.h"
#include "search/column.h"
#include "search/crowd.h"
#include "search/match.h"
#include "search/ords.h"
#include "search/search.h"

struct rows { // of the block at hand
    uint32_t count;
    const uint16_t *row;
    const uint32_t *ord; // of the parent bucket, for each
};

struct agg_missing { // what stands in for a row without value
    bool is_given;
    int64_t i64;
    double f64;
    struct slice text; // as stored
    uint32_t code;     // CODE_NONE when the dictionary has not got it
};

struct agg_node {
    const struct agg *agg; // NULL for the root
    const struct agg_ops *ops;
    struct agg_node *up; // NULL for the root
    struct agg_node *subs;
    uint32_t sub_count;
    struct column *column; // NULL where the kind has none
    struct agg_missing missing;
    // Bucket kinds.
    bool comes_in_runs; // neighbouring rows are mostly of one bucket
    bool shares_ords;   // one bucket per parent, so the parent's ordinals serve
    uint64_t ord_bound; // ordinals are below this; 0: not known beforehand
    struct ords ords;
    uint64_t *counts; // rows by ordinal
    size_t counts_cap;
    struct crowd crowd; // bucket kinds: of the rows; others: of those with a value
    // What the node hands on: BLOCK_ROWS each.
    uint16_t *row_out;
    uint32_t *ord_out;
    uint64_t *keys;
    void *state; // of the kind
};

struct search {
    const struct search_context *context;
    const struct request *request;
    struct arena *arena; // the request's
    struct room room;
    struct columns columns;
    struct match query, post_filter;
    double score; // of every row that matches
    uint32_t floor;
    bool sees_rows;
    struct agg_node root;
    // The block at hand.
    uint16_t *all_rows; // live rows, when somebody asks (global, zero buckets)
    uint32_t *zeros;    // BLOCK_ROWS zeros: the ordinals of the root
    uint64_t *subjects; // whom each row is about; filled when floor is not 0
    uint32_t buckets;   // answered so far, for agg_buckets_max()
};

// Plans the tree below s->root.
enum err agg_tree_plan(struct search *s, struct fault *why);
// One block's matching rows.
void agg_tree_collect(struct search *s, uint32_t count, const uint16_t *rows);
// After the last block.
enum err agg_tree_answer(struct search *s, struct answer *out, struct fault *why);
bool agg_tree_wants_all_rows(const struct search *s); // an aggregation looks past the query

// For the kinds.
enum err agg_plan_column(struct search *s, struct agg_node *n, struct fault *why);
enum err agg_plan_numeric(struct search *s, struct agg_node *n, struct fault *why);
enum err agg_out_of_room(struct fault *why);
// Makes n->counts long enough for all ordinals there are by now.
bool agg_reserve_counts(struct search *s, struct agg_node *n);
// Counts `rows` (with ordinals of n) and hands them to n's children.
void agg_pass(struct search *s, struct agg_node *n, const struct rows *rows);
// Makes ordinals for `count` of n->row_out, n->ord_out (parents) and n->keys; passes them.
void agg_pass_keys(struct search *s, struct agg_node *n, uint32_t count);
uint32_t agg_ord_count(const struct agg_node *n); // of a bucket kind, as of now
uint64_t agg_rows(const struct agg_node *n, uint32_t ord);
// The floor allows it: rows of a bucket, or the numbers that a node of these has of one.
bool agg_is_shown(const struct agg_node *n, uint32_t ord);
// Fills doc_count and subs of a bucket.  ORD_NONE for an empty one.
enum err agg_answer_bucket(struct search *s, struct agg_node *n, uint32_t ord, struct bucket *out,
                           struct fault *why);
uint32_t agg_buckets_max(const struct search *s); // of the whole answer
enum err agg_take_buckets(struct search *s, uint32_t count, struct fault *why);
// Live rows of the block at hand, into s->all_rows.
uint32_t search_live_rows(struct search *s);
