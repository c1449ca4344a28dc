// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/store_private.h"

#include <stdlib.h>

// Sealing.
//
//   writer   roll the log; freeze: note entries, positions and dictionary counts; each
//            table gets a new memory part; the listener takes a copy of what it keeps
//   keeper   write a segment per frozen memory part, live files of segments that lost
//            rows, the new values of dictionaries; sync the directories; write the
//            manifest; only then remove old files and let the log's old files go
//   keeper   put the segments in the places of the frozen memory parts, with the deletes
//            that hit those meanwhile
//
// The manifest holds the state as it was when the log was rolled, whatever was deleted
// since, because the log is replayed on top of exactly that.

bool seal_is_due(struct store *st)
{
    uint64_t rows = store_memory_rows(st);
    return rows >= st->options.seal_rows || st->log_since_roll >= st->options.log_bytes_max;
}

uint64_t store_memory_rows(struct store *st)
{
    uint64_t rows = 0;
    pthread_mutex_lock(&st->state);
    for (uint32_t t = 0; t < st->schema->table_count; t++)
        rows += table_memory_rows(&st->tables[t]);
    pthread_mutex_unlock(&st->state);
    return rows;
}

// By table, as a few rows of each cost a search nothing.
bool seal_pays(struct store *st)
{
    bool pays = false;
    pthread_mutex_lock(&st->state);
    for (uint32_t t = 0; t < st->schema->table_count; t++)
        pays |= table_memory_rows(&st->tables[t]) >= st->options.rest_rows;
    pthread_mutex_unlock(&st->state);
    return pays;
}

void freeze_free(struct store *st, struct freeze *f)
{
    if (!f)
        return;
    const struct schema *s = st->schema;
    if (f->held)
        st->listener.release(f->held);
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t i = 0; i < f->tables[t].entry_count; i++)
            entry_unref(&f->tables[t].entries[i]);
        free(f->tables[t].entries);
        free(f->tables[t].dict_counts);
    }
    free(f->tables);
    free(f->subject_counts);
    free(f->positions);
    free(f);
}

static void freeze_table(struct table_store *t, struct frozen_table *out)
{
    uint32_t fields = t->shape->field_count;
    out->entries = store_calloc(t->entry_count, sizeof *out->entries);
    for (uint32_t i = 0; i < t->entry_count; i++) {
        if (t->entries[i].rows > 0)
            out->entries[out->entry_count++] = entry_ref(&t->entries[i]);
    }
    out->dict_counts = store_calloc(fields + 1, sizeof *out->dict_counts);
    for (uint32_t f = 0; f < fields; f++)
        out->dict_counts[f] = t->dicts[f] ? dict_count(t->dicts[f]) : 0;
    table_freeze(t);
}

enum err seal_freeze(struct store *st, struct fault *why)
{
    CHECK(st->pending == 0 && !st->freeze);
    uint64_t log_first = 0;
    enum err e = wal_roll(st->log, &log_first, why);
    if (e)
        return e;
    st->log_since_roll = 0;
    const struct schema *s = st->schema;
    struct freeze *f = store_calloc(1, sizeof *f);
    f->log_first = log_first;
    f->tables = store_calloc(s->table_count + 1, sizeof *f->tables);
    f->subject_counts = store_calloc(s->subject_count + 1, sizeof *f->subject_counts);
    pthread_mutex_lock(&st->state);
    for (uint32_t t = 0; t < s->table_count; t++)
        freeze_table(&st->tables[t], &f->tables[t]);
    for (uint32_t i = 0; i < s->subject_count; i++)
        f->subject_counts[i] = dict_count(st->subject_dicts[i]);
    f->position_count = st->appended.count;
    f->positions = store_calloc(f->position_count + 1, sizeof *f->positions);
    memcpy(f->positions, st->appended.at, f->position_count * sizeof *f->positions);
    if (st->listener.hold)
        f->held = st->listener.hold(st->listener.context, st->published);
    pthread_mutex_lock(&st->jobs); // within `state`: a merge must not swap in between
    st->freeze = f;
    pthread_mutex_unlock(&st->jobs);
    pthread_mutex_unlock(&st->state);
    return OK;
}

// A sealing under way.
struct sealing {
    struct store *st;
    const struct freeze *freeze;
    struct image *next;
    struct entry_swap *swaps;
    uint32_t swap_count;
    bool manifest_tried; // from here on the new files may be named on disk
};

static void add_swap(struct sealing *s, uint32_t table, const struct entry *then, struct entry out)
{
    s->swaps = realloc(s->swaps, (s->swap_count + 1) * sizeof *s->swaps);
    CHECK(s->swaps);
    struct entry_swap *swap = &s->swaps[s->swap_count++];
    *swap = (struct entry_swap){.table = table, .count = 1, .out = out};
    swap->then = store_calloc(1, sizeof *swap->then);
    swap->then[0] = entry_ref(then);
}

// The live file that has the entry's live rows: the old one if nothing died since, 0 if
// all live, else a new one.
static enum err live_file_of(struct sealing *s, uint32_t table, const struct entry *e,
                             uint64_t *out_file, struct fault *why)
{
    *out_file = 0;
    if (e->live_rows == e->rows)
        return OK;
    const struct image_table *old = &s->st->image->tables[table];
    for (uint32_t i = 0; i < old->segment_count; i++) {
        const struct image_segment *was = &old->segments[i];
        if (was->entry.part == e->part && was->entry.live_rows == e->live_rows) {
            *out_file = was->live_file; // rows only die, so the same count is the same rows
            return OK;
        }
    }
    *out_file = s->st->next_file++;
    return live_file_write(&s->st->world, *out_file, e, why);
}

static enum err seal_entry(struct sealing *s, uint32_t table, const struct entry *e,
                           struct fault *why)
{
    struct image_segment segment = {0};
    if (e->part->segment && e->live_rows > 0) {
        enum err err = live_file_of(s, table, e, &segment.live_file, why);
        if (err)
            return err;
        segment.entry = entry_ref(e);
        image_add(&s->next->tables[table], segment);
        return OK;
    }
    struct rewrite r = {.st = s->st, .table = table, .inputs = e, .input_count = 1};
    struct entry out;
    enum err err = rewrite_rows(&r, &out, why);
    if (err)
        return err;
    add_swap(s, table, e, out);
    if (out.part) {
        segment.entry = entry_ref(&out);
        image_add(&s->next->tables[table], segment);
    }
    return OK;
}

static enum err seal_dict(struct sealing *s, const struct dict *d, uint32_t count,
                          struct manifest_dict *file, struct fault *why)
{
    if (!d || count <= file->count)
        return OK;
    uint64_t before = file->bytes;
    enum err e = dict_file_append(&s->st->world, d, count, s->st->next_file++, file, why);
    count_add(&s->st->bytes_written, file->bytes - before);
    return e;
}

static enum err seal_table(struct sealing *s, uint32_t table, struct fault *why)
{
    struct store *st = s->st;
    const struct frozen_table *from = &s->freeze->tables[table];
    const struct table_store *t = &st->tables[table];
    enum err e = OK;
    for (uint32_t i = 0; i < from->entry_count && !e; i++)
        e = seal_entry(s, table, &from->entries[i], why);
    for (uint32_t f = 0; f < t->shape->field_count && !e; f++) {
        if (t->shape->fields[f].subject)
            continue;
        e = seal_dict(s, t->dicts[f], from->dict_counts[f], &st->field_files[table][f], why);
        s->next->tables[table].dicts[f] = st->field_files[table][f];
    }
    return e ? fail_in(why, e, "sealing table %s", t->shape->name) : OK;
}

// More than may be kept is not kept, and counted anew at the next start.
static enum err seal_kept(struct sealing *s, struct fault *why)
{
    struct store *st = s->st;
    if (!s->freeze->held)
        return OK;
    struct buf bytes AUTO(buf_donep) = buf_init(KEPT_BYTES_MAX);
    st->listener.write(s->freeze->held, &bytes);
    if (bytes.over_limit)
        return OK;
    s->next->kept.file = st->next_file++;
    enum err e = kept_file_write(&st->world, buf_slice(&bytes), &s->next->kept, why);
    count_add(&st->bytes_written, bytes.len);
    return e;
}

static enum err write_files(struct sealing *s, struct fault *why)
{
    struct store *st = s->st;
    enum err e = OK;
    for (uint32_t t = 0; t < st->schema->table_count && !e; t++)
        e = seal_table(s, t, why);
    for (uint32_t i = 0; i < st->schema->subject_count && !e; i++) {
        e = seal_dict(s, st->subject_dicts[i], s->freeze->subject_counts[i], &st->subject_files[i],
                      why);
        s->next->subject_dicts[i] = st->subject_files[i];
    }
    if (!e)
        e = seal_kept(s, why);
    if (!e)
        e = st->world.ops->sync_dir(&st->world, "segments", why);
    if (!e)
        e = st->world.ops->sync_dir(&st->world, "dict", why);
    if (e)
        return e;
    s->manifest_tried = true;
    return image_write(st, s->next, why);
}

// A sealing that failed is tried again; it must not fill the disk with what it wrote.
static void remove_unnamed(struct sealing *s)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    for (uint32_t i = 0; i < s->swap_count && !s->manifest_tried; i++) {
        if (!s->swaps[i].out.part)
            continue;
        segment_file_name(s->swaps[i].out.part->file, name);
        (void)s->st->world.ops->remove(&s->st->world, name, NULL);
    }
    if (!s->manifest_tried && s->next->kept.file) {
        kept_file_name(s->next->kept.file, name);
        (void)s->st->world.ops->remove(&s->st->world, name, NULL);
    }
}

static void take_effect(struct sealing *s)
{
    struct store *st = s->st;
    image_replace(st, s->next);
    s->next = NULL;
    store_swap(st, s->swaps, s->swap_count);
    pthread_mutex_lock(&st->jobs);
    struct freeze *done = st->freeze;
    st->freeze = NULL;
    st->log_drop_before = done->log_first;
    pthread_cond_broadcast(&st->jobs_changed);
    pthread_mutex_unlock(&st->jobs);
    freeze_free(st, done);
}

enum err seal_run(struct store *st, struct fault *why)
{
    struct sealing s = {.st = st, .next = image_new(st->schema)};
    pthread_mutex_lock(&st->jobs);
    s.freeze = st->freeze;
    pthread_mutex_unlock(&st->jobs);
    CHECK(s.freeze);
    s.next->log_first = s.freeze->log_first;
    s.next->position_count = s.freeze->position_count;
    s.next->positions = store_calloc(s.freeze->position_count + 1, sizeof(struct position));
    memcpy(s.next->positions, s.freeze->positions,
           s.freeze->position_count * sizeof(struct position));
    enum err e = write_files(&s, why);
    if (!e)
        take_effect(&s);
    else
        remove_unnamed(&s);
    for (uint32_t i = 0; i < s.swap_count; i++)
        swap_done(&s.swaps[i]);
    free(s.swaps);
    image_free(s.next, st->schema);
    return e;
}
