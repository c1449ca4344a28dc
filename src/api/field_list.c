// SPDX-License-Identifier: Apache-2.0
#include "api/field_list.h"

#include "access/seen.h"

static bool refers(const struct field *f)
{
    return f->lookup_table >= 0 && f->lookup_prefix;
}

static uint32_t count_fields(const struct schema *s, const struct table *t)
{
    uint32_t count = t->field_count;
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (refers(&t->fields[i]))
            count += s->tables[t->fields[i].lookup_table].field_count;
    }
    return count;
}

static uint32_t add_referred(const struct schema *s, const struct field *f, struct arena *request,
                             struct listed_field *to)
{
    const struct table *t = &s->tables[f->lookup_table];
    for (uint32_t i = 0; i < t->field_count; i++)
        to[i] = (struct listed_field){
            .name = arena_print(request, "%s.%s", f->lookup_prefix, t->fields[i].name),
            .prefix = slice_text(f->lookup_prefix),
            .type = t->fields[i].type};
    return t->field_count;
}

static uint32_t leave_shown(const struct schema *s, const struct table *t,
                            const struct permit *permit, struct listed_field *at, uint32_t count)
{
    uint32_t left = 0;
    for (uint32_t i = 0; i < count; i++)
        if (at[i].type != FIELD_SEALED && seen_field(permit, s, t, at[i].name))
            at[left++] = at[i];
    return left;
}

struct field_list field_list_make(const struct schema *s, const struct table *t,
                                  const struct permit *permit, struct arena *request)
{
    struct listed_field *at = ARENA_ARRAY(request, struct listed_field, count_fields(s, t) + 1);
    uint32_t count = 0;
    for (uint32_t i = 0; i < t->field_count; i++)
        at[count++] =
            (struct listed_field){.name = slice_text(t->fields[i].name), .type = t->fields[i].type};
    for (uint32_t i = 0; i < t->field_count; i++) {
        if (refers(&t->fields[i]))
            count += add_referred(s, &t->fields[i], request, at + count);
    }
    return (struct field_list){.count = leave_shown(s, t, permit, at, count), .at = at};
}

bool field_list_has_prefix(const struct field_list *l, struct slice prefix)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->at[i].prefix.len && slice_equal(l->at[i].prefix, prefix))
            return true;
    }
    return false;
}

bool field_list_has_own(const struct field_list *l, struct slice name)
{
    for (uint32_t i = 0; i < l->count; i++) {
        if (l->at[i].prefix.len == 0 && slice_equal(l->at[i].name, name))
            return true;
    }
    return false;
}
