// SPDX-License-Identifier: Apache-2.0
#include "search/hits.h"

#include "search/hit_fields.h"
#include "search/literal_value.h"
#include "search/output.h"

#include <math.h>

// ---- planning ----

static enum err cell_of_literal(struct search *s, const struct sort_plan *p,
                                const struct literal *l, struct sort_cell *out, struct fault *why)
{
    bool exact;
    *out = (struct sort_cell){.rank = p->key->missing_first ? -1 : 1};
    if (l->type == LITERAL_NULL)
        return OK;
    out->rank = 0;
    if (p->by == SORT_SCORE)
        return literal_double(l, &out->f64, why);
    if (p->by == SORT_DOC)
        return literal_long(l, &out->i64, &exact, why);
    if (!p->column->is_mapped)
        return OK;
    if (p->column->storage == STORAGE_F64)
        return literal_double(l, &out->f64, why);
    if (p->column->storage == STORAGE_CODE) {
        uint8_t *bytes = arena_alloc(s->arena, 16);
        if (!literal_text(p->column->type, l->text, bytes, &out->text))
            out->text = l->text;
        return OK;
    }
    struct literal_dates dates = {.format = p->key->format, .now_ms = s->context->now_ms};
    if (l->type == LITERAL_NUMBER)
        return literal_long(l, &out->i64, &exact, why);
    return literal_i64(p->column->type, l, &dates, &out->i64, &exact, why);
}

enum err sort_plan(struct search *s, struct sort_plan *p, struct fault *why)
{
    const struct sort_key *key = p->key;
    if (slice_is(key->field, "_doc") || slice_is(key->field, "_shard_doc")) {
        p->by = SORT_DOC;
        return OK;
    }
    if (slice_is(key->field, "_score")) {
        p->by = SORT_SCORE;
        return OK;
    }
    enum err e = columns_find(&s->columns, key->field, &p->column, why);
    if (!e && !p->column->is_mapped && !key->is_unmapped_ok && s->columns.table_count > 0)
        return fail(why, ERR_INVALID,
                    "query_shard_exception: No mapping found for [%.*s] in order to sort on",
                    SLICE_PRINT(key->field));
    if (e || key->missing.type == LITERAL_NULL)
        return e;
    p->has_stand_in = true;
    return cell_of_literal(s, p, &key->missing, &p->stand_in, why);
}

int sort_compare(const struct sort_plan *p, const struct sort_cell *a, const struct sort_cell *b)
{
    if (a->rank || b->rank)
        return (a->rank > b->rank) - (a->rank < b->rank);
    int order;
    if (p->by == SORT_SCORE || (p->column && p->column->storage == STORAGE_F64))
        order = (a->f64 > b->f64) - (a->f64 < b->f64);
    else if (p->column && column_is_text(p->column))
        order = output_compare_text(p->column->type, a->text, b->text);
    else
        order = (a->i64 > b->i64) - (a->i64 < b->i64);
    return p->key->descending ? -order : order;
}

static int compare_slots(const void *context, uint32_t a, uint32_t b)
{
    const struct hits *h = context;
    for (uint32_t k = 0; k < h->sort_count; k++) {
        int order = sort_compare(&h->sort[k], &h->cells[(size_t)a * h->sort_count + k],
                                 &h->cells[(size_t)b * h->sort_count + k]);
        if (order)
            return order;
    }
    uint64_t x = h->places[a].doc;
    uint64_t y = h->places[b].doc;
    return (x > y) - (x < y);
}

static enum err plan_after(struct search *s, struct sort_plan *p, const struct literal *l,
                           struct fault *why)
{
    enum err e = cell_of_literal(s, p, l, &p->after, why);
    if (e != ERR_INVALID || (p->column && p->column->type == FIELD_DATE))
        return e;
    return fail(why, e,
                "illegal_argument_exception: Failed to parse search_after value for field [%.*s].",
                SLICE_PRINT(p->key->field));
}

static enum err plan_sort(struct search *s, struct hits *h, struct fault *why)
{
    const struct request *r = s->request;
    h->sort_count = r->sort_count;
    h->has_after = r->search_after && r->search_after_count == r->sort_count && r->sort_count;
    h->follows = r->follows;
    h->after_doc = r->after_doc;
    h->sort = room_alloc(&s->room, sizeof *h->sort * ((size_t)h->sort_count + 1));
    if (!h->sort)
        return ERR_LIMIT;
    for (uint32_t k = 0; k < h->sort_count; k++) {
        struct sort_plan *p = &h->sort[k];
        p->key = &r->sort[k];
        enum err e = sort_plan(s, p, why);
        if (!e && h->has_after)
            e = plan_after(s, p, &r->search_after[k], why);
        if (e)
            return e;
    }
    return OK;
}

enum err hits_plan(struct search *s, struct hits *h, struct fault *why)
{
    *h = (struct hits){0};
    if (!s->sees_rows)
        return OK;
    h->size = s->request->size ? s->request->from + s->request->size : 0;
    enum err e = plan_sort(s, h, why);
    if (e)
        return e;
    size_t slots = (size_t)h->size + 1;
    h->places = room_alloc(&s->room, sizeof *h->places * slots);
    h->cells = room_alloc(&s->room, sizeof *h->cells * slots * (h->sort_count + 1));
    h->top = (struct top){.size = h->size, .compare = compare_slots, .context = h};
    h->top.heap = room_alloc(&s->room, sizeof *h->top.heap * slots);
    h->used = 1; // slot 0 is the first spare one
    return s->room.is_over ? ERR_LIMIT : OK;
}

// ---- the order of blocks ----

static bool is_long(const struct sort_plan *p)
{
    return p->by == SORT_COLUMN && p->column->is_mapped && p->column->storage == STORAGE_I64;
}

enum err hits_order(struct search *s, const struct hits *h, struct blocks *b)
{
    const struct sort_plan *p = h->sort;
    if (h->size == 0 || h->sort_count == 0 || !is_long(p) || p->has_stand_in ||
        p->key->missing_first)
        return OK;
    return blocks_order(&s->columns, p->column, p->key->descending, b);
}

void hits_settle(struct hits *h, const struct blocks *b, uint32_t i)
{
    if (!b->is_ordered || h->is_settled || h->top.count < h->size)
        return;
    const struct sort_cell *worst = &h->cells[(size_t)h->top.heap[0] * h->sort_count];
    h->is_settled = worst->rank == 0 && (h->sort[0].key->descending ? b->best[i] < worst->i64
                                                                    : b->best[i] > worst->i64);
}

// ---- collecting ----

bool hits_want_more(const struct hits *h)
{
    if (h->size == 0 || h->is_settled)
        return false;
    bool is_in_doc_order =
        h->sort_count == 0 || (h->sort[0].by == SORT_DOC && !h->sort[0].key->descending);
    return !is_in_doc_order || h->top.count < h->size;
}

enum { SPARSE_ROWS = 16 }; // reading a row's value takes as long as decoding some hundred

// The column's values are those of one field of the table at hand.
static bool is_plain(const struct search *s, const struct column *c)
{
    const struct column_source *source = &c->sources[s->columns.at];
    return source->is_mapped && !source->target && !source->code_map &&
           source->storage == c->storage;
}

static bool can_be_sparse(const struct search *s, const struct hits *h, uint32_t count)
{
    bool can = count <= SPARSE_ROWS;
    for (uint32_t k = 0; can && k < h->sort_count; k++)
        can = h->sort[k].by != SORT_COLUMN || is_plain(s, h->sort[k].column);
    return can;
}

static struct sort_cell missing_cell(const struct sort_plan *p)
{
    if (p->has_stand_in)
        return p->stand_in;
    return (struct sort_cell){.rank = p->key->missing_first ? -1 : 1};
}

// Of one row, without its block.
static struct sort_cell row_cell(const struct search *s, const struct sort_plan *p, uint32_t row)
{
    const struct column *c = p->column;
    const struct view *v = s->columns.block.view;
    struct row_ref at = {.block = s->columns.block.index, .row = row};
    uint32_t field = c->sources[s->columns.at].path.field;
    struct sort_cell cell = {.rank = 0};
    uint32_t code = CODE_NONE;
    bool has = false;
    switch (c->storage) {
    case STORAGE_CODE:
        has = row_code(v, at, field, &code);
        if (has)
            cell.text = dict_value(c->dict, code);
        break;
    case STORAGE_I64:
        has = row_i64(v, at, field, &cell.i64);
        break;
    case STORAGE_F64:
        has = row_f64(v, at, field, &cell.f64);
        break;
    }
    return has ? cell : missing_cell(p);
}

static struct sort_cell column_cell(const struct sort_plan *p, uint32_t row)
{
    const struct column *c = p->column;
    struct sort_cell cell = {.rank = 0};
    if (c->is_mapped && c->storage == STORAGE_CODE) {
        uint32_t code = column_code(c, row);
        if (code != CODE_NONE) {
            cell.text = dict_value(c->dict, code);
            return cell;
        }
    } else if (c->is_mapped && bit_get(c->present, row)) {
        if (c->storage == STORAGE_I64)
            cell.i64 = c->i64[row];
        else
            cell.f64 = c->f64[row];
        return cell;
    }
    return missing_cell(p);
}

void sort_load(struct search *s, const struct sort_plan *p)
{
    if (p->by == SORT_COLUMN)
        column_load(&s->columns, p->column);
}

struct sort_cell sort_cell(const struct search *s, const struct sort_plan *p, uint32_t row,
                           uint64_t doc)
{
    if (p->by == SORT_DOC)
        return (struct sort_cell){.i64 = (int64_t)doc};
    if (p->by == SORT_SCORE)
        return (struct sort_cell){.f64 = s->score};
    return column_cell(p, row);
}

static struct sort_cell make_cell(const struct search *s, const struct hits *h,
                                  const struct sort_plan *p, uint32_t row, uint64_t doc)
{
    return h->is_sparse && p->by == SORT_COLUMN ? row_cell(s, p, row) : sort_cell(s, p, row, doc);
}

static bool is_after(const struct hits *h, const struct sort_cell *cells, uint64_t doc)
{
    for (uint32_t k = 0; h->has_after && k < h->sort_count; k++) {
        int order = sort_compare(&h->sort[k], &cells[k], &h->sort[k].after);
        if (order)
            return order > 0;
    }
    return h->follows ? doc > h->after_doc : !h->has_after;
}

// Most rows of a long walk are worse than the worst kept by their first key already.
static bool is_hopeless(const struct hits *h, const struct sort_cell *first)
{
    if (h->top.count < h->size || h->sort_count == 0)
        return false;
    const struct sort_cell *worst = &h->cells[(size_t)h->top.heap[0] * h->sort_count];
    return sort_compare(&h->sort[0], first, worst) > 0;
}

static void offer(struct search *s, struct hits *h, uint64_t doc, uint32_t row)
{
    struct sort_cell *cells = &h->cells[(size_t)h->spare * h->sort_count];
    for (uint32_t k = 0; k < h->sort_count; k++) {
        cells[k] = make_cell(s, h, &h->sort[k], row, doc);
        if (k == 0 && is_hopeless(h, cells))
            return;
    }
    if (!is_after(h, cells, doc))
        return;
    h->places[h->spare] = (struct hit_place){
        .at = s->columns.at, .ref = {.block = s->columns.block.index, .row = row}, .doc = doc};
    uint32_t out = top_offer(&h->top, h->spare);
    h->spare = out == TOP_NOTHING ? h->used++ : out;
}

// Whether no row of the block can be among the first any more, by its statistics: of whole
// numbers, which is what times are.
static bool block_is_hopeless(const struct search *s, const struct hits *h)
{
    if (h->size == 0 || h->top.count < h->size || h->sort_count == 0)
        return false;
    const struct sort_plan *p = &h->sort[0];
    const struct sort_cell *worst = &h->cells[(size_t)h->top.heap[0] * h->sort_count];
    struct block_range r;
    if (!is_long(p) || worst->rank != 0 || !column_range(&s->columns, p->column, &r))
        return false;
    if (r.any_missing && (p->has_stand_in || p->key->missing_first))
        return false;
    return !r.any || (p->key->descending ? r.max < worst->i64 : r.min > worst->i64);
}

// The rows that are worth a closer look: with a value not past the worst of those kept.
static bool row_is_hopeless(const struct hits *h, const struct sort_plan *p, uint32_t row)
{
    const struct sort_cell *worst = &h->cells[(size_t)h->top.heap[0] * h->sort_count];
    if (worst->rank != 0 || !bit_get(p->column->present, row))
        return false;
    int64_t v = p->column->i64[row];
    return p->key->descending ? v < worst->i64 : v > worst->i64;
}

// By the place in the walk where that is the order, and by the first key where that is a whole
// number: rows come in the order of their times, so most of a long walk is passed over.
bool hits_are_before(const struct search *s, const struct hits *h, uint64_t doc)
{
    bool by_doc = h->sort_count == 0 || (h->sort[0].by == SORT_DOC && !h->sort[0].key->descending);
    uint64_t last = doc + s->columns.block.row_count - 1;
    if (by_doc && h->sort_count == 0)
        return h->follows && last <= h->after_doc;
    if (!h->has_after || h->sort[0].after.rank != 0)
        return false;
    const struct sort_plan *p = &h->sort[0];
    if (by_doc)
        return p->after.i64 >= 0 && last < (uint64_t)p->after.i64;
    struct block_range r;
    if (!is_long(p) || !column_range(&s->columns, p->column, &r))
        return false;
    if (!r.any || (r.any_missing && (p->has_stand_in || !p->key->missing_first)))
        return false;
    return p->key->descending ? r.min > p->after.i64 : r.max < p->after.i64;
}

void hits_collect(struct search *s, struct hits *h, uint64_t doc, uint32_t count,
                  const uint16_t *rows)
{
    if (count == 0 || block_is_hopeless(s, h))
        return;
    h->is_sparse = can_be_sparse(s, h, count);
    for (uint32_t k = 0; !h->is_sparse && k < h->sort_count; k++)
        sort_load(s, &h->sort[k]);
    const struct sort_plan *first = h->sort_count ? &h->sort[0] : NULL;
    bool by_long = first && is_long(first) && !h->is_sparse;
    for (uint32_t i = 0; i < count && hits_want_more(h); i++)
        if (!by_long || h->top.count < h->size || !row_is_hopeless(h, first, rows[i]))
            offer(s, h, doc + rows[i], rows[i]);
}

// ---- merging ----

void hits_merge(struct hits *h, const struct hits *from)
{
    size_t row_bytes = h->sort_count * sizeof *h->cells;
    for (uint32_t i = 0; i < from->top.count; i++) {
        uint32_t slot = from->top.heap[i];
        h->places[h->spare] = from->places[slot];
        memcpy(&h->cells[(size_t)h->spare * h->sort_count],
               &from->cells[(size_t)slot * h->sort_count], row_bytes);
        uint32_t out = top_offer(&h->top, h->spare);
        h->spare = out == TOP_NOTHING ? h->used++ : out;
    }
}

// ---- answering ----

struct value sort_value(const struct search *s, const struct sort_plan *p,
                        const struct sort_cell *cell)
{
    if (cell->rank)
        return (struct value){.type = VALUE_NONE};
    if (p->by == SORT_DOC)
        return output_i64(FIELD_LONG, cell->i64);
    if (p->by == SORT_SCORE)
        return output_f64(cell->f64);
    if (!p->column->is_mapped)
        return (struct value){.type = VALUE_NONE};
    if (p->column->storage == STORAGE_CODE)
        return output_text(p->column->type, cell->text, s->arena);
    return p->column->storage == STORAGE_I64 ? output_i64(p->column->type, cell->i64)
                                             : output_f64(cell->f64);
}

static bool shows_score(const struct search *s, const struct hits *h)
{
    bool shows = h->sort_count == 0 || s->request->tracks_scores;
    for (uint32_t k = 0; k < h->sort_count; k++)
        shows |= h->sort[k].by == SORT_SCORE;
    return shows;
}

static void fill_hit(struct search *s, struct hits *h, uint32_t slot, struct hit *out)
{
    const struct hit_place *p = &h->places[slot];
    hit_fill(s->context->snapshot, s->context->permit, s->context->tables[p->at], p->ref, s->arena,
             out);
    if (h->sort_count == 0)
        return;
    struct value *sort = ARENA_ARRAY(s->arena, struct value, h->sort_count);
    for (uint32_t k = 0; k < h->sort_count; k++)
        sort[k] = sort_value(s, &h->sort[k], &h->cells[(size_t)slot * h->sort_count + k]);
    out->sort = sort;
}

void hits_answer(struct search *s, struct hits *h, struct answer *out)
{
    out->max_score = NAN;
    if (h->size == 0)
        return;
    top_sort(&h->top);
    double score = shows_score(s, h) ? s->score : NAN;
    if (h->top.count > 0)
        out->max_score = score;
    if (h->top.count <= s->request->from)
        return;
    out->hit_count = h->top.count - s->request->from;
    struct hit *hits = ARENA_ARRAY(s->arena, struct hit, out->hit_count);
    for (uint32_t i = 0; i < out->hit_count; i++) {
        fill_hit(s, h, h->top.heap[s->request->from + i], &hits[i]);
        hits[i].doc = h->places[h->top.heap[s->request->from + i]].doc;
        hits[i].score = score;
    }
    out->hits = hits;
}
