// SPDX-License-Identifier: Apache-2.0
#include "base/limits.h"
#include "store/store_private.h"

#include <stdlib.h>

// Columns that a pushed table no longer has leave the disk.
//
// No source could bring a pushed table's rows again, so they are written anew without the column
// instead of being forgotten.  Before the store is opened under the new schema:
//
//     open it under the schema of its manifest, nobody listening, and seal all that the log brings
//     write each segment of such a table anew, without the columns and without dead rows
//     write the manifest: the narrower shape, the new segments, the dictionaries that stay
//     remove the old segments, the dictionaries and the log's old files
//
// Until the manifest is replaced the old store is whole, and new files are left over from work that
// did not end; from then on the old ones are, and what a crash left of them goes at the next
// opening.  So a crash at any step leaves either all of the column or, once opened, nothing.

enum { ARENA_BYTES = 1 << 30 };

struct narrowing {
    const struct schema *was;
    struct schema schema;           // of the manifest, narrower
    uint32_t *fields[LIMIT_TABLES]; // of each field that stays, where it was; NULL: all stay
    bool any;
};

static bool same_field(const struct field *a, const struct field *b)
{
    bool same_subject =
        !a->subject == !b->subject && (!a->subject || strcmp(a->subject, b->subject) == 0);
    return a->type == b->type && same_subject && strcmp(a->name, b->name) == 0;
}

// Where each field of `now` was; NULL when one is new, other, or has moved.
static uint32_t *stays(const struct table *was, const struct table *now, struct arena *arena)
{
    uint32_t *fields = ARENA_ARRAY(arena, uint32_t, now->field_count + 1);
    uint32_t at = 0;
    for (uint32_t f = 0; f < now->field_count; f++) {
        while (at < was->field_count && !same_field(&was->fields[at], &now->fields[f]))
            at++;
        if (at == was->field_count)
            return NULL;
        fields[f] = at++;
    }
    return fields;
}

static int moved(int field, const uint32_t *fields, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (field == (int)fields[i])
            return (int)i;
    }
    return -1;
}

static void narrow_table(const struct table *was, const uint32_t *fields, uint32_t count,
                         struct arena *arena, struct table *out)
{
    struct field *narrow = ARENA_ARRAY(arena, struct field, count + 1);
    for (uint32_t i = 0; i < count; i++)
        narrow[i] = was->fields[fields[i]];
    *out = *was;
    out->fields = narrow;
    out->field_count = count;
    out->time_field = moved(was->time_field, fields, count);
    out->subject_field = moved(was->subject_field, fields, count);
    out->key_field = moved(was->key_field, fields, count);
}

static void plan(struct narrowing *n, const struct schema *now, struct arena *arena)
{
    struct table *tables = ARENA_ARRAY(arena, struct table, n->was->table_count + 1);
    for (uint32_t i = 0; i < n->was->table_count; i++) {
        const struct table *was = &n->was->tables[i];
        const struct table *is = schema_table(now, slice_text(was->name));
        tables[i] = *was;
        if (!is || !table_is_pushed(was) || !table_is_pushed(is) ||
            is->field_count >= was->field_count)
            continue;
        n->fields[i] = stays(was, is, arena);
        if (!n->fields[i])
            continue;
        narrow_table(was, n->fields[i], is->field_count, arena, &tables[i]);
        n->any = true;
    }
    n->schema = *n->was;
    n->schema.tables = tables;
}

static enum err copy_segments(struct store *st, const struct narrowing *n, uint32_t table,
                              struct image_table *out, struct fault *why)
{
    const struct image_table *from = &st->image->tables[table];
    for (uint32_t i = 0; i < from->segment_count; i++) {
        struct image_segment one = from->segments[i];
        if (!n->fields[table]) {
            one.entry = entry_ref(&one.entry);
            image_add(out, one);
            continue;
        }
        const struct rewrite r = {.st = st,
                                  .table = table,
                                  .inputs = &from->segments[i].entry,
                                  .input_count = 1,
                                  .shape = &n->schema.tables[table],
                                  .fields = n->fields[table]};
        struct image_segment new = {0};
        enum err e = rewrite_rows(&r, &new.entry, why);
        if (e)
            return e;
        if (new.entry.part)
            image_add(out, new);
    }
    return OK;
}

static void copy_dicts(const struct image_table *from, const struct table *shape,
                       const uint32_t *fields, struct image_table *out)
{
    for (uint32_t f = 0; f < shape->field_count; f++)
        out->dicts[f] = from->dicts[fields ? fields[f] : f];
}

static enum err make_image(struct store *st, const struct narrowing *n, struct image *next,
                           struct fault *why)
{
    image_copy_heads(next, st->image, st->schema);
    for (uint32_t t = 0; t < n->schema.table_count; t++) {
        copy_dicts(&st->image->tables[t], &n->schema.tables[t], n->fields[t], &next->tables[t]);
        enum err e = copy_segments(st, n, t, &next->tables[t], why);
        if (e)
            return fail_in(why, e, "index %s", n->schema.tables[t].name);
    }
    return st->world.ops->sync_dir(&st->world, "segments", why);
}

// The store knows its new schema only while it writes it down: its tables in memory have the old
// one.
static enum err put_in_place(struct store *st, const struct narrowing *n, struct image *next,
                             struct fault *why)
{
    st->schema = &n->schema;
    enum err e = image_write(st, next, why);
    if (e) {
        image_free(next, &n->schema);
    } else {
        image_replace(st, next);
        leftovers_remove(st);
        e = wal_drop_before(st->log, st->image->log_first, why);
    }
    st->schema = n->was;
    return e;
}

static enum err narrow(struct store *st, const struct narrowing *n, struct fault *why)
{
    enum err e = seal_freeze(st, why);
    if (!e)
        e = seal_run(st, why);
    if (e)
        return e;
    struct image *next = image_new(&n->schema);
    e = make_image(st, n, next, why);
    if (e) {
        image_free(next, &n->schema);
        return e;
    }
    return put_in_place(st, n, next, why);
}

enum err store_narrow(const struct world *w, const struct schema *now,
                      const struct store_options *options, struct fault *why)
{
    struct manifest manifest;
    struct store *st = NULL;
    struct buf bytes AUTO(buf_donep) = buf_init(MANIFEST_BYTES_MAX);
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    enum err e = world_read_file(w, "manifest", &bytes, why);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e)
        e = manifest_decode(buf_slice(&bytes), arena, &manifest, why);
    if (e)
        return e;
    struct narrowing n = {.was = &manifest.schema};
    plan(&n, now, arena);
    if (!n.any)
        return OK;
    struct store_options alone = *options;
    alone.background = false;
    alone.listener = NULL;
    alone.layers = NULL;
    e = store_open(w, n.was, &alone, &st, why);
    if (!e)
        e = narrow(st, &n, why);
    store_close(st);
    return e ? fail_in(why, e, "taking columns out of what was pushed") : OK;
}
