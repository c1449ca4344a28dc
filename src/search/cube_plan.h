// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which requests a cube can answer, and what has to be read of it.
//
// A request that asks for nothing but counts, by the time and the dimensions of a declared
// metric, need not look at rows: the cube has the sums.  Planning looks at the request tree
// and at one metric after the other; where anything in the request is not the metric's, or is
// wrong, no metric fits and the rows are searched, which is also who tells of errors.
//
// A cube knows of each cell how many rows it has and how many of these match the condition
// of a ratio.  So a filter says of a cell which part of its rows it takes:
//
//     model: x          all or none, by the cell's codes
//     outcome: ok       CUBE_MATCHED or CUBE_OTHERS, if that is the ratio's condition
//     and, or, not      of such parts, bit by bit

#include "metric/cube_read.h"
#include "search/search.h"

struct date_zone;

// Parts of a cell's rows.
enum { CUBE_NOTHING = 0, CUBE_MATCHED = 1, CUBE_OTHERS = 2, CUBE_ROWS = 3 };

enum cube_filter_kind { CUBE_FILTER_PART, CUBE_FILTER_EXISTS, CUBE_FILTER_IN, CUBE_FILTER_BOOL };

struct cube_filter {
    enum cube_filter_kind kind;
    uint8_t part;           // PART: of every cell
    uint32_t slot;          // EXISTS, IN: the dimension, as an index into cube_plan.dims
    const uint32_t *codes;  // IN: a text's
    const int64_t *numbers; // IN: or numbers
    uint32_t value_count;
    // BOOL
    struct cube_filter *must, *should, *must_not;
    uint32_t must_count, should_count, must_not_count, should_min;
};

struct cube_node { // an aggregation
    const struct agg *agg;
    uint32_t slot;                // terms, missing: the dimension
    struct cube_filter *filters;  // one per agg->filters
    const struct date_zone *zone; // date_histogram
    bool has_min, has_max;        // date_histogram: extended bounds, floored
    int64_t min, max;
    struct cube_node *subs;
    uint32_t sub_count;
    void *state; // of the answer (cube_answer.c)
};

struct cube_plan {
    struct cubes *cubes;
    const struct search_context *context;
    const struct request *request;
    struct arena *arena; // the request's
    const struct table *table;
    const struct metric_decl *decl;
    uint32_t metric;   // of the schema
    uint32_t dims[64]; // by slot: of the metric's `by`
    uint32_t dim_count;
    int64_t from, to; // ms, both ends included
    bool is_timed;    // rows without a time are not asked for
    int64_t unit_ms;  // rows of the cube may be this long; 0: of any length
    bool has_zone;    // some histogram's days are not UTC's
    struct cube_filter filter;
    struct cube_node root;
};

// False when no metric fits.
bool cube_plan_make(struct cubes *cubes, const struct search_context *c, const struct request *r,
                    struct arena *request, struct cube_plan *out);

// cube_filter.c.  The part of a cell with these codes (by slot).
uint8_t cube_filter_part(const struct cube_plan *p, const struct cube_filter *f,
                         const uint32_t *codes);
// False when the query cannot be told from cells.  `is_whole`: every row asked for must
// match it, so that a range of time narrows the stretch.
bool cube_filter_plan(struct cube_plan *p, const struct query *q, bool is_whole,
                      struct cube_filter *out);

// What a field is to the metric.
enum cube_field { CUBE_FIELD_OTHER, CUBE_FIELD_TIME, CUBE_FIELD_DIM, CUBE_FIELD_RATIO };

// DIM: *out_slot, and its type in *out_type.
enum cube_field cube_field_find(struct cube_plan *p, struct slice name, uint32_t *out_slot,
                                enum field_type *out_type);
// Of a dimension held as codes.
const struct dict *cube_slot_dict(const struct cube_plan *p, uint32_t slot);

// cube_answer.c.
enum cube_found cube_plan_answer(struct cube_plan *p, struct answer *out);
