// SPDX-License-Identifier: Apache-2.0
#pragma once

// One SQL value.  NULL is a type of its own here; a column that has one keeps its type in the
// answer's heading.

#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "data/value.h"

enum sql_type {
    SQL_NULL,
    SQL_BOOLEAN,
    SQL_INTEGER,
    SQL_LONG,
    SQL_DOUBLE,
    SQL_KEYWORD,
    SQL_DATE,     // midnight of a day, in ms
    SQL_DATETIME, // ms since 1970
    SQL_MONTHS,   // INTERVAL of years and months
    SQL_SPAN,     // INTERVAL of days and shorter, in ms
    SQL_TYPE_COUNT
};

struct cell {
    enum sql_type type;

    union {
        int64_t i64; // BOOLEAN, INTEGER, LONG, DATE, DATETIME, MONTHS, SPAN
        double f64;
        struct slice text;
    };
};

static inline struct cell cell_null(void)
{
    return (struct cell){.type = SQL_NULL};
}

static inline struct cell cell_i64(enum sql_type type, int64_t v)
{
    return (struct cell){.type = type, .i64 = v};
}

static inline struct cell cell_f64(double v)
{
    return (struct cell){.type = SQL_DOUBLE, .f64 = v};
}

static inline struct cell cell_text(struct slice text)
{
    return (struct cell){.type = SQL_KEYWORD, .text = text};
}

// "keyword", "datetime", ... as in the heading of an answer.
const char *sql_type_name(enum sql_type t);
// By its name in CAST: Elasticsearch's, and the usual ones of SQL.  False when there is none.
bool sql_type_parse(struct slice name, enum sql_type *out);
bool sql_type_is_number(enum sql_type t);
bool sql_type_is_time(enum sql_type t); // a date or datetime

// A number of any kind as a double; 0 for everything else.
double cell_number(const struct cell *c);
bool cell_is_whole(const struct cell *c); // INTEGER or LONG

// The order of ORDER BY for two values of one kind; numbers of different kinds compare as
// numbers, texts bytewise.  NULL is before everything.
int cell_compare(const struct cell *a, const struct cell *b);

// What a value of the engine is in SQL.
struct cell cell_of_value(const struct value *v, enum sql_type type);

// As text: numbers as in JSON, dates in `zone`.  NULL prints nothing.
void cell_print(const struct cell *c, const struct date_zone *zone, struct buf *out);

// How dates are read and what "now" is.
struct cell_context {
    int64_t now_ms;
    const struct date_zone *zone; // NULL: UTC
    struct arena *arena;          // of texts that are made
    uint64_t *text_bytes;         // made so far; NULL: they are not counted
};

enum { SQL_TEXTS_BYTES_MAX = 64 << 20 }; // made for one answer

// A copy; empty once too much was made, which whoever counts finds by the count.
struct slice cell_keep_text(const struct cell_context *how, struct slice text);

// A value as one of a column of `type`: whole numbers as doubles, days as moments.
struct cell cell_fit(struct cell c, enum sql_type type);

// CAST.  ERR_INVALID when the value has no form of that type: the words say why, without a
// place.
enum err cell_cast(const struct cell *c, enum sql_type to, const struct cell_context *how,
                   struct cell *out, struct fault *why);
