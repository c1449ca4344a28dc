// SPDX-License-Identifier: Apache-2.0
#pragma once

// What serve asks keeper when an investigator opens a sealed value, and what comes back.
//
//     asked      warrant u64 | column | row | who | why | sealed bytes (each with its length)
//     answered   locked under the warrant's key, bound to warrant, column and row:
//                the row it was sealed in (hi u64, lo u64), then the text
//
// Keeper holds all of it against the warrant (server/sealed_key.h): another column, row, person
// or reason than what was approved is refused.  What it answers serve cannot read; who asked can,
// at the command line, as the warrant's key derives from the master key.

#include "base/buf.h"
#include "base/err.h"
#include "keys/crypto.h"

struct warrant_question {
    uint64_t number;
    struct slice column; // "TABLE.COLUMN"
    struct slice row;    // its _id, as row_key_print() has it
    struct slice who, why;
    struct slice sealed;
};

void warrant_question_print(const struct warrant_question *q, struct buf *out);
// Slices of `bytes`.  ERR_CORRUPT.
enum err warrant_question_parse(struct slice bytes, struct warrant_question *out,
                                struct fault *why);

// `row`: hi, lo.
void warrant_answer_lock(const uint8_t key[KEY_BYTES], const struct warrant_question *q,
                         const uint64_t row[2], struct slice text, struct buf *out);
// ERR_CORRUPT: not locked by this key for this question.  `out` gets the text; the caller wipes it.
enum err warrant_answer_open(const uint8_t key[KEY_BYTES], const struct warrant_question *q,
                             struct slice locked, uint64_t out_row[2], struct buf *out,
                             struct fault *why);
