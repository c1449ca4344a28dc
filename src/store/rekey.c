// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "store/store_private.h"

#include <stdlib.h>

// The pseudonyms of a kind get another layer (keys/layer.h) before the store is opened.
//
// Rows, segments, look-ups and the log's segments hold codes; only the kind's dictionary has the
// 16 bytes.  So one file is written anew, in the order of its codes, and no segment:
//
//     open the store under the schema of its manifest, nobody listening, and seal all that the
//     log brings, as its records have values of the old layer
//     write each dictionary that changes, with values that come from whoever has the keys
//     write the manifest: the new files and their generation
//     remove the old files, and the log's
//
// Until the manifest is replaced the old store is whole; from then on the new one is.  A crash at
// any step leaves one or the other, and the next opening goes on from there.

enum { ARENA_BYTES = 1 << 30, AT_ONCE = 1024, VALUE_BYTES = 16 };

struct rekeying {
    struct store *st;
    const struct store_layers *layers;
};

static uint32_t wanted(const struct store_layers *l, const char *kind, uint32_t now)
{
    uint32_t generation = l->generation(l->context, kind);
    return generation == STORE_LAYER_STAYS ? now : generation;
}

static enum err convert(const struct rekeying *r, uint32_t subject, struct dict *to,
                        struct fault *why)
{
    struct store *st = r->st;
    const struct dict *from = st->subject_dicts[subject];
    uint32_t count = dict_count(from);
    struct store_relayer q = {.kind = st->schema->subjects[subject],
                              .from = st->subject_files[subject].generation};
    q.to = wanted(r->layers, q.kind, q.from);
    for (uint32_t first = 0; first < count; first += q.count) {
        uint8_t values[AT_ONCE][VALUE_BYTES];
        q.count = count - first < AT_ONCE ? count - first : AT_ONCE;
        for (uint32_t i = 0; i < q.count; i++)
            memcpy(values[i], dict_value(from, first + i).at, VALUE_BYTES);
        q.values = values;
        enum err e = r->layers->convert(r->layers->context, &q, why);
        for (uint32_t i = 0; !e && i < q.count; i++) {
            uint32_t code = 0;
            e = dict_add(to, slice_of(values[i], VALUE_BYTES), &code, why);
            if (!e && code != first + i)
                e = fail(why, ERR_CORRUPT, "two pseudonyms of %s became one", q.kind);
        }
        if (e)
            return e;
    }
    return OK;
}

static enum err write_anew(const struct rekeying *r, uint32_t subject, struct manifest_dict *out,
                           struct fault *why)
{
    struct store *st = r->st;
    struct dict *d = dict_new(VALUE_BYTES);
    struct manifest_dict file = {0};
    enum err e = convert(r, subject, d, why);
    if (!e && dict_count(d) > 0)
        e = dict_file_append(&st->world, d, dict_count(d), st->next_file++, &file, why);
    dict_free(d);
    if (e)
        return fail_in(why, e, "pseudonyms of %s", st->schema->subjects[subject]);
    file.generation = wanted(r->layers, st->schema->subjects[subject], out->generation);
    *out = file;
    return OK;
}

static enum err rekey(const struct rekeying *r, struct fault *why)
{
    struct store *st = r->st;
    enum err e = seal_freeze(st, why);
    if (!e)
        e = seal_run(st, why);
    if (e)
        return e;
    struct image *next = image_copy(st->image, st->schema, st->schema->table_count);
    next->kept = (struct manifest_kept){0}; // the listener counts anew
    for (uint32_t i = 0; !e && i < st->schema->subject_count; i++) {
        if (next->subject_dicts[i].generation !=
            wanted(r->layers, st->schema->subjects[i], next->subject_dicts[i].generation))
            e = write_anew(r, i, &next->subject_dicts[i], why);
    }
    if (!e)
        e = st->world.ops->sync_dir(&st->world, "dict", why);
    if (!e)
        e = image_write(st, next, why);
    if (e) {
        image_free(next, st->schema);
        return e;
    }
    image_replace(st, next);
    leftovers_remove(st);
    return wal_drop_before(st->log, st->image->log_first, why);
}

static bool is_due(const struct manifest *m, const struct store_layers *layers)
{
    for (uint32_t i = 0; i < m->schema.subject_count; i++) {
        if (m->subject_dicts[i].generation !=
            wanted(layers, m->schema.subjects[i], m->subject_dicts[i].generation))
            return true;
    }
    return false;
}

enum err store_rekey(const struct world *w, const struct store_options *options, struct fault *why)
{
    struct manifest manifest;
    struct buf bytes AUTO(buf_donep) = buf_init(MANIFEST_BYTES_MAX);
    struct arena *arena AUTO(arena_freep) = arena_new(ARENA_BYTES);
    struct rekeying r = {.layers = options->layers};
    if (!r.layers)
        return OK;
    enum err e = world_read_file(w, "manifest", &bytes, why);
    if (e == ERR_NOT_FOUND)
        return OK;
    if (!e)
        e = manifest_decode(buf_slice(&bytes), arena, &manifest, why);
    if (e || !is_due(&manifest, r.layers))
        return e;
    struct store_options alone = *options;
    alone.background = false;
    alone.listener = NULL;
    alone.layers = NULL;
    e = store_open(w, &manifest.schema, &alone, &r.st, why);
    if (!e)
        e = rekey(&r, why);
    store_close(r.st);
    return e ? fail_in(why, e, "changing pseudonyms") : OK;
}
