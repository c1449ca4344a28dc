// SPDX-License-Identifier: Apache-2.0
#pragma once

// One table's batch while it grows: operations, identities and columns of its rows.
//
// Takes treated rows until LIMIT_BATCH_ROWS; then the sieve begins another.  Owns its
// memory and keeps it over a reset, so that small transactions cost no allocation.

#include "policy/sieve_column.h"

struct sieve_batch {
    const struct table *table;
    const uint8_t *row_key;
    uint32_t row_count, row_room;
    uint8_t *ops;
    struct row_key *keys; // as sieve_key() gives them; wiped at the reset
    struct row_key *old_keys;
    bool has_moves;
    bool has_sealed;              // one of the columns is
    struct sieve_column *columns; // table->field_count
};

// What a batch is made from; belongs to the sieve.
struct sieve_shape {
    const struct policy_table *declared;
    const struct table *table;
    const uint32_t *field_columns;      // by field: index into declared->columns
    const uint8_t *const *subject_keys; // by field; NULL where it is no pseudonym
    const uint8_t *row_key;
    const struct layer *const *layers;   // by field; NULL where the pseudonym has none, or for none
    const struct sealer *const *sealers; // by field; NULL where it is not sealed, or for none
    uint64_t policy;                     // that values are sealed under
    size_t *bytes;                       // the sieve's count
};

void sieve_batch_init(struct sieve_batch *b, const struct sieve_shape *shape);
void sieve_batch_done(struct sieve_batch *b);
void sieve_batch_reset(struct sieve_batch *b);

bool sieve_batch_is_full(const struct sieve_batch *b);

// Makes room for one more row and gives its place; the row counts once
// sieve_batch_add() is called, and all its columns are written before.
uint32_t sieve_batch_next(struct sieve_batch *b);
// Which row the columns to be sealed are written for: its key as sieve_batch_add() gets it.
void sieve_batch_row(struct sieve_batch *b, struct row_key key);
void sieve_batch_add(struct sieve_batch *b, enum row_op op, struct row_key key,
                     struct row_key old_key);

// Copies the rows into the arena, with settled keys (sieve_key.h).
void sieve_batch_finish(const struct sieve_batch *b, uint32_t table, struct arena *batch,
                        struct batch *out);
