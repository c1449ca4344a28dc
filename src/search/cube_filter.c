// SPDX-License-Identifier: Apache-2.0
#include "base/num.h"
#include "search/cube_plan.h"
#include "search/literal_value.h"

enum { VALUES_MAX = 64 }; // of one filter: every cell is compared with all of them

// ---- planning ----

static bool part(struct cube_filter *out, uint8_t rows)
{
    *out = (struct cube_filter){.kind = CUBE_FILTER_PART, .part = rows};
    return true;
}

static bool plan_codes(const struct cube_plan *p, const struct query_terms *t, enum field_type type,
                       struct cube_filter *out)
{
    const struct dict *dict = cube_slot_dict(p, out->slot);
    uint32_t *codes = ARENA_ARRAY(p->arena, uint32_t, t->value_count + 1);
    for (uint32_t i = 0; i < t->value_count; i++) {
        uint8_t bytes[16];
        struct slice stored;
        if (t->values[i].type == LITERAL_NULL)
            return false;
        if (!literal_text(type, t->values[i].text, bytes, &stored))
            continue;
        codes[out->value_count] = dict_find(dict, stored);
        out->value_count += codes[out->value_count] != CODE_NONE;
    }
    out->codes = codes;
    return true;
}

static bool plan_numbers(const struct cube_plan *p, const struct query_terms *t,
                         enum field_type type, struct cube_filter *out)
{
    const struct literal_dates none = {.now_ms = p->context->now_ms};
    int64_t *numbers = ARENA_ARRAY(p->arena, int64_t, t->value_count + 1);
    for (uint32_t i = 0; i < t->value_count; i++) {
        bool exact = false;
        if (literal_i64(type, &t->values[i], &none, &numbers[out->value_count], &exact, NULL))
            return false;
        out->value_count += exact;
    }
    out->numbers = numbers;
    return true;
}

// As the metric itself reads the value it declares.
static bool ratio_number(enum field_type type, struct slice own, int64_t *out)
{
    *out = slice_is(own, "true");
    if (type == FIELD_BOOLEAN)
        return *out || slice_is(own, "false");
    return (type == FIELD_LONG || type == FIELD_INTEGER) && parse_i64(own, out) == OK;
}

// A value asked for is the ratio's own; of any other the cube knows nothing.
static bool is_ratio_value(const struct cube_plan *p, const struct literal *l, enum field_type type)
{
    const struct literal_dates none = {.now_ms = p->context->now_ms};
    struct slice own = slice_text(p->decl->ratio_value);
    int64_t asked = 0;
    int64_t kept = 0;
    bool exact = false;
    if (type == FIELD_KEYWORD)
        return l->type != LITERAL_NULL && slice_equal(l->text, own);
    return ratio_number(type, own, &kept) &&
           literal_i64(type, l, &none, &asked, &exact, NULL) == OK && exact && asked == kept;
}

static bool plan_ratio(const struct cube_plan *p, const struct query_terms *t, enum field_type type,
                       struct cube_filter *out)
{
    if (t->value_count != 1 || !is_ratio_value(p, &t->values[0], type))
        return false;
    return part(out, p->decl->ratio_is_not ? CUBE_OTHERS : CUBE_MATCHED);
}

static bool plan_terms(struct cube_plan *p, const struct query_terms *t, struct cube_filter *out)
{
    enum field_type type;
    *out = (struct cube_filter){.kind = CUBE_FILTER_IN};
    if (t->ignores_case || t->value_count > VALUES_MAX)
        return false;
    enum cube_field field = cube_field_find(p, t->field, &out->slot, &type);
    if (field == CUBE_FIELD_RATIO)
        return plan_ratio(p, t, type, out);
    if (field != CUBE_FIELD_DIM)
        return false;
    if (field_storage(type) == STORAGE_CODE)
        return plan_codes(p, t, type, out);
    return type != FIELD_DATE && plan_numbers(p, t, type, out);
}

static bool plan_exists(struct cube_plan *p, struct slice field, bool is_whole,
                        struct cube_filter *out)
{
    enum field_type type;
    *out = (struct cube_filter){.kind = CUBE_FILTER_EXISTS};
    enum cube_field found = cube_field_find(p, field, &out->slot, &type);
    if (found != CUBE_FIELD_TIME)
        return found == CUBE_FIELD_DIM;
    // Rows without a time are in no cell: either nobody asks for them, or there are none.
    p->is_timed = p->is_timed || is_whole;
    return part(out, CUBE_ROWS);
}

// As match_plan.c reads a range of dates.
static bool read_bounds(const struct cube_plan *p, const struct query_range *r, int64_t *out_from,
                        int64_t *out_to)
{
    const struct literal_dates dates = {
        .format = r->format, .time_zone = r->time_zone, .now_ms = p->context->now_ms};
    *out_from = INT64_MIN;
    *out_to = INT64_MAX;
    if (r->from.type != LITERAL_NULL) {
        if (literal_date(&r->from, &dates, r->from_open, out_from, NULL) ||
            (r->from_open && *out_from == INT64_MAX))
            return false;
        *out_from += r->from_open;
    }
    if (r->to.type != LITERAL_NULL) {
        if (literal_date(&r->to, &dates, !r->to_open, out_to, NULL) ||
            (r->to_open && *out_to == INT64_MIN))
            return false;
        *out_to -= r->to_open;
    }
    return true;
}

static bool plan_range(struct cube_plan *p, const struct query_range *r, bool is_whole,
                       struct cube_filter *out)
{
    uint32_t slot;
    enum field_type type;
    int64_t from;
    int64_t to;
    bool is_time = cube_field_find(p, r->field, &slot, &type) == CUBE_FIELD_TIME;
    if (!is_time || !is_whole || !read_bounds(p, r, &from, &to))
        return false;
    p->from = from > p->from ? from : p->from;
    p->to = to < p->to ? to : p->to;
    p->is_timed = true;
    return part(out, CUBE_ROWS);
}

static bool plan_clauses(struct cube_plan *p, const struct query *const *clauses, uint32_t count,
                         bool is_whole, struct cube_filter *out)
{
    for (uint32_t i = 0; i < count; i++)
        if (!cube_filter_plan(p, clauses[i], is_whole, &out[i]))
            return false;
    return true;
}

static bool plan_bool(struct cube_plan *p, const struct query_bool *b, bool is_whole,
                      struct cube_filter *out)
{
    if (b->should_count > VALUES_MAX)
        return false;
    *out = (struct cube_filter){.kind = CUBE_FILTER_BOOL,
                                .must_count = b->must_count + b->filter_count,
                                .should_count = b->should_count,
                                .must_not_count = b->must_not_count,
                                .should_min = b->should_match_min};
    out->must = ARENA_ARRAY(p->arena, struct cube_filter, (size_t)out->must_count + 1);
    out->should = ARENA_ARRAY(p->arena, struct cube_filter, (size_t)out->should_count + 1);
    out->must_not = ARENA_ARRAY(p->arena, struct cube_filter, (size_t)out->must_not_count + 1);
    return plan_clauses(p, b->must, b->must_count, is_whole, out->must) &&
           plan_clauses(p, b->filter, b->filter_count, is_whole, out->must + b->must_count) &&
           plan_clauses(p, b->should, b->should_count, false, out->should) &&
           plan_clauses(p, b->must_not, b->must_not_count, false, out->must_not);
}

bool cube_filter_plan(struct cube_plan *p, const struct query *q, bool is_whole,
                      struct cube_filter *out)
{
    if (q->kind == QUERY_MATCH_ALL || q->kind == QUERY_MATCH_NONE)
        return part(out, q->kind == QUERY_MATCH_ALL ? CUBE_ROWS : CUBE_NOTHING);
    if (q->kind == QUERY_TERMS)
        return plan_terms(p, &q->terms, out);
    if (q->kind == QUERY_RANGE)
        return plan_range(p, &q->range, is_whole, out);
    if (q->kind == QUERY_EXISTS)
        return plan_exists(p, q->exists, is_whole, out);
    return q->kind == QUERY_BOOL && plan_bool(p, &q->bool_, is_whole, out);
}

// ---- asking ----

static uint8_t part_of_values(const struct cube_plan *p, const struct cube_filter *f, uint32_t code)
{
    if (code == CODE_NONE)
        return CUBE_NOTHING;
    int64_t number = f->codes ? 0 : cubes_number(p->cubes, p->metric, p->dims[f->slot], code);
    for (uint32_t i = 0; i < f->value_count; i++)
        if (f->codes ? f->codes[i] == code : f->numbers[i] == number)
            return CUBE_ROWS;
    return CUBE_NOTHING;
}

// Rows that enough of the clauses take: counted for the matched and for the others.
static uint8_t part_of_should(const struct cube_plan *p, const struct cube_filter *f,
                              const uint32_t *codes)
{
    uint32_t matched = 0;
    uint32_t others = 0;
    for (uint32_t i = 0; i < f->should_count; i++) {
        uint8_t one = cube_filter_part(p, &f->should[i], codes);
        matched += (one & CUBE_MATCHED) != 0;
        others += (one & CUBE_OTHERS) != 0;
    }
    return (uint8_t)((matched >= f->should_min ? CUBE_MATCHED : 0) |
                     (others >= f->should_min ? CUBE_OTHERS : 0));
}

static uint8_t part_of_bool(const struct cube_plan *p, const struct cube_filter *f,
                            const uint32_t *codes)
{
    unsigned rows = CUBE_ROWS;
    for (uint32_t i = 0; i < f->must_count && rows; i++)
        rows &= cube_filter_part(p, &f->must[i], codes);
    for (uint32_t i = 0; i < f->must_not_count && rows; i++)
        rows &= ~(unsigned)cube_filter_part(p, &f->must_not[i], codes);
    if (rows && f->should_min)
        rows &= part_of_should(p, f, codes);
    return (uint8_t)(rows & CUBE_ROWS);
}

uint8_t cube_filter_part(const struct cube_plan *p, const struct cube_filter *f,
                         const uint32_t *codes)
{
    switch (f->kind) {
    case CUBE_FILTER_PART:
        return f->part;
    case CUBE_FILTER_EXISTS:
        return codes[f->slot] != CODE_NONE ? CUBE_ROWS : CUBE_NOTHING;
    case CUBE_FILTER_IN:
        return part_of_values(p, f, codes[f->slot]);
    case CUBE_FILTER_BOOL:
        return part_of_bool(p, f, codes);
    }
    return CUBE_NOTHING;
}
