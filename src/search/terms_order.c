// SPDX-License-Identifier: Apache-2.0
#include "search/terms_order.h"

#include "search/metric_order.h"
#include "search/output.h"

enum err terms_order_plan(struct search *s, struct agg_node *n, struct terms_order *out,
                          struct fault *why)
{
    uint32_t count = n->agg->order_count;
    *out = (struct terms_order){
        .room = &s->room, .agg = n->agg, .type = n->column->type, .order_count = count};
    out->nodes = room_alloc(&s->room, sizeof(struct agg_node *) * ((size_t)count + 1));
    if (!out->nodes)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_order *order = &n->agg->orders[i];
        if (order->by != ORDER_METRIC)
            continue;
        enum err e = metric_order_find(n, order, &out->nodes[i], why);
        if (e)
            return e;
    }
    return OK;
}

static int compare_keys(const struct terms_order *o, const struct terms_key *a,
                        const struct terms_key *b)
{
    if (a->text.at || b->text.at)
        return output_compare_text(o->type, a->text, b->text);
    if (a->i64 != b->i64)
        return a->i64 < b->i64 ? -1 : 1;
    return (a->f64 > b->f64) - (a->f64 < b->f64);
}

static int compare_by(const struct terms_order *o, uint32_t order, uint32_t a, uint32_t b)
{
    const struct terms_candidate *x = &o->candidates[a];
    const struct terms_candidate *y = &o->candidates[b];
    const struct agg_order *by = &o->agg->orders[order];
    if (by->by == ORDER_METRIC)
        return metric_order_compare(o->numbers[(size_t)a * o->order_count + order],
                                    o->numbers[(size_t)b * o->order_count + order], by->ascending);
    int got = by->by == ORDER_COUNT ? (x->count > y->count) - (x->count < y->count)
                                    : compare_keys(o, &x->key, &y->key);
    return by->ascending ? got : -got;
}

static int compare(const void *context, uint32_t a, uint32_t b)
{
    const struct terms_order *o = context;
    for (uint32_t i = 0; i < o->order_count; i++) {
        int order = compare_by(o, i, a, b);
        if (order)
            return order;
    }
    // Without orders: by count, the largest first; ties by key.
    const struct terms_candidate *x = &o->candidates[a];
    const struct terms_candidate *y = &o->candidates[b];
    if (o->order_count == 0 && x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return compare_keys(o, &x->key, &y->key);
}

void terms_order_reset(struct terms_order *o)
{
    o->used = 1; // slot 0 is the first spare one
    o->spare = 0;
    o->rows = 0;
    o->top.size = o->agg->size;
    o->top.count = 0;
    o->top.compare = compare;
    o->top.context = o;
}

static bool reserve(struct terms_order *o)
{
    size_t slots = (size_t)o->used + 1;
    struct terms_candidate *all =
        room_grow(o->room, o->candidates, &o->candidates_cap, slots, sizeof *all);
    if (!all)
        return false;
    o->candidates = all;
    uint32_t *heap = room_grow(o->room, o->top.heap, &o->heap_cap, slots, sizeof *heap);
    if (!heap)
        return false;
    o->top.heap = heap;
    if (o->order_count == 0)
        return true;
    double *numbers =
        room_grow(o->room, o->numbers, &o->numbers_cap, slots * o->order_count, sizeof *numbers);
    if (!numbers)
        return false;
    o->numbers = numbers;
    return true;
}

bool terms_order_is_by_count(const struct terms_order *o)
{
    return o->order_count == 0 ||
           (o->agg->orders[0].by == ORDER_COUNT && !o->agg->orders[0].ascending);
}

void terms_order_pass_over(struct terms_order *o, uint64_t rows)
{
    o->rows += rows;
}

// Of very many values most have too few rows to be among the largest.
static bool is_hopeless(const struct terms_order *o, const struct terms_candidate *c)
{
    if (o->top.count < o->top.size || o->top.count == 0)
        return false;
    return terms_order_is_by_count(o) && c->count < o->candidates[o->top.heap[0]].count;
}

bool terms_order_add(struct terms_order *o, const struct terms_candidate *c)
{
    if (c->count < o->agg->min_doc_count)
        return true;
    o->rows += c->count;
    if (is_hopeless(o, c))
        return true;
    if (!reserve(o))
        return false;
    o->candidates[o->spare] = *c;
    for (uint32_t i = 0; i < o->order_count; i++) {
        const struct agg_node *at = o->nodes[i];
        if (at)
            o->numbers[(size_t)o->spare * o->order_count + i] =
                metric_order_number(at, &o->agg->orders[i], c->ord);
    }
    uint32_t out = top_offer(&o->top, o->spare);
    o->spare = out == TOP_NOTHING ? o->used++ : out;
    return true;
}

void terms_order_choose(struct terms_order *o, const uint32_t **out, uint32_t *out_count,
                        uint64_t *out_other)
{
    top_sort(&o->top);
    *out = o->top.heap;
    *out_count = o->top.count;
    *out_other = o->rows;
    for (uint32_t i = 0; i < o->top.count; i++)
        *out_other -= o->candidates[o->top.heap[i]].count;
}
