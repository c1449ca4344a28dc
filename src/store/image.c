// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/store_private.h"

#include <stdlib.h>
#include <string.h>

struct image *image_new(const struct schema *s)
{
    struct image *im = store_calloc(1, sizeof *im);
    im->tables = store_calloc(s->table_count + 1, sizeof *im->tables);
    im->subject_dicts = store_calloc(s->subject_count + 1, sizeof *im->subject_dicts);
    for (uint32_t t = 0; t < s->table_count; t++)
        im->tables[t].dicts =
            store_calloc(s->tables[t].field_count + 1, sizeof *im->tables[t].dicts);
    return im;
}

void image_free(struct image *im, const struct schema *s)
{
    if (!im)
        return;
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t i = 0; i < im->tables[t].segment_count; i++)
            entry_unref(&im->tables[t].segments[i].entry);
        free(im->tables[t].segments);
        free(im->tables[t].dicts);
    }
    free(im->tables);
    free(im->subject_dicts);
    free(im->positions);
    free(im);
}

void image_copy_heads(struct image *to, const struct image *from, const struct schema *s)
{
    to->log_first = from->log_first;
    to->position_count = from->position_count;
    to->positions = store_calloc(from->position_count + 1, sizeof *to->positions);
    memcpy(to->positions, from->positions, from->position_count * sizeof *from->positions);
    memcpy(to->subject_dicts, from->subject_dicts, s->subject_count * sizeof *from->subject_dicts);
}

struct image *image_copy(const struct image *im, const struct schema *s, uint32_t but_table)
{
    struct image *copy = image_new(s);
    image_copy_heads(copy, im, s);
    copy->kept = im->kept;
    for (uint32_t t = 0; t < s->table_count; t++) {
        const struct image_table *from = &im->tables[t];
        memcpy(copy->tables[t].dicts, from->dicts, s->tables[t].field_count * sizeof *from->dicts);
        for (uint32_t i = 0; t != but_table && i < from->segment_count; i++) {
            struct image_segment segment = from->segments[i];
            segment.entry = entry_ref(&from->segments[i].entry);
            image_add(&copy->tables[t], segment);
        }
    }
    return copy;
}

void image_add(struct image_table *t, struct image_segment segment)
{
    t->segments = realloc(t->segments, (t->segment_count + 1) * sizeof *t->segments);
    CHECK(t->segments);
    t->segments[t->segment_count++] = segment;
}

static void describe_tables(const struct store *st, const struct image *im,
                            struct manifest_table *out)
{
    for (uint32_t t = 0; t < st->schema->table_count; t++) {
        const struct image_table *from = &im->tables[t];
        out[t].dicts = from->dicts;
        out[t].segment_count = from->segment_count;
        out[t].segments = store_calloc(from->segment_count + 1, sizeof *out[t].segments);
        for (uint32_t i = 0; i < from->segment_count; i++)
            out[t].segments[i] = (struct manifest_segment){
                .file = from->segments[i].entry.part->file,
                .live_file = from->segments[i].live_file,
                .rows = from->segments[i].entry.rows,
            };
    }
}

enum err image_write(struct store *st, const struct image *im, struct fault *why)
{
    struct manifest m = {
        .schema = *st->schema,
        .log_first = im->log_first,
        .next_file = st->next_file,
        .position_count = im->position_count,
        .positions = im->positions,
        .tables = store_calloc(st->schema->table_count + 1, sizeof *m.tables),
        .subject_dicts = im->subject_dicts,
        .kept = im->kept,
    };
    describe_tables(st, im, m.tables);
    struct buf bytes AUTO(buf_donep) = buf_init(MANIFEST_BYTES_MAX);
    enum err e = manifest_encode(&m, &bytes, why);
    for (uint32_t t = 0; t < st->schema->table_count; t++)
        free(m.tables[t].segments);
    free(m.tables);
    if (e)
        return e;
    count_add(&st->bytes_written, bytes.len);
    return world_write_file(&st->world, "manifest", buf_slice(&bytes), why);
}

static bool names_segment(const struct image_table *t, uint64_t file)
{
    for (uint32_t i = 0; i < t->segment_count; i++) {
        if (t->segments[i].entry.part->file == file)
            return true;
    }
    return false;
}

static bool names_live_file(const struct image_table *t, uint64_t file)
{
    for (uint32_t i = 0; i < t->segment_count; i++) {
        if (t->segments[i].live_file == file)
            return true;
    }
    return false;
}

// A file that stays behind does no harm: it goes when the store is opened.
static void remove_file(struct store *st, const char *name)
{
    (void)st->world.ops->remove(&st->world, name, NULL);
}

static void remove_old(struct store *st, const struct image_table *old,
                       const struct image_table *next)
{
    char name[SEGMENT_FILE_NAME_BYTES];
    for (uint32_t i = 0; i < old->segment_count; i++) {
        const struct image_segment *s = &old->segments[i];
        if (!names_segment(next, s->entry.part->file)) {
            segment_file_name(s->entry.part->file, name);
            remove_file(st, name);
        }
        if (s->live_file && !names_live_file(next, s->live_file)) {
            live_file_name(s->live_file, name);
            remove_file(st, name);
        }
    }
}

void image_replace(struct store *st, struct image *next)
{
    struct image *old = st->image;
    st->image = next;
    for (uint32_t t = 0; t < st->schema->table_count; t++) {
        uint64_t bytes = 0;
        for (uint32_t i = 0; i < next->tables[t].segment_count; i++)
            bytes += segment_bytes(next->tables[t].segments[i].entry.part->segment);
        for (uint32_t f = 0; f < st->schema->tables[t].field_count; f++)
            bytes += next->tables[t].dicts[f].bytes;
        __atomic_store_n(&st->disk_bytes[t], bytes, __ATOMIC_RELAXED);
        if (old)
            remove_old(st, &old->tables[t], &next->tables[t]);
    }
    if (old && old->kept.file && old->kept.file != next->kept.file) {
        char name[SEGMENT_FILE_NAME_BYTES];
        kept_file_name(old->kept.file, name);
        remove_file(st, name);
    }
    image_free(old, st->schema);
}
