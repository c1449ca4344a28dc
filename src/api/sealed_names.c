// SPDX-License-Identifier: Apache-2.0
#include "api/sealed_names.h"

#include "access/seen.h"

static bool is_listed(const struct slice *names, uint32_t count, struct slice name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (slice_equal(names[i], name))
            return true;
    }
    return false;
}

static bool is_wished(const struct field_wish *wishes, uint32_t count, struct slice name)
{
    for (uint32_t i = 0; i < count; i++) {
        if (slice_equal(wishes[i].pattern, name))
            return true;
    }
    return false;
}

static bool is_named(const struct request *r, struct slice name)
{
    return is_listed(r->source.includes, r->source.include_count, name) ||
           is_wished(r->fields, r->field_count, name) ||
           is_wished(r->docvalue_fields, r->docvalue_field_count, name);
}

static bool names_nothing(const struct request *r)
{
    return r->source.include_count + r->field_count + r->docvalue_field_count == 0;
}

struct asked {
    const struct permit *permit;
    const struct schema *schema;
    const struct table *index;
    const struct request *request;
    struct arena *arena;
};

// The sealed fields of `t`, called as `prefix` and their name; without one, by their name.
static enum err check_table(const struct asked *a, const struct table *t, const char *prefix,
                            struct fault *why)
{
    for (uint32_t f = 0; f < t->field_count; f++) {
        if (t->fields[f].type != FIELD_SEALED)
            continue;
        struct slice name = prefix ? arena_print(a->arena, "%s.%s", prefix, t->fields[f].name)
                                   : slice_text(t->fields[f].name);
        if (is_named(a->request, name) && seen_field(a->permit, a->schema, a->index, name))
            return schema_refuse_sealed(name, why);
    }
    return OK;
}

enum err sealed_names_check(const struct schema *s, const struct permit *permit, uint32_t table,
                            const struct request *r, struct arena *arena, struct fault *why)
{
    const struct table *t = &s->tables[table];
    const struct asked a = {permit, s, t, r, arena};
    if (names_nothing(r))
        return OK;
    enum err e = check_table(&a, t, NULL, why);
    for (uint32_t f = 0; !e && f < t->field_count; f++) {
        const struct field *at = &t->fields[f];
        if (at->lookup_table >= 0)
            e = check_table(&a, &s->tables[at->lookup_table], at->lookup_prefix, why);
    }
    return e;
}
