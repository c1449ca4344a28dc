// SPDX-License-Identifier: Apache-2.0
#include "search/histogram_answer.h"

#include "base/limits.h"
#include "search/metric_order.h"

#include <stdlib.h>

struct place { // of a bucket
    int64_t position;
    uint64_t count;
    uint32_t ord; // ORD_NONE: filled in
    uint32_t at;  // before the orders
};

enum err histogram_plan_orders(struct search *s, const struct agg_node *n,
                               struct histogram_steps *steps, struct fault *why)
{
    uint32_t count = n->agg->order_count;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    steps->order_nodes = room_alloc(&s->room, sizeof *steps->order_nodes * ((size_t)count + 1));
    if (!steps->order_nodes)
        return ERR_LIMIT;
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++)
        if (n->agg->orders[i].by == ORDER_METRIC)
            e = metric_order_find(n, &n->agg->orders[i], &steps->order_nodes[i], why);
    return e;
}

static int by_position(const void *a, const void *b)
{
    const struct place *x = a;
    const struct place *y = b;
    return (x->position > y->position) - (x->position < y->position);
}

struct ordering {
    const struct agg *agg;
    const struct agg_node *const *nodes;
    double *numbers; // place.at * orders + order
};

static int by_order(const struct ordering *o, uint32_t i, const struct place *x,
                    const struct place *y)
{
    const struct agg_order *by = &o->agg->orders[i];
    size_t count = o->agg->order_count;
    if (o->nodes[i])
        return metric_order_compare(o->numbers[x->at * count + i], o->numbers[y->at * count + i],
                                    by->ascending);
    int order =
        by->by == ORDER_COUNT ? (x->count > y->count) - (x->count < y->count) : by_position(x, y);
    return by->ascending ? order : -order;
}

static int by_orders(const void *a, const void *b, void *context)
{
    const struct ordering *o = context;
    const struct place *x = a;
    const struct place *y = b;
    for (uint32_t i = 0; i < o->agg->order_count; i++) {
        int order = by_order(o, i, x, y);
        if (order)
            return order;
    }
    return by_position(a, b);
}

static enum err sort_places(struct search *s, const struct agg_node *n,
                            const struct histogram_steps *steps, struct place *places,
                            uint32_t place_count)
{
    uint32_t count = n->agg->order_count;
    struct ordering o = {.agg = n->agg, .nodes = steps->order_nodes};
    if (count == 0 || place_count == 0)
        return OK;
    o.numbers = room_alloc(&s->room, sizeof *o.numbers * place_count * count);
    if (!o.numbers)
        return ERR_LIMIT;
    for (uint32_t p = 0; p < place_count; p++) {
        places[p].at = p;
        for (uint32_t i = 0; i < count; i++)
            if (o.nodes[i])
                o.numbers[(size_t)p * count + i] =
                    metric_order_number(o.nodes[i], &n->agg->orders[i], places[p].ord);
    }
    qsort_r(places, place_count, sizeof *places, by_orders, &o);
    return OK;
}

// The buckets that have rows and may be shown, in order of position.  One below the floor
// is as one without rows.
static enum err met(struct search *s, struct agg_node *n, uint32_t parent,
                    const struct histogram_steps *steps, struct place **out, uint32_t *out_count)
{
    const struct ords_entry *entries;
    uint32_t count;
    if (!ords_list(&n->ords, parent, n->counts, n->counts_cap, &entries, &count))
        return ERR_LIMIT;
    struct place *places = room_alloc(&s->room, sizeof *places * ((size_t)count + 1));
    if (!places)
        return ERR_LIMIT;
    uint32_t shown = 0;
    for (uint32_t i = 0; i < count; i++)
        if (agg_is_shown(n, entries[i].ord))
            places[shown++] = (struct place){.position = steps->position(n, entries[i].key),
                                             .count = agg_shown_rows(n, entries[i].ord),
                                             .ord = entries[i].ord};
    qsort(places, shown, sizeof *places, by_position);
    *out = places;
    *out_count = shown;
    return OK;
}

struct filling {
    struct search *s;
    const struct agg_node *n;
    const struct histogram_steps *steps;
    struct place *places;
    size_t cap;
    uint32_t count;
    struct fault *why;
};

static enum err fill_one(struct filling *f, struct place place)
{
    if (f->count > agg_buckets_max(f->s))
        return agg_take_buckets(f->s, f->count, f->why);
    struct place *places =
        room_grow(&f->s->room, f->places, &f->cap, (size_t)f->count + 1, sizeof *places);
    if (!places)
        return ERR_LIMIT;
    f->places = places;
    places[f->count++] = place;
    return OK;
}

// Empty buckets in [from, to); at the end *from is the first position not below `to`.
static enum err fill_gap(struct filling *f, int64_t *from, int64_t to)
{
    enum err e = OK;
    while (*from < to && !e) {
        e = fill_one(f, (struct place){.position = *from, .ord = ORD_NONE});
        int64_t next = f->steps->next(f->n, *from);
        if (next <= *from)
            break; // the end of time
        *from = next;
    }
    return e;
}

static enum err fill(struct filling *f, const struct place *places, uint32_t count)
{
    const struct histogram_steps *st = f->steps;
    if (count == 0 && !(st->has_min && st->has_max))
        return OK;
    int64_t at = count ? places[0].position : st->min;
    if (st->has_min && st->min < at)
        at = st->min;
    enum err e = OK;
    for (uint32_t i = 0; i < count && !e; i++) {
        e = fill_gap(f, &at, places[i].position);
        if (!e)
            e = fill_one(f, places[i]);
        at = st->next(f->n, places[i].position);
    }
    if (!e && st->has_max && st->max < INT64_MAX)
        e = fill_gap(f, &at, st->max + 1);
    return e;
}

static enum err answer_places(struct search *s, struct agg_node *n,
                              const struct histogram_steps *steps, const struct filling *f,
                              struct agg_answer *out)
{
    struct bucket *buckets = ARENA_ARRAY(s->arena, struct bucket, f->count + 1);
    for (uint32_t i = 0; i < f->count; i++) {
        const struct place *p = &f->places[i];
        if (p->count < n->agg->min_doc_count)
            continue;
        struct bucket *b = &buckets[out->bucket_count++];
        b->key = steps->key(n, p->position);
        enum err e = agg_answer_bucket(s, n, p->ord, b, f->why);
        if (e)
            return e;
    }
    out->buckets = buckets;
    return OK;
}

enum err histogram_answer(struct search *s, struct agg_node *n, uint32_t parent,
                          const struct histogram_steps *steps, struct agg_answer *out,
                          struct fault *why)
{
    struct filling f = {.s = s, .n = n, .steps = steps, .why = why};
    struct place *places;
    uint32_t count;
    enum err e = met(s, n, parent, steps, &places, &count);
    if (e)
        return e;
    if (n->agg->min_doc_count == 0) {
        e = fill(&f, places, count);
    } else {
        f.places = places;
        f.count = count;
    }
    if (!e)
        e = agg_take_buckets(s, f.count, why);
    if (!e)
        e = sort_places(s, n, steps, f.places, f.count);
    if (e)
        return e;
    return answer_places(s, n, steps, &f, out);
}
