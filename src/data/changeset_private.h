// SPDX-License-Identifier: Apache-2.0
#pragma once

// What encoding and decoding of changesets share.  The format is drawn in changeset.c.

#include "codec/column.h"
#include "data/changeset.h"

enum {
    CHANGESET_VERSION = 1,
    PSEUDONYM_BYTES = 16,
    STOPPED_WORDS = 4,
};

// Flags of a batch and of a column.
enum {
    BATCH_OPS = 1, // else every row is ROW_PUT
    BATCH_OLD_KEYS = 2,
    BATCH_FLAGS = BATCH_OPS | BATCH_OLD_KEYS,
    COLUMN_UNCHANGED = 1,
    COLUMN_VALUES = 2, // else no row has a value
    COLUMN_FLAGS = COLUMN_UNCHANGED | COLUMN_VALUES,
};

// Bytes that `row_count` rows of `t` take once decoded, without their texts.
uint64_t batch_decoded_bytes(const struct table *t, uint32_t row_count);

static inline uint32_t chunk_rows(uint32_t row_count, uint32_t from)
{
    return row_count - from < COLUMN_ROWS_MAX ? row_count - from : COLUMN_ROWS_MAX;
}
