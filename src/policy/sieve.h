// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sieve: raw rows of one source in, admitted changesets out.
//
//     sieve_row(s, table, ROW_PUT, values, NULL, why)      any number of times
//     sieve_cut(s, &position, resets, arena, &admitted)    at a transaction's end
//
// Treats each value as its column says, and at the cut runs the detectors on every
// distinct text that would enter.  A hit stops that table: nothing of its rows since
// the last cut enters, later rows of it are refused, position.stopped says so, and
// sieve_refusal() tells column, detector and count, never a value.
//
// Not for two threads at once.  Raw values are copied only as treated, but for the texts
// of subjects: a batch holds each once, so that each is hashed once, and wipes them at
// the cut.

#include "data/raw.h"
#include "policy/admit.h"
#include "policy/policy.h"

struct sieve;

// Keys of the treatments, one per schema subject, and one per table for row identity.
struct sieve_keys {
    const uint8_t (*subjects)[32]; // schema->subject_count of them
    const uint8_t (*row_keys)[32]; // schema->table_count of them
    const uint8_t (*seals)[32];    // public halves, schema_sealed_count() of them
    const uint8_t (*layers)[32];   // over pseudonyms, schema->subject_count; NULL: none has one
};

enum err sieve_new(const struct policy *p, uint32_t source, const struct sieve_keys *keys,
                   struct sieve **out, struct fault *why);
void sieve_free(struct sieve *s);

// `table` counts within the source.  `values`: one per wanted column (policy.h); for
// ROW_DELETE only those of the key are looked at; NULL for ROW_TRUNCATE.  `old_key`: for
// ROW_MOVE the old key's values, one per key column in key order.
// ERR_INVALID: a value that does not fit its declared type (table and column named);
// the table is stopped as by a detector.  Later rows of a stopped table are left out and
// give OK: one ERR_INVALID a table, then the source goes on.
// ERR_LIMIT: the changeset is full (LIMIT_CHANGESET_BYTES, LIMIT_CHANGESET_BATCHES) and the
// row was not taken: cut, and give it again.  Inside a transaction cut with the position
// of the last one that is whole; rows put twice after a restart do no harm.
enum err sieve_row(struct sieve *s, uint32_t table, enum row_op op, const struct raw *values,
                   const struct raw *old_key, struct fault *why);

uint32_t sieve_row_count(const struct sieve *s); // since the last cut
size_t sieve_bytes(const struct sieve *s);       // about what they will take when encoded

// Ends the changeset; the sieve is empty afterwards, also when it fails.  Never fails for a
// detector's sake: refused tables are left out.  The position's policy_fingerprint is
// set, and `stopped` gains the tables this sieve stopped.
enum err sieve_cut(struct sieve *s, const struct position *position, bool resets,
                   struct arena *batch, const struct admitted **out, struct fault *why);

// Marks tables that an earlier run stopped (position.stopped), so they stay so.
void sieve_stop(struct sieve *s, const uint64_t stopped[4]);

struct refusal {
    const char *table, *column; // column NULL: the table as a whole
    const char *detector;       // "e-mail address", "amazon token", "type", ...
    uint64_t count;             // distinct values, of the batch that was refused
    char words[256];
};

// NULL while the table flows.
const struct refusal *sieve_refusal(const struct sieve *s, uint32_t table);

// Values since the start that have no form in their declared type and entered as missing:
// infinite dates, NaN and infinite numbers.
uint64_t sieve_missing(const struct sieve *s, uint32_t table);

// Rows admitted since the start, per table of the source, for the statement.
uint64_t sieve_admitted_rows(const struct sieve *s, uint32_t table);
