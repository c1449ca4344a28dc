// SPDX-License-Identifier: Apache-2.0
// terms: one bucket per value.
//
// Keys are codes for keywords (one more for a `missing` text that the dictionary has not
// got), the distance from the smallest value where all whole numbers lie close together,
// and else the 64 bits of the number.
#include "kernel/compare.h"
#include "kernel/mask.h"
#include "kernel/ordinal.h"
#include "kernel/top.h"
#include "search/agg_chain.h"
#include "search/literal_value.h"
#include "search/output.h"
#include "search/search_private.h"
#include "search/terms_order.h"
#include "search/terms_wish.h"

#include <stdlib.h>

enum {
    MANY_KEYS = 4096, // fewer are listed as they are
    FOLDED_TOLD_MAX = 1024,
};

enum key_form { KEY_CODE, KEY_NEAR, KEY_LONG, KEY_DOUBLE };

struct terms {
    enum key_form form;
    int64_t base;       // KEY_NEAR
    uint64_t key_bound; // 0: not known
    uint64_t missing_key;
    uint32_t *codes; // BLOCK_ROWS: keys that are not just what the column has
    struct terms_wish include, exclude;
    struct terms_order order;
    struct ords zero; // min_doc_count 0: every key of the searched tables
    uint64_t *zero_counts;
    size_t zero_cap;
};

static double as_double(uint64_t bits)
{
    double v;
    memcpy(&v, &bits, sizeof v);
    return v;
}

static uint64_t double_key(double v)
{
    double one_zero = v == 0 ? 0 : v; // -0.0 and 0.0 are one key
    uint64_t bits;
    memcpy(&bits, &one_zero, sizeof bits);
    return bits;
}

// ---- planning ----

static void choose_form(struct agg_node *n, struct terms *t)
{
    const struct column *c = n->column;
    const struct agg_missing *m = &n->missing;
    if (column_is_text(c) || (!c->is_mapped && m->text.at)) {
        t->form = KEY_CODE;
        t->key_bound = (uint64_t)c->dict_count + 1;
        t->missing_key = m->code == CODE_NONE ? c->dict_count : m->code;
        return;
    }
    if (!c->is_mapped || c->storage == STORAGE_F64) {
        t->form = KEY_DOUBLE;
        t->missing_key = double_key(m->f64);
        return;
    }
    int64_t lo = m->is_given && m->i64 < c->min ? m->i64 : c->min;
    int64_t hi = m->is_given && m->i64 > c->max ? m->i64 : c->max;
    bool near = c->is_near && (uint64_t)hi - (uint64_t)lo < ORDS_DIRECT_MAX;
    t->form = near ? KEY_NEAR : KEY_LONG;
    t->base = near ? lo : 0;
    t->key_bound = near ? (uint64_t)hi - (uint64_t)lo + 1 : 0;
    t->missing_key = (uint64_t)m->i64 - (uint64_t)t->base;
}

// The key of a literal of include or exclude; false when no row can have it.
static enum err key_of_literal(struct search *s, const struct agg_node *n, const struct literal *l,
                               uint64_t *out, bool *out_has, struct fault *why)
{
    const struct terms *t = n->state;
    *out_has = false;
    if (t->form == KEY_CODE) {
        uint8_t bytes[16];
        struct slice stored;
        if (n->missing.is_given && slice_equal(l->text, n->missing.text)) {
            *out = t->missing_key;
            *out_has = true;
        } else if (n->column->dict && literal_text(n->column->type, l->text, bytes, &stored)) {
            *out = dict_find(n->column->dict, stored);
            *out_has = *out < n->column->dict_count;
        }
        return OK;
    }
    if (t->form == KEY_DOUBLE) {
        double v;
        enum err e = literal_double(l, &v, why);
        *out_has = !e;
        *out = e ? 0 : double_key(v);
        return e;
    }
    struct literal_dates dates = {.format = n->agg->format, .now_ms = s->context->now_ms};
    int64_t v = 0;
    enum err e = literal_i64(n->column->type, l, &dates, &v, out_has, why);
    *out = (uint64_t)v - (uint64_t)t->base;
    return e;
}

static enum err plan_list(struct search *s, const struct agg_node *n, const struct literal *list,
                          uint32_t count, struct terms_wish *out, struct fault *why)
{
    uint32_t found = 0;
    uint64_t *keys = room_alloc(&s->room, sizeof *keys * ((size_t)count + 1));
    if (!keys)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++) {
        bool has;
        enum err e = key_of_literal(s, n, &list[i], &keys[found], &has, why);
        if (e)
            return e;
        found += has;
    }
    terms_wish_of_keys(out, keys, found);
    return OK;
}

static enum err plan_wishes(struct search *s, const struct agg_node *n, struct terms *t,
                            struct fault *why)
{
    const struct agg *a = n->agg;
    enum err e = OK;
    if (a->include)
        e = plan_list(s, n, a->include, a->include_count, &t->include, why);
    if (!e && a->exclude)
        e = plan_list(s, n, a->exclude, a->exclude_count, &t->exclude, why);
    if (!e && a->include_pattern.at)
        e = terms_wish_of_pattern(s, n, a->include_pattern, &t->include, why);
    if (!e && a->exclude_pattern.at)
        e = terms_wish_of_pattern(s, n, a->exclude_pattern, &t->exclude, why);
    return e;
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct terms *t = room_alloc(&s->room, sizeof *t);
    n->state = t;
    if (!t)
        return ERR_LIMIT;
    enum err e = agg_plan_column(s, n, why);
    if (e)
        return e;
    if (!s->sees_rows && n->column->is_mapped && n->column->type == FIELD_PSEUDONYM)
        return fail(why, ERR_DENIED,
                    "security_exception: action [%s] is unauthorized for user [%s]: buckets of "
                    "field [%.*s] would show single subjects",
                    action_name(ACTION_READ), permit_user(s->context->permit),
                    SLICE_PRINT(n->agg->field));
    choose_form(n, t);
    t->codes = room_alloc(&s->room, BLOCK_ROWS * sizeof *t->codes + BLOCK_SLACK);
    if (!t->codes)
        return ERR_LIMIT;
    ords_init(&n->ords, &s->room, n->up->ord_bound, t->key_bound);
    n->ord_bound = n->ords.bound;
    return plan_wishes(s, n, t, why);
}

static enum err plan_late(struct search *s, struct agg_node *n, struct fault *why)
{
    struct terms *t = n->state;
    return terms_order_plan(s, n, &t->order, why);
}

// ---- collecting ----

static void replace_none(enum width width, void *codes, uint32_t count, uint32_t with)
{
    for (uint32_t i = 0; i < count; i++) {
        if (width == WIDTH_U8 && ((uint8_t *)codes)[i] == UINT8_MAX)
            ((uint8_t *)codes)[i] = (uint8_t)with;
        else if (width == WIDTH_U16 && ((uint16_t *)codes)[i] == UINT16_MAX)
            ((uint16_t *)codes)[i] = (uint16_t)with;
        else if (width == WIDTH_U32 && ((uint32_t *)codes)[i] == UINT32_MAX)
            ((uint32_t *)codes)[i] = with;
    }
}

// Codes of keywords, and what stands in for a missing one.
static struct key_codes code_keys(struct search *s, struct agg_node *n)
{
    struct terms *t = n->state;
    struct column *c = n->column;
    uint32_t count = s->columns.selection.count;
    struct key_codes keys = {.base = (uint32_t)t->missing_key, .bound = 1};
    if (!column_is_text(c))
        return keys; // unmapped: all rows are of the stand-in
    keys = (struct key_codes){
        .bound = c->dict_count, .width = c->width, .at = selected_codes(&s->columns, c)};
    if (!n->missing.is_given)
        return keys;
    // The stand-in may be one more than the width holds.
    keys.bound = (uint32_t)t->key_bound;
    keys.width = t->key_bound <= UINT16_MAX ? WIDTH_U16 : WIDTH_U32;
    ordinal_widen((struct codes){c->width, keys.at}, count, keys.width, t->codes);
    replace_none(keys.width, t->codes, count, (uint32_t)t->missing_key);
    keys.at = t->codes;
    return keys;
}

// Distances of whole numbers that lie close together.
static struct key_codes near_keys(struct search *s, struct agg_node *n)
{
    struct terms *t = n->state;
    struct distances d = selected_distances(&s->columns, n->column);
    uint32_t count = s->columns.selection.count;
    uint32_t shift = (uint32_t)((uint64_t)d.base - (uint64_t)t->base);
    struct key_codes keys = {
        .base = shift, .bound = (uint32_t)t->key_bound - shift, .width = d.width, .at = d.at};
    if (!d.present)
        return keys;
    memcpy(t->codes, d.at, (size_t)count * d.width);
    ordinal_mask(d.width, t->codes, d.present, count);
    keys.at = t->codes;
    if (!n->missing.is_given)
        return keys;
    ordinal_widen((struct codes){d.width, t->codes}, count, WIDTH_U32, s->wide);
    for (uint32_t i = 0; i < count; i++)
        t->codes[i] = s->wide[i] == ORDINAL_NONE ? (uint32_t)t->missing_key : s->wide[i] + shift;
    return (struct key_codes){.bound = (uint32_t)t->key_bound, .width = WIDTH_U32, .at = t->codes};
}

static bool has_small_keys(const struct terms *t)
{
    return t->form == KEY_CODE || t->form == KEY_NEAR;
}

static struct key_codes small_keys(struct search *s, struct agg_node *n)
{
    const struct terms *t = n->state;
    return t->form == KEY_CODE ? code_keys(s, n) : near_keys(s, n);
}

static bool has_none(enum width width, const void *codes, uint32_t count)
{
    uint64_t none[BLOCK_WORDS];
    if (width == WIDTH_U8)
        compare_range_u8(codes, count, UINT8_MAX, UINT8_MAX, none);
    else if (width == WIDTH_U16)
        compare_range_u16(codes, count, UINT16_MAX, UINT16_MAX, none);
    else
        compare_range_u32(codes, count, UINT32_MAX, UINT32_MAX, none);
    return mask_count(none, count) > 0;
}

// Texts of which no row of the block lacks one.
static bool covers(struct search *s, struct agg_node *n)
{
    const struct terms *t = n->state;
    struct column *c = n->column;
    if (t->form != KEY_CODE || !column_is_text(c) || n->missing.is_given)
        return false;
    if (column_is_whole(&s->columns, c))
        return true;
    const void *codes = selected_codes(&s->columns, c);
    return codes && !has_none(c->width, codes, s->columns.selection.count);
}

// Pairs of numbers that lie far apart, and of an unmapped column's stand-in.
static void number_pairs(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct terms *t = n->state;
    struct agg_values v = agg_values(s, n, parents);
    struct agg_pairs *p = agg_pairs(s, n);
    for (uint32_t i = 0; p && i < v.count; i++) {
        bool stands_in;
        if (!agg_values_has(n, &v, i, &stands_in))
            continue;
        uint64_t key = t->missing_key;
        if (!stands_in && v.numbers.f64)
            key = double_key(v.numbers.f64[i]);
        else if (!stands_in && v.numbers.i64)
            key = (uint64_t)v.numbers.i64[i];
        agg_pairs_add(p, i, v.ords[i], key);
    }
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    const struct terms *t = n->state;
    if (n->chain && agg_chain_collect(s, n, parents))
        return;
    if (has_small_keys(t)) {
        if (!n->column->is_mapped && !n->missing.is_given)
            return;
        struct key_codes keys = small_keys(s, n);
        agg_pass_keys(s, n, parents, &keys);
        return;
    }
    number_pairs(s, n, parents);
    agg_pass_pairs(s, n);
}

// min_doc_count 0 shows values that no matching row has: all live rows are gone through.
static enum err collect_zero_block(struct search *s, struct agg_node *n)
{
    struct terms *t = n->state;
    const struct block *b = &s->columns.block;
    columns_select(&s->columns, b->live, mask_count(b->live, b->row_count));
    struct ordinals all = ordinals_all(0);
    if (s->columns.selection.meant_count < s->columns.selection.count)
        all = ordinals_mask(&all, b->live, b->row_count, s->root_room);
    if (has_small_keys(t)) {
        struct key_codes keys = small_keys(s, n);
        agg_pair_up(s, n, &all, &keys);
    } else {
        number_pairs(s, n, &all);
    }
    const struct agg_pairs *p = n->pairs;
    if (!p || !ords_add_many(&t->zero, p->parents, p->keys, p->count, s->wide))
        return ERR_LIMIT;
    uint64_t *counts =
        room_grow(&s->room, t->zero_counts, &t->zero_cap, ords_count(&t->zero), sizeof *counts);
    if (!counts)
        return ERR_LIMIT;
    t->zero_counts = counts;
    for (uint32_t i = 0; i < p->count; i++)
        counts[s->wide[i]] = 1;
    return OK;
}

static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    (void)why;
    struct terms *t = n->state;
    bool has_none = !n->column->is_mapped && !n->missing.is_given;
    if (n->agg->min_doc_count > 0 || has_none)
        return OK;
    ords_init(&t->zero, &s->room, 1, t->key_bound);
    for (uint32_t at = 0; at < s->columns.table_count; at++) {
        const struct view *v = snapshot_view(s->columns.snapshot, s->columns.tables[at]);
        for (uint32_t b = 0; b < view_block_count(v); b++) {
            row_filter_block(&s->filter, &s->columns, at, view_block(v, b));
            enum err e = collect_zero_block(s, n);
            if (e)
                return e;
        }
    }
    return OK;
}

// ---- answering ----

static bool is_wanted(const struct terms *t, uint64_t key)
{
    return (!t->include.is_given || terms_wish_has(&t->include, key)) &&
           (!t->exclude.is_given || !terms_wish_has(&t->exclude, key));
}

static struct terms_key sort_key(const struct agg_node *n, const struct terms *t, uint64_t key)
{
    if (t->form == KEY_DOUBLE)
        return (struct terms_key){.f64 = as_double(key)};
    if (t->form != KEY_CODE)
        return (struct terms_key){.i64 = (int64_t)(key + (uint64_t)t->base)};
    if (key >= n->column->dict_count)
        return (struct terms_key){.text = n->missing.text};
    return (struct terms_key){.text = dict_value(n->column->dict, (uint32_t)key)};
}

static struct terms_key source_key(const struct agg_node *n, uint64_t key)
{
    return sort_key(n, n->state, key);
}

// A stand-in that the dictionary has not got stands behind its last code, which moves.
static bool is_fleeting(const struct agg_node *n)
{
    const struct terms *t = n->state;
    return n->agg->missing_is_apart ||
           (t->form == KEY_CODE && n->missing.is_given && n->missing.code == CODE_NONE);
}

static uint64_t lasting_key(const struct agg_node *n, uint64_t key)
{
    const struct terms *t = n->state;
    return key + (uint64_t)t->base;
}

static uint64_t key_here(const struct agg_node *n, uint64_t lasting)
{
    const struct terms *t = n->state;
    return lasting - (uint64_t)t->base;
}

static struct value key_value(struct search *s, const struct agg_node *n, const struct terms *t,
                              const struct terms_key *key)
{
    enum field_type type = n->column->type;
    if (t->form == KEY_DOUBLE)
        return output_f64(key->f64);
    if (t->form != KEY_CODE)
        return output_i64(type, key->i64);
    // A `missing` text that is no pseudonym is shown as it was given.
    bool is_plain = type == FIELD_PSEUDONYM && key->text.len != 16;
    return output_text(is_plain ? FIELD_KEYWORD : type, key->text, s->arena);
}

static enum err add_candidates(struct agg_node *n, const struct ords_entry *entries, uint32_t count,
                               uint32_t parent, bool are_zero)
{
    struct terms *t = n->state;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t key = entries[i].key;
        uint32_t ord = are_zero ? ORD_NONE : entries[i].ord;
        uint64_t rows = are_zero ? 0 : agg_shown_rows(n, ord);
        if (are_zero && agg_rows(n, ords_find(&n->ords, parent, key)) > 0)
            continue;
        if (!is_wanted(t, key) || (!are_zero && !agg_is_shown(n, ord)))
            continue;
        struct terms_candidate c = {.key = sort_key(n, t, key), .count = rows, .ord = ord};
        if (!terms_order_add(&t->order, &c))
            return ERR_LIMIT;
    }
    return OK;
}

// Of very many buckets the few largest are wanted: a vector scan finds the count that the
// last of them has, and only what reaches it is compared by key.
static bool wants_only_large(const struct agg_node *n)
{
    const struct terms *t = n->state;
    return ords_is_direct(&n->ords) && n->ords.key_bound > MANY_KEYS && n->agg->size > 0 &&
           n->agg->size < n->ords.key_bound / 2 && n->agg->min_doc_count == 1 &&
           n->crowd.floor == 0 && !t->include.is_given && !t->exclude.is_given &&
           terms_order_is_by_count(&t->order);
}

// Counts that are kept in bytes only.
static bool reads_bytes(const struct agg_node *n)
{
    return !n->counts && wants_only_large(n);
}

static enum err add_large_bytes(struct agg_node *n, uint32_t parent)
{
    struct terms *t = n->state;
    uint32_t keys = (uint32_t)n->ords.key_bound;
    struct large_counts large;
    if (!byte_counts_large(&n->bytes, parent * keys, keys, n->agg->size, &large))
        return ERR_LIMIT;
    uint64_t small = large.rows;
    for (uint32_t i = 0; i < large.count; i++) {
        uint32_t ord = large.buckets[i];
        struct terms_candidate c = {
            .key = sort_key(n, t, ord % keys), .count = large.counts[i], .ord = ord};
        small -= c.count;
        if (!terms_order_add(&t->order, &c))
            return ERR_LIMIT;
    }
    terms_order_pass_over(&t->order, small);
    return OK;
}

static enum err add_large(struct search *s, struct agg_node *n, uint32_t parent)
{
    if (n->bytes.bytes)
        return add_large_bytes(n, parent);
    struct terms *t = n->state;
    uint64_t first = (uint64_t)parent * n->ords.key_bound;
    if (first >= n->counts_cap)
        return OK;
    uint64_t left = n->counts_cap - first;
    uint32_t len = (uint32_t)(left < n->ords.key_bound ? left : n->ords.key_bound);
    const uint64_t *counts = n->counts + first;
    uint32_t *largest = room_alloc(&s->room, n->agg->size * sizeof *largest);
    if (!largest)
        return ERR_LIMIT;
    uint32_t found = top_u64(counts, len, n->agg->size, largest);
    uint64_t least = found ? counts[largest[found - 1]] : 0;
    uint64_t small = 0;
    for (uint32_t key = 0; key < len; key++) {
        if (counts[key] < least || counts[key] == 0) {
            small += counts[key];
            continue;
        }
        struct terms_candidate c = {
            .key = sort_key(n, t, key), .count = counts[key], .ord = (uint32_t)(first + key)};
        if (!terms_order_add(&t->order, &c))
            return ERR_LIMIT;
    }
    terms_order_pass_over(&t->order, small);
    return OK;
}

static enum err add_all(struct agg_node *n, uint32_t parent)
{
    struct terms *t = n->state;
    const struct ords_entry *entries;
    uint32_t count;
    if (!ords_list(&n->ords, parent, n->counts, n->counts_cap, &entries, &count))
        return ERR_LIMIT;
    enum err e = add_candidates(n, entries, count, parent, false);
    bool has_none = !n->column->is_mapped && !n->missing.is_given;
    if (e || n->agg->min_doc_count > 0 || has_none || parent == ORD_NONE || n->crowd.floor > 0)
        return e;
    if (!ords_list(&t->zero, 0, t->zero_counts, t->zero_cap, &entries, &count))
        return ERR_LIMIT;
    return add_candidates(n, entries, count, parent, true);
}

static uint64_t key_of(const struct ords *o, uint32_t ord)
{
    return ords_is_direct(o) ? ord % o->key_bound : o->keys[ord];
}

// The keys that are counted under that of `ord`; of one bucket of the parent, the root's.
static void tell_folded(struct search *s, const struct agg_node *n, uint32_t ord,
                        struct bucket *out)
{
    const struct agg_node *from = n->unfolded;
    uint32_t count = 0;
    struct value *values = ARENA_ARRAY(s->arena, struct value, FOLDED_TOLD_MAX);
    for (uint32_t i = 0; i < ords_count(&from->ords) && count < FOLDED_TOLD_MAX; i++) {
        uint32_t host = from->fold_to[i];
        if (host == i || key_of(&from->ords, host) != key_of(&n->ords, ord))
            continue;
        struct terms_key key = sort_key(n, n->state, key_of(&from->ords, i));
        values[count++] = key_value(s, n, n->state, &key);
    }
    out->folded = values;
    out->folded_count = count;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    struct terms *t = n->state;
    if (!n->column->is_mapped && n->missing.is_given)
        out->field_type = t->form == KEY_CODE ? FIELD_KEYWORD : FIELD_DOUBLE;
    terms_order_reset(&t->order);
    enum err e =
        parent != ORD_NONE && wants_only_large(n) ? add_large(s, n, parent) : add_all(n, parent);
    if (e)
        return e;
    const uint32_t *chosen;
    uint32_t chosen_count;
    terms_order_choose(&t->order, &chosen, &chosen_count, &out->other_count);
    e = agg_take_buckets(s, chosen_count, why);
    struct bucket *buckets = e ? NULL : ARENA_ARRAY(s->arena, struct bucket, chosen_count + 1);
    for (uint32_t i = 0; i < chosen_count && !e; i++) {
        const struct terms_candidate *c = &t->order.candidates[chosen[i]];
        buckets[i].key = key_value(s, n, t, &c->key);
        if (s->context->tells_folded && n->unfolded && n->up == &s->root)
            tell_folded(s, n, c->ord, &buckets[i]);
        e = agg_answer_bucket(s, n, c->ord, &buckets[i], why);
    }
    out->buckets = buckets;
    out->bucket_count = chosen_count;
    return e;
}

const struct agg_ops agg_terms_ops = {
    .plan = plan,
    .plan_late = plan_late,
    .collect = collect,
    .takes_through = true,
    .covers = covers,
    .finish = finish,
    .reads_bytes = reads_bytes,
    .answer = answer,
    .source_key = source_key,
    .folds = true,
    .is_fleeting = is_fleeting,
    .lasting_key = lasting_key,
    .key_here = key_here,
};
