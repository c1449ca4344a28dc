// SPDX-License-Identifier: Apache-2.0
// cardinality: how many different values, counted exactly.
//
// One bit per (bucket, code) while these are few; else a hash set of (bucket, value).
#include "base/hash.h"
#include "search/search_private.h"

enum { BITS_MAX = 1 << 28 }; // 32 MB of bits

struct distinct {
    uint64_t *bits; // code_bound per bucket; NULL: the pairs below
    uint64_t code_bound;
    struct ords pairs;
    uint64_t *counts; // by bucket
    size_t counts_cap;
    uint32_t met;   // pairs that are counted already
    uint64_t *keys; // BLOCK_ROWS
    uint32_t *ords_in, *ords_out;
};

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct distinct *d = room_alloc(&s->room, sizeof *d);
    n->state = d;
    if (!d)
        return ERR_LIMIT;
    enum err e = agg_plan_column(s, n, why);
    if (e)
        return e;
    // The code after the last stands for a `missing` text that the dictionary has not got.
    d->code_bound = (uint64_t)n->column->dict_count + 1;
    uint64_t parents = n->up->ord_bound;
    bool is_text = column_is_text(n->column);
    if (is_text && parents > 0 && parents <= BITS_MAX / d->code_bound)
        d->bits = room_alloc(&s->room, (parents * d->code_bound / 64 + 1) * sizeof *d->bits);
    ords_init(&d->pairs, &s->room, 0, 0);
    d->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->keys);
    d->ords_in = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->ords_in);
    d->ords_out = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->ords_out);
    return s->room.is_over ? ERR_LIMIT : OK;
}

static uint64_t missing_key(const struct agg_node *n)
{
    if (column_is_text(n->column))
        return n->missing.code == CODE_NONE ? n->column->dict_count : n->missing.code;
    if (n->column->is_mapped && n->column->storage == STORAGE_I64)
        return (uint64_t)n->missing.i64;
    uint64_t key;
    memcpy(&key, &n->missing.f64, sizeof key);
    return key;
}

static uint64_t key_at(const struct column *c, uint32_t row)
{
    if (c->storage == STORAGE_CODE)
        return c->codes[row];
    if (c->storage == STORAGE_I64)
        return (uint64_t)c->i64[row];
    double one_zero = c->f64[row] == 0 ? 0 : c->f64[row];
    uint64_t key;
    memcpy(&key, &one_zero, sizeof key);
    return key;
}

static uint32_t keys_of(struct search *s, struct agg_node *n, const struct rows *rows)
{
    struct distinct *d = n->state;
    const uint64_t *present = column_present(&s->columns, n->column);
    uint32_t count = 0;
    for (uint32_t i = 0; i < rows->count; i++) {
        bool has = present && bit_get(present, rows->row[i]);
        d->ords_in[count] = rows->ord[i];
        d->keys[count] = has ? key_at(n->column, rows->row[i]) : missing_key(n);
        count += has || n->missing.is_given;
    }
    return count;
}

static void take_bits(struct distinct *d, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = d->ords_in[i] * d->code_bound + d->keys[i];
        uint64_t word = d->bits[at / 64];
        uint64_t bit = (uint64_t)1 << (at % 64);
        d->counts[d->ords_in[i]] += (word & bit) == 0;
        d->bits[at / 64] = word | bit;
    }
}

static void take_pairs(struct distinct *d, uint32_t count)
{
    if (!ords_add_many(&d->pairs, d->ords_in, d->keys, count, d->ords_out))
        return;
    for (; d->met < d->pairs.count; d->met++)
        d->counts[d->pairs.parents[d->met]]++;
}

static void collect(struct search *s, struct agg_node *n, const struct rows *rows)
{
    struct distinct *d = n->state;
    uint64_t *counts =
        room_grow(&s->room, d->counts, &d->counts_cap, agg_ord_count(n->up), sizeof *counts);
    if (!counts)
        return;
    d->counts = counts;
    uint32_t count = keys_of(s, n, rows);
    if (d->bits)
        take_bits(d, count);
    else
        take_pairs(d, count);
}

static uint64_t distinct_of(const struct agg_node *n, uint32_t parent)
{
    const struct distinct *d = n->state;
    return parent < d->counts_cap ? d->counts[parent] : 0;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)s;
    (void)why;
    out->distinct = distinct_of(n, parent);
    return OK;
}

static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    if (name.len && !slice_is(name, "value"))
        return false;
    *out = (double)distinct_of(n, parent);
    return true;
}

const struct agg_ops agg_cardinality_ops = {
    .plan = plan,
    .collect = collect,
    .answer = answer,
    .number = number,
};
