// SPDX-License-Identifier: Apache-2.0
#include "store/table.h"

#include "base/check.h"
#include "store/read_fault.h"

#include <stdlib.h>

static void add_entry(struct table_store *t, struct entry e)
{
    if (t->entry_count == t->entry_size) {
        t->entry_size = t->entry_size ? t->entry_size * 2 : 8;
        t->entries = realloc(t->entries, t->entry_size * sizeof *t->entries);
        CHECK(t->entries);
    }
    t->entries[t->entry_count++] = e;
}

static void add_memory(struct table_store *t)
{
    add_entry(t, entry_of_part(part_of_memory(t->shape, t->next_row)));
}

static void lock_init(pthread_rwlock_t *lock)
{
    pthread_rwlockattr_t attr;
    pthread_rwlockattr_init(&attr);
    // Readers come in crowds; the one writer must not wait for a gap between them.
    pthread_rwlockattr_setkind_np(&attr, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
    CHECK(pthread_rwlock_init(lock, &attr) == 0);
    pthread_rwlockattr_destroy(&attr);
}

void table_init(struct table_store *t, const struct table *shape, struct dict **dicts,
                bool is_referred)
{
    *t = (struct table_store){.shape = shape, .dicts = dicts};
    lock_init(&t->keys.lock);
    t->keys.map = keymap_new();
    if (is_referred && shape->key_field >= 0)
        t->lookup = lookup_new(shape);
    add_memory(t);
}

void table_done(struct table_store *t)
{
    for (uint32_t i = 0; i < t->entry_count; i++)
        entry_unref(&t->entries[i]);
    free(t->entries);
    free(t->gone);
    free(t->dicts);
    keymap_free(t->keys.map);
    lookup_free(t->lookup);
    pthread_rwlock_destroy(&t->keys.lock);
}

struct entry *table_active(struct table_store *t)
{
    return &t->entries[t->entry_count - 1];
}

uint32_t table_memory_rows(const struct table_store *t)
{
    return t->entries[t->entry_count - 1].rows;
}

const struct part *table_part(const struct table_store *t, uint64_t row, uint32_t *out_place)
{
    uint32_t entry = 0;
    CHECK(entries_find(t->entries, t->entry_count, row, &entry, out_place));
    return t->entries[entry].part;
}

static bool loaded_key(const void *context, uint64_t row, struct row_key key)
{
    uint32_t place = 0;
    const struct part *p = table_part(context, row, &place);
    return row_key_equal(part_key_at(p, place), key);
}

static bool load_block(struct table_store *t, const struct entry *e, uint32_t block,
                       struct row_key *keys)
{
    enum { AHEAD = 16 };

    struct keymap_probe probe = {.has_key = loaded_key, .context = t};
    const uint64_t *live = entry_live(e, block);
    uint32_t rows = entry_block_rows(e, block);
    part_keys(e->part, block, rows, keys);
    for (uint32_t i = 0; i < rows; i++) {
        if (i + AHEAD < rows)
            keymap_prefetch(t->keys.map, keys[i + AHEAD]);
        if (!bit_get(live, i))
            continue;
        uint64_t row = e->part->first_row + (uint64_t)block * BLOCK_ROWS + i;
        if (keymap_put(t->keys.map, keys[i], row, probe) != KEYMAP_NONE)
            return false;
    }
    const struct lookup_block b = {block, rows, live};
    if (t->lookup)
        lookup_put_block(t->lookup, e->part->first_row + (uint64_t)block * BLOCK_ROWS, e->part, &b);
    return true;
}

enum err table_load(struct table_store *t, struct entry e, struct fault *why)
{
    struct entry memory = *table_active(t);
    CHECK(memory.rows == 0 && e.part->first_row == t->next_row);
    entry_unref(&memory);
    t->entry_count--;
    add_entry(t, e);
    t->next_row += e.part->span;
    add_memory(t);

    struct row_key *keys = malloc(BLOCK_ROWS * sizeof *keys);
    CHECK(keys);
    bool good = true;
    enum err unread = OK;
    (void)read_fault_take(NULL); // what is left of other work of this thread
    for (uint32_t b = 0; b < entry_block_count(&e) && good && !unread; b++) {
        good = load_block(t, &e, b, keys);
        unread = read_fault_take(why);
    }
    free(keys);
    if (unread)
        return unread;
    return good ? OK : fail(why, ERR_CORRUPT, "table %s has two rows of one key", t->shape->name);
}

void table_clear(struct table_store *t)
{
    for (uint32_t i = 0; i < t->entry_count; i++)
        entry_unref(&t->entries[i]);
    t->entry_count = 0;
    pthread_rwlock_wrlock(&t->keys.lock);
    keymap_clear(t->keys.map);
    t->keys.gone_epoch = t->epoch + 1;
    pthread_rwlock_unlock(&t->keys.lock);
    if (t->lookup)
        lookup_clear(t->lookup);
    add_memory(t);
    t->is_touched = true;
    t->is_cleared = true;
    t->fresh_from = t->next_row;
    t->gone_count = 0;
}

struct view *table_publish(struct table_store *t, const struct view *like)
{
    struct entry *entries = calloc(t->entry_count, sizeof *entries);
    struct cow **roots = t->lookup ? calloc(t->shape->field_count, sizeof(struct cow *)) : NULL;
    CHECK(entries && (roots || !t->lookup));
    for (uint32_t i = 0; i < t->entry_count; i++)
        entries[i] = entry_ref(&t->entries[i]);
    if (roots)
        lookup_share(t->lookup, roots);
    struct view *v = view_new(like, entries, t->entry_count, roots);
    v->epoch = ++t->epoch;
    free(entries);
    free(roots);
    t->is_touched = false;
    t->is_cleared = false;
    t->fresh_from = t->next_row;
    t->gone_count = 0;
    return v;
}

bool table_freeze(struct table_store *t)
{
    if (table_memory_rows(t) == 0)
        return false;
    add_memory(t);
    return true;
}

// Where the parts of `then` begin in `entries`; false when one of them is missing.
static bool find_neighbours(const struct entry *entries, uint32_t entry_count,
                            const struct entry *then, uint32_t count, uint32_t *out_at)
{
    for (uint32_t at = 0; at + count <= entry_count; at++) {
        uint32_t same = 0;
        while (same < count && entries[at + same].part == then[same].part)
            same++;
        if (same == count) {
            *out_at = at;
            return true;
        }
    }
    return false;
}

bool entries_replace(struct entry *entries, uint32_t *entry_count, const struct entry *then,
                     uint32_t count, const struct entry *out)
{
    uint32_t at = 0;
    if (!find_neighbours(entries, *entry_count, then, count, &at))
        return false;
    uint32_t kept = 0;
    if (out->part) {
        struct entry now = entry_ref(out);
        entry_carry_deaths(&now, then, &entries[at], count);
        for (uint32_t i = 0; i < count; i++)
            entry_unref(&entries[at + i]);
        entries[at] = now;
        kept = 1;
    } else {
        for (uint32_t i = 0; i < count; i++)
            entry_unref(&entries[at + i]);
    }
    memmove(&entries[at + kept], &entries[at + count],
            (*entry_count - at - count) * sizeof *entries);
    *entry_count -= count - kept;
    return true;
}
