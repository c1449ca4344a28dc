// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "store/read_fault.h"
#include "store/store_private.h"

#include <stdlib.h>

// Opening a store.
//
// The manifest is read, its dictionaries and segments are loaded and shown to the listener;
// the log is replayed on top, as one change that the listener is told of.
//
// The log was written under the tables' shapes in the manifest, so it is decoded with
// those, and rows of a table that the schema no longer has in that shape are left out.
// When anything about the tables differs, everything is sealed at once: the new manifest
// has the new shapes, and an empty log begins under them.

enum { MANIFEST_ARENA_BYTES = 1 << 30 };

struct recovery {
    struct store *st;
    struct manifest manifest;
    int table_of[LIMIT_TABLES]; // of the manifest's tables: the schema's, or -1
    bool is_reshaped;
};

static int stored_table(const struct recovery *r, uint32_t table)
{
    for (uint32_t i = 0; i < r->manifest.schema.table_count; i++) {
        if (r->table_of[i] == (int)table)
            return (int)i;
    }
    return -1;
}

static void match_tables(struct recovery *r)
{
    const struct schema *now = r->st->schema;
    const struct schema *was = &r->manifest.schema;
    r->is_reshaped =
        now->table_count != was->table_count || now->subject_count != was->subject_count;
    for (uint32_t i = 0; i < was->table_count; i++) {
        const struct table *t = schema_table(now, slice_text(was->tables[i].name));
        bool same = t && table_same_shape(t, &was->tables[i]);
        r->table_of[i] = same ? (int)(t - now->tables) : -1;
        if (r->table_of[i] != (int)i)
            r->is_reshaped = true;
    }
}

static void note_segment_file(void *context, const char *entry)
{
    bool *any = context;
    if (strstr(entry, ".segment") && !strstr(entry, ".tmp"))
        *any = true;
}

// A store without manifest is a new one, and must be empty.
static enum err begin_empty(struct recovery *r, struct fault *why)
{
    struct store *st = r->st;
    bool any = false;
    enum err e = st->world.ops->list(&st->world, "segments", note_segment_file, &any, why);
    if (!e && any)
        e = fail(why, ERR_CORRUPT, "there are segments but no manifest");
    if (e)
        return e;
    st->image = image_new(st->schema);
    st->image->log_first = 1;
    memcpy(st->image->subject_dicts, st->subject_files,
           st->schema->subject_count * sizeof *st->subject_files); // their generations
    st->next_file = 1;
    r->manifest.schema = *st->schema;
    for (uint32_t i = 0; i < st->schema->table_count; i++)
        r->table_of[i] = (int)i;
    return image_write(st, st->image, why);
}

static void take_stopped(const struct recovery *r, struct position *p)
{
    uint64_t stopped[4] = {0};
    for (uint32_t i = 0; i < r->manifest.schema.table_count; i++) {
        if (r->table_of[i] >= 0 && bit_get(p->stopped, i))
            bit_set(stopped, (size_t)r->table_of[i]);
    }
    memcpy(p->stopped, stopped, sizeof stopped);
}

static void load_positions(struct recovery *r)
{
    struct store *st = r->st;
    struct image *im = st->image;
    im->position_count = r->manifest.position_count;
    im->positions = store_calloc(im->position_count + 1, sizeof *im->positions);
    for (uint32_t i = 0; i < im->position_count; i++) {
        im->positions[i] = r->manifest.positions[i];
        take_stopped(r, &im->positions[i]);
        st->appended.at[i] = im->positions[i];
    }
    st->appended.count = im->position_count;
}

static enum err load_subject_dicts(struct recovery *r, struct fault *why)
{
    struct store *st = r->st;
    for (uint32_t i = 0; i < r->manifest.schema.subject_count; i++) {
        int subject = schema_subject(st->schema, r->manifest.schema.subjects[i]);
        if (subject < 0)
            continue;
        const struct manifest_dict *file = &r->manifest.subject_dicts[i];
        enum err e = dict_file_read(&st->world, file, 16, st->subject_dicts[subject], why);
        if (e)
            return e;
        st->subject_files[subject] = *file;
        st->image->subject_dicts[subject] = *file;
    }
    return OK;
}

static enum err load_field_dicts(struct recovery *r, uint32_t table, uint32_t stored,
                                 struct fault *why)
{
    struct store *st = r->st;
    const struct table_store *t = &st->tables[table];
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        if (!t->dicts[f] || t->shape->fields[f].subject)
            continue;
        const struct manifest_dict *file = &r->manifest.tables[stored].dicts[f];
        enum err e = dict_file_read(&st->world, file, 0, t->dicts[f], why);
        if (e)
            return e;
        st->field_files[table][f] = *file;
        st->image->tables[table].dicts[f] = *file;
    }
    return OK;
}

// Codes of a segment must be in the dictionaries.
static enum err check_codes(const struct table_store *t, const struct segment *s, struct fault *why)
{
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        uint32_t count = t->dicts[f] ? dict_count(t->dicts[f]) : 0;
        for (uint32_t b = 0; t->dicts[f] && b < segment_block_count(s); b++) {
            struct block_range range = segment_range(s, b, f);
            if (range.any && (range.min < 0 || range.max >= (int64_t)count))
                return fail(why, ERR_CORRUPT, "codes of %s are not in its dictionary",
                            t->shape->fields[f].name);
        }
    }
    return OK;
}

static enum err load_segment(struct recovery *r, uint32_t table, const struct manifest_segment *m,
                             struct fault *why)
{
    struct store *st = r->st;
    struct table_store *t = &st->tables[table];
    char name[SEGMENT_FILE_NAME_BYTES];
    segment_file_name(m->file, name);
    struct segment *s = NULL;
    enum err e = segment_open(&st->world, name, t->shape, st->units, &s, why);
    if (e == ERR_NOT_FOUND)
        return fail_in(why, ERR_CORRUPT, "named by the manifest");
    if (e)
        return e;
    if (segment_rows(s) != m->rows)
        e = fail(why, ERR_CORRUPT, "has other rows than the manifest says");
    if (!e)
        e = check_codes(t, s, why);
    if (e) {
        segment_close(s);
        return fail_in(why, e, "%s", name);
    }
    struct rowmap *map = rowmap_new(m->rows, m->rows);
    struct entry entry = entry_of_part(part_of_segment(s, m->file, t->next_row, m->rows, map));
    if (m->live_file)
        e = live_file_read(&st->world, m->live_file, &entry, why);
    if (e) {
        entry_unref(&entry);
        return e;
    }
    struct image_segment segment = {.entry = entry_ref(&entry), .live_file = m->live_file};
    image_add(&st->image->tables[table], segment);
    return table_load(t, entry, why);
}

static uint64_t rows_of(const struct manifest_table *m)
{
    uint64_t rows = 0;
    for (uint32_t i = 0; i < m->segment_count; i++)
        rows += m->segments[i].rows;
    return rows;
}

static enum err load_tables(struct recovery *r, struct fault *why)
{
    struct store *st = r->st;
    for (uint32_t i = 0; i < st->schema->table_count; i++) {
        int stored = stored_table(r, i);
        if (stored < 0)
            continue;
        enum err e = load_field_dicts(r, i, (uint32_t)stored, why);
        const struct manifest_table *m = &r->manifest.tables[stored];
        keymap_reserve(st->tables[i].keys.map, rows_of(m));
        for (uint32_t k = 0; k < m->segment_count && !e; k++)
            e = load_segment(r, i, &m->segments[k], why);
        if (e)
            return fail_in(why, e, "loading table %s", st->schema->tables[i].name);
    }
    return OK;
}

// Hands the listener what it kept for the rows that the manifest names, which are published
// just now.  A file that is not there or not whole costs time and nothing else.
static void begin_listener(struct recovery *r)
{
    struct store *st = r->st;
    struct buf bytes AUTO(buf_donep) = buf_init(KEPT_BYTES_MAX);
    struct fault lost = {0};
    struct manifest_kept *kept = &st->image->kept;
    if (!st->listener.begin)
        return;
    if (kept->file && kept_file_read(&st->world, kept, &bytes, &lost)) {
        buf_reset(&bytes);
        *kept = (struct manifest_kept){0};
    }
    st->listener.begin(st->listener.context, st->published, buf_slice(&bytes), lost.words);
}

static enum err load(struct recovery *r, struct arena *manifest_arena, struct fault *why)
{
    struct store *st = r->st;
    struct buf bytes AUTO(buf_donep) = buf_init(MANIFEST_BYTES_MAX);
    enum err e = world_read_file(&st->world, "manifest", &bytes, why);
    if (e == ERR_NOT_FOUND)
        return begin_empty(r, why);
    if (!e)
        e = manifest_decode(buf_slice(&bytes), manifest_arena, &r->manifest, why);
    if (e)
        return e;
    match_tables(r);
    st->image = image_new(st->schema);
    st->image->log_first = r->manifest.log_first;
    memcpy(st->image->subject_dicts, st->subject_files,
           st->schema->subject_count * sizeof *st->subject_files); // generations of new kinds
    st->next_file = r->manifest.next_file;
    if (!r->is_reshaped)
        st->image->kept = r->manifest.kept;
    load_positions(r);
    e = load_subject_dicts(r, why);
    return e ? e : load_tables(r, why);
}

static enum err replay_record(void *context, struct slice payload, struct fault *why)
{
    struct recovery *r = context;
    struct store *st = r->st;
    struct changeset c;
    arena_reset(st->batch);
    enum err e = changeset_decode(payload, &r->manifest.schema, st->batch, &c, why);
    if (e)
        return fail_in(why, ERR_CORRUPT, "log");
    take_stopped(r, &c.position);
    changeset_apply(st, &c, r->table_of, NULL);
    e = read_fault_take(why);
    return e ? fail_in(why, e, "replaying the log") : OK;
}

static void reset_position(struct store *st, const char *source)
{
    if (!position_find(&st->appended, source))
        return;
    struct position *p = position_slot(&st->appended, source);
    struct position blank = {0};
    memcpy(blank.source, p->source, sizeof blank.source);
    *p = blank;
}

// A pushed table's rows are nowhere else: one that would begin empty although rows were
// pushed into it is a mistake in the policy rather than a wish.
static enum err keep_pushed(const struct recovery *r, struct fault *why)
{
    const struct schema *now = r->st->schema;
    for (uint32_t i = 0; i < r->manifest.schema.table_count; i++) {
        const struct table *was = &r->manifest.schema.tables[i];
        const struct position *at = position_find(&r->st->appended, was->source);
        if (r->table_of[i] >= 0 || !table_is_pushed(was) || !at || at->end_lsn == 0 ||
            !schema_table(now, slice_text(was->name)))
            continue;
        return fail(
            why, ERR_INVALID,
            "the policy changes the columns of index %s, and no source has its rows to bring "
            "them again; declare its columns as they were, and the new ones under another "
            "name",
            was->name);
    }
    return OK;
}

// Sources of tables that begin empty now have to copy them (again).
static enum err take_new_shape(struct recovery *r, struct fault *why)
{
    struct store *st = r->st;
    for (uint32_t i = 0; i < st->schema->table_count; i++) {
        if (stored_table(r, i) < 0)
            reset_position(st, st->schema->tables[i].source);
    }
    store_publish(st);
    enum err e = seal_freeze(st, why);
    return e ? e : seal_run(st, why);
}

enum err store_recover(struct store *st, struct fault *why)
{
    static const char *const directories[] = {"log", "segments", "dict"};
    enum err e = OK;
    for (int i = 0; i < 3 && !e; i++)
        e = st->world.ops->make_dir(&st->world, directories[i], why);
    if (e)
        return e;
    struct arena *manifest AUTO(arena_freep) = arena_new(MANIFEST_ARENA_BYTES);
    struct recovery *r = store_calloc(1, sizeof *r);
    r->st = st;
    e = load(r, manifest, why);
    if (!e) {
        store_publish_first(st);
        begin_listener(r);
    }
    if (!e)
        e = wal_open(&st->world, "log", st->image->log_first, replay_record, r, &st->log, why);
    if (!e) {
        st->log_since_roll = wal_bytes(st->log);
        store_publish(st);
        e = r->is_reshaped ? keep_pushed(r, why) : OK;
    }
    if (!e && r->is_reshaped)
        e = take_new_shape(r, why);
    if (!e) {
        leftovers_remove(st);
        // Only a matter of room on disk; tried again at the next sealing.
        (void)wal_drop_before(st->log, st->image->log_first, NULL);
    }
    free(r);
    return e;
}
