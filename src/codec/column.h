// SPDX-License-Identifier: Apache-2.0
#pragma once

// A column chunk: up to COLUMN_ROWS_MAX values of one column, with or without gaps, in
// the smallest of the encodings (one file each: constant, packed, delta, scaled, plain,
// runs, stepped).
//
// A chunk does not know its length, its count nor what it holds: whoever keeps it does,
// and tells column_open(), which validates everything, so that reads after it can neither
// fail nor run over, whatever the bytes are.  Used for segments and for changesets.
//
// A struct column points into the bytes, owns nothing, and any thread may read it.

#include "base/buf.h"
#include "base/err.h"
#include "base/slice.h"

enum { COLUMN_ROWS_MAX = 8192, COLUMN_RUNS_MAX = COLUMN_ROWS_MAX / 4 };

enum column_kind {
    COLUMN_CODES, // uint32_t below COLUMN_NO_CODE
    COLUMN_I64,
    COLUMN_F64, // kept bit by bit: -0, NaN and all
};

enum { COLUMN_NO_CODE = UINT32_MAX }; // the value of a gap among codes

struct encoding;

struct column {
    const struct encoding *how;
    const uint8_t *present; // bit per row; NULL: all are
    const uint8_t *data;    // for `how`
    uint32_t data_bytes;
    uint32_t count; // rows
    uint32_t held;  // values in data: count, or of a sparse column the present ones only
    enum column_kind kind;
};

// Append a chunk of `count` (1 to COLUMN_ROWS_MAX) values to `out`.  `present` NULL: no gaps.
void column_encode_codes(const uint32_t *codes, uint32_t count, struct buf *out);
void column_encode_i64(const int64_t *values, const uint64_t *present, uint32_t count,
                       struct buf *out);
void column_encode_f64(const double *values, const uint64_t *present, uint32_t count,
                       struct buf *out);

// ERR_CORRUPT when `bytes` is no such chunk.
enum err column_open(struct slice bytes, enum column_kind kind, uint32_t count, struct column *out,
                     struct fault *why);
const char *column_encoding_name(const struct column *c);

// All values; 0 (COLUMN_NO_CODE) in gaps.  `out_present` has (count + 63) / 64 words.
void column_codes(const struct column *c, uint32_t *out);
// In fewer bytes, for a reader who knows that all codes fit; all ones in gaps.  A code that
// does not fit is cut off.
void column_codes_u8(const struct column *c, uint8_t *out);
void column_codes_u16(const struct column *c, uint16_t *out);
void column_i64(const struct column *c, int64_t *out, uint64_t *out_present);
void column_f64(const struct column *c, double *out, uint64_t *out_present);

// Doubles as whole numbers over a power of ten: value = whole / 10^power, bit for bit.
struct column_scale {
    unsigned power;        // 0 to 10
    int64_t min;           // no whole number is below it,
    uint64_t max_distance; // nor farther from it than this
};

// Of a COLUMN_F64; false when some value is no such ratio (or none is known: then
// column_f64() it is).
bool column_scale(const struct column *c, struct column_scale *out);

// Distances of the values (doubles: of their whole numbers, after column_scale() said that
// they are) from `base`, modulo 2^16 or 2^32; in gaps that of another value of the column.
void column_distances_u16(const struct column *c, int64_t base, uint16_t *out);
void column_distances_u32(const struct column *c, int64_t base, uint32_t *out);

// Whole numbers that are all `base` plus a multiple of `step`: false when no step above 1
// is known.  The largest multiple.
bool column_step(const struct column *c, uint64_t *out_step, int64_t *out_base);
uint64_t column_multiple_max(const struct column *c); // walks over all

void column_present_bits(const struct column *c, uint64_t *out); // (count + 63) / 64 words

// Of a column whose few values stand close together, without their rows: how many they are.
// 0: values are held for all rows.
uint32_t column_sparse_count(const struct column *c);
// Codes that a sparse column holds, in the order of their rows.
void column_held_u8(const struct column *c, uint8_t *out);
void column_held_u16(const struct column *c, uint16_t *out);

// Codes of one byte that stand in runs, of which no row lacks one: each run's code, and the row
// behind it.  How many, up to COLUMN_RUNS_MAX; 0: they are not held so.
uint32_t column_code_runs_u8(const struct column *c, uint8_t *codes, uint16_t *ends);

// One value, without decoding the others (delta: at most a group of 512).
uint32_t column_code_at(const struct column *c, uint32_t row);
bool column_i64_at(const struct column *c, uint32_t row, int64_t *out);
bool column_f64_at(const struct column *c, uint32_t row, double *out);
