// SPDX-License-Identifier: Apache-2.0
#pragma once

// A look-up: the values of a table's live rows by the code of their key field, so that
// a query that follows a reference reads one array.
//
// Kept for tables that a field of the schema refers to.  Per field a copy-on-write
// array of chunks of LOOKUP_CODES codes; beside them the number of the row that each
// code's values come from, as only that row's end takes them away.  Where two live rows
// have one key (a source would have to lie), the last one put counts.

#include "store/cow.h"
#include "store/part.h"

enum { LOOKUP_CODES = 1024 };

struct lookup;

struct lookup_block { // of a part
    uint32_t block, rows;
    const uint64_t *live; // a bit each
};

struct lookup *lookup_new(const struct table *t); // t->key_field is not -1
void lookup_free(struct lookup *l);               // NULL is fine
void lookup_clear(struct lookup *l);

// The row at `place` of the part, of row number `row`, is put.
void lookup_put(struct lookup *l, uint64_t row, const struct part *p, uint32_t place);
// All live rows of one block of the part, whose first row is numbered `row`, are put.
void lookup_put_block(struct lookup *l, uint64_t row, const struct part *p,
                      const struct lookup_block *b);
// It is no longer live.
void lookup_drop(struct lookup *l, uint64_t row, const struct part *p, uint32_t place);

// References for a view: one root a field.
void lookup_share(const struct lookup *l, struct cow **out_roots);

uint64_t lookup_bytes(const struct lookup *l);
