// SPDX-License-Identifier: Apache-2.0
#pragma once

// An entry: a part as one state of a table sees it, with the rows that are there and live.
//
// A table (and each view of it) is a list of entries in the order of row numbers:
// segments, then memory parts.  The live rows are a copy-on-write array with one leaf of
// BLOCK_ROWS bits a block; in a segment a leaf never written means that all rows live.
// An entry holds a reference to its part and to its live rows.

#include "store/cow.h"
#include "store/part.h"

struct entry {
    struct part *part;
    struct cow *live;
    uint32_t rows;
    uint32_t live_rows;
    uint32_t first_block; // of the table's blocks; kept by views only
};

struct entry entry_of_part(struct part *p); // takes the part; a segment's rows all live
struct entry entry_ref(const struct entry *e);
void entry_unref(struct entry *e);

uint32_t entry_block_count(const struct entry *e);
uint32_t entry_block_rows(const struct entry *e, uint32_t block);
// Bits of the block's live rows; never NULL, 0 past the block's rows.
const uint64_t *entry_live(const struct entry *e, uint32_t block);
bool entry_is_live(const struct entry *e, uint32_t row);

void entry_grow(struct entry *e, uint32_t count); // memory: `count` more rows, all live
bool entry_kill(struct entry *e, uint32_t row);   // false when it was dead already
void entry_set_live(struct entry *e, uint32_t block, const uint64_t *bits); // as read from a file

// The entry and place of a row number; false when none of them holds it.
bool entries_find(const struct entry *entries, uint32_t count, uint64_t row, uint32_t *out_entry,
                  uint32_t *out_place);

// `out` holds, in their order, the rows that lived in inputs[i] `then`; kills in it those
// that died since (are dead in now[i]).
void entry_carry_deaths(struct entry *out, const struct entry *then, const struct entry *now,
                        uint32_t input_count);
