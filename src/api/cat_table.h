// SPDX-License-Identifier: Apache-2.0
#pragma once

// A _cat reply: text columns for people, or the same as JSON with every value a string.
//
// Rows are cells of text in column order.  v (header), h (which columns, patterns and
// aliases), s (sort, "name:desc"), help, bytes, format=json.

#include "api/api_private.h"

struct cat_column {
    const char *name, *aliases; // aliases comma-separated
    const char *about;
    bool is_number; // set to the right, sorted by value
    bool is_bytes;  // a whole number, shown as "1.2kb" or as `bytes` says
    bool is_hidden; // shown only when `h` asks for it
};

struct cat_table {
    const struct cat_column *columns;
    uint32_t column_count;
    uint32_t row_count;
    const struct slice *cells; // row_count times column_count
};

// A table over an array of columns, and room for its cells in the request's arena.
#define CAT_CELLS(columns_, row_count_) \
    ARENA_ARRAY(x->arena, struct slice, (row_count_) * (sizeof(columns_) / sizeof *(columns_)) + 1)
#define CAT_TABLE(columns_, row_count_, cells_)                                   \
    (struct cat_table)                                                            \
    {                                                                             \
        (columns_), sizeof(columns_) / sizeof *(columns_), (row_count_), (cells_) \
    }

#define CAT_PARAMETERS "v h s help bytes time ts health pri include_unloaded_segments full_id"

// Whole numbers as text.
struct slice cat_number(struct exchange *x, uint64_t v);
enum err cat_write(struct exchange *x, const struct cat_table *t, struct fault *why);
