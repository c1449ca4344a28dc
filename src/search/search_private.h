// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the files of one search share: the search itself and the tree of aggregations.
//
// The walk chooses each block's matching rows (columns_select()) and hands the root ordinals
// that put every one of them into its bucket 0.  A bucket kind joins its parents' ordinals
// with the keys of the positions to ordinals of its own, counts these and hands them on to
// its children; metric kinds keep arrays by their parent's ordinal.  So what goes down the
// tree is one array of narrow numbers a level, and no row is touched on its own.
// Several searches, each planned alike, walk the blocks of one request on several threads;
// then one takes in what the others have collected (agg_tree_merge()), and its answers are
// read off the tree from the top.
// Running out of room is remembered in the room and looked at between blocks, so that
// collecting needs no errors.

#include "search/agg_ops.h"
#include "search/byte_counts.h"
#include "search/column.h"
#include "search/crowd.h"
#include "search/match.h"
#include "search/ordinals.h"
#include "search/ords.h"
#include "search/row_filter.h"
#include "search/search.h"

struct agg_missing { // what stands in for a row without value
    bool is_given;
    int64_t i64;
    double f64;
    struct slice text; // as stored
    uint32_t code;     // CODE_NONE when the dictionary has not got it
};

struct agg_chain;

struct agg_node {
    const struct agg *agg; // NULL for the root
    const struct agg_ops *ops;
    struct agg_node *up; // NULL for the root
    struct agg_node *subs;
    uint32_t sub_count;
    struct column *column; // NULL where the kind has none
    struct agg_missing missing;
    // Bucket kinds.
    bool shares_ords;   // one bucket per parent, so the parent's ordinals serve
    uint64_t ord_bound; // ordinals are below this; 0: not known beforehand
    struct ords ords;
    uint64_t *counts; // rows by ordinal
    size_t counts_cap;
    // More rows by ordinal, where these are very many: agg_counts_spread() adds them to `counts`.
    struct byte_counts bytes;
    // The child whose counts tell this node's (of all blocks so far that are in neither), until a
    // block comes that it does not cover; NULL: each is counted.
    struct agg_node *counted_by;
    bool is_counted_below;   // some blocks are in the child's counts only
    struct crowd crowd;      // bucket kinds: of the rows; others: of those with a value
    void *ord_room;          // a block's u32: what the node's ordinals point at
    void *plain_room;        // the same, of a chain's last node (agg_chain.h)
    struct agg_chain *chain; // that begins here; NULL: none
    // The long way, by pairs (agg_pass_keys()): made when it is first gone.
    struct agg_pairs *pairs;
    // Below the floor, once the rows are collected: ordinals to those that they are folded into
    // (agg_fold.h); NULL: each stays.
    uint32_t *fold_to;
    const struct agg_node *unfolded; // what this was made of; NULL: nothing was folded here
    void *state;                     // of the kind
};

struct search {
    const struct search_context *context;
    const struct request *request;
    struct arena *arena; // the request's
    struct room room;
    struct columns columns;
    struct match query, post_filter;
    struct row_filter filter; // of rows that the permit does not show
    double score;             // of every row that matches
    uint32_t floor;
    bool sees_rows;
    struct agg_node root;
    // The block at hand.
    uint32_t *wide;     // BLOCK_ROWS
    void *root_room;    // ordinals of the root
    void *mask_room;    // ordinals on their way into a join
    uint64_t *nothing;  // BLOCK_WORDS zeros
    uint64_t *subjects; // whom each row is about; filled when floor is not 0
    uint32_t buckets;   // answered so far, for agg_buckets_max()
    uint32_t top_rows;  // the same of rows that aggregations show
    uint64_t doc;       // of the block's first row in the whole walk
};

// The search itself, whatever the floor makes of the question.
enum err search_rows(const struct search_context *c, const struct request *r, struct arena *request,
                     struct answer *out, struct fault *why);

// An empty crowd with the search's floor and key.
static inline struct crowd search_crowd(const struct search *s)
{
    return (struct crowd){.floor = s->floor, .key = s->context->veil};
}

// Plans the tree below s->root.
enum err agg_tree_plan(struct search *s, struct fault *why);
// The rows of the block at hand that the query takes, a bit each, `count` of them.
void agg_tree_collect(struct search *s, const uint64_t *mask, uint32_t count);
// Takes in what `from`, planned alike over the same snapshot, has collected, folded as it says.
void agg_tree_merge(struct search *s, struct search *from);
// Makes every node's n->counts tell all its rows; from now on each counts for itself.
void agg_tree_count_apart(struct search *s);
// After the last block.
enum err agg_tree_answer(struct search *s, struct answer *out, struct fault *why);
bool agg_tree_wants_all_rows(const struct search *s); // an aggregation looks past the query

// For the kinds.
enum err agg_plan_column(struct search *s, struct agg_node *n, struct fault *why);
enum err agg_plan_numeric(struct search *s, struct agg_node *n, struct fault *why);
enum err agg_out_of_room(struct fault *why);
// Makes n->counts long enough for all ordinals there are by now.
bool agg_reserve_counts(struct search *s, struct agg_node *n);
// Makes n->counts tell all rows; false past the room's limit.
bool agg_counts_spread(struct agg_node *n);
// Counts positions (ordinals of n) and hands them to n's children.
void agg_pass(struct search *s, struct agg_node *n, const struct ordinals *own);
// Joins `parents` with small keys, then as agg_pass().
void agg_pass_keys(struct search *s, struct agg_node *n, const struct ordinals *parents,
                   const struct key_codes *keys);

// Pairs (parent, key) of some positions, for keys that are no small numbers.
struct agg_pairs {
    uint32_t count;
    uint16_t at[BLOCK_ROWS]; // positions
    uint32_t parents[BLOCK_ROWS];
    uint64_t keys[BLOCK_ROWS];
};

// Empty, to be filled; NULL past the room's limit.
struct agg_pairs *agg_pairs(struct search *s, struct agg_node *n);
void agg_pairs_add(struct agg_pairs *p, uint32_t position, uint32_t parent, uint64_t key);
// Fills them with small keys.
void agg_pair_up(struct search *s, struct agg_node *n, const struct ordinals *parents,
                 const struct key_codes *keys);
void agg_pass_pairs(struct search *s, struct agg_node *n);

// Numbers of a node's column by position, for kinds that look at each.
struct agg_values {
    uint32_t count;
    const uint32_t *ords; // of the parent, ORDINAL_NONE for a position in no bucket
    struct numbers numbers;
    const uint64_t *present; // NULL: all
};

// Good until the next ordinals are widened.
struct agg_values agg_values(struct search *s, struct agg_node *n, const struct ordinals *parents);
// Position i is in a bucket and has a value, or `missing` stands in for it (*out_stands_in).
bool agg_values_has(const struct agg_node *n, const struct agg_values *v, uint32_t i,
                    bool *out_stands_in);
// That value, as a double; false when there is none.
bool agg_values_f64(const struct agg_node *n, const struct agg_values *v, uint32_t i, double *out);

uint32_t agg_ord_count(const struct agg_node *n); // of a bucket kind, as of now
uint64_t agg_rows(const struct agg_node *n, uint32_t ord);
// As they are shown: what is ordered, compared or printed is this.
uint64_t agg_shown_rows(const struct agg_node *n, uint32_t ord);
// The floor allows it: rows of a bucket, or the numbers that a node of these has of one.
bool agg_is_shown(const struct agg_node *n, uint32_t ord);
// Fills doc_count and subs of a bucket.  ORD_NONE for an empty one.
enum err agg_answer_bucket(struct search *s, struct agg_node *n, uint32_t ord, struct bucket *out,
                           struct fault *why);
const struct match *agg_filter_match(const struct agg_node *n, uint32_t i); // filter, filters
uint32_t agg_buckets_max(const struct search *s);                           // of the whole answer
enum err agg_take_buckets(struct search *s, uint32_t count, struct fault *why);
// Which positions have a value; NULL: all.  For text too.
const uint64_t *agg_present(struct search *s, struct column *c);
