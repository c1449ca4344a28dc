// SPDX-License-Identifier: Apache-2.0
// cardinality: how many different values, counted exactly.
//
// A set of codes for each bucket that is met, one bit a code; for values that are no codes,
// and for more buckets than there is memory for sets, a hash set of (bucket, value).
#include "base/buf.h"
#include "base/check.h"
#include "base/reader.h"
#include "kernel/distinct.h"
#include "kernel/ordinal.h"
#include "search/search_private.h"

#include <stdlib.h>

// Sets past so many bytes are not begun; those values are kept as pairs.
static const uint64_t sets_bytes_max = (uint64_t)128 << 20;

enum { PARENTS_MAX = 1 << 20 };

struct distinct {
    uint64_t **sets; // by bucket, a bit per code, NULL until one is met; NULL: pairs only
    uint64_t sets_bytes;
    uint64_t code_bound, words, parents;
    uint32_t *codes; // BLOCK_ROWS
    struct ords pairs;
    uint64_t *counts; // by bucket, at the end
    size_t counts_cap;
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
    if (column_is_text(n->column) && d->parents > 0 && d->parents <= PARENTS_MAX) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
        d->sets = room_alloc(&s->room, d->parents * sizeof *d->sets);
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

// The set of a bucket; NULL when it is not to be had.
static uint64_t *set_of(struct search *s, struct distinct *d, uint32_t ord)
{
    uint64_t bytes = d->words * sizeof(uint64_t);
    if (d->sets[ord] || d->sets_bytes + bytes > sets_bytes_max)
        return d->sets[ord];
    d->sets[ord] = room_alloc(&s->room, bytes);
    d->sets_bytes += bytes;
    return d->sets[ord];
}

static void add_pairs(struct distinct *d, uint32_t count)
{
    (void)ords_add_many(&d->pairs, d->ords_in, d->keys, count, d->ords_out);
}

// All positions in one bucket.
static void take_all(struct search *s, struct agg_node *n, uint64_t *set)
{
    const struct distinct *d = n->state;
    const struct column *c = n->column;
    uint32_t count = s->columns.selection.count;
    if (c->width == WIDTH_U32 || n->missing.is_given)
        distinct_set_u32(wide_codes(s, n), count, (uint32_t)d->code_bound, set);
    else if (c->width == WIDTH_U16)
        distinct_set_u16(selected_codes(&s->columns, n->column), count, c->dict_count, set);
    else
        distinct_set_u8(selected_codes(&s->columns, n->column), count, c->dict_count, set);
}

static void take_codes(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct distinct *d = n->state;
    uint32_t count = s->columns.selection.count;
    uint64_t *one = parents->at ? NULL : set_of(s, d, parents->base);
    if (one) {
        take_all(s, n, one);
        return;
    }
    const uint32_t *codes = wide_codes(s, n);
    const uint32_t *ords = ordinals_wide(parents, count, s->wide);
    uint32_t left = 0; // that are in no set
    for (uint32_t i = 0; i < count && !s->room.is_over; i++) {
        if (ords[i] == ORDINAL_NONE || codes[i] == CODE_NONE)
            continue;
        uint64_t *set = set_of(s, d, ords[i]);
        if (set) {
            set[codes[i] / 64] |= (uint64_t)1 << (codes[i] % 64);
            continue;
        }
        d->ords_in[left] = ords[i];
        d->keys[left++] = codes[i];
    }
    add_pairs(d, left);
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
    if (v->numbers.f64)
        return double_bits(v->numbers.f64[i]);
    return v->numbers.i64 ? (uint64_t)v->numbers.i64[i] : 0;
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

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct distinct *d = n->state;
    if (d->sets)
        take_codes(s, n, parents);
    else
        add_pairs(d, pairs_of(s, n, parents));
}

// ---- merging and counting ----

static void merge_sets(struct search *s, struct distinct *d, const struct distinct *other,
                       const uint32_t *map)
{
    for (uint64_t p = 0; other->sets && p < d->parents; p++) {
        if (!other->sets[p])
            continue;
        uint64_t **set = &d->sets[map ? map[p] : p];
        if (!*set)
            *set = room_alloc(&s->room, d->words * sizeof(uint64_t));
        if (!*set)
            return;
        for (uint64_t w = 0; w < d->words; w++)
            (*set)[w] |= other->sets[p][w];
    }
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    struct distinct *d = n->state;
    const struct distinct *other = from->state;
    merge_sets(s, d, other, map);
    for (uint32_t at = 0; at < other->pairs.count && !s->room.is_over; at += BLOCK_ROWS) {
        uint32_t left = other->pairs.count - at;
        uint32_t count = left < BLOCK_ROWS ? left : BLOCK_ROWS;
        for (uint32_t i = 0; i < count; i++) {
            uint32_t parent = other->pairs.parents[at + i];
            d->ords_in[i] = map ? map[parent] : parent;
        }
        memcpy(d->keys, other->pairs.keys + at, count * sizeof *d->keys);
        add_pairs(d, count);
    }
}

// ---- kept between searches ----
//
//     for each bucket   u32 words | u64 words[words]      a set of codes, or words = 0
//     then              u32 pairs | u32 bucket[] | u64 key[]

// A stand-in that the dictionary has not got stands behind its last code, which moves.
static bool is_fleeting(const struct agg_node *n)
{
    return column_is_text(n->column) && n->missing.is_given && n->missing.code == CODE_NONE;
}

static void save_sets(const struct distinct *d, const uint32_t *ords, uint32_t count,
                      struct buf *out)
{
    for (uint32_t i = 0; i < count; i++) {
        const uint64_t *set = d->sets ? d->sets[ords[i]] : NULL;
        uint64_t words = set ? d->words : 0;
        while (words && set[words - 1] == 0)
            words--;
        buf_u32_le(out, (uint32_t)words);
        if (words)
            buf_bytes(out, set, words * sizeof *set);
    }
}

static void save_pairs(const struct distinct *d, const uint32_t *ords, uint32_t count,
                       struct buf *out)
{
    uint32_t most = 0;
    for (uint32_t i = 0; i < count; i++)
        most = ords[i] >= most ? ords[i] + 1 : most;
    uint32_t *places = calloc((size_t)most + 1, sizeof *places);
    CHECK(places);
    for (uint32_t i = 0; i < count; i++)
        places[ords[i]] = i;
    buf_u32_le(out, d->pairs.count);
    for (uint32_t i = 0; i < d->pairs.count; i++)
        buf_u32_le(out, places[d->pairs.parents[i]]);
    if (d->pairs.count)
        buf_bytes(out, d->pairs.keys, d->pairs.count * sizeof *d->pairs.keys);
    free(places);
}

static void save(const struct agg_node *n, const uint32_t *ords, uint32_t count, struct buf *out)
{
    save_sets(n->state, ords, count, out);
    save_pairs(n->state, ords, count, out);
}

// Codes of a set that is not to be had here, as pairs.
static void load_as_pairs(struct distinct *d, uint32_t ord, const uint8_t *at, uint32_t words)
{
    uint32_t left = 0;
    for (uint32_t w = 0; w < words; w++) {
        uint64_t word;
        memcpy(&word, at + w * sizeof word, sizeof word);
        for (; word; word &= word - 1) {
            d->ords_in[left] = ord;
            d->keys[left++] = 64 * (uint64_t)w + (uint64_t)__builtin_ctzll(word);
        }
        if (left > BLOCK_ROWS - 64 || w + 1 == words) {
            add_pairs(d, left);
            left = 0;
        }
    }
}

static void load_set(struct search *s, struct distinct *d, uint32_t ord, struct reader *in)
{
    uint32_t words = reader_u32_le(in);
    const uint8_t *at = reader_bytes(in, words * sizeof(uint64_t)).at;
    uint64_t *set = words && d->sets ? set_of(s, d, ord) : NULL;
    if (words && !set && !s->room.is_over)
        load_as_pairs(d, ord, at, words);
    for (uint32_t w = 0; set && w < words; w++) {
        uint64_t word;
        memcpy(&word, at + w * sizeof word, sizeof word);
        set[w] |= word;
    }
}

static void load(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                 struct reader *in)
{
    struct distinct *d = n->state;
    for (uint32_t i = 0; i < count && !s->room.is_over; i++)
        load_set(s, d, ords[i], in);
    uint32_t pairs = s->room.is_over ? 0 : reader_u32_le(in);
    struct reader places = reader_over(reader_bytes(in, pairs * sizeof(uint32_t)));
    for (uint32_t at = 0; at < pairs && !s->room.is_over; at += BLOCK_ROWS) {
        uint32_t some = pairs - at < BLOCK_ROWS ? pairs - at : BLOCK_ROWS;
        for (uint32_t i = 0; i < some; i++) {
            d->ords_in[i] = ords[reader_u32_le(&places)];
            d->keys[i] = reader_u64_le(in);
        }
        add_pairs(d, some);
    }
}

// What one thread kept as a pair may be in another's set.
static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    (void)why;
    struct distinct *d = n->state;
    uint64_t parents = agg_ord_count(n->up);
    d->counts = room_grow(&s->room, NULL, &d->counts_cap, parents + 1, sizeof *d->counts);
    if (!d->counts)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < d->pairs.count; i++) {
        uint64_t *set = d->sets ? d->sets[d->pairs.parents[i]] : NULL;
        if (set)
            set[d->pairs.keys[i] / 64] |= (uint64_t)1 << (d->pairs.keys[i] % 64);
        else
            d->counts[d->pairs.parents[i]]++;
    }
    for (uint64_t p = 0; d->sets && p < d->parents; p++)
        if (d->sets[p])
            d->counts[p] = distinct_count(d->sets[p], d->words);
    return OK;
}

static uint64_t distinct_of(const struct agg_node *n, uint32_t parent)
{
    const struct distinct *d = n->state;
    return parent < d->counts_cap ? d->counts[parent] : 0;
}

// As many values as rows at most, so a step is as for rows.
static uint64_t shown_of(const struct agg_node *n, uint32_t parent)
{
    struct veil v = crowd_veil(&n->crowd, parent);
    return veil_count(&v, VEIL_DISTINCT, distinct_of(n, parent));
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)s;
    (void)why;
    out->distinct = shown_of(n, parent);
    return OK;
}

static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    if (name.len && !slice_is(name, "value"))
        return false;
    *out = (double)shown_of(n, parent);
    return true;
}

const struct agg_ops agg_cardinality_ops = {
    .plan = plan,
    .collect = collect,
    .merge = merge,
    .finish = finish,
    .answer = answer,
    .number = number,
    .is_fleeting = is_fleeting,
    .save = save,
    .load = load,
};
