// SPDX-License-Identifier: Apache-2.0
#pragma once

// The layer over pseudonyms that can be changed when nobody has the subjects any more.
//
//     what is stored = P(layer, H(k1, subject))        H: keys/pseudonym.h
//
// P is a keyed permutation of 16 bytes: four rounds of a Feistel network (Luby and Rackoff) over
// two halves of 8, with SipHash-2-4 under a key of its own for each round.  It can be undone, so to
// give all pseudonyms of a kind another form takes the old layer off and puts the new one on, value
// by value, and no two become one.  Without the layers' keys nobody tells which old pseudonym
// became which new one.  Any thread may call.

#include "keys/crypto.h"
#include "keys/pseudonym.h"

enum { LAYER_ROUNDS = 4 };

struct layer {
    bool is_none; // generation 0: what is stored is the hash
    uint8_t rounds[LAYER_ROUNDS][SHORT_KEY_BYTES];
};

void layer_init(struct layer *l, const uint8_t key[KEY_BYTES]); // all zero: none
void layer_put(const struct layer *l, uint8_t value[PSEUDONYM_BYTES]);
void layer_take(const struct layer *l, uint8_t value[PSEUDONYM_BYTES]);
