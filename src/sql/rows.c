// SPDX-License-Identifier: Apache-2.0
#include "sql/rows.h"

struct sql_rows rows_of(struct arena *request, uint32_t width)
{
    return (struct sql_rows){.request = request, .width = width};
}

static void grow(struct sql_rows *r)
{
    uint32_t cap = r->cap ? r->cap * 2 : 16;
    struct cell *grown = ARENA_ARRAY(r->request, struct cell, (size_t)cap * r->width + 1);
    if (r->count)
        memcpy(grown, r->cells, (size_t)r->count * r->width * sizeof *grown);
    r->cells = grown;
    r->cap = cap;
}

enum err rows_add(struct sql_rows *r, struct cell **out, struct fault *why)
{
    if ((uint64_t)(r->count + 1) * (r->width + 1) > SQL_CELLS_MAX)
        return fail(why, ERR_LIMIT,
                    "illegal_argument_exception: the answer has more than %d values; select fewer "
                    "columns, group more coarsely, or ask with [fetch_size]",
                    SQL_CELLS_MAX);
    if (r->count == r->cap)
        grow(r);
    *out = rows_at(r, r->count++);
    return OK;
}
