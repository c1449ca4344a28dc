// SPDX-License-Identifier: Apache-2.0
// avg, sum, min, max, value_count and stats: one set of numbers per bucket serves all.
#include "base/buf.h"
#include "base/reader.h"
#include "kernel/fold.h"
#include "kernel/group.h"
#include "search/search_private.h"

#include <math.h>

struct amounts {
    uint64_t count;
    double sum, min, max;
};

struct stats {
    struct amounts *by_ord;
    size_t cap;
    // Whole numbers close together are added up exactly, as distances from the column's
    // least value; each of these is made only for a kind that tells it.
    uint64_t *counts, *sums;
    void *mins, *maxs; // of the column's distance_width, of ordinals with a count
    size_t counts_cap, sums_cap, mins_cap, maxs_cap;
    // A sibling of the same column, which is collected before: its counts are this node's, too.
    const struct stats *counter;
};

static bool is_near(const struct agg_node *n)
{
    return n->column->is_mapped && n->column->is_near && !n->missing.is_given;
}

// avg, min and max of one column beside one another: the rows are counted once.
static const struct stats *find_counter(const struct agg_node *n)
{
    for (const struct agg_node *sub = n->up->subs; sub < n; sub++)
        if (sub->ops == n->ops && sub->agg->kind != AGG_VALUE_COUNT && sub->column == n->column &&
            is_near(sub))
            return sub->state;
    return NULL;
}

static const struct stats *counter_of(const struct stats *st)
{
    while (st->counter)
        st = st->counter;
    return st;
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    n->state = room_alloc(&s->room, sizeof(struct stats));
    if (!n->state)
        return ERR_LIMIT;
    if (n->agg->kind == AGG_VALUE_COUNT)
        return agg_plan_column(s, n, why);
    enum err e = agg_plan_numeric(s, n, why);
    if (!e && is_near(n))
        ((struct stats *)n->state)->counter = find_counter(n);
    return e;
}

static bool tells_sum(const struct agg_node *n)
{
    return n->agg->kind == AGG_AVG || n->agg->kind == AGG_SUM || n->agg->kind == AGG_STATS;
}

static bool tells_min(const struct agg_node *n)
{
    return n->agg->kind == AGG_MIN || n->agg->kind == AGG_STATS;
}

static bool tells_max(const struct agg_node *n)
{
    return n->agg->kind == AGG_MAX || n->agg->kind == AGG_STATS;
}

// ---- by distance ----

// All ones is above every distance, zero below none.
static void grow_extremes(struct search *s, const struct agg_node *n, void **at, size_t *cap,
                          int fill)
{
    size_t bytes = n->column->distance_width;
    size_t old = *cap;
    uint8_t *grown = room_grow(&s->room, *at, cap, agg_ord_count(n->up), bytes);
    if (!grown)
        return;
    memset(grown + old * bytes, fill, (*cap - old) * bytes);
    *at = grown;
}

static bool reserve_near(struct search *s, struct agg_node *n)
{
    struct stats *st = n->state;
    uint32_t need = agg_ord_count(n->up);
    if (!st->counter) {
        uint64_t *counts = room_grow(&s->room, st->counts, &st->counts_cap, need, sizeof *counts);
        st->counts = counts ? counts : st->counts;
    }
    if (tells_sum(n)) {
        uint64_t *sums = room_grow(&s->room, st->sums, &st->sums_cap, need, sizeof *sums);
        st->sums = sums ? sums : st->sums;
    }
    if (tells_min(n))
        grow_extremes(s, n, &st->mins, &st->mins_cap, 0xff);
    if (tells_max(n))
        grow_extremes(s, n, &st->maxs, &st->maxs_cap, 0);
    return !s->room.is_over;
}

// NOLINTBEGIN(bugprone-macro-parentheses): the names are types and parts of names.
#define ADD_GROUPS(bits, type)                                                                     \
    static void add_u##bits(const struct agg_node *n, const struct ordinals *o, const type *v,     \
                            uint32_t count)                                                        \
    {                                                                                              \
        struct stats *st = n->state;                                                               \
        struct codes ords = {o->width, o->at};                                                     \
        if (tells_sum(n) && o->width == WIDTH_U8 && !st->counter) {                                \
            group_tally_u##bits(o->at, v, count, o->bound, st->counts + o->base,                   \
                                st->sums + o->base);                                               \
        } else {                                                                                   \
            if (!st->counter)                                                                      \
                ordinals_count(o, count, st->counts);                                              \
            if (tells_sum(n))                                                                      \
                group_sum_u##bits(ords, v, count, o->bound, st->sums + o->base);                   \
        }                                                                                          \
        if (tells_min(n))                                                                          \
            group_min_u##bits(ords, v, count, o->bound, (type *)st->mins + o->base);               \
        if (tells_max(n))                                                                          \
            group_max_u##bits(ords, v, count, o->bound, (type *)st->maxs + o->base);               \
    }                                                                                              \
    /* All positions in one bucket. */                                                             \
    static void fold_one_u##bits(const struct agg_node *n, uint32_t ord, const type *v,            \
                                 const uint64_t *present, uint32_t count)                          \
    {                                                                                              \
        struct stats *st = n->state;                                                               \
        struct fold_u##bits got;                                                                   \
        fold_u##bits(v, present, count, &got);                                                     \
        if (!st->counter)                                                                          \
            st->counts[ord] += got.count;                                                          \
        if (tells_sum(n))                                                                          \
            st->sums[ord] += got.sum;                                                              \
        if (tells_min(n) && got.min < ((type *)st->mins)[ord])                                     \
            ((type *)st->mins)[ord] = got.min;                                                     \
        if (tells_max(n) && got.max > ((type *)st->maxs)[ord])                                     \
            ((type *)st->maxs)[ord] = got.max;                                                     \
    }                                                                                              \
    static void merge_u##bits(struct stats *st, const struct stats *other, size_t from, size_t to) \
    {                                                                                              \
        if (st->mins && ((type *)other->mins)[from] < ((type *)st->mins)[to])                      \
            ((type *)st->mins)[to] = ((type *)other->mins)[from];                                  \
        if (st->maxs && ((type *)other->maxs)[from] > ((type *)st->maxs)[to])                      \
            ((type *)st->maxs)[to] = ((type *)other->maxs)[from];                                  \
    }
// NOLINTEND(bugprone-macro-parentheses)

ADD_GROUPS(16, uint16_t)
ADD_GROUPS(32, uint32_t)

static void collect_near(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    uint32_t count = s->columns.selection.count;
    struct distances d = selected_distances(&s->columns, n->column);
    if (!reserve_near(s, n))
        return;
    bool is_short = d.width == WIDTH_U16;
    if (!parents->at && is_short)
        fold_one_u16(n, parents->base, d.at, d.present, count);
    else if (!parents->at)
        fold_one_u32(n, parents->base, d.at, d.present, count);
    if (!parents->at)
        return;
    struct ordinals own = *parents;
    if (d.present)
        own = ordinals_mask(parents, d.present, count, n->ord_room);
    if (is_short)
        add_u16(n, &own, d.at, count);
    else
        add_u32(n, &own, d.at, count);
}

// Numbers of which no row of the block lacks one.
static bool covers(struct search *s, struct agg_node *n)
{
    return n->agg->kind != AGG_VALUE_COUNT && is_near(n) &&
           !selected_distances(&s->columns, n->column).present;
}

static void add_rows(const struct agg_node *n, uint64_t *counts, size_t count)
{
    const struct stats *st = counter_of(n->state);
    for (size_t i = 0; i < count && i < st->counts_cap; i++)
        counts[i] += st->counts[i];
}

// ---- one by one ----

static void take(struct amounts *to, double v)
{
    to->min = to->count == 0 || v < to->min ? v : to->min;
    to->max = to->count == 0 || v > to->max ? v : to->max;
    to->sum += v;
    to->count++;
}

static void count_present(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct stats *st = n->state;
    const uint64_t *present = n->missing.is_given ? NULL : agg_present(s, n->column);
    struct ordinals own = *parents;
    if (!reserve_near(s, n))
        return;
    if (present)
        own = ordinals_mask(parents, present, s->columns.selection.count, n->ord_room);
    ordinals_count(&own, s->columns.selection.count, st->counts);
}

static void collect_each(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct stats *st = n->state;
    struct amounts *by_ord =
        room_grow(&s->room, st->by_ord, &st->cap, agg_ord_count(n->up), sizeof *by_ord);
    if (!by_ord)
        return;
    st->by_ord = by_ord;
    struct agg_values v = agg_values(s, n, parents);
    for (uint32_t i = 0; i < v.count; i++) {
        double value;
        if (agg_values_f64(n, &v, i, &value))
            take(&by_ord[v.ords[i]], value);
    }
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    if (n->agg->kind == AGG_VALUE_COUNT)
        count_present(s, n, parents);
    else if (is_near(n))
        collect_near(s, n, parents);
    else
        collect_each(s, n, parents);
}

// ---- merging ----

static void add_amounts(struct amounts *to, const struct amounts *v)
{
    if (v->count == 0)
        return;
    to->min = to->count == 0 || v->min < to->min ? v->min : to->min;
    to->max = to->count == 0 || v->max > to->max ? v->max : to->max;
    to->sum += v->sum;
    to->count += v->count;
}

static void merge_near(const struct agg_node *n, const struct stats *other, size_t from, size_t to)
{
    struct stats *st = n->state;
    if (!st->counter)
        st->counts[to] += other->counts[from];
    if (st->sums)
        st->sums[to] += other->sums[from];
    if (n->column->distance_width == WIDTH_U16)
        merge_u16(st, other, from, to);
    else
        merge_u32(st, other, from, to);
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    struct stats *st = n->state;
    const struct stats *other = from->state;
    const struct stats *counter = counter_of(other);
    uint32_t count = agg_ord_count(from->up);
    if (counter->counts && reserve_near(s, n))
        for (uint32_t i = 0; i < count && i < counter->counts_cap; i++)
            if (counter->counts[i])
                merge_near(n, other, i, map ? map[i] : i);
    if (!other->by_ord)
        return;
    struct amounts *by_ord =
        room_grow(&s->room, st->by_ord, &st->cap, agg_ord_count(n->up), sizeof *by_ord);
    st->by_ord = by_ord ? by_ord : st->by_ord;
    for (uint32_t i = 0; by_ord && i < count && i < other->cap; i++)
        add_amounts(&by_ord[map && other->by_ord[i].count ? map[i] : i], &other->by_ord[i]);
}

// ---- kept between searches ----
//
//     near   i64 base | u32 counts[] | u64 sums[] | u32 mins[] | u32 maxs[], as the kind tells
//     else   struct amounts[]

static void save_u32(const struct agg_node *n, const void *at, const uint32_t *ords, uint32_t count,
                     struct buf *out)
{
    const struct stats *st = counter_of(n->state);
    struct codes v = {n->column->distance_width, at};
    for (uint32_t i = 0; i < count; i++)
        buf_u32_le(out, ords[i] < st->counts_cap && st->counts[ords[i]] ? codes_at(v, ords[i]) : 0);
}

static void save_near(const struct agg_node *n, const uint32_t *ords, uint32_t count,
                      struct buf *out)
{
    const struct stats *st = n->state;
    const struct stats *counter = counter_of(st);
    buf_u64_le(out, (uint64_t)n->column->min);
    for (uint32_t i = 0; i < count; i++)
        buf_u32_le(out, ords[i] < counter->counts_cap ? (uint32_t)counter->counts[ords[i]] : 0);
    for (uint32_t i = 0; tells_sum(n) && i < count; i++)
        buf_u64_le(out, ords[i] < st->sums_cap ? st->sums[ords[i]] : 0);
    if (tells_min(n))
        save_u32(n, st->mins, ords, count, out);
    if (tells_max(n))
        save_u32(n, st->maxs, ords, count, out);
}

static void save(const struct agg_node *n, const uint32_t *ords, uint32_t count, struct buf *out)
{
    const struct stats *st = n->state;
    const struct amounts none = {0};
    if (n->agg->kind == AGG_VALUE_COUNT || is_near(n)) {
        save_near(n, ords, count, out);
        return;
    }
    for (uint32_t i = 0; i < count; i++)
        buf_bytes(out, ords[i] < st->cap ? &st->by_ord[ords[i]] : &none, sizeof none);
}

static uint32_t u32_at(const uint8_t *at, uint32_t i)
{
    uint32_t v;
    memcpy(&v, at + (size_t)i * sizeof v, sizeof v);
    return v;
}

static uint64_t u64_at(const uint8_t *at, uint32_t i)
{
    uint64_t v;
    memcpy(&v, at + (size_t)i * sizeof v, sizeof v);
    return v;
}

struct saved_near {
    uint32_t shift; // from distances as they were saved to those of now
    const uint8_t *counts, *sums, *mins, *maxs;
};

static struct saved_near read_near(const struct agg_node *n, uint32_t count, struct reader *in)
{
    struct saved_near v = {0};
    v.shift = (uint32_t)(reader_u64_le(in) - (uint64_t)n->column->min);
    v.counts = reader_bytes(in, (size_t)count * sizeof(uint32_t)).at;
    if (tells_sum(n))
        v.sums = reader_bytes(in, (size_t)count * sizeof(uint64_t)).at;
    if (tells_min(n))
        v.mins = reader_bytes(in, (size_t)count * sizeof(uint32_t)).at;
    if (tells_max(n))
        v.maxs = reader_bytes(in, (size_t)count * sizeof(uint32_t)).at;
    return v;
}

static void put_extremes(const struct agg_node *n, const struct saved_near *v, uint32_t i,
                         uint32_t ord)
{
    struct stats *st = n->state;
    uint32_t min = v->mins ? u32_at(v->mins, i) + v->shift : 0;
    uint32_t max = v->maxs ? u32_at(v->maxs, i) + v->shift : 0;
    if (n->column->distance_width == WIDTH_U16) {
        if (v->mins && min < ((uint16_t *)st->mins)[ord])
            ((uint16_t *)st->mins)[ord] = (uint16_t)min;
        if (v->maxs && max > ((uint16_t *)st->maxs)[ord])
            ((uint16_t *)st->maxs)[ord] = (uint16_t)max;
        return;
    }
    if (v->mins && min < ((uint32_t *)st->mins)[ord])
        ((uint32_t *)st->mins)[ord] = min;
    if (v->maxs && max > ((uint32_t *)st->maxs)[ord])
        ((uint32_t *)st->maxs)[ord] = max;
}

static void load_near(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                      struct reader *in)
{
    struct stats *st = n->state;
    struct saved_near v = read_near(n, count, in);
    if (!reserve_near(s, n))
        return;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t rows = u32_at(v.counts, i);
        if (!st->counter)
            st->counts[ords[i]] += rows;
        if (v.sums)
            st->sums[ords[i]] += u64_at(v.sums, i) + rows * v.shift;
        if (rows)
            put_extremes(n, &v, i, ords[i]);
    }
}

static void load(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                 struct reader *in)
{
    struct stats *st = n->state;
    if (n->agg->kind == AGG_VALUE_COUNT || is_near(n)) {
        load_near(s, n, ords, count, in);
        return;
    }
    const uint8_t *saved = reader_bytes(in, count * sizeof(struct amounts)).at;
    struct amounts *by_ord =
        room_grow(&s->room, st->by_ord, &st->cap, agg_ord_count(n->up), sizeof *by_ord);
    st->by_ord = by_ord ? by_ord : st->by_ord;
    for (uint32_t i = 0; by_ord && i < count; i++) {
        struct amounts one;
        memcpy(&one, saved + i * sizeof one, sizeof one);
        add_amounts(&by_ord[ords[i]], &one);
    }
}

// ---- answering ----

static double distance_at(const struct agg_node *n, const void *at, uint32_t ord)
{
    return codes_at((struct codes){n->column->distance_width, at}, ord);
}

static void add_near(const struct agg_node *n, uint32_t ord, struct amounts *to)
{
    const struct stats *st = n->state;
    struct amounts near = {.count = counter_of(st)->counts[ord]};
    double base = (double)n->column->min;
    if (near.count == 0 || n->agg->kind == AGG_VALUE_COUNT) {
        to->count += near.count;
        return;
    }
    if (st->sums)
        near.sum = (double)((__int128)st->sums[ord] + (__int128)n->column->min * near.count);
    if (st->mins)
        near.min = base + distance_at(n, st->mins, ord);
    if (st->maxs)
        near.max = base + distance_at(n, st->maxs, ord);
    add_amounts(to, &near);
}

static struct amounts amounts_of(const struct agg_node *n, uint32_t parent)
{
    const struct stats *st = n->state;
    struct amounts got = {0};
    if (parent < st->cap)
        got = st->by_ord[parent];
    if (parent < counter_of(st)->counts_cap)
        add_near(n, parent, &got);
    return got;
}

// The smallest and the largest are a single row's, so a veil shows neither.
static struct amounts shown_of(const struct agg_node *n, uint32_t parent)
{
    struct amounts got = amounts_of(n, parent);
    struct veil v = crowd_veil(&n->crowd, parent);
    if (!v.key)
        return got;
    got.count = veil_count(&v, VEIL_VALUES, got.count);
    got.sum = veil_sum(&v, VEIL_SUM, n->agg->field, got.sum);
    got.min = NAN;
    got.max = NAN;
    return got;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)s;
    (void)why;
    struct amounts got = shown_of(n, parent);
    out->count = got.count;
    out->sum = got.sum;
    out->min = got.min;
    out->max = got.max;
    return OK;
}

static const char *own_name(enum agg_kind kind)
{
    static const char *const names[AGG_KIND_COUNT] = {
        [AGG_AVG] = "avg", [AGG_SUM] = "sum",           [AGG_MIN] = "min",
        [AGG_MAX] = "max", [AGG_VALUE_COUNT] = "count",
    };
    return names[kind];
}

static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    struct amounts got = shown_of(n, parent);
    const char *own = own_name(n->agg->kind);
    if (own && (name.len == 0 || slice_is(name, "value")))
        name = slice_text(own);
    else if (own || name.len == 0)
        return false;
    bool none = got.count == 0;
    if (slice_is(name, "avg"))
        *out = none ? NAN : got.sum / (double)got.count;
    else if (slice_is(name, "sum"))
        *out = got.sum;
    else if (slice_is(name, "min"))
        *out = none ? INFINITY : got.min;
    else if (slice_is(name, "max"))
        *out = none ? -INFINITY : got.max;
    else if (slice_is(name, "count"))
        *out = (double)got.count;
    else
        return false;
    return true;
}

const struct agg_ops agg_stats_ops = {
    .plan = plan,
    .collect = collect,
    .covers = covers,
    .add_rows = add_rows,
    .merge = merge,
    .answer = answer,
    .number = number,
    .save = save,
    .load = load,
};
