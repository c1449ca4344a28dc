// SPDX-License-Identifier: Apache-2.0
#pragma once

// The sealers of one table's columns, for as long as a sieve lives.  They are secrets: what was
// sealed by this sieve could be opened with them.

#include "data/schema.h"
#include "keys/seal.h"

struct sealers {
    const struct sealer **by_field; // NULL where the field is not sealed
    struct secret *made;            // struct sealer, one after another; NULL: none is sealed
};

// `seals` as in struct sieve_keys.
void sealers_init(struct sealers *s, const struct schema *schema, uint32_t table,
                  const uint8_t (*seals)[32]);
void sealers_done(struct sealers *s);
