// SPDX-License-Identifier: Apache-2.0
#pragma once

// Pages of an SQL answer for `tamis query`: a table, CSV, or a JSON object a row.

#include "base/arena.h"
#include "base/buf.h"
#include "json/json.h"

#include <stdio.h>

enum query_form {
    QUERY_TABLE, // of the first rows
    QUERY_ALL,   // a table of all
    QUERY_CSV,
    QUERY_JSON,
};

struct query_print {
    enum query_form form;
    uint32_t rows_max; // TABLE
    uint64_t rows;     // so far
    bool is_full;      // no more are wanted
    bool has_more;     // and there were more
    // Names of the columns, which only the first page has.
    struct arena *own;
    struct slice *names;
    uint32_t name_count;
};

// `reply` is one of _sql.
void query_print_page(struct query_print *p, const struct json *reply, struct arena *page,
                      struct buf *out);
// Says how many rows a table had; frees what was kept.
void query_print_end(struct query_print *p, FILE *out);
