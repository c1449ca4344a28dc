// SPDX-License-Identifier: Apache-2.0
#include "search/row_filter.h"

#include "kernel/mask.h"
#include "query/query.h"
#include "search/search.h"

static enum err plan_matches(const struct search_context *c, struct room *room,
                             struct row_filter *f, struct fault *why)
{
    const struct schema *schema = snapshot_schema(c->snapshot);
    enum err e = OK;
    for (uint32_t i = 0; i < c->table_count && !e; i++) {
        const struct query *q =
            permit_filter(c->permit, schema->tables[c->tables[i]].name, room->arena);
        struct match *m = q ? room_alloc(room, sizeof *m) : NULL;
        if (q && !m)
            return ERR_LIMIT;
        if (m)
            e = match_plan(&f->columns, q, c->now_ms, m, why);
        f->matches[i] = m;
    }
    // The filter is not the asker's, so what is wrong with it is not for him to read.
    return e == ERR_INVALID ? fail(why, ERR_DENIED,
                                   "security_exception: the [query] of a role, or the filter of "
                                   "an alias, does not fit the index")
                            : e;
}

static bool has_any(const struct search_context *c)
{
    const struct schema *schema = snapshot_schema(c->snapshot);
    for (uint32_t i = 0; i < c->table_count; i++)
        if (permit_filters(c->permit, schema->tables[c->tables[i]].name))
            return true;
    return false;
}

enum err row_filter_plan(const struct search_context *c, struct room *room, struct row_filter *out,
                         struct fault *why)
{
    *out = (struct row_filter){0};
    if (!has_any(c))
        return OK;
    enum err e = columns_init(&out->columns, c->snapshot, c->tables, c->table_count, room);
    out->matches = room_alloc(room, sizeof(struct match *) * ((size_t)c->table_count + 1));
    out->live = room_alloc(room, BLOCK_WORDS * sizeof *out->live);
    if (!out->matches || !out->live)
        return ERR_LIMIT;
    return e ? e : plan_matches(c, room, out, why);
}

void row_filter_done(struct row_filter *f)
{
    if (f->matches)
        columns_done(&f->columns);
}

static void leave_shown(struct row_filter *f, uint32_t at, struct block *block)
{
    columns_block(&f->columns, at, *block);
    enum match_rows got = match_block(&f->columns, f->matches[at], f->live);
    if (got == ROWS_ALL)
        return;
    if (got == ROWS_NONE)
        memset(f->live, 0, BLOCK_WORDS * sizeof *f->live);
    else
        (void)mask_and(f->live, block->live, block->row_count);
    block->live = f->live;
    block->all_live = false;
}

void row_filter_block(struct row_filter *f, struct columns *cs, uint32_t at, struct block block)
{
    if (f->matches && f->matches[at])
        leave_shown(f, at, &block);
    columns_block(cs, at, block);
}
