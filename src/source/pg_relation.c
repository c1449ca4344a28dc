// SPDX-License-Identifier: Apache-2.0
#include "source/pg_relation.h"

#include "base/hash.h"

#include <stdlib.h>

// Open addressing, a power of two of slots, at most half full; oid 0 is an empty slot
// (no relation has it).
struct pg_relations {
    const struct pg_shape *shapes;
    uint32_t shape_count;
    uint32_t count, size;
    struct pg_relation_map *slots;
};

static struct pg_relation_map *slots_new(uint32_t size)
{
    struct pg_relation_map *slots = calloc(size, sizeof *slots);
    if (!slots)
        abort(); // out of memory, as an arena would
    return slots;
}

struct pg_relations *pg_relations_new(const struct pg_shape *shapes, uint32_t shape_count)
{
    struct pg_relations *r = calloc(1, sizeof *r);
    if (!r)
        abort();
    *r = (struct pg_relations){
        .shapes = shapes, .shape_count = shape_count, .size = 64, .slots = slots_new(64)};
    return r;
}

void pg_relations_free(struct pg_relations *r)
{
    if (!r)
        return;
    for (uint32_t i = 0; i < r->size; i++)
        free(r->slots[i].places);
    free(r->slots);
    free(r);
}

static struct pg_relation_map *slot_of(const struct pg_relations *r, uint32_t oid)
{
    uint64_t i = hash_u64(oid);
    for (;; i++) {
        struct pg_relation_map *slot = &r->slots[i & (r->size - 1)];
        if (slot->oid == oid || slot->oid == 0)
            return slot;
    }
}

static void grow(struct pg_relations *r)
{
    struct pg_relation_map *old = r->slots;
    uint32_t old_size = r->size;
    r->size *= 2;
    r->slots = slots_new(r->size);
    for (uint32_t i = 0; i < old_size; i++)
        if (old[i].oid != 0)
            *slot_of(r, old[i].oid) = old[i];
    free(old);
}

static int table_of(const struct pg_relations *r, const struct pg_relation *relation)
{
    // "" stands for pg_catalog, from which nobody mirrors.
    for (uint32_t i = 0; i < r->shape_count; i++) {
        const struct source_table *t = r->shapes[i].table;
        if (slice_is(relation->name, t->name) && slice_is(relation->schema_name, t->schema_name))
            return (int)i;
    }
    return -1;
}

static enum err find_place(const struct pg_shape *shape, uint32_t column,
                           const struct pg_relation *relation, uint16_t *out, struct fault *why)
{
    const char *name = shape->table->columns[column];
    for (uint32_t i = 0; i < relation->column_count; i++) {
        if (!slice_is(relation->columns[i].name, name))
            continue;
        if (relation->columns[i].type != shape->type_oids[column])
            return fail(why, ERR_CONFLICT, "table %s: column %s is of another type than before",
                        shape->table->name, name);
        *out = (uint16_t)i;
        return OK;
    }
    return fail(why, ERR_CONFLICT, "table %s: column %s is no longer sent", shape->table->name,
                name);
}

static enum err find_places(const struct pg_shape *shape, const struct pg_relation *relation,
                            uint16_t *places, struct fault *why)
{
    for (uint32_t i = 0; i < shape->table->column_count; i++) {
        enum err e = find_place(shape, i, relation, &places[i], why);
        if (e)
            return e;
    }
    return OK;
}

enum err pg_relations_learn(struct pg_relations *r, const struct pg_relation *relation,
                            struct fault *why)
{
    if (relation->oid == 0)
        return fail(why, ERR_CORRUPT, "a relation without an id");
    if (r->count >= PG_RELATIONS_MAX)
        return fail(why, ERR_LIMIT, "more than %d relations in one stream", PG_RELATIONS_MAX);

    struct pg_relation_map map = {.oid = relation->oid, .table = table_of(r, relation)};
    if (map.table >= 0) {
        const struct pg_shape *shape = &r->shapes[map.table];
        map.places = calloc(shape->table->column_count + 1, sizeof *map.places);
        if (!map.places)
            abort();
        enum err e = find_places(shape, relation, map.places, why);
        if (e) {
            free(map.places);
            return e;
        }
    }
    if (r->count * 2 >= r->size)
        grow(r);
    struct pg_relation_map *slot = slot_of(r, relation->oid);
    r->count += slot->oid == 0;
    free(slot->places);
    *slot = map;
    return OK;
}

enum err pg_relations_get(const struct pg_relations *r, uint32_t oid,
                          const struct pg_relation_map **out, struct fault *why)
{
    const struct pg_relation_map *slot = slot_of(r, oid);
    if (oid == 0 || slot->oid == 0)
        return fail(why, ERR_CORRUPT, "a change of relation %u, which was never described", oid);
    *out = slot;
    return OK;
}
