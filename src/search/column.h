// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns: the fields a search reads, by the names it uses, block by block.
//
// A column hides where its values come from: a field of the table searched, a field of
// another table through a look-up ("device.model"), or nothing at all (unmapped).  Over
// several tables it has one type and, for keywords, one set of codes: dictionaries that
// differ are merged once when the column is first asked for.  Each field is decoded once
// per block whoever asks, and not at all when nobody does.
// Codes that a look-up has given for a block stay with the store (store/attribute.h), and the
// next search reads them there.  For the other blocks a look-up whose referred keys are fewer
// than the rows is flattened into one array from key code to value before the first block.
//
// Codes come in the fewest bytes that the dictionary needs, so that a vector instruction
// holds many of them; all ones means "no value".  Whole numbers come as distances from a
// base wherever these are short.
//
// Two ways to read the block at hand:
//   by row        column_load(): all rows, dead ones too.  Filters and hits read this.
//   by position   selected_codes(), selected_distances(), selected_numbers(): the rows that
//                 columns_select() has chosen, one after the other.  Aggregations read this.
//
// Several threads walk one search, each with columns of its own; what is worked out before
// the first block is shared with columns_share().

#include "access/permit.h"
#include "base/arena.h"
#include "kernel/width.h"
#include "search/room.h"
#include "store/attribute.h"

enum {
    BLOCK_WORDS = BLOCK_ROWS / 64,
    BLOCK_SLACK = 64, // bytes behind every array of a block that kernels may write
};

struct column_source { // of one searched table
    bool is_mapped;
    struct field_path path;
    enum storage storage;
    const struct view *view;   // of the searched table
    const struct view *target; // of the referred table; NULL for a plain field
    const uint32_t *code_map;  // from the dictionary's codes to the column's; NULL: the same
    struct attribute_reader *attribute; // what the store keeps of a look-up's codes; NULL: nothing
    // Flattened look-up, by code of the referring field; NULL when it is not.
    bool is_flat; // of codes: the store's array serves
    uint32_t flat_count;
    void *flat_codes; // of the column's width
    int64_t *flat_i64;
    double *flat_f64;
    uint64_t *flat_present;
};

// A column of combinations of the values that several columns have, all of which follow the same
// reference: one byte a row where each of them would have its own.
struct combined {
    uint32_t count; // of columns
    struct column *columns[COMBINED_MAX];
    uint32_t product; // of the sizes of their dictionaries
    uint8_t *places;  // which combination of the part at hand their joined codes are, or none
    const struct combinations *of; // the part at hand
    uint32_t known;                // of its combinations
};

struct column {
    struct slice name;
    struct combined *combined; // NULL: a field
    enum field_type type;
    enum storage storage;
    bool is_mapped;  // in at least one searched table
    bool has_bounds; // of all values in all searched tables, as they could be told beforehand
    bool is_near;    // STORAGE_I64: every value is min + a distance of `distance_width`
    bool is_full;    // numbers, after column_load(): every row of the block has a value
    enum width distance_width;
    enum width width;  // STORAGE_CODE: of codes
    bool owns_sources; // what hangs on them; else another thread's column does
    uint32_t dict_count;
    const struct dict *dict; // STORAGE_CODE: of the codes below
    struct dict *merged;     // owned; NULL when one dictionary serves
    struct column_source *sources;
    int64_t min, max; // STORAGE_I64; with bounds
    double min_f64, max_f64;
    // The block at hand by row, once column_load() has been called for it.
    uint64_t stamp, present_stamp;
    const void *codes; // of `width`, all ones where there is no value: the store's, or
    void *own_codes;   // the column's
    int64_t *i64;
    double *f64;
    uint64_t *present; // for numbers; for codes see column_present()
    // Numbers that are near, as distances by row: without them the block's numbers are decoded.
    uint64_t near_stamp;
    bool has_near;  // for the block that near_stamp is about
    void *distance; // of distance_width
    // By position; arrays are made when they are first asked for.
    uint64_t codes_stamp, distance_stamp, number_stamp, bits_stamp;
    void *packed_codes, *distances, *packed_numbers;
    uint64_t *packed_present;
};

// Rows of the block at hand that are looked at together.
struct selection {
    uint32_t count;       // positions
    const uint16_t *rows; // of each position, ascending; NULL: position i is row i
    const uint64_t *mask; // by row: the rows that are meant; others among the positions are not
    uint32_t meant_count; // bits of the mask
};

struct columns {
    const struct schema *schema;
    const struct snapshot *snapshot;
    const struct permit *permit; // what it may not see is unmapped; NULL: sees all
    const uint32_t *tables;
    uint32_t table_count;
    struct room *room;
    struct column **items;
    size_t count, cap;
    const struct columns *shared; // whose columns are copied when they are looked for; NULL
    // Where the walk stands.
    uint32_t at; // index into tables
    struct block block;
    uint64_t stamp; // differs for each block
    struct selection selection;
    uint64_t selection_stamp; // differs for each selection
    uint16_t *rows;           // of the selection
    uint64_t *bits;           // BLOCK_WORDS, for columns_pack_bits()
    uint32_t *scratch;        // BLOCK_ROWS
    uint32_t **raw;           // codes of the table's own fields, as decoded for this block
    uint64_t *raw_stamp;
    uint32_t **raw_packed; // the same by position
    uint64_t *raw_packed_stamp;
    uint32_t field_count_max;
};

enum err columns_init(struct columns *cs, const struct snapshot *snapshot, const uint32_t *tables,
                      uint32_t table_count, struct room *room);
// Takes over what `from` has worked out, which must outlive `cs` and find no more columns.
void columns_share(struct columns *cs, const struct columns *from);
void columns_done(struct columns *cs);

// The column of this name, the same each time.  Unmapped is no error; ERR_INVALID when two
// tables have fields of this name that do not go together.
enum err columns_find(struct columns *cs, struct slice name, struct column **out,
                      struct fault *why);

// A column of combinations of some columns' codes, made when they are first asked for together.
// *out NULL: they have too many, or do not follow the same reference, and nothing is kept of them.
enum err columns_combine(struct columns *cs, struct column *const *columns, uint32_t count,
                         struct column **out);
// Of such a column, for the block at hand, after it was loaded: what its codes are places in.
const struct combinations *column_combinations(const struct columns *cs, const struct column *c);
// Every row of the block at hand is known to have a code, without a look at them.
bool column_is_whole(const struct columns *cs, const struct column *c);

// Moves to a block of tables[at].
void columns_block(struct columns *cs, uint32_t at, struct block block);

// Makes the arrays by row hold the block at hand.
void column_load(struct columns *cs, struct column *c);

// The present bits by row (BLOCK_WORDS words), for codes too.  Loads what tells them.
const uint64_t *column_present(struct columns *cs, struct column *c);

// Of a column that is near, by row: value = c->min + distance, of c->distance_width.  NULL where
// the block's numbers are not kept so that they are had without decoding them.  Rows without a
// value (column_present()) have any distance.
const void *column_distances(struct columns *cs, struct column *c);

// Codes that the block holds for few rows only, as they lie there, and which rows these are, until
// the column is loaded.  How many; 0 where they are not held so.  STORAGE_CODE.
uint32_t column_held(struct columns *cs, struct column *c, const void **out_codes,
                     const uint64_t **out_present);

// Codes of one byte that the block holds in runs: each run's and the row behind it
// (BLOCK_RUNS_MAX). How many; 0 where they are not held so, or are loaded already.
uint32_t column_runs(struct columns *cs, const struct column *c, uint8_t *codes, uint16_t *ends);

// Of some rows by row, without loading the column.  False where that is no cheaper, and nothing is
// written.  STORAGE_CODE: CODE_NONE for none.
bool column_codes_of(struct columns *cs, const struct column *c, const struct block_rows *rows,
                     uint32_t *out);
// STORAGE_I64: a value and whether there is one.
bool column_i64_of(struct columns *cs, const struct column *c, const struct block_rows *rows,
                   int64_t *out, bool *out_has);

// The code of a row after column_load(); CODE_NONE for none.
uint32_t column_code(const struct column *c, uint32_t row);

// Chooses the rows of `mask` (BLOCK_WORDS words, live rows only, `count` bits), which stays
// the caller's.  Where most rows are meant the positions are all rows, else just these.
void columns_select(struct columns *cs, const uint64_t *mask, uint32_t count);

// Bits by row to bits by position; either what was given or an array of `cs` that is good
// until the next call.
const uint64_t *columns_pack_bits(struct columns *cs, const uint64_t *by_row);

// By position, of c->width.  STORAGE_CODE.
const void *selected_codes(struct columns *cs, struct column *c);

// Present bits by position; NULL when every position has a value.
const uint64_t *selected_present(struct columns *cs, struct column *c);

// By position, STORAGE_I64.  What is not present holds something below the column's bounds
// or block's range; `present` is NULL when every position has a value.
struct distances {
    int64_t base; // value = base + distance
    enum width width;
    const void *at;
    const uint64_t *present;
};

// From c->min, of c->distance_width; c->is_near.
struct distances selected_distances(struct columns *cs, struct column *c);

struct numbers {
    const int64_t *i64; // STORAGE_I64
    const double *f64;  // STORAGE_F64
    const uint64_t *present;
};

struct numbers selected_numbers(struct columns *cs, struct column *c);

// Statistics of the block at hand.  False when nothing is known beforehand.
bool column_range(const struct columns *cs, const struct column *c, struct block_range *out);

static inline bool column_is_text(const struct column *c)
{
    return c->is_mapped && c->storage == STORAGE_CODE;
}
