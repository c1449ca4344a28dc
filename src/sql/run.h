// SPDX-License-Identifier: Apache-2.0
#pragma once

// Runs a plan: asks as often as it takes to fill a page, and says where the next one starts.
//
// Who calls gives the way to ask: each body goes through the same permit, floor, audit record
// and budgets as any search (api/api_sql.c).

#include "sql/groups.h"
#include "sql/request.h"

struct sql_asker {
    void *context;
    // `body` is that of a _search; the answer lives in `arena`.
    enum err (*ask)(void *context, struct slice body, struct arena *arena,
                    const struct answer **out, struct fault *why);
};

struct sql_run {
    const struct sql_asker *asker;
    struct sql_ask ask; // without size and position
    struct arena *request;
    struct evaluation evaluation;
    uint32_t rows_max;           // of this page
    const struct json *position; // where it starts: NULL: the start
    uint64_t done;               // rows of the pages before
};

struct sql_page {
    struct sql_rows rows;
    bool has_more;
    // Where the next page starts: a JSON array, len 0 when only `done` says so.
    struct slice position;
    uint64_t done;
};

enum err sql_run(struct sql_run *r, struct sql_page *out, struct fault *why);
