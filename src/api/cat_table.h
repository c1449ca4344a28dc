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

#define CAT_PARAMETERS "v h s help bytes time ts health pri include_unloaded_segments full_id"

enum err cat_write(struct exchange *x, const struct cat_table *t, struct fault *why);
