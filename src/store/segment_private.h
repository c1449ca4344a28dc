// SPDX-License-Identifier: Apache-2.0
#pragma once

// What writing and reading of segments share.  The format is drawn in segment_open.c.

#include "codec/column.h"
#include "index/postings.h"
#include "store/segment.h"
#include "store/units.h"

#include <stdlib.h>

_Static_assert((int)BLOCK_ROWS == (int)COLUMN_ROWS_MAX, "a block's column is one chunk");

enum {
    SEGMENT_VERSION = 2,
    SEGMENT_VERSION_BY_BLOCK = 1, // as if groups were of one block, and the footer says none
    SEGMENT_HEADER_BYTES = 16,
    SEGMENT_TAIL_BYTES = 32,
    SEGMENT_FOOTER_BYTES_MAX = 256 << 20,
    SEGMENT_NAME_BYTES = 512,
    KEY_COLUMNS = 2, // hi and lo, before the fields
    // Blocks of a group: of few columns as many as a sealed part has, so that a unit is about
    // a huge page; of very many columns fewer, as the writer keeps a group in memory.
    GROUP_BLOCKS_MAX = 128,
    GROUP_BLOCKS_MIN = 4,
    GROUP_CHUNKS = 2048,
};

// Flags of a range in the footer.
enum { RANGE_ANY = 1, RANGE_ANY_MISSING = 2, RANGE_FLAGS = RANGE_ANY | RANGE_ANY_MISSING };

static const char segment_magic[8] = {'t', 'a', 'm', 'i', 's', 's', 'e', 'g'};
static const char segment_end[8] = {'t', 'a', 'm', 'i', 's', 'e', 'n', 'd'};

static inline enum column_kind segment_kind(enum field_type type)
{
    switch (field_storage(type)) {
    case STORAGE_CODE:
        return COLUMN_CODES;
    case STORAGE_F64:
        return COLUMN_F64;
    case STORAGE_I64:
        break;
    }
    return COLUMN_I64;
}

// Bounds of a column on its way in or out.
struct block_range range_of_codes(const uint32_t *codes, uint32_t count);
struct block_range range_of_i64(const int64_t *values, const uint64_t *present, uint32_t count);
struct block_range range_of_f64(const double *values, const uint64_t *present, uint32_t count);

// Where some bytes of the file are, and what they add up to.
struct stretch {
    uint64_t at;
    uint64_t checksum;
    uint32_t bytes; // 0: there are none
};

struct segment {
    const struct table *table;
    char *name;
    const struct world_ops *ops;
    int fd; // kept open, as the file's name may go before its last reader does
    struct units *pool;
    uint64_t bytes; // of the file
    uint64_t row_count;
    uint32_t block_count;
    uint32_t field_count;
    uint32_t column_count; // of a block: keys and fields
    uint32_t group_shift;  // a group is 1 << group_shift blocks; the last may be shorter
    uint32_t group_count;
    struct stretch *chunks;     // [column][block]
    struct block_range *ranges; // [block][field]
    struct unit *columns;       // [column][group]; the body is struct column of each block, then
                                // the chunks as they lie in the file
    struct stretch *posting_places; // [field]; NULL when no field has any
    struct unit *postings;          // [field]; the body is struct postings, then the bytes
    struct fault *_Atomic broken;   // the first read that failed; owned
};

static inline const struct stretch *segment_chunk(const struct segment *s, uint32_t column,
                                                  uint32_t block)
{
    return &s->chunks[(size_t)column * s->block_count + block];
}

// segment_unit.c.  What cannot be read is noted (store/read_fault.h), and NULL.
// One column of one block; until unit_let_go().
const struct column *segment_hold(const struct segment *s, uint32_t block, uint32_t column);

// The same for the sake of a single row.  While the budget is full and the unit is not in
// memory, only the block's chunk is read, some times, rather than a unit that would put another
// out.  segment_let_go() ends it, whatever came.
struct lone_chunk {
    struct column column;
    uint8_t *bytes; // NULL: not needed
};

const struct column *segment_hold_row(const struct segment *s, uint32_t block, uint32_t column,
                                      struct lone_chunk *out);

static inline void segment_let_go(struct lone_chunk *alone)
{
    unit_let_go();
    free(alone->bytes);
}

// A field's postings; NULL where there are none too, and a failure is only remembered, as
// ranges will do.
const struct postings *segment_hold_postings(const struct segment *s, uint32_t field);
// They say what cannot be, though they checked: the segment tells of it.
void segment_doubt_postings(const struct segment *s, uint32_t field, const struct fault *why);
