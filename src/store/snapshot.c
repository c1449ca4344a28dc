// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "store/snapshot_private.h"
#include "store/store.h"

#include <stdlib.h>

static void *checked(void *at)
{
    CHECK(at);
    return at;
}

static void adopt_entries(struct view *v, const struct entry *entries, uint32_t count)
{
    v->entries = checked(calloc(count + 1, sizeof *v->entries));
    for (uint32_t i = 0; i < count; i++) {
        if (entries[i].rows == 0) { // an empty memory part is no block
            struct entry empty = entries[i];
            entry_unref(&empty);
            continue;
        }
        struct entry *e = &v->entries[v->entry_count++];
        *e = entries[i];
        e->first_block = v->block_count;
        v->block_count += entry_block_count(e);
        v->rows += e->live_rows;
    }
}

struct view *view_new(const struct view *like, const struct entry *entries, uint32_t entry_count,
                      struct cow **lookups)
{
    uint32_t fields = like->table->field_count;
    struct view *v = checked(calloc(1, sizeof *v + fields * sizeof v->dict_counts[0]));
    v->refs = 1;
    v->table = like->table;
    v->keys = like->keys;
    v->dicts = like->dicts;
    v->epoch = like->epoch;
    v->attribute_room = like->attribute_room;
    adopt_entries(v, entries, entry_count);
    for (uint32_t f = 0; f < fields; f++)
        v->dict_counts[f] = v->dicts[f] ? dict_count(v->dicts[f]) : 0;
    if (lookups) {
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
        v->lookups = checked(calloc(fields + 1, sizeof *v->lookups));
        // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
        memcpy(v->lookups, lookups, fields * sizeof *lookups);
    }
    return v;
}

struct view *view_ref(struct view *v)
{
    __atomic_fetch_add(&v->refs, 1, __ATOMIC_RELAXED);
    return v;
}

void view_unref(struct view *v)
{
    if (!v || __atomic_fetch_sub(&v->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    for (uint32_t i = 0; i < v->entry_count; i++)
        entry_unref(&v->entries[i]);
    for (uint32_t f = 0; v->lookups && f < v->table->field_count; f++)
        cow_unref(v->lookups[f]);
    free(v->lookups);
    free(v->entries);
    free(v);
}

struct snapshot *snapshot_new(const struct schema *s, struct view *const *views, uint64_t version,
                              // NOLINTNEXTLINE(readability-non-const-parameter): an atomic
                              uint32_t *alive)
{
    uint32_t count = s->table_count;
    // NOLINTNEXTLINE(bugprone-sizeof-expression): an array of pointers.
    struct snapshot *snap = checked(malloc(sizeof *snap + count * sizeof snap->views[0]));
    *snap = (struct snapshot){
        .refs = 1,
        .table_count = count,
        .schema = s,
        .version = version,
        .alive = alive,
    };
    for (uint32_t t = 0; t < count; t++)
        snap->views[t] = views[t];
    __atomic_fetch_add(alive, 1, __ATOMIC_RELAXED);
    return snap;
}

struct snapshot *snapshot_ref(struct snapshot *s)
{
    __atomic_fetch_add(&s->refs, 1, __ATOMIC_RELAXED);
    return s;
}

void snapshot_free(struct snapshot *s)
{
    if (!s || __atomic_fetch_sub(&s->refs, 1, __ATOMIC_ACQ_REL) != 1)
        return;
    for (uint32_t t = 0; t < s->table_count; t++)
        view_unref(s->views[t]);
    __atomic_fetch_sub(s->alive, 1, __ATOMIC_ACQ_REL);
    free(s);
}

static void meet(uint32_t table, uint64_t *is_met, uint32_t *reached, uint32_t *count)
{
    CHECK(table < LIMIT_TABLES);
    if (bit_get(is_met, table))
        return;
    bit_set(is_met, table);
    reached[(*count)++] = table;
}

const struct schema *snapshot_schema(const struct snapshot *s)
{
    return s->schema;
}

const struct view *snapshot_view(const struct snapshot *s, uint32_t table)
{
    CHECK(table < s->table_count);
    return s->views[table];
}

uint64_t snapshot_term(const struct snapshot *s)
{
    return s->term;
}

uint64_t snapshot_version(const struct snapshot *s)
{
    return s->version;
}

// Snapshots come one after the other and no epoch ever falls, so a sum is as it was only when every
// one of them is.
uint64_t snapshot_version_of(const struct snapshot *s, const uint32_t *tables, uint32_t count)
{
    uint64_t is_met[LIMIT_TABLES / 64] = {0};
    uint32_t reached[LIMIT_TABLES];
    uint32_t reached_count = 0;
    uint64_t version = 0;
    for (uint32_t i = 0; i < count; i++)
        meet(tables[i], is_met, reached, &reached_count);
    for (uint32_t i = 0; i < reached_count; i++) {
        const struct table *t = &s->schema->tables[reached[i]];
        version += view_epoch(s->views[reached[i]]);
        for (uint32_t f = 0; f < t->field_count; f++)
            if (t->fields[f].lookup_table >= 0)
                meet((uint32_t)t->fields[f].lookup_table, is_met, reached, &reached_count);
    }
    return version;
}
