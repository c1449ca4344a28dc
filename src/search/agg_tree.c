// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
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

static enum err plan_bucket_arrays(struct search *s, struct agg_node *n)
{
    n->row_out = room_alloc(&s->room, BLOCK_ROWS * sizeof *n->row_out);
    n->ord_out = room_alloc(&s->room, BLOCK_ROWS * sizeof *n->ord_out);
    n->keys = room_alloc(&s->room, BLOCK_ROWS * sizeof *n->keys);
    return s->room.is_over ? ERR_LIMIT : OK;
}

static enum err plan_node(struct search *s, struct agg_node *n, struct fault *why)
{
    n->ops = agg_ops_of(n->agg->kind);
    n->crowd.floor = s->floor;
    enum err e = n->agg->kind < AGG_BUCKET_KINDS ? plan_bucket_arrays(s, n) : OK;
    if (!e)
        e = n->ops->plan(s, n, why);
    if (!e)
        e = plan_subs(s, n, n->agg->subs, n->agg->sub_count, why);
    if (!e && n->ops->plan_late)
        e = n->ops->plan_late(s, n, why);
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
    s->root.crowd.floor = s->floor;
    enum err e = plan_subs(s, &s->root, s->request->aggs, s->request->agg_count, why);
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

// Adding to one counter again and again waits for memory each time; a run adds once.
static void count_runs(uint64_t *counts, const struct rows *rows)
{
    uint32_t first = 0;
    for (uint32_t i = 1; i < rows->count; i++) {
        if (rows->ord[i] == rows->ord[first])
            continue;
        counts[rows->ord[first]] += i - first;
        first = i;
    }
    counts[rows->ord[first]] += rows->count - first;
}

static bool has_numbers(const struct agg_node *n)
{
    return n->agg->kind >= AGG_BUCKET_KINDS;
}

// Of a bucket of many subjects only one may have the value that is averaged, so a node of
// numbers has a crowd of its own: of whose value it is.  What stands in for a missing one
// is nobody's.
static void see_values(struct search *s, struct agg_node *n, const struct rows *rows)
{
    const uint64_t *present = column_present(&s->columns, n->column);
    if (!present || !crowd_reserve(&n->crowd, &s->room, agg_ord_count(n->up)))
        return;
    for (uint32_t i = 0; i < rows->count; i++)
        if (bit_get(present, rows->row[i]))
            crowd_see(&n->crowd, rows->ord[i], s->subjects[rows->row[i]]);
}

static void pass_to_subs(struct search *s, struct agg_node *n, const struct rows *rows)
{
    for (uint32_t i = 0; i < n->sub_count; i++) {
        if (s->floor && has_numbers(&n->subs[i]))
            see_values(s, &n->subs[i], rows);
        n->subs[i].ops->collect(s, &n->subs[i], rows);
    }
}

void agg_pass(struct search *s, struct agg_node *n, const struct rows *rows)
{
    if (rows->count == 0 || s->room.is_over || !agg_reserve_counts(s, n))
        return;
    if (!n->up)
        n->counts[0] += rows->count;
    else if (n->comes_in_runs)
        count_runs(n->counts, rows);
    else
        for (uint32_t i = 0; i < rows->count; i++)
            n->counts[rows->ord[i]]++;
    if (n->crowd.floor)
        for (uint32_t i = 0; i < rows->count; i++)
            crowd_see(&n->crowd, rows->ord[i], s->subjects[rows->row[i]]);
    pass_to_subs(s, n, rows);
}

void agg_pass_keys(struct search *s, struct agg_node *n, uint32_t count)
{
    if (!ords_add_many(&n->ords, n->ord_out, n->keys, count, n->ord_out))
        return;
    struct rows own = {.count = count, .row = n->row_out, .ord = n->ord_out};
    agg_pass(s, n, &own);
}

void agg_tree_collect(struct search *s, uint32_t count, const uint16_t *rows)
{
    struct rows all = {.count = count, .row = rows, .ord = s->zeros};
    agg_pass(s, &s->root, &all);
    if (count > 0)
        return;
    // Rows that the query does not want may still be a global aggregation's.
    for (uint32_t i = 0; i < s->root.sub_count; i++)
        if (s->root.subs[i].agg->kind == AGG_GLOBAL)
            s->root.subs[i].ops->collect(s, &s->root.subs[i], &all);
}

// ---- answering ----

uint64_t agg_rows(const struct agg_node *n, uint32_t ord)
{
    return ord < n->counts_cap ? n->counts[ord] : 0;
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
    out->doc_count = agg_rows(n, shown);
    return answer_subs(s, n, shown, &out->subs, why);
}

static enum err finish(struct search *s, struct agg_node *n, struct fault *why)
{
    enum err e = n->ops && n->ops->finish ? n->ops->finish(s, n, why) : OK;
    for (uint32_t i = 0; i < n->sub_count && !e; i++)
        e = finish(s, &n->subs[i], why);
    return e;
}

enum err agg_tree_answer(struct search *s, struct answer *out, struct fault *why)
{
    uint32_t ord = agg_is_shown(&s->root, 0) ? 0 : ORD_NONE;
    enum err e = finish(s, &s->root, why);
    if (!e)
        e = answer_subs(s, &s->root, ord, &out->aggs, why);
    out->agg_count = s->root.sub_count;
    return e == ERR_LIMIT && s->room.is_over ? agg_out_of_room(why) : e;
}
