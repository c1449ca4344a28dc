// SPDX-License-Identifier: Apache-2.0
#include "api/index_names.h"

#include "access/glob.h"
#include "api/index_date.h"
#include "api/list.h"
#include "base/limits.h"
#include "json/json_writer.h"
#include "query/query.h"

enum { SHOWN_NAME_BYTES = 128, FILTERS_MAX = 64, FILTER_TEXT_BYTES = 1 << 20 };

static enum err not_found(struct slice name, struct fault *why)
{
    if (name.len > SHOWN_NAME_BYTES)
        name.len = SHOWN_NAME_BYTES;
    return fail(why, ERR_NOT_FOUND, "index_not_found_exception: no such index [%.*s]",
                SLICE_PRINT(name));
}

static enum err read_expand(struct slice text, struct index_wish *out, struct fault *why)
{
    out->wildcards_match = false;
    struct slice part;
    while (list_next(&text, &part)) {
        if (slice_is(part, "open") || slice_is(part, "all"))
            out->wildcards_match = true;
        else if (!slice_is(part, "closed") && !slice_is(part, "hidden") && !slice_is(part, "none"))
            return fail(why, ERR_INVALID,
                        "illegal_argument_exception: No valid expand wildcard value [%.*s]",
                        part.len > 64 ? 64 : (int)part.len, (const char *)part.at);
    }
    return OK;
}

enum err index_wish_make(struct slice expression, const struct parameters *p,
                         struct index_wish *out, struct fault *why)
{
    *out = (struct index_wish){
        .expression = expression, .allow_no_indices = true, .wildcards_match = true};
    enum err e = parameter_truth(p, "ignore_unavailable", &out->ignore_unavailable, why);
    if (e == OK)
        e = parameter_truth(p, "allow_no_indices", &out->allow_no_indices, why);
    const struct slice *expand = parameter_get(p, "expand_wildcards");
    if (e == OK && expand && expand->len)
        e = read_expand(*expand, out, why);
    return e;
}

static bool is_all(struct slice name)
{
    return slice_is(name, "_all") || slice_is(name, "*");
}

// What the expression has come to so far.
struct marks {
    bool chosen[LIMIT_TABLES];
    bool whole[LIMIT_TABLES]; // not only through filters
    const struct json *filters[FILTERS_MAX];
    uint32_t filter_tables[FILTERS_MAX]; // of each filter
    uint32_t filter_count;
};

static void mark_alias(const struct alias *a, struct marks *m)
{
    const struct json *filter = alias_filter(a);
    m->chosen[a->table] = true;
    if (!filter || m->filter_count == FILTERS_MAX) { // full: told by mark()
        m->whole[a->table] |= !filter;
        m->filter_count += filter != NULL;
        return;
    }
    m->filters[m->filter_count] = filter;
    m->filter_tables[m->filter_count++] = a->table;
}

static void take_out(struct marks *m, uint32_t table)
{
    m->chosen[table] = false;
    m->whole[table] = false;
    for (uint32_t i = 0; i < m->filter_count && i < FILTERS_MAX; i++) {
        if (m->filter_tables[i] == table)
            m->filter_tables[i] = UINT32_MAX;
    }
}

// Puts every index the pattern means in, or takes it out; aliases stand for their indices.
static void mark_pattern(const struct index_seer *s, struct slice pattern, bool in, struct marks *m)
{
    for (uint32_t t = 0; t < s->schema->table_count; t++) {
        const char *name = s->schema->tables[t].name;
        if (!permit_index(s->permit, name) || !glob_matches(pattern, slice_text(name)))
            continue;
        m->chosen[t] = m->whole[t] = in;
        if (!in)
            take_out(m, t);
    }
    for (uint32_t i = 0; s->aliases && i < s->aliases->count; i++) {
        const struct alias *a = &s->aliases->at[i];
        if (!permit_index(s->permit, s->schema->tables[a->table].name) ||
            !glob_matches(pattern, a->name))
            continue;
        if (in)
            mark_alias(a, m);
        else
            take_out(m, a->table);
    }
}

static enum err may_see(const struct index_seer *s, struct slice index, struct arena *request,
                        struct fault *why)
{
    const struct permit *unused;
    return permit_make(s->who, permit_action(s->permit), index, request, &unused, why);
}

// All indices of an alias that is named outright must be the caller's to see.
static enum err mark_aliases(const struct index_seer *s, struct slice name, struct arena *request,
                             struct marks *m, struct fault *why)
{
    enum err e = OK;
    for (uint32_t i = 0; e == OK && i < s->aliases->count; i++) {
        const struct alias *a = &s->aliases->at[i];
        if (!slice_equal(a->name, name))
            continue;
        e = may_see(s, slice_text(s->schema->tables[a->table].name), request, why);
        if (e == OK)
            mark_alias(a, m);
    }
    return e;
}

static enum err mark_name(const struct index_seer *s, const struct index_wish *w, struct slice name,
                          struct arena *request, struct marks *m, struct fault *why)
{
    const struct table *t = schema_table(s->schema, name);
    if (!t && aliases_has(s->aliases, name))
        return mark_aliases(s, name, request, m, why);
    enum err e = may_see(s, name, request, why);
    if (e != OK)
        return e;
    if (t)
        m->chosen[t - s->schema->tables] = m->whole[t - s->schema->tables] = true;
    else if (!w->ignore_unavailable)
        return not_found(name, why);
    return OK;
}

static enum err mark_part(const struct index_seer *s, const struct index_wish *w, struct slice part,
                          struct arena *request, struct marks *m, struct fault *why)
{
    struct slice name = part;
    enum err e = index_date_resolve(part, request, &name, why);
    return e ? e : mark_name(s, w, name, request, m, why);
}

// "-x" excludes only after a wildcard has come, as in Elasticsearch.
static enum err mark(const struct index_seer *s, const struct index_wish *w, struct arena *request,
                     struct marks *m, struct fault *why)
{
    struct slice rest = w->expression;
    struct slice part;
    bool wildcard_seen = false;
    while (list_next(&rest, &part)) {
        if (is_all(part))
            part = slice_text("*");
        if (wildcard_seen && part.at[0] == '-') {
            mark_pattern(s, slice_from(part, 1), false, m);
        } else if (glob_is_pattern(part)) {
            wildcard_seen = true;
            if (w->wildcards_match)
                mark_pattern(s, part, true, m);
        } else {
            enum err e = mark_part(s, w, part, request, m, why);
            if (e != OK)
                return e;
        }
    }
    return m->filter_count <= FILTERS_MAX
               ? OK
               : fail(why, ERR_LIMIT,
                      "illegal_argument_exception: the expression means aliases with more than %d "
                      "filters",
                      FILTERS_MAX);
}

// One of the filters of a table, or all joined by OR.
static enum err part_of(const struct marks *m, uint32_t table, struct arena *request,
                        struct index_part *out, struct fault *why)
{
    const struct query **any = ARENA_ARRAY(request, const struct query *, m->filter_count + 1);
    struct buf text AUTO(buf_donep) = buf_init(FILTER_TEXT_BYTES);
    struct json_writer w = json_writer_to(&text);
    uint32_t count = 0;
    enum err e = OK;
    *out = (struct index_part){0};
    json_array(&w);
    for (uint32_t i = 0; e == OK && !m->whole[table] && i < m->filter_count; i++) {
        if (m->filter_tables[i] != table)
            continue;
        json_value(&w, m->filters[i]);
        e = query_parse(m->filters[i], request, &any[count++], why);
    }
    json_end(&w);
    if (e == OK)
        e = buf_end(&text, why);
    if (e != OK || count == 0)
        return e;
    struct query * or = ARENA_NEW(request, struct query);
    * or = (struct query){.kind = QUERY_BOOL, .boost = 1};
    or->bool_.should = any;
    or->bool_.should_count = count;
    or->bool_.should_match_min = 1;
    *out = (struct index_part){count == 1 ? any[0] : or, arena_copy(request, buf_slice(&text))};
    return OK;
}

static enum err make_list(const struct index_seer *s, const struct marks *m, struct arena *request,
                          struct index_list *out, struct fault *why)
{
    uint32_t *tables = ARENA_ARRAY(request, uint32_t, s->schema->table_count + 1);
    struct index_part *parts = ARENA_ARRAY(request, struct index_part, s->schema->table_count + 1);
    uint32_t count = 0;
    bool has_filter = false;
    for (uint32_t t = 0; t < s->schema->table_count; t++) {
        if (!m->chosen[t])
            continue;
        enum err e = part_of(m, t, request, &parts[count], why);
        if (e != OK)
            return e;
        has_filter |= parts[count].filter != NULL;
        tables[count++] = t;
    }
    *out =
        (struct index_list){.tables = tables, .count = count, .parts = has_filter ? parts : NULL};
    return OK;
}

enum err index_names_resolve(const struct index_seer *s, const struct index_wish *w,
                             struct arena *request, struct index_list *out, struct fault *why)
{
    struct index_wish wish = *w;
    if (wish.expression.len == 0)
        wish.expression = slice_text("*");
    struct marks m = {0};
    struct index_list list;
    enum err e = mark(s, &wish, request, &m, why);
    if (e == OK)
        e = make_list(s, &m, request, &list, why);
    if (e != OK)
        return e;
    if (list.count == 0 && !w->allow_no_indices)
        return not_found(wish.expression, why);
    *out = list;
    return OK;
}
