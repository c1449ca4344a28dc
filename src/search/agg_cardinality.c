// SPDX-License-Identifier: Apache-2.0
// cardinality: how many different values, counted exactly.
//
// One bit per (bucket, code) while these are few; else a hash set of (bucket, value).
#include "kernel/distinct.h"
#include "kernel/ordinal.h"
#include "search/search_private.h"

enum { BITS_MAX = 1 << 28 }; // 32 MB of bits

struct distinct {
    uint64_t *bits; // `words` per bucket; NULL: the pairs below
    uint64_t code_bound, words, parents;
    uint32_t *codes; // BLOCK_ROWS
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
    d->words = distinct_words((uint32_t)d->code_bound);
    d->parents = n->up->ord_bound;
    bool is_text = column_is_text(n->column);
    if (is_text && d->parents > 0 && d->parents <= BITS_MAX / 64 / d->words) {
        d->bits = room_alloc(&s->room, d->parents * d->words * sizeof *d->bits);
        d->codes = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->codes + BLOCK_SLACK);
    }
    ords_init(&d->pairs, &s->room, 0, 0);
    d->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->keys);
    d->ords_in = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->ords_in);
    d->ords_out = room_alloc(&s->room, BLOCK_ROWS * sizeof *d->ords_out);
    return s->room.is_over ? ERR_LIMIT : OK;
}

// What stands in for no value.
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

static uint64_t double_bits(double v)
{
    double one_zero = v == 0 ? 0 : v;
    uint64_t key;
    memcpy(&key, &one_zero, sizeof key);
    return key;
}

// ---- by code ----

// Codes as u32, with the stand-in where there is none.
static const uint32_t *wide_codes(struct search *s, struct agg_node *n)
{
    struct distinct *d = n->state;
    uint32_t count = s->columns.selection.count;
    const void *codes = selected_codes(&s->columns, n->column);
    if (n->column->width == WIDTH_U32 && !n->missing.is_given)
        return codes;
    ordinal_widen((struct codes){n->column->width, codes}, count, WIDTH_U32, d->codes);
    for (uint32_t i = 0; n->missing.is_given && i < count; i++)
        if (d->codes[i] == CODE_NONE)
            d->codes[i] = (uint32_t)missing_key(n);
    return d->codes;
}

static void take_bits(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct distinct *d = n->state;
    uint32_t count = s->columns.selection.count;
    uint64_t *bits = d->bits + parents->base * d->words;
    const uint32_t *codes = wide_codes(s, n);
    if (parents->at)
        distinct_pairs((struct codes){parents->width, parents->at}, codes, count, parents->bound,
                       (uint32_t)d->code_bound, bits);
    else
        distinct_set_u32(codes, count, (uint32_t)d->code_bound, bits);
}

// ---- by value ----

struct values { // of one column, by position
    const struct column *column;
    const void *codes;
    struct numbers numbers;
    const uint64_t *present;
};

static uint64_t key_at(const struct values *v, uint32_t i)
{
    if (v->codes)
        return codes_at((struct codes){v->column->width, v->codes}, i);
    return v->numbers.i64 ? (uint64_t)v->numbers.i64[i] : double_bits(v->numbers.f64[i]);
}

static struct values values_of(struct search *s, struct agg_node *n)
{
    struct values v = {.column = n->column};
    if (!n->column->is_mapped)
        return v;
    if (column_is_text(n->column))
        v.codes = selected_codes(&s->columns, n->column);
    else
        v.numbers = selected_numbers(&s->columns, n->column);
    return v;
}

static uint32_t pairs_of(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct distinct *d = n->state;
    struct values v = values_of(s, n);
    v.present = agg_present(s, n->column);
    const uint32_t *ords = ordinals_wide(parents, s->columns.selection.count, s->wide);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->columns.selection.count; i++) {
        bool has = !v.present || bit_get(v.present, i);
        d->ords_in[count] = ords[i];
        d->keys[count] = has ? key_at(&v, i) : missing_key(n);
        count += ords[i] != ORDINAL_NONE && (has || n->missing.is_given);
    }
    return count;
}

static void count_new(struct search *s, struct agg_node *n)
{
    struct distinct *d = n->state;
    uint64_t *counts =
        room_grow(&s->room, d->counts, &d->counts_cap, agg_ord_count(n->up), sizeof *counts);
    if (!counts)
        return;
    d->counts = counts;
    for (; d->met < d->pairs.count; d->met++)
        d->counts[d->pairs.parents[d->met]]++;
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct distinct *d = n->state;
    if (d->bits) {
        take_bits(s, n, parents);
        return;
    }
    uint32_t count = pairs_of(s, n, parents);
    if (ords_add_many(&d->pairs, d->ords_in, d->keys, count, d->ords_out))
        count_new(s, n);
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    struct distinct *d = n->state;
    const struct distinct *other = from->state;
    for (size_t i = 0; d->bits && i < d->parents * d->words; i++)
        d->bits[i] |= other->bits[i];
    for (uint32_t at = 0; at < other->pairs.count && !s->room.is_over; at += BLOCK_ROWS) {
        uint32_t left = other->pairs.count - at;
        uint32_t count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t parent = other->pairs.parents[at + i];
            d->ords_in[i] = map ? map[parent] : parent;
        }
        memcpy(d->keys, other->pairs.keys + at, count * sizeof *d->keys);
        if (ords_add_many(&d->pairs, d->ords_in, d->keys, count, d->ords_out))
            count_new(s, n);
    }
}

static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    (void)why;
    struct distinct *d = n->state;
    if (!d->bits)
        return OK;
    d->counts = room_grow(&s->room, NULL, &d->counts_cap, d->parents + 1, sizeof *d->counts);
    for (uint64_t p = 0; d->counts && p < d->parents; p++)
        d->counts[p] = distinct_count(d->bits + p * d->words, (uint32_t)d->words);
    return d->counts ? OK : ERR_LIMIT;
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
    .merge = merge,
    .finish = finish,
    .answer = answer,
    .number = number,
};
