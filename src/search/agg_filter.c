// SPDX-License-Identifier: Apache-2.0
// filter, filters, missing and global: buckets that a rule makes, not a value.
#include "search/output.h"
#include "search/search_private.h"

struct filters {
    struct match *matches;
    uint64_t **bits; // per filter: BLOCK_WORDS words
    enum match_rows *found;
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
    if (!f->matches || !f->bits || !f->found)
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

static void match_once(struct search *s, struct agg_node *n)
{
    struct filters *f = n->state;
    if (f->stamp == s->columns.stamp)
        return;
    f->stamp = s->columns.stamp;
    for (uint32_t i = 0; i < n->agg->filter_count; i++)
        f->found[i] = match_block(&s->columns, &f->matches[i], f->bits[i]);
}

// Rows that a filter takes, with `parent` ordinals as they are, into row_out and ord_out.
static uint32_t take_rows(struct agg_node *n, uint32_t filter, const struct rows *rows)
{
    const struct filters *f = n->state;
    const uint64_t *bits = f->bits[filter];
    if (f->found[filter] == ROWS_NONE)
        return 0;
    if (f->found[filter] == ROWS_ALL) {
        memcpy(n->row_out, rows->row, rows->count * sizeof *n->row_out);
        memcpy(n->ord_out, rows->ord, rows->count * sizeof *n->ord_out);
        return rows->count;
    }
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        n->row_out[count] = rows->row[i];
        n->ord_out[count] = rows->ord[i];
        count += bit_get(bits, rows->row[i]);
    }
    return count;
}

// ---- filter ----

static enum err filter_plan(struct search *s, struct agg_node *n, struct fault *why)
{
    share_ords(n);
    return plan_matches(s, n, why);
}

static void filter_collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    match_once(s, n);
    struct rows own = {.row = n->row_out, .ord = n->ord_out};
    own.count = take_rows(n, 0, rows);
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
    *out = agg_is_shown(n, parent) ? (double)agg_rows(n, parent) : 0;
    return true;
}

const struct agg_ops agg_filter_ops = {
    .plan = filter_plan,
    .collect = filter_collect,
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

static bool is_left_over(const struct filters *f, uint32_t filter_count, uint32_t row)
{
    for (uint32_t i = 0; i < filter_count; i++)
        if (f->found[i] == ROWS_ALL || (f->found[i] == ROWS_SOME && bit_get(f->bits[i], row)))
            return false;
    return true;
}

static uint32_t take_left_over(struct agg_node *n, const struct rows *rows)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        n->row_out[count] = rows->row[i];
        n->ord_out[count] = rows->ord[i];
        count += is_left_over(n->state, n->agg->filter_count, rows->row[i]);
    }
    return count;
}

static void filters_collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    match_once(s, n);
    const struct filters *f = n->state;
    for (uint32_t b = 0; b < f->bucket_count; b++) {
        uint32_t count = b < n->agg->filter_count ? take_rows(n, b, rows) : take_left_over(n, rows);
        for (uint32_t i = 0; i < count; i++)
            n->keys[i] = b;
        agg_pass_keys(s, n, count);
    }
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

static void missing_collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    const uint64_t *present = column_present(&s->columns, n->column);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        n->row_out[count] = rows->row[i];
        n->ord_out[count] = rows->ord[i];
        count += !present || !bit_get(present, rows->row[i]);
    }
    struct rows own = {.count = count, .row = n->row_out, .ord = n->ord_out};
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

static void global_collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    (void)rows; // every live row instead, whatever the query took
    uint32_t count = search_live_rows(s);
    struct rows own = {.count = count, .row = s->all_rows, .ord = s->zeros};
    agg_pass(s, n, &own);
}

static enum err global_answer(struct search *s, struct agg_node *n, uint32_t parent,
                              struct agg_answer *out, struct fault *why)
{
    (void)parent; // its rows do not depend on the query, nor on whether that met anybody
    return single_answer(s, n, 0, out, why);
}

const struct agg_ops agg_global_ops = {
    .plan = global_plan,
    .collect = global_collect,
    .answer = global_answer,
    .number = single_number,
};
