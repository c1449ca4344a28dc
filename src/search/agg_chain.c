// SPDX-License-Identifier: Apache-2.0
#include "search/agg_chain.h"

#include "base/check.h"
#include "kernel/compare.h"
#include "kernel/mask.h"

struct agg_chain {
    uint32_t count;
    struct agg_node *nodes[COMBINED_MAX];
    struct column *column;                            // of combinations
    const struct combinations *of;                    // the part at hand
    uint32_t known;                                   // of its combinations
    uint32_t through[COMBINED_MAX][COMBINATIONS_MAX]; // of each node, below one parent
    uint64_t bounds[COMBINED_MAX];                    // of its buckets below one parent
    uint8_t *masked;                                  // BLOCK_ROWS
};

// ---- planning ----

// Keywords that a reference leads to, as their dictionary has them.
static bool follows_reference(const struct search *s, const struct agg_node *n)
{
    return n->ops == &agg_terms_ops && s->columns.table_count == 1 && column_is_text(n->column) &&
           !n->missing.is_given && ords_is_direct(&n->ords) && n->column->sources[0].target &&
           n->column->sources[0].attribute;
}

static bool follows_same(const struct search *s, const struct agg_node *n,
                         const struct agg_node *first)
{
    return follows_reference(s, n) && n->column->width == WIDTH_U8 &&
           n->column->sources[0].path.field == first->column->sources[0].path.field;
}

static void find_nodes(const struct search *s, struct agg_node *n, struct agg_chain *out)
{
    struct agg_node *at = n;
    while (at && out->count < COMBINED_MAX && follows_reference(s, n) && follows_same(s, at, n)) {
        out->nodes[out->count++] = at;
        at = at->sub_count == 1 ? &at->subs[0] : NULL;
    }
}

static enum err plan_column(struct search *s, struct agg_chain *c)
{
    struct column *columns[COMBINED_MAX];
    uint64_t bound = 1;
    for (uint32_t i = 0; i < c->count; i++) {
        columns[i] = c->nodes[i]->column;
        bound *= c->nodes[i]->ords.key_bound;
        c->bounds[i] = bound;
    }
    return columns_combine(&s->columns, columns, c->count, &c->column);
}

// *out: what is looked through for more.
static enum err plan_chain(struct search *s, struct agg_node *n, struct agg_node **out)
{
    struct agg_chain *c = room_alloc(&s->room, sizeof *c);
    *out = n;
    if (!c)
        return ERR_LIMIT;
    find_nodes(s, n, c);
    enum err e = c->count > 1 ? plan_column(s, c) : OK;
    if (e || !c->column)
        return e;
    c->masked = room_alloc(&s->room, BLOCK_ROWS + BLOCK_SLACK);
    n->chain = c;
    *out = c->nodes[c->count - 1];
    return c->masked ? OK : ERR_LIMIT;
}

enum err agg_chains_plan(struct search *s, struct agg_node *n)
{
    enum err e = OK;
    for (uint32_t i = 0; i < n->sub_count && s->floor == 0 && !e; i++) {
        struct agg_node *last = &n->subs[i];
        if (last->ops == &agg_terms_ops)
            e = plan_chain(s, &n->subs[i], &last);
        if (!e)
            e = agg_chains_plan(s, last);
    }
    return e;
}

// ---- collecting ----

// Values that this search's dictionaries have not got are of no row that it sees.
static void know(struct agg_chain *c, const struct combinations *of)
{
    if (c->of != of)
        c->known = 0;
    c->of = of;
    uint32_t count = combinations_count(of);
    for (; c->known < count; c->known++) {
        uint32_t ord = 0;
        for (uint32_t i = 0; i < c->count; i++) {
            uint32_t value = of->values[c->known][i];
            uint32_t keys = (uint32_t)c->nodes[i]->ords.key_bound;
            ord = ord * keys + (value < keys ? value : 0);
            c->through[i][c->known] = ord;
        }
    }
}

static uint32_t count_none(const uint8_t *codes, uint32_t count)
{
    uint64_t none[BLOCK_WORDS];
    compare_range_u8(codes, count, UINT8_MAX, UINT8_MAX, none);
    return (uint32_t)mask_count(none, count);
}

// Ordinals of one byte that are all 0 or none make codes none by their bits.
static void take_off(const uint8_t *restrict codes, const uint8_t *restrict ords, uint32_t count,
                     uint8_t *restrict out)
{
    for (uint32_t i = 0; i < count; i++)
        out[i] = codes[i] | ords[i];
}

// Codes of the positions that are in a bucket of the parent's, none for others; NULL where one of
// these lacks a value.
static const uint8_t *codes_of(struct search *s, const struct agg_chain *c,
                               const struct ordinals *parents)
{
    uint32_t count = s->columns.selection.count;
    const uint8_t *codes = selected_codes(&s->columns, c->column);
    if (s->room.is_over)
        return NULL;
    bool is_whole = column_is_whole(&s->columns, c->column);
    if (!parents->at)
        return is_whole || count_none(codes, count) == 0 ? codes : NULL;
    take_off(codes, parents->at, count, c->masked);
    if (is_whole)
        return c->masked;
    return count_none(c->masked, count) == count_none(parents->at, count) ? c->masked : NULL;
}

static struct ordinals ordinals_of(const struct agg_chain *c, uint32_t node,
                                   const struct ordinals *parents, const uint8_t *codes)
{
    return (struct ordinals){.base = parents->base * (uint32_t)c->bounds[node],
                             .bound = c->known,
                             .width = WIDTH_U8,
                             .at = codes,
                             .through = c->through[node],
                             .through_bound = (uint32_t)c->bounds[node]};
}

// All but the last, which most times count for these.
static void count_upper(struct search *s, const struct agg_chain *c, const struct ordinals *parents,
                        const uint8_t *codes)
{
    for (uint32_t i = 0; i + 1 < c->count; i++) {
        struct agg_node *n = c->nodes[i];
        if (!agg_reserve_counts(s, n))
            return;
        n->is_counted_below |= n->counted_by != NULL;
        struct ordinals own = ordinals_of(c, i, parents, codes);
        if (!n->counted_by)
            ordinals_count(&own, s->columns.selection.count, n->counts);
    }
}

bool agg_chain_collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct agg_chain *c = n->chain;
    bool is_one_bucket =
        !parents->at || (parents->bound == 1 && parents->width == WIDTH_U8 && !parents->through);
    if (!is_one_bucket)
        return false;
    const uint8_t *codes = codes_of(s, c, parents);
    const struct combinations *of = column_combinations(&s->columns, c->column);
    if (!codes || !of)
        return false;
    know(c, of);
    count_upper(s, c, parents, codes);
    struct ordinals own = ordinals_of(c, c->count - 1, parents, codes);
    agg_pass(s, c->nodes[c->count - 1], &own);
    return true;
}
