// SPDX-License-Identifier: Apache-2.0
#include "api/search_call.h"
#include "base/arena.h"
#include "keys/crypto.h"
#include "metric/cube.h"

// Whom a search named: by the keys of its buckets, and by what was asked for.
//
// Who asks "how many rows has device=X" reads the records of X without being shown one, so the
// people and rows that a query names count like those that were shown.  Only values that can be
// a pseudonym or a row's identity are looked at; no other value that a caller wrote is kept.

enum { PSEUDONYM_ROOM_BYTES = 2 * SUBJECT_BYTES };

static const struct schema *schema_of(const struct exchange *x)
{
    return x->api->engine->schema;
}

// The kind of people whose pseudonyms `name` holds in a table; NULL: it holds none.
static const char *kind_of(const struct schema *s, uint32_t table, struct slice name)
{
    struct field_path path;
    if (schema_path(s, &s->tables[table], name, &path) != OK || path.type != FIELD_PSEUDONYM)
        return NULL;
    const struct field *own = &s->tables[table].fields[path.field];
    return path.lookup < 0 ? own->subject
                           : s->tables[own->lookup_table].fields[path.lookup].subject;
}

static void add_person(struct exchange *x, const struct search_call *c, struct slice field,
                       struct slice text)
{
    struct buf bytes AUTO(buf_donep) = buf_init(PSEUDONYM_ROOM_BYTES);
    if (base64_parse(text, &bytes) != OK || bytes.len != SUBJECT_BYTES)
        return;
    for (uint32_t i = 0; i < c->tables.count; i++) {
        uint32_t table = c->tables.tables[i];
        const char *kind = kind_of(schema_of(x), table, field);
        if (kind)
            record_person(x, table, kind, buf_slice(&bytes));
    }
}

static bool names_people(const struct exchange *x, const struct search_call *c, struct slice field)
{
    bool names = false;
    for (uint32_t i = 0; field.len && i < c->tables.count && !names; i++)
        names = kind_of(schema_of(x), c->tables.tables[i], field) != NULL;
    return names;
}

// --- asked for

static void ask_terms(struct exchange *x, const struct search_call *c, struct slice field,
                      const struct literal *values, uint32_t count)
{
    if (!names_people(x, c, field))
        return;
    for (uint32_t i = 0; i < count; i++)
        if (values[i].type == LITERAL_TEXT)
            add_person(x, c, field, values[i].text);
}

static void ask_ids(struct exchange *x, const struct search_call *c, const struct query_ids *ids)
{
    for (uint32_t i = 0; i < ids->value_count; i++) {
        struct row_key key;
        if (row_key_parse(ids->values[i], &key) != OK)
            continue;
        for (uint32_t t = 0; t < c->tables.count; t++)
            record_asked_row(x, c->tables.tables[t], key);
    }
}

static void ask_query(struct exchange *x, const struct search_call *c, const struct query *q);

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets queries be
static void ask_clauses(struct exchange *x, const struct search_call *c,
                        const struct query *const *list, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        ask_query(x, c, list[i]);
}

// Behind "not" as well: all others are the whole without this one.
// NOLINTNEXTLINE(misc-no-recursion): see above
static void ask_query(struct exchange *x, const struct search_call *c, const struct query *q)
{
    switch (q->kind) { // a new kind that names people or rows has its line here
    case QUERY_MATCH_ALL:
    case QUERY_MATCH_NONE:
    case QUERY_RANGE:
    case QUERY_EXISTS:
    case QUERY_PATTERN:
        return;
    case QUERY_TERMS:
        ask_terms(x, c, q->terms.field, q->terms.values, q->terms.value_count);
        return;
    case QUERY_IDS:
        ask_ids(x, c, &q->ids);
        return;
    case QUERY_BOOL:
        break;
    }
    ask_clauses(x, c, q->bool_.must, q->bool_.must_count);
    ask_clauses(x, c, q->bool_.filter, q->bool_.filter_count);
    ask_clauses(x, c, q->bool_.should, q->bool_.should_count);
    ask_clauses(x, c, q->bool_.must_not, q->bool_.must_not_count);
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets aggregations be
static void ask_aggs(struct exchange *x, const struct search_call *c, const struct agg *aggs,
                     uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct agg *a = &aggs[i];
        ask_terms(x, c, a->field, a->include, a->include_count);
        ask_terms(x, c, a->field, a->exclude, a->exclude_count);
        ask_clauses(x, c, a->filters, a->filter_count);
        ask_aggs(x, c, a->subs, a->sub_count);
    }
}

void record_people_asked(struct exchange *x, const struct search_call *c)
{
    ask_query(x, c, c->request.query);
    if (c->request.post_filter)
        ask_query(x, c, c->request.post_filter);
    ask_aggs(x, c, c->request.aggs, c->request.agg_count);
}

// --- named by buckets

// Key `source` of every bucket, or the one key (-1).
static void add_names(struct exchange *x, const struct search_call *c, const struct agg_answer *a,
                      int source, struct slice field)
{
    if (!names_people(x, c, field))
        return;
    for (uint32_t b = 0; b < a->bucket_count; b++) {
        const struct value *key = source < 0 ? &a->buckets[b].key : &a->buckets[b].keys[source];
        if (key->type == VALUE_TEXT)
            add_person(x, c, field, key->text);
    }
}

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets aggregations be
static void add_named(struct exchange *x, const struct search_call *c,
                      const struct agg_answer *aggs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_answer *a = &aggs[i];
        const struct agg *below;
        uint32_t below_count = agg_below(a->agg, &below);
        if (a->agg->kind == AGG_TERMS)
            add_names(x, c, a, -1, a->agg->field);
        for (uint32_t s = 0; a->agg->kind == AGG_COMPOSITE && s < a->agg->source_count; s++)
            add_names(x, c, a, (int)s, a->agg->sources[s].agg->field);
        for (uint32_t b = 0; b < a->bucket_count; b++) {
            if (a->buckets[b].subs)
                add_named(x, c, a->buckets[b].subs, below_count);
        }
    }
}

void record_people_of_buckets(struct exchange *x, const struct search_call *c)
{
    add_named(x, c, c->answer.aggs, c->answer.agg_count);
}

// --- named by metrics

void record_people_of_metric(struct exchange *x, uint32_t table, const struct slice *by,
                             uint32_t by_count, const struct metric_answer *a)
{
    const struct search_call c = {.tables = {.tables = &table, .count = 1}};
    for (uint32_t i = 0; i < by_count; i++) {
        if (!names_people(x, &c, by[i]))
            continue;
        for (uint32_t r = 0; r < a->row_count; r++)
            if (a->rows[r].by[i].type == VALUE_TEXT)
                add_person(x, &c, by[i], a->rows[r].by[i].text);
    }
}
