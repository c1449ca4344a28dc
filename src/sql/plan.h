// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a SELECT asks of the engine, and what is done with the answer.
//
// Rows: a search with fields, sorted by columns.  Groups: a composite aggregation, or plain
// aggregations where there is no GROUP BY.  All that stands in SELECT, HAVING and ORDER BY
// is an expression over `inputs`, a row of values that the answer gives:
//
//     rows     the columns that are used
//     groups   keys, then aggregates                SELECT UPPER(kind), COUNT(*) + 1 ...
//                                                          input 0      input 1
//
// A key such as MONTH(at) is no aggregation of its own: groups are then made of what it depends
// on (each month), and those with one key are added up (`is_merged`).

#include "sql/bind.h"
#include "sql/parse.h"

enum plan_kind {
    PLAN_CONSTANTS, // no FROM: one row
    PLAN_ROWS,
    PLAN_GROUPS,
};

enum {
    PLAN_SOURCES_MAX = 32, // as the sources of a composite
    PLAN_AGGS_MAX = 256,
    PLAN_SEARCH_ROWS = 10000, // rows or groups of one search
};

struct plan_output {
    struct slice name;
    struct slice alias; // len 0 for none
    enum sql_type type;
    const struct expr *expr; // over inputs
};

struct plan_order {
    const struct expr *expr; // groups: over inputs
    int column;              // rows
    bool descending, nulls_first;
};

enum source_kind { SOURCE_TERMS, SOURCE_HISTOGRAM, SOURCE_CALENDAR, SOURCE_FIXED };

struct plan_source { // what groups are made by
    enum source_kind kind;
    int column;
    struct slice field;
    enum sql_type type;
    double interval;     // HISTOGRAM
    int64_t interval_ms; // FIXED
    enum date_unit unit; // CALENDAR
    bool descending, nulls_first;
};

enum plan_agg_kind {
    AGG_OF_ROWS,   // how many
    AGG_OF_VALUES, // how many are not NULL
    AGG_OF_SUM,
    AGG_OF_AVERAGE,
    AGG_OF_MIN,
    AGG_OF_MAX,
    AGG_OF_FIRST_TEXT, // MIN and MAX of texts
    AGG_OF_LAST_TEXT,
    AGG_OF_DISTINCT,
    AGG_OF_PERCENTILE,
    AGG_OF_DEVIATION, // and what else `op` says, of extended_stats
};

// A condition that rows must meet, or must not: false and NULL are the same then.
struct plan_condition {
    const struct expr *expr;
    bool is_not;
};

struct plan_agg {
    enum plan_agg_kind kind;
    enum operator op; // DEVIATION
    struct slice field;
    enum sql_type type;
    double percent;
    const struct plan_condition *conditions; // all of them
    uint32_t condition_count;
};

struct plan {
    enum plan_kind kind;
    uint32_t output_count, order_count;
    const struct plan_output *outputs;
    const struct expr *where; // bound; NULL for none
    const struct plan_order *orders;
    uint64_t limit, offset;
    // Rows.
    const int *columns; // inputs
    uint32_t column_count;
    // Groups.
    uint32_t source_count, key_count, agg_count;
    const struct plan_source *sources;
    const struct expr *const *keys; // over the sources, by number
    const struct plan_agg *aggs;
    const struct expr *having; // over inputs; NULL for none
    bool is_merged;
    bool is_sorted; // orders are not those that the sources come in
    bool is_global; // no GROUP BY: always one group
};

struct planner {
    const struct sql_table *table; // NULL: no FROM
    const struct cell_context *how;
    struct arena *request;
    struct fault *why;
};

// Whether it may take more than one search to answer the plan, with pages of so many rows: then
// all of them are to see the same rows.
bool plan_takes_several(const struct plan *p, uint32_t page_rows);

// FROM (SELECT ...) as one SELECT, before anybody looks for the table; `p` has none yet.
enum err plan_flatten(const struct planner *p, struct statement *s);
// After that.
enum err plan_make(const struct planner *from, struct statement *s, struct plan *out);
