// SPDX-License-Identifier: Apache-2.0
#include "search/literal_value.h"
#include "search/match_private.h"

#include <math.h>
#include <stdlib.h>
#include <strings.h>

static enum err plan_query(const struct plan *p, const struct query *q, struct match *out);

void *match_room(const struct plan *p, size_t count, size_t bytes)
{
    return room_alloc(p->columns->room, count * bytes);
}

void match_take_code(struct match *m, uint32_t code)
{
    if (bit_get(m->set, code))
        return;
    bit_set(m->set, code);
    m->code_lo = m->set_count && m->code_lo < code ? m->code_lo : code;
    m->code_hi = m->set_count && m->code_hi > code ? m->code_hi : code;
    m->set_count++;
}

enum err match_code_set(const struct plan *p, struct match *m)
{
    m->kind = MATCH_CODES;
    // Kernels want the whole set of the width: 256 or 65,536 bits.
    uint32_t bits = m->column->width == WIDTH_U8 ? UINT8_MAX : m->column->dict_count;
    bits = m->column->width == WIDTH_U16 ? UINT16_MAX : bits;
    m->set = match_room(p, bit_words(bits) + 1, sizeof *m->set);
    return m->set ? OK : ERR_LIMIT;
}

static bool same_but_case(struct slice a, struct slice b)
{
    return a.len == b.len && strncasecmp((const char *)a.at, (const char *)b.at, a.len) == 0;
}

static void take_codes_but_case(struct match *m, struct slice text)
{
    for (uint32_t code = 0; code < m->column->dict_count; code++)
        if (same_but_case(dict_value(m->column->dict, code), text))
            match_take_code(m, code);
}

static enum err plan_codes(const struct plan *p, const struct query_terms *t, struct match *m)
{
    enum err e = match_code_set(p, m);
    for (uint32_t i = 0; i < t->value_count && !e; i++) {
        uint8_t bytes[16];
        struct slice stored;
        if (t->values[i].type == LITERAL_NULL ||
            !literal_text(m->column->type, t->values[i].text, bytes, &stored))
            continue;
        uint32_t code = dict_find(m->column->dict, stored);
        if (code < m->column->dict_count)
            match_take_code(m, code);
        if (t->ignores_case && m->column->type == FIELD_KEYWORD)
            take_codes_but_case(m, stored);
    }
    if (!e && m->set_count == 0)
        m->kind = MATCH_NONE;
    return e;
}

static int compare_longs(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

// A value that does not fit is an error, but in a lenient match, where it matches nothing.
static bool is_forgiven(const struct query_terms *t, enum err e)
{
    return e == ERR_INVALID && t->is_match && t->is_lenient;
}

static enum err plan_longs(const struct plan *p, const struct query_terms *t, struct match *m)
{
    struct literal_dates none = {.now_ms = p->now_ms};
    m->kind = MATCH_LONGS;
    m->longs = match_room(p, t->value_count, sizeof *m->longs);
    if (!m->longs)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < t->value_count; i++) {
        bool exact = false;
        enum err e = literal_i64(m->column->type, &t->values[i], &none, &m->longs[m->value_count],
                                 &exact, p->why);
        if (e && !is_forgiven(t, e))
            return e;
        m->value_count += !e && exact;
    }
    if (m->value_count == 0)
        m->kind = MATCH_NONE;
    qsort(m->longs, m->value_count, sizeof *m->longs, compare_longs);
    return OK;
}

static enum err plan_doubles(const struct plan *p, const struct query_terms *t, struct match *m)
{
    m->kind = MATCH_DOUBLES;
    m->doubles = match_room(p, t->value_count, sizeof *m->doubles);
    if (!m->doubles)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < t->value_count; i++) {
        enum err e = literal_double(&t->values[i], &m->doubles[m->value_count], p->why);
        if (e && !is_forgiven(t, e))
            return e;
        m->value_count += !e;
    }
    if (m->value_count == 0)
        m->kind = MATCH_NONE;
    qsort(m->doubles, m->value_count, sizeof *m->doubles, compare_doubles);
    return OK;
}

// A date stands for all the time it names: "2020-01-01" is that whole day.
static enum err plan_date_terms(const struct plan *p, const struct query_terms *t, struct match *m)
{
    struct literal_dates none = {.now_ms = p->now_ms};
    struct match *ranges = match_room(p, t->value_count, sizeof *ranges);
    uint64_t *scratch = match_room(p, 2 * (size_t)BLOCK_WORDS, sizeof *scratch);
    if (!ranges || !scratch)
        return ERR_LIMIT;
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->value_count; i++) {
        struct match r = {.kind = MATCH_LONG_RANGE, .column = m->column};
        enum err e = literal_date(&t->values[i], &none, false, &r.lo, p->why);
        if (!e)
            e = literal_date(&t->values[i], &none, true, &r.hi, p->why);
        if (e && !is_forgiven(t, e))
            return e;
        if (!e)
            ranges[count++] = r;
    }
    *m = (struct match){.kind = MATCH_BOOL,
                        .scratch = scratch,
                        .should = ranges,
                        .should_count = count,
                        .should_min = 1};
    return OK;
}

static enum err plan_keys(const struct plan *p, uint32_t count, struct match *m)
{
    m->kind = MATCH_IDS;
    m->bound_at = UINT32_MAX;
    m->keys = match_room(p, count, sizeof *m->keys);
    m->refs = match_room(p, (size_t)count + 1, sizeof *m->refs);
    return m->keys && m->refs ? OK : ERR_LIMIT;
}

static void take_key(struct match *m, struct slice text)
{
    if (row_key_parse(text, &m->keys[m->value_count]) == OK)
        m->value_count++;
}

static enum err plan_tables(const struct plan *p, const struct query_terms *t, struct match *m)
{
    m->kind = MATCH_TABLES;
    m->set = match_room(p, bit_words(p->columns->table_count) + 1, sizeof *m->set);
    if (!m->set)
        return ERR_LIMIT;
    for (uint32_t i = 0; i < p->columns->table_count; i++)
        for (uint32_t j = 0; j < t->value_count; j++)
            if (slice_is(t->values[j].text, p->columns->schema->tables[p->columns->tables[i]].name))
                bit_set(m->set, i);
    return OK;
}

static enum err plan_terms(const struct plan *p, const struct query_terms *t, struct match *m)
{
    if (slice_is(t->field, "_index"))
        return plan_tables(p, t, m);
    if (slice_is(t->field, "_id")) {
        enum err e = plan_keys(p, t->value_count, m);
        for (uint32_t i = 0; i < t->value_count && !e; i++)
            take_key(m, t->values[i].text);
        return e;
    }
    enum err e = columns_find(p->columns, t->field, &m->column, p->why);
    if (e || !m->column->is_mapped) {
        m->kind = MATCH_NONE;
        return e;
    }
    if (m->column->storage == STORAGE_CODE)
        return plan_codes(p, t, m);
    if (m->column->storage == STORAGE_F64)
        return plan_doubles(p, t, m);
    if (m->column->type == FIELD_DATE)
        return plan_date_terms(p, t, m);
    return plan_longs(p, t, m);
}

static enum err date_bounds(const struct plan *p, const struct query_range *r, struct match *m)
{
    struct literal_dates dates = {
        .format = r->format, .time_zone = r->time_zone, .now_ms = p->now_ms};
    enum err e = OK;
    if (r->from.type != LITERAL_NULL)
        e = literal_date(&r->from, &dates, r->from_open, &m->lo, p->why);
    if (!e && r->to.type != LITERAL_NULL)
        e = literal_date(&r->to, &dates, !r->to_open, &m->hi, p->why);
    return e;
}

static enum err long_bound(const struct plan *p, enum field_type type, const struct literal *l,
                           int64_t *out, bool *out_exact)
{
    struct literal_dates none = {.now_ms = p->now_ms};
    return l->type == LITERAL_NULL ? OK : literal_i64(type, l, &none, out, out_exact, p->why);
}

static enum err plan_long_range(const struct plan *p, const struct query_range *r, struct match *m)
{
    bool exact_lo = true;
    bool exact_hi = true;
    m->kind = MATCH_LONG_RANGE;
    m->lo = INT64_MIN;
    m->hi = INT64_MAX;
    enum err e;
    if (m->column->type == FIELD_DATE) {
        e = date_bounds(p, r, m);
    } else {
        e = long_bound(p, m->column->type, &r->from, &m->lo, &exact_lo);
        if (!e)
            e = long_bound(p, m->column->type, &r->to, &m->hi, &exact_hi);
    }
    if (e)
        return e;
    // A bound between two whole numbers was rounded down: from above it, up to it.
    bool above = r->from.type != LITERAL_NULL && (r->from_open || !exact_lo);
    bool below = r->to.type != LITERAL_NULL && r->to_open && exact_hi;
    if ((above && m->lo == INT64_MAX) || (below && m->hi == INT64_MIN)) {
        m->kind = MATCH_NONE;
        return OK;
    }
    m->lo += above;
    m->hi -= below;
    if (m->lo > m->hi)
        m->kind = MATCH_NONE;
    return OK;
}

static enum err plan_double_range(const struct plan *p, const struct query_range *r,
                                  struct match *m)
{
    m->kind = MATCH_DOUBLE_RANGE;
    m->lo_f64 = -INFINITY;
    m->hi_f64 = INFINITY;
    enum err e = OK;
    if (r->from.type != LITERAL_NULL)
        e = literal_double(&r->from, &m->lo_f64, p->why);
    if (!e && r->to.type != LITERAL_NULL)
        e = literal_double(&r->to, &m->hi_f64, p->why);
    if (e)
        return e;
    if (r->from.type != LITERAL_NULL && r->from_open)
        m->lo_f64 = nextafter(m->lo_f64, INFINITY);
    if (r->to.type != LITERAL_NULL && r->to_open)
        m->hi_f64 = nextafter(m->hi_f64, -INFINITY);
    return OK;
}

static bool text_is_within(const struct query_range *r, struct slice v)
{
    if (r->from.type != LITERAL_NULL) {
        int order = slice_compare(v, r->from.text);
        if (order < 0 || (order == 0 && r->from_open))
            return false;
    }
    if (r->to.type != LITERAL_NULL) {
        int order = slice_compare(v, r->to.text);
        if (order > 0 || (order == 0 && r->to_open))
            return false;
    }
    return true;
}

// Codes have no order: the dictionary is looked through once.  Pseudonyms have none that
// means anything, so a range over them matches nothing.
static enum err plan_code_range(const struct plan *p, const struct query_range *r, struct match *m)
{
    enum err e = match_code_set(p, m);
    if (e)
        return e;
    if (m->column->type == FIELD_KEYWORD)
        for (uint32_t code = 0; code < m->column->dict_count; code++)
            if (text_is_within(r, dict_value(m->column->dict, code)))
                match_take_code(m, code);
    if (m->set_count == 0)
        m->kind = MATCH_NONE;
    return OK;
}

static enum err plan_range(const struct plan *p, const struct query_range *r, struct match *m)
{
    enum err e = columns_find(p->columns, r->field, &m->column, p->why);
    if (e || !m->column->is_mapped) {
        m->kind = MATCH_NONE;
        return e;
    }
    if (m->column->storage == STORAGE_CODE)
        return plan_code_range(p, r, m);
    if (m->column->storage == STORAGE_F64)
        return plan_double_range(p, r, m);
    return plan_long_range(p, r, m);
}

static enum err plan_exists(const struct plan *p, struct slice field, struct match *m)
{
    if (slice_is(field, "_id") || slice_is(field, "_index")) {
        m->kind = MATCH_ALL;
        return OK;
    }
    enum err e = columns_find(p->columns, field, &m->column, p->why);
    m->kind = !e && m->column->is_mapped ? MATCH_EXISTS : MATCH_NONE;
    return e;
}

static enum err plan_clauses(const struct plan *p, const struct query *const *clauses,
                             uint32_t count, struct match *out)
{
    for (uint32_t i = 0; i < count; i++) {
        enum err e = plan_query(p, clauses[i], &out[i]);
        if (e)
            return e;
    }
    return OK;
}

static enum err plan_bool(const struct plan *p, const struct query_bool *b, struct match *m)
{
    m->kind = MATCH_BOOL;
    m->must_count = b->must_count + b->filter_count;
    m->should_count = b->should_count;
    m->must_not_count = b->must_not_count;
    m->should_min = b->should_match_min;
    m->must = match_room(p, m->must_count, sizeof *m->must);
    m->should = match_room(p, m->should_count, sizeof *m->should);
    m->must_not = match_room(p, m->must_not_count, sizeof *m->must_not);
    m->scratch = match_room(p, 2 * (size_t)BLOCK_WORDS, sizeof *m->scratch);
    m->hits = m->should_min > 1 ? match_room(p, BLOCK_ROWS, sizeof *m->hits) : NULL;
    m->order = match_room(p, m->must_count, sizeof(struct match *));
    if (p->columns->room->is_over)
        return ERR_LIMIT;
    if (m->should_min > m->should_count || m->should_count > UINT16_MAX) {
        m->kind = MATCH_NONE;
        return OK;
    }
    enum err e = plan_clauses(p, b->must, b->must_count, m->must);
    if (!e)
        e = plan_clauses(p, b->filter, b->filter_count, m->must + b->must_count);
    if (!e)
        e = plan_clauses(p, b->should, b->should_count, m->should);
    if (!e)
        e = plan_clauses(p, b->must_not, b->must_not_count, m->must_not);
    return e;
}

static enum err plan_query(const struct plan *p, const struct query *q, struct match *out)
{
    *out = (struct match){.kind = MATCH_NONE};
    enum err e;
    switch (q->kind) {
    case QUERY_MATCH_ALL:
        out->kind = MATCH_ALL;
        return OK;
    case QUERY_MATCH_NONE:
        return OK;
    case QUERY_TERMS:
        return plan_terms(p, &q->terms, out);
    case QUERY_RANGE:
        return plan_range(p, &q->range, out);
    case QUERY_EXISTS:
        return plan_exists(p, q->exists, out);
    case QUERY_IDS:
        e = plan_keys(p, q->ids.value_count, out);
        for (uint32_t i = 0; i < q->ids.value_count && !e; i++)
            take_key(out, q->ids.values[i]);
        return e;
    case QUERY_PATTERN:
        return match_plan_pattern(p, &q->pattern, out);
    case QUERY_BOOL:
        return plan_bool(p, &q->bool_, out);
    }
    return OK;
}

enum err match_plan(struct columns *cs, const struct query *q, int64_t now_ms, struct match *out,
                    struct fault *why)
{
    struct plan p = {.columns = cs, .now_ms = now_ms, .why = why};
    return plan_query(&p, q, out);
}
