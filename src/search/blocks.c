// SPDX-License-Identifier: Apache-2.0
#include "search/blocks.h"

#include <stdlib.h>

// More codes than these are asked for by their smallest and largest only.
enum { CODES_LISTED_MAX = 4096 };

struct narrowing { // of one table
    struct columns *columns;
    uint32_t at;
    const struct view *view;
    uint32_t words;
};

static const struct column_source *source_of(const struct narrowing *n, const struct match *m)
{
    return &m->column->sources[n->at];
}

// The values of the column are those of one field of this table, as it holds them.
static bool is_plain(const struct narrowing *n, const struct match *m)
{
    const struct column_source *s = source_of(n, m);
    return !s->target && !s->code_map && s->storage == m->column->storage;
}

static uint64_t *bits_new(const struct narrowing *n)
{
    return room_alloc(n->columns->room, n->words * sizeof(uint64_t));
}

static void take_between(const struct narrowing *n, const struct match *m, int64_t lo, int64_t hi,
                         uint64_t *bits)
{
    view_blocks_between(n->view, source_of(n, m)->path.field, lo, hi, bits);
}

static void take_codes(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    uint32_t *codes = NULL;
    uint32_t count = 0;
    if (m->set_count <= CODES_LISTED_MAX)
        codes = room_alloc(n->columns->room, m->set_count * sizeof *codes);
    if (!codes) {
        take_between(n, m, m->code_lo, m->code_hi, bits);
        return;
    }
    for (uint32_t w = m->code_lo / 64; w <= m->code_hi / 64; w++)
        for (uint64_t word = m->set[w]; word; word &= word - 1)
            codes[count++] = 64 * w + (uint32_t)__builtin_ctzll(word);
    view_blocks_of(n->view, source_of(n, m)->path.field, codes, count, bits);
}

static void take_ids(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    struct row_ref at;
    for (uint32_t i = 0; i < m->value_count; i++)
        if (view_find(n->view, m->keys[i], &at) == OK)
            bit_set(bits, at.block);
}

static bool narrow(const struct narrowing *n, const struct match *m, uint64_t *bits);

// Every must narrows; one that tells nothing leaves the others as they are.
static bool narrow_by_must(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    bool tells = false;
    for (uint32_t i = 0; i < m->must_count; i++) {
        uint64_t *one = bits_new(n);
        if (!one || !narrow(n, &m->must[i], one))
            continue;
        for (uint32_t w = 0; w < n->words; w++)
            bits[w] = tells ? bits[w] & one[w] : one[w];
        tells = true;
    }
    return tells;
}

// A row meets at least one should: only when all of them tell something.
static bool narrow_by_should(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    if (m->should_min == 0)
        return false;
    for (uint32_t i = 0; i < m->should_count; i++)
        if (!narrow(n, &m->should[i], bits))
            return false;
    return true;
}

static bool narrow_by_bool(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    uint64_t *must = bits_new(n);
    uint64_t *should = bits_new(n);
    if (!must || !should)
        return false;
    bool has_must = narrow_by_must(n, m, must);
    bool has_should = narrow_by_should(n, m, should);
    for (uint32_t w = 0; w < n->words; w++)
        bits[w] |= (has_must ? must[w] : UINT64_MAX) & (has_should ? should[w] : UINT64_MAX);
    return has_must || has_should;
}

// A leaf that looks at one field.
static bool narrow_by_field(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    if (!source_of(n, m)->is_mapped)
        return true; // no row has a value
    if (!is_plain(n, m))
        return false;
    if (m->kind == MATCH_CODES)
        take_codes(n, m, bits);
    else if (m->kind == MATCH_LONGS)
        take_between(n, m, m->longs[0], m->longs[m->value_count - 1], bits);
    else if (m->kind == MATCH_LONG_RANGE)
        take_between(n, m, m->lo, m->hi, bits);
    else
        return false;
    return true;
}

// Sets the bits of the blocks where a row may match.  False, with any bits set, when the
// query tells nothing about blocks.
static bool narrow(const struct narrowing *n, const struct match *m, uint64_t *bits)
{
    switch (m->kind) {
    case MATCH_ALL:
        return false;
    case MATCH_NONE:
        return true;
    case MATCH_TABLES:
        return !bit_get(m->set, n->at);
    case MATCH_IDS:
        take_ids(n, m, bits);
        return true;
    case MATCH_BOOL:
        return narrow_by_bool(n, m, bits);
    case MATCH_CODES:
    case MATCH_LONGS:
    case MATCH_DOUBLES:
    case MATCH_LONG_RANGE:
    case MATCH_DOUBLE_RANGE:
    case MATCH_EXISTS:
        return narrow_by_field(n, m, bits);
    }
    return false;
}

static const struct view *view_at(const struct columns *cs, uint32_t at)
{
    return snapshot_view(cs->snapshot, cs->tables[at]);
}

static enum err plan_table(struct columns *cs, const struct match *m, uint32_t at, uint64_t doc,
                           struct blocks *out)
{
    const struct view *v = view_at(cs, at);
    uint32_t block_count = view_block_count(v);
    struct narrowing n = {
        .columns = cs, .at = at, .view = v, .words = (uint32_t)bit_words(block_count) + 1};
    uint64_t *bits = bits_new(&n);
    if (!bits)
        return ERR_LIMIT;
    bool tells = m && narrow(&n, m, bits);
    for (uint32_t b = 0; b < block_count; b++)
        if (!tells || bit_get(bits, b))
            out->items[out->count++] = (struct block_place){at, b, doc + view_rows_before(v, b)};
    return OK;
}

enum err blocks_plan(struct columns *cs, const struct match *m, struct blocks *out)
{
    size_t most = 0;
    for (uint32_t at = 0; at < cs->table_count; at++)
        most += view_block_count(view_at(cs, at));
    *out = (struct blocks){.items = room_alloc(cs->room, most * sizeof *out->items)};
    if (!out->items)
        return ERR_LIMIT;
    uint64_t doc = 0;
    for (uint32_t at = 0; at < cs->table_count; at++) {
        enum err e = plan_table(cs, m, at, doc, out);
        if (e)
            return e;
        doc += view_rows_before(view_at(cs, at), view_block_count(view_at(cs, at)));
    }
    return cs->room->is_over ? ERR_LIMIT : OK;
}

// ---- order ----

struct ranked {
    int64_t key; // the smaller the earlier
    int64_t best;
    struct block_place place;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *x = a;
    const struct ranked *y = b;
    if (x->key != y->key)
        return x->key < y->key ? -1 : 1;
    return (x->place.doc > y->place.doc) - (x->place.doc < y->place.doc);
}

static struct ranked rank(struct columns *cs, const struct column *c, bool descending,
                          struct block_place place)
{
    struct block_range r;
    columns_block(cs, place.at, view_block(view_at(cs, place.at), place.block));
    bool is_known = column_range(cs, c, &r);
    int64_t best = descending ? INT64_MAX : INT64_MIN;
    if (is_known && r.any)
        best = descending ? r.max : r.min;
    else if (is_known)
        best = descending ? INT64_MIN : INT64_MAX;
    return (struct ranked){descending ? -1 - best : best, best, place};
}

enum err blocks_order(struct columns *cs, const struct column *c, bool descending, struct blocks *b)
{
    struct ranked *all = room_alloc(cs->room, b->count * sizeof *all);
    b->best = room_alloc(cs->room, b->count * sizeof *b->best);
    if (!all || !b->best)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < b->count; i++)
        all[i] = rank(cs, c, descending, b->items[i]);
    qsort(all, b->count, sizeof *all, compare_ranked);
    for (uint32_t i = 0; i < b->count; i++) {
        b->items[i] = all[i].place;
        b->best[i] = all[i].best;
    }
    b->is_ordered = true;
    return OK;
}
