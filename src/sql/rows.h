// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a statement answers: columns with names and types, and rows of values.

#include "sql/plan.h"

enum {
    SQL_CELLS_MAX = 2 << 20, // of one answer, and of all groups it is made of
};

struct sql_rows {
    struct arena *request;
    struct cell *cells; // row after row
    uint32_t width;     // columns
    uint32_t count;     // rows
    uint32_t cap;
};

struct sql_rows rows_of(struct arena *request, uint32_t width);
// Room for one more row, all NULL.  ERR_LIMIT when there would be too many.
enum err rows_add(struct sql_rows *r, struct cell **out, struct fault *why);

static inline struct cell *rows_at(const struct sql_rows *r, uint32_t row)
{
    return &r->cells[(size_t)row * r->width];
}
