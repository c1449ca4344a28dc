// SPDX-License-Identifier: Apache-2.0
#pragma once

// A plan as the body of a _search: what the Elasticsearch DSL says, as text.  It is read by
// query/ like any other body, so SQL can ask nothing that the DSL cannot, and _sql/translate
// shows the very request that is run.

#include "json/json.h"
#include "sql/plan.h"

enum {
    SQL_PAGE_ROWS = PLAN_SEARCH_ROWS, // LIMIT_RESULT_WINDOW
    SQL_PAGE_GROUPS = PLAN_SEARCH_ROWS,
};

struct sql_ask {
    const struct plan *plan;
    const struct sql_table *table;
    const struct cell_context *how;
    const struct json *filter;   // a query beside WHERE; NULL for none
    struct slice time_zone;      // len 0: UTC
    uint32_t size;               // rows or groups
    const struct json *position; // behind which they are: an array; NULL: the start
};

enum err request_write(const struct sql_ask *ask, struct buf *out, struct fault *why);
