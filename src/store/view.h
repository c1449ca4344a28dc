// SPDX-License-Identifier: Apache-2.0
#pragma once

// A view: one table's rows as a reader sees them, in blocks of up to BLOCK_ROWS.
//
// Segments and the memory part look the same from here.  A block decodes one field
// at a time into the caller's arrays; its statistics tell whether that is needed.
// Everything reached from a snapshot stays put until snapshot_free(), and any number
// of threads may read one snapshot.
//
//     for (uint32_t b = 0; b < view_block_count(v); b++) {
//         struct block block = view_block(v, b);
//         block_codes(&block, field, codes);
//         ... rows with bit_get(block.live, i) ...
//     }

#include "base/err.h"
#include "data/changeset.h"
#include "data/schema.h"
#include "index/dict.h"

enum { BLOCK_ROWS = 8192 };

struct snapshot;
struct view;

const struct schema *snapshot_schema(const struct snapshot *s);
const struct view *snapshot_view(const struct snapshot *s, uint32_t table);
// Grows by one with every commit that changed rows of any table.
uint64_t snapshot_version(const struct snapshot *s);
// The same of these tables and of those that they refer to, near and far: as long as it is the
// same, a question about them has the same answer.
uint64_t snapshot_version_of(const struct snapshot *s, const uint32_t *tables, uint32_t count);
uint64_t snapshot_term(const struct snapshot *s); // store_term() of its store

uint64_t view_row_count(const struct view *v); // live rows
uint32_t view_block_count(const struct view *v);
const struct table *view_table(const struct view *v);
// Of a STORAGE_CODE field.  Codes in this view's blocks are below view_dict_count().
const struct dict *view_dict(const struct view *v, uint32_t field);
uint32_t view_dict_count(const struct view *v, uint32_t field);

// The parts that a view's rows are in: what is worked out of a stretch of one part's blocks is
// good for as long as the stretch has the same dead rows, in every view that has the part.
struct view_part {
    uint64_t id; // no other part of this process has it, of any table
    uint32_t first_block;
    uint32_t block_count;
    uint32_t whole_blocks; // of them, from the first on: those that get no more rows
};

uint32_t view_part_count(const struct view *v);
struct view_part view_part(const struct view *v, uint32_t index);
// Of the rows in blocks of one part.  Rows that are dead stay so: a stretch with as many dead
// rows as before has the same ones.
uint64_t view_dead_rows(const struct view *v, uint32_t first_block, uint32_t block_count);
// Grows with every commit that changed rows of this table.
uint64_t view_epoch(const struct view *v);

struct block {
    const struct view *view;
    uint32_t index;
    uint32_t row_count;   // 1 to BLOCK_ROWS
    const uint64_t *live; // bit per row; never NULL; bits past row_count are 0
    bool all_live;
    const void *part; // segment or memory chunk, for the functions below
};

struct block view_block(const struct view *v, uint32_t index);
// Rows, dead ones too, of the blocks before this one; `index` may be view_block_count().
uint64_t view_rows_before(const struct view *v, uint32_t index);

// Codes of all row_count rows (dead ones too); CODE_NONE where there is no value.
void block_codes(const struct block *b, uint32_t field, uint32_t *out);
// Numbers, and their present bits (bit_words(BLOCK_ROWS) words); 0 where not present.
void block_i64(const struct block *b, uint32_t field, int64_t *out, uint64_t *out_present);
void block_f64(const struct block *b, uint32_t field, double *out, uint64_t *out_present);
void block_keys(const struct block *b, struct row_key *out);

// The codes in `width` bytes each (1, 2 or 4), all ones where there is no value, for a
// reader who knows that they fit: 1 when view_dict_count() is at most 255, 2 up to 65535.
// Narrow reads may write up to BLOCK_SLACK_BYTES behind the block's last row, so `out`
// has room for BLOCK_ROWS of its width and these.
enum { BLOCK_SLACK_BYTES = 64, BLOCK_RUNS_MAX = BLOCK_ROWS / 4 };

void block_codes_narrow(const struct block *b, uint32_t field, unsigned width, void *out);
// Of a block where few rows have a code: only these rows' codes, in their order, and which rows
// they are (bit_words(BLOCK_ROWS) words).  How many; 0 where the block does not hold them so, and
// nothing is written.  Width is 1 or 2.
uint32_t block_codes_held(const struct block *b, uint32_t field, unsigned width, void *out,
                          uint64_t *out_present);

// Of a block whose codes, of one byte, stand in runs and of which no row lacks one: each run's code
// and the row behind it.  How many, up to BLOCK_RUNS_MAX; 0 where the block does not hold them so.
uint32_t block_code_runs(const struct block *b, uint32_t field, uint8_t *codes, uint16_t *ends);

// Of some rows, which rise, without decoding the others where that can be.
struct block_rows {
    const uint16_t *at;
    uint32_t count;
};

void block_codes_of(const struct block *b, uint32_t field, const struct block_rows *rows,
                    uint32_t *out);
// A value and whether there is one.
void block_i64_of(const struct block *b, uint32_t field, const struct block_rows *rows,
                  int64_t *out, bool *out_has);

// Numbers as distances from the smallest of the block, in 2 or 4 bytes each.
//
//     STORAGE_I64     value = base + distance
//     STORAGE_F64     value = (double)(base + distance) / 10^power, bit for bit
struct offsets {
    // The caller's: room as for block_codes_narrow() with width 4, and bit_words(BLOCK_ROWS).
    void *distances;
    uint64_t *present;
    // Not 0: STORAGE_I64 only, distances from `base` as the caller gives it, in so many bytes,
    // 2 or 4, which all values fit.  A row without a value has any number then.
    unsigned given_width;
    // What block_offsets() says.
    int64_t base;
    uint32_t max;   // no distance is larger, those of rows without a value included
    unsigned width; // bytes of a distance: 2 when max is below 2^16, else 4
    unsigned power; // 0 for STORAGE_I64
};

// False, and nothing is written, when the block's numbers cannot be had so: they are
// too far apart, or doubles that are no such ratios (the newest, in memory, are not
// known to be).  block_i64() and block_f64() always work.  A row without a value has any
// distance up to max.
bool block_offsets(const struct block *b, uint32_t field, struct offsets *o);

// Bounds over all rows of the block, dead ones included, so they may be too wide.
struct block_range {
    bool any; // at least one row has a value
    bool any_missing;
    int64_t min, max; // STORAGE_I64, STORAGE_CODE
    double min_f64, max_f64;
};

struct block_range block_range(const struct block *b, uint32_t field);

// Which blocks are worth a look, a bit each by their index (bit_words(view_block_count())
// words).  A block whose bit is not set has no such row; one whose bit is set may have none.
// Bits already set stay.
//
// Of the rows with one of the codes, which rise:
void view_blocks_of(const struct view *v, uint32_t field, const uint32_t *codes, uint32_t count,
                    uint64_t *bits);
// Of the rows with a whole number (or code) from `lo` to `hi`:
void view_blocks_between(const struct view *v, uint32_t field, int64_t lo, int64_t hi,
                         uint64_t *bits);

// One row of a view.
struct row_ref {
    uint32_t block;
    uint32_t row; // of the block
};

// The live row of this key.  ERR_NOT_FOUND without words.
enum err view_find(const struct view *v, struct row_key key, struct row_ref *out);

// One value of one row.  False when it has none.
bool row_code(const struct view *v, struct row_ref r, uint32_t field, uint32_t *out);
bool row_i64(const struct view *v, struct row_ref r, uint32_t field, int64_t *out);
bool row_f64(const struct view *v, struct row_ref r, uint32_t field, double *out);
struct row_key row_key_of(const struct view *v, struct row_ref r);
// Rows of a table are numbered as they come, and keep their number until the store is opened
// anew (store_term()).
uint64_t row_number(const struct view *v, struct row_ref r);

// Look-ups: `v` is the view of the referred table; `ords` are codes of its key field
// (the referring field has the same codes, as both are of one subject kind).  Gives
// `field`'s value of the live row with that key: CODE_NONE / not present when there is
// no such row.  `out` and `ords` may be the same array for codes.
void lookup_codes(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                  uint32_t *out);
// The same as one array, by code of the key field: codes of `width` bytes (1, 2 or 4, which they
// fit), all ones for none.  Keys from *out_count on have no row.  Made when it is first asked
// for, by any thread, kept for as long as no row of the table changes; good while `v` is.  NULL:
// nobody refers to the table.
const void *lookup_flat_codes(const struct view *v, uint32_t field, unsigned width,
                              uint32_t *out_count);
void lookup_i64(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                int64_t *out, uint64_t *out_present);
void lookup_f64(const struct view *v, uint32_t field, const uint32_t *ords, size_t count,
                double *out, uint64_t *out_present);
