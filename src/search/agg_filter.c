// SPDX-License-Identifier: Apache-2.0
// filter, filters, missing and global: buckets that a rule makes, not a value.
#include "kernel/mask.h"
#include "search/output.h"
#include "search/search_private.h"

enum { FEW_ONE_IN = 4 };

struct filters {
    struct match *matches;
    uint64_t **bits; // per filter: BLOCK_WORDS words
    enum match_rows *found;
    uint64_t *rest; // BLOCK_WORDS: rows that no filter takes
    uint64_t stamp; // block that bits and found are about
    uint32_t bucket_count;
};

static void share_ords(struct agg_node *n)
{
    n->shares_ords = true;
    n->ord_bound = n->up->ord_bound;
}

static enum err plan_matches(struct search *s, struct agg_node *n, struct fault *why)
{
    uint32_t count = n->agg->filter_count;
    struct filters *f = room_alloc(&s->room, sizeof *f);
    n->state = f;
    if (!f)
        return ERR_LIMIT;
    f->matches = room_alloc(&s->room, sizeof *f->matches * ((size_t)count + 1));
    f->bits = room_alloc(&s->room, sizeof *f->bits * ((size_t)count + 1));
    f->found = room_alloc(&s->room, sizeof *f->found * ((size_t)count + 1));
    f->rest = room_alloc(&s->room, BLOCK_WORDS * sizeof *f->rest);
    if (!f->matches || !f->bits || !f->found || !f->rest)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++) {
        f->bits[i] = room_alloc(&s->room, BLOCK_WORDS * sizeof(uint64_t));
        if (!f->bits[i])
            return ERR_LIMIT;
        enum err e =
            match_plan(&s->columns, n->agg->filters[i], s->context->now_ms, &f->matches[i], why);
        if (e)
            return e;
    }
    return OK;
}

const struct match *agg_filter_match(const struct agg_node *n, uint32_t i)
{
    const struct filters *f = n->state;
    return &f->matches[i];
}

static void match_once(struct search *s, struct agg_node *n)
{
    struct filters *f = n->state;
    if (f->stamp == s->columns.stamp)
        return;
    f->stamp = s->columns.stamp;
    for (uint32_t i = 0; i < n->agg->filter_count; i++)
        f->found[i] = match_block(&s->columns, &f->matches[i], f->bits[i]);
}

// The positions that a filter takes; false for none.  `room` holds a block's u32.
// NOLINTNEXTLINE(readability-function-size): six, and all of them are the filter's.
static bool take(struct search *s, struct agg_node *n, uint32_t filter,
                 const struct ordinals *parents, void *room, struct ordinals *out)
{
    const struct filters *f = n->state;
    if (f->found[filter] == ROWS_NONE)
        return false;
    *out = *parents;
    if (f->found[filter] == ROWS_SOME)
        *out = ordinals_mask(parents, columns_pack_bits(&s->columns, f->bits[filter]),
                             s->columns.selection.count, room);
    return true;
}

// ---- filter ----

static enum err filter_plan(struct search *s, struct agg_node *n, struct fault *why)
{
    share_ords(n);
    return plan_matches(s, n, why);
}

// Of the few rows that it takes, a filter that nothing hangs below counts each.
static bool count_few(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct filters *f = n->state;
    uint32_t count = s->columns.selection.count;
    if (n->sub_count > 0 || s->floor > 0 || f->found[0] != ROWS_SOME)
        return false;
    const uint64_t *bits = columns_pack_bits(&s->columns, f->bits[0]);
    if (mask_count(bits, count) > count / FEW_ONE_IN || !agg_reserve_counts(s, n))
        return false;
    ordinals_count_few(parents, bits, count, n->ord_room, n->counts);
    return true;
}

static void filter_collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    match_once(s, n);
    if (count_few(s, n, parents))
        return;
    struct ordinals own;
    if (take(s, n, 0, parents, n->ord_room, &own))
        agg_pass(s, n, &own);
}

static enum err single_answer(struct search *s, struct agg_node *n, uint32_t parent,
                              struct agg_answer *out, struct fault *why)
{
    struct bucket *b = ARENA_NEW(s->arena, struct bucket);
    out->buckets = b;
    out->bucket_count = 1;
    enum err e = agg_take_buckets(s, 1, why);
    return e ? e : agg_answer_bucket(s, n, parent, b, why);
}

static bool single_number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    if (name.len && !slice_is(name, "_count") && !slice_is(name, "doc_count"))
        return false;
    *out = agg_is_shown(n, parent) ? (double)agg_shown_rows(n, parent) : 0;
    return true;
}

const struct agg_ops agg_filter_ops = {
    .plan = filter_plan,
    .collect = filter_collect,
    .takes_through = true,
    .answer = single_answer,
    .number = single_number,
};

// ---- filters ----

static enum err filters_plan(struct search *s, struct agg_node *n, struct fault *why)
{
    enum err e = plan_matches(s, n, why);
    if (e)
        return e;
    struct filters *f = n->state;
    f->bucket_count = n->agg->filter_count + (n->agg->other_bucket.len > 0);
    ords_init(&n->ords, &s->room, n->up->ord_bound, f->bucket_count);
    n->ord_bound = n->ords.bound;
    return OK;
}

// The rows that no filter takes.
static bool left_over(const struct filters *f, uint32_t filter_count, uint64_t *out)
{
    memset(out, 0xff, BLOCK_WORDS * sizeof *out);
    for (uint32_t i = 0; i < filter_count; i++) {
        if (f->found[i] == ROWS_ALL)
            return false;
        if (f->found[i] == ROWS_SOME)
            mask_and_not(out, f->bits[i], BLOCK_ROWS);
    }
    return true;
}

// Every row a filter takes is in that filter's bucket, and so may be in several.
static void pass_bucket(struct search *s, struct agg_node *n, const struct ordinals *parents,
                        uint32_t bucket)
{
    struct key_codes key = {.base = bucket, .bound = 1};
    agg_pass_keys(s, n, parents, &key);
}

static void filters_collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    match_once(s, n);
    struct filters *f = n->state;
    uint32_t count = n->agg->filter_count;
    struct ordinals own;
    for (uint32_t i = 0; i < count; i++)
        if (take(s, n, i, parents, s->mask_room, &own))
            pass_bucket(s, n, &own, i);
    if (f->bucket_count == count || !left_over(f, count, f->rest))
        return;
    own = ordinals_mask(parents, columns_pack_bits(&s->columns, f->rest),
                        s->columns.selection.count, s->mask_room);
    pass_bucket(s, n, &own, count);
}

static enum err filters_answer(struct search *s, struct agg_node *n, uint32_t parent,
                               struct agg_answer *out, struct fault *why)
{
    const struct filters *f = n->state;
    struct bucket *buckets = ARENA_ARRAY(s->arena, struct bucket, f->bucket_count + 1);
    enum err e = agg_take_buckets(s, f->bucket_count, why);
    for (uint32_t i = 0; i < f->bucket_count && !e; i++) {
        uint32_t ord = ords_find(&n->ords, parent, i);
        // Every bucket stays in its place; one below the floor counts nothing.
        struct bucket *b = &buckets[out->bucket_count++];
        bool is_other = i >= n->agg->filter_count;
        if (is_other || n->agg->filters_keyed)
            b->key = output_text(
                FIELD_KEYWORD, is_other ? n->agg->other_bucket : n->agg->filter_names[i], s->arena);
        e = agg_answer_bucket(s, n, ord, b, why);
    }
    out->buckets = buckets;
    return e;
}

const struct agg_ops agg_filters_ops = {
    .plan = filters_plan,
    .collect = filters_collect,
    .answer = filters_answer,
};

// ---- missing ----

static enum err missing_plan(struct search *s, struct agg_node *n, struct fault *why)
{
    share_ords(n);
    return columns_find(&s->columns, n->agg->field, &n->column, why);
}

static void missing_collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const uint64_t *present = agg_present(s, n->column);
    if (!present)
        return;
    uint64_t none[BLOCK_WORDS];
    memcpy(none, present, sizeof none);
    mask_not(none, s->columns.selection.count);
    struct ordinals own = ordinals_mask(parents, none, s->columns.selection.count, n->ord_room);
    agg_pass(s, n, &own);
}

const struct agg_ops agg_missing_ops = {
    .plan = missing_plan,
    .collect = missing_collect,
    .answer = single_answer,
    .number = single_number,
};

// ---- global ----

// The parser has seen to it that it stands at the top.
static enum err global_plan(struct search *s, struct agg_node *n, struct fault *why)
{
    (void)s;
    (void)why;
    share_ords(n);
    return OK;
}

static void global_collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    (void)s; // agg_tree_collect() sees to it, as its rows are not the parent's
    (void)n;
    (void)parents;
}

static enum err global_answer(struct search *s, struct agg_node *n, uint32_t parent,
                              struct agg_answer *out, struct fault *why)
{
    (void)parent; // its rows do not depend on the query, nor on whether that met anybody
    return single_answer(s, n, 0, out, why);
}

static bool global_is_fleeting(const struct agg_node *n)
{
    (void)n; // its rows are not those of the query, which is what is kept
    return true;
}

const struct agg_ops agg_global_ops = {
    .is_fleeting = global_is_fleeting,
    .plan = global_plan,
    .collect = global_collect,
    .answer = global_answer,
    .number = single_number,
};
