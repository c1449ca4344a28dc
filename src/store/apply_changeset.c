// SPDX-License-Identifier: Apache-2.0
#include "base/check.h"
#include "base/limits.h"
#include "store/store_private.h"

#include <stdlib.h>

const struct position *position_find(const struct position_list *list, const char *source)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].source, source) == 0)
            return &list->at[i];
    }
    return NULL;
}

struct position *position_slot(struct position_list *list, const char *source)
{
    for (uint32_t i = 0; i < list->count; i++) {
        if (strcmp(list->at[i].source, source) == 0)
            return &list->at[i];
    }
    return list->count < MANIFEST_POSITIONS_MAX ? &list->at[list->count++] : NULL;
}

// Values of one column that could be new to its dictionary must fit.
static enum err check_dicts(const struct store *st, const struct batch *b, struct fault *why)
{
    const struct table_store *t = &st->tables[b->table];
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        if (!t->dicts[f])
            continue;
        if ((uint64_t)dict_count(t->dicts[f]) + (LIMIT_CHANGESET_BYTES) >= CODE_NONE - 1)
            return fail(why, ERR_LIMIT, "dictionary of %s.%s is full", t->shape->name,
                        t->shape->fields[f].name);
    }
    return OK;
}

static enum err check_codes(const struct table *t, const struct batch *b, struct fault *why)
{
    for (uint32_t f = 0; f < t->field_count; f++) {
        const struct batch_column *c = &b->columns[f];
        if (field_storage(t->fields[f].type) != STORAGE_CODE)
            continue;
        for (uint32_t i = 0; i < b->row_count; i++) {
            if (bit_get(c->present, i) && c->codes[i] >= c->value_count)
                return fail(why, ERR_INVALID, "batch of %s: code of %s out of range", t->name,
                            t->fields[f].name);
        }
    }
    return OK;
}

static enum err check_batch(const struct store *st, const struct batch *b, struct fault *why)
{
    if (b->table >= st->schema->table_count)
        return fail(why, ERR_INVALID, "batch of table %u; there are %u", b->table,
                    st->schema->table_count);
    const struct table *t = &st->schema->tables[b->table];
    if (b->row_count == 0 || b->row_count > LIMIT_BATCH_ROWS)
        return fail(why, ERR_LIMIT, "batch of %s has %u rows; the limit is %d", t->name,
                    b->row_count, LIMIT_BATCH_ROWS);
    for (uint32_t i = 0; i < b->row_count; i++) {
        if (b->ops[i] >= ROW_OP_COUNT || (b->ops[i] == ROW_MOVE && !b->old_keys))
            return fail(why, ERR_INVALID, "batch of %s: operation of a row", t->name);
    }
    const struct table_store *ts = &st->tables[b->table];
    if (ts->next_row + LIMIT_CHANGESET_BYTES >= (uint64_t)1 << KEYMAP_ROW_BITS)
        return fail(why, ERR_LIMIT, "table %s has used up its row numbers; open the store anew",
                    t->name);
    enum err e = check_codes(t, b, why);
    return e ? e : check_dicts(st, b, why);
}

enum err changeset_check(const struct store *st, const struct changeset *c, struct fault *why)
{
    const char *source = c->position.source;
    if (source[0] == '\0' || !memchr(source, 0, sizeof c->position.source))
        return fail(why, ERR_INVALID, "changeset without the name of its source");
    if (c->position.phase >= PHASE_COUNT)
        return fail(why, ERR_INVALID, "changeset of source %s: phase", source);
    if (!position_find(&st->appended, source) && st->appended.count == MANIFEST_POSITIONS_MAX)
        return fail(why, ERR_LIMIT, "more than %d sources", MANIFEST_POSITIONS_MAX);
    uint64_t memory_rows[LIMIT_TABLES] = {0};
    for (uint32_t i = 0; i < c->batch_count; i++) {
        const struct batch *b = &c->batches[i];
        enum err e = check_batch(st, b, why);
        if (e)
            return e;
        memory_rows[b->table] += b->row_count;
        if (memory_rows[b->table] + table_memory_rows(&st->tables[b->table]) > MEMORY_ROWS_MAX)
            return fail(why, ERR_LIMIT, "table %s has more than %d rows not written out yet",
                        st->schema->tables[b->table].name, MEMORY_ROWS_MAX);
    }
    return OK;
}

// The dictionary's codes of the batch's values, per field.
static uint32_t **map_codes(struct store *st, struct table_store *t, const struct batch *b)
{
    uint32_t **codes = ARENA_ARRAY(st->batch, uint32_t *, t->shape->field_count);
    for (uint32_t f = 0; f < t->shape->field_count; f++) {
        const struct batch_column *c = &b->columns[f];
        if (!t->dicts[f])
            continue;
        codes[f] = ARENA_ARRAY(st->batch, uint32_t, c->value_count + 1);
        enum err e = OK;
        if (c->value_count > 0)
            e = dict_add_many(t->dicts[f], c->values, c->value_count, codes[f], NULL);
        CHECK(e == OK); // changeset_check() has seen that they fit
    }
    return codes;
}

void changeset_apply(struct store *st, const struct changeset *c, const int *table_of,
                     const struct store_told *told)
{
    struct store_told rest = told ? *told : (struct store_told){0};
    for (uint32_t i = 0; c->resets && i < st->schema->table_count; i++) {
        if (strcmp(st->schema->tables[i].source, c->position.source) == 0) {
            table_clear(&st->tables[i]);
            st->rows_touched = true;
        }
    }
    for (uint32_t i = 0; i < c->batch_count; i++) {
        const struct batch *b = &c->batches[i];
        int table = table_of ? table_of[b->table] : (int)b->table;
        if (table < 0)
            continue;
        struct table_store *t = &st->tables[table];
        table_apply(t, b, map_codes(st, t, b), told ? &rest : NULL);
        if (told)
            rest = (struct store_told){rest.outcomes + b->row_count, rest.numbers + b->row_count};
        st->rows_touched = true;
    }
    struct position *slot = position_slot(&st->appended, c->position.source);
    CHECK(slot);
    *slot = c->position;
}
