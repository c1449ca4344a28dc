// SPDX-License-Identifier: Apache-2.0
#pragma once

// A treatment: what happens to a column's values on their way in.
//
// Each is one file (treat_*.c), one const struct and one line in treatment.c; nothing
// else names one.
//
//   keep       the value itself, as the declared type
//   drop       nothing enters (a key column still makes the row's identity)
//   round      times down to a multiple of `to` since 1970 in UTC, as a date; numbers down
//              (towards minus infinity) to a multiple of `to`
//   bucket     numbers as the name of the declared bucket they lie in
//   truncate   the first characters of a text, the network of an IP address
//   seal       bytes that only keeper can open (keys/seal.h)
//   pseudonym  16 bytes of keyed BLAKE2b in place of a subject
//
// Conversion to the declared type is strict: what does not fit whole is ERR_INVALID and
// stops the table; nothing is cut, clamped or guessed.  Values that have no form in the
// declared type although they are of the right kind (infinite dates, NaN and infinite
// numbers) become missing, and are counted (sieve_missing()).

#include "base/err.h"
#include "data/raw.h"
#include "data/schema.h"
#include "policy/policy.h"
#include "policy/yaml_tree.h"

struct buf;
struct sieve_column;

struct treatment {
    const char *name;
    const char *reveals;       // what can still be learned; a sentence for the statement
    bool enters;               // a field comes of it
    bool is_plain;             // what enters is the value itself, in the declared type
    bool scanned;              // its texts meet the detectors before they enter
    bool watched;              // what enters is near enough to the value to measure a body
    const char *const *wanted; // keys of the policy that it knows besides "treat"; NULL ends it

    // Reads its own keys.  `out` has name and line; sets what it needs there and, when it
    // enters, type and subject of `field`.  NULL when there is nothing to read.
    enum err (*declare)(const struct yaml_tree *column, struct arena *policy,
                        struct policy_column *out, struct field *field, struct fault *why);

    // Puts one value, neither NULL nor unchanged, into `to` at `row`.  The words of a fault
    // name the type, never the value.
    enum err (*apply)(struct sieve_column *to, uint32_t row, const struct raw *value,
                      struct fault *why);
};

extern const struct treatment *const treatments[]; // all; NULL ends it

// NULL when there is none of that name.
const struct treatment *treatment_get(const char *name);
void treatment_names(struct buf *out); // "keep, drop, round, bucket, ..."

extern const struct treatment treat_keep, treat_drop, treat_round, treat_bucket, treat_truncate,
    treat_pseudonym, treat_seal;
