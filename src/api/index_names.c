// SPDX-License-Identifier: Apache-2.0
#include "api/index_names.h"

#include "access/glob.h"
#include "api/list.h"
#include "base/limits.h"

enum { SHOWN_NAME_BYTES = 128 };

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

// Puts every index the pattern means in, or takes it out.
static void mark_pattern(const struct index_seer *s, struct slice pattern, bool in, bool *chosen)
{
    for (uint32_t t = 0; t < s->schema->table_count; t++) {
        const char *name = s->schema->tables[t].name;
        if (permit_index(s->permit, name) && glob_matches(pattern, slice_text(name)))
            chosen[t] = in;
    }
}

static enum err mark_name(const struct index_seer *s, const struct index_wish *w, struct slice name,
                          struct arena *request, bool *chosen, struct fault *why)
{
    const struct permit *unused;
    enum err e = permit_make(s->who, permit_action(s->permit), name, request, &unused, why);
    if (e != OK)
        return e;
    const struct table *t = schema_table(s->schema, name);
    if (t)
        chosen[t - s->schema->tables] = true;
    else if (!w->ignore_unavailable)
        return not_found(name, why);
    return OK;
}

// "-x" excludes only after a wildcard has come, as in Elasticsearch.
static enum err mark(const struct index_seer *s, const struct index_wish *w, struct arena *request,
                     bool *chosen, struct fault *why)
{
    struct slice rest = w->expression;
    struct slice part;
    bool wildcard_seen = false;
    while (list_next(&rest, &part)) {
        if (is_all(part))
            part = slice_text("*");
        if (wildcard_seen && part.at[0] == '-') {
            mark_pattern(s, slice_from(part, 1), false, chosen);
        } else if (glob_is_pattern(part)) {
            wildcard_seen = true;
            if (w->wildcards_match)
                mark_pattern(s, part, true, chosen);
        } else {
            enum err e = mark_name(s, w, part, request, chosen, why);
            if (e != OK)
                return e;
        }
    }
    return OK;
}

enum err index_names_resolve(const struct index_seer *s, const struct index_wish *w,
                             struct arena *request, struct index_list *out, struct fault *why)
{
    struct index_wish wish = *w;
    if (wish.expression.len == 0)
        wish.expression = slice_text("*");
    bool chosen[LIMIT_TABLES] = {false};
    enum err e = mark(s, &wish, request, chosen, why);
    if (e != OK)
        return e;
    uint32_t *tables = ARENA_ARRAY(request, uint32_t, s->schema->table_count + 1);
    uint32_t count = 0;
    for (uint32_t t = 0; t < s->schema->table_count; t++) {
        if (chosen[t])
            tables[count++] = t;
    }
    if (count == 0 && !w->allow_no_indices)
        return not_found(wish.expression, why);
    *out = (struct index_list){.tables = tables, .count = count};
    return OK;
}
