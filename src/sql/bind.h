// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the names of an expression mean and of which type it is.
//
// Constants are worked out here, texts beside dates become dates, and what a function cannot be
// given is refused in Elasticsearch's words, with its place.

#include "sql/function.h"

struct sql_column {
    struct slice name;
    enum sql_type type;
    const char *unusable; // why it cannot be used: "with unsupported type [x]"; NULL: it can
};

struct sql_table {
    struct slice name;  // as FROM has it
    struct slice alias; // len 0 for none
    const struct sql_column *columns;
    uint32_t column_count;
};

struct binder {
    const struct sql_table *table;
    struct arena *request;
    struct fault *why;
    struct evaluation constants; // under which they are worked out
    bool in_aggregate;
};

// An expression in place; binding one twice is fine.
enum err bind_expr(struct binder *b, struct expr *e);
// The same where only a condition may stand.
enum err bind_condition(struct binder *b, struct expr *e, const char *clause);

// -1: there is none of that name.
int table_column(const struct sql_table *t, struct slice name);

bool expr_has_aggregate(const struct expr *e);
// The same in every respect that counts, wherever it was written.
bool expr_equal(const struct expr *a, const struct expr *b);
