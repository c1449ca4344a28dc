// SPDX-License-Identifier: Apache-2.0
#include "store/store_private.h"

#include <stdio.h>

static uint64_t memory_of_entry(const struct entry *e)
{
    uint64_t bytes = cow_bytes(e->live);
    if (e->part->memory)
        return bytes + memory_bytes(e->part->memory);
    return bytes + segment_memory(e->part->segment) + rowmap_bytes(e->part->rowmap) +
           attributes_bytes(e->part->attributes);
}

static void table_stats(const struct store *st, uint32_t table, struct store_table_stats *out)
{
    const struct table_store *t = &st->tables[table];
    *out = (struct store_table_stats){
        .name = t->shape->name,
        .bytes_disk = count_get(&st->disk_bytes[table]),
        .bytes_memory = keymap_bytes(t->keys.map) + (t->lookup ? lookup_bytes(t->lookup) : 0),
        .changes = t->changes,
    };
    for (uint32_t i = 0; i < t->entry_count; i++) {
        const struct entry *e = &t->entries[i];
        out->rows += e->live_rows;
        out->rows_dead += e->rows - e->live_rows;
        out->segments += e->part->segment != NULL;
        out->bytes_memory += memory_of_entry(e);
        const char *broken = e->part->segment ? segment_broken(e->part->segment) : NULL;
        if (broken && !out->broken[0])
            snprintf(out->broken, sizeof out->broken, "%s", broken);
    }
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        if (t->dicts[f] && !t->shape->fields[f].subject)
            out->bytes_memory += dict_bytes(t->dicts[f]);
    }
}

static void add_entry(const struct entry *e, struct store_memory *m)
{
    if (e->part->memory) {
        m->memory_part += memory_bytes(e->part->memory) + cow_bytes(e->live);
        return;
    }
    m->segments +=
        segment_beside(e->part->segment) + rowmap_bytes(e->part->rowmap) + cow_bytes(e->live);
}

static void add_table(const struct table_store *t, struct store_memory *m)
{
    m->keys += keymap_bytes(t->keys.map);
    m->lookups += t->lookup ? lookup_bytes(t->lookup) : 0;
    for (uint32_t i = 0; i < t->entry_count; i++)
        add_entry(&t->entries[i], m);
    for (uint32_t f = 0; f < t->shape->field_count; f++)
        if (t->dicts[f] && !t->shape->fields[f].subject)
            m->dictionaries += dict_bytes(t->dicts[f]);
}

static void count_memory(struct store *st, struct store_memory *out)
{
    *out = (struct store_memory){.attributes = count_get(&st->attribute_room.used)};
    pthread_mutex_lock(&st->state);
    for (uint32_t i = 0; i < st->schema->table_count; i++)
        add_table(&st->tables[i], out);
    for (uint32_t i = 0; i < st->schema->subject_count; i++)
        out->dictionaries += dict_bytes(st->subject_dicts[i]);
    pthread_mutex_unlock(&st->state);
    if (st->listener.bytes)
        out->kept = st->listener.bytes(st->listener.context);
}

// Attributes are charged as they come and go, and the memory part has a bound of its own.
void store_charge(struct store *st)
{
    struct store_memory m;
    count_memory(st, &m);
    units_charge_beside(st->units, m.keys + m.lookups + m.dictionaries + m.segments + m.kept);
}

void store_stats(struct store *st, struct store_stats *out)
{
    out->log_bytes = count_get(&st->log_bytes);
    out->commits = count_get(&st->commits);
    out->syncs = count_get(&st->syncs);
    out->bytes_written = count_get(&st->bytes_written);
    units_stats(st->units, &out->segments);
    count_memory(st, &out->memory);
    out->table_count = st->schema->table_count;
    pthread_mutex_lock(&st->state);
    for (uint32_t t = 0; t < st->schema->table_count; t++)
        table_stats(st, t, &out->tables[t]);
    pthread_mutex_unlock(&st->state);
}

enum err store_space(const struct store *st, uint64_t *out_bytes, uint64_t *out_free,
                     struct fault *why)
{
    return world_space(&st->world, out_bytes, out_free, why);
}
