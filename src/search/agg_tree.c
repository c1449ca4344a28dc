// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "kernel/mask.h"
#include "search/agg_chain.h"
#include "search/agg_composite.h"
#include "search/literal_value.h"
#include "search/search_private.h"

enum err agg_out_of_room(struct fault *why)
{
    return fail(why, ERR_LIMIT,
                "circuit_breaking_exception: [request] Data too large, the aggregations need more "
                "memory than one search may have");
}

// ---- planning ----

static enum err plan_missing(struct search *s, struct agg_node *n, struct fault *why)
{
    const struct literal *l = &n->agg->missing;
    if (n->agg->missing_is_apart) {
        n->missing = agg_composite_missing(n);
        return OK;
    }
    n->missing.code = CODE_NONE;
    if (l->type == LITERAL_NULL)
        return OK;
    n->missing.is_given = true;
    if (column_is_text(n->column)) {
        uint8_t *bytes = arena_alloc(s->arena, 16);
        if (!literal_text(n->column->type, l->text, bytes, &n->missing.text))
            n->missing.text = l->text;
        n->missing.code = dict_find(n->column->dict, n->missing.text);
        if (n->missing.code >= n->column->dict_count)
            n->missing.code = CODE_NONE;
        return OK;
    }
    if (!n->column->is_mapped && l->type == LITERAL_TEXT) {
        n->missing.text = l->text;
        return OK;
    }
    if (!n->column->is_mapped || n->column->storage == STORAGE_F64)
        return literal_double(l, &n->missing.f64, why);
    bool exact;
    struct literal_dates dates = {
        .format = n->agg->format, .time_zone = n->agg->time_zone, .now_ms = s->context->now_ms};
    enum err e = literal_i64(n->column->type, l, &dates, &n->missing.i64, &exact, why);
    n->missing.f64 = (double)n->missing.i64;
    return e;
}

enum err agg_plan_column(struct search *s, struct agg_node *n, struct fault *why)
{
    enum err e = columns_find(&s->columns, n->agg->field, &n->column, why);
    return e ? e : plan_missing(s, n, why);
}

enum err agg_plan_numeric(struct search *s, struct agg_node *n, struct fault *why)
{
    enum err e = columns_find(&s->columns, n->agg->field, &n->column, why);
    if (e)
        return e;
    if (column_is_text(n->column))
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: Field [%.*s] of type [%s] is not supported for "
                    "aggregation [%s]",
                    SLICE_PRINT(n->agg->field), field_type_name(n->column->type),
                    n->agg->type_name);
    return plan_missing(s, n, why);
}

static enum err plan_subs(struct search *s, struct agg_node *n, const struct agg *aggs,
                          uint32_t count, struct fault *why);

// Past so many keys of a child adding them up costs more than counting a few blocks.
enum { ADDED_UP_KEYS_MAX = 4096 };

static bool may_count(const struct agg_node *sub)
{
    if (!sub->ops->covers)
        return false;
    return sub->ops->add_rows ||
           (ords_is_direct(&sub->ords) && sub->ords.key_bound <= ADDED_UP_KEYS_MAX);
}

static void choose_counter(const struct search *s, struct agg_node *n)
{
    for (uint32_t i = 0; i < n->sub_count && s->floor == 0 && !n->counted_by; i++)
        if (may_count(&n->subs[i]))
            n->counted_by = &n->subs[i];
}

static enum err plan_node(struct search *s, struct agg_node *n, struct fault *why)
{
    n->ops = agg_ops_of(n->agg->kind);
    n->crowd = search_crowd(s);
    n->ord_room = room_alloc(&s->room, BLOCK_ROWS * sizeof(uint32_t) + BLOCK_SLACK);
    enum err e = n->ord_room ? n->ops->plan(s, n, why) : ERR_LIMIT;
    if (!e)
        e = plan_subs(s, n, n->agg->subs, n->agg->sub_count, why);
    if (!e && n->ops->plan_late)
        e = n->ops->plan_late(s, n, why);
    if (!e)
        choose_counter(s, n);
    return e;
}

static enum err plan_subs(struct search *s, struct agg_node *n, const struct agg *aggs,
                          uint32_t count, struct fault *why)
{
    n->sub_count = count;
    n->subs = room_alloc(&s->room, sizeof *n->subs * ((size_t)count + 1));
    if (!n->subs)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++) {
        n->subs[i].agg = &aggs[i];
        n->subs[i].up = n;
    }
    for (uint32_t i = 0; i < count; i++) {
        enum err e = plan_node(s, &n->subs[i], why);
        if (e)
            return e;
    }
    return OK;
}

enum err agg_tree_plan(struct search *s, struct fault *why)
{
    s->root.ord_bound = 1;
    s->root.crowd = search_crowd(s);
    enum err e = plan_subs(s, &s->root, s->request->aggs, s->request->agg_count, why);
    if (!e)
        e = agg_chains_plan(s, &s->root);
    return e == ERR_LIMIT && s->room.is_over ? agg_out_of_room(why) : e;
}

bool agg_tree_wants_all_rows(const struct search *s)
{
    for (uint32_t i = 0; i < s->root.sub_count; i++)
        if (s->root.subs[i].agg->kind == AGG_GLOBAL)
            return true;
    return false;
}

// ---- collecting ----

uint32_t agg_ord_count(const struct agg_node *n)
{
    if (!n->up)
        return 1;
    return n->shares_ords ? agg_ord_count(n->up) : ords_count(&n->ords);
}

bool agg_reserve_counts(struct search *s, struct agg_node *n)
{
    uint32_t need = agg_ord_count(n);
    uint64_t *counts = room_grow(&s->room, n->counts, &n->counts_cap, need, sizeof *counts);
    if (!counts || !crowd_reserve(&n->crowd, &s->room, need))
        return false;
    n->counts = counts;
    return true;
}

static bool has_numbers(const struct agg_node *n)
{
    return n->agg->kind >= AGG_BUCKET_KINDS;
}

const uint64_t *agg_present(struct search *s, struct column *c)
{
    return c->is_mapped ? selected_present(&s->columns, c) : s->nothing;
}

static uint32_t row_of(const struct search *s, uint32_t position)
{
    const struct selection *sel = &s->columns.selection;
    return sel->rows ? sel->rows[position] : position;
}

enum { SEEN_AT_ONCE = 512 };

// Positions `first` to `end`, of these ordinals or all of bucket 0 (NULL).
static void see_some(struct search *s, struct crowd *c, const uint32_t *ords,
                     const uint64_t *present, uint32_t first, uint32_t end)
{
    uint64_t subjects[SEEN_AT_ONCE];
    uint32_t buckets[SEEN_AT_ONCE];
    uint32_t count = 0;
    for (uint32_t i = first; i < end; i++) {
        if (present && !bit_get(present, i))
            continue;
        subjects[count] = s->subjects[row_of(s, i)];
        buckets[count++] = ords ? ords[i] : 0;
    }
    if (ords)
        crowd_see_many(c, buckets, subjects, count);
    else
        crowd_see_all(c, subjects, count);
}

static void see(struct search *s, struct crowd *c, const struct ordinals *o,
                const uint64_t *present)
{
    uint32_t count = s->columns.selection.count;
    bool is_one = !o->at && o->base == 0;
    const uint32_t *ords = is_one ? NULL : ordinals_wide(o, count, s->wide);
    for (uint32_t at = 0; at < count; at += SEEN_AT_ONCE)
        see_some(s, c, ords, present, at, count - at < SEEN_AT_ONCE ? count : at + SEEN_AT_ONCE);
}

// Of a bucket of many subjects only one may have the value that is averaged, so a node of
// numbers has a crowd of its own: of whose value it is.  What stands in for a missing one
// is nobody's.
static void see_values(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    if (crowd_reserve(&n->crowd, &s->room, agg_ord_count(n->up)))
        see(s, &n->crowd, parents, agg_present(s, n->column));
}

static void *plain_room(struct search *s, struct agg_node *n)
{
    if (!n->plain_room)
        n->plain_room = room_alloc(&s->room, BLOCK_ROWS * sizeof(uint32_t) + BLOCK_SLACK);
    return n->plain_room;
}

static void pass_to_subs(struct search *s, struct agg_node *n, const struct ordinals *own)
{
    struct ordinals plain = *own;
    for (uint32_t i = 0; i < n->sub_count && !s->room.is_over; i++) {
        if (plain.through && !n->subs[i].ops->takes_through) {
            void *room = plain_room(s, n);
            if (!room)
                return;
            plain = ordinals_plain(own, s->columns.selection.count, room);
        }
        if (s->floor && has_numbers(&n->subs[i]))
            see_values(s, &n->subs[i], own);
        n->subs[i].ops->collect(s, &n->subs[i], n->subs[i].ops->takes_through ? own : &plain);
    }
}

bool agg_counts_spread(struct agg_node *n)
{
    if (!n->bytes.bytes)
        return true;
    uint64_t *counts =
        room_grow(n->bytes.room, n->counts, &n->counts_cap, n->bytes.bound, sizeof *counts);
    if (!counts)
        return false;
    n->counts = counts;
    byte_counts_spread(&n->bytes, counts);
    n->bytes = (struct byte_counts){0};
    return true;
}

static void add_up(struct agg_node *n, const struct agg_node *by)
{
    uint64_t keys = by->ords.key_bound;
    for (uint64_t i = 0; i < by->counts_cap; i++)
        if (by->counts[i])
            n->counts[i / keys] += by->counts[i];
}

// Takes in what only the child has counted; from now on each is counted.
static void count_apart(struct agg_node *n)
{
    struct agg_node *by = n->counted_by;
    if (n->is_counted_below && by->ops->add_rows) {
        by->ops->add_rows(by, n->counts, n->counts_cap);
    } else if (n->is_counted_below) {
        count_apart(by);
        (void)agg_counts_spread(by); // without room the search is over
        add_up(n, by);
    }
    n->counted_by = NULL;
    n->is_counted_below = false;
}

static void count_all_apart(struct agg_node *n)
{
    count_apart(n);
    for (uint32_t i = 0; i < n->sub_count; i++)
        count_all_apart(&n->subs[i]);
}

static void spread_all(struct agg_node *n)
{
    (void)agg_counts_spread(n); // without room the search is over
    for (uint32_t i = 0; i < n->sub_count; i++)
        spread_all(&n->subs[i]);
}

void agg_tree_count_apart(struct search *s)
{
    count_all_apart(&s->root);
    spread_all(&s->root);
}

// Whether a child counts the block at hand in this node's stead.
static bool counts_below(struct search *s, struct agg_node *n)
{
    if (n->counted_by && !n->counted_by->ops->covers(s, n->counted_by))
        count_apart(n);
    n->is_counted_below |= n->counted_by != NULL;
    return n->counted_by != NULL;
}

// Whole numbers of 32 bits, so very many of them.
static bool counts_in_bytes(const struct agg_node *n, const struct ordinals *own)
{
    return own->at && own->width == WIDTH_U32 && own->bound > UINT16_MAX &&
           ords_is_direct(&n->ords) && !n->counted_by && n->crowd.floor == 0;
}

static bool count_in_bytes(struct search *s, struct agg_node *n, const struct ordinals *own)
{
    struct byte_counts *b = &n->bytes;
    return (b->bytes || byte_counts_start(b, &s->room, (uint32_t)n->ords.bound)) &&
           byte_counts_add(b, own->base, own->bound, own->at, s->columns.selection.count);
}

static bool count_own(struct search *s, struct agg_node *n, const struct ordinals *own)
{
    if (counts_in_bytes(n, own))
        return count_in_bytes(s, n, own);
    if (!agg_reserve_counts(s, n))
        return false;
    if (!counts_below(s, n))
        ordinals_count(own, s->columns.selection.count, n->counts);
    return true;
}

void agg_pass(struct search *s, struct agg_node *n, const struct ordinals *own)
{
    if (s->room.is_over || !count_own(s, n, own))
        return;
    if (n->crowd.floor)
        see(s, &n->crowd, own, NULL);
    pass_to_subs(s, n, own);
}

void agg_pairs_add(struct agg_pairs *p, uint32_t position, uint32_t parent, uint64_t key)
{
    p->at[p->count] = (uint16_t)position;
    p->parents[p->count] = parent;
    p->keys[p->count++] = key;
}

struct agg_values agg_values(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct agg_values v = {.count = s->columns.selection.count};
    if (n->column->is_mapped)
        v.numbers = selected_numbers(&s->columns, n->column);
    v.present = agg_present(s, n->column);
    v.ords = ordinals_wide(parents, v.count, s->wide);
    return v;
}

bool agg_values_has(const struct agg_node *n, const struct agg_values *v, uint32_t i,
                    bool *out_stands_in)
{
    *out_stands_in = v->present && !bit_get(v->present, i);
    return v->ords[i] != ORDINAL_NONE && (!*out_stands_in || n->missing.is_given);
}

bool agg_values_f64(const struct agg_node *n, const struct agg_values *v, uint32_t i, double *out)
{
    bool stands_in;
    if (!agg_values_has(n, v, i, &stands_in))
        return false;
    if (stands_in)
        *out = n->missing.f64;
    else if (v->numbers.f64)
        *out = v->numbers.f64[i];
    else if (v->numbers.i64)
        *out = (double)v->numbers.i64[i];
    return stands_in || v->numbers.f64 || v->numbers.i64;
}

static uint32_t key_at(const struct key_codes *keys, uint32_t i)
{
    if (!keys->at)
        return keys->base;
    uint32_t code = codes_at((struct codes){keys->width, keys->at}, i);
    return code == ORDINAL_NONE ? ORDINAL_NONE : keys->base + code;
}

void agg_pair_up(struct search *s, struct agg_node *n, const struct ordinals *parents,
                 const struct key_codes *keys)
{
    uint32_t count = s->columns.selection.count;
    struct agg_pairs *p = agg_pairs(s, n);
    const uint32_t *ords = ordinals_wide(parents, count, s->wide);
    for (uint32_t i = 0; p && i < count; i++) {
        uint32_t key = key_at(keys, i);
        p->at[p->count] = (uint16_t)i;
        p->parents[p->count] = ords[i];
        p->keys[p->count] = key;
        p->count += key != ORDINAL_NONE && ords[i] != ORDINAL_NONE;
    }
}

// Of a node with nothing below it.
static bool count_dominant(struct search *s, struct agg_node *n, const struct ordinals *parents,
                           const struct key_codes *keys)
{
    bool is_narrow = parents->at && parents->width == WIDTH_U8 && keys->width == WIDTH_U8;
    return is_narrow && n->sub_count == 0 && n->crowd.floor == 0 && agg_reserve_counts(s, n) &&
           ordinals_count_dominant(parents, (uint32_t)n->ords.key_bound, keys,
                                   s->columns.selection.count, n->ord_room, n->counts);
}

void agg_pass_keys(struct search *s, struct agg_node *n, const struct ordinals *parents,
                   const struct key_codes *keys)
{
    if (!ords_is_direct(&n->ords)) {
        agg_pair_up(s, n, parents, keys);
        agg_pass_pairs(s, n);
        return;
    }
    if (count_dominant(s, n, parents, keys))
        return;
    struct ordinals plain = *parents;
    if (parents->through) {
        void *room = plain_room(s, n);
        if (!room)
            return;
        plain = ordinals_plain(parents, s->columns.selection.count, room);
    }
    struct ordinals own = ordinals_join(&plain, (uint32_t)n->ords.key_bound, keys,
                                        s->columns.selection.count, n->ord_room);
    agg_pass(s, n, &own);
}

struct agg_pairs *agg_pairs(struct search *s, struct agg_node *n)
{
    if (!n->pairs)
        n->pairs = room_alloc(&s->room, sizeof *n->pairs);
    if (n->pairs)
        n->pairs->count = 0;
    return n->pairs;
}

void agg_pass_pairs(struct search *s, struct agg_node *n)
{
    const struct agg_pairs *p = n->pairs;
    if (!p || p->count == 0 || !ords_add_many(&n->ords, p->parents, p->keys, p->count, s->wide))
        return;
    uint32_t *ords = n->ord_room;
    memset(ords, 0xff, s->columns.selection.count * sizeof *ords);
    for (uint32_t i = 0; i < p->count; i++)
        ords[p->at[i]] = s->wide[i];
    struct ordinals own = {.bound = ords_count(&n->ords), .width = WIDTH_U32, .at = ords};
    agg_pass(s, n, &own);
}

// Every position that is meant is in the root's only bucket.
static struct ordinals root_ordinals(struct search *s)
{
    const struct selection *sel = &s->columns.selection;
    struct ordinals all = ordinals_all(0);
    if (sel->rows || sel->meant_count == sel->count)
        return all;
    return ordinals_mask(&all, sel->mask, sel->count, s->root_room);
}

static void collect_rows(struct search *s, struct agg_node *n, const uint64_t *mask, uint32_t count)
{
    columns_select(&s->columns, mask, count);
    struct ordinals all = root_ordinals(s);
    agg_pass(s, n, &all);
}

void agg_tree_collect(struct search *s, const uint64_t *mask, uint32_t count)
{
    if (count > 0 || s->floor)
        collect_rows(s, &s->root, mask, count);
    // A global aggregation, which stands at the top, is of all rows whatever the query wants.
    const struct block *b = &s->columns.block;
    for (uint32_t i = 0; i < s->root.sub_count; i++)
        if (s->root.subs[i].agg->kind == AGG_GLOBAL)
            collect_rows(s, &s->root.subs[i], b->live, mask_count(b->live, b->row_count));
}

// ---- merging ----

static void map_direct(const struct ords *o, const uint32_t *parents, uint32_t *map)
{
    uint32_t keys = (uint32_t)o->key_bound;
    for (uint32_t i = 0; i < o->bound; i++)
        map[i] = parents ? parents[i / keys] * keys + i % keys : i;
}

static bool map_hashed(struct agg_node *n, const struct ords *o, const uint32_t *parents,
                       uint32_t *map)
{
    for (uint32_t i = 0; i < o->count; i++)
        map[i] = parents ? parents[o->parents[i]] : o->parents[i];
    return ords_add_many(&n->ords, map, o->keys, o->count, map);
}

// An ordinal is folded into one that stays, so one step leads there.
static void map_folded(const struct agg_node *from, uint32_t *map)
{
    for (uint32_t i = 0; from->fold_to && i < ords_count(&from->ords); i++)
        if (from->fold_to[i] != i)
            map[i] = map[from->fold_to[i]];
}

// From ordinals of `from` to those of `n`, which get longer for it.
static bool map_ords(struct search *s, struct agg_node *n, const struct agg_node *from,
                     const uint32_t *parents, const uint32_t **out)
{
    const struct ords *o = &from->ords;
    *out = NULL;
    if (ords_is_direct(o) && !parents && !from->fold_to)
        return true;
    uint32_t *map = room_alloc(&s->room, sizeof *map * ((size_t)ords_count(o) + 1));
    if (!map)
        return false;
    *out = map;
    if (ords_is_direct(o))
        map_direct(o, parents, map);
    else if (!map_hashed(n, o, parents, map))
        return false;
    map_folded(from, map);
    return true;
}

static void merge_bytes(struct search *s, struct agg_node *n, const struct agg_node *from)
{
    struct byte_counts *b = &n->bytes;
    if (from->bytes.bytes && (b->bytes || byte_counts_start(b, &s->room, from->bytes.bound)))
        (void)byte_counts_merge(b, &from->bytes); // without room the search is over
}

static void merge_counts(struct search *s, struct agg_node *n, const struct agg_node *from,
                         const uint32_t *map)
{
    merge_bytes(s, n, from); // those are numbered alike
    size_t count = agg_ord_count(from);
    if (from->counts_cap < count)
        count = from->counts_cap;
    if (count == 0 || !agg_reserve_counts(s, n))
        return;
    for (size_t i = 0; i < count; i++)
        n->counts[map ? map[i] : i] += from->counts[i];
}

static void merge_node(struct search *s, struct agg_node *n, const struct agg_node *from,
                       const uint32_t *parents)
{
    const uint32_t *own = parents;
    bool has_ords = n->up && !has_numbers(n) && !n->shares_ords;
    n->unfolded = from->fold_to ? from : from->unfolded;
    if (has_ords && !map_ords(s, n, from, parents, &own))
        return;
    crowd_merge(&n->crowd, &s->room, &from->crowd, own);
    if (!n->up || !has_numbers(n))
        merge_counts(s, n, from, own);
    if (n->ops && n->ops->merge)
        n->ops->merge(s, n, from, parents);
    for (uint32_t i = 0; i < n->sub_count && !s->room.is_over; i++)
        merge_node(s, &n->subs[i], &from->subs[i], own);
}

void agg_tree_merge(struct search *s, struct search *from)
{
    count_all_apart(&s->root);
    count_all_apart(&from->root);
    merge_node(s, &s->root, &from->root, NULL);
}

// ---- answering ----

uint64_t agg_rows(const struct agg_node *n, uint32_t ord)
{
    uint64_t rows = ord < n->counts_cap ? n->counts[ord] : 0;
    return n->bytes.bytes ? rows + byte_counts_of(&n->bytes, ord) : rows;
}

uint64_t agg_shown_rows(const struct agg_node *n, uint32_t ord)
{
    struct veil v = crowd_veil(&n->crowd, ord);
    return veil_count(&v, VEIL_ROWS, agg_rows(n, ord));
}

bool agg_is_shown(const struct agg_node *n, uint32_t ord)
{
    return n->crowd.floor == 0 || (ord != ORD_NONE && crowd_is_enough(&n->crowd, ord));
}

uint32_t agg_buckets_max(const struct search *s)
{
    return s->context->buckets_max ? s->context->buckets_max : LIMIT_BUCKETS;
}

enum err agg_take_buckets(struct search *s, uint32_t count, struct fault *why)
{
    uint32_t most = agg_buckets_max(s);
    if (count <= most - s->buckets) {
        s->buckets += count;
        return OK;
    }
    return fail(why, ERR_LIMIT,
                "too_many_buckets_exception: Trying to create too many buckets. Must be less than "
                "or equal to: [%u] but this number of buckets was exceeded. This limit can be set "
                "by changing the [search.max_buckets] cluster level setting.",
                most);
}

static enum err answer_subs(struct search *s, struct agg_node *n, uint32_t ord,
                            const struct agg_answer **out, struct fault *why)
{
    if (n->sub_count == 0) {
        *out = NULL;
        return OK;
    }
    struct agg_answer *answers = ARENA_ARRAY(s->arena, struct agg_answer, n->sub_count);
    for (uint32_t i = 0; i < n->sub_count; i++) {
        struct agg_node *sub = &n->subs[i];
        answers[i].agg = sub->agg;
        answers[i].field_type = sub->column ? (int)sub->column->type : FIELD_TYPE_COUNT;
        uint32_t shown = has_numbers(sub) && !agg_is_shown(sub, ord) ? ORD_NONE : ord;
        enum err e = sub->ops->answer(s, sub, shown, &answers[i], why);
        if (e)
            return e;
    }
    *out = answers;
    return OK;
}

enum err agg_answer_bucket(struct search *s, struct agg_node *n, uint32_t ord, struct bucket *out,
                           struct fault *why)
{
    uint32_t shown = agg_is_shown(n, ord) ? ord : ORD_NONE;
    out->doc_count = agg_shown_rows(n, shown);
    return answer_subs(s, n, shown, &out->subs, why);
}

static bool finish_counts(struct agg_node *n)
{
    if (!n->bytes.bytes || !n->ops->reads_bytes || !n->ops->reads_bytes(n))
        return agg_counts_spread(n);
    return byte_counts_sort(&n->bytes);
}

static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    if (!finish_counts(n))
        return ERR_LIMIT;
    enum err e = n->ops && n->ops->finish ? n->ops->finish(s, n, why) : OK;
    for (uint32_t i = 0; i < n->sub_count && !e; i++)
        e = finish(s, &n->subs[i], why);
    return e;
}

enum err agg_tree_answer(struct search *s, struct answer *out, struct fault *why)
{
    uint32_t ord = agg_is_shown(&s->root, 0) ? 0 : ORD_NONE;
    count_all_apart(&s->root);
    enum err e = finish(s, &s->root, why);
    if (!e)
        e = answer_subs(s, &s->root, ord, &out->aggs, why);
    out->agg_count = s->root.sub_count;
    return e == ERR_LIMIT && s->room.is_over ? agg_out_of_room(why) : e;
}
