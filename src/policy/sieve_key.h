// SPDX-License-Identifier: Apache-2.0
#pragma once

// The identity of a row from the raw values of its primary key; see keys/row_key.h.
//
// In two steps, as permuting numbers is quicker for many at once: sieve_key() gives a key
// of one integer as the number itself, with hi 0, and of all others what it will be.
// sieve_keys_settle() permutes the numbers when the batch is cut; before, no key leaves.

#include "base/buf.h"
#include "data/changeset.h"
#include "data/raw.h"
#include "policy/policy.h"

// Of `t`'s key.  `at[i]` is where in `values` the i-th key column's value is; NULL: at i.
// `scratch` is reset and used.  ERR_INVALID: a key column has no value; ERR_LIMIT: the key
// is larger than the scratch.
enum err sieve_key(const struct policy_table *t, const uint8_t row_key[32],
                   const struct raw *values, const uint32_t *at, struct buf *scratch,
                   struct row_key *out);

enum sieve_key_kind { SIEVE_KEY_OWN, SIEVE_KEY_OLD }; // old: of the rows that move

// Makes the keys of a batch's rows what the store may know.  Rows that have no key of this
// kind (a truncate; an old key where nothing moves) get 0.
void sieve_keys_settle(const uint8_t row_key[32], const uint8_t *ops, enum sieve_key_kind kind,
                       struct row_key *keys, uint32_t count);

// The first key column without a value, for the words of a fault.
const struct policy_column *sieve_key_missing(const struct policy_table *t,
                                              const struct raw *values, const uint32_t *at);
