// SPDX-License-Identifier: Apache-2.0
#include "base/buf.h"
#include "base/check.h"
#include "store/store_private.h"

#include <stdio.h>
#include <stdlib.h>

// Work that did not end leaves files behind: NAME.tmp, and segments, live files and
// dictionaries with numbers that no manifest names.

enum { NAMES_BYTES_MAX = 16 << 20 };

static void note_name(void *context, const char *entry)
{
    struct buf *names = context;
    buf_bytes(names, entry, strlen(entry) + 1);
}

static bool image_names(const struct image *im, const struct schema *s, uint64_t file)
{
    if (im->kept.file == file)
        return true;
    for (uint32_t i = 0; i < s->subject_count; i++) {
        if (im->subject_dicts[i].file == file)
            return true;
    }
    for (uint32_t t = 0; t < s->table_count; t++) {
        for (uint32_t f = 0; f < s->tables[t].field_count; f++) {
            if (im->tables[t].dicts[f].file == file)
                return true;
        }
        for (uint32_t i = 0; i < im->tables[t].segment_count; i++) {
            const struct image_segment *segment = &im->tables[t].segments[i];
            if (segment->entry.part->file == file || segment->live_file == file)
                return true;
        }
    }
    return false;
}

// The number in front of the name's point; false for a name that is not ours.
static bool file_number(const char *name, uint64_t *out)
{
    uint64_t v = 0;
    for (int i = 0; i < 16; i++) {
        char c = name[i];
        bool digit = c >= '0' && c <= '9';
        if (!digit && !(c >= 'a' && c <= 'f'))
            return false;
        v = v << 4 | (uint64_t)(digit ? c - '0' : c - 'a' + 10);
    }
    *out = v;
    return name[16] == '.';
}

static bool is_leftover(const struct store *st, const char *name)
{
    uint64_t file = 0;
    if (!file_number(name, &file))
        return false;
    const char *ending = name + 16;
    if (strstr(ending, ".tmp"))
        return true;
    bool ours = strcmp(ending, ".segment") == 0 || strcmp(ending, ".live") == 0 ||
                strcmp(ending, ".dict") == 0 || strcmp(ending, ".kept") == 0;
    return ours && !image_names(st->image, st->schema, file);
}

static void sweep(struct store *st, const char *directory)
{
    struct buf names AUTO(buf_donep) = buf_init(NAMES_BYTES_MAX);
    // What cannot be listed or removed now stays for the next time; it does no harm.
    if (st->world.ops->list(&st->world, directory, note_name, &names, NULL) != OK)
        return;
    for (size_t at = 0; at < names.len;) {
        const char *name = (const char *)names.at + at;
        char path[512];
        at += strlen(name) + 1;
        int len = snprintf(path, sizeof path, "%s/%s", directory, name);
        if (len > 0 && (size_t)len < sizeof path && is_leftover(st, name))
            (void)st->world.ops->remove(&st->world, path, NULL);
    }
}

void leftovers_remove(struct store *st)
{
    sweep(st, "segments");
    sweep(st, "dict");
    (void)st->world.ops->remove(&st->world, "manifest.tmp", NULL); // most often not there
}
