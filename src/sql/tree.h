// SPDX-License-Identifier: Apache-2.0
#pragma once

// An SQL statement as a tree.  parse.c makes it of words, bind.c says what its names mean and
// of which type each expression is; everything lives in the request's arena.

#include "sql/cell.h"
#include "sql/token.h"

struct function;

enum expr_kind {
    EXPR_CONSTANT,
    EXPR_COLUMN, // a name that bind.c looks up
    EXPR_STAR,   // of COUNT(*) and SELECT *
    EXPR_CALL,   // a function or an operator, all in one table (function.c)
    EXPR_INPUT,  // a value of the row or group at hand, by number (plan.c)
};

struct expr {
    enum expr_kind kind;
    struct place place;
    struct slice source;  // as it was written
    enum sql_type type;   // after binding
    struct cell constant; // CONSTANT
    struct slice name;    // COLUMN: whole, "device.model"
    struct slice tail;    // COLUMN: without its first part, which may be the table; len 0: one part
    int column;           // COLUMN, after binding
    uint32_t input;       // INPUT
    const struct function *function;
    struct expr **args;
    uint32_t arg_count;
    uint32_t depth;      // of calls in calls
    struct cell *cells;  // CALL, after binding: room for the values of its arguments
    bool is_distinct;    // COUNT(DISTINCT x)
    struct expr *filter; // an aggregate's FILTER (WHERE ...); NULL for none
};

struct select_item {
    struct expr *expr;
    struct slice alias; // len 0 for none
};

struct order_item {
    struct expr *expr;
    bool descending;
    bool nulls_given, nulls_first;
};

enum statement_kind {
    STATEMENT_SELECT,
    STATEMENT_SHOW_TABLES,
    STATEMENT_SHOW_COLUMNS, // DESCRIBE too
    STATEMENT_SHOW_FUNCTIONS,
    STATEMENT_SHOW_CATALOGS,
};

struct statement {
    enum statement_kind kind;
    // SHOW
    struct slice like; // a pattern of LIKE
    bool has_like;
    uint8_t like_escape; // 0: none
    // FROM; SHOW COLUMNS
    struct slice from; // index, comma list or pattern; len 0: there is no FROM
    struct place from_place;
    struct slice from_alias;
    struct statement *inner; // FROM (SELECT ...), instead of `from`
    // SELECT
    bool is_distinct;
    struct select_item *items;
    uint32_t item_count;
    struct expr *where;
    struct expr **groups;
    uint32_t group_count;
    bool has_group_by;
    struct expr *having;
    struct order_item *orders;
    uint32_t order_count;
    bool has_limit;
    uint64_t limit, offset;
};
