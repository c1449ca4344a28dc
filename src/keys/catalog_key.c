// SPDX-License-Identifier: Apache-2.0
#include "keys/catalog_key.h"

void catalog_key_digest(uint8_t out[SIGN_DIGEST_BYTES])
{
    plain_hash(slice_text("tamis: key of the catalogue, 1"), out);
}

void catalog_key_of(struct slice signature, uint8_t out[KEY_BYTES])
{
    plain_hash(signature, out);
}

void catalog_key_derive(const struct key_ring *ring, uint8_t out[KEY_BYTES])
{
    uint8_t digest[SIGN_DIGEST_BYTES];
    uint8_t signature[SIGNATURE_BYTES];
    catalog_key_digest(digest);
    key_ring_sign(ring, SIGN_CATALOG, digest, signature);
    catalog_key_of(slice_of(signature, sizeof signature), out);
    wipe(signature, sizeof signature);
}
