// SPDX-License-Identifier: Apache-2.0
#pragma once

// Functions and operators: one table, from which the parser finds them, bind.c checks what they
// are given, evaluate.c works them out, and SHOW FUNCTIONS lists them.
//
// A kind of function is one file (function_number.c, ...) with its part of the table.  A function
// that is given NULL is NULL, unless it says that it takes it.  Nothing here fails for a value
// of a row but by going over the range of its type, which ends the question with words.

#include "sql/tree.h"

struct evaluation {
    struct cell_context how;
    enum err failed; // the first failure
    struct fault why;
};

enum function_kind {
    FUNCTION_SCALAR,
    FUNCTION_AGGREGATE,
    FUNCTION_GROUPING,  // HISTOGRAM
    FUNCTION_CONDITION, // MATCH, QUERY: only the engine can say
    FUNCTION_KIND_COUNT
};

// TAKES_UNIT: a unit of time, then a time or two, or a number and a time.
enum function_takes {
    TAKES_ANY,
    TAKES_NUMBERS,
    TAKES_TEXTS,
    TAKES_TIME,
    TAKES_TRUTHS,
    TAKES_UNIT,
};

enum function_gives {
    GIVES_BOOLEAN,
    GIVES_INTEGER,
    GIVES_LONG,
    GIVES_DOUBLE,
    GIVES_TEXT,
    GIVES_DATE,
    GIVES_DATETIME,
    GIVES_FIRST,  // what the first argument is
    GIVES_LAST,   // what the last argument is
    GIVES_NUMBER, // the widest of its numbers
    GIVES_SUM,    // numbers, or a time and an interval
    GIVES_COMMON, // what all arguments can be
    GIVES_CASE,   // of CASE's results, which are every other argument
    GIVES_CAST,   // the type that the second argument names
};

enum operator{
    OP_NONE,
    OP_EQUAL,
    OP_UNEQUAL,
    OP_LESS,
    OP_LESS_EQUAL,
    OP_GREATER,
    OP_GREATER_EQUAL,
    OP_SAME, // <=>
    OP_AND,
    OP_OR,
    OP_NOT,
    OP_IS_NULL,
    OP_IS_NOT_NULL,
    OP_IN,
    OP_LIKE,
    OP_RLIKE,
    OP_LOWER, // of texts, for a comparison that ignores case
    OP_UPPER,
    OP_CASE,
    OP_MATCH,
    OP_QUERY,
    OP_CAST,
    OP_TRUNCATE_TIME,
    OP_HISTOGRAM,
    OP_COUNT,
    OP_SUM,
    OP_AVERAGE,
    OP_MIN,
    OP_MAX,
    OP_PERCENTILE,
    OP_MEDIAN,
    OP_DEVIATION, // and other numbers of extended_stats
    OP_DEVIATION_SAMPLE,
    OP_VARIANCE,
    OP_VARIANCE_SAMPLE,
    OP_SQUARES,
};

// Of a date function: within which calendar unit it has one value.
enum function_grain { GRAIN_NONE, GRAIN_YEAR, GRAIN_MONTH, GRAIN_DAY, GRAIN_HOUR, GRAIN_MINUTE };

struct function {
    const char *name; // upper case
    enum function_kind kind;
    uint8_t args_min, args_max; // args_max 255: any number
    enum function_takes takes;
    enum function_gives gives;
    enum operator op;
    bool takes_null;
    bool is_hidden; // an operator: not in SHOW FUNCTIONS
    bool is_of_now; // never the same twice
    enum function_grain grain;
    void (*evaluate)(struct evaluation *v, const struct cell *args, uint32_t count,
                     struct cell *out);
};

struct function_list {
    const struct function *at;
    size_t count;
};

extern const struct function_list functions_logic, functions_number, functions_text, functions_time,
    functions_aggregate;

const struct function *function_find(struct slice name); // any case; NULL: there is none
const struct function *function_of(const char *name);    // that there is
const struct function *function_at(size_t i);            // NULL past the last
// The name most like `name`; NULL when none is.
const char *function_like(struct slice name);

// How many letters have to be changed; more than `most` is told as most + 1.
uint32_t letters_apart(struct slice a, struct slice b, uint32_t most);

void evaluation_fail(struct evaluation *v, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

// "day", "DAYS", "dd": the calendar unit.  False when it is none.
bool time_unit_parse(struct slice name, enum date_unit *out);
// `months` later, on the same day of the month or the last there is.
int64_t time_add_months(int64_t ms, int64_t months, const struct date_zone *zone);
// Whether the whole of `text` is as LIKE's pattern says.
bool like_matches(struct slice pattern, uint8_t escape, struct slice text);
