// SPDX-License-Identifier: Apache-2.0
#pragma once

// A column while its batch grows: what the treatments write into.
//
//     raw value ──apply──▶ sieve_column_text / sieve_column_i64 / sieve_column_f64 /
//     sieve_column_missing
//                                         │ cut
//                                         ▼
//                          struct batch_column, in the changeset's arena
//
// Texts are interned: a column holds each distinct value once, and codes per row.  A
// pseudonymised column interns the subjects' texts, so that each is hashed once a
// batch, and all together at the cut; they stay in this process, are wiped at the reset, and never
// reach a batch.
//
// Writing to a row again replaces what is there, so a row that failed half-way does no
// harm: the next one takes its place.  Rows must be below the room made.

#include "base/arena.h"
#include "base/err.h"
#include "data/changeset.h"
#include "keys/layer.h"
#include "keys/seal.h"
#include "policy/intern.h"
#include "policy/policy.h"

struct sieve_column {
    const struct policy_column *declared;
    const struct field *field;
    const uint8_t *subject_key;  // PSEUDONYM; of KEY_BYTES; belongs to the sieve's maker
    const struct layer *layer;   // PSEUDONYM; NULL: none
    const struct sealer *sealer; // SEALED; belongs to the sieve; with what it seals as
    struct seal_of seal_of;
    uint64_t seal_row[2]; // the row that is being put: hi, lo
    uint64_t *present;
    uint64_t *unchanged;
    bool has_unchanged;     // else `unchanged` is all zero
    size_t room_words;      // of `present` and `unchanged`
    uint32_t *codes;        // STORAGE_CODE
    int64_t *i64;           // STORAGE_I64
    double *f64;            // STORAGE_F64
    struct intern texts;    // STORAGE_CODE
    uint64_t missing_count; // values that have no form here (NaN, infinite dates)
    size_t *bytes;          // the sieve's count of bytes; grows with each distinct text
};

void sieve_column_init(struct sieve_column *c, const struct policy_column *declared,
                       const struct field *field, const uint8_t *subject_key, size_t *bytes);
void sieve_column_done(struct sieve_column *c);
void sieve_column_reset(struct sieve_column *c);               // no rows; keeps its memory
void sieve_column_room(struct sieve_column *c, uint32_t rows); // at least as before

void sieve_column_null(struct sieve_column *c, uint32_t row);
void sieve_column_unchanged(struct sieve_column *c, uint32_t row);
void sieve_column_missing(struct sieve_column *c, uint32_t row); // as null, and counted
void sieve_column_i64(struct sieve_column *c, uint32_t row, int64_t value);
void sieve_column_f64(struct sieve_column *c, uint32_t row, double value);

// ERR_INVALID: longer than LIMIT_VALUE_BYTES, or no UTF-8.
enum err sieve_column_text(struct sieve_column *c, uint32_t row, struct slice text,
                           struct fault *why);

// A text that the column has already, by its code.
void sieve_column_code(struct sieve_column *c, uint32_t row, uint32_t code);

// `text` names the subject; what enters is its pseudonym.
enum err sieve_column_subject(struct sieve_column *c, uint32_t row, struct slice text,
                              struct fault *why);

// Seals it at once, each time anew, so that nothing of `text` stays; null where the column's key is
// destroyed.  ERR_INVALID: longer than SEAL_TEXT_BYTES_MAX.
enum err sieve_column_sealed(struct sieve_column *c, uint32_t row, struct slice text,
                             struct fault *why);

// Copies `rows` rows into the arena.
void sieve_column_finish(const struct sieve_column *c, uint32_t rows, struct arena *batch,
                         struct batch_column *out);
