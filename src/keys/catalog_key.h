// SPDX-License-Identifier: Apache-2.0
#pragma once

// The key of the seal of catalog.db (access/catalog_seal.c): a hash of a signature that is made
// for nothing else.  Keeper signs it for serve; who may read keys/ makes it of the key ring.

#include "keys/key_ring.h"

void catalog_key_digest(uint8_t out[SIGN_DIGEST_BYTES]); // what is signed, of SIGN_CATALOG
void catalog_key_of(struct slice signature, uint8_t out[KEY_BYTES]);
void catalog_key_derive(const struct key_ring *ring, uint8_t out[KEY_BYTES]);
