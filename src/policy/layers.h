// SPDX-License-Identifier: Apache-2.0
#pragma once

// The layers over one table's pseudonyms, for as long as a sieve lives.  They are secrets.

#include "data/schema.h"
#include "keys/layer.h"

struct layers {
    const struct layer **by_field; // NULL where the field has none
    struct secret *made;           // struct layer, one after another; NULL: no field has one
};

// `keys` as in struct sieve_keys.
void layers_init(struct layers *l, const struct schema *schema, uint32_t table,
                 const uint8_t (*keys)[32]);
void layers_done(struct layers *l);
