// SPDX-License-Identifier: Apache-2.0
#pragma once

// For the store's tests: a schema of three tables, changesets from short rows, and a
// naive model of what must be in the store.
//
//     devices  (source fleet)  id (pseudonym, key), model, weight (double), owner (pseudonym)
//     events   (source fleet)  device (pseudonym, looks up devices), outcome, latency, at
//     notes    (source paper)  text, size
//
// A cell is a small number from which the value is made; of devices, cell 0 is the key.

#include "base/world.h"
#include "policy/admit.h"
#include "store/store.h"

enum { DEVICES, EVENTS, NOTES, TABLES };

enum { FIELDS_MAX = 4, MODEL_KEYS = 64 };

enum { CELL_NONE = -1, CELL_UNCHANGED = -2 };

struct test_row {
    enum row_op op;
    uint32_t key, old_key;
    int cells[FIELDS_MAX];
};

struct test_batch {
    uint32_t table;
    uint32_t row_count;
    const struct test_row *rows;
};

const struct schema *fixture_schema(void);
struct row_key fixture_key(uint32_t key);
struct slice fixture_text(const struct field *f, int cell, char room[24]);

const struct admitted *fixture_changeset(const struct position *at, bool resets,
                                         const struct test_batch *batches, uint32_t count,
                                         struct arena *arena);
struct position fixture_position(const char *source, uint64_t lsn);

// Appends one batch of one row at that position of its source.
enum err fixture_append(struct store *st, uint32_t table, struct test_row row, uint64_t lsn);

// For segments without a store: room for a few columns of one block.
struct units *fixture_units(void);

// A directory of its own, empty.
struct world fixture_world(void);
void fixture_world_drop(struct world *w);

struct model_table {
    bool live[MODEL_KEYS];
    int cells[MODEL_KEYS][FIELDS_MAX];
};

struct model {
    struct model_table tables[TABLES];
    uint64_t lsn[2]; // of fleet, of paper
};

void model_apply(struct model *m, const struct position *at, bool resets,
                 const struct test_batch *batches, uint32_t count);
// Words that tell the first difference, or NULL when the snapshot is what the model says.
const char *model_differs(const struct model *m, const struct snapshot *s);
const char *model_differs_from_store(const struct model *m, struct store *st);

// Small and repeatable.
struct test_random {
    uint64_t state;
};

uint32_t test_random(struct test_random *r, uint32_t below);

// A store at its smallest: a directory, the store, and what must be in it.
struct fixture {
    struct world w;
    struct store_options options;
    struct store *st;
    struct model model;
    uint64_t lsn;
};

void fixture_open(struct fixture *f); // begins empty; seals only when told to
void fixture_reopen(struct fixture *f);
void fixture_close(struct fixture *f);
// Puts (or what `op` says) rows of keys from ... to - 1, `number` in their cells; commits.
void fixture_change(struct fixture *f, uint32_t table, enum row_op op, uint32_t from, uint32_t to,
                    int number);
void fixture_check(const struct fixture *f); // against the model
