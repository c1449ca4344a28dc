// SPDX-License-Identifier: Apache-2.0
#pragma once

// The memory part of a table: its newest rows, in chunks of BLOCK_ROWS that never move.
//
// One thread appends; readers read the rows below a count that was handed to them with
// a snapshot (so with a lock between).  Words and bounds that old and new rows share are
// read and written atomically.  Values that are not present are held as 0 or CODE_NONE.

#include "data/changeset.h"
#include "data/schema.h"
#include "store/view.h"

struct memory;

struct memory *memory_new(const struct table *t);
void memory_free(struct memory *m); // NULL is fine

enum { MEMORY_ROWS_MAX = 1024 * 64 * BLOCK_ROWS };

// Some rows of a batch.  `at` is where the first goes: rows at ... at + count - 1 of the
// memory part, all in one chunk, the next ones never written.
struct memory_run {
    const struct batch *batch;
    uint32_t from; // row of the batch
    uint32_t count;
    uint32_t at;
};

void memory_put_keys(struct memory *m, const struct memory_run *run);
// One field; `codes` maps the batch's codes to the dictionary's.
void memory_put_values(struct memory *m, const struct memory_run *run, uint32_t field,
                       const uint32_t *codes);

// One value of a row already put.
void memory_set_code(struct memory *m, uint32_t row, uint32_t field, uint32_t code);
void memory_set_i64(struct memory *m, uint32_t row, uint32_t field, int64_t value);
void memory_set_f64(struct memory *m, uint32_t row, uint32_t field, double value);

// As a segment's; `rows` are those of the block that the reader may see.
void memory_codes(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                  uint32_t *out);
// As block_codes_narrow() and block_offsets().
void memory_codes_narrow(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                         unsigned width, void *out);
bool memory_offsets(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field,
                    struct offsets *o);
void memory_i64(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field, int64_t *out,
                uint64_t *out_present);
void memory_f64(const struct memory *m, uint32_t block, uint32_t rows, uint32_t field, double *out,
                uint64_t *out_present);
void memory_keys(const struct memory *m, uint32_t block, uint32_t rows, struct row_key *out);
struct block_range memory_range(const struct memory *m, uint32_t block, uint32_t field);

uint32_t memory_code_at(const struct memory *m, uint32_t row, uint32_t field);
bool memory_i64_at(const struct memory *m, uint32_t row, uint32_t field, int64_t *out);
bool memory_f64_at(const struct memory *m, uint32_t row, uint32_t field, double *out);
struct row_key memory_key_at(const struct memory *m, uint32_t row);

struct memory_wanted { // rows with one of these codes of a field, among the first `rows`
    uint32_t field;
    uint32_t count;
    const uint32_t *codes;
    uint32_t rows;
    uint32_t first; // block 0 is this bit
};

// Sets the bit of each block that has such a row.  False, and nothing is set, when it is not
// known: the field refers to no table, or there are so many codes that a look at all rows is
// less work.
bool memory_blocks_of(const struct memory *m, const struct memory_wanted *want, uint64_t *bits);

uint64_t memory_bytes(const struct memory *m);
