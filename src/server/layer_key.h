// SPDX-License-Identifier: Apache-2.0
#pragma once

// The keys of the layers over pseudonyms (keys/layer.h), one for each kind of subject and
// generation.
//
//     keys/layer-KIND-N.key     32 bytes by chance; N from 1.  Generation 0 has no layer
//
// The key derives from the master key and the file together.  The ledger of the ratchet says which
// generation is in force; a proposal to change a kind's pseudonyms is its next number.  The older
// files are destroyed once the store has no value of theirs (server/launcher.c): from then on
// nobody can tell which old pseudonym became which.

#include "access/ratchet.h"
#include "base/world.h"
#include "data/schema.h"
#include "keys/key_ring.h"

#define RATCHET_REKEY "rekey"

enum { LAYER_KINDS_MAX = 256, LAYER_GENERATION_MAX = 1000000 };

uint32_t layer_generation(const struct ratchet *r, const char *kind); // in force
// What a proposal's value says.  ERR_CORRUPT.
enum err layer_generation_parse(struct slice value, uint32_t *out, struct fault *why);

// Makes the keys that are in force; `out` has schema->subject_count of their generations.
enum err layer_keys_settle(const struct world *w, const struct ratchet *r, const struct schema *s,
                           uint32_t *out, struct fault *why);

// All zero for generation 0.  ERR_NOT_FOUND: it is destroyed.
enum err layer_key_get(const struct world *w, const struct key_ring *ring, const char *kind,
                       uint32_t generation, uint8_t out[KEY_BYTES], struct fault *why);

// Destroys those before `generations` (of the schema's subjects) that are still there.
enum err layer_keys_forget(const struct world *w, const struct schema *s,
                           const uint32_t *generations, struct fault *why);
