// SPDX-License-Identifier: Apache-2.0
// composite: every combination of the values of some sources, in order, a page at a time.
//
// The parser has made each source the sub-aggregation of the one before it, so combinations
// are counted as any tree of buckets is, without hashing where the values are few; what
// stood below the composite is below its last source.  The answer walks that tree in order:
// of each level's keys those past `after` lie in a heap, and are taken from it only until
// the page is full.
//
//     model   a ─┬─ day 1   (a,1)      after (a,1), size 3:  (a,2) (b,1) (c,1)
//                └─ day 2   (a,2)
//             b ─── day 1   (b,1)
#include "search/agg_composite.h"

#include "base/date.h"
#include "base/limits.h"
#include "search/composite_page.h"
#include "search/literal_value.h"
#include "search/output.h"
#include "search/terms_order.h"

#include <math.h>

enum source_form { SOURCE_TEXT, SOURCE_LONG, SOURCE_DOUBLE };

struct source_key {
    bool is_missing;
    struct terms_key key;
};

struct candidate {
    struct source_key key;
    uint32_t ord;
};

struct level { // one source
    const struct agg_source *source;
    struct agg_node *node;
    enum source_form form;
    struct source_key after;
    struct candidate *heap; // the first on top
    size_t heap_cap;
    uint32_t count;
    struct source_key at; // of the combination at hand
};

struct composite {
    struct level *levels;
    uint32_t level_count;
    struct composite_page page;
    // What it holds.
    struct bucket *buckets;
    size_t buckets_cap;
    uint32_t bucket_count;
};

// ---- missing values ----

static int64_t widest_bucket(const struct agg *a)
{
    static const int64_t leap_year = 366 * (int64_t)MS_PER_DAY;
    if (a->kind != AGG_DATE_HISTOGRAM)
        return 1;
    if (a->interval_kind == INTERVAL_CALENDAR)
        return a->calendar_unit == DATE_QUARTER || a->calendar_unit == DATE_YEAR
                   ? leap_year
                   : 31 * (int64_t)MS_PER_DAY;
    return a->interval_ms < INT64_MAX / 4 ? a->interval_ms : INT64_MAX / 4;
}

static int64_t before_all(const struct agg_node *n)
{
    static const int64_t year_one = -62135596800000;
    int64_t step = 2 * widest_bucket(n->agg);
    if (n->column->has_bounds && n->column->storage == STORAGE_I64)
        return n->column->min > INT64_MIN + step ? n->column->min - step : INT64_MIN;
    return n->agg->kind == AGG_DATE_HISTOGRAM ? year_one : INT64_MIN;
}

struct agg_missing agg_composite_missing(const struct agg_node *n)
{
    static const char no_text[] = "\xff\xff"; // nor the start of one
    struct agg_missing m = {.is_given = true, .code = CODE_NONE, .f64 = -INFINITY};
    bool is_text =
        n->agg->kind == AGG_TERMS && (!n->column->is_mapped || column_is_text(n->column));
    if (is_text)
        m.text = slice_text(no_text);
    else
        m.i64 = before_all(n);
    if (n->agg->kind == AGG_HISTOGRAM)
        m.f64 = n->agg->offset - n->agg->interval * 0x1p61;
    return m;
}

static bool is_missing(const struct level *l, const struct terms_key *key)
{
    const struct agg_missing *m = &l->node->missing;
    if (!l->source->takes_missing)
        return false;
    if (l->form == SOURCE_TEXT)
        return key->text.at == m->text.at;
    return l->form == SOURCE_LONG ? key->i64 <= m->i64 : key->f64 <= m->f64;
}

// ---- planning ----

static enum source_form form_of(const struct agg_node *n)
{
    if (n->agg->kind == AGG_DATE_HISTOGRAM)
        return SOURCE_LONG;
    if (n->agg->kind == AGG_HISTOGRAM)
        return SOURCE_DOUBLE;
    if (column_is_text(n->column) || !n->column->is_mapped)
        return SOURCE_TEXT;
    return n->column->storage == STORAGE_I64 ? SOURCE_LONG : SOURCE_DOUBLE;
}

static enum err long_after(struct search *s, const struct level *l, const struct literal *v,
                           int64_t *out, struct fault *why)
{
    const struct agg *a = l->source->agg;
    enum field_type type =
        a->kind == AGG_DATE_HISTOGRAM ? FIELD_DATE : (enum field_type)l->node->column->type;
    struct literal_dates dates = {
        .format = a->format, .time_zone = a->time_zone, .now_ms = s->context->now_ms};
    bool exact;
    if (v->type == LITERAL_NUMBER)
        return literal_long(v, out, &exact, why); // dates too: milliseconds
    return literal_i64(type, v, &dates, out, &exact, why);
}

static enum err text_after(struct search *s, const struct level *l, const struct literal *v,
                           struct slice *out, struct fault *why)
{
    uint8_t *bytes = arena_alloc(s->arena, 16);
    if (literal_text(l->node->column->type, v->text, bytes, out))
        return OK;
    return fail(why, ERR_INVALID, "illegal_argument_exception: invalid value [%.*s]",
                SLICE_PRINT(v->text));
}

static enum err plan_after(struct search *s, struct level *l, const struct literal *v,
                           struct fault *why)
{
    l->after.is_missing = v->type == LITERAL_NULL;
    enum err e = OK;
    if (l->after.is_missing)
        return OK;
    if (l->form == SOURCE_TEXT)
        e = text_after(s, l, v, &l->after.key.text, why);
    else if (l->form == SOURCE_LONG)
        e = long_after(s, l, v, &l->after.key.i64, why);
    else
        e = literal_double(v, &l->after.key.f64, why);
    return e != ERR_INVALID
               ? e
               : fail(why, e, "illegal_argument_exception: Invalid value for [after.%.*s]",
                      SLICE_PRINT(l->source->agg->name));
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    struct composite *c = room_alloc(&s->room, sizeof *c);
    (void)why;
    n->state = c;
    n->shares_ords = true;
    n->ord_bound = n->up->ord_bound;
    if (c)
        c->levels = room_alloc(&s->room, n->agg->source_count * sizeof *c->levels);
    return c && c->levels ? OK : ERR_LIMIT;
}

// The sources have been planned by now.
static enum err plan_late(struct search *s, struct agg_node *n, struct fault *why)
{
    struct composite *c = n->state;
    struct agg_node *node = n;
    c->level_count = n->agg->source_count;
    for (uint32_t i = 0; i < c->level_count; i++) {
        node = &node->subs[0];
        struct level *l = &c->levels[i];
        *l = (struct level){.source = &n->agg->sources[i], .node = node, .form = form_of(node)};
        enum err e = n->agg->after ? plan_after(s, l, &n->agg->after[i], why) : OK;
        if (e)
            return e;
    }
    composite_page_plan(s, n, n->agg->after ? &c->levels[0].after.key.i64 : NULL, &c->page);
    return OK;
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct composite *c = n->state;
    if (composite_page_takes(s, &c->page))
        agg_pass(s, n, parents);
}

// Of some blocks a page collects nothing, and which these are depends on the blocks before.
static bool is_fleeting(const struct agg_node *n)
{
    const struct composite *c = n->state;
    return c->page.is_usable;
}

// ---- order ----

static int compare_values(const struct level *l, const struct terms_key *a,
                          const struct terms_key *b)
{
    if (l->form == SOURCE_TEXT)
        return output_compare_text(l->node->column->type, a->text, b->text);
    if (l->form == SOURCE_LONG)
        return (a->i64 > b->i64) - (a->i64 < b->i64);
    return (a->f64 > b->f64) - (a->f64 < b->f64);
}

static int compare_keys(const struct level *l, const struct source_key *a,
                        const struct source_key *b)
{
    if (a->is_missing || b->is_missing) {
        int order = (b->is_missing > a->is_missing) - (b->is_missing < a->is_missing);
        return l->source->missing_first ? order : -order;
    }
    int order = compare_values(l, &a->key, &b->key);
    return l->source->descending ? -order : order;
}

static void sift_down(struct level *l, uint32_t at)
{
    for (;;) {
        uint32_t first = at;
        for (uint32_t child = 2 * at + 1; child <= 2 * at + 2; child++)
            if (child < l->count && compare_keys(l, &l->heap[child].key, &l->heap[first].key) < 0)
                first = child;
        if (first == at)
            return;
        struct candidate moved = l->heap[at];
        l->heap[at] = l->heap[first];
        l->heap[first] = moved;
        at = first;
    }
}

static struct candidate take_first(struct level *l)
{
    struct candidate first = l->heap[0];
    l->heap[0] = l->heap[--l->count];
    sift_down(l, 0);
    return first;
}

// ---- answering ----

// Puts the keys below one bucket into the level's heap: all, or those `from` on.
static bool fill(struct search *s, struct level *l, uint32_t parent, const struct source_key *from)
{
    const struct ords_entry *entries;
    uint32_t count;
    struct agg_node *n = l->node;
    if (!ords_list(&n->ords, parent, n->counts, n->counts_cap, &entries, &count))
        return false;
    struct candidate *heap = room_grow(&s->room, l->heap, &l->heap_cap, count, sizeof *heap);
    if (count && !heap)
        return false;
    l->heap = heap;
    l->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct candidate c = {.key.key = n->ops->source_key(n, entries[i].key),
                              .ord = entries[i].ord};
        c.key.is_missing = is_missing(l, &c.key.key);
        if (!from || compare_keys(l, &c.key, from) >= 0)
            l->heap[l->count++] = c;
    }
    for (uint32_t i = l->count / 2; i > 0; i--)
        sift_down(l, i - 1);
    return true;
}

static struct value value_of(struct search *s, const struct level *l)
{
    const struct source_key *k = &l->at;
    enum field_type type = l->node->column->type;
    if (k->is_missing)
        return (struct value){.type = VALUE_NONE};
    if (l->form == SOURCE_TEXT)
        return output_text(type, k->key.text, s->arena);
    if (l->form == SOURCE_DOUBLE)
        return output_f64(k->key.f64);
    return output_i64(l->source->agg->kind == AGG_DATE_HISTOGRAM ? FIELD_DATE : type, k->key.i64);
}

static enum err add_bucket(struct search *s, struct composite *c, uint32_t ord, struct fault *why)
{
    struct agg_node *last = c->levels[c->level_count - 1].node;
    if (!agg_is_shown(last, ord))
        return OK;
    struct bucket *buckets = room_grow(&s->room, c->buckets, &c->buckets_cap,
                                       (size_t)c->bucket_count + 1, sizeof *buckets);
    if (!buckets)
        return ERR_LIMIT;
    c->buckets = buckets;
    enum err e = agg_take_buckets(s, 1, why);
    if (e)
        return e;
    struct value *keys = ARENA_ARRAY(s->arena, struct value, c->level_count);
    for (uint32_t i = 0; i < c->level_count; i++)
        keys[i] = value_of(s, &c->levels[i]);
    struct bucket *b = &c->buckets[c->bucket_count++];
    *b = (struct bucket){.keys = keys};
    return agg_answer_bucket(s, last, ord, b, why);
}

// Combinations below one bucket, whose levels so far are at `after`'s when `on_edge`.
static enum err walk(struct search *s, const struct agg_node *n, uint32_t depth, uint32_t parent,
                     bool on_edge, struct fault *why)
{
    struct composite *c = n->state;
    struct level *l = &c->levels[depth];
    bool is_last = depth + 1 == c->level_count;
    if (!fill(s, l, parent, on_edge ? &l->after : NULL))
        return ERR_LIMIT;
    while (l->count > 0 && c->bucket_count < n->agg->size) {
        struct candidate next = take_first(l);
        bool is_edge = on_edge && compare_keys(l, &next.key, &l->after) == 0;
        l->at = next.key;
        enum err e = OK;
        if (!is_last)
            e = walk(s, n, depth + 1, next.ord, is_edge, why);
        else if (!is_edge)
            e = add_bucket(s, c, next.ord, why);
        if (e)
            return e;
    }
    return OK;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    struct composite *c = n->state;
    c->bucket_count = 0;
    enum err e = parent == ORD_NONE ? OK : walk(s, n, 0, parent, n->agg->after != NULL, why);
    if (e)
        return e;
    struct bucket *buckets = ARENA_ARRAY(s->arena, struct bucket, (size_t)c->bucket_count + 1);
    if (c->bucket_count)
        memcpy(buckets, c->buckets, c->bucket_count * sizeof *buckets);
    out->buckets = buckets;
    out->bucket_count = c->bucket_count;
    return OK;
}

const struct agg_ops agg_composite_ops = {
    .plan = plan,
    .plan_late = plan_late,
    .collect = collect,
    .answer = answer,
    .is_fleeting = is_fleeting,
};
