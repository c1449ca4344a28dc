// SPDX-License-Identifier: Apache-2.0
#include "sql/run.h"

#include "base/limits.h"
#include "json/json_writer.h"

#include <stdlib.h>

enum { BODY_BYTES_MAX = 8 << 20 };

static void give_memory_back(struct arena **a)
{
    arena_free(*a);
}

static enum err ask(const struct sql_run *r, uint32_t size, const struct json *position,
                    struct arena *page, const struct answer **out, struct fault *why)
{
    struct buf body AUTO(buf_donep) = buf_init(BODY_BYTES_MAX);
    struct sql_ask a = r->ask;
    a.size = size;
    a.position = position;
    enum err e = request_write(&a, &body, why);
    // What the answer was made of may point into it.
    return e ? e
             : r->asker->ask(r->asker->context, arena_copy(page, buf_slice(&body)), page, out, why);
}

// ---- positions ----

static void write_value(struct json_writer *w, const struct value *v)
{
    switch (v->type) {
    case VALUE_NONE:
        json_null(w);
        break;
    case VALUE_TEXT:
        json_string(w, v->text);
        break;
    case VALUE_LONG:
    case VALUE_DATE:
        json_int(w, v->i64);
        break;
    case VALUE_DOUBLE:
        json_double(w, v->f64);
        break;
    case VALUE_BOOLEAN:
        json_truth(w, v->i64 != 0);
        break;
    }
}

static enum err position_of(const struct sql_run *r, const struct value *values, uint32_t count,
                            struct slice *out, struct fault *why)
{
    struct buf text AUTO(buf_donep) = buf_init(BODY_BYTES_MAX);
    struct json_writer w = json_writer_to(&text);
    json_array(&w);
    for (uint32_t i = 0; i < count; i++)
        write_value(&w, &values[i]);
    json_end(&w);
    enum err e = buf_end(&text, why);
    if (!e)
        *out = arena_copy(r->request, buf_slice(&text));
    return e;
}

static enum err read_position(const struct sql_run *r, struct slice text, const struct json **out,
                              struct fault *why)
{
    return json_parse(text, r->request, out, why);
}

// ---- outputs ----

static enum err add_outputs(struct sql_run *r, const struct cell *inputs, struct sql_page *out,
                            struct fault *why)
{
    const struct plan *plan = r->ask.plan;
    struct cell *row = NULL;
    enum err e = rows_add(&out->rows, &row, why);
    for (uint32_t i = 0; i < plan->output_count && !e; i++) {
        const struct plan_output *o = &plan->outputs[i];
        row[i] = cell_fit(evaluate(&r->evaluation, o->expr, inputs), o->type);
        if (row[i].type == SQL_KEYWORD) // it may be of a page's arena
            row[i].text = cell_keep_text(&r->evaluation.how, row[i].text);
        e = r->evaluation.failed;
    }
    if (r->evaluation.failed && why)
        *why = r->evaluation.why;
    return e;
}

// How many rows this page may have: of LIMIT what is left.
static uint32_t rows_wanted(const struct sql_run *r)
{
    uint64_t limit = r->ask.plan->limit;
    uint64_t left = limit > r->done ? limit - r->done : 0;
    return left < r->rows_max ? (uint32_t)left : r->rows_max;
}

static void settle(const struct sql_run *r, bool may_have_more, struct sql_page *out)
{
    out->done = r->done + out->rows.count;
    out->has_more = may_have_more && out->done < r->ask.plan->limit;
}

// ---- rows ----

static void hit_inputs(const struct sql_run *r, const struct hit *h, struct cell *out)
{
    const struct plan *plan = r->ask.plan;
    for (uint32_t i = 0; i < plan->column_count; i++) {
        const struct sql_column *c = &r->ask.table->columns[plan->columns[i]];
        out[i] = cell_null();
        for (uint32_t k = 0; k < h->field_count; k++) {
            if (!slice_equal(h->fields[k].name, c->name))
                continue;
            out[i] = cell_fit(cell_of_value(&h->fields[k].value, c->type), c->type);
            break;
        }
    }
}

// Rows of one search that the page takes; `skip` of them are only passed over.
static enum err add_hits(struct sql_run *r, const struct answer *a, uint64_t *skip,
                         struct cell *inputs, struct sql_page *out, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; i < a->hit_count && !e; i++) {
        if (*skip) {
            --*skip;
            continue;
        }
        hit_inputs(r, &a->hits[i], inputs);
        e = add_outputs(r, inputs, out, why);
    }
    return e;
}

static enum err run_rows(struct sql_run *r, struct sql_page *out, struct fault *why)
{
    const struct plan *plan = r->ask.plan;
    const struct json *position = r->position;
    uint32_t wanted = rows_wanted(r);
    uint64_t skip = position ? 0 : plan->offset;
    bool is_full = wanted > 0;
    struct cell *inputs = ARENA_ARRAY(r->request, struct cell, plan->column_count + 1);
    enum err e = OK;
    while (!e && is_full && out->rows.count < wanted) {
        struct arena *page AUTO(give_memory_back) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
        const struct answer *a = NULL;
        uint64_t left = wanted - out->rows.count + skip;
        uint32_t size = left < SQL_PAGE_ROWS ? (uint32_t)left : SQL_PAGE_ROWS;
        e = ask(r, size, position, page, &a, why);
        if (!e)
            e = add_hits(r, a, &skip, inputs, out, why);
        is_full = !e && a->hit_count == size;
        if (is_full)
            e = position_of(r, a->hits[size - 1].sort, plan->order_count + 1, &out->position, why);
        if (is_full && !e)
            e = read_position(r, out->position, &position, why);
    }
    settle(r, is_full, out);
    return e;
}

// ---- groups, as they come ----

static bool passes(struct sql_run *r, const struct cell *inputs)
{
    if (!r->ask.plan->having)
        return true;
    struct cell truth = evaluate(&r->evaluation, r->ask.plan->having, inputs);
    return truth.type != SQL_NULL && truth.i64 != 0;
}

static struct cell *inputs_for(const struct sql_run *r)
{
    return ARENA_ARRAY(r->request, struct cell,
                       r->ask.plan->key_count + r->ask.plan->agg_count + 1);
}

struct stream { // of groups onto one page
    uint32_t wanted;
    uint64_t skip;  // groups that are only passed over
    uint32_t taken; // buckets of the last search that were looked at
    struct cell *inputs;
};

static enum err add_buckets(struct sql_run *r, const struct agg_answer *a, struct stream *s,
                            struct sql_page *out, struct fault *why)
{
    enum err e = OK;
    uint32_t i = 0;
    struct groups one = groups_of(r->ask.plan, &r->evaluation, r->request);
    for (; i < a->bucket_count && !e && out->rows.count < s->wanted; i++) {
        one.keys.count = 0;
        e = groups_add(&one, NULL, &a->buckets[i], why);
        if (e)
            break;
        groups_inputs(&one, 0, s->inputs);
        bool is_in = passes(r, s->inputs);
        if (is_in && s->skip)
            s->skip--;
        else if (is_in)
            e = add_outputs(r, s->inputs, out, why);
    }
    s->taken = i;
    return e;
}

static uint32_t groups_to_ask(const struct sql_run *r, const struct stream *s, uint32_t have)
{
    uint64_t left = s->wanted - have + s->skip;
    return left < SQL_PAGE_GROUPS && !r->ask.plan->having ? (uint32_t)left : SQL_PAGE_GROUPS;
}

// One search; *out_full: there may be more behind it.
static enum err stream_page(struct sql_run *r, struct stream *s, const struct json **position,
                            bool *out_full, struct sql_page *out, struct fault *why)
{
    struct arena *page AUTO(give_memory_back) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
    const struct answer *a = NULL;
    uint32_t size = groups_to_ask(r, s, out->rows.count);
    enum err e = ask(r, size, *position, page, &a, why);
    if (!e)
        e = add_buckets(r, &a->aggs[0], s, out, why);
    if (e)
        return e;
    uint32_t count = a->aggs[0].bucket_count;
    *out_full = count == size || s->taken < count;
    if (!*out_full || s->taken == 0)
        return OK;
    e = position_of(r, a->aggs[0].buckets[s->taken - 1].keys, r->ask.plan->source_count,
                    &out->position, why);
    return e ? e : read_position(r, out->position, position, why);
}

static enum err run_stream(struct sql_run *r, struct sql_page *out, struct fault *why)
{
    const struct json *position = r->position;
    struct stream s = {.wanted = rows_wanted(r),
                       .skip = position ? 0 : r->ask.plan->offset,
                       .inputs = inputs_for(r)};
    bool is_full = s.wanted > 0;
    enum err e = OK;
    while (!e && is_full && out->rows.count < s.wanted)
        e = stream_page(r, &s, &position, &is_full, out, why);
    settle(r, is_full, out);
    return e;
}

// ---- groups, all of them first ----

static enum err collect(struct sql_run *r, struct groups *g, struct fault *why)
{
    const struct json *position = NULL;
    bool is_full = true;
    enum err e = OK;
    while (!e && is_full) {
        struct arena *page AUTO(give_memory_back) = arena_new(LIMIT_REQUEST_ARENA_BYTES);
        const struct answer *a = NULL;
        struct slice text = {0};
        e = ask(r, SQL_PAGE_GROUPS, position, page, &a, why);
        if (!e && r->ask.plan->source_count == 0)
            return groups_add(g, a, NULL, why);
        for (uint32_t i = 0; !e && i < a->aggs[0].bucket_count; i++)
            e = groups_add(g, NULL, &a->aggs[0].buckets[i], why);
        is_full = !e && a->aggs[0].bucket_count == SQL_PAGE_GROUPS;
        if (is_full)
            e = position_of(r, a->aggs[0].buckets[SQL_PAGE_GROUPS - 1].keys,
                            r->ask.plan->source_count, &text, why);
        if (is_full && !e)
            e = read_position(r, text, &position, why);
    }
    return e;
}

struct sorting {
    const struct plan *plan;
    const struct cell *cells; // of each group: one for each order
    uint32_t *order;
    uint32_t count;
};

static int by_orders(const void *a, const void *b, void *context)
{
    const struct sorting *s = context;
    uint32_t x = *(const uint32_t *)a;
    uint32_t y = *(const uint32_t *)b;
    uint32_t width = s->plan->order_count;
    for (uint32_t i = 0; i < width; i++) {
        const struct plan_order *o = &s->plan->orders[i];
        const struct cell *c = &s->cells[(size_t)x * width + i];
        const struct cell *d = &s->cells[(size_t)y * width + i];
        int order = cell_compare(c, d);
        bool any_null = c->type == SQL_NULL || d->type == SQL_NULL;
        if (order)
            return any_null ? (o->nulls_first ? order : -order) : o->descending ? -order : order;
    }
    return (x > y) - (x < y);
}

// Which groups HAVING lets through, in the order of ORDER BY.
static enum err sort_groups(struct sql_run *r, const struct groups *g, struct sorting *s,
                            struct fault *why)
{
    const struct plan *plan = r->ask.plan;
    struct cell *inputs = inputs_for(r);
    struct cell *cells =
        ARENA_ARRAY(r->request, struct cell, (size_t)g->keys.count * plan->order_count + 1);
    s->order = ARENA_ARRAY(r->request, uint32_t, g->keys.count + 1);
    s->cells = cells;
    for (uint32_t i = 0; i < g->keys.count; i++) {
        groups_inputs(g, i, inputs);
        if (!passes(r, inputs))
            continue;
        s->order[s->count++] = i;
        for (uint32_t k = 0; k < plan->order_count && plan->is_sorted; k++)
            cells[(size_t)i * plan->order_count + k] =
                evaluate(&r->evaluation, plan->orders[k].expr, inputs);
    }
    if (r->evaluation.failed && why)
        *why = r->evaluation.why;
    if (plan->is_sorted)
        qsort_r(s->order, s->count, sizeof *s->order, by_orders, s);
    return r->evaluation.failed;
}

static enum err run_all(struct sql_run *r, struct sql_page *out, struct fault *why)
{
    const struct plan *plan = r->ask.plan;
    struct groups g = groups_of(plan, &r->evaluation, r->request);
    struct sorting s = {.plan = plan};
    enum err e = collect(r, &g, why);
    if (!e)
        e = groups_merge(&g, why);
    if (!e)
        e = sort_groups(r, &g, &s, why);
    struct cell *inputs = inputs_for(r);
    uint32_t wanted = rows_wanted(r);
    uint64_t first = plan->offset + r->done;
    uint64_t i = first;
    for (; !e && i < s.count && out->rows.count < wanted; i++) {
        groups_inputs(&g, s.order[i], inputs);
        e = add_outputs(r, inputs, out, why);
    }
    settle(r, i < s.count, out);
    return e;
}

enum err sql_run(struct sql_run *r, struct sql_page *out, struct fault *why)
{
    const struct plan *plan = r->ask.plan;
    *out = (struct sql_page){.rows = rows_of(r->request, plan->output_count)};
    if (plan->kind == PLAN_ROWS)
        return run_rows(r, out, why);
    if (plan->kind == PLAN_GROUPS) {
        bool is_stream =
            !plan->is_global && plan->source_count && !plan->is_merged && !plan->is_sorted;
        return is_stream ? run_stream(r, out, why) : run_all(r, out, why);
    }
    enum err e = OK;
    if (plan->offset == 0 && rows_wanted(r) > 0)
        e = add_outputs(r, NULL, out, why);
    settle(r, false, out);
    return e;
}
