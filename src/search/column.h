// SPDX-License-Identifier: Apache-2.0
#pragma once

// Columns: the fields a search reads, by the names it uses, block by block.
//
// A column hides where its values come from: a field of the table searched, a field of
// another table through a look-up ("device.model"), or nothing at all (unmapped).  Over
// several tables it has one type and, for keywords, one set of codes: dictionaries that
// differ are merged once when the column is first asked for.  Each field is decoded once
// per block whoever asks, and not at all when nobody does.
// A look-up whose referred keys are fewer than the rows is flattened into one array from
// key code to value before the first block.

#include "base/arena.h"
#include "search/room.h"
#include "store/view.h"

enum { BLOCK_WORDS = BLOCK_ROWS / 64 };

struct column_source { // of one searched table
    bool is_mapped;
    struct field_path path;
    enum storage storage;
    const struct view *view;   // of the searched table
    const struct view *target; // of the referred table; NULL for a plain field
    const uint32_t *code_map;  // from the dictionary's codes to the column's; NULL: the same
    // Flattened look-up, by code of the referring field; NULL when it is not.
    uint32_t flat_count;
    uint32_t *flat_codes;
    int64_t *flat_i64;
    double *flat_f64;
    uint64_t *flat_present;
};

struct column {
    struct slice name;
    bool is_mapped; // in at least one searched table
    enum field_type type;
    enum storage storage;
    const struct dict *dict; // STORAGE_CODE: of the codes below
    uint32_t dict_count;
    struct dict *merged; // owned; NULL when one dictionary serves
    struct column_source *sources;
    // Bounds of all values in all searched tables, when they could be told beforehand.
    bool has_bounds;
    int64_t min, max; // STORAGE_I64
    double min_f64, max_f64;
    // The block at hand, once column_load() has been called for it.
    uint64_t stamp, present_stamp;
    uint32_t *codes; // CODE_NONE where there is no value
    int64_t *i64;
    double *f64;
    uint64_t *present; // for numbers; for codes see column_present()
    bool is_full;      // numbers: every row of the block has a value
};

struct columns {
    const struct schema *schema;
    const struct snapshot *snapshot;
    const uint32_t *tables;
    uint32_t table_count;
    struct room *room;
    struct column **items;
    size_t count, cap;
    // Where the walk stands.
    uint32_t at; // index into tables
    struct block block;
    uint64_t stamp; // differs for each block
    uint32_t **raw; // codes of the table's own fields, as decoded for this block
    uint64_t *raw_stamp;
    uint32_t field_count_max;
};

enum err columns_init(struct columns *cs, const struct snapshot *snapshot, const uint32_t *tables,
                      uint32_t table_count, struct room *room);
void columns_done(struct columns *cs);

// The column of this name, the same each time.  Unmapped is no error; ERR_INVALID when two
// tables have fields of this name that do not go together.
enum err columns_find(struct columns *cs, struct slice name, struct column **out,
                      struct fault *why);

// Moves to a block of tables[at].
void columns_block(struct columns *cs, uint32_t at, struct block block);

// Makes the arrays hold the block at hand.
void column_load(struct columns *cs, struct column *c);

// Loads and gives the present bits (BLOCK_WORDS words), for codes too.
const uint64_t *column_present(struct columns *cs, struct column *c);

// Statistics of the block at hand.  False when nothing is known beforehand.
bool column_range(const struct columns *cs, const struct column *c, struct block_range *out);

static inline bool column_is_text(const struct column *c)
{
    return c->is_mapped && c->storage == STORAGE_CODE;
}
