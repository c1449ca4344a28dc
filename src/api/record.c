// SPDX-License-Identifier: Apache-2.0
#include "api/record.h"

#include "api/search_call.h"
#include "api/source_filter.h"
#include "audit/shape.h"
#include "base/check.h"
#include "base/limits.h"
#include "base/reader.h"
#include "base/world.h"
#include "keys/crypto.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    SHAPES_BYTES_MAX = 2 * SHAPE_BYTES_MAX, // of all searches of one request
    MEMBERS_BYTES_MAX = AUDIT_BODY_BYTES_MAX,
    PATH_BYTES = 2 * LIMIT_NAME_BYTES + 2,
    ROUTE_BYTES = 128,
    FACTS_MAX = 8,
};

static const struct schema *schema_of(const struct exchange *x)
{
    return x->api->engine->schema;
}

static struct record_table *table_of(struct exchange *x, uint32_t table)
{
    struct record *r = &x->record;
    if (!r->tables)
        r->tables = ARENA_ARRAY(x->arena, struct record_table, schema_of(x)->table_count);
    struct record_table *t = &r->tables[table];
    if (!t->is_named) {
        t->is_named = true;
        t->rows = buf_init(MEMBERS_BYTES_MAX);
        t->subjects = buf_init(MEMBERS_BYTES_MAX);
    }
    return t;
}

void record_tables(struct exchange *x, const struct index_list *list)
{
    for (uint32_t i = 0; i < list->count; i++)
        (void)table_of(x, list->tables[i]);
}

// --- fields
//
// The paths of a table are numbered: each field, and behind it those it leads to.

static const struct table *referred(const struct schema *s, const struct field *f)
{
    return f->lookup_table >= 0 && f->lookup_prefix ? &s->tables[f->lookup_table] : NULL;
}

static uint32_t path_at(const struct schema *s, const struct table *t, uint32_t field, int lookup)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < field; i++) {
        const struct table *far = referred(s, &t->fields[i]);
        at += 1 + (far ? far->field_count : 0);
    }
    return lookup < 0 ? at : at + 1 + (uint32_t)lookup;
}

static uint8_t *how_of(struct exchange *x, uint32_t table)
{
    struct record_table *r = table_of(x, table);
    const struct table *t = &schema_of(x)->tables[table];
    if (!r->how)
        r->how = ARENA_ARRAY(x->arena, uint8_t, path_at(schema_of(x), t, t->field_count, -1) + 1);
    return r->how;
}

// Calls `each` for every path of a table, with its name and number.  No hit shows a sealed one.
static void each_path(const struct schema *s, const struct table *t, bool with_sealed,
                      void (*each)(void *context, uint32_t at, struct slice name), void *context)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < t->field_count; i++) {
        const struct field *f = &t->fields[i];
        const struct table *far = referred(s, f);
        if (with_sealed || f->type != FIELD_SEALED)
            each(context, at, slice_text(f->name));
        at++;
        for (uint32_t k = 0; far && k < far->field_count; k++, at++) {
            if (!with_sealed && far->fields[k].type == FIELD_SEALED)
                continue;
            char name[PATH_BYTES];
            int len = snprintf(name, sizeof name, "%s.%s", f->lookup_prefix, far->fields[k].name);
            each(context, at, slice_of(name, (size_t)len));
        }
    }
}

static void used(void *context, uint32_t table, const struct field_path *path)
{
    struct exchange *x = context;
    const struct table *t = &schema_of(x)->tables[table];
    how_of(x, table)[path_at(schema_of(x), t, path->field, path->lookup)] |= AUDIT_FIELD_USED;
}

struct showing {
    const struct request *request;
    uint8_t *how;
};

static bool is_wished(const struct field_wish *wishes, uint32_t count, struct slice name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (source_pattern_matches(wishes[i].pattern, name))
            return true;
    }
    return false;
}

// Whether a hit may show it, by _source, fields, docvalue_fields or its sort values.
static void show_path(void *context, uint32_t at, struct slice name)
{
    struct showing *s = context;
    const struct request *r = s->request;
    bool has_source = !r->source.is_off && (r->source.is_given || !r->has_stored_fields);
    bool shows = (has_source && source_shows(&r->source, name)) ||
                 is_wished(r->fields, r->field_count, name) ||
                 is_wished(r->docvalue_fields, r->docvalue_field_count, name);
    for (uint32_t i = 0; i < r->sort_count && !shows; i++)
        shows = slice_equal(r->sort[i].field, name);
    if (shows)
        s->how[at] |= AUDIT_FIELD_SHOWN;
}

static void show_fields(struct exchange *x, uint32_t table, const struct request *r)
{
    struct showing s = {r, how_of(x, table)};
    each_path(schema_of(x), &schema_of(x)->tables[table], false, show_path, &s);
}

// --- rows

// The field that says whom a row is about; NULL: nothing does.
static const struct field *subject_field(const struct table *t)
{
    int at = t->subject_field >= 0 ? t->subject_field : t->key_field;
    return at >= 0 ? &t->fields[at] : NULL;
}

// A row is about every person whose pseudonym it has, whether or not that field is shown.
static void add_hit(struct exchange *x, uint32_t table, const struct hit *h)
{
    struct record_table *r = table_of(x, table);
    buf_bytes(&r->rows, &h->key, sizeof h->key);
    x->record.rows++;
    for (uint32_t i = 0; i < h->person_count; i++) {
        const struct hit_person *p = &h->people[i];
        if (p->is_about)
            buf_bytes(&r->subjects, p->pseudonym, SUBJECT_BYTES);
        else
            record_person(x, table, p->kind, slice_of(p->pseudonym, SUBJECT_BYTES));
    }
}

void record_asked_row(struct exchange *x, uint32_t table, struct row_key key)
{
    buf_bytes(&table_of(x, table)->rows, &key, sizeof key);
}

static struct record_named *named_of(struct exchange *x, uint32_t table, const char *kind)
{
    struct record *r = &x->record;
    uint32_t at = 0;
    while (at < r->named_count &&
           (r->named[at].table != table || strcmp(r->named[at].kind, kind) != 0))
        at++;
    if (at == r->named_count) {
        struct record_named *grown = realloc(r->named, (r->named_count + 1) * sizeof *grown);
        CHECK(grown != NULL);
        r->named = grown;
        grown[r->named_count++] = (struct record_named){
            .table = table, .kind = kind, .subjects = buf_init(MEMBERS_BYTES_MAX)};
        (void)table_of(x, table);
    }
    return &r->named[at];
}

void record_person(struct exchange *x, uint32_t table, const char *kind, struct slice pseudonym)
{
    struct record_named *named = named_of(x, table, kind);
    if (pseudonym.len == SUBJECT_BYTES)
        buf_bytes(&named->subjects, pseudonym.at, SUBJECT_BYTES);
}

// --- again
//
//     people = ( u32 table | u32 kind, of the schema | blob of their pseudonyms ) *

struct record_mark record_mark(const struct exchange *x, struct arena *arena)
{
    const struct record *r = &x->record;
    size_t *bytes = ARENA_ARRAY(arena, size_t, r->named_count + 1);
    for (uint32_t i = 0; i < r->named_count; i++)
        bytes[i] = r->named[i].subjects.len;
    return (struct record_mark){r->rows, r->named_count, bytes};
}

bool record_since(const struct exchange *x, const struct record_mark *from, struct buf *out)
{
    const struct record *r = &x->record;
    if (r->rows != from->rows)
        return false;
    for (uint32_t i = 0; i < r->named_count; i++) {
        const struct record_named *n = &r->named[i];
        int kind = schema_subject(schema_of(x), n->kind);
        if (n->subjects.over_limit || kind < 0)
            return false;
        buf_u32_le(out, n->table);
        buf_u32_le(out, (uint32_t)kind);
        buf_blob(out, slice_from(buf_slice(&n->subjects),
                                 i < from->named_count ? from->named_bytes[i] : 0));
    }
    return true;
}

void record_again(struct exchange *x, struct slice people)
{
    struct reader in = reader_over(people);
    while (reader_left(&in) > 0) {
        uint32_t table = reader_u32_le(&in);
        uint32_t kind = reader_u32_le(&in);
        struct slice all = reader_blob(&in);
        buf_slice_add(&named_of(x, table, schema_of(x)->subjects[kind])->subjects, all);
    }
}

static uint32_t table_named(const struct schema *s, const char *name)
{
    uint32_t at = 0;
    while (at < s->table_count && strcmp(s->tables[at].name, name) != 0)
        at++;
    CHECK(at < s->table_count); // hits are of the schema's tables
    return at;
}

// --- buckets

// NOLINTNEXTLINE(misc-no-recursion): as deep as the parser lets aggregations be
uint64_t record_buckets(const struct agg_answer *aggs, uint32_t count)
{
    uint64_t buckets = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_answer *a = &aggs[i];
        const struct agg *below;
        uint32_t below_count = agg_below(a->agg, &below);
        buckets += a->bucket_count;
        for (uint32_t b = 0; b < a->bucket_count; b++)
            buckets += a->buckets[b].subs ? record_buckets(a->buckets[b].subs, below_count) : 0;
    }
    return buckets;
}

// Rows that an aggregation shows are shown as those of a search.
// NOLINTNEXTLINE(misc-no-recursion): see above
static void add_top_rows(struct exchange *x, const struct search_call *c,
                         const struct agg_answer *aggs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct agg_answer *a = &aggs[i];
        const struct agg *below;
        uint32_t below_count = agg_below(a->agg, &below);
        for (uint32_t h = 0; h < a->hit_count; h++)
            add_hit(x, table_named(schema_of(x), a->hits[h].index), &a->hits[h]);
        for (uint32_t t = 0; a->hit_count && t < c->tables.count; t++)
            show_fields(x, c->tables.tables[t], a->agg->top);
        for (uint32_t b = 0; b < a->bucket_count; b++) {
            if (a->buckets[b].subs)
                add_top_rows(x, c, a->buckets[b].subs, below_count);
        }
    }
}

// --- what handlers tell

static void add_shape(struct exchange *x, const struct search_call *c)
{
    struct record *r = &x->record;
    const struct shape_of of = {.schema = schema_of(x),
                                .tables = c->tables.tables,
                                .table_count = c->tables.count,
                                .now_ms = now_ms(),
                                .used = used,
                                .context = x};
    if (r->shape.limit_bytes == 0)
        r->shape = buf_init(SHAPES_BYTES_MAX);
    if (r->shape.len)
        buf_text(&r->shape, "; ");
    shape_print(&of, &c->request, &r->shape);
}

void record_counted(struct exchange *x, const struct permit *permit, uint32_t table)
{
    const struct schema *s = schema_of(x);
    uint32_t floor = permit_floor(permit, s->tables[table].name, s->floor_subjects);
    if (!x->record.has_counted || floor < x->record.floor)
        x->record.floor = floor;
    x->record.has_counted = true;
}

void record_search(struct exchange *x, const struct search_call *c)
{
    const struct answer *a = &c->answer;
    record_tables(x, &c->tables);
    add_shape(x, c);
    for (uint32_t i = 0; i < c->tables.count; i++)
        record_counted(x, c->permit, c->tables.tables[i]);
    x->record.searched = action_name(permit_action(c->permit));
    x->record.buckets += c->reuse.found ? c->reuse.buckets : record_buckets(a->aggs, a->agg_count);
    record_people_asked(x, c);
    if (!c->reuse.found)
        record_people_of_buckets(x, c);
    for (uint32_t i = 0; i < a->hit_count; i++)
        add_hit(x, table_named(schema_of(x), a->hits[i].index), &a->hits[i]);
    for (uint32_t i = 0; a->hit_count && i < c->tables.count; i++)
        show_fields(x, c->tables.tables[i], &c->request);
    if (!c->reuse.found)
        add_top_rows(x, c, a->aggs, a->agg_count);
}

void record_row(struct exchange *x, uint32_t table, const struct hit *h,
                const struct request *shown)
{
    add_hit(x, table, h);
    show_fields(x, table, shown);
}

void record_sealed(struct exchange *x, uint32_t table, uint32_t field, const struct hit *row)
{
    const struct schema *s = schema_of(x);
    add_hit(x, table, row);
    how_of(x, table)[path_at(s, &s->tables[table], field, -1)] |= AUDIT_FIELD_SHOWN;
}

void record_metric(struct exchange *x, uint32_t table, const struct slice *by, uint32_t by_count,
                   uint64_t rows)
{
    (void)table_of(x, table);
    record_counted(x, x->permit, table);
    x->record.buckets += rows;
    for (uint32_t i = 0; i < by_count; i++) {
        struct field_path path;
        if (schema_path(schema_of(x), &schema_of(x)->tables[table], by[i], &path) == OK)
            used(x, table, &path);
    }
}

void record_push(struct exchange *x, uint64_t items)
{
    x->record.is_push = true;
    x->record.pushed += items;
}

// Nothing of what was gathered leaves: the reply is written anew.
static void forget_shown(struct exchange *x)
{
    struct record *r = &x->record;
    r->rows = r->buckets = 0;
    for (uint32_t i = 0; r->tables && i < schema_of(x)->table_count; i++) {
        buf_reset(&r->tables[i].rows);
        buf_reset(&r->tables[i].subjects);
    }
    for (uint32_t i = 0; i < r->named_count; i++)
        buf_reset(&r->named[i].subjects);
}

void record_error(struct exchange *x, struct slice type)
{
    forget_shown(x);
    snprintf(x->record.error, sizeof x->record.error, "%.*s", type.len < 60 ? (int)type.len : 60,
             (const char *)type.at);
}

void record_fact(struct exchange *x, const char *name, struct slice value)
{
    struct record *r = &x->record;
    if (r->fact_count < RECORD_FACTS_MAX)
        r->facts[r->fact_count++] = (struct audit_fact){slice_text(name), value};
}

// --- the entry

struct fields {
    struct audit_field *at;
    uint32_t count, index;
    const uint8_t *how;
    struct arena *arena;
};

static void add_field(void *context, uint32_t at, struct slice name)
{
    struct fields *f = context;
    if (f->how[at])
        f->at[f->count++] = (struct audit_field){f->index, f->how[at], arena_copy(f->arena, name)};
}

static uint32_t count_how(const uint8_t *how, uint32_t count)
{
    uint32_t set = 0;
    for (uint32_t i = 0; i < count; i++)
        set += how[i] != 0;
    return set;
}

static uint32_t fields_max(const struct exchange *x)
{
    const struct schema *s = schema_of(x);
    uint32_t count = 0;
    for (uint32_t i = 0; i < s->table_count; i++) {
        const uint8_t *how = x->record.tables[i].how;
        if (how)
            count += count_how(how, path_at(s, &s->tables[i], s->tables[i].field_count, -1));
    }
    return count;
}

static void add_sets(struct exchange *x, uint32_t table, uint32_t index, struct audit_set *sets,
                     uint32_t *count)
{
    struct record_table *t = &x->record.tables[table];
    const struct field *about = subject_field(&schema_of(x)->tables[table]);
    const char *kind = about && about->subject ? about->subject : "";
    if (t->rows.len)
        sets[(*count)++] =
            (struct audit_set){.index = index,
                               .kind = slice_text(kind),
                               .rows = (struct row_key *)(void *)t->rows.at,
                               .row_count = (uint32_t)(t->rows.len / sizeof(struct row_key)),
                               .subjects = (struct subject *)(void *)t->subjects.at,
                               .subject_count = (uint32_t)(t->subjects.len / SUBJECT_BYTES)};
    for (uint32_t i = 0; i < x->record.named_count; i++) {
        struct record_named *n = &x->record.named[i];
        if (n->table == table && n->subjects.len)
            sets[(*count)++] =
                (struct audit_set){.index = index,
                                   .kind = slice_text(n->kind),
                                   .subjects = (struct subject *)(void *)n->subjects.at,
                                   .subject_count = (uint32_t)(n->subjects.len / SUBJECT_BYTES)};
    }
}

static void fill_tables(struct exchange *x, struct audit_entry *e)
{
    const struct schema *s = schema_of(x);
    struct slice *indices = ARENA_ARRAY(x->arena, struct slice, s->table_count);
    struct audit_set *sets =
        ARENA_ARRAY(x->arena, struct audit_set, s->table_count + x->record.named_count);
    struct fields f = {.at = ARENA_ARRAY(x->arena, struct audit_field, fields_max(x) + 1),
                       .arena = x->arena};
    for (uint32_t i = 0; i < s->table_count; i++) {
        const struct record_table *t = &x->record.tables[i];
        if (!t->is_named)
            continue;
        f.index = e->index_count;
        f.how = t->how;
        indices[e->index_count++] = slice_text(s->tables[i].name);
        if (t->how)
            each_path(s, &s->tables[i], true, add_field, &f);
        add_sets(x, i, f.index, sets, &e->set_count);
    }
    e->indices = indices;
    e->fields = f.at;
    e->field_count = f.count;
    e->sets = sets;
}

// The method only when it is one there is: a stranger's word is not kept.
static struct slice route_of(struct exchange *x)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "DELETE"};
    const char *method = "?";
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        if (strcmp(x->request->method, methods[i]) == 0)
            method = methods[i];
    }
    return arena_print(x->arena, "%s %s", method, x->route ? x->route->path : "?");
}

static enum audit_kind kind_of(const struct record *r, int status)
{
    if (r->is_login)
        return AUDIT_LOGIN;
    if (r->error[0] || (status >= 400 && status != 404))
        return AUDIT_REFUSAL;
    return r->is_push ? AUDIT_PUSH : AUDIT_ANSWER;
}

static uint32_t fill_facts(struct exchange *x, struct audit_fact facts[FACTS_MAX])
{
    const struct record *r = &x->record;
    uint32_t count = 0;
    if (r->error[0])
        facts[count++] = (struct audit_fact){slice_text("error"), slice_text(r->error)};
    if (r->floor && !r->error[0])
        facts[count++] =
            (struct audit_fact){slice_text("floor"), arena_print(x->arena, "%u", r->floor)};
    for (uint32_t i = 0; i < r->fact_count; i++)
        facts[count++] = r->facts[i];
    if (r->is_push)
        facts[count++] = (struct audit_fact){
            slice_text("items"), arena_print(x->arena, "%llu", (unsigned long long)r->pushed)};
    return count;
}

static void done(struct exchange *x)
{
    struct record *r = &x->record;
    for (uint32_t i = 0; r->tables && i < schema_of(x)->table_count; i++) {
        buf_done(&r->tables[i].rows);
        buf_done(&r->tables[i].subjects);
    }
    for (uint32_t i = 0; i < r->named_count; i++)
        buf_done(&r->named[i].subjects);
    free(r->named);
    buf_done(&r->shape);
    *r = (struct record){0};
}

const struct audited *record_end(struct exchange *x)
{
    struct record *r = &x->record;
    struct audit_fact facts[FACTS_MAX];
    struct audit_entry e = {.kind = kind_of(r, x->reply->status),
                            .status = (uint16_t)x->reply->status,
                            .principal = slice_text(x->who.name),
                            .key_id = slice_text(x->who.key_id),
                            .address = x->request->address,
                            .route = route_of(x),
                            .rows = r->rows,
                            .buckets = r->buckets,
                            .bytes = x->reply->body.len,
                            .shape = buf_slice(&r->shape),
                            .facts = facts};
    if (r->searched)
        e.action = slice_text(r->searched);
    else if (x->permit)
        e.action = slice_text(action_name(permit_action(x->permit)));
    e.fact_count = fill_facts(x, facts);
    if (r->tables)
        fill_tables(x, &e);
    const struct audited *on_record = audit_answer(x->api->audit, &e, x->arena);
    done(x);
    return on_record;
}
