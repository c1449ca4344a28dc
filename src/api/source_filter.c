// SPDX-License-Identifier: Apache-2.0
#include "api/source_filter.h"

#include "access/glob.h"

enum { NESTED_MAX = 8 }; // levels of dots that become objects; the rest stays one name

bool source_pattern_matches(struct slice pattern, struct slice field)
{
    if (glob_matches(pattern, field))
        return true;
    for (size_t i = 0; i < field.len; i++) {
        if (field.at[i] == '.' && glob_matches(pattern, slice_of(field.at, i)))
            return true;
    }
    return false;
}

bool source_shows(const struct source_filter *f, struct slice field)
{
    if (f->is_off)
        return false;
    bool shown = f->include_count == 0;
    for (uint32_t i = 0; i < f->include_count && !shown; i++)
        shown = source_pattern_matches(f->includes[i], field);
    for (uint32_t i = 0; i < f->exclude_count && shown; i++)
        shown = !source_pattern_matches(f->excludes[i], field);
    return shown;
}

struct source {
    struct render *render;
    const struct hit *hit;
    const struct source_filter *filter;
};

// A look-up may be called as its own column is ("device" and "device.model"); a name
// cannot be a value and an object, so the dotted names stay whole there.
static bool is_value(const struct source *s, struct slice name)
{
    for (uint32_t i = 0; i < s->hit->field_count; i++) {
        if (slice_equal(s->hit->fields[i].name, name))
            return true;
    }
    return false;
}

// Length of the field's next object name after `from`, 0 when it is a value's name.
static size_t object_len(const struct source *s, struct slice name, size_t from, int level)
{
    const uint8_t *dot = level < NESTED_MAX ? memchr(name.at + from, '.', name.len - from) : NULL;
    bool is_first = dot == name.at + from;
    bool is_last = dot == name.at + name.len - 1;
    if (!dot || is_first || is_last || is_value(s, slice_of(name.at, (size_t)(dot - name.at))))
        return 0;
    return (size_t)(dot - name.at) - from;
}

static bool shown_under(const struct source *s, uint32_t at, struct slice prefix)
{
    const struct hit_field *f = &s->hit->fields[at];
    return f->name.len > prefix.len && slice_starts(f->name, prefix) &&
           source_shows(s->filter, f->name);
}

// Has a field before `at` opened the object whose name and dot end `prefix`?
static bool opened_before(const struct source *s, uint32_t at, struct slice prefix)
{
    for (uint32_t i = 0; i < at; i++) {
        if (shown_under(s, i, prefix))
            return true;
    }
    return false;
}

static void write_members(const struct source *s, struct slice prefix, int level)
{
    struct json_writer *w = s->render->json;
    for (uint32_t i = 0; i < s->hit->field_count; i++) {
        if (!shown_under(s, i, prefix))
            continue;
        struct slice name = s->hit->fields[i].name;
        size_t len = object_len(s, name, prefix.len, level);
        if (len == 0) {
            json_key_slice(w, slice_from(name, prefix.len));
            render_value(s->render, &s->hit->fields[i].value);
            continue;
        }
        struct slice inner = slice_of(name.at, prefix.len + len + 1);
        if (opened_before(s, i, inner))
            continue;
        json_key_slice(w, slice_of(name.at + prefix.len, len));
        json_object(w);
        write_members(s, inner, level + 1);
        json_end(w);
    }
}

void source_render(struct render *r, const struct hit *h, const struct source_filter *f)
{
    const struct source s = {r, h, f};
    json_object(r->json);
    write_members(&s, slice_of("", 0), 0);
    json_end(r->json);
}
