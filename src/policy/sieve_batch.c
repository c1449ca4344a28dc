// SPDX-License-Identifier: Apache-2.0
#include "policy/sieve_batch.h"

#include "base/check.h"
#include "base/limits.h"
#include "keys/crypto.h"
#include "keys/row_key.h"
#include "policy/sieve_key.h"

#include <stdlib.h>

enum { ROWS_FIRST = 64, ROWS_FACTOR = 4 };

void sieve_batch_init(struct sieve_batch *b, const struct sieve_shape *shape)
{
    const struct table *t = shape->table;
    *b = (struct sieve_batch){.table = t, .row_key = shape->row_key};
    b->columns = calloc(t->field_count, sizeof *b->columns);
    CHECK(b->columns != NULL);
    for (uint32_t f = 0; f < t->field_count; f++) {
        struct sieve_column *c = &b->columns[f];
        sieve_column_init(c, &shape->declared->columns[shape->field_columns[f]], &t->fields[f],
                          shape->subject_keys[f], shape->bytes);
        c->layer = shape->layers ? shape->layers[f] : NULL;
        if (t->fields[f].type != FIELD_SEALED)
            continue;
        c->sealer = shape->sealers[f];
        c->seal_of = (struct seal_of){t->name, t->fields[f].name, shape->policy};
        b->has_sealed = true;
    }
}

// A key may be a number that names a person.
static void wipe_keys(struct sieve_batch *b)
{
    if (b->row_count == 0)
        return;
    wipe(b->keys, b->row_count * sizeof *b->keys);
    wipe(b->old_keys, b->row_count * sizeof *b->old_keys);
}

void sieve_batch_done(struct sieve_batch *b)
{
    wipe_keys(b);
    for (uint32_t f = 0; f < b->table->field_count; f++)
        sieve_column_done(&b->columns[f]);
    free(b->columns);
    free(b->ops);
    free(b->keys);
    free(b->old_keys);
}

void sieve_batch_reset(struct sieve_batch *b)
{
    for (uint32_t f = 0; f < b->table->field_count; f++)
        sieve_column_reset(&b->columns[f]);
    wipe_keys(b);
    b->row_count = 0;
    b->has_moves = false;
}

bool sieve_batch_is_full(const struct sieve_batch *b)
{
    return b->row_count == LIMIT_BATCH_ROWS;
}

static void grow(struct sieve_batch *b)
{
    uint32_t rows = b->row_room ? b->row_room * ROWS_FACTOR : ROWS_FIRST;
    b->row_room = rows < LIMIT_BATCH_ROWS ? rows : LIMIT_BATCH_ROWS;
    b->ops = realloc(b->ops, b->row_room * sizeof *b->ops);
    b->keys = realloc(b->keys, b->row_room * sizeof *b->keys);
    b->old_keys = realloc(b->old_keys, b->row_room * sizeof *b->old_keys);
    CHECK(b->ops && b->keys && b->old_keys);
    for (uint32_t f = 0; f < b->table->field_count; f++)
        sieve_column_room(&b->columns[f], b->row_room);
}

uint32_t sieve_batch_next(struct sieve_batch *b)
{
    CHECK(!sieve_batch_is_full(b));
    if (b->row_count == b->row_room)
        grow(b);
    return b->row_count;
}

// An integer's key is settled here, a row before the others of its batch.
void sieve_batch_row(struct sieve_batch *b, struct row_key key)
{
    if (!b->has_sealed)
        return;
    if (key.hi == 0)
        key.lo = row_key_of_number(b->row_key, (int64_t)key.lo);
    for (uint32_t f = 0; f < b->table->field_count; f++) {
        b->columns[f].seal_row[0] = key.hi;
        b->columns[f].seal_row[1] = key.lo;
    }
}

void sieve_batch_add(struct sieve_batch *b, enum row_op op, struct row_key key,
                     struct row_key old_key)
{
    b->ops[b->row_count] = (uint8_t)op;
    b->keys[b->row_count] = key;
    b->old_keys[b->row_count] = old_key;
    b->has_moves |= op == ROW_MOVE;
    b->row_count++;
}

static void *copy(struct arena *batch, const void *from, size_t bytes)
{
    return memcpy(arena_alloc(batch, bytes), from, bytes);
}

static struct row_key *finish_keys(const struct sieve_batch *b, enum sieve_key_kind kind,
                                   struct arena *batch)
{
    const struct row_key *from = kind == SIEVE_KEY_OLD ? b->old_keys : b->keys;
    struct row_key *keys = copy(batch, from, b->row_count * sizeof *from);
    sieve_keys_settle(b->row_key, b->ops, kind, keys, b->row_count);
    return keys;
}

void sieve_batch_finish(const struct sieve_batch *b, uint32_t table, struct arena *batch,
                        struct batch *out)
{
    uint32_t field_count = b->table->field_count;
    struct batch_column *columns = ARENA_ARRAY(batch, struct batch_column, field_count);
    for (uint32_t f = 0; f < field_count; f++)
        sieve_column_finish(&b->columns[f], b->row_count, batch, &columns[f]);
    *out = (struct batch){
        .table = table,
        .row_count = b->row_count,
        .ops = copy(batch, b->ops, b->row_count * sizeof *b->ops),
        .keys = finish_keys(b, SIEVE_KEY_OWN, batch),
        .columns = columns,
    };
    if (b->has_moves)
        out->old_keys = finish_keys(b, SIEVE_KEY_OLD, batch);
}
