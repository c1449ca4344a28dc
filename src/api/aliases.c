// SPDX-License-Identifier: Apache-2.0
#include "api/aliases.h"

#include "base/limits.h"
#include "json/json_writer.h"

enum { SHOWN_NAME_BYTES = 128 };

static void take_indices(const struct schema *s, struct slice name, const struct json *body,
                         struct alias *to, uint32_t *count)
{
    const struct json *indices = json_get(body, "indices");
    for (uint32_t i = 0; indices && indices->type == JSON_OBJECT && i < indices->count; i++) {
        const struct table *t = schema_table(s, indices->keys[i]);
        if (!t)
            continue;
        if (to)
            to[*count] = (struct alias){name, (uint32_t)(t - s->tables), &indices->items[i]};
        ++*count;
    }
}

static void take_all(const struct schema *s, const struct thing_list *things,
                     const struct json *const *bodies, struct alias *to, uint32_t *count)
{
    *count = 0;
    for (uint32_t i = 0; i < things->count; i++) {
        if (!schema_table(s, things->at[i].name))
            take_indices(s, things->at[i].name, bodies[i], to, count);
    }
}

enum err aliases_read(struct access *a, const struct schema *s, struct arena *arena,
                      struct alias_list *out, struct fault *why)
{
    struct thing_list things;
    enum err e = access_things(a, THING_ALIAS, arena, &things, why);
    if (e != OK)
        return e;
    const struct json **bodies = ARENA_ARRAY(arena, const struct json *, things.count + 1);
    for (uint32_t i = 0; e == OK && i < things.count; i++)
        e = json_parse(things.at[i].body, arena, &bodies[i], why);
    if (e != OK)
        return fail_in(why, ERR_CORRUPT, "exception: an alias of catalog.db");
    uint32_t count = 0;
    take_all(s, &things, bodies, NULL, &count);
    struct alias *at = ARENA_ARRAY(arena, struct alias, count + 1);
    take_all(s, &things, bodies, at, &count);
    *out = (struct alias_list){at, count, things.generation};
    return OK;
}

bool aliases_has(const struct alias_list *l, struct slice name)
{
    for (uint32_t i = 0; l && i < l->count; i++) {
        if (slice_equal(l->at[i].name, name))
            return true;
    }
    return false;
}

const struct json *alias_filter(const struct alias *a)
{
    const struct json *filter = json_get(a->options, "filter");
    return filter && filter->type == JSON_OBJECT ? filter : NULL;
}

enum err aliases_write_index(const struct alias_list *l, struct slice name, uint32_t *out,
                             struct fault *why)
{
    const struct alias *only = NULL;
    uint32_t count = 0;
    for (uint32_t i = 0; l && i < l->count; i++) {
        const struct alias *a = &l->at[i];
        if (!slice_equal(a->name, name))
            continue;
        const struct json *said = json_get(a->options, "is_write_index");
        if (said && said->type == JSON_BOOL && said->truth) {
            *out = a->table;
            return OK;
        }
        count++;
        only = said && said->type == JSON_BOOL ? only : a;
    }
    if (count == 0)
        return ERR_NOT_FOUND;
    if (count > 1 || !only)
        return fail(why, ERR_INVALID,
                    "illegal_argument_exception: no write index is defined for alias [%.*s]. The "
                    "write index may be explicitly disabled using is_write_index=false or the "
                    "alias points to multiple indices without one being designated as a write "
                    "index",
                    name.len < SHOWN_NAME_BYTES ? (int)name.len : SHOWN_NAME_BYTES,
                    (const char *)name.at);
    *out = only->table;
    return OK;
}

// ---- changes ----

struct editing {
    const struct schema *schema;
    struct alias *at; // what is there now, edits done so far
    uint32_t count;
};

static struct alias *find(struct editing *e, struct slice name, uint32_t table)
{
    for (uint32_t i = 0; i < e->count; i++) {
        if (e->at[i].table == table && slice_equal(e->at[i].name, name))
            return &e->at[i];
    }
    return NULL;
}

static enum err edit(struct editing *e, const struct alias_edit *by, struct fault *why)
{
    struct alias *there = find(e, by->alias, by->table);
    if (by->options && there) {
        there->options = by->options;
    } else if (by->options) {
        e->at[e->count++] = (struct alias){by->alias, by->table, by->options};
    } else if (there) {
        *there = e->at[--e->count];
    } else {
        return fail(why, ERR_NOT_FOUND, "aliases_not_found_exception: aliases [%.*s] missing",
                    by->alias.len < SHOWN_NAME_BYTES ? (int)by->alias.len : SHOWN_NAME_BYTES,
                    (const char *)by->alias.at);
    }
    return OK;
}

static enum err check_writers(const struct editing *e, struct slice name, struct fault *why)
{
    uint32_t writers = 0;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct json *said = json_get(e->at[i].options, "is_write_index");
        writers +=
            slice_equal(e->at[i].name, name) && said && said->type == JSON_BOOL && said->truth;
    }
    return writers < 2 ? OK
                       : fail(why, ERR_INVALID,
                              "illegal_state_exception: alias [%.*s] has more than one write index",
                              name.len < SHOWN_NAME_BYTES ? (int)name.len : SHOWN_NAME_BYTES,
                              (const char *)name.at);
}

// The body of an alias, and its words for the audit log; both empty when it has no index left.
static void write_alias(const struct editing *e, struct slice name, struct buf *body,
                        struct buf *words)
{
    struct json_writer w = json_writer_to(body);
    bool any = false;
    for (uint32_t i = 0; i < e->count; i++) {
        const struct alias *a = &e->at[i];
        if (!slice_equal(a->name, name))
            continue;
        if (!any) {
            json_object(&w);
            json_key(&w, "indices");
            json_object(&w);
        }
        json_key(&w, e->schema->tables[a->table].name);
        json_value(&w, a->options);
        buf_print(words, "%s%s%s", any ? ", " : "of ", e->schema->tables[a->table].name,
                  alias_filter(a) ? " (some rows)" : "");
        any = true;
    }
    if (any) {
        json_end(&w);
        json_end(&w);
    } else {
        buf_text(words, "gone");
    }
}

static bool is_first_of(const struct alias_edit *edits, uint32_t at)
{
    for (uint32_t i = 0; i < at; i++) {
        if (slice_equal(edits[i].alias, edits[at].alias))
            return false;
    }
    return true;
}

static enum err change_of(const struct editing *e, struct slice name, struct arena *arena,
                          struct thing_change *out, struct fault *why)
{
    struct buf body AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    struct buf words AUTO(buf_donep) = buf_init(THING_BODY_BYTES);
    write_alias(e, name, &body, &words);
    enum err failed = check_writers(e, name, why);
    if (failed == OK)
        failed = buf_end(&body, why);
    if (failed != OK)
        return failed;
    *out = (struct thing_change){
        .thing = {THING_ALIAS, name,
                  body.len ? arena_copy(arena, buf_slice(&body)) : slice_of(NULL, 0)},
        .words = arena_copy(arena, buf_slice(&words))};
    return OK;
}

enum err aliases_change(struct access *a, const struct access_by *by,
                        const struct alias_edits *edits, struct arena *arena, struct fault *why)
{
    const struct alias_list *now = edits->now;
    uint32_t count = edits->count;
    struct editing e = {.schema = edits->schema, .count = now->count};
    struct thing_change *changes = ARENA_ARRAY(arena, struct thing_change, count + 1);
    uint32_t change_count = 0;
    enum err failed = OK;
    e.at = ARENA_ARRAY(arena, struct alias, now->count + count + 1);
    memcpy(e.at, now->at, now->count * sizeof *e.at);
    for (uint32_t i = 0; failed == OK && i < count; i++)
        failed = edit(&e, &edits->at[i], why);
    for (uint32_t i = 0; failed == OK && i < count; i++) {
        if (!is_first_of(edits->at, i))
            continue;
        struct thing_change *c = &changes[change_count];
        failed = change_of(&e, edits->at[i].alias, arena, c, why);
        // One that came and went within the request leaves nothing to do.
        change_count += c->thing.body.len > 0 || aliases_has(now, edits->at[i].alias);
    }
    if (failed != OK)
        return failed;
    return access_things_change(a, by, changes, change_count, now->generation, why);
}
