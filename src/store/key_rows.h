// SPDX-License-Identifier: Apache-2.0
#pragma once

// Key rows: which rows of the memory part have a code, for fields that refer to a table.
//
//     heads  by code's hash   [ 0 | 7 | 0 | 3 ]      row + 1 of the newest, 0 for none
//     next   by row           [ 0 | 0 | 2 | ... ]    the one before it in the same chain
//
// When a row of the table referred to changes, the rows that refer to it are few; this tells
// in which blocks they are.  Chains of codes with the same hash are one.  One thread adds;
// any other may walk at the same time: what it can reach does not change any more, and rows
// that its snapshot does not have yet it passes over.

#include "base/slice.h"

struct key_rows;

struct key_rows *key_rows_new(void);
void key_rows_free(struct key_rows *k); // NULL is fine
// `next` is the row's place for the chain; a row is added once.
void key_rows_add(struct key_rows *k, uint32_t code, uint32_t row, uint32_t *next);

// Row + 1 of the newest row whose code may be this one; 0: none.
uint32_t key_rows_newest(const struct key_rows *k, uint32_t code);
uint64_t key_rows_bytes(void);
