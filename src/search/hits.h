// SPDX-License-Identifier: Apache-2.0
#pragma once

// Hits: the first rows by the request's sort keys.
//
// Only from + size rows are kept while blocks go by (see top.h); their fields are read at
// the end.  Rows without a sort value come out with VALUE_NONE in `sort`, and null in
// search_after means just that.

#include "search/blocks.h"
#include "search/search_private.h"
#include "search/top.h"

struct sort_cell { // one sort value of one row, ready to compare
    int rank;      // -1: missing, first; 0: has a value; 1: missing, last
    int64_t i64;
    double f64;
    struct slice text;
};

enum sort_by { SORT_COLUMN, SORT_DOC, SORT_SCORE };

struct sort_plan {
    enum sort_by by;
    const struct sort_key *key;
    struct column *column;
    bool has_stand_in;
    struct sort_cell stand_in; // `missing` as a value
    struct sort_cell after;    // search_after
};

struct hit_place {
    uint32_t at; // searched table
    struct row_ref ref;
    uint64_t doc; // where the row is in the walk
};

struct hits {
    struct sort_plan *sort;
    uint32_t sort_count;
    bool has_after;
    bool follows; // of those that sort as `after`, and of all without a sort: behind after_doc
    uint64_t after_doc;
    uint32_t size;
    struct top top;
    struct hit_place *places; // size + 1 slots; the items of `top`
    struct sort_cell *cells;  // slot * sort_count + key
    uint32_t spare;           // slot that the next row is tried in
    uint32_t used;
    bool is_sparse;  // so few rows of the block at hand matter that they are read one by one
    bool is_settled; // no block to come can change which rows are kept
};

// For whoever else sorts rows: a key's plan (`key` is set), and a row's value by it, once
// sort_load() was called for the block at hand.
enum err sort_plan(struct search *s, struct sort_plan *p, struct fault *why);
void sort_load(struct search *s, const struct sort_plan *p);
struct sort_cell sort_cell(const struct search *s, const struct sort_plan *p, uint32_t row,
                           uint64_t doc);
int sort_compare(const struct sort_plan *p, const struct sort_cell *a, const struct sort_cell *b);
struct value sort_value(const struct search *s, const struct sort_plan *p,
                        const struct sort_cell *cell);

enum err hits_plan(struct search *s, struct hits *h, struct fault *why);
// Orders the blocks by the first sort key where that lets the walk end early; only for a
// search in which nothing else depends on the order.
enum err hits_order(struct search *s, const struct hits *h, struct blocks *b);
// Before block i of these is visited: notices when no row from there on can be kept.
void hits_settle(struct hits *h, const struct blocks *b, uint32_t i);
bool hits_want_more(const struct hits *h);
// Whether every row of the block at hand, whose first is `doc`, sorts before those asked for.
bool hits_are_before(const struct search *s, const struct hits *h, uint64_t doc);
// `doc` is the number of the block's first row in the whole walk.
void hits_collect(struct search *s, struct hits *h, uint64_t doc, uint32_t count,
                  const uint16_t *rows);
// Offers what another walk, planned alike, has kept.
void hits_merge(struct hits *h, const struct hits *from);
void hits_answer(struct search *s, struct hits *h, struct answer *out);
