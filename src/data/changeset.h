// SPDX-License-Identifier: Apache-2.0
#pragma once

// A changeset: what one or more whole source transactions changed, by columns,
// with the position in the source up to which they count.
//
//     changeset
//       position          where the source stands once this is applied
//       batch 0           table, rows in the order they happened
//         ops    [n]      put, delete, move, truncate
//         keys   [n]      row identity
//         columns[fields] present bits, unchanged bits, then codes + values, or numbers
//       batch 1 ...       a table may come again; order within a table is kept
//
// The store applies a changeset whole or not at all, and writes its encoded form
// to the log: rows and position are one record, so each change counts once.
// All memory belongs to the arena it was made or decoded in.

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "data/schema.h"

// Who a row is.  For one-column integer keys a keyed permutation of the number
// (hi = 0), so two keys never meet; else a keyed 128-bit hash of the key.
struct row_key {
    uint64_t hi, lo;
};

static inline bool row_key_equal(struct row_key a, struct row_key b)
{
    return a.hi == b.hi && a.lo == b.lo;
}

// As clients see it in _id: 16 hexadecimal digits, 32 when hi is not 0.
void row_key_print(struct row_key key, struct buf *out);
enum err row_key_parse(struct slice text, struct row_key *out);

enum row_op {
    ROW_PUT,      // insert, or replace the row of this key
    ROW_DELETE,   // columns hold nothing for this row
    ROW_MOVE,     // the key changed: row `old_keys[i]` goes, this one comes
    ROW_TRUNCATE, // every earlier row of the table goes; key and columns hold nothing
    ROW_CREATE,   // insert; where a row has this key already, nothing happens
    ROW_UPDATE,   // replace the row of this key; where there is none, nothing happens
    ROW_EDIT,     // as ROW_UPDATE, but a row that would stay as it is is left alone
    ROW_EDIT_PUT, // as ROW_PUT, the same
    ROW_OP_COUNT
};

// Whether a row of this operation brings values.
static inline bool row_op_brings(uint8_t op)
{
    return op != ROW_DELETE && op != ROW_TRUNCATE;
}

// Whether it has to be compared with the row that is there.
static inline bool row_op_edits(uint8_t op)
{
    return op == ROW_EDIT || op == ROW_EDIT_PUT;
}

struct batch_column {
    const uint64_t *present;   // bit per row: there is a value (not NULL)
    const uint64_t *unchanged; // bit per row: take the value of the row being replaced; NULL = none
    // STORAGE_CODE: index into values, for present rows (decoded: UINT32_MAX for others)
    const uint32_t *codes;
    uint32_t value_count;
    const struct slice *values; // distinct
    // STORAGE_I64, STORAGE_F64: one per row, 0 where not present
    const int64_t *i64;
    const double *f64;
};

struct batch {
    uint32_t table;     // index into schema->tables
    uint32_t row_count; // 1 to LIMIT_BATCH_ROWS
    const uint8_t *ops; // enum row_op
    const struct row_key *keys;
    const struct row_key *old_keys;     // NULL when no row is ROW_MOVE
    const struct batch_column *columns; // table->field_count of them
};

enum source_phase {
    PHASE_NONE,      // nothing copied yet
    PHASE_COPYING,   // first copy under way; after a restart it begins again
    PHASE_STREAMING, // first copy whole; end_lsn is the last transaction counted
    PHASE_COUNT
};

// Where a source stands.  Kept by the store in the same record as the rows.
struct position {
    char source[64];        // name in the policy, NUL-terminated
    uint8_t phase;          // enum source_phase
    uint64_t generation;    // drawn anew for each first copy; names the slot's marker
    uint64_t end_lsn;       // PostgreSQL: end of the last transaction counted
    int64_t commit_time_ms; // of that transaction
    uint64_t system_id;     // IDENTIFY_SYSTEM
    uint32_t timeline;
    uint64_t policy_fingerprint; // schema->fingerprint the copy was made under
    uint64_t stopped[4];         // bit per table of the schema: the sieve refused it, its rows are
                                 // stale until the source is copied again under another policy
};

struct changeset {
    struct position position;
    bool resets; // first of a new copy: every row of the source's tables goes before the batches
    uint32_t batch_count; // may be 0: only the position moves
    const struct batch *batches;
};

static inline bool bit_get(const uint64_t *bits, size_t i)
{
    return bits[i / 64] >> (i % 64) & 1;
}

static inline void bit_set(uint64_t *bits, size_t i)
{
    bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static inline size_t bit_words(size_t bits)
{
    return (bits + 63) / 64;
}

// What one changeset may take decoded: its arrays, without the encoded bytes.  An arena to
// decode in needs a budget of twice this (its blocks are not filled to the last byte), plus
// the encoded bytes if they are kept there.
enum { CHANGESET_DECODED_BYTES_MAX = 192 << 20 };

// The form on the wire between mirror and serve and in the log (drawn in
// changeset.c).  ERR_LIMIT only: by out's limit, batches, or CHANGESET_DECODED_BYTES_MAX.
enum err changeset_encode(const struct changeset *c, const struct schema *s, struct buf *out,
                          struct fault *why);

// Decodes and validates everything against the schema: tables, counts, codes in
// range, value lengths, UTF-8 of keywords, 16 bytes of pseudonyms.  Bytes are
// copied into the arena (values may stay slices of `bytes`, which must outlive it).
enum err changeset_decode(struct slice bytes, const struct schema *s, struct arena *batch,
                          struct changeset *out, struct fault *why);
