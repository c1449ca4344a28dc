// SPDX-License-Identifier: Apache-2.0
#pragma once

// What writing and reading of segments share.  The format is drawn in segment.c.

#include "codec/column.h"
#include "store/segment.h"

_Static_assert((int)BLOCK_ROWS == (int)COLUMN_ROWS_MAX, "a block's column is one chunk");

enum {
    SEGMENT_VERSION = 1,
    SEGMENT_HEADER_BYTES = 16,
    SEGMENT_TAIL_BYTES = 32,
    SEGMENT_FOOTER_BYTES_MAX = 256 << 20,
    SEGMENT_NAME_BYTES = 512,
    KEY_COLUMNS = 2, // hi and lo, before the fields
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
