// SPDX-License-Identifier: Apache-2.0
// extended_stats: sums, extremes and squares by bucket.
#include "base/buf.h"
#include "base/reader.h"
#include "search/agg_number.h"
#include "search/search_private.h"

#include <math.h>

struct squared {
    uint64_t count;
    double sum, min, max, squares;
};

struct squareds {
    struct squared *by_ord;
    size_t cap;
};

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    n->state = room_alloc(&s->room, sizeof(struct squareds));
    return n->state ? agg_plan_numeric(s, n, why) : ERR_LIMIT;
}

// NULL past the room's limit.
static struct squared *reserve(struct search *s, struct agg_node *n)
{
    struct squareds *st = n->state;
    struct squared *grown =
        room_grow(&s->room, st->by_ord, &st->cap, agg_ord_count(n->up), sizeof *grown);
    st->by_ord = grown ? grown : st->by_ord;
    return grown;
}

static void add(struct squared *to, const struct squared *v)
{
    if (v->count == 0)
        return;
    to->min = to->count == 0 || v->min < to->min ? v->min : to->min;
    to->max = to->count == 0 || v->max > to->max ? v->max : to->max;
    to->sum += v->sum;
    to->squares += v->squares;
    to->count += v->count;
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct squared *by_ord = reserve(s, n);
    if (!by_ord)
        return;
    struct agg_values v = agg_values(s, n, parents);
    for (uint32_t i = 0; i < v.count; i++) {
        double value;
        if (agg_values_f64(n, &v, i, &value))
            add(&by_ord[v.ords[i]], &(struct squared){1, value, value, value, value * value});
    }
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    const struct squareds *other = from->state;
    struct squared *by_ord = reserve(s, n);
    for (uint32_t i = 0; by_ord && i < agg_ord_count(from->up) && i < other->cap; i++)
        if (other->by_ord[i].count)
            add(&by_ord[map ? map[i] : i], &other->by_ord[i]);
}

static void save(const struct agg_node *n, const uint32_t *ords, uint32_t count, struct buf *out)
{
    const struct squareds *st = n->state;
    const struct squared none = {0};
    for (uint32_t i = 0; i < count; i++)
        buf_bytes(out, ords[i] < st->cap ? &st->by_ord[ords[i]] : &none, sizeof none);
}

static void load(struct search *s, struct agg_node *n, const uint32_t *ords, uint32_t count,
                 struct reader *in)
{
    const uint8_t *saved = reader_bytes(in, count * sizeof(struct squared)).at;
    struct squared *by_ord = reserve(s, n);
    for (uint32_t i = 0; by_ord && saved && i < count; i++) {
        struct squared one;
        memcpy(&one, saved + i * sizeof one, sizeof one);
        add(&by_ord[ords[i]], &one);
    }
}

// A veil shows no single row's value, and of squares nothing: they are its largest values'.
static struct squared shown_of(const struct agg_node *n, uint32_t parent)
{
    const struct squareds *st = n->state;
    struct squared got = {0};
    if (parent < st->cap)
        got = st->by_ord[parent];
    struct veil v = crowd_veil(&n->crowd, parent);
    if (!v.key)
        return got;
    got.count = veil_count(&v, VEIL_VALUES, got.count);
    got.sum = veil_sum(&v, VEIL_SUM, n->agg->field, got.sum);
    got.min = NAN;
    got.max = NAN;
    got.squares = NAN;
    return got;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    (void)s;
    (void)why;
    struct squared got = shown_of(n, parent);
    out->count = got.count;
    out->sum = got.sum;
    out->min = got.min;
    out->max = got.max;
    out->squares = got.squares;
    return OK;
}

static bool number(const struct agg_node *n, uint32_t parent, struct slice name, double *out)
{
    struct squared got = shown_of(n, parent);
    struct agg_answer a = {.agg = n->agg,
                           .count = got.count,
                           .sum = got.sum,
                           .min = got.min,
                           .max = got.max,
                           .squares = got.squares};
    return agg_number(&a, name, out);
}

const struct agg_ops agg_extended_stats_ops = {
    .plan = plan,
    .collect = collect,
    .merge = merge,
    .answer = answer,
    .number = number,
    .save = save,
    .load = load,
};
