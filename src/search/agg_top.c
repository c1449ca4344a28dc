// SPDX-License-Identifier: Apache-2.0
// top_hits and top_metrics: the first rows of each bucket by a sort.
//
// For each ordinal of the parent a short list of places and their sort values, in order.  Rows
// that sort alike come as in the walk, whichever thread has seen them.  What the rows hold is read
// for the answer.  They are rows shown, so only whoever may see rows is answered, and each is on
// record as a hit is (api/record.c).
#include "base/limits.h"
#include "search/hit_fields.h"
#include "search/hits.h"
#include "search/search_private.h"

#include <math.h>

struct tops {
    struct sort_plan *sort;
    uint32_t sort_count, size;
    bool needs_value;         // rows without a sort value are none: top_metrics
    struct hit_place *places; // ordinal * size + rank
    struct sort_cell *cells;  // (ordinal * size + rank) * sort_count + key
    uint32_t *used;           // of each ordinal
    struct sort_cell *row;    // of the row at hand
    size_t places_cap, cells_cap, used_cap;
};

static enum err plan_sort(struct search *s, const struct agg_node *n, struct tops *t,
                          struct fault *why)
{
    const struct request *top = n->agg->top;
    enum err e = OK;
    for (uint32_t k = 0; k < t->sort_count && !e; k++) {
        t->sort[k].key = &top->sort[k];
        e = sort_plan(s, &t->sort[k], why);
        const struct column *c = t->sort[k].column;
        if (!e && t->needs_value && c && column_is_text(c))
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: error building sort for field [%.*s] of type "
                        "[%s]: only supported on numeric fields",
                        SLICE_PRINT(top->sort[k].field), field_type_name(c->type));
    }
    return e;
}

// A field that cannot be shown is told now, not left out of the answer.
static enum err plan_fields(struct search *s, const struct agg_node *n, struct fault *why)
{
    const struct request *top = n->agg->top;
    enum err e = OK;
    for (uint32_t i = 0; n->agg->kind == AGG_TOP_METRICS && i < top->field_count && !e; i++) {
        struct column *column = NULL;
        e = columns_find(&s->columns, top->fields[i].pattern, &column, why);
    }
    return e;
}

static enum err plan(struct search *s, struct agg_node *n, struct fault *why)
{
    const struct request *top = n->agg->top;
    if (!s->sees_rows)
        return fail(why, ERR_DENIED,
                    "security_exception: aggregation [%.*s] of type [%s] is unauthorized for user "
                    "[%s]: single rows are not shown",
                    SLICE_PRINT(n->agg->name), n->agg->type_name, permit_user(s->context->permit));
    struct tops *t = room_alloc(&s->room, sizeof *t);
    n->state = t;
    if (!t)
        return ERR_LIMIT;
    t->sort_count = top->sort_count;
    t->size = top->from + top->size;
    t->needs_value = n->agg->kind == AGG_TOP_METRICS;
    t->sort = room_alloc(&s->room, sizeof *t->sort * ((size_t)t->sort_count + 1));
    t->row = room_alloc(&s->room, sizeof *t->row * ((size_t)t->sort_count + 1));
    if (!t->sort || !t->row)
        return ERR_LIMIT;
    enum err e = plan_sort(s, n, t, why);
    return e ? e : plan_fields(s, n, why);
}

// ---- collecting ----

static bool reserve(struct search *s, struct agg_node *n)
{
    struct tops *t = n->state;
    size_t ords = agg_ord_count(n->up);
    size_t slots = ords * t->size;
    struct hit_place *places =
        room_grow(&s->room, t->places, &t->places_cap, slots + 1, sizeof *places);
    t->places = places ? places : t->places;
    struct sort_cell *cells =
        room_grow(&s->room, t->cells, &t->cells_cap, slots * t->sort_count + 1, sizeof *cells);
    t->cells = cells ? cells : t->cells;
    uint32_t *used = room_grow(&s->room, t->used, &t->used_cap, ords + 1, sizeof *used);
    t->used = used ? used : t->used;
    return places && cells && used;
}

static int compare(const struct tops *t, const struct sort_cell *cells, uint64_t doc, size_t slot)
{
    for (uint32_t k = 0; k < t->sort_count; k++) {
        int order = sort_compare(&t->sort[k], &cells[k], &t->cells[slot * t->sort_count + k]);
        if (order)
            return order;
    }
    uint64_t other = t->places[slot].doc;
    return (doc > other) - (doc < other);
}

static void offer(struct tops *t, uint32_t ord, const struct hit_place *place,
                  const struct sort_cell *cells)
{
    size_t first = (size_t)ord * t->size;
    uint32_t used = t->used[ord];
    uint32_t rank = used;
    while (rank > 0 && compare(t, cells, place->doc, first + rank - 1) < 0)
        rank--;
    if (rank == t->size)
        return;
    uint32_t behind = (used < t->size ? used : t->size - 1) - rank;
    size_t at = first + rank;
    memmove(&t->places[at + 1], &t->places[at], behind * sizeof *t->places);
    memmove(&t->cells[(at + 1) * t->sort_count], &t->cells[at * t->sort_count],
            (size_t)behind * t->sort_count * sizeof *t->cells);
    t->places[at] = *place;
    memcpy(&t->cells[at * t->sort_count], cells, t->sort_count * sizeof *cells);
    t->used[ord] += used < t->size;
}

static void offer_row(struct search *s, struct tops *t, uint32_t ord, uint32_t row)
{
    struct hit_place place = {.at = s->columns.at,
                              .ref = {.block = s->columns.block.index, .row = row},
                              .doc = s->doc + row};
    for (uint32_t k = 0; k < t->sort_count; k++) {
        t->row[k] = sort_cell(s, &t->sort[k], row, place.doc);
        if (t->needs_value && t->row[k].rank != 0)
            return;
    }
    offer(t, ord, &place, t->row);
}

static void collect(struct search *s, struct agg_node *n, const struct ordinals *parents)
{
    struct tops *t = n->state;
    const struct selection *sel = &s->columns.selection;
    if (t->size == 0 || !reserve(s, n))
        return;
    for (uint32_t k = 0; k < t->sort_count; k++)
        sort_load(s, &t->sort[k]);
    const uint32_t *ords = ordinals_wide(parents, sel->count, s->wide);
    for (uint32_t i = 0; i < sel->count; i++) {
        if (ords[i] != ORDINAL_NONE)
            offer_row(s, t, ords[i], sel->rows ? sel->rows[i] : i);
    }
}

static void merge(struct search *s, struct agg_node *n, const struct agg_node *from,
                  const uint32_t *map)
{
    struct tops *t = n->state;
    const struct tops *other = from->state;
    if (t->size == 0 || !reserve(s, n))
        return;
    for (uint32_t ord = 0; ord < agg_ord_count(from->up) && ord < other->used_cap; ord++) {
        for (uint32_t i = 0; i < other->used[ord]; i++) {
            size_t at = (size_t)ord * t->size + i;
            offer(t, map ? map[ord] : ord, &other->places[at], &other->cells[at * t->sort_count]);
        }
    }
}

// ---- answering ----

// Shown as of a search: where rows are sorted there is no score, unless it is asked for.
static double score_of(const struct search *s, const struct agg_node *n, const struct tops *t)
{
    bool shows = t->sort_count == 0 || n->agg->top->tracks_scores;
    for (uint32_t k = 0; k < t->sort_count; k++)
        shows |= t->sort[k].by == SORT_SCORE;
    return shows ? s->score : NAN;
}

static enum err take_rows(struct search *s, uint32_t count, struct fault *why)
{
    if (count <= LIMIT_RESULT_WINDOW - s->top_rows) {
        s->top_rows += count;
        return OK;
    }
    return fail(why, ERR_LIMIT,
                "illegal_argument_exception: [top_hits] and [top_metrics] of one request show at "
                "most [%d] rows",
                LIMIT_RESULT_WINDOW);
}

static void fill(struct search *s, const struct agg_node *n, size_t slot, struct hit *out)
{
    const struct tops *t = n->state;
    const struct hit_place *place = &t->places[slot];
    struct value *sort = ARENA_ARRAY(s->arena, struct value, (size_t)t->sort_count + 1);
    hit_fill(s->context->snapshot, s->context->permit, s->context->tables[place->at], place->ref,
             s->arena, out);
    for (uint32_t k = 0; k < t->sort_count; k++)
        sort[k] = sort_value(s, &t->sort[k], &t->cells[slot * t->sort_count + k]);
    out->sort = t->sort_count ? sort : NULL;
    out->score = score_of(s, n, t);
    out->doc = place->doc;
}

static enum err answer(struct search *s, struct agg_node *n, uint32_t parent,
                       struct agg_answer *out, struct fault *why)
{
    const struct tops *t = n->state;
    uint32_t from = n->agg->top->from;
    if (parent == ORD_NONE)
        return OK;
    out->count = agg_rows(n->up, parent);
    uint32_t used = parent < t->used_cap ? t->used[parent] : 0;
    uint32_t count = used > from ? used - from : 0;
    enum err e = take_rows(s, count, why);
    if (e || count == 0)
        return e;
    struct hit *hits = ARENA_ARRAY(s->arena, struct hit, count);
    for (uint32_t i = 0; i < count; i++)
        fill(s, n, (size_t)parent * t->size + from + i, &hits[i]);
    out->hits = hits;
    out->hit_count = count;
    return OK;
}

static bool is_fleeting(const struct agg_node *n)
{
    (void)n;
    return true; // places are of this snapshot
}

const struct agg_ops agg_top_ops = {
    .plan = plan,
    .collect = collect,
    .merge = merge,
    .answer = answer,
    .is_fleeting = is_fleeting,
};
