// SPDX-License-Identifier: Apache-2.0
#pragma once

// Tables and bars for people at a terminal, made in a buf.
//
//     struct table_print t = table_print_of(scratch, 3);
//     table_cell(&t, "model");       the first row is the heading
//     ...
//     table_render(&t, &out);
//
// Columns are as wide as their widest cell, counted in characters of UTF-8.  A column
// whose cells below the heading are all numbers, also with a unit of bytes, is set to the
// right.  Control characters are drawn as '?': what a stranger wrote into a database must
// not move the cursor of whoever looks at it.

#include "base/arena.h"
#include "base/buf.h"

struct table_print {
    struct arena *scratch;
    uint32_t column_count;
    uint32_t cell_count;
    uint32_t cells_max;
    struct slice *cells;
};

struct table_print table_print_of(struct arena *scratch, uint32_t column_count);
void table_cell(struct table_print *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void table_render(const struct table_print *t, struct buf *out);

// A bar of up to `width` characters, in eighths, for value out of max.
struct slice bar_of(struct arena *scratch, double value, double max, uint32_t width);
// A line drawing of one character a value.
struct slice line_of(struct arena *scratch, const double *values, uint32_t count);
