// SPDX-License-Identifier: Apache-2.0
#include "access/seen.h"

static bool hides(const struct permit *p, const struct schema *s, const struct field *f)
{
    return f->lookup_table >= 0 && permit_hides_rows(p, s->tables[f->lookup_table].name);
}

bool seen_field(const struct permit *p, const struct schema *s, const struct table *t,
                struct slice name)
{
    struct field_path path;
    if (!permit_field(p, t->name, name))
        return false;
    bool is_looked_up = schema_path(s, t, name, &path) == OK && path.lookup >= 0;
    return !is_looked_up || !hides(p, s, &t->fields[path.field]);
}

bool seen_whole(const struct permit *p, const struct schema *s, const struct table *t)
{
    if (!permit_is_plain(p, t->name))
        return false;
    for (uint32_t i = 0; i < t->field_count; i++)
        if (hides(p, s, &t->fields[i]))
            return false;
    return true;
}
