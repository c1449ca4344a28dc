// SPDX-License-Identifier: Apache-2.0
#pragma once

// The identity of a row from the raw values of its primary key; see keys/row_key.h.

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

// The first key column without a value, for the words of a fault.
const struct policy_column *sieve_key_missing(const struct policy_table *t,
                                              const struct raw *values, const uint32_t *at);
